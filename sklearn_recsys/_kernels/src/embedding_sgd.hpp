// Stochastic gradients for users and items whose vectors are sums of the embeddings of features.
// SPDX-License-Identifier: BSD-3-Clause
//
// The examples of a round are all judged by the vectors that stand at its start; then the gradients
// of each feature are summed, in the order of the examples, and it takes one step. Threads share
// both halves of the work, and no number depends on how.
#pragma once

#include <cmath>
#include <cstring>

#include "meeting.hpp"
#include "tasks.hpp"
#include "vectors.hpp"

namespace {

// Weights beyond it count as it, so that no sum of gradients is infinite.
constexpr float kLargestWeight = 1e15f;
// Draws after which a user counts as one who has seen all there is.
constexpr int kMaxDraws = 100;
// Features that share a cache line of slots belong to one thread.
constexpr int kFeaturesOfLine = 16;
// Examples that a thread takes at once.
constexpr int kExamplesAtOnce = 16;
// Below as many examples for each, threads wait for each other longer than they work.
constexpr int kExamplesOfThread = 64;

// Examples whose vectors are fetched ahead of their turn.
constexpr int kAhead = 4;

// The numbers of one example: any of them can be had at once, by any thread.
class Draws {
 public:
  Draws(std::uint64_t seed, std::int64_t key)
      : state_(mix(seed + kGolden * (static_cast<std::uint64_t>(key) + 1))) {}

  // Returns the t-th number below n.
  std::int64_t number(int t, std::int64_t n) const {
    const std::uint64_t bits = mix(state_ + kGolden * static_cast<std::uint64_t>(t)) >> 32;
    return static_cast<std::int64_t>((bits * static_cast<std::uint64_t>(n)) >> 32);
  }

 private:
  // Steele, Lea, Flood 2014: SplitMix64.
  static constexpr std::uint64_t kGolden = 0x9e3779b97f4a7c15u;
  static std::uint64_t mix(std::uint64_t z) {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  std::uint64_t state_;
};

// What one example wants: `pulls` are the derivatives of its loss by the scores of its items.
struct Judgement {
  std::int32_t user;
  std::int32_t items[2];
  float pulls[2];
  double loss;
};

// A positive item that was drawn: its score, and the number of the draw.
struct Drawn {
  float score;
  int draw;
};

// Memory of a round: for each example a judgement, the user's vector and the gradient by it.
struct Round {
  Judgement* judgements;
  float* users;
  float* gradients;
};

// Returns the vector of a row: its feature's own, or the sum of several, made in the buffer.
inline const float* compose(const Embedding& side, std::int64_t row, int width, float* buffer) {
  if (side.indptr == nullptr) return vector_of(side.vectors, static_cast<std::int32_t>(row), width);
  std::memset(buffer, 0, width * sizeof(float));
  for (std::int64_t k = side.indptr[row]; k < side.indptr[row + 1]; ++k)
    add_scaled(side.values[k], vector_of(side.vectors, side.indices[k], width), buffer, width);
  return buffer;
}

inline void prefetch_row(const Embedding& side, std::int64_t row, int width) {
  if (side.indptr == nullptr)
    prefetch_vector(vector_of(side.vectors, static_cast<std::int32_t>(row), width), width);
}

// 512 bits a row, one of them for each column that it has: most columns that a row lacks are told
// by one look at one cache line, where a search takes ten.
class Signatures {
 public:
  static constexpr int kWords = 8;

  // Worth its while where the rows are looked at many times each.
  Signatures(const Pattern& pattern, std::int64_t n_rows, std::int64_t n_looks)
      : n_rows_(pattern.indptr[n_rows] - pattern.indptr[0] <= 8 * n_looks ? n_rows : 0),
        memory_(1, static_cast<std::size_t>(n_rows_) * kWords) {
    if (memory_.failed()) return;
    std::memset(memory_.of_thread(0), 0, n_rows_ * kWords * sizeof(std::uint64_t));
    for (std::int64_t row = 0; row < n_rows_; ++row)
      for (std::int64_t k = pattern.indptr[row]; k < pattern.indptr[row + 1]; ++k)
        word(row, pattern.indices[k]) |= bit(pattern.indices[k]);
  }

  bool failed() const { return memory_.failed(); }

  // Says false only if the row lacks the column.
  bool may_contain(std::int64_t row, std::int32_t column) {
    return n_rows_ == 0 || (word(row, column) & bit(column)) != 0;
  }

 private:
  static std::uint32_t hash(std::int32_t column) {
    return (static_cast<std::uint32_t>(column) * 0x9e3779b1u) >> 23;
  }
  static std::uint64_t bit(std::int32_t column) { return std::uint64_t{1} << (hash(column) & 63); }
  std::uint64_t& word(std::int64_t row, std::int32_t column) {
    return memory_.of_thread(0)[row * kWords + (hash(column) >> 6)];
  }

  std::int64_t n_rows_;
  Scratch<std::uint64_t> memory_;
};

// Halves without a branch: half of them would be mispredicted.
inline bool contains(const Pattern& pattern, std::int64_t row, std::int32_t column) {
  const std::int32_t* low = pattern.indices + pattern.indptr[row];
  std::int64_t n = pattern.indptr[row + 1] - pattern.indptr[row];
  if (n == 0) return false;
  while (n > 1) {
    const std::int64_t half = n / 2;
    low = low[half] <= column ? low + half : low;
    n -= half;
  }
  return *low == column;
}

inline float logistic(float x) { return 1 / (1 + std::exp(-x)); }

// log(1 + exp(x))
inline float softplus(float x) {
  return (x > 0 ? x : 0) + std::log1p(std::exp(x > 0 ? -x : x));
}

// Judges one example; it has memory for two vectors, and for the positive items drawn.
class Judge {
 public:
  Judge(const SgdTask& task, Signatures& signatures, float* vectors, Drawn* drawn)
      : task_(task),
        signatures_(signatures),
        width_(task.width),
        first_(vectors),
        second_(vectors + task.width),
        drawn_(drawn) {}

  void judge(std::int64_t place, float* user, float* gradient, Judgement& judgement) {
    const Examples& examples = task_.examples;
    const std::int32_t row = examples.rows[place];
    judgement = {row, {examples.cols[place], 0}, {0, 0}, 0};
    const float* x = compose(task_.users, row, width_, first_);
    for (int d = 0; d < width_; d += kLanes) store(user + d, load(x + d));
    // Where the vector of an item has its bias, that of a user has a 1 from here on.
    const float bias = user[task_.n_components];
    user[task_.n_components] = 1;
    const Draws draws(task_.seed, examples.keys[place]);
    const float weight = bounded(examples.weights[place]);
    if (task_.loss == SgdLoss::logistic)
      judge_alone(bias, weight, user, gradient, judgement);
    else if (task_.loss == SgdLoss::bpr)
      judge_pair(draws, weight, user, gradient, judgement);
    else if (task_.loss == SgdLoss::warp)
      judge_ranks(draws, 0, weight, user, gradient, judgement);
    else
      judge_ranks_of_kth(draws, user, gradient, judgement);
  }

 private:
  static float bounded(float weight) {
    if (weight > kLargestWeight) return kLargestWeight;
    return weight < -kLargestWeight ? -kLargestWeight : weight;
  }

  bool has_seen(std::int32_t user, std::int32_t code) const {
    return signatures_.may_contain(user, code) && contains(task_.seen, user, code);
  }

  const float* item(std::int32_t code, float* buffer) const {
    return compose(task_.items, code, width_, buffer);
  }

  // Negative log-likelihood of a 1, or of a 0 where the weight is negative.
  void judge_alone(float bias, float weight, const float* user, float* gradient,
                   Judgement& judgement) {
    const float* y = item(judgement.items[0], first_);
    const float score = inner_product(user, y, width_) + bias;
    const float sign = weight > 0 ? 1 : -1, size = sign * weight;
    judgement.pulls[0] = -sign * size * logistic(-sign * score);
    judgement.loss = size * softplus(-sign * score);
    for (int d = 0; d < width_; ++d) gradient[d] = judgement.pulls[0] * y[d];
    gradient[task_.n_components] = judgement.pulls[0];
  }

  // -log sigma(score - score of an item that the user has not seen).
  void judge_pair(const Draws& draws, float weight, const float* user, float* gradient,
                  Judgement& judgement) {
    const float* y = item(judgement.items[0], first_);
    int t = 0;
    std::int32_t other;
    do {
      if (t == kMaxDraws) return;
      other = task_.pool[draws.number(++t, task_.pool_size)];
    } while (has_seen(judgement.user, other));
    const float* z = item(other, second_);
    const float lead = inner_product(user, y, width_) - inner_product(user, z, width_);
    pull_apart(other, weight * logistic(-lead), y, z, gradient, judgement);
    judgement.loss = weight * softplus(-lead);
  }

  // Looks for an item not seen whose score comes within 1 of the positive one's; the more draws
  // that takes, the fewer there are, and the less the violation weighs.
  void judge_ranks(const Draws& draws, int n_drawn, float weight, const float* user,
                   float* gradient, Judgement& judgement) {
    const float* y = item(judgement.items[0], first_);
    const float score = inner_product(user, y, width_);
    std::int32_t next = task_.pool[draws.number(n_drawn + 1, task_.pool_size)];
    for (int t = 1; t <= task_.max_sampled; ++t) {
      const std::int32_t other = next;
      next = task_.pool[draws.number(n_drawn + t + 1, task_.pool_size)];
      prefetch_row(task_.items, next, width_);
      const float* z = item(other, second_);
      const float margin = inner_product(user, z, width_) - score + 1;
      if (!(margin > 0) || has_seen(judgement.user, other)) continue;
      const float factor = weight * task_.log_ranks[t - 1];
      pull_apart(other, factor, y, z, gradient, judgement);
      judgement.loss = static_cast<double>(factor) * margin;
      return;
    }
  }

  // The same for the k-th best of some of the user's positive items.
  void judge_ranks_of_kth(const Draws& draws, const float* user, float* gradient,
                          Judgement& judgement) {
    const std::int64_t start = task_.liked.indptr[judgement.user];
    const std::int64_t n_liked = task_.liked.indptr[judgement.user + 1] - start;
    if (n_liked == 0) return;
    const int n = n_liked < task_.n_positives ? static_cast<int>(n_liked) : task_.n_positives;
    const int k = task_.kth < n ? task_.kth : n;
    for (int i = 0; i < n; ++i) {  // sorted, the best first
      const std::int32_t code = task_.liked.indices[start + draws.number(i + 1, n_liked)];
      const float score = inner_product(user, item(code, second_), width_);
      int at = i;
      for (; at > 0 && drawn_[at - 1].score < score; --at) drawn_[at] = drawn_[at - 1];
      drawn_[at] = {score, i + 1};
    }
    const std::int64_t chosen = start + draws.number(drawn_[k - 1].draw, n_liked);
    judgement.items[0] = task_.liked.indices[chosen];
    judge_ranks(draws, n, bounded(task_.liked_weights[chosen]), user, gradient, judgement);
  }

  void pull_apart(std::int32_t other, float factor, const float* y, const float* z,
                  float* gradient, Judgement& judgement) const {
    judgement.items[1] = other;
    judgement.pulls[0] = -factor;
    judgement.pulls[1] = factor;
    for (int d = 0; d < width_; ++d) gradient[d] = factor * (z[d] - y[d]);
    gradient[task_.n_components] = 0;  // the user's bias is in both scores
  }

  const SgdTask& task_;
  Signatures& signatures_;
  int width_;
  float *first_, *second_;
  Drawn* drawn_;
};

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
      if (slot + kAhead < n_) {
        prefetch_vector(vector_of(side_.vectors, features_[slot + kAhead], width_), width_);
        prefetch_vector(vector_of(side_.squares, features_[slot + kAhead], width_), width_);
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

inline void move_users(const Round& round, std::int64_t n, int width, Sums sums,
                       const SgdTask& task) {
  for (std::int64_t k = 0; k < n; ++k) {
    const Judgement& judgement = round.judgements[k];
    if (judgement.pulls[0] != 0) sums.add(judgement.user, 1, round.gradients + k * width);
  }
  sums.step(task);
}

inline void move_items(const Round& round, std::int64_t n, int width, Sums sums,
                       const SgdTask& task) {
  for (std::int64_t k = 0; k < n; ++k) {
    const Judgement& judgement = round.judgements[k];
    for (int i = 0; i < 2; ++i)
      if (judgement.pulls[i] != 0)
        sums.add(judgement.items[i], judgement.pulls[i], round.users + k * width);
  }
  sums.step(task);
}

inline void judge_some(Judge& judge, const SgdTask& task, const Round& round, std::int64_t start,
                       Rows places) {
  const int width = task.width;
  for (std::int64_t k = places.start; k < places.stop; ++k) {
    if (k + kAhead < places.stop) {
      prefetch_row(task.users, task.examples.rows[start + k + kAhead], width);
      prefetch_row(task.items, task.examples.cols[start + k + kAhead], width);
    }
    judge.judge(start + k, round.users + k * width, round.gradients + k * width,
                round.judgements[k]);
  }
}

inline double total_loss(const Round& round, std::int64_t n) {
  double loss = 0;
  for (std::int64_t k = 0; k < n; ++k) loss += round.judgements[k].loss;
  return loss;
}

Status embedding_sgd(const SgdTask& task, double* losses) {
  const int width = task.width;
  std::int64_t largest = 1;
  for (std::int64_t r = 0; r < task.n_rounds; ++r)
    if (task.bounds[r + 1] - task.bounds[r] > largest) largest = task.bounds[r + 1] - task.bounds[r];
  const std::int64_t useful = largest / kExamplesOfThread > 1 ? largest / kExamplesOfThread : 1;
  const int n_threads = task.n_threads < useful ? task.n_threads : static_cast<int>(useful);
  Scratch<Judgement> judgements(1, largest);
  Scratch<float> vectors(2, largest * width), composed(n_threads, 2 * width);
  Scratch<Drawn> drawn(n_threads, task.n_positives);
  SumsMemory of_users(task.users, width, largest, n_threads);
  SumsMemory of_items(task.items, width, 2 * largest, n_threads);
  Signatures signatures(task.seen, task.loss == SgdLoss::logistic ? 0 : task.users.n_rows,
                        task.bounds[task.n_rounds] - task.bounds[0]);
  if (signatures.failed() || judgements.failed() || vectors.failed() || composed.failed() ||
      drawn.failed() || of_users.failed() || of_items.failed())
    return Status::out_of_memory;
  const Round round{judgements.of_thread(0), vectors.of_thread(0), vectors.of_thread(1)};
  Meeting meeting;
#pragma omp parallel num_threads(n_threads)
  {
    meeting.count();
    Judge judge(task, signatures, composed.mine(), drawn.mine());
    for (std::int64_t r = 0; r < task.n_rounds; ++r) {
      const std::int64_t start = task.bounds[r], n = task.bounds[r + 1] - start;
      for (std::int64_t first; (first = meeting.take(kExamplesAtOnce)) < n;)
        judge_some(judge, task, round, start,
                   {first, first + kExamplesAtOnce < n ? first + kExamplesAtOnce : n});
      meeting.wait();
      for (int part = thread_number(); part < n_threads; part += meeting.n_present()) {
        move_users(round, n, width, of_users.part(part), task);
        if (task.learn_items) move_items(round, n, width, of_items.part(part), task);
        if (part == 0) losses[r] = total_loss(round, n);
      }
      meeting.wait();
    }
  }
  return Status::ok;
}

}  // namespace
