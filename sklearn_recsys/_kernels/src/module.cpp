// The extension module: chooses the instruction set and gathers the bindings.
// SPDX-License-Identifier: BSD-3-Clause
#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <string>
#include <vector>

#include "bindings.hpp"
#include "kernels.hpp"

namespace nb = nanobind;
using namespace nanobind::literals;

namespace {

std::vector<const Kernels*> supported_kernels() {
  std::vector<const Kernels*> supported;
#ifdef RECSYS_X86_64
  __builtin_cpu_init();
  // The whole level, not AVX2 alone: the compiler may use any of its instructions.
  if (__builtin_cpu_supports("x86-64-v3")) supported.push_back(&kernels_x86_64_v3());
#endif
  supported.push_back(&kernels_baseline());
  return supported;
}

const Kernels*& chosen() {
  static const Kernels* table = supported_kernels().front();
  return table;
}

void use_instruction_set(const std::string& name) {
  for (const Kernels* table : supported_kernels())
    if (name == table->instruction_set) {
      chosen() = table;
      return;
    }
  throw nb::value_error(("this processor has no kernels for " + name).c_str());
}

}  // namespace

const Kernels& kernels() { return *chosen(); }

NB_MODULE(_native, module) {
  module.def("instruction_sets", [] {
    std::vector<std::string> names;
    for (const Kernels* table : supported_kernels()) names.emplace_back(table->instruction_set);
    return names;
  });
  module.def("instruction_set", [] { return std::string(kernels().instruction_set); });
  module.def("use_instruction_set", &use_instruction_set, "name"_a);
#ifdef _OPENMP
  module.attr("HAVE_OPENMP") = true;
#else
  module.attr("HAVE_OPENMP") = false;
#endif
  bind_als(module);
  bind_ranking(module);
  bind_pairs(module);
  bind_top_k(module);
  bind_gram(module);
  bind_dense(module);
  bind_regression(module);
  bind_embedding_sgd(module);
}
