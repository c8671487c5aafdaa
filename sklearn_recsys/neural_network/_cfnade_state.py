"""Compute what a fitted CF-NADE predicts, in NumPy."""
# SPDX-License-Identifier: BSD-3-Clause

from typing import NamedTuple

import numpy as np
from scipy import sparse

from sklearn_recsys.base._blocks import memory_batches
from sklearn_recsys.neural_network._rating_levels import LevelledRatings

__all__ = ["NadeWeights", "expect", "read_ratings", "softmax"]


class NadeWeights(NamedTuple):
    """Hold the weights of a network, all float32, k being the length of the items' vectors.

    What a level adds to the levels below it is summed up already: the vector of a level and an
    item is that of the equations, with all sums over lower levels done.
    """

    input_factors: np.ndarray  # (n_levels, n_items, k), what a rating adds
    hidden_biases: np.ndarray  # (n_components,)
    output_factors: np.ndarray  # (n_levels, n_items, k)
    output_biases: np.ndarray  # (n_levels, n_items)
    input_projection: np.ndarray | None  # (k, n_components); None if k is n_components
    output_projection: np.ndarray | None  # (n_components, k)

    def hide(self, codes: sparse.csr_array, activation: str) -> np.ndarray:
        """Return the hidden units (n_rows, n_components) of the ratings of `read_ratings`."""
        added = codes @ self.input_factors.reshape(codes.shape[1], -1)
        if self.input_projection is not None:
            added = added @ self.input_projection
        added = added + self.hidden_biases
        return np.tanh(added) if activation == "tanh" else np.maximum(added, 0)

    def read_out(self, hidden: np.ndarray) -> np.ndarray:
        """Return the vectors (n_rows, k) that are multiplied by those of the outputs."""
        return hidden if self.output_projection is None else hidden @ self.output_projection

    def weigh_all(self, states: np.ndarray) -> np.ndarray:
        """Return the scores (n_levels, n_rows, n_items) of the levels of all items."""
        scores = np.matmul(states, self.output_factors.transpose(0, 2, 1))
        scores += self.output_biases[:, None]
        return scores

    def weigh(self, states: np.ndarray, rows: np.ndarray, cols: np.ndarray) -> np.ndarray:
        """Return the scores (n_levels, n_pairs) of the levels of pairs of a state and an item."""
        n_levels, _, k = self.output_factors.shape
        scores = self.output_biases[:, cols]
        for part in memory_batches(len(rows), n_levels * k):
            factors = self.output_factors[:, cols[part]]
            scores[:, part] += np.einsum("nk,lnk->ln", states[rows[part]], factors)
        return scores

    def weigh_average(self, states: np.ndarray, counts: np.ndarray) -> np.ndarray:
        """Return the scores (n_levels, n_rows) of the mean item, by their numbers of ratings."""
        shares = (counts / counts.sum()).astype(np.float32)
        factors, biases = shares @ self.output_factors, self.output_biases @ shares
        return factors @ states.T + biases[:, None]

    def lean(self, values: np.ndarray) -> np.ndarray:
        """Return each item's vector (n_items, n_components): what raises its expected rating.

        It is the gradient of the expected rating by the hidden units, where these are zero.
        """
        shares, unit = softmax(self.output_biases.copy()), _scale(values)[0]
        covariances = shares * (unit[:, None] - unit @ shares)
        vectors = np.einsum("li,lik->ik", covariances, self.output_factors)
        return vectors if self.output_projection is None else vectors @ self.output_projection.T


def read_ratings(ratings: LevelledRatings, n_levels: int, n_items: int) -> sparse.csr_array:
    """Return ratings as ones (n_rows, n_levels * n_items) at their levels and items."""
    columns = ratings.levels * n_items + ratings.cols
    ones = np.ones(len(columns), dtype=np.float32)
    shape = (len(ratings.indptr) - 1, n_levels * n_items)
    return sparse.csr_array((ones, columns, ratings.indptr), shape=shape)


def softmax(scores: np.ndarray) -> np.ndarray:
    """Return the probabilities of scores along the first axis, in their place."""
    scores -= scores.max(axis=0)
    np.exp(scores, out=scores)
    scores /= scores.sum(axis=0)
    return scores


def expect(probabilities: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return expected values, float32, from the probabilities of values along the first axis."""
    scaled, unit = _scale(values)
    # Level by level, not by BLAS, which rounds what is at another place in another way.
    total = scaled[0] * probabilities[0]
    for share, part in zip(scaled[1:], probabilities[1:], strict=True):
        total += share * part
    return total * unit


def _scale(values: np.ndarray) -> tuple[np.ndarray, np.float32]:
    """Return values as shares of the largest, which neither overflow nor vanish, and that."""
    largest = np.float32(np.abs(values).max())
    return (values / (largest or 1)).astype(np.float32), largest
