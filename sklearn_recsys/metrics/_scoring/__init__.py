"""Ask recommenders for lists, and score them: what is behind make_ranking_scorer."""
# SPDX-License-Identifier: BSD-3-Clause
