// Small symmetric systems of equations, solved by Cholesky decompositions.
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cmath>

#include "outer_products.hpp"

namespace {

// Pivots, relative to the largest diagonal entry, that are nothing but rounding.
constexpr float kTinyPivot = 1e-6f;

// Memory for one system: matrix (only its upper triangle counts), target and inverse pivots; the
// width is a multiple of 8.
struct LinearSystem {
  int width;
  float *matrix, *target, *inverse_pivots;

  static std::size_t size_of(int width) { return static_cast<std::size_t>(width) * (width + 2); }
  LinearSystem(int width, float* memory)
      : width(width),
        matrix(memory),
        target(matrix + static_cast<std::size_t>(width) * width),
        inverse_pivots(target + width) {}
};

// A = U^T U, U in place of the upper triangle, eight rows at a time. A pivot that is not positive,
// or tiny, makes its row of U zero, which takes the component out of the system. `meanwhile` is
// called before each eight rows.
template <class Meanwhile>
inline void decompose(const LinearSystem& system, Meanwhile&& meanwhile) {
  const int width = system.width;
  float* matrix = system.matrix;
  float largest = 0;
  for (std::int64_t k = 0; k < width; ++k)
    if (matrix[k * (width + 1)] > largest) largest = matrix[k * (width + 1)];
  for (int first = 0; first < width; first += kLanes) {
    const int last = first + kLanes;
    meanwhile();
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
inline void substitute(const LinearSystem& system) {
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

}  // namespace
