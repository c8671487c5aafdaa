"""Predict ratings by matrix factorisation with biases."""
# SPDX-License-Identifier: BSD-3-Clause

from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
from scipy import sparse
from sklearn.utils._param_validation import Interval
from threadpoolctl import threadpool_limits

from sklearn_recsys._kernels import (
    as_float32,
    count_threads,
    padded_width,
    require_memory,
    zero_vectors,
)
from sklearn_recsys.base import FactorRecommender
from sklearn_recsys.base._blocks import finite
from sklearn_recsys.base._progress import IterativeMixin, Progress
from sklearn_recsys.decomposition._rating_solver import RatingAlternation, Ratings, RidgeSquares
from sklearn_recsys.decomposition._seeding import draw_vectors, make_generator
from sklearn_recsys.interactions._sparse import with_data

__all__ = ["BiasedMFRecommender"]

# Expected length of the vectors that a fit starts from, in standard deviations of the ratings.
_START = 0.1


class BiasedMFRecommender(IterativeMixin, FactorRecommender):
    """Predict ratings by biased matrix factorisation (Funk's, Surprise's "SVD").

    A rating is the mean, what the user and the item deviate from it, and the product of their
    vectors: how well her taste and what it offers agree. Users and items are solved for in turn,
    each in closed form, so that there is no learning rate to find. Choose it to predict ratings,
    and whenever the error of such predictions is what counts. Do not choose it for lists: it
    learns nothing from what was *not* rated, and puts first what few people rated highly;
    `ALSRecommender` is for those. An iteration costs O(interactions x n_components**2 + (users +
    items) x n_components**3), a list O(items x n_components), memory O((users + items) x
    n_components + interactions).

    Parameters
    ----------
    n_components : int, default=32
        Length of the vectors. More separate finer tastes, and cost their square.
    reg : float, default=1.2
        Penalty of the squared length of a vector with one rating. Higher values keep predictions
        closer to the biases. Ratings are standardised first, so that it does not depend on their
        scale; it does on `reg_exponent`.
    reg_biases : float, default=0.5
        The same for the squared biases; 0 leaves them free.
    reg_exponent : float, default=0.5
        Power of the number of a row's ratings that multiplies the penalties: 1 penalises each
        rating, 0 all rows alike, however many ratings they have.
    max_iter : int, default=30
        The largest number of iterations, each a half-step of items and one of users.
    tol : float, default=1e-4
        Relative fall of the loss below which to stop.
    random_state : int, RandomState instance or None, default=None
        Seed of the users' start; an integer gives the same model in every fit, whatever `n_jobs`.
    n_jobs : int or None, default=None
        Threads of fit and of the lists; None is 1 unless a ``joblib.parallel_config`` says
        otherwise, -1 is all processors. The answer does not depend on it.
    verbose : int, default=0
        Show a bar of iterations on a terminal, and report merged duplicate rows, if positive.

    Attributes
    ----------
    global_mean_ : float
        Weighted mean of all ratings.
    user_biases_, item_biases_ : ndarray of shape (n_users,) and (n_items,), dtype float32
        Deviation of each user and of each item from it.
    user_factors_ : ndarray of shape (n_users, n_components), dtype float32
        One vector a user, the exact solution given the items; it carries the unit of the ratings.
    item_factors_ : ndarray of shape (n_items, n_components), dtype float32
        One vector an item.
    loss_curve_ : list of float
        What is minimised, after each iteration, over the summed weights and the variance of the
        ratings: below 1, as the mean alone has 1.
    n_iter_ : int
        Number of iterations run.
    users_, items_ : ndarray of shape (n_users,) and (n_items,)
        Sorted ids.
    interactions_ : csr_array of shape (n_users, n_items), dtype float32
        Ratings; rows of one pair are averaged.
    popularity_ : ndarray of shape (n_items,), dtype int64
        Number of users with a positive rating.
    n_features_in_ : int
        Number of columns of the table seen in `fit`.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of its columns, where all are strings.

    See Also
    --------
    ALSRecommender : For lists, and for plays, clicks and purchases.
    sklearn_recsys.baseline.BaselineRecommender : The biases alone, which it has to beat.

    Notes
    -----
    With z the standardised ratings (z = (r - mu) / sigma, mu and sigma their weighted mean and
    standard deviation), w their weights and n_u the sum of those of user u, it minimises ::

        sum_ui w_ui (z_ui - b_u - b_i - p_u.q_i)^2
            + sum_u n_u^reg_exponent (reg p_u.p_u + reg_biases b_u^2) + the same of items

    by alternating least squares, a bias being one more component whose counterpart is 1. The score
    is mu + sigma (b_u + b_i + p_u.q_i); what is stored is `user_factors_` = sigma p_u,
    `item_factors_` = q_i, and the biases times sigma. Users come last, so that a user folded in
    from a history gets the vector and the bias that `fit` gives her. An unknown user or item has
    the bias 0 and a vector of zeros.

    Departures from the papers: Koren, Bell and Volinsky take steps along the gradient of one rating
    at a time, which is the same loss with an exponent of 1; Zhou et al. alternate with that
    exponent, without biases. Neither standardises: their penalty of a vector is ours times sigma,
    that of a bias ours as it is. Predictions are not cut off at the ends of the scale:
    ``numpy.clip`` does it where that is wanted.

    The defaults were chosen by the error on validation parts of MovieLens-100K, MovieLens-1M and
    HetRec-Lastfm-2k (logarithms of plays). Penalties that grow with the root of the number of
    ratings want about the same `reg` on all three; with an exponent of 1 they do not, and the
    error is higher.

    References
    ----------
    Y. Koren, R. Bell, C. Volinsky, "Matrix Factorization Techniques for Recommender Systems", IEEE
    Computer 42 (8), 2009, equation 5.
    Y. Zhou, D. Wilkinson, R. Schreiber, R. Pan, "Large-scale Parallel Collaborative Filtering for
    the Netflix Prize", AAIM 2008, equation 2.

    Examples
    --------
    >>> from sklearn_recsys.decomposition import BiasedMFRecommender
    >>> ratings = [["ann", "alien", 5], ["ann", "heat", 4], ["ann", "diva", 1],
    ...            ["bob", "alien", 4], ["bob", "heat", 5], ["bob", "emma", 2],
    ...            ["cat", "diva", 5], ["cat", "emma", 4], ["cat", "heat", 1],
    ...            ["dan", "diva", 4], ["dan", "emma", 5]]
    >>> model = BiasedMFRecommender(2, reg=0.1, random_state=0).fit(ratings)
    >>> model.predict([["ann", "emma"], ["zoe", "heat"]]).round(1)
    array([1.4, 3.5], dtype=float32)
    >>> model.recommend(history=[["new", "heat", 5], ["new", "diva", 1]], n_items=1)["item"].item()
    'alien'
    """

    _parameter_constraints: ClassVar[dict] = {
        "n_components": [Interval(Integral, 1, None, closed="left")],
        "reg": [Interval(Real, 0, None, closed="neither")],
        "reg_biases": [Interval(Real, 0, None, closed="left")],
        "reg_exponent": [Interval(Real, 0, None, closed="left")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "tol": [Interval(Real, 0, None, closed="left")],
        "random_state": ["random_state"],
        "n_jobs": [Integral, None],
        "verbose": ["verbose"],
    }
    _suggested_grid: ClassVar[dict[str, list]] = {
        "reg": [0.6, 0.9, 1.2, 1.8],
        "reg_exponent": [0.3, 0.5],
    }
    _duplicates = "mean"

    def __init__(
        self,
        n_components=32,
        *,
        reg=1.2,
        reg_biases=0.5,
        reg_exponent=0.5,
        max_iter=30,
        tol=1e-4,
        random_state=None,
        n_jobs=None,
        verbose=0,
    ):
        self.n_components = n_components
        self.reg = reg
        self.reg_biases = reg_biases
        self.reg_exponent = reg_exponent
        self.max_iter = max_iter
        self.tol = tol
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.verbose = verbose

    def _fit(self, interactions):
        self._weights = interactions.weights
        try:
            super()._fit(interactions)
        finally:
            del self._weights

    def _factorize(self, matrix):
        self._require_memory(matrix)
        # A BLAS pool that takes turns with our threads makes both slower.
        with threadpool_limits(1, user_api="blas"):
            vars(self).update(self._learn(matrix, self._weights))
        return self.user_factors_, self.item_factors_

    def _learn(self, matrix: sparse.csr_array, weights: sparse.csr_array) -> dict[str, Any]:
        """Return what is learned."""
        mean, spread = _mean_and_spread(matrix.data, weights.data)
        penalty = {
            "reg": float(self.reg),
            "reg_biases": float(self.reg_biases),
            "exponent": float(self.reg_exponent),
        }
        squares = RidgeSquares(self.n_components, count_threads(self.n_jobs), **penalty)
        alternation = RatingAlternation(squares, _standardize(matrix, mean, spread), weights)
        rng = make_generator(self.random_state)
        users = draw_vectors(rng, matrix.shape[0], self.n_components + 1, _START)
        users[:, self.n_components] = 0
        items = zero_vectors(matrix.shape[1], self.n_components + 1)
        constants = {
            "global_mean_": mean,
            # What a history is solved with, whatever the parameters are set to after the fit.
            "_spread": spread,
            "_penalty": penalty,
        }
        losses: list[float] = []
        with Progress(self, self.max_iter) as progress:
            for _ in progress:
                losses.append(alternation.improve(users, items))
                progress.report(
                    lambda: constants | self._conclude(users, items, spread), loss=losses[-1]
                )
                if len(losses) > 1 and losses[-2] - losses[-1] < self.tol * losses[-1]:
                    break
        self.loss_curve_, self.n_iter_ = losses, len(losses)
        return constants | self._conclude(users, items, spread)

    def _conclude(self, users: np.ndarray, items: np.ndarray, spread: float) -> dict[str, Any]:
        """Return what is learned, in the unit of the ratings, which the users' vectors carry."""
        k = self.n_components
        return {
            "user_factors_": _in_ratings(users[:, :k], spread),
            "item_factors_": items[:, :k].copy(),
            "user_biases_": _in_ratings(users[:, k], spread),
            "item_biases_": _in_ratings(items[:, k], spread),
            "_item_offsets": items[:, k].copy(),  # before the unit, so that a fold-in is exact
        }

    def _solve_histories(
        self, history: sparse.csr_array, weights: sparse.csr_array
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the vectors and the biases of users: the last half-step of a fit."""
        n_items, k = self.item_factors_.shape
        items, users = zero_vectors(n_items, k + 1), zero_vectors(history.shape[0], k + 1)
        items[:, :k], items[:, k] = self.item_factors_, self._item_offsets
        ratings = Ratings.of(_standardize(history, self.global_mean_, self._spread), weights)
        squares = RidgeSquares(k, count_threads(self.n_jobs), **self._penalty)
        squares.solve(ratings, items, users)
        return _in_ratings(users[:, :k], self._spread), _in_ratings(users[:, k], self._spread)

    def _place_histories(self, history, weights):
        vectors, biases = self._solve_histories(history, weights)
        return vectors, self._base(biases)

    def _user_offsets(self):
        return self._base(self.user_biases_)

    def _score_stranger(self):
        return self._base(self.item_biases_)

    def _score_unknown_items(self, rows):
        # A rating is asked for, not a rank: the best guess is the mean, not the lowest score.
        biases = np.zeros(len(rows), dtype=np.float32)
        biases[rows >= 0] = self.user_biases_[rows[rows >= 0]]
        return self._base(biases)

    def _base(self, biases: np.ndarray) -> np.ndarray:
        """Return the ratings that some biases alone stand for (float32)."""
        return as_float32(biases.astype(np.float64) + self.global_mean_)

    def _require_memory(self, matrix: sparse.csr_array) -> None:
        """Raise if a fit would not fit in memory."""
        (n_users, n_items), width = matrix.shape, padded_width(self.n_components + 1)
        vectors = 4 * (width + self.n_components) * (n_users + n_items)
        # Centred ratings, and by columns: those, their weights and their rows.
        ratings = 16 * matrix.nnz
        systems = 4 * (width**2 + 2**14) * count_threads(self.n_jobs)
        require_memory(
            vectors + ratings + systems + 40 * (n_users + n_items),
            f"{self.n_components} components of {n_users} users and {n_items} items",
            advice="lower n_components, free some, or fit on a part of the data",
        )

    def __recommender_tags__(self):
        """Tell that values are ratings."""
        tags = super().__recommender_tags__()
        tags.feedback = "explicit"
        tags.negative_values = True
        return tags


def _mean_and_spread(values: np.ndarray, weights: np.ndarray) -> tuple[float, float]:
    """Return the weighted mean and standard deviation of ratings; 1 where they are all alike."""
    # float64: the squares of wild values overflow.
    values, shares = values.astype(np.float64), weights.astype(np.float64)
    shares /= shares.sum()
    mean = float(values @ shares)
    spread = float(np.sqrt(np.square(values - mean) @ shares))
    return mean, spread if spread > 0 else 1.0


def _standardize(matrix: sparse.csr_array, mean: float, spread: float) -> sparse.csr_array:
    """Return ratings less their mean, over their spread (float32)."""
    centred = matrix.data.astype(np.float64) - mean
    return with_data(matrix, (centred / spread).astype(np.float32))


def _in_ratings(numbers: np.ndarray, spread: float) -> np.ndarray:
    """Return numbers about standardised ratings in the unit of the ratings (float32)."""
    return as_float32(finite(numbers.astype(np.float64) * spread))
