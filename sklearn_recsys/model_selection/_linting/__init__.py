"""Find what makes the figures of an evaluation mislead."""
# SPDX-License-Identifier: BSD-3-Clause
