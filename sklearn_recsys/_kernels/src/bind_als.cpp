// Bindings of alternating least squares.
// SPDX-License-Identifier: BSD-3-Clause
#include "arrays.hpp"
#include "bindings.hpp"
#include "kernels.hpp"

namespace {

// Weights beyond 2^126 count as that, as confidences do.
float as_weight(double weight, const char* name) {
  if (!(weight >= 0)) refuse(std::string(name) + " must not be negative.");
  return static_cast<float>(weight < 0x1p126 ? weight : 0x1p126);
}

int checked_width(std::int64_t width) {
  if (width < 8 || width % 8 != 0 || width > (1 << 20))
    refuse("the vectors must have a multiple of 8 entries, but have " + std::to_string(width) +
           ".");
  return static_cast<int>(width);
}

// The arguments that the half-steps and the loss share.
AlsHalfStep as_half_step(const Vector<std::int64_t>& indptr, const Vector<std::int32_t>& indices,
                         const Vector<float>& values, const Matrix<float>& fixed,
                         const Matrix<float>& factors, double base, double alpha,
                         double unobserved_weight, Rows rows, int n_threads) {
  const AlsWeights weights{as_weight(base, "base"), as_weight(alpha, "alpha"),
                           as_weight(unobserved_weight, "unobserved_weight")};
  const int width = checked_width(static_cast<std::int64_t>(fixed.shape(1)));
  const Csr matrix = as_csr(indptr, indices, values, rows, length(fixed));
  check_shape(factors, matrix.n_rows, width, "factors");
  check_threads(n_threads);
  return {matrix,  rows,    weights, data_of(fixed, "fixed"), nullptr,
          nullptr, nullptr, width,   n_threads};
}

// Adds what only the half-steps have, the memory for the result among it.
void complete(AlsHalfStep& task, const Matrix<float>& gram, const Vector<float>& reg,
              const OutMatrix<float>& factors) {
  check_shape(gram, task.width, task.width, "gram");
  check_length(length(reg), task.matrix.n_rows, "reg");
  task.gram = data_of(gram, "gram");
  task.reg = data_of(reg, "reg");
  task.factors = data_of(factors, "factors");
}

void bind_half_step_cg(Vector<std::int64_t> indptr, Vector<std::int32_t> indices,
                       Vector<float> values, Matrix<float> fixed, Matrix<float> gram,
                       Vector<float> reg, OutMatrix<float> factors, double base, double alpha,
                       double unobserved_weight, int n_steps, std::int64_t start,
                       std::int64_t stop, int n_threads) {
  if (n_steps < 0) refuse("n_steps must not be negative, got " + std::to_string(n_steps) + ".");
  AlsHalfStep task = as_half_step(indptr, indices, values, fixed, Matrix<float>(factors), base,
                                  alpha, unobserved_weight, {start, stop}, n_threads);
  complete(task, gram, reg, factors);
  run([&] { return kernels().als_half_step_cg(task, n_steps); });
}

void bind_half_step_cholesky(Vector<std::int64_t> indptr, Vector<std::int32_t> indices,
                             Vector<float> values, Matrix<float> fixed, Matrix<float> gram,
                             Vector<float> reg, OutMatrix<float> factors, double base,
                             double alpha, double unobserved_weight, std::int64_t start,
                             std::int64_t stop, int n_threads) {
  AlsHalfStep task = as_half_step(indptr, indices, values, fixed, Matrix<float>(factors), base,
                                  alpha, unobserved_weight, {start, stop}, n_threads);
  complete(task, gram, reg, factors);
  run([&] { return kernels().als_half_step_cholesky(task); });
}

double bind_loss(Vector<std::int64_t> indptr, Vector<std::int32_t> indices, Vector<float> values,
                 Matrix<float> fixed, Matrix<float> factors, double base, double alpha,
                 double unobserved_weight, std::int64_t start, std::int64_t stop, int n_threads) {
  AlsHalfStep task = as_half_step(indptr, indices, values, fixed, factors, base, alpha,
                                  unobserved_weight, {start, stop}, n_threads);
  task.factors = const_cast<float*>(data_of(factors, "factors"));  // only read
  double loss = 0;
  run([&] { return kernels().als_loss(task, &loss); });
  return loss;
}

void bind_rating_half_step(Vector<std::int64_t> indptr, Vector<std::int32_t> indices,
                           Vector<float> values, Vector<float> weights, Matrix<float> fixed,
                           Vector<float> offsets, Vector<float> scale, Vector<float> reg,
                           OutMatrix<float> factors, OutVector<double> errors, std::int64_t start,
                           std::int64_t stop, int n_threads) {
  const int width = checked_width(static_cast<std::int64_t>(fixed.shape(1)));
  const Rows rows{start, stop};
  const Csr matrix = as_csr(indptr, indices, values, rows, length(fixed));
  check_length(length(weights), length(indices), "weights");
  check_length(length(offsets), length(fixed), "offsets");
  check_length(length(scale), matrix.n_rows, "scale");
  check_length(length(reg), width, "reg");
  check_shape(factors, matrix.n_rows, width, "factors");
  check_length(length(errors), matrix.n_rows, "errors");
  check_threads(n_threads);
  const RatingHalfStep task{matrix,
                            rows,
                            data_of(weights, "weights"),
                            data_of(fixed, "fixed"),
                            data_of(offsets, "offsets"),
                            data_of(scale, "scale"),
                            data_of(reg, "reg"),
                            data_of(factors, "factors"),
                            data_of(errors, "errors"),
                            width,
                            n_threads};
  run([&] { return kernels().rating_half_step(task); });
}

void bind_factor_gram(Matrix<float> factors, OutMatrix<float> gram, int n_threads) {
  const int width = checked_width(static_cast<std::int64_t>(factors.shape(1)));
  const std::int64_t n = length(factors);
  check_shape(gram, width, width, "gram");
  check_threads(n_threads);
  const float* y = data_of(factors, "factors");
  float* out = data_of(gram, "gram");
  run([&] { return kernels().factor_gram(y, n, width, n_threads, out); });
}

}  // namespace

void bind_als(nb::module_& module) {
  module.def("als_half_step_cg", &bind_half_step_cg, "indptr"_a.noconvert(),
             "indices"_a.noconvert(), "values"_a.noconvert(), "fixed"_a.noconvert(),
             "gram"_a.noconvert(), "reg"_a.noconvert(), "factors"_a.noconvert(), nb::kw_only(),
             "base"_a, "alpha"_a, "unobserved_weight"_a, "n_steps"_a, "start"_a, "stop"_a,
             "n_threads"_a);
  module.def("als_half_step_cholesky", &bind_half_step_cholesky, "indptr"_a.noconvert(),
             "indices"_a.noconvert(), "values"_a.noconvert(), "fixed"_a.noconvert(),
             "gram"_a.noconvert(), "reg"_a.noconvert(), "factors"_a.noconvert(), nb::kw_only(),
             "base"_a, "alpha"_a, "unobserved_weight"_a, "start"_a, "stop"_a, "n_threads"_a);
  module.def("als_loss", &bind_loss, "indptr"_a.noconvert(), "indices"_a.noconvert(),
             "values"_a.noconvert(), "fixed"_a.noconvert(), "factors"_a.noconvert(),
             nb::kw_only(), "base"_a, "alpha"_a, "unobserved_weight"_a, "start"_a, "stop"_a,
             "n_threads"_a);
  module.def("rating_half_step", &bind_rating_half_step, "indptr"_a.noconvert(),
             "indices"_a.noconvert(), "values"_a.noconvert(), "weights"_a.noconvert(),
             "fixed"_a.noconvert(), "offsets"_a.noconvert(), "scale"_a.noconvert(),
             "reg"_a.noconvert(), "factors"_a.noconvert(), "errors"_a.noconvert(), nb::kw_only(),
             "start"_a, "stop"_a, "n_threads"_a);
  module.def("factor_gram", &bind_factor_gram, "factors"_a.noconvert(), "gram"_a.noconvert(),
             nb::kw_only(), "n_threads"_a);
}
