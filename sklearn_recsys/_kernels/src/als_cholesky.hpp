// Half-steps of alternating least squares by Cholesky decompositions.
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstring>

#include "als_rows.hpp"
#include "cholesky.hpp"

namespace {

// Memory for one row's system, and a panel of vectors from the other side, once with their weights
// and once without.
struct AlsSystem : LinearSystem {
  int panel;
  float *weighted, *plain;

  static int panel_of(int width) { return 4096 / width > 16 ? 4096 / width : 16; }
  static std::size_t size_of(int width) {
    return static_cast<std::size_t>(width) * (width + 2 + 2 * panel_of(width));
  }
  AlsSystem(int width, float* memory)
      : LinearSystem(width, memory),
        panel(panel_of(width)),
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

// Decomposes while the vectors of `n_ahead` entries of the next row are on their way.
inline void decompose(const AlsSystem& system, std::int64_t n_ahead, Ahead& ahead) {
  const int n_requests = static_cast<int>(n_ahead * kLanes / system.width) + 1;
  decompose(system, [&] { ahead.request_some(n_requests); });
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
