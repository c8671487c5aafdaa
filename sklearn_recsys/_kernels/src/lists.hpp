// What the kernels of ranking are asked, and the lists that they answer.
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>

// Vectors of users or of items, and what is added to all scores of each; biases may be missing.
struct Factors {
  const float* vectors;
  const float* biases;
  std::int64_t n;
};

// Columns that may be named, in tie order: the first of those with equal scores is the best.
struct Columns {
  const std::int32_t* codes;
  std::int64_t n;
  std::int64_t n_codes;  // codes are below this number
};

// For each row, columns that are barred from its list or, with `only`, the only ones in it.
struct Marks {
  const std::int64_t* indptr;
  const std::int32_t* indices;
  bool only;
};

// The lists: k codes a row, -1 where a list ends early, and their scores.
struct Lists {
  std::int32_t* codes;
  float* scores;
  std::int64_t n_rows;
  int k;
};
