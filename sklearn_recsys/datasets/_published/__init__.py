"""Readers of data sets in the form in which they are published."""
# SPDX-License-Identifier: BSD-3-Clause
