"""P5: the best ten items of every user, against implicit and the speed of the product alone."""
# SPDX-License-Identifier: BSD-3-Clause

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from comparisons.environments import Unavailable
from comparisons.harness import N_THREADS, Bench, Row, alternate, compare, failed, note
from comparisons.shapes import find_data

__all__ = ["measure_recommend"]

N_COMPONENTS = 64
# Shape, users, items, bound of the times by which implicit is slower.
SAMPLES = [("ML-1M", 6040, 3706, 8), ("20M", 20_000, 27_000, 3), ("Last.fm", 5_000, 290_000, 1.8)]
# Of the speed of NumPy's sgemm, that is at most 1 / .8 of its time.
SHARE_OF_PEAK = 0.8


def measure_recommend(bench: Bench) -> list[Row]:
    rows = []
    for shape, n_users, n_items, bound in SAMPLES:
        if bench.quick and shape != "ML-1M":
            continue
        job = f"top 10 of {n_items:,} items for {n_users:,} users, F={N_COMPONENTS}"
        note(f"P5: {job}")
        row = Row("P5", job, "implicit", "peer / ours", bound)
        share = Row("P5", job, "sgemm alone", "ours / peer", 1 / SHARE_OF_PEAK)
        # The goal of the peak is about large catalogues, where the product is the work.
        share.bound = share.bound if shape != "ML-1M" else None
        sample = {"n_users": n_users, "n_components": N_COMPONENTS, "n_threads": N_THREADS}
        arguments = {"data": find_data(shape, bench.cache), **sample}
        try:
            rows.append(against_implicit(bench, row, arguments))
        except Unavailable as error:
            rows.append(failed(row, error))
        try:
            rows.append(against_product(bench, share, arguments, {**sample, "n_items": n_items}))
        except Unavailable as error:
            rows.append(failed(share, error))
    return rows


def against_implicit(bench: Bench, row: Row, arguments: dict) -> Row:
    jobs = [(name, "recommend", arguments) for name in ("ours", "of_implicit")]
    with bench.workers(*jobs) as (ours, peer), TemporaryDirectory() as folder:
        paths = [str(Path(folder) / f"{name}.npz") for name in ("ours", "peer")]
        ours.run(save=paths[0])
        # The peer's best setting differs by shape: its own threads, or also those of BLAS.
        seconds = {n: peer.run(save=paths[1], blas_threads=n)["seconds"] for n in (1, N_THREADS)}
        best = min(seconds, key=seconds.__getitem__)
        answers = alternate(ours, peer, {}, {"blas_threads": best}, pairs=bench.pairs)
        row.quality, row.quality_is_equal = compare_lists(*paths)
    row.job += f" (implicit with {best} thread(s) of BLAS)"
    return compare(row, answers)


def compare_lists(ours: str, peer: str) -> tuple[str, bool]:
    with np.load(ours) as mine, np.load(peer) as theirs:
        same = (mine["items"] == theirs["items"]).mean()
        scores_agree = np.allclose(mine["scores"], theirs["scores"], rtol=1e-4, atol=1e-4)
    # Scores that differ in their last bit may change places.
    return f"{same:.2%} of the places equal", bool(scores_agree and same > 0.999)


def against_product(bench: Bench, row: Row, arguments: dict, sizes: dict) -> Row:
    jobs = [("ours", "recommend", arguments), ("of_sklearn", "product", sizes)]
    with bench.workers(*jobs) as workers:
        answers = alternate(*workers, {}, pairs=bench.pairs)
    compare(row, answers)
    row.quality = f"{1 / row.ratio[0]:.0%} of its speed"
    return row
