// The Gram of a few columns of a sparse matrix, from the matrix itself.
// SPDX-License-Identifier: BSD-3-Clause
//
// The columns' entries are listed by row; each row adds the outer product of its short list. Rows
// that have many of the columns are written out with zeros instead, and multiplied as a panel.
#pragma once

#include <cstring>

#include "outer_products.hpp"
#include "tasks.hpp"

namespace {

// A row with more entries than this share of the columns goes to the panel: a product there takes a
// tenth of the time of one that is added where a list says.
constexpr int kPanelShare = 4;
constexpr std::int64_t kPanel = 64;

struct Entry {
  std::int32_t slot;
  float value;
};

// A thread's memory.
struct GramDesk {
  std::int64_t* ends;  // where the list of each row ends: all zero between Grams
  std::int32_t* rows;  // those that have a list
  Entry* entries;
  float* panel;  // kPanel x width
};

// The columns of a Gram, and how wide it is: a multiple of 8 that is not below n.
struct Slots {
  const std::int32_t* columns;
  int n;
  int width;
};

// Lists the columns' entries by row, in the order of the columns; returns the number of lists.
inline std::int64_t list_by_row(const Csr& matrix, const Slots& slots, const GramDesk& desk) {
  std::int64_t n_rows = 0;
  for (int s = 0; s < slots.n; ++s) {
    const std::int64_t* range = matrix.indptr + slots.columns[s];
    for (std::int64_t p = range[0]; p < range[1]; ++p) {
      const std::int32_t row = matrix.indices[p];
      desk.rows[n_rows] = row;
      n_rows += desk.ends[row]++ == 0;
    }
  }
  std::int64_t start = 0;
  for (std::int64_t r = 0; r < n_rows; ++r) {
    std::int64_t& end = desk.ends[desk.rows[r]];
    const std::int64_t length = end;
    end = start;
    start += length;
  }
  for (int s = 0; s < slots.n; ++s) {
    const std::int64_t* range = matrix.indptr + slots.columns[s];
    for (std::int64_t p = range[0]; p < range[1]; ++p)
      desk.entries[desk.ends[matrix.indices[p]]++] = {s, matrix.values ? matrix.values[p] : 1};
  }
  return n_rows;
}

// gram (width x width), of which only the upper triangle counts, = sum of outer products.
void sum_gram(const Csr& matrix, const Slots& slots, const GramDesk& desk, float* gram) {
  const int width = slots.width;
  std::memset(gram, 0, static_cast<std::size_t>(width) * width * sizeof(float));
  const std::int64_t n_rows = list_by_row(matrix, slots, desk);
  std::int64_t filled = 0;
  for (std::int64_t r = 0, first = 0; r < n_rows; ++r) {
    const std::int64_t last = desk.ends[desk.rows[r]];
    desk.ends[desk.rows[r]] = 0;
    if ((last - first) * kPanelShare > width) {
      float* row = desk.panel + filled * width;
      std::memset(row, 0, width * sizeof(float));
      for (std::int64_t a = first; a < last; ++a) row[desk.entries[a].slot] = desk.entries[a].value;
      if (++filled == kPanel) {
        add_outer_products(desk.panel, desk.panel, filled, width, 1, 0, width, gram);
        filled = 0;
      }
    } else {
      for (std::int64_t a = first; a < last; ++a) {
        const Entry entry = desk.entries[a];
        float* row = gram + static_cast<std::int64_t>(entry.slot) * width;
        for (std::int64_t b = a; b < last; ++b)
          row[desk.entries[b].slot] += entry.value * desk.entries[b].value;
      }
    }
    first = last;
  }
  add_outer_products(desk.panel, desk.panel, filled, width, 1, 0, width, gram);
}

}  // namespace
