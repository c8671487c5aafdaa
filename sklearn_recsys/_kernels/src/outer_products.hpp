// Sums of outer products, in tiles that stay in registers.
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "lanes.hpp"
#include "platform.hpp"

namespace {

// 4 x 24 sums are 12 registers with AVX: enough to hide the latency, and no more than there are.
constexpr int kTileRows = 4;
constexpr int kTileGroups = 3;

// out += sign * sum over n rows of left[0..4)^T right[0..8 kGroups).
template <int kGroups>
void add_tile(const float* left, const float* right, std::int64_t n, int width, float sign,
              float* out) {
  Lanes sums[kTileRows][kGroups] = {};
  for (std::int64_t k = 0; k < n; ++k, left += width, right += width)
    for (int i = 0; i < kTileRows; ++i)
      for (int j = 0; j < kGroups; ++j) sums[i][j] += left[i] * load(right + j * kLanes);
  for (int i = 0; i < kTileRows; ++i)
    for (int j = 0; j < kGroups; ++j) {
      float* to = out + static_cast<std::int64_t>(i) * width + j * kLanes;
      store(to, load(to) + sign * sums[i][j]);
    }
}

// out[i][j] += sign * sum over n rows of left[i] right[j], for the rows first..last of `out` and
// their columns j >= i, or slightly fewer; all matrices have `width` columns, a multiple of 8.
void add_outer_products(const float* left, const float* right, std::int64_t n, int width,
                        float sign, int first, int last, float* out) {
  for (int i = first; i < last; i += kTileRows) {
    float* row = out + static_cast<std::int64_t>(i) * width;
    for (int j = i / kLanes * kLanes; j < width;) {
      // Four groups are two and two: those of one wait for their four sums.
      const int n_groups = (width - j) / kLanes;
      const int taken = n_groups == 4 ? 2 : n_groups < kTileGroups ? n_groups : kTileGroups;
      const auto add = taken == 3 ? add_tile<3> : taken == 2 ? add_tile<2> : add_tile<1>;
      add(left + i, right + j, n, width, sign, row + j);
      j += taken * kLanes;
    }
  }
}

inline void mirror_upper(float* matrix, int width) {
  for (int i = 0; i < width; ++i)
    for (int j = 0; j < i; ++j)
      matrix[static_cast<std::int64_t>(i) * width + j] =
          matrix[static_cast<std::int64_t>(j) * width + i];
}

// gram (width x width) = sum over rows of y y^T. The rows are cut into blocks whose number does not
// depend on the threads, so neither does the sum; there are at most 64, as each has a Gram.
Status factor_gram(const float* factors, std::int64_t n, int width, int n_threads, float* gram) {
  const std::size_t size = static_cast<std::size_t>(width) * width;
  const std::int64_t block_size = n > 64 * 4096 ? (n + 63) / 64 : 4096;
  const std::int64_t n_blocks = (n + block_size - 1) / block_size;
  const std::int64_t panel = 8192 / width > 16 ? 8192 / width : 16;  // rows that a cache holds
  std::memset(gram, 0, size * sizeof(float));
  Scratch<float> partial(static_cast<int>(n_blocks ? n_blocks : 1), size);
  if (partial.failed()) return Status::out_of_memory;
#pragma omp parallel for num_threads(n_threads) schedule(dynamic, 1)
  for (std::int64_t block = 0; block < n_blocks; ++block) {
    float* sum = partial.of_thread(static_cast<int>(block));
    std::memset(sum, 0, size * sizeof(float));
    const std::int64_t stop = block + 1 < n_blocks ? (block + 1) * block_size : n;
    for (std::int64_t row = block * block_size; row < stop; row += panel) {
      const float* y = factors + row * width;
      add_outer_products(y, y, row + panel < stop ? panel : stop - row, width, 1, 0, width, sum);
    }
  }
  for (std::int64_t block = 0; block < n_blocks; ++block) {
    const float* sum = partial.of_thread(static_cast<int>(block));
    for (std::size_t k = 0; k < size; ++k) gram[k] += sum[k];
  }
  mirror_upper(gram, width);
  return Status::ok;
}

}  // namespace
