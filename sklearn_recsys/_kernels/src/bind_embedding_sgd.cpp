// Bindings of stochastic gradients for embeddings.
// SPDX-License-Identifier: BSD-3-Clause
#include <nanobind/stl/string.h>

#include <limits>

#include "arrays.hpp"
#include "bindings.hpp"
#include "kernels.hpp"

namespace {

SgdLoss as_loss(const std::string& name) {
  if (name == "warp") return SgdLoss::warp;
  if (name == "bpr") return SgdLoss::bpr;
  if (name == "logistic") return SgdLoss::logistic;
  if (name == "warp-kos") return SgdLoss::warp_kos;
  refuse("there is no loss '" + name + "'.");
}

int as_count(std::int64_t number, const char* name) {
  if (number < 1 || number > (1 << 20))
    refuse(std::string(name) + " must be within 1..1048576, got " + std::to_string(number) + ".");
  return static_cast<int>(number);
}

float as_rate(double number, const char* name) {
  if (!(number >= 0) || number > std::numeric_limits<float>::max())
    refuse(std::string(name) + " must be finite and not negative.");
  return static_cast<float>(number);
}

// The rows of a side are features themselves, or sums of the features in a matrix.
Embedding as_embedding(const Optional<std::int64_t>& indptr, const Optional<std::int32_t>& indices,
                       const Optional<float>& values, const OutMatrix<float>& vectors,
                       const OutMatrix<float>& squares,
                       const std::optional<OutMatrix<float>>& updates, double reg, int width,
                       const char* name) {
  const std::int64_t n_features = length(vectors);
  if (n_features > std::numeric_limits<std::int32_t>::max())
    refuse(std::string(name) + " must have fewer than 2**31 features.");
  check_shape(vectors, n_features, width, name);
  check_shape(squares, n_features, width, name);
  if (updates) check_shape(*updates, n_features, width, name);
  Embedding side{nullptr, nullptr, nullptr, n_features, n_features, data_of(vectors, name),
                 data_of(squares, name), updates ? data_of(*updates, name) : nullptr,
                 as_rate(reg, "reg")};
  if (!indptr) return side;
  if (!indices || !values) refuse(std::string(name) + " lack their indices or values.");
  side.n_rows = count_rows(*indptr, name);
  const Pattern pattern = as_pattern(*indptr, *indices, {0, side.n_rows}, n_features, name);
  side.indptr = pattern.indptr;
  side.indices = pattern.indices;
  side.values = data_of(values, length(*indices), name);
  return side;
}

// The bounds rise and stay within the examples.
void check_rounds(SgdTask& task, std::int64_t n, const Vector<std::int64_t>& bounds) {
  if (length(bounds) == 0) refuse("bounds must have at least one entry.");
  task.bounds = data_of(bounds, "bounds");
  task.n_rounds = length(bounds) - 1;
  bool rising = task.bounds[0] >= 0 && task.bounds[task.n_rounds] <= n && n < (1 << 30);
  for (std::int64_t r = 0; r < task.n_rounds; ++r) rising &= task.bounds[r] <= task.bounds[r + 1];
  if (!rising) refuse("bounds must rise, within 0.." + std::to_string(n) + ".");
}

void bind_sgd(Vector<std::int32_t> rows, Vector<std::int32_t> cols, Vector<float> weights,
              Vector<std::int32_t> keys, Vector<std::int64_t> bounds,
              Vector<std::int64_t> seen_indptr, Vector<std::int32_t> seen_indices,
              Vector<std::int32_t> pool, Optional<std::int64_t> user_indptr,
              Optional<std::int32_t> user_indices, Optional<float> user_values,
              OutMatrix<float> user_vectors, OutMatrix<float> user_squares,
              std::optional<OutMatrix<float>> user_updates, Optional<std::int64_t> item_indptr,
              Optional<std::int32_t> item_indices, Optional<float> item_values,
              OutMatrix<float> item_vectors, OutMatrix<float> item_squares,
              std::optional<OutMatrix<float>> item_updates, OutVector<double> losses,
              Optional<std::int64_t> liked_indptr,
              Optional<std::int32_t> liked_indices, Optional<float> liked_weights,
              Vector<float> log_ranks, const std::string& loss, std::int64_t n_components,
              double learning_rate, double user_reg, double item_reg, double rho, double epsilon,
              std::int64_t kth, std::int64_t n_positives, std::uint64_t seed, bool learn_items,
              int n_threads) {
  check_threads(n_threads);
  const auto width = static_cast<std::int64_t>(user_vectors.shape(1));
  if (width < 8 || width % 8 != 0 || width > (1 << 20))
    refuse("the vectors must have a multiple of 8 entries, but have " + std::to_string(width) +
           ".");
  if (n_components < 1 || n_components >= width)
    refuse("n_components must be within 1.." + std::to_string(width - 1) + ", got " +
           std::to_string(n_components) + ".");
  SgdTask task{};
  task.width = static_cast<int>(width);
  task.users = as_embedding(user_indptr, user_indices, user_values, user_vectors, user_squares,
                            user_updates, user_reg, task.width, "user_vectors");
  task.items = as_embedding(item_indptr, item_indices, item_values, item_vectors, item_squares,
                            item_updates, item_reg, task.width, "item_vectors");
  const std::int64_t n = length(rows), n_users = task.users.n_rows;
  check_length(length(cols), n, "cols");
  check_length(length(weights), n, "weights");
  check_length(length(keys), n, "keys");
  task.examples = {data_of(rows, "rows"), data_of(cols, "cols"), data_of(weights, "weights"),
                   data_of(keys, "keys")};
  check_within(task.examples.rows, n, 0, n_users, "rows");
  check_within(task.examples.cols, n, 0, task.items.n_rows, "cols");
  check_rounds(task, n, bounds);
  check_length(length(losses), task.n_rounds, "losses");
  check_length(count_rows(seen_indptr, "seen_indptr"), n_users, "seen_indptr");
  // The columns of what was seen are compared, never used as places.
  task.seen = {pointers_of(seen_indptr, {0, n_users}, length(seen_indices), "seen_indptr"),
               data_of(seen_indices, "seen_indices")};
  task.pool = data_of(pool, "pool");
  task.pool_size = length(pool);
  check_within(task.pool, task.pool_size, 0, task.items.n_rows, "pool");
  task.loss = as_loss(loss);
  if (task.pool_size == 0 && task.loss != SgdLoss::logistic) refuse("pool must not be empty.");
  if (task.loss == SgdLoss::warp_kos) {
    if (!liked_indptr || !liked_indices || !liked_weights)
      refuse("the loss 'warp-kos' needs liked_indptr, liked_indices and liked_weights.");
    check_length(count_rows(*liked_indptr, "liked_indptr"), n_users, "liked_indptr");
    task.liked = as_pattern(*liked_indptr, *liked_indices, {0, n_users}, task.items.n_rows,
                            "liked_indptr");
    task.liked_weights = data_of(liked_weights, length(*liked_indices), "liked_weights");
  }
  task.log_ranks = data_of(log_ranks, "log_ranks");
  if (length(log_ranks) < 1) refuse("log_ranks must have at least one entry.");
  task.max_sampled = as_count(length(log_ranks), "the number of log_ranks");
  task.learning_rate = as_rate(learning_rate, "learning_rate");
  task.rho = as_rate(rho, "rho");
  task.epsilon = as_rate(epsilon, "epsilon");
  task.kth = as_count(kth, "kth");
  task.n_positives = as_count(n_positives, "n_positives");
  task.seed = seed;
  task.learn_items = learn_items;
  task.n_components = static_cast<int>(n_components);
  task.n_threads = n_threads;
  double* out = data_of(losses, "losses");
  run([&] { return kernels().embedding_sgd(task, out); });
}

}  // namespace

void bind_embedding_sgd(nb::module_& module) {
  module.def("embedding_sgd", &bind_sgd, "rows"_a.noconvert(), "cols"_a.noconvert(),
             "weights"_a.noconvert(), "keys"_a.noconvert(), "bounds"_a.noconvert(),
             "seen_indptr"_a.noconvert(), "seen_indices"_a.noconvert(), "pool"_a.noconvert(),
             "user_indptr"_a.noconvert().none(), "user_indices"_a.noconvert().none(),
             "user_values"_a.noconvert().none(), "user_vectors"_a.noconvert(),
             "user_squares"_a.noconvert(), "user_updates"_a.noconvert().none(),
             "item_indptr"_a.noconvert().none(), "item_indices"_a.noconvert().none(),
             "item_values"_a.noconvert().none(), "item_vectors"_a.noconvert(),
             "item_squares"_a.noconvert(), "item_updates"_a.noconvert().none(),
             "losses"_a.noconvert(), nb::kw_only(),
             "liked_indptr"_a.noconvert() = nb::none(), "liked_indices"_a.noconvert() = nb::none(),
             "liked_weights"_a.noconvert() = nb::none(), "log_ranks"_a.noconvert(), "loss"_a,
             "n_components"_a, "learning_rate"_a, "user_reg"_a, "item_reg"_a, "rho"_a,
             "epsilon"_a, "kth"_a, "n_positives"_a, "seed"_a, "learn_items"_a, "n_threads"_a);
}
