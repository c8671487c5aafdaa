"""Measure similar items by an index against comparing all: recall of ten, seconds and memory.

Run it as ``python tests/benchmarks/approximate.py [N_ITEMS [N_THREADS]]``. The items are those of
an SVD of made-up plays: users of one to four tastes out of 400, items of Zipf's popularity in each.
"""
# SPDX-License-Identifier: BSD-3-Clause

import os
import platform
import sys
import time
from datetime import date

import faiss
import joblib
import numpy as np
from scipy import sparse
from threadpoolctl import threadpool_limits

from sklearn_recsys.base._approximate import VectorIndex
from sklearn_recsys.decomposition import SVDRecommender
from sklearn_recsys.interactions import interactions_from_matrix

N_ITEMS, N_THREADS = 290_000, 2
N_TASTES, N_COMPONENTS = 400, 64
N_ASKED = 1000


def main() -> None:
    n_items, n_threads = (
        int(given) for given in (*sys.argv[1:], *(N_ITEMS, N_THREADS)[len(sys.argv) - 1 :])
    )
    load = ", ".join(f"{average:.1f}" for average in os.getloadavg())
    print(
        f"{date.today()}, {os.cpu_count()} cores ({platform.machine()}), load {load}, "
        f"faiss {faiss.__version__}, {n_items} items, {n_threads} threads\n"
    )
    with threadpool_limits(n_threads), joblib.parallel_config(n_jobs=n_threads):
        measure(fit(n_items), n_threads)


def fit(n_items: int) -> SVDRecommender:
    plays = interactions_from_matrix(make_plays(n_items))
    return SVDRecommender(N_COMPONENTS, max_iter=3, random_state=0).fit(plays)


def make_plays(n_items: int) -> sparse.csr_array:
    """Draw the plays of a third as many users as there are items."""
    rng = np.random.default_rng(0)
    share = 1 / np.arange(1, N_TASTES + 1) ** 0.7
    share /= share.sum()
    items = rng.permutation(n_items)
    edges = np.searchsorted(np.cumsum(share), np.linspace(0, 1, n_items), side="right")
    first = np.searchsorted(edges, np.arange(N_TASTES + 1))
    reach = np.concatenate([[0], np.cumsum(1 / (rng.permutation(n_items) + 50) ** 0.9)])
    lengths = np.clip(rng.lognormal(4.1, 0.9, n_items // 3), 5, 1500).astype(int)
    rows = np.repeat(np.arange(len(lengths)), lengths)
    tastes = rng.choice(N_TASTES, (len(lengths), 4), p=share)
    which = (rng.random(len(rows)) * rng.integers(1, 5, len(lengths))[rows]).astype(int)
    taste = tastes[rows, which]
    low, high = reach[first[taste]], reach[first[taste + 1]]
    strays = rng.random(len(rows)) < 0.1
    low[strays], high[strays] = 0, reach[-1]
    drawn = np.searchsorted(reach, low + rng.random(len(rows)) * (high - low)) - 1
    cols = items[np.clip(drawn, 0, n_items - 1)]
    plays = sparse.coo_array((np.ones(len(rows)), (rows, cols)), shape=(len(lengths), n_items))
    plays = plays.tocsr()
    plays.data = np.log1p(plays.data)
    return plays


def measure(model: SVDRecommender, n_threads: int) -> None:
    rng = np.random.default_rng(1)
    asked = rng.choice(model.items_, min(N_ASKED, len(model.items_)), replace=False).tolist()
    index, build = timed(lambda: VectorIndex(model.item_factors_, n_threads=n_threads))
    size = faiss.serialize_index(index._index).nbytes / 2**20
    print(f"build {build:.1f} s, {size:.0f} MB\n\n| | one item, ms | {len(asked)} items, s |")
    print("|---|---|---|", flush=True)
    model.similar_items(asked[0], approximate=True)  # builds it
    tables = {}
    for name, how in (("all compared", {}), ("approximate", {"approximate": True})):
        one = np.median(
            [
                timed(lambda how=how, item=item: model.similar_items(item, **how))[1]
                for item in asked[:9]
            ]
        )
        tables[name], many = timed(lambda how=how: model.similar_items(asked, **how))
        print(f"| {name} | {1000 * one:.2f} | {many:.2f} |", flush=True)
    exact, found = tables.values()
    name = exact.columns[0]
    least = exact.groupby(name)["score"].min()
    # A tie with the last one is as good as the last one.
    hits = (found["score"] >= found[name].map(least) - 1e-6).sum()
    print(f"\nrecall of ten: {hits / len(exact):.4f}")


def timed(call):
    started = time.perf_counter()
    answer = call()
    return answer, time.perf_counter() - started


if __name__ == "__main__":
    main()
