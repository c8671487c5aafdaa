// Vectors of floats, each of a multiple of eight: their places, products and sums.
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <cstring>

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

// Copies a solution, or zeros in its place if one of its numbers is not finite.
inline void accept(const float* solution, float* out, int width) {
  // By the bits of the exponent: compilers may take products with zero for zero.
  constexpr std::uint32_t kExponent = 0x7f800000u;
  std::uint32_t n_wrong = 0;
  for (int d = 0; d < width; ++d) {
    std::uint32_t bits;
    std::memcpy(&bits, solution + d, sizeof bits);
    n_wrong += (bits & kExponent) == kExponent;
  }
  if (n_wrong == 0)
    std::memcpy(out, solution, width * sizeof(float));
  else
    std::memset(out, 0, width * sizeof(float));
}

}  // namespace
