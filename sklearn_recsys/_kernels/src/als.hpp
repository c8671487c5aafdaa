// Alternating least squares for implicit feedback.
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstring>

#include "platform.hpp"

namespace {

// Rows summed into one partial Gram. Fixed, so that the sum is the same for any thread count.
constexpr std::int64_t kGramBlock = 4096;

// gram (width x width) = sum over rows of y y^T.
Status factor_gram(const float* factors, std::int64_t n, int width, int n_threads, float* gram) {
  const std::size_t size = static_cast<std::size_t>(width) * width;
  const std::int64_t n_blocks = (n + kGramBlock - 1) / kGramBlock;
  std::memset(gram, 0, size * sizeof(float));
  Scratch<float> partial(static_cast<int>(n_blocks ? n_blocks : 1), size);
  if (partial.failed()) return Status::out_of_memory;
#pragma omp parallel for num_threads(n_threads) schedule(dynamic, 1)
  for (std::int64_t block = 0; block < n_blocks; ++block) {
    float* sum = partial.of_thread(static_cast<int>(block));
    std::memset(sum, 0, size * sizeof(float));
    const std::int64_t stop = block + 1 < n_blocks ? (block + 1) * kGramBlock : n;
    for (std::int64_t row = block * kGramBlock; row < stop; ++row) {
      const float* y = factors + row * width;
      for (int i = 0; i < width; ++i)
        for (int j = 0; j < width; ++j) sum[i * width + j] += y[i] * y[j];
    }
  }
  for (std::int64_t block = 0; block < n_blocks; ++block) {
    const float* sum = partial.of_thread(static_cast<int>(block));
    for (std::size_t k = 0; k < size; ++k) gram[k] += sum[k];
  }
  return Status::ok;
}

}  // namespace
