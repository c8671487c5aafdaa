// SPDX-License-Identifier: BSD-3-Clause
#include <nanobind/stl/optional.h>

#include <optional>

#include "arrays.hpp"
#include "bindings.hpp"
#include "kernels.hpp"

namespace {

template <class T>
using Optional = std::optional<Vector<T>>;

template <class T>
const T* checked(const Optional<T>& array, std::int64_t length, const char* name) {
  if (!array) return nullptr;
  check_length(static_cast<std::int64_t>(array->shape(0)), length, name);
  return data_of(*array, name);
}

// Checks that the pointers rise from 0 to n_stored.
const std::int64_t* checked_pointers(const Vector<std::int64_t>& array, std::int64_t n_stored,
                                     const char* name) {
  const std::int64_t* pointers = data_of(array, name);
  const auto last = static_cast<std::int64_t>(array.shape(0)) - 1;
  bool ordered = last >= 0 && pointers[0] == 0 && pointers[last] == n_stored;
  for (std::int64_t k = 0; k < last; ++k) ordered &= pointers[k] <= pointers[k + 1];
  if (!ordered) refuse(std::string(name) + " must rise from 0 to the number of entries.");
  return pointers;
}

const std::int32_t* checked_indices(const Vector<std::int32_t>& array, std::int64_t bound,
                                    const char* name) {
  const std::int32_t* indices = data_of(array, name);
  const auto n = static_cast<std::int64_t>(array.shape(0));
  bool inside = true;
  for (std::int64_t k = 0; k < n; ++k) inside &= indices[k] >= 0 && indices[k] < bound;
  if (!inside) refuse(std::string(name) + " must be within 0.." + std::to_string(bound - 1) + ".");
  return indices;
}

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

void check_sorted(const Profiles& profiles, std::int64_t n_columns) {
  bool sorted = true;
  for (std::int64_t u = 0; u < n_columns; ++u)
    for (std::int64_t q = profiles.indptr[u] + 1; q < profiles.indptr[u + 1]; ++q)
      sorted &= profiles.rows[q - 1] < profiles.rows[q];
  if (!sorted) refuse("profile_rows must increase in each column.");
}

void bind_gram_top_k(Vector<std::int64_t> indptr, Vector<std::int32_t> columns,
                     Vector<std::int32_t> places, Vector<std::int64_t> profile_indptr,
                     Vector<std::int32_t> profile_rows, Optional<float> values,
                     Optional<std::uint8_t> members, Optional<float> weights, Vector<double> left,
                     Vector<double> right, OutMatrix<std::uint64_t> keys, std::int64_t start,
                     std::int64_t stop, double alpha, double beta, double shrinkage, bool ratio,
                     int n_threads) {
  const auto n = static_cast<std::int64_t>(indptr.shape(0)) - 1;
  const auto n_columns = static_cast<std::int64_t>(profile_indptr.shape(0)) - 1;
  const auto n_stored = static_cast<std::int64_t>(columns.shape(0));
  const auto length = static_cast<std::int64_t>(keys.shape(1));
  check_length(static_cast<std::int64_t>(places.shape(0)), n_stored, "places");
  check_length(static_cast<std::int64_t>(profile_rows.shape(0)), n_stored, "profile_rows");
  check_length(static_cast<std::int64_t>(left.shape(0)), n, "left");
  check_length(static_cast<std::int64_t>(right.shape(0)), n, "right");
  check_shape(keys, n, length, "keys");
  if (length < 1 || length > (1 << 30)) refuse("keys must have 1 to 2**30 columns.");
  check_threads(n_threads);
  const Rows rows{start, stop};
  check_rows(rows, n);
  const Occurrences occurrences{checked_pointers(indptr, n_stored, "indptr"),
                                checked_indices(columns, n_columns, "columns"),
                                data_of(places, "places"), n};
  const Profiles profiles{checked_pointers(profile_indptr, n_stored, "profile_indptr"),
                          checked_indices(profile_rows, n, "profile_rows"),
                          checked(values, n_stored, "values"),
                          checked(members, n_stored, "members"),
                          checked(weights, n_columns, "weights")};
  check_places(occurrences, profiles, rows);
  check_sorted(profiles, n_columns);
  const double* l = data_of(left, "left");
  const double* r = data_of(right, "right");
  const Formula formula{l, r, alpha, beta, shrinkage, ratio, ratio ? alpha == beta : l == r};
  const Heaps lists{data_of(keys, "keys"), static_cast<int>(length)};
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
