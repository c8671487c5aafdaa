// Bindings of what judges rankings.
// SPDX-License-Identifier: BSD-3-Clause
#include "arrays.hpp"
#include "bindings.hpp"
#include "kernels.hpp"

namespace {

constexpr std::int64_t kAnyColumn = std::int64_t{1} << 31;

Pattern as_sorted(const Vector<std::int64_t>& indptr, const Vector<std::int32_t>& indices,
                  std::int64_t n_rows, std::int64_t n_columns, const char* name) {
  check_length(length(indptr), n_rows + 1, name);
  const Pattern pattern = as_pattern(indptr, indices, {0, n_rows}, n_columns, name);
  check_increasing(pattern, n_rows, "indices");
  return pattern;
}

void bind_find_entries(Vector<std::int32_t> rows, Vector<std::int32_t> columns,
                       Vector<std::int64_t> indptr, Vector<std::int32_t> indices,
                       OutVector<std::int64_t> found, int n_threads) {
  const std::int64_t n = length(rows);
  const std::int64_t n_rows = count_rows(indptr, "indptr");
  check_length(length(columns), n, "columns");
  check_length(length(found), n, "found");
  check_threads(n_threads);
  const Pattern stored = as_sorted(indptr, indices, n_rows, kAnyColumn, "indptr");
  const std::int32_t* asked_rows = data_of(rows, "rows");
  const std::int32_t* asked_columns = data_of(columns, "columns");
  bool inside = true;
  for (std::int64_t k = 0; k < n; ++k) inside &= asked_rows[k] < n_rows;
  if (!inside) refuse("rows must be below " + std::to_string(n_rows) + ".");
  std::int64_t* out = data_of(found, "found");
  run([&] {
    return kernels().find_entries(asked_rows, asked_columns, n, stored, n_threads, out);
  });
}

Judged as_judged(const Matrix<float>& scores, const Vector<std::int64_t>& places,
                 const Vector<std::int64_t>& indptr, const Vector<std::int32_t>& indices,
                 const Vector<std::int64_t>& hidden_indptr,
                 const Vector<std::int32_t>& hidden_indices) {
  const std::int64_t n_rows = length(scores);
  const auto n_columns = static_cast<std::int64_t>(scores.shape(1));
  const std::int64_t n_wanted = count_rows(indptr, "indptr");
  check_length(length(places), n_rows, "places");
  const std::int64_t* wanted_rows = data_of(places, "places");
  check_within(wanted_rows, n_rows, 0, n_wanted, "places");
  return {data_of(scores, "scores"),
          n_rows,
          n_columns,
          wanted_rows,
          as_sorted(indptr, indices, n_wanted, kAnyColumn, "indptr"),
          as_sorted(hidden_indptr, hidden_indices, n_rows, n_columns, "hidden_indptr")};
}

void bind_auc_of_rows(Matrix<float> scores, Vector<std::int64_t> places,
                      Vector<std::int64_t> indptr, Vector<std::int32_t> indices,
                      Vector<std::int64_t> hidden_indptr, Vector<std::int32_t> hidden_indices,
                      OutVector<double> auc, int n_threads) {
  const Judged judged =
      as_judged(scores, places, indptr, indices, hidden_indptr, hidden_indices);
  check_length(length(auc), judged.n_rows, "auc");
  check_threads(n_threads);
  double* out = data_of(auc, "auc");
  run([&] { return kernels().auc_of_rows(judged, n_threads, out); });
}

void bind_first_ranks_of_rows(Matrix<float> scores, Vector<std::int32_t> tie_places,
                              Vector<std::int64_t> places, Vector<std::int64_t> indptr,
                              Vector<std::int32_t> indices, Vector<std::int64_t> hidden_indptr,
                              Vector<std::int32_t> hidden_indices, OutVector<std::int64_t> ranks,
                              int n_threads) {
  const Judged judged =
      as_judged(scores, places, indptr, indices, hidden_indptr, hidden_indices);
  check_length(length(tie_places), judged.n_columns, "tie_places");
  check_length(length(ranks), judged.n_rows, "ranks");
  check_threads(n_threads);
  const std::int32_t* ties = data_of(tie_places, "tie_places");
  std::int64_t* out = data_of(ranks, "ranks");
  run([&] { return kernels().first_ranks_of_rows(judged, ties, n_threads, out); });
}

}  // namespace

void bind_ranking(nb::module_& module) {
  module.def("find_entries", &bind_find_entries, "rows"_a.noconvert(), "columns"_a.noconvert(),
             "indptr"_a.noconvert(), "indices"_a.noconvert(), "found"_a.noconvert(),
             nb::kw_only(), "n_threads"_a);
  module.def("auc_of_rows", &bind_auc_of_rows, "scores"_a.noconvert(), "places"_a.noconvert(),
             "indptr"_a.noconvert(), "indices"_a.noconvert(), "hidden_indptr"_a.noconvert(),
             "hidden_indices"_a.noconvert(), "auc"_a.noconvert(), nb::kw_only(), "n_threads"_a);
  module.def("first_ranks_of_rows", &bind_first_ranks_of_rows, "scores"_a.noconvert(),
             "tie_places"_a.noconvert(), "places"_a.noconvert(), "indptr"_a.noconvert(),
             "indices"_a.noconvert(), "hidden_indptr"_a.noconvert(),
             "hidden_indices"_a.noconvert(), "ranks"_a.noconvert(), nb::kw_only(), "n_threads"_a);
}
