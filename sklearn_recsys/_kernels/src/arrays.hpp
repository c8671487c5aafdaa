// Arrays as the bindings take them, and the checks that make a crash impossible.
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <cstdint>
#include <new>
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

inline void check_length(std::int64_t length, std::int64_t expected, const char* name) {
  if (length != expected)
    refuse(std::string(name) + " must have " + std::to_string(expected) + " entries, but has " +
           std::to_string(length) + ".");
}

template <class Array>
void check_shape(const Array& array, std::int64_t n_rows, std::int64_t n_columns,
                 const char* name) {
  const auto rows = static_cast<std::int64_t>(array.shape(0));
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

// Checks the rows that will be read: row pointers in order, column indices below n_columns.
// One pass over the indices costs about 1 % of the cheapest kernel.
inline Csr as_pattern(const Vector<std::int64_t>& indptr, const Vector<std::int32_t>& indices,
                      Rows rows, std::int64_t n_columns) {
  const auto n_rows = static_cast<std::int64_t>(indptr.shape(0)) - 1;
  const auto n_stored = static_cast<std::int64_t>(indices.shape(0));
  if (n_rows < 0) refuse("indptr must have at least one entry.");
  check_rows(rows, n_rows);
  const std::int64_t* pointers = data_of(indptr, "indptr");
  const std::int32_t* columns = data_of(indices, "indices");
  bool ordered = pointers[rows.start] >= 0 && pointers[rows.stop] <= n_stored;
  for (std::int64_t row = rows.start; row < rows.stop; ++row)
    ordered &= pointers[row] <= pointers[row + 1];
  if (!ordered) refuse("indptr must not decrease, and must point into indices.");
  bool inside = true;
  for (std::int64_t k = pointers[rows.start]; k < pointers[rows.stop]; ++k)
    inside &= columns[k] >= 0 && columns[k] < n_columns;
  if (!inside) refuse("indices must be within 0.." + std::to_string(n_columns - 1) + ".");
  return {pointers, columns, nullptr, n_rows};
}

inline Csr as_csr(const Vector<std::int64_t>& indptr, const Vector<std::int32_t>& indices,
                  const Vector<float>& values, Rows rows, std::int64_t n_columns) {
  Csr matrix = as_pattern(indptr, indices, rows, n_columns);
  check_length(static_cast<std::int64_t>(values.shape(0)),
               static_cast<std::int64_t>(indices.shape(0)), "values");
  matrix.values = data_of(values, "values");
  return matrix;
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
