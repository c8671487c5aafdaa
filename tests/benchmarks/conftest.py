"""Keep the benchmarks' scripts out of the collection: they import libraries that are not here."""
# SPDX-License-Identifier: BSD-3-Clause

collect_ignore = [
    "reproductions",
    "tournament.py",
    "audio_cnn.py",
    "slim.py",
    "hybrid_movielens.py",
    "hybrid_parity.py",
    "peers.py",
    "comparisons",
    "workers",
]
