// Bindings of the regressions of columns on other columns.
// SPDX-License-Identifier: BSD-3-Clause
#include "arrays.hpp"
#include "bindings.hpp"
#include "kernels.hpp"

namespace {

ElasticNet as_elastic_net(double l1, double l2, bool positive, int max_iter, double tol) {
  if (!(l1 >= 0) || !(l2 >= 0) || !(tol >= 0)) refuse("l1, l2 and tol must not be negative.");
  return {static_cast<float>(l1), static_cast<float>(l2), positive, max_iter,
          static_cast<float>(tol)};
}

void bind_elastic_net_columns(Matrix<float> gram, OutMatrix<float> weights,
                              OutVector<std::int32_t> sweeps, double l1, double l2, bool positive,
                              int max_iter, double tol, std::int64_t start, std::int64_t stop,
                              int n_threads) {
  const std::int64_t n = length(gram);
  check_shape(gram, n, n, "gram");
  const Rows columns{start, stop};
  check_rows(columns, n);
  check_shape(weights, stop - start, n, "weights");
  check_length(length(sweeps), stop - start, "sweeps");
  check_threads(n_threads);
  const ElasticNet net = as_elastic_net(l1, l2, positive, max_iter, tol);
  const float* g = data_of(gram, "gram");
  float* out = data_of(weights, "weights");
  std::int32_t* counts = data_of(sweeps, "sweeps");
  run([&] { return kernels().elastic_net_columns(g, n, columns, net, n_threads, out, counts); });
}

// The arguments that the local regressions share.
LocalTask as_local_task(const Vector<std::int64_t>& indptr, const Vector<std::int32_t>& indices,
                        const Optional<float>& values, const Vector<std::int64_t>& candidate_indptr,
                        const Vector<std::int32_t>& candidates, const Vector<std::int32_t>& order,
                        const OutVector<float>& weights, std::int64_t n_rows, Rows rows,
                        int n_threads) {
  const std::int64_t n = count_rows(indptr, "indptr");
  const Pattern columns = as_pattern(indptr, indices, {0, n}, n_rows);
  check_length(count_rows(candidate_indptr, "candidate_indptr"), n, "candidate_indptr");
  const std::int64_t* pointers =
      pointers_of(candidate_indptr, {0, n}, length(candidates), "candidate_indptr");
  const std::int32_t* stored = data_of(candidates, "candidates");
  check_within(stored, length(candidates), 0, n, "candidates");
  check_length(length(weights), length(candidates), "weights");
  const std::int32_t* places = data_of(order, "order");
  check_rows(rows, length(order));
  check_within(places + rows.start, rows.stop - rows.start, 0, n, "order");
  check_threads(n_threads);
  return {{columns.indptr, columns.indices, data_of(values, length(indices), "values"), n},
          n_rows,
          {pointers, stored},
          places,
          rows,
          data_of(weights, "weights"),
          n_threads};
}

void bind_local_ridge(Vector<std::int64_t> indptr, Vector<std::int32_t> indices,
                      Optional<float> values,
                      Vector<std::int64_t> candidate_indptr, Vector<std::int32_t> candidates,
                      Vector<std::int32_t> order, Vector<float> reg, OutVector<float> weights,
                      std::int64_t n_rows, std::int64_t start, std::int64_t stop, int n_threads) {
  const LocalTask task = as_local_task(indptr, indices, values, candidate_indptr, candidates,
                                       order, weights, n_rows, {start, stop}, n_threads);
  check_length(length(reg), task.columns.n_rows, "reg");
  const float* penalties = data_of(reg, "reg");
  run([&] { return kernels().local_ridge(task, penalties); });
}

void bind_local_elastic_net(Vector<std::int64_t> indptr, Vector<std::int32_t> indices,
                            Optional<float> values,
                            Vector<std::int64_t> candidate_indptr,
                            Vector<std::int32_t> candidates, Vector<std::int32_t> order,
                            OutVector<float> weights, OutVector<std::int32_t> sweeps, double l1,
                            double l2, bool positive, int max_iter, double tol,
                            std::int64_t n_rows, std::int64_t start, std::int64_t stop,
                            int n_threads) {
  const LocalTask task = as_local_task(indptr, indices, values, candidate_indptr, candidates,
                                       order, weights, n_rows, {start, stop}, n_threads);
  check_length(length(sweeps), task.columns.n_rows, "sweeps");
  const ElasticNet net = as_elastic_net(l1, l2, positive, max_iter, tol);
  std::int32_t* counts = data_of(sweeps, "sweeps");
  run([&] { return kernels().local_elastic_net(task, net, counts); });
}

}  // namespace

void bind_regression(nb::module_& module) {
  module.def("elastic_net_columns", &bind_elastic_net_columns, "gram"_a.noconvert(),
             "weights"_a.noconvert(), "sweeps"_a.noconvert(), nb::kw_only(), "l1"_a, "l2"_a,
             "positive"_a, "max_iter"_a, "tol"_a, "start"_a, "stop"_a, "n_threads"_a);
  module.def("local_ridge", &bind_local_ridge, "indptr"_a.noconvert(), "indices"_a.noconvert(),
             "values"_a.none().noconvert(),
             "candidate_indptr"_a.noconvert(), "candidates"_a.noconvert(), "order"_a.noconvert(),
             "reg"_a.noconvert(), "weights"_a.noconvert(), nb::kw_only(), "n_rows"_a, "start"_a,
             "stop"_a, "n_threads"_a);
  module.def("local_elastic_net", &bind_local_elastic_net, "indptr"_a.noconvert(),
             "indices"_a.noconvert(), "values"_a.none().noconvert(),
             "candidate_indptr"_a.noconvert(),
             "candidates"_a.noconvert(), "order"_a.noconvert(), "weights"_a.noconvert(),
             "sweeps"_a.noconvert(), nb::kw_only(), "l1"_a, "l2"_a, "positive"_a, "max_iter"_a,
             "tol"_a, "n_rows"_a, "start"_a, "stop"_a, "n_threads"_a);
}
