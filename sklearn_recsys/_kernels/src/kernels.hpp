// The table of kernels: what an instruction set offers, and what the bindings call.
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

struct Kernels {
  const char* instruction_set;
  // als_cg.hpp, als_cholesky.hpp, als_rows.hpp, outer_products.hpp
  Status (*als_half_step_cg)(const AlsHalfStep& task, int n_steps);
  Status (*als_half_step_cholesky)(const AlsHalfStep& task);
  Status (*als_loss)(const AlsHalfStep& task, double* loss);
  Status (*factor_gram)(const float* factors, std::int64_t n, int width, int n_threads,
                        float* gram);
};

const Kernels& kernels_baseline();
#ifdef RECSYS_X86_64
const Kernels& kernels_x86_64_v3();
#endif

// The kernels in use: the best that the processor has, unless a test asked for others.
const Kernels& kernels();
