// The table of kernels: what an instruction set offers, and what the bindings call.
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "tasks.hpp"

struct Kernels {
  const char* instruction_set;
  // als_cg.hpp, als_cholesky.hpp, als_rows.hpp, outer_products.hpp
  Status (*als_half_step_cg)(const AlsHalfStep& task, int n_steps);
  Status (*als_half_step_cholesky)(const AlsHalfStep& task);
  Status (*als_loss)(const AlsHalfStep& task, double* loss);
  Status (*factor_gram)(const float* factors, std::int64_t n, int width, int n_threads,
                        float* gram);
  // rating_half_step.hpp
  Status (*rating_half_step)(const RatingHalfStep& task);
  // ranking.hpp
  Status (*find_entries)(const std::int32_t* rows, const std::int32_t* columns, std::int64_t n,
                         Pattern stored, int n_threads, std::int64_t* found);
  Status (*auc_of_rows)(Judged judged, int n_threads, double* auc);
  Status (*first_ranks_of_rows)(Judged judged, const std::int32_t* tie_places, int n_threads,
                                std::int64_t* ranks);
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
  // top_k_factors.hpp, top_k_scores.hpp
  Status (*top_k_factors)(const Factors& users, const Factors& items, int width,
                          const Columns& columns, const Marks& marks, float bound, int n_threads,
                          const Lists& lists);
  Status (*top_k_scores)(const float* scores, const Columns& columns, const Marks& marks,
                         float bound, int n_threads, const Lists& lists);
  Status (*top_k_stored)(const Csr& scores, const Columns& columns, const Marks& marks,
                         float bound, int n_threads, const Lists& lists);
  Status (*top_k_similarity)(const Csr& history, const Csr& similarity, const Columns& columns,
                             const Marks& marks, float bound, int n_threads, const Lists& lists);
  // gram.hpp
  Status (*gram_top_k)(const Occurrences& occurrences, const Profiles& profiles,
                       const Formula& formula, const Heaps& lists, Rows rows, int n_threads);
  // dense_gram.hpp
  Status (*dense_gram)(const Csr& rows, const Csr& columns, Rows part, int n_threads, float* gram);
  // dense_product.hpp
  Status (*sparse_dense_product)(const Csr& rows, const float* matrix, std::int64_t n_inner,
                                 std::int64_t n_columns, int n_threads, float* product);
  // coordinate_descent.hpp, local_regression.hpp
  Status (*elastic_net_columns)(const float* gram, std::int64_t n, Rows columns,
                                const ElasticNet& net, int n_threads, float* weights,
                                std::int32_t* sweeps);
  Status (*local_ridge)(const LocalTask& task, const float* reg);
  Status (*local_elastic_net)(const LocalTask& task, const ElasticNet& net, std::int32_t* sweeps);
  // embedding_sgd.hpp
  Status (*embedding_sgd)(const SgdTask& task, double* losses);
};

const Kernels& kernels_baseline();
#ifdef RECSYS_X86_64
const Kernels& kernels_x86_64_v3();
#endif

// The kernels in use: the best that the processor has, unless a test asked for others.
const Kernels& kernels();
