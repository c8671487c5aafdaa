// Vectors of floats, each of a multiple of eight: their places, products and sums.
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>

#include "lanes.hpp"

namespace {

inline const float* vector_of(const float* vectors, std::int32_t number, int width) {
  return vectors + static_cast<std::int64_t>(number) * width;
}

inline void prefetch_vector(const float* vector, int width) {
  for (int d = 0; d < width; d += 16) __builtin_prefetch(vector + d, 0, 2);
}

inline float inner_product(const float* a, const float* b, int width) {
  Lanes sum = {};
  for (int d = 0; d < width; d += kLanes) sum += load(a + d) * load(b + d);
  return sum_of(sum);
}

inline void add_scaled(float factor, const float* a, float* out, int width) {
  for (int d = 0; d < width; d += kLanes) store(out + d, load(out + d) + factor * load(a + d));
}

}  // namespace
