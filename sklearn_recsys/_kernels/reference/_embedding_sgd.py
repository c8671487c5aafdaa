"""Stochastic gradients for embeddings, in NumPy."""
# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse
from scipy.special import expit

__all__ = ["embedding_sgd"]

# Weights beyond it count as it, so that no sum of gradients is infinite.
_LARGEST_WEIGHT = 1e15
# Draws after which a user counts as one who has seen all there is.
_MAX_DRAWS = 100
# Draws looked at together, which saves calls of NumPy.
_DRAWS_AT_ONCE = 16
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def embedding_sgd(
    rows: np.ndarray,
    cols: np.ndarray,
    weights: np.ndarray,
    keys: np.ndarray,
    bounds: np.ndarray,
    seen_indptr: np.ndarray,
    seen_indices: np.ndarray,
    pool: np.ndarray,
    user_indptr: np.ndarray | None,
    user_indices: np.ndarray | None,
    user_values: np.ndarray | None,
    user_vectors: np.ndarray,
    user_squares: np.ndarray,
    user_updates: np.ndarray | None,
    item_indptr: np.ndarray | None,
    item_indices: np.ndarray | None,
    item_values: np.ndarray | None,
    item_vectors: np.ndarray,
    item_squares: np.ndarray,
    item_updates: np.ndarray | None,
    losses: np.ndarray,
    *,
    liked_indptr: np.ndarray | None = None,
    liked_indices: np.ndarray | None = None,
    liked_weights: np.ndarray | None = None,
    log_ranks: np.ndarray,
    loss: str,
    n_components: int,
    learning_rate: float,
    user_reg: float,
    item_reg: float,
    rho: float,
    epsilon: float,
    kth: int,
    n_positives: int,
    seed: int,
    learn_items: bool,
    n_threads: int,
) -> None:
    r"""Take rounds of stochastic gradient steps with embeddings that sum up to users and items.

    The vector of a row is the sum of those of its features, times their values; the last of the
    components used, at `n_components`, is a bias. The score of a pair is the product of the
    components plus both biases. In a round each example is judged by the vectors at its start;
    then the gradients of each feature are summed, and it takes one step. An example (u, i) of
    weight w means, by `loss`:

    - "logistic": -\|w\| log σ(s), with s the score if w > 0 and minus the score if w < 0;
    - "bpr": -w log σ(s(u, i) - s(u, j)) with j the first of up to 100 draws that u has not seen;
    - "warp": w ``log_ranks[t - 1]`` (1 - s(u, i) + s(u, j)) with j the t-th draw, the first that
      u has not seen and that makes this positive; nothing if there is none among
      ``len(log_ranks)`` draws;
    - "warp-kos": the same, with the weight and in the place of i the `kth` best of `n_positives`
      items drawn from those that u likes.

    Parameters
    ----------
    rows, cols, keys : ndarray of shape (n_examples,), dtype int32
        User and item of each example, and the number on which its draws depend beside `seed`.
    weights : ndarray of shape (n_examples,), dtype float32
    bounds : ndarray of shape (n_rounds + 1,), dtype int64
        Round r holds the examples ``bounds[r]:bounds[r + 1]``.
    seen_indptr, seen_indices : ndarray of shape (n_users + 1,) and (n_seen,), int64 and int32
        The items that each user has seen, increasing.
    pool : ndarray of shape (n_pool,), dtype int32
        Items to draw from; one that is in it twice is drawn twice as often.
    user_indptr, user_indices, user_values : ndarray or None
        Features of the users, a CSR matrix of int64, int32 and float32; None where user u is the
        feature u itself.
    user_vectors, user_squares, user_updates : ndarray of shape (n_features, width), dtype float32
        Vectors, and what the steps depend on; changed in place. With `user_updates` None the
        steps are Adagrad's: ``squares += g ** 2; vectors -= learning_rate * g / sqrt(squares)``,
        otherwise Adadelta's.
    item_indptr, …, item_updates : ndarray or None
        The same of the items.
    losses : ndarray of shape (n_rounds,), dtype float64
        Overwritten by the loss of each round, penalties apart.
    liked_indptr, liked_indices, liked_weights : ndarray or None
        For "warp-kos", the items that each user likes and what they weigh.
    log_ranks : ndarray of shape (max_sampled,), dtype float32
    loss : {"warp", "bpr", "logistic", "warp-kos"}
    user_reg, item_reg : float
        A gradient is ``reg * vector`` larger for each time that the feature occurs in the round.
    rho, epsilon : float
        Of Adadelta.
    learn_items : bool
        Whether the items move.
    n_threads : int
        Has no effect here.
    """
    users = _Side(user_indptr, user_indices, user_values, user_vectors, user_squares, user_updates)
    items = _Side(item_indptr, item_indices, item_values, item_vectors, item_squares, item_updates)
    n_items = len(item_vectors) if item_indptr is None else len(item_indptr) - 1
    lengths = np.diff(seen_indptr)
    owners = np.repeat(np.arange(len(lengths)), lengths)
    asked = _Question(
        seen=owners * np.int64(n_items) + seen_indices,
        n_items=n_items,
        pool=pool,
        log_ranks=log_ranks,
        bias=n_components,
        seed=np.uint64(seed),
    )
    liked = (liked_indptr, liked_indices, liked_weights, kth, n_positives)
    optimizer = _Optimizer(learning_rate, rho, epsilon)
    with np.errstate(over="ignore"):
        for r, (start, stop) in enumerate(pairwise(bounds)):
            part = slice(start, stop)
            row, bounded = rows[part], np.clip(weights[part], -_LARGEST_WEIGHT, _LARGEST_WEIGHT)
            judged = _judge(asked, loss, users, items, row, cols[part], bounded, keys[part], liked)
            losses[r] = judged.loss
            users.step(optimizer, user_reg, [(judged.rows, judged.by_users)])
            if learn_items:
                items.step(optimizer, item_reg, judged.by_items)


class _Optimizer(NamedTuple):
    learning_rate: float
    rho: float
    epsilon: float


class _Question(NamedTuple):
    """What stays the same for all examples."""

    seen: np.ndarray  # row * n_items + column, increasing
    n_items: int
    pool: np.ndarray
    log_ranks: np.ndarray
    bias: int
    seed: np.uint64

    def is_seen(self, rows: np.ndarray, cols: np.ndarray) -> np.ndarray:
        pairs = rows * np.int64(self.n_items) + cols
        if not len(self.seen):
            return np.zeros(pairs.shape, dtype=bool)
        places = np.minimum(np.searchsorted(self.seen, pairs), len(self.seen) - 1)
        return self.seen[places] == pairs

    def start_draws(self, keys: np.ndarray) -> np.ndarray:
        """Return the state of SplitMix64 for each key: Steele, Lea and Flood, 2014."""
        return _mix(self.seed + _GOLDEN * (keys.astype(np.uint64) + np.uint64(1)))

    def find_unseen(
        self, rows: np.ndarray, states: np.ndarray, n_draws: int, after: np.ndarray | int, fits: Any
    ) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """Yield some examples, the first draw of each that fits, and its number from 1."""
        open_ = np.arange(len(rows))
        for first in range(1, n_draws + 1, _DRAWS_AT_ONCE):
            numbers = np.arange(first, min(first + _DRAWS_AT_ONCE, n_draws + 1))
            offsets = np.broadcast_to(after, len(rows))[open_, None] + numbers
            drawn = self.pool[_draw(states[open_, None], offsets, len(self.pool))]
            fitting = fits(open_, drawn) & ~self.is_seen(rows[open_, None], drawn)
            found = np.flatnonzero(fitting.any(axis=1))
            places = fitting[found].argmax(axis=1)
            yield open_[found], drawn[found, places], numbers[places]
            open_ = np.delete(open_, found)
            if not len(open_):
                return


class _Judged(NamedTuple):
    """The gradients of a round, of those examples that have one."""

    loss: float
    rows: np.ndarray
    by_users: np.ndarray
    by_items: list[tuple[np.ndarray, np.ndarray]]


class _Side:
    """The features of users or of items, and their vectors."""

    def __init__(
        self,
        indptr: np.ndarray | None,
        indices: np.ndarray | None,
        values: np.ndarray | None,
        vectors: np.ndarray,
        squares: np.ndarray,
        updates: np.ndarray | None,
    ) -> None:
        self.vectors, self.squares, self.updates = vectors, squares, updates
        self.rows: Any = None
        if indptr is not None:
            entries: Any = (values, indices, indptr)
            self.rows = sparse.csr_array(entries, shape=(len(indptr) - 1, len(vectors)))

    def compose(self, codes: np.ndarray) -> np.ndarray:
        if self.rows is None:
            return self.vectors[codes]
        return np.asarray(self.rows[codes] @ self.vectors)

    def step(
        self, optimizer: _Optimizer, reg: float, gradients: list[tuple[np.ndarray, np.ndarray]]
    ) -> None:
        codes = np.concatenate([part for part, _ in gradients])
        if not len(codes):
            return
        by_rows = np.concatenate([part for _, part in gradients])
        if self.rows is None:
            touched, places = np.unique(codes, return_inverse=True)
        else:
            used = self.rows[codes].tocoo()
            touched, places = np.unique(used.col, return_inverse=True)
            by_rows = used.data[:, None] * by_rows[used.row]
        gradient = np.zeros((len(touched), by_rows.shape[1]), dtype=by_rows.dtype)
        np.add.at(gradient, places, by_rows)
        counts = np.bincount(places, minlength=len(touched))[:, None]
        gradient += (reg * counts).astype(gradient.dtype) * self.vectors[touched]
        self._move(optimizer, touched, gradient)

    def _move(self, optimizer: _Optimizer, touched: np.ndarray, gradient: np.ndarray) -> None:
        if self.updates is None:  # Duchi, Hazan and Singer, 2011
            self.squares[touched] += gradient**2
            step = optimizer.learning_rate * gradient / np.sqrt(self.squares[touched])
        else:  # Zeiler, 2012, algorithm 1
            rho, epsilon = optimizer.rho, optimizer.epsilon
            squares = rho * self.squares[touched] + (1 - rho) * gradient**2
            updates = self.updates[touched]
            step = np.sqrt(updates + epsilon) / np.sqrt(squares + epsilon) * gradient
            self.squares[touched] = squares
            self.updates[touched] = rho * updates + (1 - rho) * step**2
        self.vectors[touched] -= step


def _judge(asked, loss, users, items, rows, cols, weights, keys, liked) -> _Judged:
    vectors = users.compose(rows)
    biases = vectors[:, asked.bias].copy()
    vectors[:, asked.bias] = 1  # where the vector of an item has its bias
    if loss == "logistic":
        return _judge_alone(asked, items, rows, cols, weights, vectors, biases)
    if loss == "bpr":
        return _judge_pairs(asked, items, rows, cols, weights, keys, vectors)
    n_drawn = np.zeros(len(rows), dtype=np.int64)
    if loss == "warp-kos":
        cols, weights, n_drawn = _choose_kth(asked, items, rows, keys, vectors, liked)
    return _judge_ranks(asked, items, rows, cols, weights, keys, vectors, n_drawn)


def _judge_alone(asked, items, rows, cols, weights, vectors, biases) -> _Judged:
    others = items.compose(cols)
    scores = np.einsum("ij,ij->i", vectors, others) + biases
    signs = np.where(weights > 0, 1, -1).astype(weights.dtype)
    pulls = -weights * expit(-signs * scores)
    losses = np.abs(weights) * np.logaddexp(0, -signs * scores.astype(np.float64))
    by_users = pulls[:, None] * others
    by_users[:, asked.bias] = pulls
    return _Judged(float(losses.sum()), rows, by_users, [(cols, pulls[:, None] * vectors)])


def _judge_pairs(asked, items, rows, cols, weights, keys, vectors) -> _Judged:
    others, found = np.zeros_like(cols), np.zeros(len(rows), dtype=bool)
    states = asked.start_draws(keys)
    draws = asked.find_unseen(rows, states, _MAX_DRAWS, 0, lambda open_, drawn: drawn >= 0)
    for hit, drawn, _ in draws:
        others[hit], found[hit] = drawn, True
    positive, negative = items.compose(cols), items.compose(others)
    leads = np.einsum("ij,ij->i", vectors, positive) - np.einsum("ij,ij->i", vectors, negative)
    losses = weights * np.logaddexp(0, -leads.astype(np.float64))
    factors = weights * expit(-leads)
    judged = rows, cols, others, vectors, positive, negative
    return _pull_apart(asked, found, losses, factors, *judged)


def _judge_ranks(asked, items, rows, cols, weights, keys, vectors, n_drawn) -> _Judged:
    positive = items.compose(cols)
    scores = np.einsum("ij,ij->i", vectors, positive)
    others, found = np.zeros_like(cols), np.zeros(len(rows), dtype=bool)
    factors = np.zeros_like(weights)

    def violate(open_, drawn):
        composed = items.compose(drawn.ravel()).reshape(*drawn.shape, -1)
        products = np.einsum("ij,ikj->ik", vectors[open_], composed)
        return products - scores[open_, None] + 1 > 0

    states, n_draws = asked.start_draws(keys), len(asked.log_ranks)
    for hit, drawn, number in asked.find_unseen(rows, states, n_draws, n_drawn, violate):
        others[hit], found[hit] = drawn, True
        factors[hit] = weights[hit] * asked.log_ranks[number - 1]
    negative = items.compose(others)
    margins = np.einsum("ij,ij->i", vectors, negative) - scores + 1
    losses = factors.astype(np.float64) * margins
    judged = rows, cols, others, vectors, positive, negative
    return _pull_apart(asked, found, losses, factors, *judged)


def _choose_kth(asked, items, rows, keys, vectors, liked):
    """Return the item that stands for each user's likes, its weight, and the draws that took."""
    indptr, indices, liked_weights, kth, n_positives = liked
    counts = np.diff(indptr)[rows]
    n = np.minimum(counts, n_positives)
    numbers = np.arange(1, n_positives + 1)
    drawn = _draw(asked.start_draws(keys)[:, None], numbers, counts[:, None])
    places = np.minimum(indptr[rows, None] + drawn, max(len(indices) - 1, 0))
    composed = items.compose(indices[places].ravel()).reshape(*places.shape, -1)
    scores = np.einsum("ij,ikj->ik", vectors, composed)
    scores[numbers > n[:, None]] = -np.inf
    order = np.argsort(-scores, axis=1, kind="stable")
    everyone = np.arange(len(rows))
    chosen = places[everyone, order[everyone, np.maximum(np.minimum(kth, n) - 1, 0)]]
    weights = np.where(n > 0, np.minimum(liked_weights[chosen], _LARGEST_WEIGHT), 0)
    return np.where(n > 0, indices[chosen], 0), weights.astype(liked_weights.dtype), n


def _pull_apart(
    asked, found, losses, factors, rows, cols, others, vectors, positive, negative
) -> _Judged:
    pulled = found & (factors != 0)
    factor = factors[pulled, None]
    by_users = factor * (negative[pulled] - positive[pulled])
    by_users[:, asked.bias] = 0  # the user's bias is in both scores
    # Each example's items one after the other, which is the order of the sums.
    pairs = np.column_stack([cols[pulled], others[pulled]]).ravel()
    pulls = factor * vectors[pulled]
    by_items = np.stack([-pulls, pulls], axis=1).reshape(len(pairs), vectors.shape[1])
    return _Judged(float(losses[found].sum()), rows[pulled], by_users, [(pairs, by_items)])


def _draw(states: np.ndarray, numbers: np.ndarray, n: int | np.ndarray) -> np.ndarray:
    """Return the draws of some numbers, each below n."""
    bits = _mix(states + _GOLDEN * np.asarray(numbers, dtype=np.uint64)) >> np.uint64(32)
    return ((bits * np.asarray(n, dtype=np.uint64)) >> np.uint64(32)).astype(np.int64)


def _mix(z: np.ndarray) -> np.ndarray:
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))
