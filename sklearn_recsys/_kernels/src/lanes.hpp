// Eight floats that are worked on at once: one register with AVX, two with SSE or NEON.
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>

namespace {

constexpr int kLanes = 8;

typedef float Lanes __attribute__((vector_size(32)));
typedef float UnalignedLanes __attribute__((vector_size(32), aligned(4), may_alias));
typedef std::int32_t LaneNumbers __attribute__((vector_size(32)));

__attribute__((always_inline)) inline Lanes load(const float* from) {
  return *reinterpret_cast<const UnalignedLanes*>(from);
}

__attribute__((always_inline)) inline void store(float* to, const Lanes& lanes) {
  *reinterpret_cast<UnalignedLanes*>(to) = lanes;
}

__attribute__((always_inline)) inline Lanes broadcast(float number) { return number - Lanes{}; }

#if defined(__clang__)
#define RECSYS_SHUFFLE(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define RECSYS_SHUFFLE(a, b, ...) __builtin_shuffle(a, b, LaneNumbers{__VA_ARGS__})
#endif

// {a0+a1, b0+b1, a2+a3, b2+b3, ...}: sums of neighbours, those of a and of b in turn.
__attribute__((always_inline)) inline Lanes add_neighbours(const Lanes& a, const Lanes& b) {
  return RECSYS_SHUFFLE(a, b, 0, 8, 2, 10, 4, 12, 6, 14) +
         RECSYS_SHUFFLE(a, b, 1, 9, 3, 11, 5, 13, 7, 15);
}

// Returns the sum of each of eight vectors.
__attribute__((always_inline)) inline Lanes sums_of(const Lanes (&lanes)[kLanes]) {
  Lanes pairs[4], quads[2];
  for (int i = 0; i < 4; ++i) pairs[i] = add_neighbours(lanes[2 * i], lanes[2 * i + 1]);
  for (int i = 0; i < 2; ++i) {
    const Lanes a = pairs[2 * i], b = pairs[2 * i + 1];
    quads[i] = RECSYS_SHUFFLE(a, b, 0, 1, 8, 9, 4, 5, 12, 13) +
               RECSYS_SHUFFLE(a, b, 2, 3, 10, 11, 6, 7, 14, 15);
  }
  return RECSYS_SHUFFLE(quads[0], quads[1], 0, 1, 2, 3, 8, 9, 10, 11) +
         RECSYS_SHUFFLE(quads[0], quads[1], 4, 5, 6, 7, 12, 13, 14, 15);
}

__attribute__((always_inline)) inline float sum_of(const Lanes& lanes) {
  return ((lanes[0] + lanes[4]) + (lanes[1] + lanes[5])) +
         ((lanes[2] + lanes[6]) + (lanes[3] + lanes[7]));
}

}  // namespace
