"""P7: EASE against RecTools' and irspack's, the fit, its memory, and the lists of everybody."""
# SPDX-License-Identifier: BSD-3-Clause

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from comparisons.environments import Unavailable
from comparisons.harness import (
    N_THREADS,
    Bench,
    Row,
    alternate,
    compare,
    failed,
    note,
    spread,
    use_inner,
)
from comparisons.shapes import find_data

__all__ = ["measure_ease"]

DATA = "ML-1M"
REG = 500.0
# Of the peer's time.
BOUNDS = {"RecTools": 0.25, "irspack": 0.4}
WORKERS = {"RecTools": "of_rectools", "irspack": "of_irspack"}
# Of 4 bytes for each pair of items, and times by which RecTools is slower.
MEMORY_BOUND, LISTS_BOUND = 1.25, 8.0


def measure_ease(bench: Bench) -> list[Row]:
    rows = []
    for peer, worker in WORKERS.items():
        note(f"P7: {peer}")
        fit = Row("P7", f"EASE fit, {DATA}: from codes on", peer, "ours / peer", BOUNDS[peer])
        try:
            rows += against(bench, fit, worker)
        except Unavailable as error:
            rows.append(failed(fit, error))
    return rows


def against(bench: Bench, fit: Row, worker: str) -> list[Row]:
    path = find_data(DATA, bench.cache)
    own = {"data": path, "reg": REG, "n_threads": N_THREADS}
    theirs = own if worker == "of_rectools" else {"data": path, "reg": REG}
    jobs = [("ours", "ease", own), (worker, "ease", theirs)]
    with bench.workers(*jobs) as workers:
        quality = agree(*workers)
        answers = alternate(*workers, {"step": "fit"}, pairs=bench.pairs)
        rows = [compare(fit, use_inner(answers), inner=False)]
        if worker == "of_rectools":
            rows += [measure_memory(path, answers), measure_lists(bench, *workers)]
    for row in rows:
        row.quality, row.quality_is_equal = quality
    return rows


def agree(ours, peer) -> tuple[str, bool]:
    """Compare the weights: RecTools scores by their transpose, so that its lists are others."""
    with TemporaryDirectory() as folder:
        paths = [str(Path(folder) / f"{name}.npy") for name in ("ours", "peer")]
        for path, worker in zip(paths, (ours, peer), strict=True):
            worker.run(step="fit", save=path)
        mine, theirs = map(np.load, paths)
    difference = abs(mine - theirs).max() / abs(theirs).max()
    return f"weights differ by {difference:.0e} of the largest", bool(difference < 1e-4)


def measure_memory(path: str, answers: list) -> Row:
    with np.load(path) as data:
        n_items = len(np.unique(data["items"]))
    extra = [mine["inner_extra_mb"] * 2**20 / (4 * n_items**2) for mine, _ in answers]
    job = f"EASE fit, {DATA}: the most memory beyond the start's"
    row = Row("P7", job, "", "of 4 bytes a pair of items", MEMORY_BOUND)
    row.ratio = spread(extra)
    return row


def measure_lists(bench: Bench, ours, peer) -> Row:
    row = Row("P7", f"EASE, top 10 for all, {DATA}", "RecTools", "peer / ours", LISTS_BOUND)
    return compare(row, alternate(ours, peer, {"step": "recommend"}, pairs=bench.pairs))
