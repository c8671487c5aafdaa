// Products of all pairs of sparse rows, made similarities, of which each row keeps the largest.
// SPDX-License-Identifier: BSD-3-Clause
//
// Row i is compared with the rows before it only, and each similarity is offered to both rows: half
// the work. Where rows are numbered from the longest to the shortest the work shrinks further: a
// long row has few before it, so that its sums stay in the first-level cache.
#pragma once

#include <algorithm>
#include <cstring>
#include <limits>

#include "keys.hpp"
#include "tasks.hpp"

namespace {

// A row with fewer sums than a quarter of the rows before it is walked along its sums.
constexpr std::int64_t kSparseShare = 4;
// Similarities that are tested together whether any enters a list.
constexpr std::int64_t kRowsAtOnce = 16;
// How old a thread's copy of the bars may be, in rows: a fresher one costs a pass over all bars,
// an older one lets more similarities through that the lists then refuse.
constexpr std::int64_t kMinAge = 16;
constexpr std::int64_t kAgeShare = 256;
constexpr int kLocks = 4096;
constexpr float kNothing = -std::numeric_limits<float>::infinity();
constexpr float kLowest = -std::numeric_limits<float>::max();

// What is summed for a pair of rows. Counts are whole numbers, since floats stop counting at 2^24;
// sums are double, so that what is equal on paper is equal, and nothing overflows.
struct Count {
  std::int32_t support;
  void add(double, std::int32_t member) { support += member; }
  double product() const { return support; }
  double count() const { return support; }
};
struct Product {
  double sum;
  void add(double term, std::int32_t) { sum += term; }
  double product() const { return sum; }
  double count() const { return 1; }
};
struct CountedProduct {
  double sum;
  std::int64_t support;
  void add(double term, std::int32_t member) { sum += term, support += member; }
  double product() const { return sum; }
  double count() const { return static_cast<double>(support); }
};

template <class Cell_, bool kValues_, bool kMembers_ = false>
struct Mode {
  using Cell = Cell_;
  static constexpr bool kValues = kValues_;
  static constexpr bool kMembers = kMembers_;
};

// Locks for the lists; without OpenMP there is one thread.
#ifdef _OPENMP
class Locks {
 public:
  Locks() {
    for (omp_lock_t& lock : locks_) omp_init_lock(&lock);
  }
  ~Locks() {
    for (omp_lock_t& lock : locks_) omp_destroy_lock(&lock);
  }
  Locks(const Locks&) = delete;
  Locks& operator=(const Locks&) = delete;
  void lock(std::int64_t row) { omp_set_lock(&locks_[row % kLocks]); }
  void unlock(std::int64_t row) { omp_unset_lock(&locks_[row % kLocks]); }

 private:
  omp_lock_t locks_[kLocks];
};
#else
struct Locks {
  void lock(std::int64_t) {}
  void unlock(std::int64_t) {}
};
#endif

// Puts a key into a full heap in place of the worst.
inline void replace_worst(std::uint64_t* heap, int length, std::uint64_t key) {
  int hole = 0;
  for (int child; (child = 2 * hole + 1) < length; hole = child) {
    child += child + 1 < length && heap[child + 1] < heap[child];
    if (heap[child] >= key) break;
    heap[hole] = heap[child];
  }
  heap[hole] = key;
}

// The lists while several threads fill them.
struct Board {
  Heaps lists;
  std::uint64_t* bars;  // the worst key of each list: atomic, for those who look without its lock
  Locks* locks;

  std::uint64_t bar(std::int64_t row) const {
    std::uint64_t key;
#pragma omp atomic read
    key = bars[row];
    return key;
  }

  void offer(std::int64_t row, const Key* keys, int n_keys) const {
    std::uint64_t* heap = lists.keys + row * lists.length;
    locks->lock(row);
    for (int k = 0; k < n_keys; ++k)
      if (keys[k].bits > heap[0]) replace_worst(heap, lists.length, keys[k].bits);
    const std::uint64_t worst = heap[0];
#pragma omp atomic write
    bars[row] = worst;
    locks->unlock(row);
  }
};

// The best candidates for a row's own list.
struct Own {
  Key* candidates;
  int length;
  int capacity;
  int count;
  std::uint64_t bar;

  void take(Key key) {
    if (key.bits <= bar) return;
    candidates[count++] = key;
    if (count == capacity) shrink();
  }
  void shrink() {
    if (count <= length) return;
    std::nth_element(candidates, candidates + length - 1, candidates + count, Better());
    count = length;
    bar = candidates[length - 1].bits;
  }
};

// A thread's memory, for one row at a time.
template <class Cell>
struct Desk {
  Cell* cells;            // one for each row, all zero between rows
  float* own;             // s(i, j)
  float* others;          // s(j, i)
  float* bars;            // what s(j, i) must reach to enter the list of j
  std::int32_t* touched;  // rows with a sum
  Key* candidates;
  std::int64_t* age;      // the row up to which `bars` will do
};

// Sums the products of row i with the rows before it. With kNote it notes each row whose sum was
// zero before, and returns their number.
template <class M, bool kNote>
std::int64_t add_row(const Occurrences& occurrences, const Profiles& profiles, std::int64_t i,
                     typename M::Cell* cells, std::int32_t* touched) {
  std::int64_t n_touched = 0;
  const std::int64_t end = occurrences.indptr[i + 1];
  for (std::int64_t p = occurrences.indptr[i]; p < end; ++p) {
    const std::int32_t column = occurrences.columns[p];
#ifdef __GNUC__
    // The next profile is anywhere in memory: to wait for it took a third of the time.
    const std::int64_t ahead = profiles.indptr[occurrences.columns[p + 2 < end ? p + 2 : p]];
    for (int line = 0; line < 2; ++line) {
      __builtin_prefetch(profiles.rows + ahead + 16 * line);
      if (M::kValues) __builtin_prefetch(profiles.values + ahead + 16 * line);
    }
#endif
    const std::int64_t start = profiles.indptr[column];
    const std::int64_t stop = start + occurrences.places[p];
    const double weight = M::kValues         ? profiles.values[stop]
                          : profiles.weights ? profiles.weights[column]
                                             : 1.0f;
    const std::int32_t member = M::kMembers ? profiles.members[stop] : 1;
    for (std::int64_t q = start; q < stop; ++q) {
      typename M::Cell& cell = cells[profiles.rows[q]];
      if (kNote) {
        touched[n_touched] = profiles.rows[q];
        n_touched += cell.product() == 0;
      }
      cell.add(M::kValues ? weight * profiles.values[q] : weight,
               M::kMembers ? member & profiles.members[q] : 1);
    }
  }
  return n_touched;
}

// left and right: those of the two rows. Zero is no similarity; 0 / 0 is no number, and never kept.
template <bool kRatio, bool kShrink, class Cell>
inline float similarity(const Cell& cell, double left, double right, const Formula& formula) {
  const double p = cell.product(), c = cell.count();
  double s = kRatio ? p / (p + formula.alpha * (left - p) + formula.beta * (right - p))
                    : p * (left * right);
  if (kShrink) s *= c / (c + formula.shrinkage);
  const float rounded = static_cast<float>(s);
  return rounded != 0 ? rounded : kNothing;
}

template <class Cell>
void refresh_bars(const Board& board, const Desk<Cell>& desk, std::int64_t i, std::int64_t stop) {
  if (i < *desk.age) return;
  *desk.age = i + (i / kAgeShare > kMinAge ? i / kAgeShare : kMinAge);
  if (*desk.age > stop) *desk.age = stop;
  for (std::int64_t j = 0; j < *desk.age; ++j) {
    const Key key(board.bar(j));
    // A list whose worst is an earlier row takes no equals from this row and those to come.
    desk.bars[j] = key.bits ? score_of(key.rank() + (key.place() < i)) : kLowest;
  }
}

// Turns the sums into similarities and offers them.
template <bool kRatio, bool kShrink, class Cell>
void offer_dense(const Formula& formula, const Board& board, std::int64_t i,
                 const Desk<Cell>& desk, Own& list) {
  const double left = formula.left[i], right = formula.right[i];
  float* own = desk.own;
  float* others = formula.symmetric ? desk.own : desk.others;
  for (std::int64_t j = 0; j < i; ++j)
    own[j] = similarity<kRatio, kShrink>(desk.cells[j], left, formula.right[j], formula);
  if (!formula.symmetric)
    for (std::int64_t j = 0; j < i; ++j)
      others[j] = similarity<kRatio, kShrink>(desk.cells[j], formula.left[j], right, formula);
  std::memset(static_cast<void*>(desk.cells), 0, static_cast<std::size_t>(i) * sizeof(Cell));
  for (std::int64_t start = 0; start < i; start += kRowsAtOnce) {
    const std::int64_t stop = start + kRowsAtOnce < i ? start + kRowsAtOnce : i;
    // Of equal ones the earlier is in the list already.
    const float bar = list.bar ? Key(list.bar).score() : kNothing;
    int any = stop - start < kRowsAtOnce;
    if (!any)
      for (std::int64_t j = start; j < start + kRowsAtOnce; ++j)
        any |= (own[j] > bar) | (others[j] >= desk.bars[j]);
    for (std::int64_t j = start; any && j < stop; ++j) {
      if (own[j] > bar) list.take(Key(own[j], j));
      if (others[j] >= desk.bars[j]) {
        const Key key(others[j], i);
        board.offer(j, &key, 1);
      }
    }
  }
}

template <bool kRatio, bool kShrink, class Cell>
void offer_sparse(const Formula& formula, const Board& board, std::int64_t i,
                  std::int64_t n_touched, const Desk<Cell>& desk, Own& list) {
  const double left = formula.left[i], right = formula.right[i];
  for (std::int64_t t = 0; t < n_touched; ++t) {
    const std::int32_t j = desk.touched[t];
    Cell& cell = desk.cells[j];
    const float own = similarity<kRatio, kShrink>(cell, left, formula.right[j], formula);
    const float other =
        formula.symmetric
            ? own
            : similarity<kRatio, kShrink>(cell, formula.left[j], right, formula);
    cell = Cell{};
    if (own > kNothing) list.take(Key(own, j));
    const Key key(other, i);
    if (other > kNothing && key.bits > board.bar(j)) board.offer(j, &key, 1);
  }
}

inline std::int64_t work_of(const Occurrences& occurrences, std::int64_t i) {
  std::int64_t work = 0;
  for (std::int64_t p = occurrences.indptr[i]; p < occurrences.indptr[i + 1]; ++p)
    work += occurrences.places[p];
  return work;
}

template <class M, bool kRatio, bool kShrink>
void compare_row(const Occurrences& occurrences, const Profiles& profiles, const Formula& formula,
                 const Board& board, std::int64_t i, std::int64_t stop,
                 const Desk<typename M::Cell>& desk) {
  Own own{desk.candidates, board.lists.length, 2 * board.lists.length + 64, 0, 0};
  if (work_of(occurrences, i) < i / kSparseShare) {
    const std::int64_t n = add_row<M, true>(occurrences, profiles, i, desk.cells, desk.touched);
    offer_sparse<kRatio, kShrink>(formula, board, i, n, desk, own);
  } else {
    refresh_bars(board, desk, i, stop);
    add_row<M, false>(occurrences, profiles, i, desk.cells, nullptr);
    offer_dense<kRatio, kShrink>(formula, board, i, desk, own);
  }
  own.shrink();
  board.offer(i, own.candidates, own.count);
}

template <class M, bool kRatio, bool kShrink>
Status compare_rows(const Occurrences& occurrences, const Profiles& profiles,
                    const Formula& formula, const Heaps& lists, Rows rows, int n_threads) {
  using Cell = typename M::Cell;
  const auto n = static_cast<std::size_t>(rows.stop);
  Scratch<Cell> cells(n_threads, n);
  Scratch<float> own(n_threads, n), bars(n_threads, n);
  Scratch<float> others(n_threads, formula.symmetric ? 0 : n);
  Scratch<std::int32_t> touched(n_threads, n / kSparseShare + 1);
  Scratch<Key> candidates(n_threads, 2 * static_cast<std::size_t>(lists.length) + 64);
  Scratch<std::int64_t> ages(n_threads, 1);
  Scratch<std::uint64_t> worst(1, n);
  if (cells.failed() || own.failed() || others.failed() || bars.failed() || touched.failed() ||
      candidates.failed() || ages.failed() || worst.failed())
    return Status::out_of_memory;
  for (int t = 0; t < n_threads; ++t) {
    std::memset(static_cast<void*>(cells.of_thread(t)), 0, n * sizeof(Cell));
    *ages.of_thread(t) = 0;
  }
  for (std::int64_t j = 0; j < rows.stop; ++j)
    worst.of_thread(0)[j] = lists.keys[j * lists.length];
  Locks locks;
  const Board board{lists, worst.of_thread(0), &locks};
#pragma omp parallel for num_threads(n_threads) schedule(dynamic, 1)
  for (std::int64_t i = rows.start; i < rows.stop; ++i) {
    const Desk<Cell> desk{cells.mine(),   own.mine(),        others.mine(), bars.mine(),
                          touched.mine(), candidates.mine(), ages.mine()};
    compare_row<M, kRatio, kShrink>(occurrences, profiles, formula, board, i, rows.stop, desk);
  }
  return Status::ok;
}

template <class M, bool kRatio>
Status compare_rows_shrunk(const Occurrences& occurrences, const Profiles& profiles,
                           const Formula& formula, const Heaps& lists, Rows rows, int n_threads) {
  if (formula.shrinkage > 0)
    return compare_rows<M, kRatio, true>(occurrences, profiles, formula, lists, rows, n_threads);
  return compare_rows<M, kRatio, false>(occurrences, profiles, formula, lists, rows, n_threads);
}

Status gram_top_k(const Occurrences& occurrences, const Profiles& profiles, const Formula& formula,
                  const Heaps& lists, Rows rows, int n_threads) {
  if (formula.ratio)
    return compare_rows_shrunk<Mode<Count, false>, true>(occurrences, profiles, formula, lists,
                                                         rows, n_threads);
  if (!profiles.values && !profiles.weights)
    return compare_rows_shrunk<Mode<Count, false>, false>(occurrences, profiles, formula, lists,
                                                          rows, n_threads);
  if (formula.shrinkage == 0)
    return profiles.values
               ? compare_rows<Mode<Product, true>, false, false>(
                     occurrences, profiles, formula, lists, rows, n_threads)
               : compare_rows<Mode<Product, false>, false, false>(
                     occurrences, profiles, formula, lists, rows, n_threads);
  if (profiles.members)
    return compare_rows<Mode<CountedProduct, true, true>, false, true>(
        occurrences, profiles, formula, lists, rows, n_threads);
  return profiles.values ? compare_rows<Mode<CountedProduct, true>, false, true>(
                               occurrences, profiles, formula, lists, rows, n_threads)
                         : compare_rows<Mode<CountedProduct, false>, false, true>(
                               occurrences, profiles, formula, lists, rows, n_threads);
}

}  // namespace
