// One function for each family of kernels, called when the module is loaded.
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nanobind/nanobind.h>

void bind_als(nanobind::module_& module);
void bind_ranking(nanobind::module_& module);
void bind_pairs(nanobind::module_& module);
void bind_top_k(nanobind::module_& module);
void bind_gram(nanobind::module_& module);
void bind_dense(nanobind::module_& module);
void bind_regression(nanobind::module_& module);
void bind_embedding_sgd(nanobind::module_& module);
