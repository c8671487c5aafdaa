// The best k of a stream of scored columns, and which columns may be among them.
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>

#ifdef __AVX2__
#include <immintrin.h>
#endif

#include "keys.hpp"
#include "tasks.hpp"

namespace {

// What overflowed saturates, and what is no number is nothing.
inline float cut_off(float score, float bound) {
  if (score != score) return 0;
  return score > bound ? bound : score < -bound ? -bound : score;
}

// Up to this length a list is kept sorted as it grows. In a longer one candidates pile up, and
// are cut back to the best k when there are twice as many: sorting would move too much memory.
constexpr int kSorted = 32;

class Best {
 public:
  // What is below the threshold is not among the best. NaN lets everything pass.
  float threshold;

  static int capacity(int k, std::int64_t n_columns) {
    if (k <= kSorted) return k + 1;
    const std::int64_t roomy = std::min(2 * std::int64_t{k}, n_columns);
    return static_cast<int>(std::max(std::int64_t{k} + 1, roomy));
  }

  void start(Key* buffer, int k, int capacity, float lowest = NAN) {
    kept_ = buffer;
    k_ = k;
    capacity_ = capacity;
    n_ = 0;
    cut_ = false;
    threshold = lowest;
  }

  void offer(float score, std::int32_t place) {
    const Key candidate(score, place);
    if (cut_ && !Better()(candidate, kept_[k_ - 1])) return;
    if (k_ <= kSorted) {
      insert(candidate);
    } else {
      kept_[n_++] = candidate;
      if (n_ == capacity_) cut();
    }
  }

  int missing() const { return n_ < k_ ? k_ - n_ : 0; }

  void finish(const Columns& columns, std::int64_t row, const Lists& lists) {
    if (n_ > k_) cut();
    if (k_ > kSorted) std::sort(kept_, kept_ + n_, Better());
    std::int32_t* codes = lists.codes + row * k_;
    float* scores = lists.scores + row * k_;
    for (int i = 0; i < n_; ++i) {
      codes[i] = columns.codes[kept_[i].place()];
      scores[i] = kept_[i].score();
    }
    for (int i = n_; i < k_; ++i) {
      codes[i] = -1;
      scores[i] = -INFINITY;
    }
  }

 private:
  void insert(Key candidate) {
    int i = n_ < k_ ? n_++ : k_ - 1;
    for (; i > 0 && Better()(candidate, kept_[i - 1]); --i) kept_[i] = kept_[i - 1];
    kept_[i] = candidate;
    if (n_ == k_) close();
  }

  void cut() {
    std::nth_element(kept_, kept_ + k_ - 1, kept_ + n_, Better());
    n_ = k_;
    close();
  }

  void close() {
    threshold = kept_[k_ - 1].score();
    cut_ = true;
  }

  Key* kept_;
  int k_;
  int capacity_;
  int n_;
  bool cut_;  // the k-th best so far is known
};

constexpr int kGroup = 16;  // columns that are compared with a threshold at once

inline std::int64_t count_groups(std::int64_t n) { return (n + kGroup - 1) / kGroup; }

// A bit for each column, in words of one group: set where the column may not be named.
class Bars {
 public:
  Bars(std::uint16_t* words, std::int64_t n) : words_(words), n_(n) {}

  // Bars all columns or none; those that fill up the last group always.
  void reset(bool all) {
    std::memset(words_, all ? 0xff : 0, count_groups(n_) * sizeof(std::uint16_t));
    for (std::int64_t i = n_; i < count_groups(n_) * kGroup; ++i) bar(i);
  }
  void copy(const Bars& other) {
    std::memcpy(words_, other.words_, count_groups(n_) * sizeof(std::uint16_t));
  }
  void bar(std::int64_t i) { words_[i / kGroup] |= static_cast<std::uint16_t>(1u << i % kGroup); }
  void admit(std::int64_t i) {
    words_[i / kGroup] &= static_cast<std::uint16_t>(~(1u << i % kGroup));
  }
  bool has(std::int64_t i) const { return words_[i / kGroup] >> i % kGroup & 1; }
  unsigned group(std::int64_t g) const { return words_[g]; }

 private:
  std::uint16_t* words_;
  std::int64_t n_;
};

// place[code] = position among the columns, -1 where it is not one of them.
inline void find_places(const Columns& columns, std::int32_t* place) {
  for (std::int64_t code = 0; code < columns.n_codes; ++code) place[code] = -1;
  for (std::int64_t p = 0; p < columns.n; ++p)
    place[columns.codes[p]] = static_cast<std::int32_t>(p);
}

#ifdef __AVX2__

// Returns a bit for each of the 16 scores that is not below the threshold.
inline unsigned not_below(const float* scores, float threshold) {
  const __m256 t = _mm256_set1_ps(threshold);
  const __m256 low = _mm256_cmp_ps(_mm256_loadu_ps(scores), t, _CMP_NLT_UQ);
  const __m256 high = _mm256_cmp_ps(_mm256_loadu_ps(scores + 8), t, _CMP_NLT_UQ);
  return static_cast<unsigned>(_mm256_movemask_ps(low)) |
         static_cast<unsigned>(_mm256_movemask_ps(high)) << 8;
}

#else

inline unsigned not_below(const float* scores, float threshold) {
  unsigned bits = 0;
  for (int j = 0; j < kGroup; ++j) bits |= static_cast<unsigned>(!(scores[j] < threshold)) << j;
  return bits;
}

#endif

}  // namespace
