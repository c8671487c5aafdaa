"""Compare the quality of HybridRecommender and lightfm-next, for each loss.

Run it as ``python tests/benchmarks/hybrid_parity.py [--losses warp,bpr] [--features with]
[--seeds 5] [--epochs 10] [--quick]``. Both get the same split of MovieLens-1M, the same features
and the same settings; hybrid_parity.md in the output folder tells the mean nDCG@10 over the seeds.
The loss "logistic" gets ratings of four and five stars as likes and all others as dislikes.
"""
# SPDX-License-Identifier: BSD-3-Clause

import argparse
import sys
import time
from pathlib import Path
from statistics import mean, stdev

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

from comparisons.harness import Bench, note  # noqa: E402
from comparisons.report import introduce  # noqa: E402
from comparisons.shapes import find_data, find_features  # noqa: E402
from peers import default_cache  # noqa: E402

LOSSES = ("warp", "bpr", "logistic", "warp-kos")
# "normalised" are features of which those of a row sum to 1.
FEATURES = ("without", "with")
# How far apart the means may be.
TOLERANCE = 0.005
HEADER = (
    "| loss | features | ours | lightfm-next | difference | verdict |\n|---|---|---|---|---|---|"
)


def main(arguments: list[str] | None = None) -> None:
    options = read_options(arguments)
    bench, lines = Bench(options.cache), []
    started = time.perf_counter()
    for loss in options.losses:
        for features in options.features:
            lines.append(compare_loss(bench, loss, features, options))
            note(f"{time.perf_counter() - started:5.0f} s  {lines[-1]}")
    settings = (
        f"nDCG@10 on {options.shape}, mean ± standard deviation of {options.seeds} seed(s); "
        f"{options.epochs} epochs, {options.components} components, learning rate 0.05, k = 5 and "
        f'n = 10 for "warp-kos". The verdict is about a difference of {TOLERANCE} at most.'
    )
    text = "\n".join([introduce(bench), "", settings, "", HEADER, *lines, ""])
    options.output.mkdir(parents=True, exist_ok=True)
    (options.output / "hybrid_parity.md").write_text(text, encoding="utf-8")


def read_options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--losses", type=lambda text: text.split(","), default=list(LOSSES))
    parser.add_argument(
        "--features",
        type=lambda text: text.split(","),
        default=list(FEATURES),
        help="without,with,normalised",
    )
    parser.add_argument("--seeds", type=int, default=5, help="fits of each side")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--components", type=int, default=32)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--shape", default="ML-1M", help="data set, or the name of a drawn shape")
    parser.add_argument("--quick", action="store_true", help="one seed, two epochs")
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "benchmarks")
    parser.add_argument("--cache", type=Path, default=default_cache(), help="kept between runs")
    options = parser.parse_args(arguments)
    if options.quick:
        options.seeds, options.epochs = 1, 2
    return options


def compare_loss(bench: Bench, loss: str, features: str, options: argparse.Namespace) -> str:
    """Return a line of the table."""
    signed = loss == "logistic" and options.shape == "ML-1M"
    given = {
        "features": find_features(options.shape, bench.cache),
        "normalize": features == "normalised",
    }
    job = {
        "data": find_data("ML-1M, signs" if signed else options.shape, bench.cache),
        "loss": loss,
        "n_components": options.components,
        "learning_rate": 0.05,
        "epochs": options.epochs,
        "n_threads": options.threads,
        **({} if features == "without" else given),
    }
    found = []
    for worker in ("ours", "of_lightfm"):
        with bench.workers((worker, "hybrid", job)) as (each,):
            answers = [each.run(seed=seed) for seed in range(options.seeds)]
        found.append([answer["quality"]["ndcg@10"] for answer in answers])
    ours, peer = map(mean, found)
    cells = [loss, features, *map(describe, found), f"{ours - peer:+.4f}"]
    return "| " + " | ".join([*cells, judge(ours, peer)]) + " |"


def describe(values: list[float]) -> str:
    spread = f" ± {stdev(values):.4f}" if len(values) > 1 else ""
    return f"{mean(values):.4f}{spread}"


def judge(ours: float, peer: float) -> str:
    if abs(ours - peer) <= TOLERANCE:
        return "equal"
    return "ours is better" if ours > peer else "ours is worse"


if __name__ == "__main__":
    main()
