"""Measures of the similarity of sparse vectors, such as items by the users who chose them."""
# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

__all__ = ["MEASURES", "Measure"]

MEASURES = (
    "cooccurrence",
    "jaccard",
    "cosine",
    "asymmetric",
    "tversky",
    "bm25",
    "tfidf",
    "adjusted_cosine",
)
# These compare sets: who has a positive value, whatever its size.
_OF_SETS = ("cooccurrence", "jaccard", "asymmetric", "tversky")


@dataclass(frozen=True)
class Measure:
    """Hold which similarity is meant.

    Attributes
    ----------
    name : str
        One of `MEASURES`.
    alpha, beta : float
        Weights of the asymmetric and the Tversky measure.
    K1, B : float
        Parameters of BM25.
    shrinkage : float
        Support at which a similarity is halved.
    """

    name: str
    alpha: float
    beta: float
    K1: float
    B: float
    shrinkage: float

    def transposed(self) -> "Measure":
        """Return the measure s' with s'(j, i) = s(i, j)."""
        if self.name == "asymmetric":
            return replace(self, alpha=1 - self.alpha)
        if self.name == "tversky":
            return replace(self, alpha=self.beta, beta=self.alpha)
        return self

    def prepare(self, matrix: sparse.csr_array) -> "PreparedMeasure":
        """Return the measure made ready for the rows of a matrix of values."""
        # float64 throughout: squares of large float32 values overflow.
        values = matrix.astype(np.float64)
        members = _with_data(values, (values.data > 0).astype(np.float64)).copy()
        members.eliminate_zeros()  # in place: on a copy, since `values` shares its indices
        vectors = members if self.name in _OF_SETS else _weigh(values, self)
        members_across = members.T.tocsr()
        across = members_across if vectors is members else vectors.T.tocsr()
        sizes = np.diff(members.indptr).astype(np.float64)
        return PreparedMeasure(self, vectors, across, members, members_across, sizes)


@dataclass(frozen=True)
class PreparedMeasure:
    """Hold the vectors that a measure compares, and the sets behind them."""

    measure: Measure
    vectors: sparse.csr_array
    vectors_across: sparse.csr_array  # transposed once: for each block it would cost O(nnz)
    members: sparse.csr_array
    members_across: sparse.csr_array
    sizes: np.ndarray

    def count_comparisons(self) -> np.ndarray:
        """Return how many products each row takes: a bound on its non-zero similarities."""
        ones = _with_data(self.vectors, np.ones(self.vectors.nnz))
        return ones @ np.diff(self.vectors_across.indptr).astype(np.float64)

    def compare(self, rows: np.ndarray) -> sparse.csr_array:
        """Return the similarity (n_rows, n) of some rows to all rows, themselves included."""
        products = (self.vectors[rows] @ self.vectors_across).tocsr()
        left = np.repeat(self.sizes[rows], np.diff(products.indptr))
        right = self.sizes[products.indices]
        scores = _with_data(products, self._normalize(products.data, left, right))
        if self.measure.shrinkage == 0:
            return scores
        # For measures of sets the products are the support already.
        of_sets = self.vectors is self.members
        support = products if of_sets else (self.members[rows] @ self.members_across).tocsr()
        factors = support.data / (support.data + self.measure.shrinkage)
        if of_sets:
            return _with_data(scores, scores.data * factors)
        return scores.multiply(_with_data(support, factors)).tocsr()

    def _normalize(self, common: np.ndarray, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """Return the measure of sets of sizes `left` and `right` with `common` members."""
        measure = self.measure
        if measure.name == "jaccard":
            return common / (left + right - common)
        if measure.name == "asymmetric":
            return common / (left**measure.alpha * right ** (1 - measure.alpha))
        if measure.name == "tversky":
            only_left, only_right = left - common, right - common
            return common / (common + measure.alpha * only_left + measure.beta * only_right)
        return common  # the vectors are of unit length, or plain counts are meant


def _weigh(values: sparse.csr_array, measure: Measure) -> sparse.csr_array:
    """Return the vectors of unit length whose inner products are the measure."""
    if measure.name == "adjusted_cosine":
        columns = values.indices
        counts = np.maximum(np.bincount(columns, minlength=values.shape[1]), 1)
        sums = np.bincount(columns, weights=values.data, minlength=values.shape[1])
        values = _with_data(values, values.data - (sums / counts)[columns])
    elif measure.name in ("bm25", "tfidf"):
        values = _with_data(values, _term_frequency(values, measure) * _rarity(values))
    lengths = np.sqrt(values.multiply(values).sum(axis=1))
    scale = 1 / np.where(lengths > 0, lengths, 1)
    return _with_data(values, values.data * np.repeat(scale, np.diff(values.indptr)))


def _term_frequency(values: sparse.csr_array, measure: Measure) -> np.ndarray:
    if measure.name == "tfidf":
        return np.sqrt(values.data)
    totals = values.sum(axis=1)
    lengths = np.repeat(totals / (totals.mean() or 1.0), np.diff(values.indptr))
    saturation = measure.K1 * (1 - measure.B + measure.B * lengths)
    # The limit: a value of zero has a frequency of zero, whatever it is divided by.
    frequency = values.data / np.where(values.data > 0, saturation + values.data, 1)
    return frequency * (measure.K1 + 1)


def _rarity(values: sparse.csr_array) -> np.ndarray:
    """Return ln((1 + n) / df) for each entry's column; the 1 keeps it positive."""
    columns = values.indices
    frequencies = np.bincount(columns[values.data > 0], minlength=values.shape[1])
    return np.log((1 + values.shape[0]) / np.maximum(frequencies, 1))[columns]


def _with_data(matrix: sparse.csr_array, data: np.ndarray) -> sparse.csr_array:
    return sparse.csr_array((data, matrix.indices, matrix.indptr), shape=matrix.shape)
