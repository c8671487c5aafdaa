// SPDX-License-Identifier: BSD-3-Clause
#include "arrays.hpp"
#include "bindings.hpp"
#include "kernels.hpp"

namespace {

void bind_factor_gram(Matrix<float> factors, OutMatrix<float> gram, int n_threads) {
  const auto n = static_cast<std::int64_t>(factors.shape(0));
  const auto width = static_cast<std::int64_t>(factors.shape(1));
  check_shape(gram, width, width, "gram");
  check_threads(n_threads);
  const float* y = data_of(factors, "factors");
  float* out = data_of(gram, "gram");
  run([&] { return kernels().factor_gram(y, n, static_cast<int>(width), n_threads, out); });
}

}  // namespace

void bind_als(nb::module_& module) {
  module.def("factor_gram", &bind_factor_gram, "factors"_a.noconvert(), "gram"_a.noconvert(),
             nb::kw_only(), "n_threads"_a);
}
