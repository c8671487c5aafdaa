// The best columns of each row by scores that are there, or are sums of sparse rows.
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cfloat>

#include "selection.hpp"

namespace {

// What the threads of a call share, and what each has for the row that it ranks; all by code.
class Workplace {
 public:
  Workplace(const Columns& columns, const Marks& marks, int k, int n_threads)
      : columns_(columns),
        marks_(marks),
        k_(k),
        capacity_(Best::capacity(k, columns.n)),
        place_(1, columns.n_codes),
        buffers_(n_threads, capacity_),
        outside_(1, count_groups(columns.n_codes)),
        words_(n_threads, count_groups(columns.n_codes)) {
    if (failed()) return;
    find_places(columns, place_.of_thread(0));
    Bars outside = bars(outside_.of_thread(0));
    outside.reset(true);
    if (marks.only) return;
    for (std::int64_t p = 0; p < columns.n; ++p) outside.admit(columns.codes[p]);
  }

  bool failed() const {
    return place_.failed() || buffers_.failed() || outside_.failed() || words_.failed();
  }

  std::int32_t place(std::int64_t code) { return place_.of_thread(0)[code]; }

  // An empty list, into which nothing below a score can come.
  Best start(float lowest = NAN) {
    Best best;
    best.start(buffers_.mine(), k_, capacity_, lowest);
    return best;
  }

  // Bars all that a row may not name.
  Bars bars_of(std::int64_t row) {
    Bars mine = bars(words_.mine());
    mine.copy(bars(outside_.of_thread(0)));
    for (std::int64_t e = marks_.indptr[row]; e < marks_.indptr[row + 1]; ++e) {
      const std::int32_t code = marks_.indices[e];
      if (!marks_.only)
        mine.bar(code);
      else if (place(code) >= 0)
        mine.admit(code);
    }
    return mine;
  }

 private:
  Bars bars(std::uint16_t* words) const { return {words, columns_.n_codes}; }

  Columns columns_;
  Marks marks_;
  int k_;
  int capacity_;
  Scratch<std::int32_t> place_;
  Scratch<Key> buffers_;
  Scratch<std::uint16_t> outside_;  // bars what is no column, or everything
  Scratch<std::uint16_t> words_;
};

// Calls take(code) for each code that is not barred and whose score is not below the threshold.
template <class Take>
inline void sweep(const float* scores, std::int64_t n, const Bars& bars, const Best& best,
                  Take&& take) {
  for (std::int64_t g = 0; g < n / kGroup; ++g) {
    unsigned bits = not_below(scores + g * kGroup, best.threshold) & ~bars.group(g);
    for (; bits; bits &= bits - 1) take(g * kGroup + __builtin_ctz(bits));
  }
  for (std::int64_t code = n / kGroup * kGroup; code < n; ++code)
    if (!bars.has(code) && !(scores[code] < best.threshold)) take(code);
}

// The best columns by scores (n_rows x n_codes) that are there.
Status top_k_scores(const float* scores, const Columns& columns, const Marks& marks, float bound,
                    int n_threads, const Lists& lists) {
  Workplace work(columns, marks, lists.k, n_threads);
  if (work.failed()) return Status::out_of_memory;
#pragma omp parallel for num_threads(n_threads) schedule(dynamic, 16)
  for (std::int64_t row = 0; row < lists.n_rows; ++row) {
    const float* own = scores + row * columns.n_codes;
    Best best = work.start();
    sweep(own, columns.n_codes, work.bars_of(row), best, [&](std::int64_t code) {
      best.offer(cut_off(own[code], bound), work.place(code));
    });
    best.finish(columns, row, lists);
  }
  return Status::ok;
}

// The best columns among the stored entries of each row; the others are not to be named.
Status top_k_stored(const Csr& scores, const Columns& columns, const Marks& marks, float bound,
                    int n_threads, const Lists& lists) {
  Workplace work(columns, marks, lists.k, n_threads);
  if (work.failed()) return Status::out_of_memory;
#pragma omp parallel for num_threads(n_threads) schedule(dynamic, 16)
  for (std::int64_t row = 0; row < lists.n_rows; ++row) {
    const Bars bars = work.bars_of(row);
    Best best = work.start();
    for (std::int64_t e = scores.indptr[row]; e < scores.indptr[row + 1]; ++e) {
      const std::int32_t code = scores.indices[e];
      if (!bars.has(code)) best.offer(cut_off(scores.values[e], bound), work.place(code));
    }
    best.finish(columns, row, lists);
  }
  return Status::ok;
}

// Calls take(code, product) for each term of a row of the sum: history x similarity.
template <class Take>
inline void for_each_term(const Csr& history, const Csr& similarity, std::int64_t row,
                          Take&& take) {
  for (std::int64_t e = history.indptr[row]; e < history.indptr[row + 1]; ++e) {
    const std::int64_t item = history.indices[e];
    const float weight = history.values[e];
    for (std::int64_t s = similarity.indptr[item]; s < similarity.indptr[item + 1]; ++s)
      take(similarity.indices[s], weight * similarity.values[s]);
  }
}

inline std::int64_t count_terms(const Csr& history, const Csr& similarity, std::int64_t row) {
  std::int64_t n = 0;
  for (std::int64_t e = history.indptr[row]; e < history.indptr[row + 1]; ++e) {
    const std::int64_t item = history.indices[e];
    n += similarity.indptr[item + 1] - similarity.indptr[item];
  }
  return n;
}

// Lists need zeros where too few scores are positive, and negative ones where zeros run out.
inline void fill_up(Best& best, const float* sums, const Columns& columns, float bound,
                    Workplace& work, std::int64_t row, const Bars& bars) {
  for (std::int64_t p = 0; p < columns.n && best.missing(); ++p) {
    const std::int32_t code = columns.codes[p];
    if (sums[code] == 0 && !bars.has(code)) best.offer(0, static_cast<std::int32_t>(p));
  }
  if (!best.missing()) return;
  const Bars fresh = work.bars_of(row);
  for (std::int64_t p = 0; p < columns.n; ++p) {
    const std::int32_t code = columns.codes[p];
    if (sums[code] < 0 && !fresh.has(code))
      best.offer(cut_off(sums[code], bound), static_cast<std::int32_t>(p));
  }
}

// Few terms: looking at each of them beats a sweep over the catalogue by about this factor.
constexpr std::int64_t kSweptPerTerm = 16;

// The best columns by history . similarity, both sparse; sums are formed in the history's order.
Status top_k_similarity(const Csr& history, const Csr& similarity, const Columns& columns,
                        const Marks& marks, float bound, int n_threads, const Lists& lists) {
  Workplace work(columns, marks, lists.k, n_threads);
  Scratch<float> scratch(n_threads, columns.n_codes);
  if (work.failed() || scratch.failed()) return Status::out_of_memory;
  for (int t = 0; t < n_threads; ++t)
    std::memset(scratch.of_thread(t), 0, sizeof(float) * columns.n_codes);
#pragma omp parallel for num_threads(n_threads) schedule(dynamic, 16)
  for (std::int64_t row = 0; row < lists.n_rows; ++row) {
    float* sums = scratch.mine();
    for_each_term(history, similarity, row,
                  [&](std::int32_t code, float term) { sums[code] += term; });
    Bars bars = work.bars_of(row);
    Best best = work.start(FLT_TRUE_MIN);
    auto take = [&](std::int64_t code) {
      sums[code] = cut_off(sums[code], bound);
      if (sums[code] > 0) best.offer(sums[code], work.place(code));
    };
    const bool few = count_terms(history, similarity, row) * kSweptPerTerm < columns.n_codes;
    if (few) {
      for_each_term(history, similarity, row, [&](std::int32_t code, float) {
        if (sums[code] == 0 || bars.has(code)) return;
        take(code);
        if (sums[code] != 0) bars.bar(code);  // it comes again where several items resemble it
      });
    } else {
      sweep(sums, columns.n_codes, bars, best, take);
    }
    if (best.missing()) fill_up(best, sums, columns, bound, work, row, bars);
    best.finish(columns, row, lists);
    if (few)
      for_each_term(history, similarity, row, [&](std::int32_t code, float) { sums[code] = 0; });
    else
      std::memset(sums, 0, sizeof(float) * columns.n_codes);
  }
  return Status::ok;
}

}  // namespace
