// Pairs of codes: ids looked up, pairs sorted into the rows of a matrix, and merged.
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cfloat>
#include <cstring>

#include "tasks.hpp"

namespace {

// Ids near one another have a place each in a table that begins with `low`: no hashing.
template <class Id>
Status mark_ids(const Id* ids, std::int64_t n, std::int64_t low, std::uint8_t* present) {
  for (std::int64_t k = 0; k < n; ++k) present[ids[k] - low] = 1;
  return Status::ok;
}

// codes[k] = table[ids[k] - low], and -1 for an id outside the table.
template <class Id>
Status look_up_ids(const Id* ids, std::int64_t n, std::int64_t low, const std::int32_t* table,
                   std::int64_t size, std::int32_t* codes) {
  for (std::int64_t k = 0; k < n; ++k) {
    // Unsigned, where the difference of far numbers wraps around and stays outside the table.
    const std::uint64_t place =
        static_cast<std::uint64_t>(ids[k]) - static_cast<std::uint64_t>(low);
    codes[k] = place < static_cast<std::uint64_t>(size) ? table[place] : -1;
  }
  return Status::ok;
}

// Turns counts of codes, each one place to the right, into the places where their runs begin.
inline void add_up(std::int64_t* counts, std::int64_t n) {
  for (std::int64_t code = 0; code < n; ++code) counts[code + 1] += counts[code];
}

// Two stable passes of counting sort, by column and by row, leave the columns of a row in order
// and the entries of a pair in the order of the table. No comparison, so no mispredicted branch.
template <class Place>
Status sort_pairs(const std::int32_t* rows, const std::int32_t* cols, std::int64_t n,
                  std::int64_t n_rows, std::int64_t n_columns, std::int64_t* indptr,
                  std::int64_t* distinct, std::int32_t* indices, Place* places) {
  Scratch<std::int64_t> cursors(1, n_columns + 1);
  Scratch<std::int32_t> row_by_column(1, n);
  Scratch<Place> place_by_column(1, n);
  if (cursors.failed() || row_by_column.failed() || place_by_column.failed())
    return Status::out_of_memory;
  std::int64_t* column_end = cursors.of_thread(0);
  std::int32_t* row_of = row_by_column.of_thread(0);
  Place* place_of = place_by_column.of_thread(0);
  std::memset(column_end, 0, (n_columns + 1) * sizeof(std::int64_t));
  std::memset(indptr, 0, (n_rows + 1) * sizeof(std::int64_t));
  for (std::int64_t k = 0; k < n; ++k) {
    ++column_end[cols[k] + 1];
    ++indptr[rows[k] + 1];
  }
  add_up(column_end, n_columns);
  add_up(indptr, n_rows);
  for (std::int64_t k = 0; k < n; ++k) {
    const std::int64_t to = column_end[cols[k]]++;
    row_of[to] = rows[k];
    place_of[to] = static_cast<Place>(k);
  }
  std::int64_t* row_end = distinct;  // which is an output, and not needed yet
  std::memcpy(row_end, indptr, (n_rows + 1) * sizeof(std::int64_t));
  for (std::int64_t column = 0, from = 0; column < n_columns; ++column)
    for (; from < column_end[column]; ++from) {
      const std::int64_t to = row_end[row_of[from]]++;
      indices[to] = static_cast<std::int32_t>(column);
      places[to] = place_of[from];
    }
  distinct[0] = 0;
  for (std::int64_t row = 0; row < n_rows; ++row) {
    std::int64_t count = indptr[row] < indptr[row + 1];
    for (std::int64_t k = indptr[row] + 1; k < indptr[row + 1]; ++k)
      count += indices[k] != indices[k - 1];
    distinct[row + 1] = distinct[row] + count;
  }
  return Status::ok;
}

inline double weight_at(Weighted table, std::int64_t place) {
  return table.weights ? table.weights[place] : 1.0;
}

inline bool is_before(Weighted table, std::int64_t one, std::int64_t other) {
  if (table.values[one] != table.values[other]) return table.values[one] < table.values[other];
  return weight_at(table, one) < weight_at(table, other);
}

// Moves the element at a node of a heap down to where no child comes after it.
template <class Place>
void sift_down(Weighted table, Place* places, std::int64_t node, std::int64_t n) {
  const Place moved = places[node];
  for (std::int64_t child; (child = 2 * node + 1) < n; node = child) {
    if (child + 1 < n && is_before(table, places[child], places[child + 1])) ++child;
    if (!is_before(table, moved, places[child])) break;
    places[node] = places[child];
  }
  places[node] = moved;
}

// Sorts the entries of one pair by value, then by weight: sums of floats depend on their order, and
// that of the table must not show. Heapsort, as a pair may have any number of entries.
template <class Place>
void sort_run(Weighted table, Place* places, std::int64_t n) {
  bool sorted = true;  // as where each row counts one event
  for (std::int64_t k = 1; k < n; ++k) sorted &= !is_before(table, places[k], places[k - 1]);
  if (sorted) return;
  for (std::int64_t node = n / 2; node-- > 0;) sift_down(table, places, node, n);
  for (std::int64_t last = n - 1; last > 0; --last) {
    const Place largest = places[0];
    places[0] = places[last];
    places[last] = largest;
    sift_down(table, places, 0, last);
  }
}

// The nearest float; the largest instead of infinity, and not zero, which would mean "seen, but
// not positive", unless it is.
inline float to_float(double value) {
  const double inside = value > FLT_MAX ? FLT_MAX : value < -FLT_MAX ? -FLT_MAX : value;
  const float nearest = static_cast<float>(inside);
  if (nearest == 0 && value != 0) return value > 0 ? FLT_MIN : -FLT_MIN;
  return nearest;
}

// How many entries ahead a value is asked for: those of a table in random order are all over the
// memory, and 20 million took twice as long without it.
constexpr std::int64_t kPrefetch = 32;

template <class Place>
void merge_row(Places<Place> sorted, Weighted table, std::int64_t row, bool mean, Merged merged) {
  const std::int64_t stop = sorted.indptr[row + 1];
  std::int64_t to = merged.indptr[row];
  for (std::int64_t start = sorted.indptr[row], end;
       start < stop && to < merged.indptr[row + 1]; start = end, ++to) {
    const std::int32_t column = sorted.indices[start];
    for (end = start + 1; end < stop && sorted.indices[end] == column;) ++end;
    if (end - start > 1) sort_run(table, sorted.places + start, end - start);
    if (end + kPrefetch < sorted.n)
      __builtin_prefetch(table.values + sorted.places[end + kPrefetch]);
    double total = 0, sum = 0;
    for (std::int64_t k = start; k < end; ++k) {
      const double weight = weight_at(table, sorted.places[k]);
      total += weight * table.values[sorted.places[k]];
      sum += weight;
    }
    merged.indices[to] = column;
    merged.totals[to] = to_float(mean ? total / sum : total);
    merged.sums[to] = to_float(sum);
  }
}

// Rows merged by one thread at a time.
constexpr std::int64_t kMergeBlock = 256;

template <class Place>
Status merge_sorted_pairs(Places<Place> sorted, Weighted table, Rows rows, bool mean,
                          int n_threads, Merged merged) {
#pragma omp parallel for num_threads(n_threads) schedule(dynamic, kMergeBlock)
  for (std::int64_t row = rows.start; row < rows.stop; ++row)
    merge_row(sorted, table, row, mean, merged);
  return Status::ok;
}

}  // namespace
