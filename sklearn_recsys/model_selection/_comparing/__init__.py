"""Compare recommenders user by user."""
# SPDX-License-Identifier: BSD-3-Clause
