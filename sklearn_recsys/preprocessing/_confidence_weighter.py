"""Turn raw counts into confidences."""
# SPDX-License-Identifier: BSD-3-Clause

import warnings
from numbers import Real
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin, _fit_context
from sklearn.utils import Tags
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted, validate_data

from sklearn_recsys.exceptions import DataWarning
from sklearn_recsys.interactions._columns import require_table, set_column
from sklearn_recsys.interactions._ids import list_some
from sklearn_recsys.interactions._validation import read_columns

__all__ = ["ConfidenceWeighter"]


class ConfidenceWeighter(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    r"""Turn the value column of a table of interactions into confidences.

    A song played a hundred times is more surely liked than one played once, but not a hundred
    times as surely. Choose ``"log"`` where a few values are very large (play counts) and
    ``"linear"`` where they are small and even (ratings). Only the value column changes: rows, ids
    and further columns stay, in the caller's container (a list of rows comes back as an array).
    O(rows) in time and memory.

    Parameters
    ----------
    scheme : {"linear", "log"}, default="linear"
        How the confidence grows with the value.
    alpha : float, default=1.0
        How much confidence one unit of (log) value adds, at least 0. Higher values trust large
        values more; with 0 every positive value weighs 1.
    eps : float, default=1.0
        The value at which the ``"log"`` scheme bends, above 0, in the unit of the values: well
        below it confidence grows linearly. Not used by ``"linear"``.

    Attributes
    ----------
    n_features_in_ : int
        Number of columns of the table seen in ``fit``.
    feature_names_in_ : ndarray of shape (n_features_in_,), dtype object
        Names of these columns, if all are text.

    Raises
    ------
    TypeError
        If `X` is sparse: convert it with ``interactions_from_matrix``.
    ValueError
        If an id is missing, or a value is missing, infinite or not a number: drop these rows or
        convert the column first. If ``transform`` gets another number of columns than ``fit``.

    See Also
    --------
    sklearn_recsys.preprocessing.AgeBinner : Bin a numeric feature of the users.

    Notes
    -----
    With the value v of an interaction, the confidence is

    .. math:: c = 1 + \alpha v \quad\text{or}\quad c = 1 + \alpha \log(1 + v / \epsilon).

    The meaning of a value's sign is kept: zero (seen, but not positive) stays zero, and a negative
    value (a skip) becomes minus the confidence of its size, :math:`-c(|v|)`. A table of two columns
    has the implied value 1, whose confidence is appended as a third column, ``value``. A model
    behind this step must take the column as finished confidence, as with ``alpha=None`` in ALS.

    References
    ----------
    Y. Hu, Y. Koren and C. Volinsky, Collaborative filtering for implicit feedback datasets,
    ICDM 2008, section 4 and (logarithmic scheme) equation 6.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn_recsys.preprocessing import ConfidenceWeighter
    >>> plays = pd.DataFrame(
    ...     {"user": ["ann", "ann", "bob"], "song": ["Undo", "Bad", "Undo"], "plays": [3, 0, -1]}
    ... )
    >>> ConfidenceWeighter(alpha=2.0).fit_transform(plays)
      user  song  plays
    0  ann  Undo    7.0
    1  ann   Bad    0.0
    2  bob  Undo   -3.0
    """

    _parameter_constraints: ClassVar[dict] = {
        "scheme": [StrOptions({"linear", "log"})],
        "alpha": [Interval(Real, 0, None, closed="left")],
        "eps": [Interval(Real, 0, None, closed="neither")],
    }

    def __init__(self, scheme: str = "linear", *, alpha: float = 1.0, eps: float = 1.0) -> None:
        self.scheme = scheme
        self.alpha = alpha
        self.eps = eps

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any = None) -> "ConfidenceWeighter":
        """Check the table and record its columns; nothing else is learned.

        Parameters
        ----------
        X : table of shape (n_rows, n_columns)
            Interactions: user, item, value and further columns.
        y : None
            Must not be given: a recommender takes it in place of the value column, and with it of
            what this step has made of that column.

        Returns
        -------
        ConfidenceWeighter
            The fitted transformer itself.

        Warns
        -----
        DataWarning
            If `y` is given.
        """
        if y is not None:
            warnings.warn(
                "y replaces the value column after this step, which then has no effect: put the "
                "values into the third column of X and leave out y.",
                DataWarning,
                stacklevel=3,
            )
        X = validate_data(self, require_table(X), skip_check_array=True)
        _read_values(X)
        return self

    def transform(self, X: Any) -> Any:
        """Replace the values by their confidences.

        Parameters
        ----------
        X : table of shape (n_rows, n_features_in_)
            Interactions with the same columns as in ``fit``.

        Returns
        -------
        table of shape (n_rows, max(n_features_in_, 3))
            A new table in the same container, or an array for a list; `X` is not modified.
        """
        check_is_fitted(self)
        X = validate_data(self, require_table(X, min_columns=1), skip_check_array=True, reset=False)
        confidences = self._weigh(_read_values(X))
        return set_column(X, 2, confidences, name="value")

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Return the names of the output columns.

        Parameters
        ----------
        input_features : array-like of str or None, default=None
            Names of the input columns; by default those seen in ``fit``.

        Returns
        -------
        ndarray of shape (max(n_features_in_, 3),), dtype object
            The input names, and ``value`` after them if there was no value column.
        """
        names = super().get_feature_names_out(input_features)
        if self.n_features_in_ > 2:
            return names
        return np.append(names, np.array(["value"], dtype=object))

    def _weigh(self, values: np.ndarray) -> np.ndarray:
        sizes = np.abs(values)
        # Hu et al. (2008), section 4; the logarithm is equation 6.
        growth = sizes if self.scheme == "linear" else np.log1p(sizes / self.eps)
        return np.sign(values) * (1.0 + self.alpha * growth)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.categorical = True
        tags.input_tags.sparse = False
        tags.input_tags.allow_nan = False
        return tags


def _read_values(X: Any) -> np.ndarray:
    """Return the checked value column, 1.0 where there is none."""
    columns = read_columns(X)
    # The ids go through unchanged, so they are checked for gaps only.
    for ids, role in ((columns.users, "user"), (columns.items, "item")):
        if ids.dtype.kind in "biu":
            continue
        missing = ~np.isfinite(ids) if ids.dtype.kind == "f" else pd.isna(ids)
        if missing.any():
            rows = np.flatnonzero(missing)
            raise ValueError(
                f"Input X contains NaN or infinity: the {role} id is missing in {len(rows)} "
                f"row(s), such as {list_some(rows)}. Drop these rows first."
            )
    return columns.values
