// Stochastic gradients for users and items whose vectors are sums of the embeddings of features.
// SPDX-License-Identifier: BSD-3-Clause
//
// The examples of a round are all judged by the vectors that stand at its start; then the gradients
// of each feature are summed, in the order of the examples, and it takes one step. Threads share
// both halves of the work, and no number depends on how.
#pragma once

#include <cmath>
#include <cstring>

#include "feature_steps.hpp"
#include "meeting.hpp"
#include "seen.hpp"
#include "tasks.hpp"
#include "vectors.hpp"

namespace {

// Weights beyond it count as it, so that no sum of gradients is infinite.
constexpr float kLargestWeight = 1e15f;
// Draws after which a user counts as one who has seen all there is.
constexpr int kMaxDraws = 100;
// Examples that a thread takes at once.
constexpr int kExamplesAtOnce = 16;
// Below as many examples for each, threads wait for each other longer than they work.
constexpr int kExamplesOfThread = 64;

// Examples whose vectors are fetched ahead of their turn, and those whose drawn item is.
constexpr int kAhead = 4;
constexpr int kDrawAhead = 8;
// Draws of an example that are fetched: of popular items, one in three is one that the user has.
constexpr int kDrawsFetched = 2;

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

// -log sigmoid(x), and minus its derivative.
struct LogLoss {
  float value;
  float pull;
};

inline LogLoss log_loss(float x) {
  const float e = std::exp(x > 0 ? -x : x);  // at most 1
  return {(x > 0 ? 0 : -x) + std::log(1 + e), (x > 0 ? e : 1) / (1 + e)};
}

// Judges one example; it has memory for two vectors, and for the positive items drawn.
class Judge {
 public:
  Judge(const SgdTask& task, const Seen& seen, float* vectors, Drawn* drawn)
      : task_(task),
        seen_(seen),
        width_(task.width),
        first_(vectors),
        second_(vectors + task.width),
        drawn_(drawn) {}

  // Fetches what an example will need some turns from now.
  void prefetch(std::int64_t place) const {
    const std::int32_t row = task_.examples.rows[place];
    prefetch_row(task_.users, row, width_);
    prefetch_row(task_.items, task_.examples.cols[place], width_);
    if (task_.loss != SgdLoss::bpr) return;
    prefetch_row(task_.items, *drawn(place, 1), width_);
    for (int t = 1; t <= kDrawsFetched; ++t) seen_.prefetch(row, *drawn(place, t));
  }

  // Fetches what says what `prefetch` will fetch.
  void prefetch_draw(std::int64_t place) const {
    if (task_.loss != SgdLoss::bpr) return;
    for (int t = 1; t <= kDrawsFetched; ++t) __builtin_prefetch(drawn(place, t), 0, 2);
  }

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
  // Returns where the t-th item drawn for an example is.
  const std::int32_t* drawn(std::int64_t place, int t) const {
    return task_.pool + Draws(task_.seed, task_.examples.keys[place]).number(t, task_.pool_size);
  }

  static float bounded(float weight) {
    if (weight > kLargestWeight) return kLargestWeight;
    return weight < -kLargestWeight ? -kLargestWeight : weight;
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
    const LogLoss loss = log_loss(sign * score);
    judgement.pulls[0] = -sign * size * loss.pull;
    judgement.loss = size * loss.value;
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
    } while (seen_.contains(judgement.user, other));
    const float* z = item(other, second_);
    const float lead = inner_product(user, y, width_) - inner_product(user, z, width_);
    const LogLoss loss = log_loss(lead);
    pull_apart(other, weight * loss.pull, y, z, gradient, judgement);
    judgement.loss = weight * loss.value;
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
      if (!(margin > 0) || seen_.contains(judgement.user, other)) continue;
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
  const Seen& seen_;
  int width_;
  float *first_, *second_;
  Drawn* drawn_;
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
  for (std::int64_t k = places.start - kDrawAhead; k < places.stop; ++k) {
    if (k + kDrawAhead < places.stop) judge.prefetch_draw(start + k + kDrawAhead);
    if (k + kAhead >= places.start && k + kAhead < places.stop)
      judge.prefetch(start + k + kAhead);
    if (k < places.start) continue;
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
  const Seen seen(task.seen, task.loss == SgdLoss::logistic ? 0 : task.users.n_rows,
                  task.items.n_rows, task.bounds[task.n_rounds] - task.bounds[0], n_threads);
  if (seen.failed() || judgements.failed() || vectors.failed() || composed.failed() ||
      drawn.failed() || of_users.failed() || of_items.failed())
    return Status::out_of_memory;
  const Round round{judgements.of_thread(0), vectors.of_thread(0), vectors.of_thread(1)};
  Meeting meeting;
#pragma omp parallel num_threads(n_threads)
  {
    meeting.count();
    Judge judge(task, seen, composed.mine(), drawn.mine());
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
