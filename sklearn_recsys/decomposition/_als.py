"""Recommend by alternating least squares of implicit feedback."""
# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import asdict
from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
from scipy import sparse
from sklearn.utils._param_validation import Interval, StrOptions
from threadpoolctl import threadpool_limits

from sklearn_recsys._kernels import count_threads, padded_width, require_memory, zero_vectors
from sklearn_recsys._warning import warn_caller
from sklearn_recsys.base import FactorRecommender
from sklearn_recsys.base._partial_fit import PartialFitMixin
from sklearn_recsys.base._progress import IterativeMixin, Progress
from sklearn_recsys.decomposition._als_solver import (
    Alternation,
    LeastSquares,
    Penalty,
    Rows,
    are_alike,
    pad,
)
from sklearn_recsys.decomposition._early_stopping import HeldOut, Patience
from sklearn_recsys.decomposition._seeding import draw_vectors, make_generator
from sklearn_recsys.exceptions import DataWarning

__all__ = ["ALSRecommender"]

# The root of the smallest normal float32.
_NEGLIGIBLE = 1e-19
# A product of entries far below any score that is learned, as a 1 is what is fitted.
_VANISHED = 1e-6


class ALSRecommender(IterativeMixin, PartialFitMixin, FactorRecommender):
    """Factorise implicit feedback by alternating least squares ("iALS", "weighted MF").

    Every pair counts: what was seen is a 1 with a confidence that grows with its value, all else
    is a 0 with a small one, so that nothing has to be sampled. Items and users are solved for in
    turn, each in closed form. Choose it for plays, clicks and purchases, at any size: it is among
    the most accurate of all factor models once `reg` and `alpha` are tuned, takes new users
    without a refit, and explains its scores. One iteration costs O(interactions x n_components x
    n_cg_steps + (users + items) x n_components**2 x n_cg_steps), a list O(items x n_components),
    memory O((users + items) x n_components + interactions).

    Parameters
    ----------
    n_components : int, default=64
        Length of the vectors. More separate finer tastes, and need more `reg`.
    reg : float, default=5.0
        Penalty of the squared length of a vector with the mean number of terms. Higher values
        give smoother, more popular recommendations. It grows with `alpha`, `unobserved_weight`
        and the number of interactions, so search it over powers of three. Where it is too high
        all vectors vanish, and `fit` warns.
    alpha : float or None, default=0.005
        Confidence 1 + alpha * abs(v) of a pair with the value v; higher values tell large values
        and small ones apart. With the default, hundreds of plays weigh several times as much as
        one. None takes abs(v) itself, as a ``ConfidenceWeighter`` makes it.
    unobserved_weight : float, default=0.1
        Confidence of the pairs that were not seen. Lower values care less for them, and find
        less popular items.
    reg_exponent : float, default=1.0
        Power of a row's number of terms, relative to the mean, that scales `reg`: 0 penalises
        all alike, 1 those who have more interactions more.
    max_iter : int, default=15
        Iterations, each a half-step of items and one of users.
    solver : {"cg", "cholesky"}, default="cg"
        Conjugate gradients that start from the last vectors, or the exact solution: slower by a
        factor that grows with `n_components`, and hardly more accurate in the end.
    n_cg_steps : int, default=3
        Steps of "cg" in each half-step. "cholesky" does not use it.
    init_scale : float, default=0.3
        Standard deviation of the users' start, times the root of `n_components`. A start far below
        what is learned costs iterations.
    early_stopping : bool, default=False
        Hold interactions out, and stop where they are no longer ranked better. The items are
        then learned without them; the users' vectors use them all. Fit again with `max_iter` set to
        `n_iter_` where the last per cent counts.
    validation_fraction : float, default=0.1
        Share of each user's interactions to hold out, rounded down; of 5000 users at most.
    n_iter_no_change : int, default=3
        Iterations without an improvement after which to stop early.
    tol : float, default=1e-4
        Rise of the validation score that counts as an improvement.
    compute_loss : bool, default=False
        Whether to compute the loss after each iteration.
    random_state : int, RandomState instance or None, default=None
        Seed of the start and of what is held out; an integer gives the same model in every fit,
        whatever `n_jobs`.
    n_jobs : int or None, default=None
        Threads of fit and of the lists; None is 1 unless a ``joblib.parallel_config`` says
        otherwise, -1 is all processors. The answer does not depend on it.
    verbose : int, default=0
        Show a bar of iterations on a terminal, and report merged duplicate rows, if positive.

    Attributes
    ----------
    user_factors_ : ndarray of shape (n_users, n_components), dtype float32
        The exact solution for the users, given the items.
    item_factors_ : ndarray of shape (n_items, n_components), dtype float32
        One vector an item.
    n_iter_ : int
        Number of iterations run; with `early_stopping` the one whose items were kept.
    loss_curve_ : list of float
        Loss after each iteration, if `compute_loss`; see Notes.
    validation_scores_ : list of float
        nDCG@10 of the held-out interactions after each iteration, if `early_stopping`.
    user_biases_, item_biases_ : ndarray of shape (n_users,) and (n_items,), dtype float32
        Zeros: the model has no biases.
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
    SVDRecommender : Deterministic, with one parameter, and less accurate.
    sklearn_recsys.preprocessing.ConfidenceWeighter : Makes confidences, for ``alpha=None``.

    Notes
    -----
    With x_u and y_i the vectors of users and items, w the unobserved weight, p = 1 for a positive
    value v and 0 otherwise, and c = 1 + alpha * abs(v), it minimises ::

        sum over what was seen of c (p - x.y)^2 + w * sum over all else of (x.y)^2
            + sum_u reg_u x_u.x_u + sum_i reg_i y_i.y_i

    with reg_u = reg * (n_u / mean(n))**reg_exponent, where n_u is the number of the user's
    interactions plus w times the number of items; likewise for items. A negative value (a skip)
    is a 0 with the confidence of its size; a zero was seen, and is otherwise like all others.

    Departures from the papers: Hu, Koren and Volinsky have w = 1 and an exponent of 0. Rendle et
    al. weigh all pairs by w, those seen by 1 more; they scale by n_u itself, so that their
    penalty is another number for another exponent. Conjugate gradients are Takács, Pilászy and
    Tikk's. In the last iteration the users are solved for exactly: so a history folds in
    exactly, by the same half-step, and a score is a sum over it.

    The defaults of `reg`, `alpha`, `unobserved_weight` and `reg_exponent` were chosen on validation
    parts of MovieLens-100K, MovieLens-1M and HetRec-Lastfm-2k, with and without their values: of
    185 settings they lost least where they lost most, at most .04 of a set's best nDCG@10.

    References
    ----------
    Y. Hu, Y. Koren, C. Volinsky, "Collaborative Filtering for Implicit Feedback Datasets", ICDM
    2008, equations 3-5 and section 5.
    S. Rendle, W. Krichene, L. Zhang, Y. Koren, "Revisiting the Performance of iALS on Item
    Recommendation Benchmarks", RecSys 2022, section 3.
    G. Takács, I. Pilászy, D. Tikk, "Applications of the Conjugate Gradient Method for Implicit
    Feedback Collaborative Filtering", RecSys 2011.

    Examples
    --------
    >>> from sklearn_recsys.decomposition import ALSRecommender
    >>> plays = [["ann", "undo", 3], ["ann", "fix you", 5], ["bob", "undo", 1],
    ...          ["bob", "fix you", 2], ["cat", "undo", 4], ["dan", "heat", 2], ["eve", "heat", 1]]
    >>> model = ALSRecommender(n_components=2, reg=0.1, random_state=0).fit(plays)
    >>> model.recommend("cat", n_items=1)[["user", "item"]]
      user     item
    0  cat  fix you
    >>> model.recommend(history=[["new", "fix you", 1]], n_items=1)[["user", "item"]]
      user  item
    0  new  undo
    """

    _parameter_constraints: ClassVar[dict] = {
        "n_components": [Interval(Integral, 1, None, closed="left")],
        "reg": [Interval(Real, 0, None, closed="neither")],
        "alpha": [Interval(Real, 0, None, closed="left"), None],
        "unobserved_weight": [Interval(Real, 0, None, closed="left")],
        "reg_exponent": [Interval(Real, 0, None, closed="left")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "solver": [StrOptions({"cg", "cholesky"})],
        "n_cg_steps": [Interval(Integral, 1, None, closed="left")],
        "init_scale": [Interval(Real, 0, None, closed="neither")],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left")],
        "tol": [Interval(Real, 0, None, closed="left")],
        "compute_loss": ["boolean"],
        "random_state": ["random_state"],
        "n_jobs": [Integral, None],
        "verbose": ["verbose"],
    }

    # What pays off depends on the number of interactions, for which reg has no scale.
    _suggested_grid: ClassVar[dict[str, list]] = {
        "n_components": [16, 64],
        "reg": [2.0, 5.0, 15.0],
        "unobserved_weight": [0.03, 0.1, 0.3],
    }

    def __init__(
        self,
        n_components=64,
        *,
        reg=5.0,
        alpha=0.005,
        unobserved_weight=0.1,
        reg_exponent=1.0,
        max_iter=15,
        solver="cg",
        n_cg_steps=3,
        init_scale=0.3,
        early_stopping=False,
        validation_fraction=0.1,
        n_iter_no_change=3,
        tol=1e-4,
        compute_loss=False,
        random_state=None,
        n_jobs=None,
        verbose=0,
    ):
        self.n_components = n_components
        self.reg = reg
        self.alpha = alpha
        self.unobserved_weight = unobserved_weight
        self.reg_exponent = reg_exponent
        self.max_iter = max_iter
        self.solver = solver
        self.n_cg_steps = n_cg_steps
        self.init_scale = init_scale
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.tol = tol
        self.compute_loss = compute_loss
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.verbose = verbose

    def _factorize(self, matrix):
        for name in ("loss_curve_", "validation_scores_"):
            vars(self).pop(name, None)  # of another fit, which this one may not replace
        self._require_memory(matrix, self.n_components)
        # A BLAS pool that takes turns with our threads makes both slower.
        with threadpool_limits(1, user_api="blas"):
            vars(self).update(_trim(self._learn(matrix), self.n_components))
        largest = _largest(self.user_factors_) * _largest(self.item_factors_)
        if largest < _VANISHED and (matrix.data > 0).any():
            warn_caller(
                f"The vectors shrink to zero, and all scores with them: reg={self.reg} is too "
                "large for so few interactions. Lower reg, or raise alpha.",
                DataWarning,
            )
        return self.user_factors_, self.item_factors_

    def _learn(self, matrix: sparse.csr_array) -> dict[str, Any]:
        """Return what is learned, the vectors as wide as the kernels want them."""
        rng = make_generator(self.random_state)
        held_out = HeldOut(matrix, self.validation_fraction, rng) if self.early_stopping else None
        alternation = self._alternation(matrix if held_out is None else held_out.rest)
        users = draw_vectors(rng, matrix.shape[0], self.n_components, self.init_scale)
        items = zero_vectors(matrix.shape[1], self.n_components)
        patience = Patience(self.n_iter_no_change, self.tol)
        log: list[dict[str, float]] = []
        learned = None
        with Progress(self, self.max_iter) as progress:
            for step in progress:
                alternation.improve_items(users, items)
                if held_out is None and step == self.max_iter - 1:
                    learned = self._conclude(matrix, items, users)
                else:
                    alternation.improve_users(users, items)
                log.append(self._figures(alternation, held_out, users, items))
                progress.report(lambda: self._as_if_ended(matrix, items), **log[-1])
                if held_out is not None and patience.see(log[-1]["ndcg"], items):
                    break
        self._keep_log(log, patience)
        if learned is not None:
            return learned
        return self._conclude(matrix, items if patience.best is None else patience.best, users)

    def _figures(
        self,
        alternation: Alternation,
        held_out: HeldOut | None,
        users: np.ndarray,
        items: np.ndarray,
    ) -> dict[str, float]:
        """Return what is reported of an iteration."""
        figures = {}
        if self.compute_loss:
            figures["loss"] = alternation.loss(users, items)
        if held_out is not None:
            n_threads = count_threads(self.n_jobs)
            figures["ndcg"] = held_out.score(users, items, n_threads=n_threads)
        return figures

    def _keep_log(self, log: list[dict[str, float]], patience: Patience) -> None:
        self.n_iter_ = len(log)
        if self.compute_loss:
            self.loss_curve_ = [figures["loss"] for figures in log]
        if patience.best is not None:
            self.n_iter_, self.validation_scores_ = patience.best_step, patience.scores

    def _as_if_ended(self, matrix: sparse.csr_array, items: np.ndarray) -> dict[str, Any]:
        """Return what is learned with these items, which are left as they are."""
        users = zero_vectors(matrix.shape[0], self.n_components)
        return _trim(self._conclude(matrix, items.copy(), users), self.n_components)

    def _conclude(
        self, matrix: sparse.csr_array, items: np.ndarray, users: np.ndarray
    ) -> dict[str, Any]:
        """Return what is learned: the items, and the exact solution for the users, in place."""
        # Where reg is too large all vectors shrink, and the products of such are no normal floats.
        if _largest(items) < _NEGLIGIBLE:
            items[:] = 0
        squares, rows = self._squares(), Rows.of(matrix)
        penalty = squares.penalty(self.reg, self.reg_exponent, rows, len(items))
        gram = squares.gram(items)
        squares.solve(rows, penalty.of(rows.counts), items, gram, users)
        return {
            "user_factors_": users,
            "item_factors_": items,
            # What a history is solved with, whatever the parameters are set to after the fit.
            "_item_gram": gram,
            "_penalty": asdict(penalty),
            "_confidence": (self.alpha, float(self.unobserved_weight)),
        }

    def _fold_in(self, history):
        squares = LeastSquares(*self._confidence, count_threads(self.n_jobs))
        rows = Rows.of(history)
        items, reg = pad(self.item_factors_), Penalty(**self._penalty).of(rows.counts)
        users = zero_vectors(history.shape[0], items.shape[1])
        squares.solve(rows, reg, items, self._item_gram, users)
        return np.ascontiguousarray(users[:, : self.item_factors_.shape[1]])

    def _contributions(self, history, col):
        k = self.item_factors_.shape[1]
        squares = LeastSquares(*self._confidence, 1)
        (reg,) = Penalty(**self._penalty).of(Rows.of(history).counts)
        vectors, target = self.item_factors_[history.indices], self.item_factors_[col]
        return squares.shares(history.data, vectors, self._item_gram[:k, :k], reg, target)

    def _update(self, extension):
        matrix, k = extension.interactions.matrix, self.item_factors_.shape[1]
        self._require_memory(matrix, k)
        rng = make_generator(self.random_state)
        items = draw_vectors(rng, matrix.shape[1], k, self.init_scale)
        items[extension.old_cols, :k] = self.item_factors_
        users = zero_vectors(matrix.shape[0], k)
        users[extension.old_rows, :k] = self.user_factors_
        with threadpool_limits(1, user_api="blas"):
            alternation = self._alternation(matrix)
            alternation.solve(extension.new_rows, extension.new_cols, users, items)
            vars(self).update(_trim(self._conclude(matrix, items, users), k))
        self.user_biases_ = np.zeros(matrix.shape[0], dtype=np.float32)
        self.item_biases_ = np.zeros(matrix.shape[1], dtype=np.float32)

    def _require_memory(self, matrix: sparse.csr_array, n_components: int) -> None:
        """Raise if a fit would not fit in memory."""
        (n_users, n_items), width = matrix.shape, padded_width(n_components)
        vectors, of_items = 4 * width * (n_users + n_items), 4 * width * n_items
        # What is learned from is held by columns, too; or by both, where something is held out.
        learning = (4 if are_alike(matrix.data) else 8) * matrix.nnz
        learning += (8 * matrix.nnz + of_items) * self.early_stopping
        copies = 0 if width == n_components else 4 * n_components * (n_users + n_items)
        grams = 4 * width**2 * (3 + count_threads(self.n_jobs))
        require_memory(
            vectors + max(learning, copies) + grams + 40 * (n_users + n_items),
            f"{n_components} components of {n_users} users and {n_items} items",
            advice="lower n_components, free some, or fit on a part of the data",
        )

    def _squares(self) -> LeastSquares:
        return LeastSquares(self.alpha, float(self.unobserved_weight), count_threads(self.n_jobs))

    def _alternation(self, matrix: sparse.csr_array) -> Alternation:
        n_steps = None if self.solver == "cholesky" else self.n_cg_steps
        return Alternation(self._squares(), matrix, self.reg, self.reg_exponent, n_steps=n_steps)

    def __recommender_tags__(self):
        """Tell that scores are sums over the history, and which values and additions it takes."""
        tags = super().__recommender_tags__()
        tags.explain = ("item",)
        tags.negative_values = True
        tags.partial_fit = True
        return tags


def _trim(learned: dict[str, Any], n_components: int) -> dict[str, Any]:
    """Return what is learned without the columns that the kernels want beyond the components."""
    names = ("user_factors_", "item_factors_")
    return learned | {name: np.ascontiguousarray(learned[name][:, :n_components]) for name in names}


def _largest(vectors: np.ndarray) -> float:
    # np.abs would make a copy.
    return max(float(vectors.max()), -float(vectors.min()))
