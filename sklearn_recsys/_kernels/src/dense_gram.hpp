// Products of all pairs of columns of a sparse matrix, in a dense matrix.
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstring>

#include "tasks.hpp"

namespace {

// Rows and columns of a tile that is transposed within the first-level cache.
constexpr std::int64_t kMirrorTile = 64;

// sums[j] = x_i . x_j for j <= i, by the rows that have an entry in column i, in their order.
// Without values the sums are counts, in integers of half the size.
template <class Sum>
inline void add_row_of_gram(const Csr& rows, const Csr& columns, std::int64_t i, Sum* sums) {
  std::memset(sums, 0, sizeof(Sum) * (i + 1));
  for (std::int64_t e = columns.indptr[i]; e < columns.indptr[i + 1]; ++e) {
    const std::int32_t row = columns.indices[e];
    const std::int64_t stop = rows.indptr[row + 1];
    const double weight = columns.values ? columns.values[e] : 1.0;
    for (std::int64_t k = rows.indptr[row]; k < stop && rows.indices[k] <= i; ++k) {
      if constexpr (sizeof(Sum) == sizeof(double))
        sums[rows.indices[k]] += weight * rows.values[k];
      else
        ++sums[rows.indices[k]];
    }
  }
}

template <class Sum>
Status lower_gram(const Csr& rows, const Csr& columns, Rows part, int n_threads, float* gram) {
  const std::int64_t n = columns.n_rows;
  Scratch<Sum> scratch(n_threads, part.stop);
  if (scratch.failed()) return Status::out_of_memory;
#pragma omp parallel for num_threads(n_threads) schedule(dynamic, 4)
  for (std::int64_t i = part.start; i < part.stop; ++i) {
    Sum* sums = scratch.mine();
    add_row_of_gram(rows, columns, i, sums);
    for (std::int64_t j = 0; j <= i; ++j) gram[i * n + j] = static_cast<float>(sums[j]);
  }
  return Status::ok;
}

// Copies the part of rows left of the diagonal to the columns above it.
inline void mirror_rows(float* matrix, std::int64_t n, Rows part, int n_threads) {
#pragma omp parallel for num_threads(n_threads) schedule(dynamic, 1)
  for (std::int64_t low = 0; low < part.stop; low += kMirrorTile)
    for (std::int64_t first = part.start; first < part.stop; first += kMirrorTile) {
      const std::int64_t last = first + kMirrorTile < part.stop ? first + kMirrorTile : part.stop;
      for (std::int64_t j = low; j < low + kMirrorTile && j < last; ++j)
        for (std::int64_t i = first > j ? first : j + 1; i < last; ++i)
          matrix[j * n + i] = matrix[i * n + j];
    }
}

// gram = X^T X: the rows of `part` left of the diagonal, and their mirror image above it.
Status dense_gram(const Csr& rows, const Csr& columns, Rows part, int n_threads, float* gram) {
  const auto fill = rows.values ? lower_gram<double> : lower_gram<std::int32_t>;
  const Status status = fill(rows, columns, part, n_threads, gram);
  if (status == Status::ok) mirror_rows(gram, columns.n_rows, part, n_threads);
  return status;
}

}  // namespace
