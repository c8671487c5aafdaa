// Compiled once for each instruction set: RECSYS_KERNELS names the function that gives the table.
// SPDX-License-Identifier: BSD-3-Clause
#include "kernels.hpp"

#include "als_cg.hpp"
#include "als_cholesky.hpp"
#include "outer_products.hpp"

const Kernels& RECSYS_KERNELS() {
  static constexpr Kernels table{
      RECSYS_INSTRUCTION_SET,
      als_half_step_cg,
      als_half_step_cholesky,
      als_loss,
      factor_gram,
  };
  return table;
}
