// Held-out interactions laid over rankings: which entries were wanted, and how high they stand.
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstring>

#include "tasks.hpp"

namespace {

// Pairs that one thread looks up in a run.
constexpr std::int64_t kPairBlock = 4096;

// Below it, waiting for a second thread takes longer than what it does (2 ms in all).
constexpr std::int64_t kFewPairs = 100000;

// Returns the first position in [first, stop) whose column is not below the one asked for.
inline std::int64_t lower_bound(const std::int32_t* indices, std::int64_t first, std::int64_t stop,
                                std::int32_t column) {
  std::int64_t length = stop - first;
  while (length > 0) {
    const std::int64_t half = (length + 1) / 2;
    first += indices[first + half - 1] < column ? half : 0;
    length -= half;
  }
  return first;
}

// found[k] = position of (rows[k], columns[k]) among the stored entries, -1 where it is not stored.
Status find_entries(const std::int32_t* rows, const std::int32_t* columns, std::int64_t n,
                    Pattern stored, int n_threads, std::int64_t* found) {
  const std::int64_t n_blocks = (n + kPairBlock - 1) / kPairBlock;
#pragma omp parallel for num_threads(n < kFewPairs ? 1 : n_threads) schedule(static)
  for (std::int64_t block = 0; block < n_blocks; ++block) {
    const std::int64_t start = block * kPairBlock;
    const std::int64_t stop = n - start < kPairBlock ? n : start + kPairBlock;
    std::int64_t first = 0;
    for (std::int64_t k = start; k < stop; ++k) {
      found[k] = -1;
      if (rows[k] < 0) continue;
      const std::int64_t end = stored.indptr[rows[k] + 1];
      const bool onward = k > start && rows[k] == rows[k - 1] && columns[k] >= columns[k - 1];
      if (!onward) first = stored.indptr[rows[k]];
      // In a sorted question the next answer is near: look 1, 3, 7 … entries ahead for its bound.
      std::int64_t last = end;
      for (std::int64_t step = 1; onward && first + step < end; step = 2 * step + 1)
        if (stored.indices[first + step] >= columns[k]) {
          last = first + step;
          break;
        }
      first = lower_bound(stored.indices, first, last, columns[k]);
      if (first < end && stored.indices[first] == columns[k]) found[k] = first;
    }
  }
  return Status::ok;
}

constexpr float kMissing = __builtin_nanf("");

// Scores compared at a time: they stay in the first-level cache while all wanted ones pass by.
constexpr std::int64_t kScoreBlock = 4096;

// Up to this many wanted items, comparing a row with each of them takes less time than looking up
// each score among them, although it grows with their number and not with its logarithm.
constexpr std::int64_t kFewWanted = 256;

// Copies a row of scores, NaN where it is hidden: NaN compares as neither less nor equal.
inline void copy_visible(const Judged& judged, std::int64_t row, float* visible) {
  std::memcpy(visible, judged.scores + row * judged.n_columns,
              static_cast<std::size_t>(judged.n_columns) * sizeof(float));
  for (std::int64_t k = judged.hidden.indptr[row]; k < judged.hidden.indptr[row + 1]; ++k)
    visible[judged.hidden.indices[k]] = kMissing;
}

// Collects the visible scores of the wanted items and returns their number.
inline std::int64_t collect_wanted(const Judged& judged, std::int64_t row, const float* visible,
                                   float* scores) {
  std::int64_t n = 0;
  const std::int64_t place = judged.places[row];
  for (std::int64_t k = judged.wanted.indptr[place]; k < judged.wanted.indptr[place + 1]; ++k) {
    const std::int32_t column = judged.wanted.indices[k];
    if (column >= judged.n_columns) break;
    if (visible[column] == visible[column]) scores[n++] = visible[column];
  }
  return n;
}

// Both counts below give 2 for each pair of a wanted score and a lower one, 1 for equal ones.

inline std::int64_t count_by_comparing(const float* scores, int n, const float* wanted,
                                       std::int64_t n_wanted) {
  std::int64_t count = 0;
  for (std::int64_t w = 0; w < n_wanted; ++w) {
    const float bound = wanted[w];
    int below = 0;
    int up_to = 0;
    for (int i = 0; i < n; ++i) {
      below += scores[i] < bound;
      up_to += scores[i] <= bound;
    }
    count += below + up_to;
  }
  return count;
}

// sorted: n_wanted increasing scores and a NaN; n_equal: of each, how many from it on equal it.
inline std::int64_t count_by_searching(const float* scores, int n, const float* sorted,
                                       const std::int32_t* n_equal, std::int32_t n_wanted,
                                       std::int32_t* below) {
  std::memset(below, 0, static_cast<std::size_t>(n) * sizeof(std::int32_t));
  // One halving of all intervals after the other, so that the compiler can vectorise each.
  std::int32_t length = n_wanted;
  while (length > 0) {
    const std::int32_t half = (length + 1) / 2;
#pragma omp simd
    for (int i = 0; i < n; ++i) below[i] += sorted[below[i] + half - 1] < scores[i] ? half : 0;
    length -= half;
  }
  std::int64_t count = 0;
  for (int i = 0; i < n; ++i) {
    const std::int32_t equal = sorted[below[i]] == scores[i] ? n_equal[below[i]] : 0;
    const std::int64_t won = 2 * static_cast<std::int64_t>(n_wanted - below[i]) - equal;
    count += scores[i] == scores[i] ? won : 0;
  }
  return count;
}

// Shell's sort: qsort may throw for all that the compiler knows, and std::sort is a template.
inline void sort_scores(float* scores, std::int64_t n) {
  std::int64_t gap = 1;
  while (gap < n / 3) gap = 3 * gap + 1;
  for (; gap > 0; gap /= 3)
    for (std::int64_t i = gap; i < n; ++i) {
      const float moved = scores[i];
      std::int64_t k = i;
      for (; k >= gap && scores[k - gap] > moved; k -= gap) scores[k] = scores[k - gap];
      scores[k] = moved;
    }
}

inline std::int64_t count_wins(const float* scores, std::int64_t n, float* wanted,
                               std::int32_t* n_equal, std::int64_t n_wanted,
                               std::int32_t* below) {
  const bool few = n_wanted <= kFewWanted;
  if (!few) {
    sort_scores(wanted, n_wanted);
    wanted[n_wanted] = kMissing;
    for (std::int64_t w = n_wanted - 1; w >= 0; --w)
      n_equal[w] = wanted[w] == wanted[w + 1] ? n_equal[w + 1] + 1 : 1;
    n_equal[n_wanted] = 0;
  }
  std::int64_t count = 0;
  for (std::int64_t start = 0; start < n; start += kScoreBlock) {
    const int size = static_cast<int>(n - start < kScoreBlock ? n - start : kScoreBlock);
    count += few ? count_by_comparing(scores + start, size, wanted, n_wanted)
                 : count_by_searching(scores + start, size, wanted, n_equal,
                                      static_cast<std::int32_t>(n_wanted), below);
  }
  return count;
}

// auc[r] = share of the pairs of a wanted and another visible item that the scores order rightly.
Status auc_of_rows(Judged judged, int n_threads, double* auc) {
  const auto width = static_cast<std::size_t>(judged.n_columns) + 1;
  Scratch<float> scores(n_threads, width);
  Scratch<float> wanted(n_threads, width);
  Scratch<std::int32_t> equal(n_threads, width);
  Scratch<std::int32_t> below(n_threads, kScoreBlock);
  if (scores.failed() || wanted.failed() || equal.failed() || below.failed())
    return Status::out_of_memory;
#pragma omp parallel for num_threads(n_threads) schedule(dynamic, 16)
  for (std::int64_t row = 0; row < judged.n_rows; ++row) {
    float* visible = scores.mine();
    copy_visible(judged, row, visible);
    const std::int64_t n_wanted = collect_wanted(judged, row, visible, wanted.mine());
    std::int64_t n_visible = 0;
    for (std::int64_t i = 0; i < judged.n_columns; ++i) n_visible += visible[i] == visible[i];
    const std::int64_t n_pairs = n_wanted * (n_visible - n_wanted);
    auc[row] = kMissing;
    if (n_pairs == 0) continue;
    const std::int64_t count = count_wins(visible, judged.n_columns, wanted.mine(), equal.mine(),
                                          n_wanted, below.mine());
    // Of two wanted items one wins or both tie, and each ties with itself: not pairs to judge.
    auc[row] =
        static_cast<double>(count - n_wanted * n_wanted) / (2.0 * static_cast<double>(n_pairs));
  }
  return Status::ok;
}

// ranks[r] = place, from 1, of the first wanted item in the order of decreasing scores, equal ones
// in the order of tie_places; 0 where no wanted item is visible.
Status first_ranks_of_rows(Judged judged, const std::int32_t* tie_places, int n_threads,
                           std::int64_t* ranks) {
  Scratch<float> scores(n_threads, static_cast<std::size_t>(judged.n_columns) + 1);
  if (scores.failed()) return Status::out_of_memory;
#pragma omp parallel for num_threads(n_threads) schedule(dynamic, 16)
  for (std::int64_t row = 0; row < judged.n_rows; ++row) {
    float* visible = scores.mine();
    copy_visible(judged, row, visible);
    const std::int64_t place = judged.places[row];
    std::int64_t best = -1;
    for (std::int64_t k = judged.wanted.indptr[place]; k < judged.wanted.indptr[place + 1]; ++k) {
      const std::int32_t column = judged.wanted.indices[k];
      if (column >= judged.n_columns) break;
      if (visible[column] != visible[column]) continue;
      if (best < 0 || visible[column] > visible[best] ||
          (visible[column] == visible[best] && tie_places[column] < tie_places[best]))
        best = column;
    }
    ranks[row] = 0;
    if (best < 0) continue;
    const float bound = visible[best];
    const std::int32_t tie = tie_places[best];
    std::int64_t ahead = 0;
    for (std::int64_t i = 0; i < judged.n_columns; ++i)
      ahead += (visible[i] > bound) | ((visible[i] == bound) & (tie_places[i] < tie));
    ranks[row] = ahead + 1;
  }
  return Status::ok;
}

}  // namespace
