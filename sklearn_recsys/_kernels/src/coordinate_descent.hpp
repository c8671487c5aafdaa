// Regressions with sparse weights, by cyclic coordinate descent on a Gram.
// SPDX-License-Identifier: BSD-3-Clause
//
// Few weights are not zero. So descent works on an active set, whose Gram fits in a cache; then the
// gradient of all weights tells which others would leave zero, and these join the set.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "tasks.hpp"

namespace {

// How many join an active set at least: each time the gradient of all weights is computed anew.
constexpr std::int64_t kJoining = 64;
// Larger active sets work on the Gram of all, where their weights lie far from each other.
constexpr std::int64_t kMostActive = 1024;
// The share of the worst violation among those that join to which the weights of a set are found.
constexpr float kHaste = 0.1f;
// Below it a diagonal entry is nothing but rounding, and its weight stays zero.
constexpr float kSmallestDiagonal = std::numeric_limits<float>::min();

// The weight that minimises the objective along one coordinate.
inline float minimum(float gradient, float diagonal, const ElasticNet& net) {
  const float excess = net.positive ? gradient - net.l1 : std::fabs(gradient) - net.l1;
  if (!(excess > 0) || !(diagonal + net.l2 > kSmallestDiagonal)) return 0;
  return std::copysign(excess, gradient) / (diagonal + net.l2);
}

// Descends along n coordinates, those of `chosen` or the first, until a sweep finds no gradient
// above `limit`; gradient (width) = target - gram w stays true meanwhile. Returns the sweeps, at
// most max_iter.
inline int descend(const float* gram, std::int64_t width, const std::int32_t* chosen,
                   std::int64_t n, const ElasticNet& net, int max_iter, float limit,
                   float* gradient, float* weights) {
  for (int sweep = 1; sweep <= max_iter; ++sweep) {
    float largest = 0;
    for (std::int64_t k = 0; k < n; ++k) {
      const std::int64_t i = chosen ? chosen[k] : k;
      const float* row = gram + i * width;
      const float before = weights[i];
      const float after = minimum(gradient[i] + row[i] * before, row[i], net);
      const float step = after - before;
      if (step == 0) continue;
      weights[i] = after;
      for (std::int64_t d = 0; d < width; ++d) gradient[d] -= step * row[d];
      const float fall = std::fabs(step) * (row[i] + net.l2);
      if (fall > largest) largest = fall;
    }
    if (!(largest > limit)) return sweep;
  }
  return max_iter;
}

inline float largest_size(const float* numbers, std::int64_t n) {
  float largest = 0;
  for (std::int64_t i = 0; i < n; ++i)
    largest = std::fabs(numbers[i]) > largest ? std::fabs(numbers[i]) : largest;
  return largest;
}

// A weight that is zero and should not be, and by how much the objective would fall.
struct Violation {
  float gain;
  std::int32_t item;
};

struct Worse {
  bool operator()(const Violation& a, const Violation& b) const {
    return a.gain != b.gain ? a.gain > b.gain : a.item < b.item;
  }
};

// A thread's memory: `gradient`, `violations` and `active` have n entries, the others those of an
// active set.
struct DescentDesk {
  float* gradient;
  Violation* violations;
  std::int32_t* active;
  float* gram;
  float* active_gradient;
  float* active_weights;
};

// gradient = target - sum of the active rows of the Gram, four at a time.
inline void compute_gradient(const float* gram, std::int64_t n, std::int64_t column,
                             const float* weights, const std::int32_t* active,
                             std::int64_t n_active, float* gradient) {
  std::memcpy(gradient, gram + column * n, n * sizeof(float));
  std::int64_t k = 0;
  for (; k + 4 <= n_active; k += 4) {
    const float *a = gram + active[k] * n, *b = gram + active[k + 1] * n;
    const float *c = gram + active[k + 2] * n, *d = gram + active[k + 3] * n;
    const float wa = weights[active[k]], wb = weights[active[k + 1]];
    const float wc = weights[active[k + 2]], wd = weights[active[k + 3]];
    for (std::int64_t i = 0; i < n; ++i)
      gradient[i] -= (wa * a[i] + wb * b[i]) + (wc * c[i] + wd * d[i]);
  }
  for (; k < n_active; ++k) {
    const float* a = gram + active[k] * n;
    const float wa = weights[active[k]];
    for (std::int64_t i = 0; i < n; ++i) gradient[i] -= wa * a[i];
  }
}

// An active set, and by how much the worst of those that joined it exceeds its bound: 0 if none did.
struct ActiveSet {
  std::int64_t size;
  float worst;
};

// Keeps of the active ones those with a weight, and lets the worst violations join them.
inline ActiveSet choose_active(const float* gram, std::int64_t n, std::int64_t column,
                               const ElasticNet& net, float limit, const float* weights,
                               const DescentDesk& desk) {
  std::int64_t n_active = 0, n_violations = 0;
  float worst = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    if (weights[i] != 0) {
      desk.active[n_active++] = static_cast<std::int32_t>(i);
      continue;
    }
    const float size = net.positive ? desk.gradient[i] : std::fabs(desk.gradient[i]);
    const float excess = size - net.l1, curvature = gram[i * n + i] + net.l2;
    if (!(excess > limit) || i == column || !(curvature > kSmallestDiagonal)) continue;
    worst = excess > worst ? excess : worst;
    desk.violations[n_violations++] = {excess / std::sqrt(curvature),
                                       static_cast<std::int32_t>(i)};
  }
  const std::int64_t room = n_active > kJoining ? n_active : kJoining;
  const std::int64_t joining = n_violations < room ? n_violations : room;
  if (joining < n_violations)
    std::nth_element(desk.violations, desk.violations + joining, desk.violations + n_violations,
                     Worse());
  for (std::int64_t k = 0; k < joining; ++k) desk.active[n_active++] = desk.violations[k].item;
  return {n_active, worst};
}

// Descends on the active set's own Gram.
inline int descend_apart(const float* gram, std::int64_t n, std::int64_t n_active,
                         const ElasticNet& net, int max_iter, float limit, float* weights,
                         const DescentDesk& desk) {
  const std::int64_t width = (n_active + 7) / 8 * 8;
  std::memset(desk.active_gradient, 0, width * sizeof(float));
  for (std::int64_t k = 0; k < n_active; ++k) {
    const float* from = gram + desk.active[k] * n;
    float* row = desk.gram + k * width;
    for (std::int64_t l = 0; l < n_active; ++l) row[l] = from[desk.active[l]];
    for (std::int64_t l = n_active; l < width; ++l) row[l] = 0;
    desk.active_gradient[k] = desk.gradient[desk.active[k]];
    desk.active_weights[k] = weights[desk.active[k]];
  }
  const int n_sweeps = descend(desk.gram, width, nullptr, n_active, net, max_iter, limit,
                               desk.active_gradient, desk.active_weights);
  for (std::int64_t k = 0; k < n_active; ++k) weights[desk.active[k]] = desk.active_weights[k];
  return n_sweeps;
}

// The weights (n) of the regression of one column on all others; returns the sweeps.
inline int regress_column(const float* gram, std::int64_t n, std::int64_t column,
                          const ElasticNet& net, float* weights, const DescentDesk& desk) {
  std::memset(weights, 0, n * sizeof(float));
  std::memcpy(desk.gradient, gram + column * n, n * sizeof(float));
  desk.gradient[column] = 0;
  const float limit = net.tol * largest_size(desk.gradient, n);
  int n_sweeps = 0;
  float reached = limit;
  while (n_sweeps < net.max_iter) {
    const ActiveSet set = choose_active(gram, n, column, net, limit, weights, desk);
    if (set.worst == 0 && reached <= limit) break;
    // While others are to join the set, its weights need not be exact.
    reached = set.worst * kHaste > limit ? set.worst * kHaste : limit;
    const int left = net.max_iter - n_sweeps;
    n_sweeps += set.size <= kMostActive
                    ? descend_apart(gram, n, set.size, net, left, reached, weights, desk)
                    : descend(gram, n, desk.active, set.size, net, left, reached, desk.gradient,
                              weights);
    compute_gradient(gram, n, column, weights, desk.active, set.size, desk.gradient);
  }
  return n_sweeps;
}

Status elastic_net_columns(const float* gram, std::int64_t n, Rows columns,
                           const ElasticNet& net, int n_threads, float* weights,
                           std::int32_t* sweeps) {
  const auto size = static_cast<std::size_t>(n);
  const std::size_t most = (n < kMostActive ? n : kMostActive) + 8;
  Scratch<float> gradients(n_threads, size);
  Scratch<Violation> violations(n_threads, size);
  Scratch<std::int32_t> active(n_threads, size);
  Scratch<float> own(n_threads, most * (most + 2));
  if (gradients.failed() || violations.failed() || active.failed() || own.failed())
    return Status::out_of_memory;
#pragma omp parallel for num_threads(n_threads) schedule(dynamic, 1)
  for (std::int64_t j = columns.start; j < columns.stop; ++j) {
    float* memory = own.mine();
    const DescentDesk desk{gradients.mine(),  violations.mine(), active.mine(),
                           memory + 2 * most, memory,            memory + most};
    const std::int64_t place = j - columns.start;
    sweeps[place] = regress_column(gram, n, j, net, weights + place * n, desk);
  }
  return Status::ok;
}

}  // namespace
