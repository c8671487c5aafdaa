"""What is in a table of interactions."""
# SPDX-License-Identifier: BSD-3-Clause
