// Compiled once for each instruction set: RECSYS_KERNELS names the function that gives the table.
// SPDX-License-Identifier: BSD-3-Clause
#include "kernels.hpp"

#include "als.hpp"
#include "top_k.hpp"

const Kernels& RECSYS_KERNELS() {
  static constexpr Kernels table{
      RECSYS_INSTRUCTION_SET,
      factor_gram,
      top_k_factors,
      top_k_scores,
      top_k_stored,
      top_k_similarity,
  };
  return table;
}
