"""Keep the benchmarks' scripts out of the collection: they import libraries that are not here."""
# SPDX-License-Identifier: BSD-3-Clause

collect_ignore = ["peers.py", "comparisons", "workers"]
