"""A film world drawn at random."""
# SPDX-License-Identifier: BSD-3-Clause
