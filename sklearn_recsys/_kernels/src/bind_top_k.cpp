// Bindings of the best columns of rows.
// SPDX-License-Identifier: BSD-3-Clause
#include "arrays.hpp"
#include "bindings.hpp"
#include "kernels.hpp"

namespace {

using Codes = Vector<std::int32_t>;
using Pointers = Vector<std::int64_t>;

Columns as_columns(const Codes& codes, std::int64_t n_codes) {
  const std::int32_t* data = data_of(codes, "columns");
  check_within(data, length(codes), 0, n_codes, "columns");
  return {data, length(codes), n_codes};
}

Marks as_marks(const Pointers& indptr, const Codes& indices, bool only, std::int64_t n_rows,
               std::int64_t n_columns) {
  check_length(length(indptr), n_rows + 1, "marked_indptr");
  return {as_pattern(indptr, indices, {0, n_rows}, n_columns, "marked_indptr"), only};
}

Lists as_lists(const OutMatrix<std::int32_t>& codes, const OutMatrix<float>& scores,
               std::int64_t n_rows) {
  const auto k = static_cast<std::int64_t>(codes.shape(1));
  if (k < 1 || k > (1 << 28)) refuse("found must have between 1 and 2**28 columns.");
  check_shape(codes, n_rows, k, "found");
  check_shape(scores, n_rows, k, "scores");
  return {data_of(codes, "found"), data_of(scores, "scores"), n_rows, static_cast<int>(k)};
}

void check_bound(float bound) {
  if (!(bound > 0)) refuse("bound must be positive.");
}

Factors as_factors(const Matrix<float>& vectors, const Optional<float>& biases,
                   const char* name) {
  const std::int64_t n = length(vectors);
  return {data_of(vectors, name), data_of(biases, n, "biases"), n};
}

void bind_top_k_factors(Matrix<float> users, Optional<float> user_biases,
                        Matrix<float> items, Optional<float> item_biases,
                        Codes columns, Pointers marked_indptr, Codes marked_indices,
                        OutMatrix<std::int32_t> found, OutMatrix<float> scores, bool only_marked,
                        float bound, int n_threads) {
  const Factors left = as_factors(users, user_biases, "users");
  const Factors right = as_factors(items, item_biases, "items");
  const auto width = static_cast<std::int64_t>(users.shape(1));
  check_shape(items, right.n, width, "items");
  if (!left.biases != !right.biases) refuse("user_biases and item_biases must be given together.");
  if (width > (1 << 20)) refuse("users must have at most 2**20 columns.");
  check_bound(bound);
  check_threads(n_threads);
  const Columns named = as_columns(columns, right.n);
  const Marks marks = as_marks(marked_indptr, marked_indices, only_marked, left.n, right.n);
  const Lists lists = as_lists(found, scores, left.n);
  run([&] {
    return kernels().top_k_factors(left, right, static_cast<int>(width), named, marks, bound,
                                   n_threads, lists);
  });
}

void bind_top_k_scores(Matrix<float> given, Codes columns, Pointers marked_indptr,
                       Codes marked_indices, OutMatrix<std::int32_t> found,
                       OutMatrix<float> scores, bool only_marked, float bound, int n_threads) {
  const std::int64_t n_rows = length(given), n_codes = static_cast<std::int64_t>(given.shape(1));
  check_bound(bound);
  check_threads(n_threads);
  const Columns named = as_columns(columns, n_codes);
  const Marks marks = as_marks(marked_indptr, marked_indices, only_marked, n_rows, n_codes);
  const Lists lists = as_lists(found, scores, n_rows);
  const float* data = data_of(given, "given");
  run([&] { return kernels().top_k_scores(data, named, marks, bound, n_threads, lists); });
}

void bind_top_k_stored(Pointers indptr, Codes indices, Vector<float> values, Codes columns,
                       Pointers marked_indptr, Codes marked_indices,
                       OutMatrix<std::int32_t> found, OutMatrix<float> scores,
                       std::int64_t n_columns, bool only_marked, float bound, int n_threads) {
  const std::int64_t n_rows = count_rows(indptr, "indptr");
  check_bound(bound);
  check_threads(n_threads);
  const Csr stored = as_csr(indptr, indices, values, {0, n_rows}, n_columns);
  const Columns named = as_columns(columns, n_columns);
  const Marks marks = as_marks(marked_indptr, marked_indices, only_marked, n_rows, n_columns);
  const Lists lists = as_lists(found, scores, n_rows);
  run([&] { return kernels().top_k_stored(stored, named, marks, bound, n_threads, lists); });
}

void bind_top_k_similarity(Pointers history_indptr, Codes history_indices,
                           Vector<float> history_values, Pointers similarity_indptr,
                           Codes similarity_indices, Vector<float> similarity_values,
                           Codes columns, Pointers marked_indptr, Codes marked_indices,
                           OutMatrix<std::int32_t> found, OutMatrix<float> scores,
                           std::int64_t n_columns, bool only_marked, float bound, int n_threads) {
  const std::int64_t n_rows = count_rows(history_indptr, "history_indptr");
  const std::int64_t n_inner = count_rows(similarity_indptr, "similarity_indptr");
  check_bound(bound);
  check_threads(n_threads);
  const Csr history =
      as_csr(history_indptr, history_indices, history_values, {0, n_rows}, n_inner);
  const Csr similarity =
      as_csr(similarity_indptr, similarity_indices, similarity_values, {0, n_inner}, n_columns);
  const Columns named = as_columns(columns, n_columns);
  const Marks marks = as_marks(marked_indptr, marked_indices, only_marked, n_rows, n_columns);
  const Lists lists = as_lists(found, scores, n_rows);
  run([&] {
    return kernels().top_k_similarity(history, similarity, named, marks, bound, n_threads, lists);
  });
}

}  // namespace

void bind_top_k(nb::module_& module) {
  module.def("top_k_factors", &bind_top_k_factors, "users"_a.noconvert(),
             "user_biases"_a.noconvert().none(), "items"_a.noconvert(),
             "item_biases"_a.noconvert().none(), "columns"_a.noconvert(),
             "marked_indptr"_a.noconvert(), "marked_indices"_a.noconvert(), "found"_a.noconvert(),
             "scores"_a.noconvert(), nb::kw_only(), "only_marked"_a, "bound"_a, "n_threads"_a);
  module.def("top_k_scores", &bind_top_k_scores, "given"_a.noconvert(), "columns"_a.noconvert(),
             "marked_indptr"_a.noconvert(), "marked_indices"_a.noconvert(), "found"_a.noconvert(),
             "scores"_a.noconvert(), nb::kw_only(), "only_marked"_a, "bound"_a, "n_threads"_a);
  module.def("top_k_stored", &bind_top_k_stored, "indptr"_a.noconvert(), "indices"_a.noconvert(),
             "values"_a.noconvert(), "columns"_a.noconvert(), "marked_indptr"_a.noconvert(),
             "marked_indices"_a.noconvert(), "found"_a.noconvert(), "scores"_a.noconvert(),
             nb::kw_only(), "n_columns"_a, "only_marked"_a, "bound"_a, "n_threads"_a);
  module.def("top_k_similarity", &bind_top_k_similarity, "history_indptr"_a.noconvert(),
             "history_indices"_a.noconvert(), "history_values"_a.noconvert(),
             "similarity_indptr"_a.noconvert(), "similarity_indices"_a.noconvert(),
             "similarity_values"_a.noconvert(), "columns"_a.noconvert(),
             "marked_indptr"_a.noconvert(), "marked_indices"_a.noconvert(), "found"_a.noconvert(),
             "scores"_a.noconvert(), nb::kw_only(), "n_columns"_a, "only_marked"_a, "bound"_a,
             "n_threads"_a);
}
