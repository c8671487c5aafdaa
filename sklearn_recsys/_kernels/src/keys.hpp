// A score and a place in one number, which one comparison ranks.
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstring>

#include "platform.hpp"

namespace {

// Floats as integers of the same order; 0 is below all that are no NaN.
inline std::uint32_t rank_of(float score) {
  std::uint32_t bits;
  std::memcpy(&bits, &score, sizeof bits);
  if (score == 0) bits = 0;  // minus zero is no less
  // Floats compare as integers do, the negative ones in reverse.
  return bits & 0x80000000u ? ~bits : bits | 0x80000000u;
}

inline float score_of(std::uint32_t rank) {
  const std::uint32_t bits = rank & 0x80000000u ? rank & 0x7fffffffu : ~rank;
  float score;
  std::memcpy(&score, &bits, sizeof score);
  return score;
}

// Of two keys the greater is the better: that of the larger score, of equal ones that of the place
// further left. So what a list keeps does not depend on the order in which its entries came.
struct Key {
  std::uint64_t bits;

  Key() = default;
  explicit Key(std::uint64_t bits) : bits(bits) {}
  Key(float score, std::int64_t place)
      : bits(std::uint64_t{rank_of(score)} << 32 | ~static_cast<std::uint32_t>(place)) {}

  std::int32_t place() const {
    return static_cast<std::int32_t>(~static_cast<std::uint32_t>(bits));
  }
  std::uint32_t rank() const { return static_cast<std::uint32_t>(bits >> 32); }
  float score() const { return score_of(rank()); }
};

struct Better {
  bool operator()(Key a, Key b) const { return a.bits > b.bits; }
};

}  // namespace
