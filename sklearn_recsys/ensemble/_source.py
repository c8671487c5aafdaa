"""The caller's table as the members of an ensemble learn from it, and parts of it."""
# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.base import clone
from sklearn.pipeline import Pipeline
from sklearn.utils.parallel import Parallel, delayed

from sklearn_recsys._kernels import floor_share
from sklearn_recsys.base import BaseRecommender
from sklearn_recsys.interactions._column_edits import set_column
from sklearn_recsys.interactions._columns import Table, take_ids, take_rows
from sklearn_recsys.interactions._sparse import with_data
from sklearn_recsys.interactions._validation import Interactions

__all__ = ["Source", "asked", "hold_out", "subtract", "weigh_history"]


@dataclass(frozen=True)
class Source:
    """Hold the arguments of a fit, without rows of weight zero."""

    X: Table
    y: np.ndarray | None
    sample_weight: np.ndarray | None
    # Which members get the weights, by scikit-learn's metadata routing; None: all, without it.
    weighted: list[bool] | None = None

    @classmethod
    def of(
        cls, X: Table, y: Any, sample_weight: Any, weighted: list[bool] | None = None
    ) -> "Source":
        """Return what a fit was given, which has been validated."""
        y = None if y is None else np.asarray(y).ravel()
        weights = None if sample_weight is None else np.asarray(sample_weight)
        if weights is None or weights.ndim == 0:
            return cls(X, y, None)
        kept = np.flatnonzero(weights)
        source = cls(X, y, weights, weighted)
        return source if len(kept) == len(weights) else source.take(kept)

    def take(self, rows: np.ndarray) -> "Source":
        """Return some rows."""
        y, weights = (None if part is None else part[rows] for part in (self.y, self.sample_weight))
        return replace(self, X=take_rows(self.X, rows), y=y, sample_weight=weights)

    def fit(self, members: list[Any], n_jobs: int | None) -> list[Any]:
        """Return clones of the members, each fitted to all rows."""
        every = [self._name_weights(member, k) for k, member in enumerate(members)]
        jobs = (delayed(_fit_clone)(self, *pair) for pair in zip(members, every, strict=True))
        return list(Parallel(n_jobs=n_jobs)(jobs))

    def _name_weights(self, member: Any, k: int) -> str | None:
        """Return how the weights are called in the fit of a member; None if it gets none."""
        if self.sample_weight is None or not (self.weighted is None or self.weighted[k]):
            return None
        return f"{_path(member) if self.weighted is None else ''}sample_weight"


def asked(member: Any) -> Any:
    """Return the recommender that is asked: the last step of a pipeline, the best of a search."""
    while not isinstance(member, BaseRecommender):
        if isinstance(member, Pipeline):
            member = member.steps[-1][1]
        elif hasattr(member, "best_estimator_"):
            member = member.best_estimator_
        elif hasattr(member, "estimator"):  # a frozen one, or a search that was not fitted
            member = member.estimator
        else:
            break
    return member


def weigh_history(member: Any, history: Table) -> Table:
    """Return raw interactions as the recommender at the end of a fitted pipeline learned them."""
    while not isinstance(member, BaseRecommender):
        if isinstance(member, Pipeline):
            for _, step in member.steps[:-1]:
                if step is not None and step != "passthrough":
                    history = step.transform(history)
            member = member.steps[-1][1]
        else:
            member = getattr(member, "best_estimator_", None) or member.estimator
    return history


def hold_out(
    interactions: Interactions, source: Source, test_size: float, rng: np.random.Generator
) -> tuple[np.ndarray, sparse.csr_array]:
    """Hold out a share of each user's pairs, all rows of a pair together.

    Pairs, not rows, and in the order of their ids: the answer depends neither on the order of the
    rows nor on how many there are of a pair.

    Returns
    -------
    kept : ndarray of shape (n_kept,)
        Rows of the source whose pairs are left to learn from.
    held_out : csr_array of shape (n_users, n_items)
        The other pairs.
    """
    matrix = interactions.matrix
    counts = np.diff(matrix.indptr)
    users = np.repeat(np.arange(len(counts)), counts)
    order = np.lexsort((rng.random(matrix.nnz), users))
    chosen = np.zeros(matrix.nnz, dtype=bool)
    place = np.arange(matrix.nnz) - np.repeat(matrix.indptr[:-1], counts)
    chosen[order] = place < floor_share(counts, test_size)[users]
    held_out = with_data(matrix, np.where(chosen, matrix.data, 0)).copy()
    held_out.eliminate_zeros()
    keys = users.astype(np.int64) * matrix.shape[1] + matrix.indices
    rows = interactions.users.encode(take_ids(source.X, 0)).astype(np.int64)
    wanted = rows * matrix.shape[1] + interactions.items.encode(take_ids(source.X, 1))
    return np.flatnonzero(~chosen[np.searchsorted(keys, wanted)]), held_out


def subtract(matrix: sparse.csr_array, held_out: sparse.csr_array) -> sparse.csr_array:
    """Return ones where a matrix stores something and another, which is a part of it, does not."""
    ones, others = (with_data(part, np.ones_like(part.data)) for part in (matrix, held_out))
    left = sparse.csr_array(ones - others)
    left.eliminate_zeros()
    return left


def _fit_clone(source: Source, member: Any, weights: str | None) -> Any:
    member = clone(member)
    X, y = source.X, source.y
    if y is not None and not isinstance(member, BaseRecommender):
        # A pipeline gives y to its last step alone, past the transformers of the values.
        X, y = set_column(X, 2, y, name="value"), None
    named = {} if weights is None else {weights: source.sample_weight}
    return member.fit(X, y, **named)


def _path(member: Any) -> str:
    """Return what stands before the name of a parameter of fit in a pipeline."""
    if isinstance(member, Pipeline):
        name, last = member.steps[-1]
        return f"{name}__{_path(last)}"
    if isinstance(member, BaseRecommender) or not hasattr(member, "estimator"):
        return ""
    return _path(member.estimator)
