"""Turn raw counts into confidences."""
# SPDX-License-Identifier: BSD-3-Clause

from numbers import Real
from typing import Any, ClassVar

import numpy as np
from sklearn.utils._param_validation import Interval, StrOptions

from sklearn_recsys.interactions._validation import InteractionColumns
from sklearn_recsys.preprocessing._weighter import BaseWeighter

__all__ = ["ConfidenceWeighter"]


class ConfidenceWeighter(BaseWeighter):
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
    BM25Weighter, TfidfWeighter : Weigh down what everybody chooses.
    TimeDecayWeighter : Let old interactions count less.
    EventWeighter : Give numbers to kinds of events.

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

    def _weigh(self, X: Any, columns: InteractionColumns) -> np.ndarray:
        sizes = np.abs(columns.values)
        # Hu et al. (2008), section 4; the logarithm is equation 6.
        growth = sizes if self.scheme == "linear" else np.log1p(sizes / self.eps)
        return np.sign(columns.values) * (1.0 + self.alpha * growth)
