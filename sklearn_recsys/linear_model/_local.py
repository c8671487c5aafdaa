"""Regress each item on its nearest others: catalogues of any size, and no matrix of all pairs."""
# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy import sparse

from sklearn_recsys._kernels import (
    csr_arrays,
    csr_pattern,
    cut_evenly,
    local_elastic_net,
    local_ridge,
    require_memory,
)
from sklearn_recsys.base._measures import Measure
from sklearn_recsys.base._nearest import nearest_rows
from sklearn_recsys.interactions._sparse import with_data

__all__ = ["LocalRegression", "nearest_items"]

# Work of one call of a kernel, in multiplications: a fraction of a second, so that Ctrl-C is heard.
_WORK_OF_CALL = 1e9
_COSINE = Measure("cosine", 0.5, 0.5, 1.2, 0.75, shrinkage=0.0)
# A larger penalty leaves no weight that counts, but room for a sum in float32.
_LARGEST_PENALTY = 1e37


def nearest_items(
    columns: sparse.csr_array, order: np.ndarray, n_neighbors: int, *, n_threads: int
) -> sparse.csr_array:
    """Return each item's nearest others by cosine (n_items, n_items), ties broken by `order`."""
    near = nearest_rows(_COSINE.prepare(columns), order, n_neighbors, n_threads=n_threads)
    # The lists come in no order that is the same for all threads; sums of them should.
    near.sort_indices()
    return near


@dataclass(frozen=True)
class LocalRegression:
    """Hold items and the others that each may be regressed on.

    Attributes
    ----------
    columns : csr_array of shape (n_items, n_users), dtype float32
        The interactions by item, of mean square 1.
    candidates : csr_array of shape (n_items, n_items)
        Stores an entry, of any value, for each candidate of the item of the row.
    n_threads : int
        Threads to use; they have no part in the result.
    """

    columns: sparse.csr_array
    candidates: sparse.csr_array
    n_threads: int

    def ridge(self, reg: np.ndarray) -> sparse.csr_array:
        """Return the weights (n_items, n_items) of a ridge regression; column: item explained.

        They solve (G[N, N] + diag(reg[N])) w = G[N, j] for each item j with candidates N, where G
        is the Gram of all items: of the optima of EASE's objective that which is confined to these
        weights.

        Parameters
        ----------
        reg : ndarray of shape (n_items,)
            Penalty of the weights of each item.
        """
        penalties = np.minimum(reg, _LARGEST_PENALTY).astype(np.float32)
        return self._regress(local_ridge, (penalties,), ())

    def elastic_net(self, **penalties: Any) -> tuple[sparse.csr_array, np.ndarray]:
        """Return the weights of the kernel `local_elastic_net`, and the sweeps of each item."""
        sweeps = np.zeros(len(self._counts), dtype=np.int32)
        weights = self._regress(local_elastic_net, (), (sweeps,), **penalties)
        return weights, sweeps

    @cached_property
    def _counts(self) -> np.ndarray:
        return np.diff(self.candidates.indptr).astype(np.int64)

    @cached_property
    def _entries(self) -> np.ndarray:
        """Number of entries of each item and its candidates together."""
        sizes = np.diff(self.columns.indptr).astype(np.float64)
        ones = with_data(self.candidates, np.ones(self.candidates.nnz))
        return sizes + ones @ sizes

    def _regress(
        self, kernel: Callable[..., None], before: tuple, after: tuple, **parameters: Any
    ) -> sparse.csr_array:
        self._require_memory()
        indptr, indices, values = csr_arrays(self.columns)
        stored = (indptr, indices, None if (values == 1).all() else values)
        candidates = csr_pattern(self.candidates)
        weights = np.zeros(self.candidates.nnz, dtype=np.float32)
        # Each entry is listed and multiplied with some others of its user; then comes the solution.
        work = self._entries * (8 + self._counts / 4) + self._counts**3 / 3
        # The longest first, so that no thread is left with one at the end.
        order = np.argsort(-work, kind="stable").astype(np.int32)
        for part in cut_evenly(work[order], _WORK_OF_CALL):
            kernel(
                *stored,
                *candidates,
                order,
                *before,
                weights,
                *after,
                n_rows=self.columns.shape[1],
                start=part.start,
                stop=part.stop,
                n_threads=self.n_threads,
                **parameters,
            )
        by_row = with_data(self.candidates, weights).T.tocsr()
        by_row.eliminate_zeros()
        return by_row

    def _require_memory(self) -> None:
        most = int(self._counts.max(initial=0)) + 9
        of_thread = 4 * most * (most + 64) + 12 * self.columns.shape[1]
        of_thread += 8 * int(self._entries.max(initial=0))
        require_memory(
            self.n_threads * of_thread + 20 * self.candidates.nnz,
            f"regressions of {len(self._counts)} items on {most - 9} neighbours each",
            advice="lower n_neighbors, free some, or leave rare items out",
        )
