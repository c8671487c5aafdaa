// What every kernel stands on: sparse matrices, spans of rows, scratch memory for the threads.
// SPDX-License-Identifier: BSD-3-Clause
//
// The kernels are compiled once for each instruction set into one library, so nothing here or in
// a kernel may have external linkage: the linker would keep one copy of a weak function, perhaps
// the one with instructions that the machine lacks. Hence no containers of the standard library,
// and an anonymous namespace around everything.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#ifdef _OPENMP
#include <omp.h>
#endif
#ifdef _WIN32
#include <windows.h>
#else
#include <sched.h>
#endif

enum class Status { ok, out_of_memory };

// A compressed sparse row matrix; the columns of a row are distinct and increasing.
struct Csr {
  const std::int64_t* indptr;
  const std::int32_t* indices;
  const float* values;
  std::int64_t n_rows;
};

// A sparse matrix of which only the places matter.
struct Pattern {
  const std::int64_t* indptr;
  const std::int32_t* indices;
};

// The rows of a matrix that one call works on: [start, stop).
struct Rows {
  std::int64_t start;
  std::int64_t stop;
};

namespace {

inline int thread_number() {
#ifdef _OPENMP
  return omp_get_thread_num();
#else
  return 0;
#endif
}

// Lets the processor rest for an instant within a loop that waits.
inline void pause_processor() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#endif
}

// Lets other threads have the processor.
inline void yield_processor() {
#ifdef _WIN32
  SwitchToThread();
#else
  sched_yield();
#endif
}

// An uninitialised piece of memory for each thread, none of which share a cache line. Allocated
// before the threads start: an exception inside a parallel region would end the process.
template <class T>
class Scratch {
 public:
  Scratch(int n_threads, std::size_t count)
      : stride_((count * sizeof(T) + 63) / 64 * 64),
        bytes_(static_cast<char*>(std::aligned_alloc(64, (stride_ ? stride_ : 64) * n_threads))) {}
  ~Scratch() { std::free(bytes_); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  bool failed() const { return bytes_ == nullptr; }
  T* of_thread(int thread) const { return reinterpret_cast<T*>(bytes_ + stride_ * thread); }
  T* mine() const { return of_thread(thread_number()); }

 private:
  std::size_t stride_;
  char* bytes_;
};

}  // namespace
