"""Recommend by filters of the graph of items: no training, no random walk, no iterations."""
# SPDX-License-Identifier: BSD-3-Clause

from numbers import Integral, Real
from typing import ClassVar

import numpy as np
from scipy import sparse
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.extmath import randomized_svd

from sklearn_recsys._kernels import count_threads, require_memory
from sklearn_recsys.base import ItemSimilarityRecommender
from sklearn_recsys.base._gram import item_gram
from sklearn_recsys.base._products import add_product
from sklearn_recsys.interactions._sparse import with_data

__all__ = ["GraphFilterRecommender"]

# Coefficients of P, P^2 and P^3.
_POLYNOMIALS = {
    "linear": (1.0, 0.0, 0.0),
    "second-order": (2.0, -1.0, 0.0),
    "third-order": (1.0 - 0.29, 0.1, -0.01),
}
# What scikit-learn adds to the number of components while it works.
_OVERSAMPLES = 10


class GraphFilterRecommender(ItemSimilarityRecommender):
    """Score items by a low-pass filter of the user's history on the graph of items.

    Two items are connected if somebody has chosen both; a filter lets pass what is smooth on that
    graph, and stops the rest, which is noise. Nothing is trained: a fit is a product of matrices.
    Choose it where a model has to be new every few minutes. Fit costs O(sum over users of the
    squared length of their histories), for "second-order" and "third-order" also O(n_items^3), for
    "ideal" also O(n_items^2 x n_components); a list O(history x n_items), memory O(n_items^2): 4
    bytes for each pair of items.

    Parameters
    ----------
    filter : {"linear", "second-order", "third-order", "ideal"}, default="ideal"
        "linear", "second-order" and "third-order" are polynomials of the graph, each a sharper
        filter than the one before ("Turbo-CF"). "ideal" adds to "linear" what the smoothest
        `n_components` signals explain ("GF-CF").
    alpha : float, default=0.5
        Share, in [0, 1], of the normalisation that is by user, the rest being by item: higher
        values favour popular items, and people who have chosen little count more.
    power : float, default=1.0
        Power of each entry of the graph: above 1 strong connections count more.
    ideal_weight : float, default=0.3
        For "ideal": weight of the smoothest signals.
    n_components : int, default=64
        For "ideal": their number; at most min(n_users, n_items) are used. More are less smooth.
    random_state : int, RandomState instance or None, default=None
        For "ideal": seed of the randomised decomposition.
    n_jobs : int or None, default=None
        Threads of fit and of the lists; None is 1 unless a ``joblib.parallel_config`` says
        otherwise, -1 is all processors. The answer does not depend on it.
    verbose : int, default=0
        Report merged duplicate rows if positive.

    Attributes
    ----------
    item_similarity_ : ndarray of shape (n_items, n_items), dtype float32
        The filter. Row: item of the history; column: item that is scored. Its diagonal is empty.
    users_, items_ : ndarray of shape (n_users,) and (n_items,)
        Sorted ids.
    interactions_ : csr_array of shape (n_users, n_items), dtype float32
        Merged training interactions; explicit zeros are pairs that were seen.
    popularity_ : ndarray of shape (n_items,), dtype int64
        Number of users with a positive value.
    n_features_in_ : int
        Number of columns of the table seen in `fit`.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of its columns, where all are strings.

    Raises
    ------
    MemoryError
        In `fit`, before any work, if the filter would not fit in memory: leave rare items out.

    See Also
    --------
    sklearn_recsys.neighbors.RP3BetaRecommender : A sparse relative, for any catalogue.
    sklearn_recsys.linear_model.EASERecommender : A filter that is learned: mostly more accurate.

    Notes
    -----
    With R the values, D_U and D_I the diagonal matrices of their sums by user and item, ::

        P = (N^T N)^(power, each entry),   N = D_U^-alpha R D_I^-(1 - alpha)
        "linear"        H = P
        "second-order"  H = 2 P - P^2
        "third-order"   H = P + 0.01 (-P^3 + 10 P^2 - 29 P)
        "ideal"         H = P + ideal_weight D_I^-(1 - alpha) V V^T D_I^(1 - alpha)

    where V are the first right singular vectors of N. Scores are R H. The papers keep the
    diagonal of H; here it is emptied, as only items that were seen would gain by it. "ideal" has
    `alpha` and `power` beside it, which GF-CF leaves at .5 and 1.

    The defaults were chosen on validation parts of MovieLens-100K, MovieLens-1M and
    HetRec-Lastfm-2k without values (user guide, "Decomposition").

    References
    ----------
    J.-D. Park, Y.-M. Shin, W.-Y. Shin, "Turbo-CF: Matrix Decomposition-Free Graph Filtering for
    Fast Recommendation", SIGIR 2024, section 3 (polynomials).
    Y. Shen et al., "How Powerful is Graph Convolution for Recommendation?", CIKM 2021, equation 11
    (GF-CF).

    Examples
    --------
    >>> from sklearn_recsys.decomposition import GraphFilterRecommender
    >>> plays = [["ann", "undo"], ["ann", "fix you"], ["bob", "undo"], ["bob", "fix you"],
    ...          ["bob", "clocks"], ["cat", "undo"]]
    >>> model = GraphFilterRecommender("linear").fit(plays)
    >>> model.recommend("cat").round(3)
      user     item  score  rank
    0  cat  fix you  0.340     1
    1  cat   clocks  0.192     2
    """

    _parameter_constraints: ClassVar[dict] = {
        "filter": [StrOptions({*_POLYNOMIALS, "ideal"})],
        "alpha": [Interval(Real, 0, 1, closed="both")],
        "power": [Interval(Real, 0, None, closed="neither")],
        "ideal_weight": [Interval(Real, 0, None, closed="left")],
        "n_components": [Interval(Integral, 1, None, closed="left")],
        "random_state": ["random_state"],
        "n_jobs": [Integral, None],
        "verbose": ["verbose"],
    }
    # How much popularity counts, and how sharp the filter is.
    _suggested_grid: ClassVar[dict[str, list]] = {
        "filter": ["linear", "second-order", "ideal"],
        "alpha": [0.4, 0.5],
        "power": [0.7, 1.0],
    }

    def __init__(
        self,
        filter="ideal",
        *,
        alpha=0.5,
        power=1.0,
        ideal_weight=0.3,
        n_components=64,
        random_state=None,
        n_jobs=None,
        verbose=0,
    ):
        self.filter = filter
        self.alpha = alpha
        self.power = power
        self.ideal_weight = ideal_weight
        self.n_components = n_components
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.verbose = verbose

    def _similarity(self, matrix):
        n_threads, n_items = count_threads(self.n_jobs), matrix.shape[1]
        coefficients = _POLYNOMIALS.get(self.filter, _POLYNOMIALS["linear"])
        _require_memory(n_items, 1 + np.count_nonzero(coefficients[1:]))
        normalized, by_item = _normalize(matrix, float(self.alpha))
        graph = item_gram(normalized, n_threads=n_threads)
        if self.power != 1:
            np.power(graph, np.float32(self.power), out=graph)
        passed = _apply(graph, coefficients, n_threads)
        if self.filter == "ideal":
            smooth = self._smoothest(normalized)
            root = (by_item ** (1 - self.alpha))[:, None]
            left = smooth * (self.ideal_weight / root)
            add_product(passed, left, (smooth * root).T, n_threads=n_threads)
        np.fill_diagonal(passed, 0)
        return passed

    def _smoothest(self, normalized: sparse.csr_array) -> np.ndarray:
        """Return the right singular vectors (n_items, k) of the largest values."""
        k = min(self.n_components, *normalized.shape)
        fewer, more = sorted(normalized.shape)
        require_memory(
            8 * (k + _OVERSAMPLES) * (3 * more + fewer),
            f"{k} smooth signals of {normalized.shape[1]} items",
            advice="lower n_components, free some, or fit on a part of the data",
        )
        random_state = check_random_state(self.random_state)
        _, values, vectors = randomized_svd(
            normalized.astype(np.float64), k, random_state=random_state, flip_sign=False
        )
        # Where a value is zero, any vector will do, and none has a meaning.
        return vectors[values > values[:1] * 1e-6].T


def _normalize(matrix: sparse.csr_array, alpha: float) -> tuple[sparse.csr_array, np.ndarray]:
    """Return N (n_users, n_items), at most 1 anywhere, and the sums by item (n_items,)."""
    # float64, and at most 1: sums of large float32 values overflow.
    values = matrix.data / np.float64(matrix.data.max(initial=0) or 1)
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    by_user = np.bincount(rows, values, matrix.shape[0])
    by_item = np.bincount(matrix.indices, values, matrix.shape[1])
    by_user[by_user == 0] = by_item[by_item == 0] = 1
    scaled = values * by_user[rows] ** -alpha * by_item[matrix.indices] ** (alpha - 1)
    return with_data(matrix, scaled.astype(np.float32)), by_item


def _apply(
    graph: np.ndarray, coefficients: tuple[float, float, float], n_threads: int
) -> np.ndarray:
    """Return a polynomial of the graph, by Horner's rule; the graph may be overwritten."""
    first, second, third = map(np.float32, coefficients)
    if second == third == 0:
        graph *= first
        return graph
    inner = second * np.eye(len(graph), dtype=np.float32) + third * graph if third else None
    # first P + (second I + third P) P P = (first I + (second I + third P) P) P
    middle = np.zeros_like(graph)
    if inner is None:
        middle += second * graph
    else:
        add_product(middle, inner, graph, n_threads=n_threads)
    passed = first * graph
    add_product(passed, middle, graph, n_threads=n_threads)
    return passed


def _require_memory(n_items: int, n_matrices: int) -> None:
    """Raise if matrices of all pairs of items would not fit in memory."""
    require_memory(
        4 * (n_matrices + (n_matrices > 1)) * n_items**2,
        f"the filter of {n_items} items",
        advice="leave rare items out (filter_k_core), take RP3BetaRecommender, or free some",
    )
