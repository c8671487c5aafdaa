// The best columns of each row by the products of vectors, which are never written.
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "selection.hpp"

namespace {

// A tile of 6 users times 16 items fills twelve registers of AVX2 with sums.
constexpr int kTileUsers = 6;
// Users whose tiles share one packed panel of items. Packing costs about one tile in twenty.
constexpr int kBlockUsers = 240;
// Bytes of a thread's users at once: with a vast catalogue or long lists they are fewer.
constexpr std::int64_t kBlockBytes = std::int64_t{64} << 20;

// Scores of the 16 items for a user where any of them may enter her list.
struct Tile {
  alignas(32) float scores[kTileUsers][kGroup];
  unsigned bits[kTileUsers];  // items that exceed the threshold, or are no number
};

// Multiplies 6 packed users by 16 packed items, each sum in the order of the width, wherever the
// tile lies. Returns a bit for each user with a score that may enter her list; only where there
// is any is the tile written.

#ifdef __AVX2__

inline unsigned score_tile(const float* users, const float* items, int width, const Best* best,
                           Tile& tile) {
  __m256 low[kTileUsers], high[kTileUsers];
#pragma GCC unroll 6
  for (int q = 0; q < kTileUsers; ++q) low[q] = high[q] = _mm256_setzero_ps();
  for (int f = 0; f < width; ++f, users += kTileUsers, items += kGroup) {
    const __m256 left = _mm256_load_ps(items), right = _mm256_load_ps(items + 8);
#pragma GCC unroll 6
    for (int q = 0; q < kTileUsers; ++q) {
      const __m256 user = _mm256_broadcast_ss(users + q);
      low[q] = _mm256_fmadd_ps(user, left, low[q]);
      high[q] = _mm256_fmadd_ps(user, right, high[q]);
    }
  }
  __m256 any = _mm256_setzero_ps();
#pragma GCC unroll 6
  for (int q = 0; q < kTileUsers; ++q) {
    const __m256 t = _mm256_broadcast_ss(&best[q].threshold);
    any = _mm256_or_ps(any, _mm256_cmp_ps(low[q], t, _CMP_NLE_UQ));
    any = _mm256_or_ps(any, _mm256_cmp_ps(high[q], t, _CMP_NLE_UQ));
  }
  if (_mm256_testz_ps(any, any)) return 0;
  unsigned hit = 0;
#pragma GCC unroll 6
  for (int q = 0; q < kTileUsers; ++q) {
    const __m256 t = _mm256_broadcast_ss(&best[q].threshold);
    _mm256_store_ps(tile.scores[q], low[q]);
    _mm256_store_ps(tile.scores[q] + 8, high[q]);
    const int left = _mm256_movemask_ps(_mm256_cmp_ps(low[q], t, _CMP_NLE_UQ));
    const int right = _mm256_movemask_ps(_mm256_cmp_ps(high[q], t, _CMP_NLE_UQ));
    tile.bits[q] = static_cast<unsigned>(left) | static_cast<unsigned>(right) << 8;
    hit |= static_cast<unsigned>(tile.bits[q] != 0) << q;
  }
  return hit;
}

#else

inline unsigned score_tile(const float* users, const float* items, int width, const Best* best,
                           Tile& tile) {
  unsigned hit = 0;
  for (int q = 0; q < kTileUsers; ++q) {
    float* sums = tile.scores[q];
    for (int j = 0; j < kGroup; ++j) sums[j] = 0;
    for (int f = 0; f < width; ++f)
      for (int j = 0; j < kGroup; ++j) sums[j] += users[f * kTileUsers + q] * items[f * kGroup + j];
    tile.bits[q] = 0;
    for (int j = 0; j < kGroup; ++j)
      tile.bits[q] |= static_cast<unsigned>(!(sums[j] <= best[q].threshold)) << j;
    hit |= static_cast<unsigned>(tile.bits[q] != 0) << q;
  }
  return hit;
}

#endif

// Biases are two more components: a user's is multiplied by 1, and an item's too.
inline int packed_width(int width, bool biased) { return biased ? width + 2 : width; }

// packed[f * lanes + lane] = component f of a vector, in the layout of score_tile.
inline void pack_vector(const Factors& factors, std::int64_t row, int width, int lanes, int lane,
                        bool bias_first, float* packed) {
  const float* vector = factors.vectors + row * width;
  for (int f = 0; f < width; ++f) packed[f * lanes + lane] = vector[f];
  if (!factors.biases) return;
  packed[(width + (bias_first ? 0 : 1)) * lanes + lane] = factors.biases[row];
  packed[(width + (bias_first ? 1 : 0)) * lanes + lane] = 1;
}

inline void pack_panel(const Factors& items, const Columns& columns, std::int64_t panel, int width,
                       float* packed) {
  const std::int64_t first = panel * kGroup;
  const std::int64_t n = std::min<std::int64_t>(kGroup, columns.n - first);
  for (int j = 0; j < n; ++j) {
    // In tie order the rows lie anywhere: those of the next panel are asked for in time.
    if (first + kGroup + j < columns.n) {
      const float* next = items.vectors + std::int64_t{columns.codes[first + kGroup + j]} * width;
      for (int f = 0; f < width; f += 16) __builtin_prefetch(next + f);
    }
    pack_vector(items, columns.codes[first + j], width, kGroup, j, false, packed);
  }
  // What fills up the last panel is barred, but must not be left uninitialised.
  for (std::int64_t j = n; j < kGroup; ++j)
    for (int f = 0; f < packed_width(width, items.biases); ++f) packed[f * kGroup + j] = 0;
}

// A thread's users at work.
struct Block {
  std::int64_t first;
  int n;
  float* packed;  // groups of 6 users
  float* panel;   // 16 items
  Best* best;
  std::uint16_t* bars;  // a row of words for each user

  int n_groups() const { return (n + kTileUsers - 1) / kTileUsers; }
  Bars bars_of(int user, std::int64_t n_columns) const {
    return {bars + user * count_groups(n_columns), n_columns};
  }
};

inline void start_block(const Block& block, const Factors& users, int width, const Columns& columns,
                        const Marks& marks, const std::int32_t* place, Key* buffers, int k) {
  const int capacity = Best::capacity(k, columns.n), full = packed_width(width, users.biases);
  std::memset(block.packed, 0, sizeof(float) * full * kTileUsers * block.n_groups());
  for (int r = 0; r < block.n_groups() * kTileUsers; ++r) {
    // A threshold that nothing exceeds, where the last group has no user.
    block.best[r].start(buffers + std::int64_t{r} * capacity, k, capacity,
                        r < block.n ? NAN : INFINITY);
    if (r >= block.n) continue;
    const std::int64_t row = block.first + r;
    pack_vector(users, row, width, kTileUsers, r % kTileUsers, true,
                block.packed + std::int64_t{r / kTileUsers} * full * kTileUsers);
    Bars bars = block.bars_of(r, columns.n);
    bars.reset(marks.only);
    for (std::int64_t e = marks.indptr[row]; e < marks.indptr[row + 1]; ++e) {
      const std::int32_t p = place[marks.indices[e]];
      if (p >= 0) marks.only ? bars.admit(p) : bars.bar(p);
    }
  }
}

inline void collect(const Block& block, int group, unsigned hit, std::int64_t panel,
                    std::int64_t n_columns, const Tile& tile, float bound) {
  for (; hit; hit &= hit - 1) {
    const int q = __builtin_ctz(hit), r = group * kTileUsers + q;
    if (r >= block.n) return;
    unsigned bits = tile.bits[q] & ~block.bars_of(r, n_columns).group(panel);
    for (; bits; bits &= bits - 1) {
      const int j = __builtin_ctz(bits);
      block.best[r].offer(cut_off(tile.scores[q][j], bound),
                          static_cast<std::int32_t>(panel * kGroup + j));
    }
  }
}

inline void rank_block(const Block& block, const Factors& items, int width, const Columns& columns,
                       float bound, const Lists& lists) {
  const int full = packed_width(width, items.biases);
  Tile tile;
  for (std::int64_t panel = 0; panel < count_groups(columns.n); ++panel) {
    pack_panel(items, columns, panel, width, block.panel);
    for (int group = 0; group < block.n_groups(); ++group) {
      const float* users = block.packed + std::int64_t{group} * full * kTileUsers;
      const Best* best = block.best + group * kTileUsers;
      const unsigned hit = score_tile(users, block.panel, full, best, tile);
      if (hit) collect(block, group, hit, panel, columns.n, tile, bound);
    }
  }
  for (int r = 0; r < block.n; ++r) block.best[r].finish(columns, block.first + r, lists);
}

// Returns how many users a thread takes at once: equal shares for all threads, whole tiles.
inline std::int64_t users_at_once(std::int64_t n, int n_threads, std::int64_t bytes_each) {
  const std::int64_t most = std::max<std::int64_t>(
      kTileUsers, std::min<std::int64_t>(kBlockUsers, kBlockBytes / bytes_each));
  const std::int64_t rounds = (n + most * n_threads - 1) / (most * n_threads);
  const std::int64_t share = (n + rounds * n_threads - 1) / (rounds * n_threads);
  return std::min((share + kTileUsers - 1) / kTileUsers, most / kTileUsers) * kTileUsers;
}

// The best columns by user . item + biases. The scores are never written: they are compared with
// the user's threshold while they are in registers.
Status top_k_factors(const Factors& users, const Factors& items, int width,
                     const Columns& columns, const Marks& marks, float bound, int n_threads,
                     const Lists& lists) {
  if (users.n == 0) return Status::ok;
  const std::int64_t words = count_groups(columns.n);
  const int capacity = Best::capacity(lists.k, columns.n);
  const int full = packed_width(width, users.biases);
  const std::int64_t at_once = users_at_once(
      users.n, n_threads,
      static_cast<std::int64_t>(capacity * sizeof(Key) + (words + 2 * full + 8) * 2));
  Scratch<std::int32_t> place(1, columns.n_codes);
  Scratch<float> packed(n_threads, at_once * full), panels(n_threads, full * kGroup);
  Scratch<Best> best(n_threads, at_once);
  Scratch<Key> buffers(n_threads, at_once * capacity);
  Scratch<std::uint16_t> bars(n_threads, at_once * words);
  if (place.failed() || packed.failed() || panels.failed() || best.failed() || buffers.failed() ||
      bars.failed())
    return Status::out_of_memory;
  find_places(columns, place.of_thread(0));
#pragma omp parallel for num_threads(n_threads) schedule(dynamic, 1)
  for (std::int64_t first = 0; first < users.n; first += at_once) {
    const Block block{first, static_cast<int>(std::min(at_once, users.n - first)), packed.mine(),
                      panels.mine(), best.mine(), bars.mine()};
    start_block(block, users, width, columns, marks, place.of_thread(0), buffers.mine(), lists.k);
    rank_block(block, items, width, columns, bound, lists);
  }
  return Status::ok;
}

}  // namespace
