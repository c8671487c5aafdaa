// Half-steps of alternating least squares by Cholesky decompositions.
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cmath>
#include <cstring>

#include "als_rows.hpp"
#include "outer_products.hpp"

namespace {

// Pivots, relative to the largest diagonal entry, that are nothing but rounding.
constexpr float kTinyPivot = 1e-6f;

// Memory for one row's system: matrix (only its upper triangle counts), target, inverse pivots, and
// a panel of vectors from the other side, once with their weights and once without.
struct AlsSystem {
  int width, panel;
  float *matrix, *target, *inverse_pivots, *weighted, *plain;

  static int panel_of(int width) { return 4096 / width > 16 ? 4096 / width : 16; }
  static std::size_t size_of(int width) {
    return static_cast<std::size_t>(width) * (width + 2 + 2 * panel_of(width));
  }
  AlsSystem(int width, float* memory)
      : width(width),
        panel(panel_of(width)),
        matrix(memory),
        target(matrix + static_cast<std::size_t>(width) * width),
        inverse_pivots(target + width),
        weighted(inverse_pivots + width),
        plain(weighted + panel * width) {}
};

// Copies the vectors of entries first..last of a row into the panel, and adds to the target.
inline void gather(const AlsHalfStep& task, const AlsRow& row, std::int64_t first,
                   std::int64_t last, Ahead& ahead, const AlsSystem& system) {
  const int width = system.width;
  for (std::int64_t k = first; k < last; ++k) {
    ahead.request_up_to(row.columns + k + kNear);
    const float value = row.values[k];
    const float c = confidence(value, task.weights) * row.scale;
    const float weight = value != 0 ? c - task.weights.unobserved * row.scale : 0;
    const float pull = value > 0 ? c : 0;
    const float* y = vector_of(task.fixed, row.columns[k], width);
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

inline void build_system(const AlsHalfStep& task, const AlsRow& row, float reg, Ahead& ahead,
                         const AlsSystem& system) {
  const int width = system.width;
  const std::int64_t size = static_cast<std::int64_t>(width) * width;
  for (std::int64_t k = 0; k < size; k += kLanes)
    store(system.matrix + k, row.scale * load(task.gram + k));
  for (std::int64_t k = 0; k < size; k += width + 1) system.matrix[k] += row.scale * reg;
  std::memset(system.target, 0, width * sizeof(float));
  for (std::int64_t first = 0; first < row.n_stored; first += system.panel) {
    const std::int64_t last =
        first + system.panel < row.n_stored ? first + system.panel : row.n_stored;
    gather(task, row, first, last, ahead, system);
    add_outer_products(system.weighted, system.plain, last - first, width, 1, 0, width,
                       system.matrix);
  }
}

// A = U^T U, U in place of the upper triangle, eight rows at a time. A pivot that is not positive,
// or tiny, makes its row of U zero, which takes the component out of the system. Meanwhile the
// vectors of `n_ahead` entries of the next row are on their way.
inline void decompose(const AlsSystem& system, std::int64_t n_ahead, Ahead& ahead) {
  const int width = system.width;
  float* matrix = system.matrix;
  float largest = 0;
  for (std::int64_t k = 0; k < width; ++k)
    if (matrix[k * (width + 1)] > largest) largest = matrix[k * (width + 1)];
  for (int first = 0; first < width; first += kLanes) {
    const int last = first + kLanes;
    ahead.request_some(static_cast<int>(n_ahead * kLanes / width) + 1);
    add_outer_products(matrix, matrix, first, width, -1, first, last, matrix);
    for (int k = first; k < last; ++k) {
      float* row = matrix + static_cast<std::int64_t>(k) * width;
      const float pivot = row[k];
      const float inverse = pivot > kTinyPivot * largest ? 1 / std::sqrt(pivot) : 0;
      system.inverse_pivots[k] = inverse;
      for (int d = first; d < width; d += kLanes) store(row + d, inverse * load(row + d));
      for (int i = k + 1; i < last; ++i) {
        float* below = matrix + static_cast<std::int64_t>(i) * width;
        const float factor = row[i];
        for (int d = first; d < width; d += kLanes)
          store(below + d, load(below + d) - factor * load(row + d));
      }
    }
  }
}

// Solves a triangular system of eight unknowns, first to last or last to first: columns[k] is what
// the k-th unknown takes from the others. Both sides are divided by the pivots beforehand, so that
// each unknown waits for one multiply-add.
template <bool kForward>
__attribute__((always_inline)) inline Lanes solve_eight(Lanes target, const Lanes& inverse_pivots,
                                                        const Lanes (&columns)[kLanes]) {
  Lanes solution = {};
  target *= inverse_pivots;
  for (int i = 0; i < kLanes; ++i) {
    const int k = kForward ? i : kLanes - 1 - i;
    solution[k] = target[k];
    target -= target[k] * (inverse_pivots * columns[k]);
  }
  return solution;
}

// Turns the target into the solution, by way of U^T z = target and U x = z, eight at a time.
inline void substitute(const AlsSystem& system) {
  const int width = system.width;
  float* x = system.target;
  Lanes columns[kLanes];
  for (int first = 0; first < width; first += kLanes) {
    const float* rows = system.matrix + static_cast<std::int64_t>(first) * width;
    for (int k = 0; k < kLanes; ++k) columns[k] = load(rows + k * width + first);
    const Lanes z =
        solve_eight<true>(load(x + first), load(system.inverse_pivots + first), columns);
    store(x + first, z);
    for (int d = first + kLanes; d < width; d += kLanes) {
      Lanes sum = load(x + d);
      for (int k = 0; k < kLanes; ++k) sum -= z[k] * load(rows + k * width + d);
      store(x + d, sum);
    }
  }
  for (int first = width - kLanes; first >= 0; first -= kLanes) {
    const float* rows = system.matrix + static_cast<std::int64_t>(first) * width;
    Lanes known[kLanes] = {};
    for (int d = first + kLanes; d < width; d += kLanes)
      for (int k = 0; k < kLanes; ++k) known[k] += load(x + d) * load(rows + k * width + d);
    for (int k = 0; k < kLanes; ++k)
      for (int i = 0; i < kLanes; ++i) columns[k][i] = rows[i * width + first + k];
    store(x + first, solve_eight<false>(load(x + first) - sums_of(known),
                                        load(system.inverse_pivots + first), columns));
  }
}

// Solves for some rows that lie behind each other.
void solve_chunk_cholesky(const AlsHalfStep& task, Rows rows, const AlsSystem& system) {
  const int width = task.width;
  Ahead ahead(task.matrix, task.fixed, width, rows);
  for (std::int64_t u = rows.start; u < rows.stop; ++u) {
    float* x = task.factors + u * width;
    const AlsRow row = als_row(task.matrix, u, task.weights);
    if (!row.has_positive) {
      std::memset(x, 0, width * sizeof(float));
      continue;
    }
    ahead.reach_beyond(u + 1);
    build_system(task, row, task.reg[u], ahead, system);
    const std::int64_t* next = task.matrix.indptr + u + 1;
    decompose(system, u + 1 < rows.stop ? next[1] - next[0] : 0, ahead);
    substitute(system);
    accept(system.target, x, width);
  }
}

Status als_half_step_cholesky(const AlsHalfStep& task) {
  Scratch<float> scratch(task.n_threads, AlsSystem::size_of(task.width));
  if (scratch.failed()) return Status::out_of_memory;
  const Rows rows = task.rows;
#pragma omp parallel for num_threads(task.n_threads) schedule(dynamic, 1)
  for (std::int64_t first = rows.start; first < rows.stop; first += kChunk) {
    const std::int64_t last = first + kChunk < rows.stop ? first + kChunk : rows.stop;
    solve_chunk_cholesky(task, {first, last}, AlsSystem(task.width, scratch.mine()));
  }
  return Status::ok;
}

}  // namespace
