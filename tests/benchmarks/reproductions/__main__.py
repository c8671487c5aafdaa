"""Measure what others have published, and rank all recommenders on three data sets.

Run it as ``python tests/benchmarks/reproductions [--parts ncf,ml-1m,ml-100k,lastfm-2k]
[--settings 12] [--n-jobs 2] [--models EASE,ALS]``; reproductions.md in the output folder tells the
results, part by part. Whatever is searched is searched on a validation part of the training rows;
the test rows are read when the settings are chosen. The data sets are in the folder that
SKLEARN_RECSYS_DATA names, or in ../shared/data.
"""
# SPDX-License-Identifier: BSD-3-Clause

import argparse
import os
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent), str(Path(__file__).parents[1])]

import leaderboards  # noqa: E402
import ncf  # noqa: E402
from main_job import describe_machine  # noqa: E402

PARTS = {
    "ncf": ncf.reproduce,
    "ml-1m": lambda options: leaderboards.rank("ml-1m", options),
    "ml-100k": lambda options: leaderboards.rank("ml-100k", options),
    "lastfm-2k": lambda options: leaderboards.rank("lastfm-2k", options),
}


def main(arguments: list[str] | None = None) -> None:
    options = read_options(arguments)
    options.output.mkdir(parents=True, exist_ok=True)
    sections = [f"{describe_machine()}, {options.n_jobs} threads\n"]
    for part in options.parts:
        started = time.perf_counter()
        sections.append(PARTS[part](options))
        print(f"{sections[-1]}\n{part}: {time.perf_counter() - started:.0f} s", flush=True)
        # After each part: an hour is not lost with its last minute.
        text = "\n".join(sections)
        (options.output / "reproductions.md").write_text(text, encoding="utf-8")


def read_options(arguments: list[str] | None) -> argparse.Namespace:
    data = os.environ.get("SKLEARN_RECSYS_DATA", ROOT.parent / "shared" / "data")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--parts", type=lambda text: text.split(","), default=list(PARTS))
    parser.add_argument("--settings", type=int, default=12, help="drawn in each search")
    parser.add_argument("--n-jobs", type=int, default=2, help="threads")
    parser.add_argument("--models", type=lambda text: text.split(","), default=None)
    parser.add_argument("--data", type=Path, default=Path(data))
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "benchmarks")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
