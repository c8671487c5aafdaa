"""Bin ages and other numeric features."""
# SPDX-License-Identifier: BSD-3-Clause

from typing import Any, ClassVar

import numpy as np
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin, _fit_context
from sklearn.utils import Tags
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.validation import check_is_fitted, validate_data

__all__ = ["AgeBinner"]


class AgeBinner(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    r"""Bin numeric columns at fixed edges, closed on the right.

    Taste changes with age, but not by the year: a few bins give a model of user features enough
    rows each to learn from. Choose this where the edges have a meaning of their own, and
    scikit-learn's ``KBinsDiscretizer`` where the data should set them. O(rows · log bins) in time.

    Parameters
    ----------
    edges : array-like of shape (n_edges,), default=(25, 30, 45)
        Increasing upper ends of all bins but the last, in the unit of the column. An edge belongs
        to the bin that it ends.
    output : {"onehot", "ordinal", "label"}, default="onehot"
        A 0/1 column for each bin, the number of the bin, or its label.
    labels : array-like of shape (n_edges + 1,) or None, default=None
        Names of the bins in increasing order; by default made from the edges.

    Attributes
    ----------
    edges_ : ndarray of shape (n_edges,), dtype float64
        The edges as numbers.
    labels_ : ndarray of shape (n_edges + 1,), dtype object
        The label of each bin.
    n_features_in_ : int
        Number of columns seen in ``fit``.
    feature_names_in_ : ndarray of shape (n_features_in_,), dtype object
        Names of these columns, if all are text.

    Raises
    ------
    ValueError
        If `edges` do not increase or `labels` are too few, too many or repeated: mend the
        parameter. If a value is missing or infinite: impute it first.

    See Also
    --------
    sklearn.preprocessing.KBinsDiscretizer : Bins whose edges are learned.
    sklearn_recsys.preprocessing.ConfidenceWeighter : Weigh the values of interactions.

    Notes
    -----
    With the edges :math:`e_1 < … < e_n`, bin j holds the values in :math:`(e_{j}, e_{j+1}]`, where
    :math:`e_0 = -\infty` and :math:`e_{n+1} = \infty`. The default labels are written for whole
    numbers: 26 – 30 is the bin (25, 30]. The last label, ``>= 45``, is conventional and means above
    45, since 45 itself falls in ``31 - 45``; `labels` overrides it.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn_recsys.preprocessing import AgeBinner
    >>> ages = pd.DataFrame({"age": [18, 25, 45, 56]})
    >>> AgeBinner(output="label").fit_transform(ages).ravel().tolist()
    ['<= 25', '<= 25', '31 - 45', '>= 45']
    >>> binner = AgeBinner().set_output(transform="pandas")
    >>> binner.fit_transform(ages).astype(int)
       age_<= 25  age_26 - 30  age_31 - 45  age_>= 45
    0          1            0            0          0
    1          1            0            0          0
    2          0            0            1          0
    3          0            0            0          1
    """

    _parameter_constraints: ClassVar[dict] = {
        "edges": ["array-like"],
        "output": [StrOptions({"onehot", "ordinal", "label"})],
        "labels": ["array-like", None],
    }

    def __init__(
        self, edges: Any = (25, 30, 45), *, output: str = "onehot", labels: Any = None
    ) -> None:
        self.edges = edges
        self.output = output
        self.labels = labels

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any = None) -> "AgeBinner":
        """Check the columns, the edges and the labels.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features)
            Numeric columns, each binned alike.
        y : None
            Ignored.

        Returns
        -------
        AgeBinner
            The fitted transformer itself.
        """
        validate_data(self, X, dtype=np.float64)
        self.edges_ = _check_edges(self.edges)
        self.labels_ = _check_labels(self.labels, self.edges_)
        return self

    def transform(self, X: Any) -> np.ndarray:
        """Bin the columns.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features_in_)
            Numeric columns.

        Returns
        -------
        ndarray of shape (n_rows, n_features_out)
            For ``"onehot"`` n_features × n_bins columns of float64, all bins of a feature
            together; otherwise a column a feature, of int64 or of text.
        """
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float64, reset=False)
        # side="left" closes the bins on the right: an edge is not above itself.
        bins = np.searchsorted(self.edges_, X, side="left")
        if self.output == "ordinal":
            return bins
        if self.output == "label":
            return self.labels_[bins]
        return np.eye(len(self.labels_))[bins].reshape(len(X), -1)

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Return the names of the output columns.

        Parameters
        ----------
        input_features : array-like of str or None, default=None
            Names of the input columns; by default those seen in ``fit``.

        Returns
        -------
        ndarray of shape (n_features_out,), dtype object
            Such as ``age_<= 25`` for ``"onehot"``, otherwise the input names.
        """
        names = super().get_feature_names_out(input_features)
        if self.output != "onehot":
            return names
        return np.array([f"{name}_{label}" for name in names for label in self.labels_], object)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        # Bins have a dtype of their own.
        tags.transformer_tags.preserves_dtype = []
        return tags


def _check_edges(edges: Any) -> np.ndarray:
    try:
        values = np.asarray(edges, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"edges must be numbers, got {edges!r}.") from error
    rises = values.ndim == 1 and len(values) > 0 and (np.diff(values) > 0).all()
    if not (rises and np.isfinite(values).all()):
        raise ValueError(
            f"edges must be one or more finite numbers that strictly increase, got {edges!r}: "
            "sort them and drop repeated ones."
        )
    return values


def _check_labels(labels: Any, edges: np.ndarray) -> np.ndarray:
    if labels is None:
        return np.array(_labels_of(edges), dtype=object)
    names = [str(label) for label in labels]
    if len(names) != len(edges) + 1 or len(set(names)) != len(names):
        raise ValueError(
            f"labels must be {len(edges) + 1} different names, one more than there are edges, "
            f"got {names!r}."
        )
    return np.array(names, dtype=object)


def _labels_of(edges: np.ndarray) -> list[str]:
    whole = bool((edges == np.floor(edges)).all())
    ends = [str(int(edge)) if whole else str(float(edge)) for edge in edges]
    # A bin of whole numbers begins one after the edge before it: (25, 30] is 26 - 30.
    starts = [str(int(edge) + 1) for edge in edges] if whole else ends
    between = [f"{start} - {end}" for start, end in zip(starts[:-1], ends[1:], strict=True)]
    return [f"<= {ends[0]}", *between, f">= {ends[-1]}"]
