// Where the threads of a parallel region share work and wait for each other, thousands of times.
// SPDX-License-Identifier: BSD-3-Clause
//
// OpenMP's own barrier spins for a millisecond and more before it gives the processor away. Where
// other processes need that, the thread waited for does not get it, and a fit takes ten times as
// long.
#pragma once

#include <cstdint>

#include "platform.hpp"

namespace {

class Meeting {
 public:
  // Looks at the clock of the others before a thread gives its processor away: some microseconds.
  static constexpr int kSpins = 2000;

  // To be called by each thread once, first of all.
  void count() {
#ifdef _OPENMP
#pragma omp single
    n_present_ = omp_get_num_threads();
#endif
  }

  int n_present() const { return n_present_; }

  // Returns the first of the next `n` pieces of work; the count starts anew when all have waited.
  std::int64_t take(std::int64_t n) { return __atomic_fetch_add(&taken_, n, __ATOMIC_RELAXED); }

  // Returns when all threads have come here.
  void wait() {
    const std::uint32_t number = __atomic_load_n(&number_, __ATOMIC_ACQUIRE);
    if (__atomic_add_fetch(&arrived_, 1, __ATOMIC_ACQ_REL) == n_present_) {
      arrived_ = 0;
      taken_ = 0;
      __atomic_store_n(&number_, number + 1, __ATOMIC_RELEASE);
      return;
    }
    for (int spins = 0; __atomic_load_n(&number_, __ATOMIC_ACQUIRE) == number; ++spins)
      if (spins < kSpins)
        pause_processor();
      else
        yield_processor();
  }

 private:
  int n_present_ = 1;
  alignas(64) std::int64_t taken_ = 0;
  alignas(64) std::int32_t arrived_ = 0;
  alignas(64) std::uint32_t number_ = 0;
};

}  // namespace
