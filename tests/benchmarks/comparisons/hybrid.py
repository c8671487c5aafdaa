"""P3 and P4: WARP and BPR, with and without features, against lightfm-next."""
# SPDX-License-Identifier: BSD-3-Clause

from statistics import mean
from typing import NamedTuple

from comparisons.environments import Unavailable
from comparisons.harness import (
    N_THREADS,
    Bench,
    Row,
    alternate,
    compare,
    failed,
    note,
    use_inner,
)
from comparisons.shapes import find_data, find_features

__all__ = ["Fit", "measure_pairwise", "measure_threads"]

DATA = "ML-1M"
N_COMPONENTS, EPOCHS = 32, 10
# How far nDCG@10 may be from the peer's, and below it where threads are at stake.
TOLERANCE, LOSS_OF_THREADS = 0.005, 0.01


class Fit(NamedTuple):
    """Tell what is fitted, and the bound of the seconds."""

    loss: str
    with_features: bool
    normalize: bool
    bound: float

    def describe(self) -> str:
        features = ", with features" if self.with_features else ""
        normalized = " that sum to 1" if self.normalize else ""
        return f"{self.loss.upper()} fit, {DATA}, F={N_COMPONENTS}, {EPOCHS} epochs" + (
            features + normalized
        )

    def arguments(self, bench: Bench) -> dict:
        given = {"features": find_features(DATA, bench.cache), "normalize": self.normalize}
        return {
            "data": find_data(DATA, bench.cache),
            "loss": self.loss,
            "n_components": N_COMPONENTS,
            "learning_rate": 0.05,
            "epochs": EPOCHS,
            "n_threads": N_THREADS,
            **(given if self.with_features else {}),
        }


WARP = Fit("warp", False, False, 0.4)
WARP_WITH_FEATURES = Fit("warp", True, False, 0.3)
BPR = Fit("bpr", False, False, 0.25)
FITS = [
    WARP,
    WARP_WITH_FEATURES,
    WARP_WITH_FEATURES._replace(normalize=True),
    BPR,
    BPR._replace(with_features=True),
]


def measure_pairwise(bench: Bench) -> list[Row]:
    rows = []
    for fit in [WARP, WARP_WITH_FEATURES, BPR] if bench.quick else FITS:
        job = fit.describe()
        note(f"P3: {job}")
        # The peer is given matrices of codes, so the goal counts what comes after them.
        time = Row("P3", f"{job}: from codes on", "lightfm-next", "ours / peer", fit.bound)
        whole = Row("P3", f"{job}: from the tables on", "lightfm-next", "ours / peer", None)
        try:
            answers = run_fits(bench, fit)
        except Unavailable as error:
            rows.append(failed(time, error))
            continue
        ours, peer = mean_quality(answers)
        for row in (
            compare(time, use_inner(answers), inner=False),
            compare(whole, answers, inner=False),
        ):
            row.quality_is_equal = bool(ours >= peer - TOLERANCE)
            row.quality = f"ndcg@10 {ours:.4f} / {peer:.4f}"
            row.quality += ", ours is better" if ours > peer + TOLERANCE else ""
            rows.append(row)
    return rows


def measure_threads(bench: Bench) -> list[Row]:
    rows = []
    for fit in (WARP, WARP_WITH_FEATURES):
        note(f"P4: {fit.describe()}")
        row = Row("P4", f"{fit.describe()}: from codes on", "lightfm-next", "ours / peer", 0.5)
        try:
            rows.append(compare_bits(bench, fit, row))
        except Unavailable as error:
            rows.append(failed(row, error))
    return rows


def compare_bits(bench: Bench, fit: Fit, row: Row) -> Row:
    """Fill in a row of P4: each fit with two threads is repeated with one."""
    answers = run_fits(bench, fit)
    with bench.workers(("ours", "hybrid", fit.arguments(bench))) as (ours,):
        alone = [ours.run(seed=pair, n_threads=1)["bits"] for pair in range(bench.pairs)]
    is_same = alone == [pair[0]["bits"] for pair in answers]
    mine, peer = mean_quality(answers)
    row.quality = f"{'the same' if is_same else 'other'} bits with one thread, "
    row.quality += f"ndcg@10 {mine:.4f} / {peer:.4f}"
    row.quality_is_equal = bool(is_same and mine >= (1 - LOSS_OF_THREADS) * peer)
    return compare(row, use_inner(answers), inner=False)


def run_fits(bench: Bench, fit: Fit) -> list:
    arguments = fit.arguments(bench)
    with bench.workers(("ours", "hybrid", arguments), ("of_lightfm", "hybrid", arguments)) as pair:
        return alternate(*pair, lambda number: {"seed": number}, pairs=bench.pairs)


def mean_quality(answers: list) -> tuple[float, float]:
    """Return the means over the pairs, each of which has a seed of its own."""
    ours, peer = (mean(pair[side]["quality"]["ndcg@10"] for pair in answers) for side in (0, 1))
    return ours, peer
