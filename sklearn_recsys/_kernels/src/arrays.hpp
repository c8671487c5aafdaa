// Arrays as the bindings take them, and the checks that make a crash impossible.
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>

#include <cstdint>
#include <new>
#include <optional>
#include <string>

#include "platform.hpp"

namespace nb = nanobind;
using namespace nanobind::literals;

// Wrong types, dimensions and layouts are refused by nanobind with a TypeError.
template <class T>
using Vector = nb::ndarray<const T, nb::numpy, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
template <class T>
using Matrix = nb::ndarray<const T, nb::numpy, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
template <class T>
using OutVector = nb::ndarray<T, nb::numpy, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
template <class T>
using OutMatrix = nb::ndarray<T, nb::numpy, nb::ndim<2>, nb::c_contig, nb::device::cpu>;

template <class T>
using Optional = std::optional<Vector<T>>;

[[noreturn]] inline void refuse(const std::string& message) {
  throw nb::value_error(message.c_str());
}

// Returns the array's memory; unaligned memory is undefined behaviour to a compiled loop.
template <class Array>
auto data_of(const Array& array, const char* name) {
  auto* data = array.data();
  if (reinterpret_cast<std::uintptr_t>(data) % alignof(decltype(*data)) != 0)
    refuse(std::string(name) + " must be aligned.");
  return data;
}

template <class Array>
std::int64_t length(const Array& array) {
  return static_cast<std::int64_t>(array.shape(0));
}

inline void check_length(std::int64_t length, std::int64_t expected, const char* name) {
  if (length != expected)
    refuse(std::string(name) + " must have " + std::to_string(expected) + " entries, but has " +
           std::to_string(length) + ".");
}

// Returns null where no array is given.
template <class T>
const T* data_of(const Optional<T>& array, std::int64_t expected, const char* name) {
  if (!array) return nullptr;
  check_length(length(*array), expected, name);
  return data_of(*array, name);
}

template <class Array>
void check_shape(const Array& array, std::int64_t n_rows, std::int64_t n_columns,
                 const char* name) {
  const std::int64_t rows = length(array);
  const auto columns = static_cast<std::int64_t>(array.shape(1));
  if (rows != n_rows || columns != n_columns)
    refuse(std::string(name) + " must have the shape (" + std::to_string(n_rows) + ", " +
           std::to_string(n_columns) + "), but has (" + std::to_string(rows) + ", " +
           std::to_string(columns) + ").");
}

inline void check_rows(Rows rows, std::int64_t n_rows) {
  if (rows.start < 0 || rows.stop < rows.start || rows.stop > n_rows)
    refuse("start and stop must be within 0.." + std::to_string(n_rows) + ", got " +
           std::to_string(rows.start) + " and " + std::to_string(rows.stop) + ".");
}

inline void check_threads(int n_threads) {
  if (n_threads < 1) refuse("n_threads must be at least 1, got " + std::to_string(n_threads) + ".");
}

// Checks that there are `size` numbers from `low` on that any may be.
template <class Number>
void check_within(const Number* numbers, std::int64_t n, std::int64_t low, std::int64_t size,
                  const char* name) {
  const auto first = static_cast<std::uint64_t>(low), count = static_cast<std::uint64_t>(size);
  bool inside = true;
  for (std::int64_t k = 0; k < n; ++k)
    inside &= static_cast<std::uint64_t>(numbers[k]) - first < count;
  if (!inside)
    refuse(std::string(name) + " must be within " + std::to_string(low) + ".." +
           std::to_string(static_cast<std::int64_t>(first + count - 1)) + ".");
}

inline std::int64_t count_rows(const Vector<std::int64_t>& indptr, const char* name) {
  if (length(indptr) == 0) refuse(std::string(name) + " must have at least one entry.");
  return length(indptr) - 1;
}

// Returns row pointers that, as far as the rows go, do not decrease and stay within the entries.
inline const std::int64_t* pointers_of(const Vector<std::int64_t>& indptr, Rows rows,
                                       std::int64_t n_stored, const char* name) {
  check_rows(rows, count_rows(indptr, name));
  const std::int64_t* pointers = data_of(indptr, name);
  bool rising = pointers[rows.start] >= 0 && pointers[rows.stop] <= n_stored;
  for (std::int64_t row = rows.start; row < rows.stop; ++row)
    rising &= pointers[row] <= pointers[row + 1];
  if (!rising)
    refuse(std::string(name) + " must rise, within 0.." + std::to_string(n_stored) + ".");
  return pointers;
}

// Checks the rows that will be read: row pointers in order, columns below n_columns.
// One pass over the indices costs about 1 % of the cheapest kernel.
inline Pattern as_pattern(const Vector<std::int64_t>& indptr, const Vector<std::int32_t>& indices,
                          Rows rows, std::int64_t n_columns, const char* name = "indptr") {
  const std::int64_t* pointers = pointers_of(indptr, rows, length(indices), name);
  const std::int32_t* columns = data_of(indices, "indices");
  const std::int64_t first = pointers[rows.start];
  check_within(columns + first, pointers[rows.stop] - first, 0, n_columns, "indices");
  return {pointers, columns};
}

inline void check_increasing(const Pattern& pattern, std::int64_t n_rows, const char* name) {
  bool increasing = true;
  for (std::int64_t row = 0; row < n_rows; ++row)
    for (std::int64_t k = pattern.indptr[row] + 1; k < pattern.indptr[row + 1]; ++k)
      increasing &= pattern.indices[k - 1] < pattern.indices[k];
  if (!increasing)
    refuse(std::string(name) + " must increase from one row pointer to the next.");
}

inline Csr as_csr(const Vector<std::int64_t>& indptr, const Vector<std::int32_t>& indices,
                  const Vector<float>& values, Rows rows, std::int64_t n_columns) {
  const Pattern pattern = as_pattern(indptr, indices, rows, n_columns);
  check_length(length(values), length(indices), "values");
  return {pattern.indptr, pattern.indices, data_of(values, "values"), length(indptr) - 1};
}

// Runs a kernel without the interpreter's lock.
template <class Kernel>
void run(Kernel&& kernel) {
  Status status;
  {
    nb::gil_scoped_release unlocked;
    status = kernel();
  }
  if (status == Status::out_of_memory) throw std::bad_alloc();
}
