// Bindings of dense matrices made of sparse ones.
// SPDX-License-Identifier: BSD-3-Clause
#include "arrays.hpp"
#include "bindings.hpp"
#include "kernels.hpp"

namespace {

using Codes = Vector<std::int32_t>;
using Pointers = Vector<std::int64_t>;

void bind_dense_gram(Pointers indptr, Codes indices, Optional<float> values,
                     Pointers column_indptr, Codes column_rows, Optional<float> column_values,
                     OutMatrix<float> gram, std::int64_t start, std::int64_t stop,
                     int n_threads) {
  const std::int64_t n_rows = count_rows(indptr, "indptr");
  const std::int64_t n_columns = count_rows(column_indptr, "column_indptr");
  if (!values != !column_values) refuse("values and column_values must be given together.");
  check_shape(gram, n_columns, n_columns, "gram");
  check_threads(n_threads);
  const Rows part{start, stop};
  check_rows(part, n_columns);
  const Pattern own = as_pattern(indptr, indices, {0, n_rows}, n_columns);
  const Pattern across = as_pattern(column_indptr, column_rows, part, n_rows, "column_indptr");
  const Csr rows{own.indptr, own.indices, data_of(values, length(indices), "values"), n_rows};
  const Csr columns{across.indptr, across.indices,
                    data_of(column_values, length(column_rows), "column_values"), n_columns};
  float* data = data_of(gram, "gram");
  run([&] { return kernels().dense_gram(rows, columns, part, n_threads, data); });
}

void bind_sparse_dense_product(Pointers indptr, Codes indices, Vector<float> values,
                               Matrix<float> matrix, OutMatrix<float> product, int n_threads) {
  const std::int64_t n_rows = count_rows(indptr, "indptr"), n_inner = length(matrix);
  const auto n_columns = static_cast<std::int64_t>(matrix.shape(1));
  check_shape(product, n_rows, n_columns, "product");
  check_threads(n_threads);
  const Csr rows = as_csr(indptr, indices, values, {0, n_rows}, n_inner);
  const float* data = data_of(matrix, "matrix");
  float* out = data_of(product, "product");
  run([&] {
    return kernels().sparse_dense_product(rows, data, n_inner, n_columns, n_threads, out);
  });
}

}  // namespace

void bind_dense(nb::module_& module) {
  module.def("dense_gram", &bind_dense_gram, "indptr"_a.noconvert(), "indices"_a.noconvert(),
             "values"_a.none().noconvert(), "column_indptr"_a.noconvert(),
             "column_rows"_a.noconvert(), "column_values"_a.none().noconvert(),
             "gram"_a.noconvert(), nb::kw_only(), "start"_a, "stop"_a, "n_threads"_a);
  module.def("sparse_dense_product", &bind_sparse_dense_product, "indptr"_a.noconvert(),
             "indices"_a.noconvert(), "values"_a.noconvert(), "matrix"_a.noconvert(),
             "product"_a.noconvert(), nb::kw_only(), "n_threads"_a);
}
