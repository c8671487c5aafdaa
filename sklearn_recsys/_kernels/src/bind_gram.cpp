// Bindings of the Gram of sparse rows.
// SPDX-License-Identifier: BSD-3-Clause
#include "arrays.hpp"
#include "bindings.hpp"
#include "kernels.hpp"

namespace {

// A row reads the entries of its columns' profiles that stand before its own entry: which must be
// its own, so that all before it are earlier rows.
void check_places(const Occurrences& occurrences, const Profiles& profiles, Rows rows) {
  bool found = true;
  for (std::int64_t i = rows.start; i < rows.stop; ++i)
    for (std::int64_t p = occurrences.indptr[i]; p < occurrences.indptr[i + 1]; ++p) {
      const std::int64_t* range = profiles.indptr + occurrences.columns[p];
      const std::int64_t place = occurrences.places[p];
      found &= place >= 0 && range[0] + place < range[1] &&
               profiles.rows[range[0] + place] == static_cast<std::int32_t>(i);
    }
  if (!found) refuse("places must say where in its column each entry of a row stands.");
}

void bind_gram_top_k(Vector<std::int64_t> indptr, Vector<std::int32_t> columns,
                     Vector<std::int32_t> places, Vector<std::int64_t> profile_indptr,
                     Vector<std::int32_t> profile_rows, Optional<float> values,
                     Optional<std::uint8_t> members, Optional<float> weights, Vector<double> left,
                     Vector<double> right, OutMatrix<std::uint64_t> keys, std::int64_t start,
                     std::int64_t stop, double alpha, double beta, double shrinkage, bool ratio,
                     int n_threads) {
  const std::int64_t n = count_rows(indptr, "indptr");
  const std::int64_t n_columns = count_rows(profile_indptr, "profile_indptr");
  const std::int64_t n_stored = length(columns);
  const auto n_kept = static_cast<std::int64_t>(keys.shape(1));
  check_length(length(places), n_stored, "places");
  check_length(length(profile_rows), n_stored, "profile_rows");
  check_length(length(left), n, "left");
  check_length(length(right), n, "right");
  check_shape(keys, n, n_kept, "keys");
  if (n_kept < 1 || n_kept > (1 << 30)) refuse("keys must have 1 to 2**30 columns.");
  check_threads(n_threads);
  const Rows rows{start, stop};
  check_rows(rows, n);
  const Occurrences occurrences{pointers_of(indptr, {0, n}, n_stored, "indptr"),
                                data_of(columns, "columns"), data_of(places, "places"), n};
  check_within(occurrences.columns, n_stored, 0, n_columns, "columns");
  const Profiles profiles{
      pointers_of(profile_indptr, {0, n_columns}, n_stored, "profile_indptr"),
      data_of(profile_rows, "profile_rows"), data_of(values, n_stored, "values"),
      data_of(members, n_stored, "members"), data_of(weights, n_columns, "weights")};
  check_within(profiles.rows, n_stored, 0, n, "profile_rows");
  check_places(occurrences, profiles, rows);
  check_increasing({profiles.indptr, profiles.rows}, n_columns, "profile_rows");
  const double* l = data_of(left, "left");
  const double* r = data_of(right, "right");
  const Formula formula{l, r, alpha, beta, shrinkage, ratio, ratio ? alpha == beta : l == r};
  const Heaps lists{data_of(keys, "keys"), static_cast<int>(n_kept)};
  run([&] {
    return kernels().gram_top_k(occurrences, profiles, formula, lists, rows, n_threads);
  });
}

}  // namespace

void bind_gram(nb::module_& module) {
  module.def("gram_top_k", &bind_gram_top_k, "indptr"_a.noconvert(), "columns"_a.noconvert(),
             "places"_a.noconvert(), "profile_indptr"_a.noconvert(),
             "profile_rows"_a.noconvert(), "values"_a.none().noconvert(),
             "members"_a.none().noconvert(), "weights"_a.none().noconvert(),
             "left"_a.noconvert(), "right"_a.noconvert(), "keys"_a.noconvert(), nb::kw_only(),
             "start"_a, "stop"_a, "alpha"_a, "beta"_a, "shrinkage"_a, "ratio"_a, "n_threads"_a);
}
