// What the solvers of alternating least squares know of a row, and the loss of its entries.
// SPDX-License-Identifier: BSD-3-Clause
//
// Row u's system is (gram + reg_u I + sum_j (c_j - w0) y_j y_j^T) x = sum_j c_j p_j y_j, where w0
// is the weight of what is not observed (Hu, Koren, Volinsky 2008). Both sides are divided by the
// row's largest confidence c where that exceeds 1, so that no confidence overflows anything.
#pragma once

#include <cstdint>
#include <cstring>

#include "lanes.hpp"
#include "tasks.hpp"
#include "vectors.hpp"

namespace {

// Above it a confidence counts as this one, so that its inverse is no subnormal number.
constexpr float kLargestConfidence = 0x1p126f;
// Sums of squares outside of this range are rounding, or too large for what is made of them.
constexpr float kSmallest = 1e-37f, kLargest = 1e37f;
// Rows that a thread takes at a time: many, as it waits for the first one's vectors, but few enough
// that the threads end together.
constexpr int kChunk = 32;
// Entries of a row whose vectors are on their way while it is worked on: memory answers that late.
constexpr int kNear = 16;

template <class Number>  // float or Lanes
__attribute__((always_inline)) inline Number magnitude(Number value) {
  return value < 0 ? -value : value;
}

template <class Number>
__attribute__((always_inline)) inline Number confidence(Number value, const AlsWeights& weights) {
  const Number c = weights.base + weights.alpha * magnitude(value);
  return c < kLargestConfidence ? c : kLargestConfidence + Number{};
}

// A row of the matrix; `scale`, by which its system is multiplied, is one over that confidence.
struct AlsRow {
  const std::int32_t* columns;
  const float* values;
  std::int64_t n_stored;
  float scale;
  bool has_positive;
};

inline AlsRow als_row(const Csr& matrix, std::int64_t row, const AlsWeights& weights) {
  const std::int64_t start = matrix.indptr[row], n = matrix.indptr[row + 1] - start;
  const float* values = matrix.values + start;
  Lanes high = {}, low = {};
  std::int64_t k = 0;
  for (; k + kLanes <= n; k += kLanes) {
    const Lanes value = load(values + k);
    high = high > value ? high : value;
    low = low < value ? low : value;
  }
  for (; k < n; ++k) {
    if (values[k] > high[0]) high[0] = values[k];
    if (values[k] < low[0]) low[0] = values[k];
  }
  float largest = 0, positive = 0;
  for (int i = 0; i < kLanes; ++i) {
    if (high[i] > positive) positive = high[i];
    if (-low[i] > largest) largest = -low[i];
  }
  const float c = confidence(positive > largest ? positive : largest, weights);
  return {matrix.indices + start, values, n, c > 1 ? 1 / c : 1, positive > 0};
}

// Into the second-level cache: from memory a core of Zen 4 gets 15 GB/s of vectors into that one,
// but 9 GB/s into the first-level cache, which has fewer places for what is on its way.
// Has the vectors of some rows' entries on their way before their turn, each once. The entries lie
// behind each other, so that a row's vectors can come while those before it are worked on.
class Ahead {
 public:
  Ahead(const Csr& matrix, const float* fixed, int width, Rows rows)
      : matrix_(matrix),
        fixed_(fixed),
        width_(width),
        next_(matrix_.indices + matrix_.indptr[rows.start]),
        limit_(next_),
        stop_(matrix_.indices + matrix_.indptr[rows.stop]) {}

  // Lets `request_some` go as far beyond the rows before this one as a second-level cache has room.
  void reach_beyond(std::int64_t row) {
    limit_ = earlier(matrix_.indices + matrix_.indptr[row] + kRoom / width_);
  }

  void request_up_to(const std::int32_t* entry) {
    for (entry = earlier(entry); next_ < entry; ++next_)
      prefetch_vector(vector_of(fixed_, *next_, width_), width_);
  }

  void request_some(int n) { request_up_to(limit_ - next_ < n ? limit_ : next_ + n); }

 private:
  static constexpr int kRoom = 1 << 16;  // floats: a quarter of what Zen 4 has

  const std::int32_t* earlier(const std::int32_t* entry) const {
    return stop_ < entry ? stop_ : entry;
  }

  const Csr& matrix_;
  const float* fixed_;
  int width_;
  const std::int32_t *next_, *limit_, *stop_;
};

inline double loss_of_row(const AlsHalfStep& task, std::int64_t row) {
  const Csr& matrix = task.matrix;
  const float* x = task.factors + row * task.width;
  double loss = 0;
  for (std::int64_t k = matrix.indptr[row]; k < matrix.indptr[row + 1]; ++k) {
    if (k + 4 < matrix.indptr[row + 1])
      prefetch_vector(vector_of(task.fixed, matrix.indices[k + 4], task.width), task.width);
    const float value = matrix.values[k];
    if (value == 0) continue;
    const double c = confidence(value, task.weights);
    const double score =
        inner_product(vector_of(task.fixed, matrix.indices[k], task.width), x, task.width);
    const double error = (value > 0) - score;
    loss += c * error * error - task.weights.unobserved * score * score;
  }
  return loss;
}

// The losses of the rows are summed in their order, whichever thread computed them.
Status als_loss(const AlsHalfStep& task, double* loss) {
  const Rows rows = task.rows;
  Scratch<double> losses(1, rows.stop - rows.start);
  if (losses.failed()) return Status::out_of_memory;
  double* of_rows = losses.of_thread(0);
#pragma omp parallel for num_threads(task.n_threads) schedule(dynamic, 8)
  for (std::int64_t row = rows.start; row < rows.stop; ++row)
    of_rows[row - rows.start] = loss_of_row(task, row);
  *loss = 0;
  for (std::int64_t row = rows.start; row < rows.stop; ++row) *loss += of_rows[row - rows.start];
  return Status::ok;
}

}  // namespace
