// The table of kernels: what an instruction set offers, and what the bindings call.
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "lists.hpp"
#include "platform.hpp"

struct Kernels {
  const char* instruction_set;
  // als.hpp
  Status (*factor_gram)(const float* factors, std::int64_t n, int width, int n_threads,
                        float* gram);
  // top_k.hpp
  Status (*top_k_factors)(const Factors& users, const Factors& items, int width,
                          const Columns& columns, const Marks& marks, float bound, int n_threads,
                          const Lists& lists);
  Status (*top_k_scores)(const float* scores, const Columns& columns, const Marks& marks,
                         float bound, int n_threads, const Lists& lists);
  Status (*top_k_stored)(const Csr& scores, const Columns& columns, const Marks& marks,
                         float bound, int n_threads, const Lists& lists);
  Status (*top_k_similarity)(const Csr& history, const Csr& similarity, const Columns& columns,
                             const Marks& marks, float bound, int n_threads, const Lists& lists);
};

const Kernels& kernels_baseline();
#ifdef RECSYS_X86_64
const Kernels& kernels_x86_64_v3();
#endif

// The kernels in use: the best that the processor has, unless a test asked for others.
const Kernels& kernels();
