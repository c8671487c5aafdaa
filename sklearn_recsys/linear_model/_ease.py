"""Recommend by the closed-form linear autoencoder of the items."""
# SPDX-License-Identifier: BSD-3-Clause

from numbers import Integral, Real
from typing import ClassVar

import numpy as np
from scipy import sparse
from sklearn.utils._param_validation import Interval

from sklearn_recsys._kernels import count_threads, require_memory
from sklearn_recsys.base import ItemSimilarityRecommender
from sklearn_recsys.base._gram import item_gram
from sklearn_recsys.interactions._sharing import derive
from sklearn_recsys.linear_model._inverse import invert_in_place, scratch_bytes
from sklearn_recsys.linear_model._local import LocalRegression, nearest_items
from sklearn_recsys.linear_model._scaling import with_mean_square_one

__all__ = ["EASERecommender"]

_EPS = float(np.finfo(np.float32).eps)
# Below this share of the largest diagonal entry, an inverse in float32 loses more than it should.
_SAFE_SHARE = 1e-3
# A Gram matrix up to here is kept for the other candidates of a search: it takes a tenth of a fit,
# and its copy may not double the memory of a large one.
_MOST_SHARED_BYTES = 2**26
# Above this multiple of it the weights are those of no more than co-occurrence, and would vanish.
_LARGEST_MULTIPLE = 1e12


class EASERecommender(ItemSimilarityRecommender):
    """Score an item by its closed-form regression on all other items of the history (EASE).

    One dense weight for each pair of items, found at once, without iterations and without a random
    start: among the most accurate models on data where most items have some tens of users, and the
    one parameter that matters is `reg`. Fit costs O(sum over users of the squared length of their
    histories + n_items^3), a list O(history x n_items), memory O(n_items^2): 4 bytes for each pair,
    some 20 000 items in 1.6 GB. For larger catalogues set `n_neighbors`: then fit costs O(sum over
    users of the squared length of their histories + n_items x n_neighbors^3), a list
    O(history x n_neighbors), memory O(rows + n_items x n_neighbors).

    Parameters
    ----------
    reg : float, default=300.0
        L2 penalty of the weights, in units of the mean square of the positive values: without
        values that of the paper, and the same for stars, percents and counts. More draws the
        weights to those of plain co-occurrence; less trusts chance.
    dropout : float, default=0.0
        Learn as if each item of a history were left out with this probability, in [0, 1), and
        foretold from what is left (EDLAE): penalises popular items more. Where it is positive a
        smaller `reg` is enough.
    max_diagonal : float, default=0.0
        Bound in [0, 1) of the weight of an item on itself while the others are learned (RLAE;
        RDLAE with `dropout`): 0 forbids it (EASE), and near 1 all is plain ridge regression. It
        must be 0 with `n_neighbors`.
    n_neighbors : int or None, default=None
        Learn each item from so many others, those nearest by cosine, instead of from all: no matrix
        of all pairs of items is made. More is slower; some hundreds come near to all others.
    n_jobs : int or None, default=None
        Threads of fit and of the lists; None is 1 unless a ``joblib.parallel_config`` says
        otherwise, -1 is all processors. The answer does not depend on it.
    verbose : int, default=0
        Report merged duplicate rows if positive.

    Attributes
    ----------
    item_similarity_ : ndarray or csr_array of shape (n_items, n_items), dtype float32
        Row: item of the history; column: item that is scored. Its diagonal is empty. Sparse with
        `n_neighbors`.
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
        In `fit`, before any work, if the weights would not fit in memory: set `n_neighbors`.

    See Also
    --------
    sklearn_recsys.neighbors.ItemKNNRecommender : Some neighbours of each item; any catalogue.
    sklearn_recsys.decomposition.ALSRecommender : Vectors; memory grows with users and items only.

    Notes
    -----
    With G = X^T X, a penalty lambda_j for each item, P = (G + diag(lambda))^-1 and B the weights,

        B_ij = -P_ij gamma_j  for i != j,   gamma_j = max(lambda_j, (1 - max_diagonal) / P_jj),
        lambda_j = reg + dropout / (1 - dropout) G_jj .

    X is scaled to positive values of mean square 1 before, which the papers do not do. They also
    keep the diagonal that `max_diagonal` lets grow, B_jj = 1 - P_jj gamma_j; here it is emptied,
    as only items that were seen would gain by it.

    With `n_neighbors` the weights of item j from its neighbours N are

        B_Nj = (G_NN + diag(lambda_N))^-1 G_Nj :

    of all weights that are zero elsewhere, those that minimise EASE's objective. G_NN is summed
    from the interactions of the neighbours alone.

    The inverse is computed in float32, by elimination of blocks whose places depend on the number
    of items alone, so that the bits do not depend on the threads; where a penalty is less than a
    thousandth of its diagonal entry, in float64, which takes three times the memory. A `reg` below
    n_items x 1.2e-7 times the largest diagonal entry of G is raised to it, or there might be no
    inverse.

    The default was chosen on validation parts of MovieLens-100K, MovieLens-1M and
    HetRec-Lastfm-2k, with and without values (user guide, "Linear models").

    References
    ----------
    H. Steck, "Embarrassingly Shallow Autoencoders for Sparse Data", WWW 2019, equation 8.
    H. Steck, "Autoencoders that don't Overfit towards the Identity", NeurIPS 2020, section 3
    (dropout).
    J. Moon, H. Kim, J. Lee, "It's Enough: Relaxing Diagonal Constraints in Linear Autoencoders
    for Recommendation", SIGIR 2023, section 3 (max_diagonal).
    H. Steck, "Markov Random Fields for Collaborative Filtering", NeurIPS 2019, section 4 (weights
    of a sparse pattern).

    Examples
    --------
    >>> from sklearn_recsys.linear_model import EASERecommender
    >>> plays = [["ann", "undo"], ["ann", "fix you"], ["bob", "undo"], ["bob", "fix you"],
    ...          ["bob", "clocks"], ["cat", "undo"]]
    >>> model = EASERecommender(1.0).fit(plays)
    >>> model.recommend("cat", n_items=1)
      user     item     score  rank
    0  cat  fix you  0.428571     1
    >>> model.explain("ann", "clocks").round(2)
          item  contribution
    0  fix you          0.25
    1     undo          0.12
    """

    _parameter_constraints: ClassVar[dict] = {
        "reg": [Interval(Real, 0, None, closed="left")],
        "dropout": [Interval(Real, 0, 1, closed="left")],
        "max_diagonal": [Interval(Real, 0, 1, closed="left")],
        "n_neighbors": [Interval(Integral, 1, None, closed="left"), None],
        "n_jobs": [Integral, None],
        "verbose": ["verbose"],
    }
    # The best penalties without values were within these bounds; dropout wants the lower ones.
    _suggested_grid: ClassVar[dict[str, list]] = {
        "reg": [100.0, 300.0, 1000.0],
        "dropout": [0.0, 0.5],
    }

    def __init__(
        self,
        reg=300.0,
        *,
        dropout=0.0,
        max_diagonal=0.0,
        n_neighbors=None,
        n_jobs=None,
        verbose=0,
    ):
        self.reg = reg
        self.dropout = dropout
        self.max_diagonal = max_diagonal
        self.n_neighbors = n_neighbors
        self.n_jobs = n_jobs
        self.verbose = verbose

    def _similarity(self, matrix):
        n_threads = count_threads(self.n_jobs)
        if self.n_neighbors is not None:
            scaled = with_mean_square_one(matrix)
            return self._sparse_weights(scaled, self.n_neighbors, n_threads)
        return self._dense_weights(matrix, n_threads)

    def _dense_weights(self, matrix: sparse.csr_array, n_threads: int) -> np.ndarray:
        """Return the weights (n_items, n_items) of the model of all items by all others."""
        _require_memory(matrix.shape[1], 4, n_threads)
        gram = _find_gram(matrix, n_threads)
        diagonal = gram.diagonal().astype(np.float64)
        penalty = _penalties(diagonal, self.reg, self.dropout)
        diagonal += penalty
        weights, is_safe = None, (penalty / diagonal).min() >= _SAFE_SHARE
        if is_safe:
            weights = _minus_inverse(gram, diagonal, np.float32, n_threads)
        if weights is None:
            _require_memory(matrix.shape[1], 8, n_threads)
            if is_safe:  # what was to be inverted is lost
                gram = _find_gram(matrix, n_threads)
            weights = _minus_inverse(gram, diagonal, np.float64, n_threads)
        if weights is None:  # the smallest penalty is beyond what rounding could do
            raise np.linalg.LinAlgError(f"Found no inverse: raise reg, got {self.reg}.")
        # The weight from i to j is -P_ij gamma_j, P being the inverse; equation 8 of EASE is that
        # of gamma_j = 1 / P_jj.
        gamma = np.maximum(penalty, (self.max_diagonal - 1) / weights.diagonal())
        weights *= gamma.astype(weights.dtype)
        np.fill_diagonal(weights, 0)
        return weights

    def _sparse_weights(
        self, matrix: sparse.csr_array, n_neighbors: int, n_threads: int
    ) -> sparse.csr_array:
        """Return the weights (n_items, n_items) of the model of each item by its neighbours."""
        if self.max_diagonal > 0:
            raise ValueError(
                f"max_diagonal must be 0 with n_neighbors, got {self.max_diagonal}: leave one out."
            )
        columns = matrix.T.tocsr()
        near = nearest_items(columns, self._tie_order, n_neighbors, n_threads=n_threads)
        penalty = _penalties(_diagonal_of_gram(matrix), self.reg, self.dropout)
        return LocalRegression(columns, near, n_threads).ridge(penalty)


def _find_gram(matrix: sparse.csr_array, n_threads: int) -> np.ndarray:
    """Return the Gram matrix of the scaled values, read-only where others use it too."""

    def make() -> np.ndarray:
        return item_gram(with_mean_square_one(matrix), n_threads=n_threads)

    is_shared = 4 * matrix.shape[1] ** 2 <= _MOST_SHARED_BYTES
    return derive(matrix, "gram of scaled values", make) if is_shared else make()


def _diagonal_of_gram(matrix: sparse.csr_array) -> np.ndarray:
    return np.bincount(matrix.indices, matrix.data.astype(np.float64) ** 2, matrix.shape[1])


def _penalties(diagonal: np.ndarray, reg: float, dropout: float) -> np.ndarray:
    """Return what is added to the diagonal of the Gram matrix: enough for it to have an inverse."""
    largest = float(diagonal.max()) or 1.0
    # Rounding moves the eigenvalues of the Gram matrix by less than this.
    smallest = len(diagonal) * _EPS * largest
    reg = min(max(reg, smallest), _LARGEST_MULTIPLE * largest)
    return reg + dropout / (1 - dropout) * diagonal


def _minus_inverse(
    gram: np.ndarray, diagonal: np.ndarray, dtype: type, n_threads: int
) -> np.ndarray | None:
    """Return minus the inverse of the Gram matrix with another diagonal, in its memory if it may.

    None, and the Gram matrix is lost, if it is not positive definite as far as the type tells.
    """
    matrix: np.ndarray = gram.astype(
        dtype, copy=not gram.flags.writeable
    )  # others use a shared one too
    matrix.flat[:: len(diagonal) + 1] = diagonal
    return matrix if invert_in_place(matrix, n_threads=n_threads) else None


def _require_memory(n_items: int, itemsize: int, n_threads: int) -> None:
    """Raise if the inverse would not fit in memory."""
    # One in float64 is made beside the Gram matrix, which is there already.
    require_memory(
        itemsize * n_items**2 + scratch_bytes(n_items, itemsize, n_threads),
        f"the weights between {n_items} items",
        advice="set n_neighbors, free some, or leave rare items out (filter_k_core)",
    )
