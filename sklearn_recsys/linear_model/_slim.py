"""Recommend by sparse linear regressions of each item on the others."""
# SPDX-License-Identifier: BSD-3-Clause

from numbers import Integral, Real
from typing import ClassVar

import numpy as np
from scipy import sparse
from sklearn.utils._param_validation import Interval

from sklearn_recsys._kernels import (
    count_threads,
    cut_evenly,
    elastic_net_columns,
    require_memory,
)
from sklearn_recsys.base import ItemSimilarityRecommender
from sklearn_recsys.base._gram import item_gram
from sklearn_recsys.linear_model._local import LocalRegression, nearest_items
from sklearn_recsys.linear_model._scaling import with_mean_square_one

__all__ = ["SLIMRecommender"]

# Multiplications of one call of the kernel: a fraction of a second, so that Ctrl-C is heard …
_WORK_OF_CALL = 1e9
# … if each item takes so many for each other item: most are those of the gradient of all weights,
# which is computed some times for some hundred weights that are not zero.
_WORK_OF_PAIR = 1000
# A larger penalty leaves no weight that counts, but room for a sum in float32.
_LARGEST_PENALTY = 1e37


class SLIMRecommender(ItemSimilarityRecommender):
    """Score an item by a sparse regression on the items of the user's history.

    Which few items, at which weights, tell best who chose this one? Neighbours are weighed
    together: two that say the same share their weight, where a similarity would count both. Choose
    it where neighbours are not accurate enough and lists have to be quick and explained: its
    weights are few, as those of :class:`~sklearn_recsys.linear_model.EASERecommender` are not. Fit
    costs O(items^2 x weights of an item) after the products of all pairs of items; memory 4 x
    items^2 bytes, or O(rows + items x n_neighbors) with `n_neighbors`. A list costs O(history x
    weights of an item).

    Parameters
    ----------
    reg : float, default=100.0
        Penalty of the weights, in units of the mean square of the positive values: without values
        that of the paper, and the same for stars, percents and counts. Higher values leave fewer
        and smaller weights.
    l1_ratio : float, default=0.01
        Share, in [0, 1], of the penalty that is on the weights' sizes, the rest being on their
        squares, as in scikit-learn's ElasticNet. Higher values leave fewer weights.
    positive : bool, default=True
        Whether negative weights are forbidden.
    n_neighbors : int or None, default=None
        Regress each item on so many others, those nearest by cosine (fsSLIM); None lets all others
        take part. Needed where a dense matrix of all pairs of items does not fit in memory.
    max_iter : int, default=100
        Most sweeps of coordinate descent over the weights of an item.
    tol : float, default=1e-3
        An item's descent ends when no gradient exceeds this share of the largest at the start.
    n_jobs : int or None, default=None
        Threads of fit and of the lists; None is 1 unless a ``joblib.parallel_config`` says
        otherwise, -1 is all processors. The answer does not depend on it.
    verbose : int, default=0
        Report merged duplicate rows if positive.

    Attributes
    ----------
    item_similarity_ : csr_array of shape (n_items, n_items), dtype float32
        Weights; row: item of the history; column: item that is scored. Its diagonal is empty.
    n_iter_ : int
        Sweeps of the item that took most.
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

    See Also
    --------
    EASERecommender : All weights, in closed form.
    sklearn_recsys.neighbors.ItemKNNRecommender : Weigh each neighbour by itself.
    sklearn_recsys.preprocessing.ConfidenceWeighter : Weigh values before they are summed.

    Notes
    -----
    With X the values, scaled to a mean square of 1 where they are positive (which the paper does
    not do), and x_j its column j, the weights w of item j minimise

        1/2 ||x_j - X w||^2 + reg ((1 - l1_ratio) / 2 ||w||^2 + l1_ratio ||w||_1)

    with w_j = 0 and, with `positive`, w >= 0. This is scikit-learn's ElasticNet with `alpha` =
    `reg` / n_users and no intercept. Descent works on X'X (Friedman et al. 2010, section 2.2), on a
    set of active weights to which those join that violate the condition of optimality; at the end
    no weight does by more than `tol` allows. The paper's penalties are beta = reg (1 - l1_ratio)
    and lambda = reg l1_ratio; without the non-negativity of the paper, set ``positive=False``.
    Its fsSLIM is `n_neighbors`. The default penalties were chosen on validation parts of
    MovieLens-100K, MovieLens-1M and HetRec-Lastfm-2k (user guide, "Linear models").

    References
    ----------
    X. Ning, G. Karypis, "SLIM: Sparse Linear Methods for Top-N Recommender Systems", ICDM 2011,
    equation 3 and section IV.C (fsSLIM).
    J. Friedman, T. Hastie, R. Tibshirani, "Regularization Paths for Generalized Linear Models via
    Coordinate Descent", Journal of Statistical Software 2010.

    Examples
    --------
    >>> from sklearn_recsys.linear_model import SLIMRecommender
    >>> plays = [["ann", "undo"], ["ann", "fix you"], ["bob", "undo"], ["bob", "fix you"],
    ...          ["bob", "clocks"], ["cat", "undo"]]
    >>> model = SLIMRecommender(reg=1.0, l1_ratio=0.1).fit(plays)
    >>> model.recommend("cat", n_items=1)
      user     item     score  rank
    0  cat  fix you  0.422758     1
    >>> model.explain("cat", "fix you").round(2)
       item  contribution
    0  undo          0.42
    """

    _parameter_constraints: ClassVar[dict] = {
        "reg": [Interval(Real, 0, None, closed="neither")],
        "l1_ratio": [Interval(Real, 0, 1, closed="both")],
        "positive": ["boolean"],
        "n_neighbors": [Interval(Integral, 1, None, closed="left"), None],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "tol": [Interval(Real, 0, None, closed="left")],
        "n_jobs": [Integral, None],
        "verbose": ["verbose"],
    }
    _suggested_grid: ClassVar[dict[str, list]] = {
        "reg": [30.0, 100.0, 300.0, 1000.0],
        "l1_ratio": [0.003, 0.01],
    }

    def __init__(
        self,
        reg=100.0,
        *,
        l1_ratio=0.01,
        positive=True,
        n_neighbors=None,
        max_iter=100,
        tol=1e-3,
        n_jobs=None,
        verbose=0,
    ):
        self.reg = reg
        self.l1_ratio = l1_ratio
        self.positive = positive
        self.n_neighbors = n_neighbors
        self.max_iter = max_iter
        self.tol = tol
        self.n_jobs = n_jobs
        self.verbose = verbose

    def _similarity(self, matrix):
        matrix = with_mean_square_one(matrix)
        reg = min(self.reg, _LARGEST_PENALTY)
        options = {
            "l1": reg * self.l1_ratio,
            "l2": reg * (1 - self.l1_ratio),
            "positive": bool(self.positive),
            "max_iter": int(self.max_iter),
            "tol": float(self.tol),
        }
        n_threads = count_threads(self.n_jobs)
        if self.n_neighbors is None:
            weights, sweeps = _regress_on_all(matrix, options, n_threads=n_threads)
        else:
            columns, order = matrix.T.tocsr(), self._tie_order
            near = nearest_items(columns, order, self.n_neighbors, n_threads=n_threads)
            weights, sweeps = LocalRegression(columns, near, n_threads).elastic_net(**options)
        self.n_iter_ = int(sweeps.max(initial=0))
        return weights


def _regress_on_all(
    matrix: sparse.csr_array, options: dict, *, n_threads: int
) -> tuple[sparse.csr_array, np.ndarray]:
    """Return the weights (n_items, n_items), and the sweeps of each item."""
    n = matrix.shape[1]
    # The Gram, and a thread's active set and its Gram.
    require_memory(
        4 * n * n + n_threads * (16 * n + 2**22),
        f"the products of all pairs of {n} items",
        advice="set n_neighbors, free some, or leave rare items out",
    )
    gram = item_gram(matrix, n_threads=n_threads)
    sweeps, blocks = np.zeros(n, dtype=np.int32), []
    for part in cut_evenly(np.full(n, _WORK_OF_PAIR * n), _WORK_OF_CALL):
        weights = np.empty((part.stop - part.start, n), dtype=np.float32)
        elastic_net_columns(
            gram,
            weights,
            sweeps[part],
            start=part.start,
            stop=part.stop,
            n_threads=n_threads,
            **options,
        )
        blocks.append(sparse.csr_array(weights))
    return sparse.vstack(blocks, format="csr").T.tocsr(), sweeps
