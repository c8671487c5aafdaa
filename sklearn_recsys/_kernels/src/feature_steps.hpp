// Gradients of features, summed over a round of examples, and the steps that they take.
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cmath>
#include <cstring>

#include "tasks.hpp"
#include "vectors.hpp"

namespace {

// Features that share a cache line of slots belong to one thread.
constexpr int kFeaturesOfLine = 16;
// Features whose vectors are fetched ahead of their turn.
constexpr int kFeaturesAhead = 4;

// The gradients of one side's features in a round, as far as a thread is responsible for them.
class Sums {
 public:
  Sums(const Embedding& side, int width, int part, int n_parts, std::int32_t* slots,
       std::int32_t* features, float* counts, float* sums)
      : side_(side),
        width_(width),
        part_(part),
        n_parts_(n_parts),
        slots_(slots),
        features_(features),
        counts_(counts),
        sums_(sums) {}

  // Adds the gradient `factor` x `vector` by the vector of a row to those of its features.
  void add(std::int64_t row, float factor, const float* vector) {
    if (side_.indptr == nullptr) return add_feature(static_cast<std::int32_t>(row), factor, vector);
    for (std::int64_t k = side_.indptr[row]; k < side_.indptr[row + 1]; ++k)
      add_feature(side_.indices[k], factor * side_.values[k], vector);
  }

  // Takes a step with each feature that has a gradient, and forgets the gradients.
  void step(const SgdTask& task) {
    for (std::int32_t slot = 0; slot < n_; ++slot) {
      if (slot + kFeaturesAhead < n_) {
        prefetch_vector(vector_of(side_.vectors, features_[slot + kFeaturesAhead], width_), width_);
        prefetch_vector(vector_of(side_.squares, features_[slot + kFeaturesAhead], width_), width_);
      }
      const std::int64_t at = static_cast<std::int64_t>(features_[slot]) * width_;
      const float* sum = sums_ + static_cast<std::int64_t>(slot) * width_;
      const float reg = side_.reg * counts_[slot];
      if (side_.updates)
        step_adadelta(task, reg, sum, side_.vectors + at, side_.squares + at, side_.updates + at);
      else
        step_adagrad(task, reg, sum, side_.vectors + at, side_.squares + at);
      slots_[features_[slot]] = -1;
    }
    n_ = 0;
  }

 private:
  void add_feature(std::int32_t feature, float factor, const float* vector) {
    if (feature / kFeaturesOfLine % n_parts_ != part_) return;
    std::int32_t& slot = slots_[feature];
    if (slot >= 0) {
      add_scaled(factor, vector, sums_ + static_cast<std::int64_t>(slot) * width_, width_);
      counts_[slot] += 1;
      return;
    }
    slot = n_++;
    features_[slot] = feature;
    counts_[slot] = 1;
    float* sum = sums_ + static_cast<std::int64_t>(slot) * width_;
    for (int d = 0; d < width_; d += kLanes) store(sum + d, factor * load(vector + d));
  }

  // Duchi, Hazan, Singer 2011.
  void step_adagrad(const SgdTask& task, float reg, const float* sum, float* vector,
                    float* squares) const {
    for (int d = 0; d < width_; ++d) {
      const float gradient = sum[d] + reg * vector[d];
      squares[d] += gradient * gradient;
      vector[d] -= task.learning_rate * gradient / std::sqrt(squares[d]);
    }
  }

  // Zeiler 2012, algorithm 1.
  void step_adadelta(const SgdTask& task, float reg, const float* sum, float* vector,
                     float* squares, float* updates) const {
    for (int d = 0; d < width_; ++d) {
      const float gradient = sum[d] + reg * vector[d];
      squares[d] = task.rho * squares[d] + (1 - task.rho) * gradient * gradient;
      const float update = std::sqrt(updates[d] + task.epsilon) /
                           std::sqrt(squares[d] + task.epsilon) * gradient;
      updates[d] = task.rho * updates[d] + (1 - task.rho) * update * update;
      vector[d] -= update;
    }
  }

  const Embedding& side_;
  int width_, part_, n_parts_;
  std::int32_t n_ = 0;
  std::int32_t *slots_, *features_;
  float *counts_, *sums_;
};

// The most features that `n_rows` rows of a side can have together.
inline std::int64_t count_touched(const Embedding& side, std::int64_t n_rows) {
  std::int64_t longest = 1;
  if (side.indptr != nullptr)
    for (std::int64_t row = 0; row < side.n_rows; ++row)
      if (side.indptr[row + 1] - side.indptr[row] > longest)
        longest = side.indptr[row + 1] - side.indptr[row];
  return n_rows * longest < side.n_features ? n_rows * longest : side.n_features;
}

// Memory for the sums of one side, shared by the threads.
class SumsMemory {
 public:
  SumsMemory(const Embedding& side, int width, std::int64_t n_rows, int n_parts)
      : side_(side),
        width_(width),
        n_parts_(n_parts),
        capacity_(count_touched(side, n_rows)),
        slots_(1, side.n_features),
        features_(n_parts, capacity_),
        counts_(n_parts, capacity_),
        sums_(n_parts, capacity_ * width) {
    if (!slots_.failed())
      std::memset(slots_.of_thread(0), 0xff, side.n_features * sizeof(std::int32_t));
  }

  bool failed() const {
    return slots_.failed() || features_.failed() || counts_.failed() || sums_.failed();
  }

  Sums part(int number) {
    return {side_, width_, number, n_parts_, slots_.of_thread(0), features_.of_thread(number),
            counts_.of_thread(number), sums_.of_thread(number)};
  }

 private:
  const Embedding& side_;
  int width_, n_parts_;
  std::int64_t capacity_;
  Scratch<std::int32_t> slots_, features_;
  Scratch<float> counts_, sums_;
};

}  // namespace
