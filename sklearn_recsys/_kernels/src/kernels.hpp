// The table of kernels: what an instruction set offers, and what the bindings call.
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "platform.hpp"

struct Kernels {
  const char* instruction_set;
  // als.hpp
  Status (*factor_gram)(const float* factors, std::int64_t n, int width, int n_threads,
                        float* gram);
  // pairs.hpp
  Status (*mark_ids_32)(const std::int32_t* ids, std::int64_t n, std::int64_t low,
                        std::uint8_t* present);
  Status (*mark_ids_64)(const std::int64_t* ids, std::int64_t n, std::int64_t low,
                        std::uint8_t* present);
  Status (*look_up_ids_32)(const std::int32_t* ids, std::int64_t n, std::int64_t low,
                           const std::int32_t* table, std::int64_t size, std::int32_t* codes);
  Status (*look_up_ids_64)(const std::int64_t* ids, std::int64_t n, std::int64_t low,
                           const std::int32_t* table, std::int64_t size, std::int32_t* codes);
  Status (*sort_pairs_32)(const std::int32_t* rows, const std::int32_t* cols, std::int64_t n,
                          std::int64_t n_rows, std::int64_t n_columns, std::int64_t* indptr,
                          std::int64_t* distinct, std::int32_t* indices, std::int32_t* places);
  Status (*sort_pairs_64)(const std::int32_t* rows, const std::int32_t* cols, std::int64_t n,
                          std::int64_t n_rows, std::int64_t n_columns, std::int64_t* indptr,
                          std::int64_t* distinct, std::int32_t* indices, std::int64_t* places);
  Status (*merge_sorted_pairs_32)(Places<std::int32_t> sorted, Weighted table, Rows rows, bool mean,
                                  int n_threads, Merged merged);
  Status (*merge_sorted_pairs_64)(Places<std::int64_t> sorted, Weighted table, Rows rows, bool mean,
                                  int n_threads, Merged merged);
  Status (*transpose_csr)(Csr matrix, std::int64_t n_columns, int n_threads, OutCsr out);
};

const Kernels& kernels_baseline();
#ifdef RECSYS_X86_64
const Kernels& kernels_x86_64_v3();
#endif

// The kernels in use: the best that the processor has, unless a test asked for others.
const Kernels& kernels();
