// Regressions of columns of a sparse matrix on a few others, by the Gram of these alone.
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cmath>
#include <cstring>

#include "cholesky.hpp"
#include "coordinate_descent.hpp"
#include "local_gram.hpp"
#include "vectors.hpp"

namespace {

inline int padded(std::int64_t n) { return static_cast<int>((n + kLanes - 1) / kLanes * kLanes); }

// A thread's memory for the largest of the regressions.
struct LocalDesk {
  std::int32_t* columns;  // the candidates, and at last the column itself
  float* system;
  GramDesk gram;
};

// Fills the Gram of a column's candidates, and of the column itself in the place after them.
inline Slots fill_gram(const LocalTask& task, std::int32_t column, const LocalDesk& desk,
                       float* gram) {
  const std::int64_t first = task.candidates.indptr[column];
  const auto n = static_cast<int>(task.candidates.indptr[column + 1] - first);
  std::memcpy(desk.columns, task.candidates.indices + first, n * sizeof(std::int32_t));
  desk.columns[n] = column;
  const Slots slots{desk.columns, n + 1, padded(n + 1)};
  sum_gram(task.columns, slots, desk.gram, gram);
  return slots;
}

// Takes the products with the column itself out of the Gram, which leaves zeros in its place.
inline void move_target(const Slots& slots, float* gram, float* target) {
  const std::int64_t width = slots.width, last = slots.n - 1;
  std::memset(target, 0, width * sizeof(float));
  for (std::int64_t s = 0; s <= last; ++s) {
    if (s < last) target[s] = gram[s * width + last];
    gram[s * width + last] = 0;
  }
}

// The weights of the candidates with penalties `reg`. On the scale where all diagonals are 1, rare
// columns are not lost beside frequent ones in float32.
inline void solve_ridge(const LocalTask& task, const float* reg, std::int32_t column,
                        const LocalDesk& desk) {
  const std::int64_t n = task.candidates.indptr[column + 1] - task.candidates.indptr[column];
  const LinearSystem system(padded(n + 1), desk.system);
  const Slots slots = fill_gram(task, column, desk, system.matrix);
  move_target(slots, system.matrix, system.target);
  const std::int64_t width = system.width;
  float* scale = system.inverse_pivots + width;
  for (std::int64_t s = 0; s < width; ++s) {
    const float diagonal =
        s < n ? system.matrix[s * (width + 1)] + reg[desk.columns[s]] : 0;
    scale[s] = diagonal > kSmallestDiagonal ? 1 / std::sqrt(diagonal) : 0;
    system.matrix[s * (width + 1)] = diagonal;
  }
  for (std::int64_t s = 0; s < n; ++s) {
    float* row = system.matrix + s * width;
    for (std::int64_t t = s; t < width; ++t) row[t] *= scale[s] * scale[t];
    system.target[s] *= scale[s];
  }
  decompose(system, [] {});
  substitute(system);
  for (std::int64_t s = 0; s < n; ++s) system.target[s] *= scale[s];
  accept(system.target, task.weights + task.candidates.indptr[column], static_cast<int>(n));
}

// The same with an elastic net; returns the sweeps.
inline int solve_elastic_net(const LocalTask& task, const ElasticNet& net, std::int32_t column,
                             const LocalDesk& desk) {
  const std::int64_t first = task.candidates.indptr[column];
  const std::int64_t n = task.candidates.indptr[column + 1] - first;
  const LinearSystem system(padded(n + 1), desk.system);
  const Slots slots = fill_gram(task, column, desk, system.matrix);
  move_target(slots, system.matrix, system.target);
  mirror_upper(system.matrix, system.width);
  float* weights = task.weights + first;
  std::memset(weights, 0, n * sizeof(float));
  return descend(system.matrix, system.width, nullptr, n, net, net.max_iter,
                 net.tol * largest_size(system.target, n), system.target, weights);
}

// Calls solve(column, desk) for each column of the task.
template <class Solve>
Status regress_locally(const LocalTask& task, Solve solve) {
  const Pattern& candidates = task.candidates;
  std::int64_t most = 0, n_entries = 0;
  for (std::int64_t place = task.rows.start; place < task.rows.stop; ++place) {
    const std::int32_t column = task.order[place];
    const std::int64_t first = candidates.indptr[column], last = candidates.indptr[column + 1];
    std::int64_t n = task.columns.indptr[column + 1] - task.columns.indptr[column];
    for (std::int64_t k = first; k < last; ++k)
      n += task.columns.indptr[candidates.indices[k] + 1] -
           task.columns.indptr[candidates.indices[k]];
    if (n > n_entries) n_entries = n;
    if (last - first > most) most = last - first;
  }
  const int width = padded(most + 1), n_threads = task.n_threads;
  Scratch<std::int32_t> columns(n_threads, most + 1);
  Scratch<float> systems(n_threads, LinearSystem::size_of(width) + width);
  Scratch<std::int64_t> ends(n_threads, task.n_rows);
  Scratch<std::int32_t> rows(n_threads, task.n_rows + 1);
  Scratch<Entry> entries(n_threads, n_entries);
  Scratch<float> panels(n_threads, kPanel * width);
  if (columns.failed() || systems.failed() || ends.failed() || rows.failed() ||
      entries.failed() || panels.failed())
    return Status::out_of_memory;
  for (int t = 0; t < n_threads; ++t)
    std::memset(ends.of_thread(t), 0, task.n_rows * sizeof(std::int64_t));
#pragma omp parallel for num_threads(n_threads) schedule(dynamic, 1)
  for (std::int64_t place = task.rows.start; place < task.rows.stop; ++place)
    solve(task.order[place],
          LocalDesk{columns.mine(),
                    systems.mine(),
                    {ends.mine(), rows.mine(), entries.mine(), panels.mine()}});
  return Status::ok;
}

Status local_ridge(const LocalTask& task, const float* reg) {
  return regress_locally(task, [&task, reg](std::int32_t column, const LocalDesk& desk) {
    solve_ridge(task, reg, column, desk);
  });
}

Status local_elastic_net(const LocalTask& task, const ElasticNet& net, std::int32_t* sweeps) {
  return regress_locally(task, [&](std::int32_t column, const LocalDesk& desk) {
    sweeps[column] = solve_elastic_net(task, net, column, desk);
  });
}

}  // namespace
