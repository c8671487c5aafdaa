"""P10: what an estimator costs beyond its kernels, and a search beyond its fits and scores."""
# SPDX-License-Identifier: BSD-3-Clause

from comparisons.als import ALPHA, REG
from comparisons.environments import Unavailable
from comparisons.harness import N_THREADS, Bench, Row, failed, note, spread
from comparisons.shapes import find_data

__all__ = ["measure_overhead"]


def measure_overhead(bench: Bench) -> list[Row]:
    note("P10: overhead of fit and of a search")
    seconds = Row("P10", "fit of 1M rows beyond the kernels, integer ids", "", "s", 0.1)
    share = Row("P10", "its share of an ALS fit, F=64, 15 iterations", "", "share", 0.15)
    texts = Row("P10", "fit of 1M rows beyond the kernels, text ids", "", "s", None)
    search = Row("P10", "GridSearchCV beyond its fits and scores, ALS, ML-1M", "", "share", 0.05)
    try:
        fits = run_fits(bench, "integers")
        seconds.ratio = spread([fit["seconds"] - fit["inner_seconds"] for fit in fits])
        share.ratio = spread([1 - fit["inner_seconds"] / fit["seconds"] for fit in fits])
        fits = run_fits(bench, "texts")
        texts.ratio = spread([fit["seconds"] - fit["inner_seconds"] for fit in fits])
        search.ratio = spread(list(run_searches(bench)))
    except Unavailable as error:
        return [failed(row, error) for row in (seconds, share, texts, search) if not row.ratio]
    return [seconds, share, texts, search]


def run_fits(bench: Bench, ids: str) -> list[dict]:
    arguments = {"data": find_data("1M", bench.cache), "n_components": 64, "reg": REG, "ids": ids}
    arguments |= {"alpha": ALPHA, "n_threads": N_THREADS}
    with bench.workers(("ours", "als", arguments)) as (ours,):
        ours.run(iterations=1, seed=0)
        return [ours.run(iterations=15, seed=0) for _ in range(bench.pairs)]


def run_searches(bench: Bench):
    arguments = {"data": find_data("ML-1M", bench.cache), "n_components": 64}
    arguments |= {"reg": [REG / 3, REG], "alpha": ALPHA, "n_threads": N_THREADS}
    with bench.workers(("ours", "search", arguments)) as (ours,):
        for _ in range(3):
            found = ours.run()
            yield found["seconds"] / found["inner_seconds"] - 1
