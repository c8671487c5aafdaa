// The columns that each row has, so that one look at one cache line mostly tells whether it has one.
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstring>

#include "platform.hpp"

namespace {

// Long rows have a bit for each column of the matrix, short ones 512 bits that their columns share;
// where a shared bit is set, the row is searched.
class Seen {
 public:
  // Only worth its while where the rows are looked at often; with few looks they are searched.
  Seen(const Pattern& pattern, std::int64_t n_rows, std::int64_t n_cols, std::int64_t n_looks,
       int n_threads)
      : pattern_(pattern),
        n_cols_(n_cols),
        n_rows_(pattern.indptr[n_rows] - pattern.indptr[0] <= kEntriesOfLook * n_looks ? n_rows : 0),
        starts_(1, n_rows_ + 1),
        words_(1, failed_to_start() ? 0 : lay_out()) {
    if (failed() || n_rows_ == 0) return;
    std::memset(words(), 0, starts()[n_rows_] * sizeof(std::uint64_t));
#pragma omp parallel for schedule(static) num_threads(n_threads)
    for (std::int64_t row = 0; row < n_rows_; ++row)
      for (std::int64_t k = pattern_.indptr[row]; k < pattern_.indptr[row + 1]; ++k) {
        const std::int64_t bit = bit_of(row, pattern_.indices[k]);
        words()[bit >> 6] |= std::uint64_t{1} << (bit & 63);
      }
  }

  bool failed() const { return failed_to_start() || words_.failed(); }

  void prefetch(std::int64_t row, std::int32_t column) const {
    if (n_rows_ != 0) __builtin_prefetch(words() + (bit_of(row, column) >> 6), 0, 2);
  }

  bool contains(std::int64_t row, std::int32_t column) const {
    if (n_rows_ == 0) return search(row, column);
    const std::int64_t bit = bit_of(row, column);
    if ((words()[bit >> 6] >> (bit & 63) & 1) == 0) return false;
    return has_all_bits(row) || search(row, column);
  }

 private:
  static constexpr std::int64_t kEntriesOfLook = 8;
  static constexpr std::int64_t kSharedWords = 8;
  // What a row may take for each of its columns to have a bit for all.
  static constexpr std::int64_t kBitsOfEntry = 64;

  bool failed_to_start() const { return starts_.failed(); }
  std::int64_t* starts() const { return starts_.of_thread(0); }
  std::uint64_t* words() const { return words_.of_thread(0); }

  // Returns the number of words of all rows, having said where those of each start.
  std::int64_t lay_out() {
    starts()[0] = 0;
    for (std::int64_t row = 0; row < n_rows_; ++row)
      starts()[row + 1] = starts()[row] + (has_all_bits(row) ? words_of_all() : kSharedWords);
    return starts()[n_rows_];
  }

  std::int64_t words_of_all() const { return (n_cols_ + 511) / 512 * 8; }

  bool has_all_bits(std::int64_t row) const {
    return n_cols_ <= kBitsOfEntry * (pattern_.indptr[row + 1] - pattern_.indptr[row]);
  }

  std::int64_t bit_of(std::int64_t row, std::int32_t column) const {
    const std::int64_t start = starts()[row], n_words = starts()[row + 1] - start;
    const std::uint32_t shared = (static_cast<std::uint32_t>(column) * 0x9e3779b1u) >> 23;
    return start * 64 + (n_words == kSharedWords && n_cols_ > 512 ? shared : column);
  }

  // Halves without a branch: half of them would be mispredicted.
  bool search(std::int64_t row, std::int32_t column) const {
    const std::int32_t* low = pattern_.indices + pattern_.indptr[row];
    std::int64_t n = pattern_.indptr[row + 1] - pattern_.indptr[row];
    if (n == 0) return false;
    while (n > 1) {
      const std::int64_t half = n / 2;
      low = low[half] <= column ? low + half : low;
      n -= half;
    }
    return *low == column;
  }

  Pattern pattern_;
  std::int64_t n_cols_, n_rows_;
  Scratch<std::int64_t> starts_;
  Scratch<std::uint64_t> words_;
};

}  // namespace
