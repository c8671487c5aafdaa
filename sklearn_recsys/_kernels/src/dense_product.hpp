// Products of sparse rows and a dense matrix.
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstring>

#include "lanes.hpp"
#include "tasks.hpp"

namespace {

// Columns of a tile: four sums that stay in registers, and a tile of 4 000 rows in half a megabyte.
constexpr int kProductGroups = 4;
constexpr std::int64_t kProductTile = kProductGroups * kLanes;

// Copies the columns first..first+width of a matrix one row after another: where they stand, each
// row is in a page of its own, and the processor remembers the places of some 2 000 pages.
inline void pack_tile(const float* matrix, std::int64_t n_rows, std::int64_t n_columns,
                      std::int64_t first, std::int64_t width, float* tile) {
  for (std::int64_t row = 0; row < n_rows; ++row, tile += kProductTile) {
    std::memcpy(tile, matrix + row * n_columns + first, sizeof(float) * width);
    if (width < kProductTile) std::memset(tile + width, 0, sizeof(float) * (kProductTile - width));
  }
}

// sums = row . tile; terms are added in the row's order.
inline void multiply_row(const Csr& rows, std::int64_t row, const float* tile, float* sums) {
  Lanes total[kProductGroups] = {};
  for (std::int64_t e = rows.indptr[row]; e < rows.indptr[row + 1]; ++e) {
    const float* other = tile + rows.indices[e] * kProductTile;
    for (int g = 0; g < kProductGroups; ++g)
      total[g] += rows.values[e] * load(other + g * kLanes);
  }
  for (int g = 0; g < kProductGroups; ++g) store(sums + g * kLanes, total[g]);
}

// product = rows . matrix. A thread takes some columns of the matrix, which its second-level cache
// holds while all rows are multiplied with them.
Status sparse_dense_product(const Csr& rows, const float* matrix, std::int64_t n_inner,
                            std::int64_t n_columns, int n_threads, float* product) {
  const std::int64_t n_tiles = (n_columns + kProductTile - 1) / kProductTile;
  Scratch<float> tiles(n_threads, n_inner * kProductTile);
  if (tiles.failed()) return Status::out_of_memory;
#pragma omp parallel for num_threads(n_threads) schedule(dynamic, 1)
  for (std::int64_t t = 0; t < n_tiles; ++t) {
    const std::int64_t first = t * kProductTile, left = n_columns - first;
    const std::int64_t width = left < kProductTile ? left : kProductTile;
    float* tile = tiles.mine();
    pack_tile(matrix, n_inner, n_columns, first, width, tile);
    for (std::int64_t row = 0; row < rows.n_rows; ++row) {
      float* out = product + row * n_columns + first;
      if (width == kProductTile) {
        multiply_row(rows, row, tile, out);
      } else {
        float sums[kProductTile];
        multiply_row(rows, row, tile, sums);
        std::memcpy(out, sums, sizeof(float) * width);
      }
    }
  }
  return Status::ok;
}

}  // namespace
