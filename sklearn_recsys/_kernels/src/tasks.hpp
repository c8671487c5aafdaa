// What the kernels are asked and what they answer: plain structs, by family.
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "platform.hpp"

// What observations weigh: base + alpha |value|; all other pairs weigh `unobserved`.
struct AlsWeights {
  float base;
  float alpha;
  float unobserved;
};

// Half an iteration of alternating least squares: new vectors for some rows of a matrix.
struct AlsHalfStep {
  Csr matrix;
  Rows rows;
  AlsWeights weights;
  const float* fixed;  // vectors of the columns, each of `width` floats
  const float* gram;
  const float* reg;
  float* factors;
  int width;
  int n_threads;
};

// Half an iteration of alternating least squares of ratings: new vectors for some rows of a matrix.
struct RatingHalfStep {
  Csr matrix;
  Rows rows;
  const float* weights;  // of the entries
  const float* fixed;    // vectors of the columns, each of `width` floats
  const float* offsets;  // of the columns
  const float* scale;    // of the rows
  const float* reg;      // of the `width` components
  float* factors;
  double* errors;
  int width;
  int n_threads;
};

// The scores of many rows, some of them hidden, and the items wanted; row r wants those of the
// row places[r]. Columns increase within each row; wanted ones beyond the scores' do not count.
struct Judged {
  const float* scores;
  std::int64_t n_rows;
  std::int64_t n_columns;
  const std::int64_t* places;
  Pattern wanted;
  Pattern hidden;
};

// Entries of a matrix by row, in which a pair may have several; places point into the table.
template <class Place>
struct Places {
  const std::int64_t* indptr;
  const std::int32_t* indices;
  Place* places;
  std::int64_t n;
};

// What the places point to; weights may be null, which is 1 for each.
struct Weighted {
  const double* values;
  const double* weights;
};

// A matrix that gets one entry for each distinct pair, and the summed weights.
struct Merged {
  const std::int64_t* indptr;
  std::int32_t* indices;
  float* totals;
  float* sums;
};

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
struct Marks : Pattern {
  bool only;
};

// The lists: k codes a row, -1 where a list ends early, and their scores.
struct Lists {
  std::int32_t* codes;
  float* scores;
  std::int64_t n_rows;
  int k;
};

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
struct Heaps {
  std::uint64_t* keys;
  int length;
};

// What a regression pays for its weights w: l1 |w| + l2 w^2 / 2, negative ones perhaps forbidden; and
// when coordinate descent ends: after so many sweeps, or where no gradient exceeds tol times the
// largest at the start.
struct ElasticNet {
  float l1;
  float l2;
  bool positive;
  int max_iter;
  float tol;
};

// Regressions of columns of a matrix on others of them, the candidates of each.
struct LocalTask {
  Csr columns;  // by column; values may be null, which is 1 for all
  std::int64_t n_rows;
  Pattern candidates;
  const std::int32_t* order;  // `rows` are places in it: columns to regress
  Rows rows;
  float* weights;  // one for each candidate
  int n_threads;
};

// What stochastic gradients learn from: pairs of a row and a column. What is drawn for one depends
// on its key.
struct Examples {
  const std::int32_t* rows;
  const std::int32_t* cols;
  const float* weights;
  const std::int32_t* keys;
};

// The features of one side's rows and the vectors that stand for them: components, the bias, and
// zeros up to the width. Without `indptr` row r is the feature r itself; without `updates` the
// steps are Adagrad's.
struct Embedding {
  const std::int64_t* indptr;
  const std::int32_t* indices;
  const float* values;
  std::int64_t n_rows;
  std::int64_t n_features;
  float* vectors;
  float* squares;
  float* updates;
  float reg;
};

enum class SgdLoss { warp, bpr, logistic, warp_kos };

// Rounds of stochastic gradients; round r holds the examples bounds[r]..bounds[r+1].
struct SgdTask {
  Examples examples;
  const std::int64_t* bounds;
  std::int64_t n_rounds;
  Pattern seen;   // never drawn against their row
  Pattern liked;  // what the k-th best is chosen from, and what that weighs
  const float* liked_weights;
  const std::int32_t* pool;  // columns to draw from
  std::int64_t pool_size;
  const float* log_ranks;  // by the number of draws
  Embedding users;
  Embedding items;
  SgdLoss loss;
  float learning_rate;
  float rho;
  float epsilon;
  int max_sampled;
  int kth;
  int n_positives;
  std::uint64_t seed;
  bool learn_items;
  int n_components;
  int width;
  int n_threads;
};
