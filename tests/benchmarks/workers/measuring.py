"""What every worker measures alike: seconds, memory, and the quality of factors.

It needs NumPy and SciPy alone, so that it runs in the environment of any library.
"""
# SPDX-License-Identifier: BSD-3-Clause

import ctypes
import re
import time
from pathlib import Path

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import svds

USERS_AT_ONCE = 500


class Watch:
    """Measure the seconds of a block, and the MB by which the process grew in it at most.

    A watch may be started inside another one, for a part of its block; what starting it takes is
    not in the seconds of either.
    """

    def __init__(self, outer=None):
        self.outer = outer
        self.paused = 0.0

    def __enter__(self):
        entered = time.perf_counter()
        if self.outer is not None:
            self.outer.peak = max(self.outer.peak, memory("VmHWM"))
        give_back_freed_memory()
        self.before = self.peak = memory("VmRSS")
        reset_peak()
        self.started = time.perf_counter()
        if self.outer is not None:
            self.outer.paused += self.started - entered
        return self

    def __exit__(self, *exception):
        self.seconds = time.perf_counter() - self.started - self.paused
        self.peak = max(self.peak, memory("VmHWM"))

    def answer(self, **more) -> dict:
        return {"seconds": self.seconds, "extra_mb": self.peak - self.before, **more}


def give_back_freed_memory() -> None:
    """Let go of what the C library keeps: a part after a larger one would seem to need none."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim:
        trim(0)


def reset_peak() -> None:
    """Count the largest resident size from here on, where this is Linux."""
    if Path("/proc/self/clear_refs").exists():
        Path("/proc/self/clear_refs").write_text("5")


def memory(field: str) -> float:
    status = Path("/proc/self/status")
    found = re.search(rf"{field}:\s*(\d+) kB", status.read_text()) if status.exists() else None
    return int(found[1]) / 1024 if found else float("nan")


def load(path: str) -> dict:
    with np.load(path) as file:
        return {name: file[name] for name in file.files}


def as_matrix(data: dict, rows: str = "") -> sparse.csr_matrix:
    """Return the rows of the training or, with "test_", of the test part, mostly as ones."""
    users, items = data[f"{rows}users"], data[f"{rows}items"]
    shape = int(data["n_users"]), int(data["n_items"])
    values = data.get(f"{rows}values", np.ones(len(users), np.float32))
    matrix = sparse.csr_matrix((values, (users, items)), shape=shape)
    matrix.sort_indices()
    return matrix


def quality(users, items, data: dict, *, alpha: float) -> dict:
    """Return nDCG@10 where something is held out, else the loss of a sample of the users."""
    if len(data["test_users"]):
        return {"ndcg@10": ndcg(users, items, data)}
    return {"loss": loss(users, items, as_matrix(data)[:1000], alpha)}


def ndcg(users: np.ndarray, items: np.ndarray, data: dict, k: int = 10) -> float:
    """Return the mean nDCG@k of users with held-out items, what they have seen left out."""
    train, test = as_matrix(data), as_matrix(data, "test_")
    discounts = 1 / np.log2(np.arange(2, k + 2))
    held_out = np.diff(test.indptr)
    gains = np.zeros(len(held_out))
    for start in range(0, len(gains), USERS_AT_ONCE):
        part = slice(start, start + USERS_AT_ONCE)
        scores = users[part] @ items.T
        scores[train[part].nonzero()] = -np.inf
        best = np.argpartition(scores, -k, axis=1)[:, -k:]
        order = np.argsort(-np.take_along_axis(scores, best, axis=1), axis=1, kind="stable")
        best = np.take_along_axis(best, order, axis=1)
        relevant = np.take_along_axis(test[part].toarray(), best, axis=1) > 0
        gains[part] = relevant @ discounts
    ideal = np.concatenate([[0], np.cumsum(discounts)])[np.minimum(held_out, k)]
    return float((gains[held_out > 0] / ideal[held_out > 0]).mean())


def with_biases(users: np.ndarray, items: np.ndarray, biases: np.ndarray):
    """Return vectors whose products are the scores, but for what a user adds to all of hers."""
    ones = np.ones((len(users), 1), np.float32)
    return np.hstack([users, ones]), np.column_stack([items, biases]).astype(np.float32)


def loss(users: np.ndarray, items: np.ndarray, matrix: sparse.csr_matrix, alpha: float) -> float:
    """Return the mean over a sample of users of the squared errors that ALS makes small."""
    total = 0.0
    for start in range(0, matrix.shape[0], 100):
        part = slice(start, start + 100)
        scores = users[: matrix.shape[0]][part] @ items.T
        observed = scores[matrix[part].nonzero()].astype(np.float64)
        total += float((scores.astype(np.float64) ** 2).sum())
        total += float(((1 + alpha) * (1 - observed) ** 2 - observed**2).sum())
    return total / matrix.shape[0]


def given_factors(n_users: int, n_items: int, n_components: int):
    """Return the same vectors in every process."""
    rng = np.random.default_rng(0)
    draw = rng.standard_normal((n_users + n_items, n_components), dtype=np.float32)
    return draw[:n_users], draw[n_users:]


def learned_factors(data: dict, n_components: int):
    """Return vectors that fit the data, the same in every process but for rounding."""
    matrix = as_matrix(data)
    start = np.random.default_rng(0).standard_normal(min(matrix.shape)).astype(np.float32)
    users, values, items = svds(matrix, k=n_components, v0=start)
    return np.ascontiguousarray(users * values, np.float32), np.ascontiguousarray(items.T)


def save_lists(path: str | None, items: np.ndarray, scores: np.ndarray) -> None:
    if path:
        np.savez(path, items=items.astype(np.int64), scores=scores.astype(np.float32))


def save_neighbors(path: str | None, similarity: sparse.csr_matrix, k: int) -> None:
    """Write each row's `k` largest values other than the item's own, in decreasing order."""
    if not path:
        return
    similarity = sparse.csr_matrix(similarity, dtype=np.float32)
    similarity.setdiag(0)
    dense = np.zeros((similarity.shape[0], k), np.float32)
    for row in range(len(dense)):
        values = similarity.data[similarity.indptr[row] : similarity.indptr[row + 1]]
        largest = np.sort(values)[::-1][:k]
        dense[row, : len(largest)] = largest
    np.savez(path, scores=dense)
