// Half-steps of alternating least squares by conjugate gradients.
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstring>

#include "als_rows.hpp"

namespace {

// Rows solved together: each element of the Gram that is loaded serves them all. At a width of 256
// a half-step takes two thirds of its time with one row.
constexpr int kBatch = 4;

// What multiplies y_j in the residual, given the score y_j . x; without `kTarget` only the share
// that x causes.
template <bool kTarget, class Number>
__attribute__((always_inline)) inline Number coefficient(Number value, Number score,
                                                         const AlsWeights& weights, float scale) {
  const Number c = confidence(value, weights) * scale;
  const Number pull = (weights.unobserved * scale - c) * score;
  const Number target = kTarget ? (value > 0 ? c : Number{}) : Number{};
  return value != 0 ? pull + target : Number{};
}

// The products of eight vectors y with x.
__attribute__((always_inline)) inline Lanes scores_of(const float* const (&y)[kLanes],
                                                      const float* x, int width) {
  Lanes sums[kLanes] = {};
  for (int d = 0; d < width; d += kLanes)
    for (int i = 0; i < kLanes; ++i) sums[i] += load(y[i] + d) * load(x + d);
  return sums_of(sums);
}

// out += sum_i factor_i y_i of eight vectors y.
__attribute__((always_inline)) inline void add_eight(const Lanes& factor,
                                                     const float* const (&y)[kLanes], float* out,
                                                     int width) {
  for (int d = 0; d < width; d += kLanes) {
    Lanes sum = load(out + d);
    for (int i = 0; i < kLanes; ++i) sum += factor[i] * load(y[i] + d);
    store(out + d, sum);
  }
}

// Looks up the vectors of eight entries from the k-th on, and has others on their way: a row's
// first pass finds its own in memory, the later ones in a cache, unless there are many.
template <bool kFirst>
__attribute__((always_inline)) inline void find_vectors(const AlsRow& row, std::int64_t k,
                                                        const float* fixed, int width,
                                                        Ahead& ahead, const float* (&y)[kLanes]) {
  if (kFirst) {
    ahead.request_up_to(row.columns + k + kNear + kLanes);
  } else {
    ahead.request_some(3);  // a row's three later passes reach as far as the row is long
    if (row.n_stored * width > 1 << 17 && k + kNear + kLanes <= row.n_stored)
      for (int i = 0; i < kLanes; ++i)
        prefetch_vector(vector_of(fixed, row.columns[k + kNear + i], width), width);
  }
  for (int i = 0; i < kLanes; ++i) y[i] = vector_of(fixed, row.columns[k + i], width);
}

// out -= (sum_j (c_j - w0) y_j y_j^T) x, and with `kTarget` also out += sum_j c_j p_j y_j: a row's
// first pass. Eight vectors y at a time, first for their products with x and then, still in the
// first-level cache, for the sum.
template <bool kTarget>
void subtract_entries(const AlsRow& row, const AlsWeights& weights, const float* fixed, int width,
                      Ahead& ahead, const float* x, float* out) {
  std::int64_t k = 0;
  for (; k + kLanes <= row.n_stored; k += kLanes) {
    const float* y[kLanes];
    find_vectors<kTarget>(row, k, fixed, width, ahead, y);
    add_eight(coefficient<kTarget, Lanes>(load(row.values + k), scores_of(y, x, width), weights,
                                          row.scale),
              y, out, width);
  }
  for (; k < row.n_stored; ++k) {
    const float* y = vector_of(fixed, row.columns[k], width);
    const float score = inner_product(y, x, width);
    add_scaled(coefficient<kTarget, float>(row.values[k], score, weights, row.scale), y, out,
               width);
  }
}

// sum_j (c_j - w0) (y_j . x)^2: all that the last step needs to know.
float curvature_of_entries(const AlsRow& row, const AlsWeights& weights, const float* fixed,
                           int width, Ahead& ahead, const float* x) {
  Lanes sums = {};
  std::int64_t k = 0;
  for (; k + kLanes <= row.n_stored; k += kLanes) {
    const float* y[kLanes];
    find_vectors<false>(row, k, fixed, width, ahead, y);
    const Lanes scores = scores_of(y, x, width);
    sums -= scores * coefficient<false, Lanes>(load(row.values + k), scores, weights, row.scale);
  }
  float sum = sum_of(sums);
  for (; k < row.n_stored; ++k) {
    const float score = inner_product(vector_of(fixed, row.columns[k], width), x, width);
    sum -= score * coefficient<false, float>(row.values[k], score, weights, row.scale);
  }
  return sum;
}

// out_b = -scale_b (gram + reg_b I) x_b for each row b of a batch, in 8 kGroups columns from d.
template <int kRows, int kGroups>
void multiply_columns(const float* gram, int width, int d, const float* reg, const float* scale,
                      const float* x, float* out) {
  Lanes sums[kRows][kGroups] = {};
  for (int k = 0; k < width; ++k)
    for (int b = 0; b < kRows; ++b)
      for (int i = 0; i < kGroups; ++i)
        sums[b][i] += x[b * width + k] * load(vector_of(gram, k, width) + d + i * kLanes);
  for (int b = 0; b < kRows; ++b)
    for (int i = 0; i < kGroups; ++i) {
      const int at = b * width + d + i * kLanes;
      store(out + at, -scale[b] * (sums[b][i] + reg[b] * load(x + at)));
    }
}

// Eight sums at a time, whether of one row or of four: enough to hide the latency.
template <int kRows>
void multiply_gram(const float* gram, int width, const float* reg, const float* scale,
                   const float* x, float* out) {
  constexpr int kGroups = 8 / kRows;
  int d = 0;
  for (; d + kGroups * kLanes <= width; d += kGroups * kLanes)
    multiply_columns<kRows, kGroups>(gram, width, d, reg, scale, x, out);
  for (; d < width; d += kLanes)
    multiply_columns<kRows, 1>(gram, width, d, reg, scale, x, out);
}

// The vectors of conjugate gradients for one row; `image` is -A times the direction.
struct CgState {
  float *x, *residual, *direction, *image;
  float error;  // the residual's square
};

// Moves along the direction, given its curvature, by the length that is returned; the error becomes
// 0 where no step helps.
inline float move(CgState& state, float curvature, int width) {
  if (!(curvature > kSmallest && curvature < kLargest)) return state.error = 0;
  const float length = state.error / curvature;
  add_scaled(length, state.direction, state.x, width);
  return length;
}

// Finds the next direction after such a move, given the image of the last one.
inline void turn(CgState& state, float length, int width) {
  add_scaled(length, state.image, state.residual, width);
  const float previous = state.error;
  state.error = inner_product(state.residual, state.residual, width);
  const float ratio = state.error / previous;
  for (int d = 0; d < width; d += kLanes)
    store(state.direction + d, load(state.residual + d) + ratio * load(state.direction + d));
}

// Conjugate gradients on n <= `kRows` rows in step. A row's arithmetic is the same whichever rows
// are beside it: a missing one counts as zeros.
template <int kRows>
void solve_in_step(const AlsHalfStep& task, int n_steps, const std::int64_t* rows, int n,
                   Ahead& ahead, float* scratch) {
  const int width = task.width;
  const int size = kRows * width;
  float *x = scratch, *residual = x + size, *direction = residual + size, *image = direction + size;
  float reg[kRows] = {}, scale[kRows] = {};
  AlsRow row[kRows];
  CgState state[kRows];
  std::memset(scratch, 0, 4 * size * sizeof(float));
  for (int b = 0; b < n; ++b) {
    const int at = b * width;
    state[b] = {x + at, residual + at, direction + at, image + at, 0};
    row[b] = als_row(task.matrix, rows[b], task.weights);
    if (!row[b].has_positive) continue;
    reg[b] = task.reg[rows[b]];
    scale[b] = row[b].scale;
    std::memcpy(x + at, task.factors + rows[b] * width, width * sizeof(float));
  }
  multiply_gram<kRows>(task.gram, width, reg, scale, x, residual);
  for (int b = 0; b < n; ++b) {
    if (!row[b].has_positive) continue;
    float* r = state[b].residual;
    subtract_entries<true>(row[b], task.weights, task.fixed, width, ahead, state[b].x, r);
    std::memcpy(state[b].direction, r, width * sizeof(float));
    state[b].error = inner_product(r, r, width);
  }
  for (int step = 0; step < n_steps; ++step) {
    multiply_gram<kRows>(task.gram, width, reg, scale, direction, image);
    for (int b = 0; b < n; ++b) {
      CgState& s = state[b];
      if (!(s.error > kSmallest && s.error < kLargest)) continue;
      if (step + 1 < n_steps) {
        subtract_entries<false>(row[b], task.weights, task.fixed, width, ahead, s.direction,
                                s.image);
        const float length = move(s, -inner_product(s.direction, s.image, width), width);
        if (s.error > 0) turn(s, length, width);
      } else {
        const float of_entries = curvature_of_entries(row[b], task.weights, task.fixed, width,
                                                      ahead, s.direction);
        move(s, of_entries - inner_product(s.direction, s.image, width), width);
      }
    }
  }
  for (int b = 0; b < n; ++b)
    accept(state[b].x, task.factors + rows[b] * width, width);
}

// Long rows beside each other would push their vectors out of the second-level cache between two
// passes, which costs more than it saves to load the Gram once for all of them. It is the row alone
// that decides: compilers may round differently in the two forms of `solve_in_step`.
inline bool is_long(const AlsHalfStep& task, std::int64_t row) {
  const std::int64_t n_stored = task.matrix.indptr[row + 1] - task.matrix.indptr[row];
  return n_stored > task.width && n_stored * task.width > 1 << 15;
}

void solve_batch_cg(const AlsHalfStep& task, int n_steps, Rows rows, Ahead& ahead,
                    float* scratch) {
  std::int64_t together[kBatch];
  int n = 0;
  ahead.reach_beyond(rows.stop);
  for (std::int64_t row = rows.start; row < rows.stop; ++row)
    if (is_long(task, row))
      solve_in_step<1>(task, n_steps, &row, 1, ahead, scratch);
    else
      together[n++] = row;
  if (n > 0) solve_in_step<kBatch>(task, n_steps, together, n, ahead, scratch);
}

Status als_half_step_cg(const AlsHalfStep& task, int n_steps) {
  Scratch<float> scratch(task.n_threads, static_cast<std::size_t>(4) * kBatch * task.width);
  if (scratch.failed()) return Status::out_of_memory;
  const Rows rows = task.rows;
#pragma omp parallel for num_threads(task.n_threads) schedule(dynamic, 1)
  for (std::int64_t first = rows.start; first < rows.stop; first += kChunk) {
    const std::int64_t last = first + kChunk < rows.stop ? first + kChunk : rows.stop;
    Ahead ahead(task.matrix, task.fixed, task.width, {first, last});
    for (std::int64_t start = first; start < last; start += kBatch) {
      const std::int64_t stop = start + kBatch < last ? start + kBatch : last;
      solve_batch_cg(task, n_steps, {start, stop}, ahead, scratch.mine());
    }
  }
  return Status::ok;
}

}  // namespace
