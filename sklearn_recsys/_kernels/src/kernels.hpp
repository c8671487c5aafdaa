// The table of kernels: what an instruction set offers, and what the bindings call.
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "platform.hpp"

// The entries of each row: which columns, and how many earlier rows each column has.
struct Occurrences {
  const std::int64_t* indptr;
  const std::int32_t* columns;
  const std::int32_t* places;
  std::int64_t n_rows;
};

// The same matrix by columns, its rows in order. What is null is 1 for all.
struct Profiles {
  const std::int64_t* indptr;
  const std::int32_t* rows;
  const float* values;
  const std::uint8_t* members;
  const float* weights;  // one for each column
};

// How a product p and a support c become the similarity of rows i and j, s(i, j) =
// p left[i] right[j], or with `ratio` c / (c + alpha (left[i] - c) + beta (right[j] - c)),
// times c / (c + shrinkage).
struct Formula {
  const double* left;
  const double* right;
  double alpha;
  double beta;
  double shrinkage;
  bool ratio;
  bool symmetric;
};

// The largest similarities of each row so far as keys, the worst first: a heap of `length` entries,
// of which zeros are empty places.
struct Lists {
  std::uint64_t* keys;
  int length;
};

struct Kernels {
  const char* instruction_set;
  // als.hpp
  Status (*factor_gram)(const float* factors, std::int64_t n, int width, int n_threads,
                        float* gram);
  // gram.hpp
  Status (*gram_top_k)(const Occurrences& occurrences, const Profiles& profiles,
                       const Formula& formula, const Lists& lists, Rows rows, int n_threads);
};

const Kernels& kernels_baseline();
#ifdef RECSYS_X86_64
const Kernels& kernels_x86_64_v3();
#endif

// The kernels in use: the best that the processor has, unless a test asked for others.
const Kernels& kernels();
