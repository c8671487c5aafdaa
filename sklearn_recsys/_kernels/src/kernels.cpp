// Compiled once for each instruction set: RECSYS_KERNELS names the function that gives the table.
// SPDX-License-Identifier: BSD-3-Clause
#include "kernels.hpp"

#include "als_cg.hpp"
#include "als_cholesky.hpp"
#include "coordinate_descent.hpp"
#include "dense_gram.hpp"
#include "dense_product.hpp"
#include "embedding_sgd.hpp"
#include "gram.hpp"
#include "local_regression.hpp"
#include "outer_products.hpp"
#include "pairs.hpp"
#include "ranking.hpp"
#include "rating_half_step.hpp"
#include "top_k_factors.hpp"
#include "top_k_scores.hpp"

const Kernels& RECSYS_KERNELS() {
  static constexpr Kernels table{
      RECSYS_INSTRUCTION_SET,
      als_half_step_cg,
      als_half_step_cholesky,
      als_loss,
      factor_gram,
      rating_half_step,
      find_entries,
      auc_of_rows,
      first_ranks_of_rows,
      mark_ids<std::int32_t>,
      mark_ids<std::int64_t>,
      look_up_ids<std::int32_t>,
      look_up_ids<std::int64_t>,
      sort_pairs<std::int32_t>,
      sort_pairs<std::int64_t>,
      merge_sorted_pairs<std::int32_t>,
      merge_sorted_pairs<std::int64_t>,
      top_k_factors,
      top_k_scores,
      top_k_stored,
      top_k_similarity,
      gram_top_k,
      dense_gram,
      sparse_dense_product,
      elastic_net_columns,
      local_ridge,
      local_elastic_net,
      embedding_sgd,
  };
  return table;
}
