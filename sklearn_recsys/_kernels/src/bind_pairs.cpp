// Bindings of pairs of codes.
// SPDX-License-Identifier: BSD-3-Clause
#include <limits>

#include "arrays.hpp"
#include "bindings.hpp"
#include "kernels.hpp"

namespace {

void check_codes(std::int64_t n, const char* name) {
  if (n < 0 || n > std::numeric_limits<std::int32_t>::max())
    refuse(std::string(name) + " must be within 0..2147483647, got " + std::to_string(n) + ".");
}

template <class Id>
void bind_mark_ids(Vector<Id> ids, OutVector<std::uint8_t> present, std::int64_t low,
                   int n_threads) {
  check_threads(n_threads);
  const Id* values = data_of(ids, "ids");
  const std::int64_t n = length(ids);
  check_within(values, n, low, length(present), "ids");
  std::uint8_t* out = present.data();
  run([&] {
    if constexpr (sizeof(Id) == 4)
      return kernels().mark_ids_32(values, n, low, out);
    else
      return kernels().mark_ids_64(values, n, low, out);
  });
}

template <class Id>
void bind_look_up_ids(Vector<Id> ids, Vector<std::int32_t> table, OutVector<std::int32_t> codes,
                      std::int64_t low, int n_threads) {
  check_threads(n_threads);
  const Id* values = data_of(ids, "ids");
  const std::int64_t n = length(ids), size = length(table);
  check_length(length(codes), n, "codes");
  const std::int32_t* from = data_of(table, "table");
  std::int32_t* out = data_of(codes, "codes");
  run([&] {
    if constexpr (sizeof(Id) == 4)
      return kernels().look_up_ids_32(values, n, low, from, size, out);
    else
      return kernels().look_up_ids_64(values, n, low, from, size, out);
  });
}

template <class Place>
void bind_sort_pairs(Vector<std::int32_t> rows, Vector<std::int32_t> cols,
                     OutVector<std::int64_t> indptr, OutVector<std::int64_t> distinct,
                     OutVector<std::int32_t> indices, OutVector<Place> places,
                     std::int64_t n_columns, int n_threads) {
  check_threads(n_threads);
  check_codes(n_columns, "n_columns");
  const std::int64_t n = length(rows), n_rows = length(indptr) - 1;
  check_codes(n_rows, "the number of rows");
  if (n - 1 > static_cast<std::int64_t>(std::numeric_limits<Place>::max()))
    refuse("places must be of int64, where there are so many pairs.");
  check_length(length(cols), n, "cols");
  check_length(length(distinct), n_rows + 1, "distinct");
  check_length(length(indices), n, "indices");
  check_length(length(places), n, "places");
  const std::int32_t *of_rows = data_of(rows, "rows"), *of_cols = data_of(cols, "cols");
  check_within(of_rows, n, 0, n_rows, "rows");
  check_within(of_cols, n, 0, n_columns, "cols");
  std::int64_t *pointers = data_of(indptr, "indptr"), *kept = data_of(distinct, "distinct");
  std::int32_t* columns = data_of(indices, "indices");
  Place* out = data_of(places, "places");
  run([&] {
    if constexpr (sizeof(Place) == 4)
      return kernels().sort_pairs_32(of_rows, of_cols, n, n_rows, n_columns, pointers, kept,
                                     columns, out);
    else
      return kernels().sort_pairs_64(of_rows, of_cols, n, n_rows, n_columns, pointers, kept,
                                     columns, out);
  });
}

template <class Place>
void bind_merge_sorted_pairs(Vector<std::int64_t> indptr, Vector<std::int32_t> indices,
                             OutVector<Place> places, Vector<double> values,
                             Optional<double> weights, Vector<std::int64_t> merged_indptr,
                             OutVector<std::int32_t> merged_indices, OutVector<float> totals,
                             OutVector<float> sums, bool mean, std::int64_t start,
                             std::int64_t stop, int n_threads) {
  check_threads(n_threads);
  const std::int64_t n_rows = count_rows(indptr, "indptr"), n_merged = length(merged_indices);
  const Rows rows{start, stop};
  check_rows(rows, n_rows);
  check_length(length(indices), length(places), "indices");
  check_length(length(merged_indptr), n_rows + 1, "merged_indptr");
  check_length(length(totals), n_merged, "totals");
  check_length(length(sums), n_merged, "sums");
  const Places<Place> sorted{
      pointers_of(indptr, {0, n_rows}, length(indices), "indptr"),
      data_of(indices, "indices"), data_of(places, "places"), length(places)};
  const std::int64_t first = sorted.indptr[start];
  check_within(sorted.places + first, sorted.indptr[stop] - first, 0, length(values), "places");
  const Weighted table{data_of(values, "values"), data_of(weights, length(values), "weights")};
  const Merged merged{
      pointers_of(merged_indptr, {0, n_rows}, n_merged, "merged_indptr"),
      data_of(merged_indices, "merged_indices"), data_of(totals, "totals"), data_of(sums, "sums")};
  run([&] {
    if constexpr (sizeof(Place) == 4)
      return kernels().merge_sorted_pairs_32(sorted, table, rows, mean, n_threads, merged);
    else
      return kernels().merge_sorted_pairs_64(sorted, table, rows, mean, n_threads, merged);
  });
}

template <class Id>
void bind_ids(nb::module_& module) {
  module.def("mark_ids", &bind_mark_ids<Id>, "ids"_a.noconvert(), "present"_a.noconvert(),
             nb::kw_only(), "low"_a, "n_threads"_a);
  module.def("look_up_ids", &bind_look_up_ids<Id>, "ids"_a.noconvert(), "table"_a.noconvert(),
             "codes"_a.noconvert(), nb::kw_only(), "low"_a, "n_threads"_a);
}

template <class Place>
void bind_places(nb::module_& module) {
  module.def("sort_pairs", &bind_sort_pairs<Place>, "rows"_a.noconvert(), "cols"_a.noconvert(),
             "indptr"_a.noconvert(), "distinct"_a.noconvert(), "indices"_a.noconvert(),
             "places"_a.noconvert(), nb::kw_only(), "n_columns"_a, "n_threads"_a);
  module.def("merge_sorted_pairs", &bind_merge_sorted_pairs<Place>, "indptr"_a.noconvert(),
             "indices"_a.noconvert(), "places"_a.noconvert(), "values"_a.noconvert(),
             "weights"_a.noconvert().none(), "merged_indptr"_a.noconvert(),
             "merged_indices"_a.noconvert(), "totals"_a.noconvert(), "sums"_a.noconvert(),
             nb::kw_only(), "mean"_a, "start"_a, "stop"_a, "n_threads"_a);
}

}  // namespace

void bind_pairs(nb::module_& module) {
  bind_ids<std::int32_t>(module);
  bind_ids<std::int64_t>(module);
  bind_places<std::int32_t>(module);
  bind_places<std::int64_t>(module);
}
