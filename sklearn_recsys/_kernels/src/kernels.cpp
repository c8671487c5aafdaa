// Compiled once for each instruction set: RECSYS_KERNELS names the function that gives the table.
// SPDX-License-Identifier: BSD-3-Clause
#include "kernels.hpp"

#include "als.hpp"
#include "gram.hpp"

const Kernels& RECSYS_KERNELS() {
  static constexpr Kernels table{
      RECSYS_INSTRUCTION_SET,
      factor_gram,
      gram_top_k,
  };
  return table;
}
