"""Measure the performance goals against the libraries that they name, side by side.

Run it as ``python tests/benchmarks/peers.py [--goals P1,P2] [--pairs 5] [--quick]``. Each peer is
installed into a virtual environment of its own in the cache folder, where the next run finds it.
The results are added, goal by goal, to peers.json and peers.md in the output folder.
"""
# SPDX-License-Identifier: BSD-3-Clause

import argparse
import os
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

from comparisons.als import measure_fit, measure_time_to_quality  # noqa: E402
from comparisons.ease import measure_ease  # noqa: E402
from comparisons.harness import Bench, note  # noqa: E402
from comparisons.hybrid import measure_pairwise, measure_threads  # noqa: E402
from comparisons.neighbors import measure_neighbors  # noqa: E402
from comparisons.overhead import measure_overhead  # noqa: E402
from comparisons.report import merge_results, write_table  # noqa: E402
from comparisons.scoring import measure_scoring  # noqa: E402
from comparisons.start import measure_start  # noqa: E402
from comparisons.top_k import measure_recommend  # noqa: E402

# A goal's text, and the function from a Bench to the rows of its result. P11 (the tournament)
# joins here with the models that it is about.
GOALS = {
    "P1": ("implicit ALS, equal iterations", measure_fit),
    "P2": ("ALS, time to nDCG@10 of .42", measure_time_to_quality),
    "P3": ("WARP and BPR, with and without features", measure_pairwise),
    "P4": ("WARP, the same bits with one and two threads", measure_threads),
    "P5": ("recommend to all, top 10, seen masked", measure_recommend),
    "P6": ("item kNN fit, K=50", measure_neighbors),
    "P7": ("EASE, fit, memory and recommend to all", measure_ease),
    "P8": ("metrics of all users", measure_scoring),
    "P9": ("first fit in a fresh process, import, size", measure_start),
    "P10": ("overhead of the estimator and of the search", measure_overhead),
}


def main(arguments: list[str] | None = None) -> None:
    options = read_options(arguments)
    bench = Bench(options.cache, 3 if options.quick else options.pairs, options.quick)
    options.output.mkdir(parents=True, exist_ok=True)
    started = time.perf_counter()
    for goal in options.goals:
        text, measure = GOALS[goal]
        bench.versions.clear()
        rows = measure(bench)
        results = merge_results(options.output / "peers.json", goal, text, rows, bench)
        write_table(options.output / "peers.md", results)
        for row in rows:
            note(f"    {row.job}: {row.verdict} {row.ratio and [f'{r:.3f}' for r in row.ratio]}")
        note(f"{goal} done after {time.perf_counter() - started:.0f} s")


def read_options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--goals", type=read_goals, default=list(GOALS), help=",".join(GOALS))
    parser.add_argument("--pairs", type=int, default=5, help="runs of each side")
    parser.add_argument("--quick", action="store_true", help="three pairs, MovieLens-1M only")
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "benchmarks")
    parser.add_argument("--cache", type=Path, default=default_cache(), help="kept between runs")
    return parser.parse_args(arguments)


def read_goals(text: str) -> list[str]:
    goals = text.split(",")
    unknown = sorted(set(goals) - set(GOALS))
    if unknown:
        raise argparse.ArgumentTypeError(f"there is no {', '.join(unknown)}")
    return goals


def default_cache() -> Path:
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(root) / "sklearn_recsys_benchmarks"


if __name__ == "__main__":
    main()
