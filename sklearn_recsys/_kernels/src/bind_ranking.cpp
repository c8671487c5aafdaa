// SPDX-License-Identifier: BSD-3-Clause
#include "arrays.hpp"
#include "bindings.hpp"
#include "kernels.hpp"

namespace {

constexpr std::int64_t kAnyColumn = std::int64_t{1} << 31;

Pattern as_pattern(const Vector<std::int64_t>& indptr, const Vector<std::int32_t>& indices,
                   std::int64_t n_rows, std::int64_t n_columns, const char* name) {
  check_length(static_cast<std::int64_t>(indptr.shape(0)), n_rows + 1, name);
  const auto n_stored = static_cast<std::int64_t>(indices.shape(0));
  const std::int64_t* pointers = data_of(indptr, name);
  const std::int32_t* columns = data_of(indices, name);
  bool ordered = pointers[0] >= 0 && pointers[n_rows] <= n_stored;
  for (std::int64_t row = 0; row < n_rows; ++row) ordered &= pointers[row] <= pointers[row + 1];
  if (!ordered) refuse(std::string(name) + " must not decrease, and must point into the indices.");
  bool valid = true;
  for (std::int64_t row = 0; row < n_rows; ++row) {
    std::int64_t previous = -1;
    for (std::int64_t k = pointers[row]; k < pointers[row + 1]; ++k) {
      valid &= columns[k] > previous && columns[k] < n_columns;
      previous = columns[k];
    }
  }
  if (!valid)
    refuse(std::string("in each row of ") + name + " the indices must increase, within 0.." +
           std::to_string(n_columns - 1) + ".");
  return {pointers, columns};
}

std::int64_t count_rows(const Vector<std::int64_t>& indptr, const char* name) {
  if (indptr.shape(0) == 0) refuse(std::string(name) + " must not be empty.");
  return static_cast<std::int64_t>(indptr.shape(0)) - 1;
}

void bind_find_entries(Vector<std::int32_t> rows, Vector<std::int32_t> columns,
                       Vector<std::int64_t> indptr, Vector<std::int32_t> indices,
                       OutVector<std::int64_t> found, int n_threads) {
  const auto n = static_cast<std::int64_t>(rows.shape(0));
  const std::int64_t n_rows = count_rows(indptr, "indptr");
  check_length(static_cast<std::int64_t>(columns.shape(0)), n, "columns");
  check_length(static_cast<std::int64_t>(found.shape(0)), n, "found");
  check_threads(n_threads);
  const Pattern stored = as_pattern(indptr, indices, n_rows, kAnyColumn, "indptr");
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
  const auto n_rows = static_cast<std::int64_t>(scores.shape(0));
  const auto n_columns = static_cast<std::int64_t>(scores.shape(1));
  const std::int64_t n_wanted = count_rows(indptr, "indptr");
  check_length(static_cast<std::int64_t>(places.shape(0)), n_rows, "places");
  const std::int64_t* wanted_rows = data_of(places, "places");
  bool inside = true;
  for (std::int64_t row = 0; row < n_rows; ++row)
    inside &= wanted_rows[row] >= 0 && wanted_rows[row] < n_wanted;
  if (!inside) refuse("places must be within 0.." + std::to_string(n_wanted - 1) + ".");
  return {data_of(scores, "scores"),
          n_rows,
          n_columns,
          wanted_rows,
          as_pattern(indptr, indices, n_wanted, kAnyColumn, "indptr"),
          as_pattern(hidden_indptr, hidden_indices, n_rows, n_columns, "hidden_indptr")};
}

void bind_auc_of_rows(Matrix<float> scores, Vector<std::int64_t> places,
                      Vector<std::int64_t> indptr, Vector<std::int32_t> indices,
                      Vector<std::int64_t> hidden_indptr, Vector<std::int32_t> hidden_indices,
                      OutVector<double> auc, int n_threads) {
  const Judged judged =
      as_judged(scores, places, indptr, indices, hidden_indptr, hidden_indices);
  check_length(static_cast<std::int64_t>(auc.shape(0)), judged.n_rows, "auc");
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
  check_length(static_cast<std::int64_t>(tie_places.shape(0)), judged.n_columns, "tie_places");
  check_length(static_cast<std::int64_t>(ranks.shape(0)), judged.n_rows, "ranks");
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
