// Half-steps of alternating least squares of ratings, by Cholesky decompositions.
// SPDX-License-Identifier: BSD-3-Clause
//
// Row u's vector x minimises sum_j w_j (v_j - o_j - y_j . x)^2 + s_u sum_k reg_k x_k^2 over the
// row's entries j, whose weights are divided by their sum, so that none overflows anything. What is
// not stored does not count, which tells it from the half-steps for implicit feedback.
#pragma once

#include <cstring>

#include "als_cholesky.hpp"

namespace {

// One over the sum of a row's weights; 0 where there are none.
inline double inverse_total(const RatingHalfStep& task, std::int64_t row) {
  double total = 0;
  for (std::int64_t k = task.matrix.indptr[row]; k < task.matrix.indptr[row + 1]; ++k)
    total += task.weights[k];
  return total > 0 ? 1 / total : 0;
}

inline float residual_target(const RatingHalfStep& task, std::int64_t k) {
  return task.matrix.values[k] - task.offsets[task.matrix.indices[k]];
}

// Copies the vectors of the entries first..last into the panel, and adds to the target.
inline void gather_ratings(const RatingHalfStep& task, std::int64_t first, std::int64_t last,
                           double inverse, Ahead& ahead, const AlsSystem& system) {
  const int width = system.width;
  for (std::int64_t k = first; k < last; ++k) {
    ahead.request_up_to(task.matrix.indices + k + kNear);
    const float weight = static_cast<float>(task.weights[k] * inverse);
    const float pull = weight * residual_target(task, k);
    const float* y = vector_of(task.fixed, task.matrix.indices[k], width);
    float* plain = system.plain + (k - first) * width;
    float* weighted = system.weighted + (k - first) * width;
    for (int d = 0; d < width; d += kLanes) {
      const Lanes lanes = load(y + d);
      store(plain + d, lanes);
      store(weighted + d, weight * lanes);
      store(system.target + d, load(system.target + d) + pull * lanes);
    }
  }
}

inline void build_rating_system(const RatingHalfStep& task, std::int64_t row, double inverse,
                                Ahead& ahead, const AlsSystem& system) {
  const int width = system.width;
  std::memset(system.matrix, 0, static_cast<std::size_t>(width) * width * sizeof(float));
  std::memset(system.target, 0, width * sizeof(float));
  for (std::int64_t k = 0; k < width; ++k)
    system.matrix[k * (width + 1)] = task.scale[row] * task.reg[k];
  const std::int64_t stop = task.matrix.indptr[row + 1];
  for (std::int64_t first = task.matrix.indptr[row]; first < stop; first += system.panel) {
    const std::int64_t last = first + system.panel < stop ? first + system.panel : stop;
    gather_ratings(task, first, last, inverse, ahead, system);
    add_outer_products(system.weighted, system.plain, last - first, width, 1, 0, width,
                       system.matrix);
  }
}

// sum_j w_j (v_j - o_j - y_j . x)^2: the vectors are still in a cache.
inline double rating_error(const RatingHalfStep& task, std::int64_t row, double inverse) {
  const float* x = task.factors + row * task.width;
  double sum = 0;
  for (std::int64_t k = task.matrix.indptr[row]; k < task.matrix.indptr[row + 1]; ++k) {
    const float* y = vector_of(task.fixed, task.matrix.indices[k], task.width);
    const double error =
        static_cast<double>(residual_target(task, k)) - inner_product(y, x, task.width);
    sum += task.weights[k] * inverse * error * error;
  }
  return sum;
}

// Solves for some rows that lie behind each other.
void solve_rating_chunk(const RatingHalfStep& task, Rows rows, const AlsSystem& system) {
  const int width = task.width;
  Ahead ahead(task.matrix, task.fixed, width, rows);
  for (std::int64_t u = rows.start; u < rows.stop; ++u) {
    float* x = task.factors + u * width;
    const double inverse = inverse_total(task, u);
    if (inverse == 0) {  // no entries, or none with a weight
      std::memset(x, 0, width * sizeof(float));
      task.errors[u] = 0;
      continue;
    }
    ahead.reach_beyond(u + 1);
    build_rating_system(task, u, inverse, ahead, system);
    const std::int64_t* next = task.matrix.indptr + u + 1;
    decompose(system, u + 1 < rows.stop ? next[1] - next[0] : 0, ahead);
    substitute(system);
    accept(system.target, x, width);
    task.errors[u] = rating_error(task, u, inverse);
  }
}

Status rating_half_step(const RatingHalfStep& task) {
  Scratch<float> scratch(task.n_threads, AlsSystem::size_of(task.width));
  if (scratch.failed()) return Status::out_of_memory;
  const Rows rows = task.rows;
#pragma omp parallel for num_threads(task.n_threads) schedule(dynamic, 1)
  for (std::int64_t first = rows.start; first < rows.stop; first += kChunk) {
    const std::int64_t last = first + kChunk < rows.stop ? first + kChunk : rows.stop;
    solve_rating_chunk(task, {first, last}, AlsSystem(task.width, scratch.mine()));
  }
  return Status::ok;
}

}  // namespace
