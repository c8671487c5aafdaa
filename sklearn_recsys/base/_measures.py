"""Measures of the similarity of sparse vectors, such as items by the users who chose them."""
# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse

from sklearn_recsys._kernels import finish_similarity
from sklearn_recsys.interactions._sparse import with_data

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

    def prepare(
        self, matrix: sparse.csr_array, like: "PreparedMeasure | None" = None
    ) -> "PreparedMeasure":
        """Return the measure made ready for the rows of a matrix of values.

        With `like`, what it takes of all rows together is that of the rows which were prepared
        before, so that rows of this matrix can be compared with those.
        """
        members = matrix.data > 0
        if self.name != "adjusted_cosine" and not members.all():
            matrix = matrix * (matrix > 0)  # a copy without the zeros
            members = np.ones(matrix.nnz, dtype=bool)
        sizes = np.add.reduceat(np.append(members, 0), matrix.indptr[:-1], dtype=np.float64)
        sizes[np.diff(matrix.indptr) == 0] = 0
        statistics = Statistics.of(matrix, self) if like is None else like.statistics
        values, rarity = _factors(matrix, self, statistics)
        return PreparedMeasure(self, matrix, members, sizes, values, rarity, statistics)


class Statistics(NamedTuple):
    """What a measure takes of all rows together.

    Attributes
    ----------
    column_means : ndarray of shape (n_columns,), dtype float64
        For "adjusted_cosine"; others have none.
    rarity : ndarray of shape (n_columns,), dtype float64, or None
        For "bm25" and "tfidf".
    mean_total : float
        Mean sum of a row's values, for "bm25".
    """

    column_means: np.ndarray
    rarity: np.ndarray | None
    mean_total: float

    @classmethod
    def of(cls, matrix: sparse.csr_array, measure: Measure) -> "Statistics":
        """Return those of a matrix."""
        columns, n_columns = matrix.indices, matrix.shape[1]
        counts = np.bincount(columns, minlength=n_columns)
        if measure.name == "adjusted_cosine":
            sums = np.bincount(columns, weights=matrix.data, minlength=n_columns)  # float64
            return cls(sums / np.maximum(counts, 1), None, 1.0)
        if measure.name not in ("bm25", "tfidf"):
            return cls(np.empty(0), None, 1.0)
        # The 1 keeps the logarithm above 0 where a column is in all rows.
        rarity = np.log((1 + matrix.shape[0]) / np.maximum(counts, 1))
        mean_total = matrix.data.sum(dtype=np.float64) / max(matrix.shape[0], 1)
        return cls(np.empty(0), rarity, float(mean_total) or 1.0)


@dataclass(frozen=True)
class PreparedMeasure:
    """Hold what a measure makes of the rows of a matrix.

    Attributes
    ----------
    measure : Measure, or what has its `name`, `alpha`, `beta` and `shrinkage`
        What is meant.
    pattern : csr_array of shape (n, n_columns)
        Where the entries are.
    members : ndarray of shape (n_stored,), dtype bool
        Whether an entry counts in the support.
    sizes : ndarray of shape (n,), dtype float64
        Number of members of each row.
    values : ndarray of shape (n_stored,), dtype float64, or None
        Values whose products are summed; None is 1 for all.
    rarity : ndarray of shape (n_columns,), dtype float64, or None
        Factor of all values of a column; None is 1 for all.
    statistics : Statistics
        What was taken of all rows together.
    """

    measure: Any
    pattern: sparse.csr_array
    members: np.ndarray
    sizes: np.ndarray
    values: np.ndarray | None
    rarity: np.ndarray | None
    statistics: Statistics

    @cached_property
    def scales(self) -> tuple[np.ndarray, np.ndarray]:
        """What the formula of `finish_similarity` takes of a row and of the other (n,)."""
        if self.is_ratio or self.measure.name == "cooccurrence":
            scale = self.sizes if self.is_ratio else np.ones(len(self.sizes))
            return scale, scale
        if self.measure.name == "asymmetric":
            sizes, alpha = np.maximum(self.sizes, 1), self.measure.alpha
            return sizes**-alpha, sizes ** (alpha - 1)
        squares = np.ones(self.pattern.nnz) if self.values is None else self.values**2
        weights = np.ones(self.pattern.shape[1]) if self.rarity is None else self.rarity**2
        lengths = np.sqrt(with_data(self.pattern, squares) @ weights)
        scale = 1 / np.where(lengths > 0, lengths, 1)
        return scale, scale

    @property
    def is_ratio(self) -> bool:
        """Whether the measure relates what two sets share to what they hold."""
        return self.measure.name in ("jaccard", "tversky")

    @property
    def formula(self) -> dict[str, Any]:
        """The parameters of `finish_similarity`."""
        measure = self.measure
        weights = (1.0, 1.0) if measure.name == "jaccard" else (measure.alpha, measure.beta)
        return {
            "alpha": float(weights[0]),
            "beta": float(weights[1]),
            "shrinkage": float(measure.shrinkage),
            "ratio": self.is_ratio,
        }

    @cached_property
    def vectors(self) -> tuple[sparse.csr_array, sparse.csr_array]:
        """The vectors whose products are summed, and their transpose."""
        data = np.ones(self.pattern.nnz) if self.values is None else self.values
        if self.rarity is not None:
            data = data * self.rarity[self.pattern.indices]
        vectors = with_data(self.pattern, data)
        return vectors, vectors.T.tocsr()  # transposed once: for each block it would cost O(nnz)

    @cached_property
    def sets(self) -> tuple[sparse.csr_array, sparse.csr_array]:
        """The members of each row, as ones, and their transpose."""
        sets = with_data(self.pattern, self.members.astype(np.float64))
        return sets, sets.T.tocsr()

    def count_comparisons(self) -> np.ndarray:
        """Return how many products each row takes: a bound on its non-zero similarities."""
        ones = with_data(self.pattern, np.ones(self.pattern.nnz))
        per_column = np.bincount(self.pattern.indices, minlength=self.pattern.shape[1])
        return ones @ per_column.astype(np.float64)

    def compare(self, rows: np.ndarray) -> sparse.csr_array:
        """Return the similarity (n_rows, n) of some rows to all rows, themselves included."""
        return self.compare_others(self, rows)

    def compare_others(self, others: "PreparedMeasure", rows: np.ndarray) -> sparse.csr_array:
        """Return the similarity (n_rows, n) of some of other rows, prepared alike, to all rows."""
        products, support = (others.vectors[0][rows] @ self.vectors[1]).tocsr(), None
        are_sets = others.values is None and self.values is None and self.rarity is None
        if self.measure.shrinkage > 0 and not are_sets:
            support = (others.sets[0][rows] @ self.sets[1]).tocsr()
            support.eliminate_zeros()
        left, right = others.scales[0], self.scales[1]
        return finish_similarity(products, support, left[rows], right, **self.formula)


def _factors(
    matrix: sparse.csr_array, measure: Measure, statistics: Statistics
) -> tuple[np.ndarray | None, np.ndarray | None]:
    """Return the values of the vectors that are compared and the factor of each column.

    None is 1 for all. So are equal values, whatever they are: the lengths of the vectors undo them.
    """
    if measure.name in _OF_SETS:
        return None, None
    # float64: squares of large float32 values overflow.
    values = matrix.data.astype(np.float64)
    if measure.name == "adjusted_cosine":
        return values - statistics.column_means[matrix.indices], None
    plain = len(values) == 0 or values.min() == values.max()
    if measure.name == "cosine" or plain:
        return None if plain else values, statistics.rarity
    return _term_frequency(with_data(matrix, values), measure, statistics), statistics.rarity


def _term_frequency(
    values: sparse.csr_array, measure: Measure, statistics: Statistics
) -> np.ndarray:
    if measure.name == "tfidf":
        return np.sqrt(values.data)
    lengths = np.repeat(values.sum(axis=1) / statistics.mean_total, np.diff(values.indptr))
    saturation = measure.K1 * (1 - measure.B + measure.B * lengths)
    return values.data / (saturation + values.data) * (measure.K1 + 1)
