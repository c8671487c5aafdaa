"""The gate: the caller's tables in, codes and sparse matrices out."""
# SPDX-License-Identifier: BSD-3-Clause
