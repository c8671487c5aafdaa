"""P6: item neighbours, against the faster of implicit and sparse_dot_topn."""
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
    use_inner,
)
from comparisons.shapes import find_data

__all__ = ["measure_neighbors"]

N_NEIGHBORS = 50
PEERS = {"implicit": "of_implicit", "sparse_dot_topn": "of_sparse_dot_topn"}


def measure_neighbors(bench: Bench) -> list[Row]:
    rows = []
    for name, worker in PEERS.items():
        note(f"P6: {name}")
        job = f"item kNN fit, cosine, K={N_NEIGHBORS}, ML-1M"
        both = [
            Row("P6", f"{job}: from {start} on", name, "ours / peer", None)
            for start in ("codes", "the table")
        ]
        try:
            rows += against(bench, both, worker)
        except Unavailable as error:
            rows.append(failed(both[0], error))
    measured = [row for row in rows if row.ratio and "codes" in row.job]
    if measured:
        # The goal is about the faster one, that is the larger share of its time.
        max(measured, key=lambda row: row.ratio[0]).bound = 0.4
    return rows


def against(bench: Bench, rows: list[Row], worker: str) -> list[Row]:
    arguments = {
        "data": find_data("ML-1M", bench.cache),
        "n_neighbors": N_NEIGHBORS,
        "n_threads": N_THREADS,
    }
    jobs = [("ours", "knn", arguments), (worker, "knn", arguments)]
    with bench.workers(*jobs) as workers, TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{number}.npz" for number in range(2)]
        for path, each in zip(paths, workers, strict=True):
            each.run(save=str(path))
        ours, peer = (np.load(path)["scores"] for path in paths)
        answers = alternate(*workers, {}, pairs=bench.pairs, warm=False)
    for row in rows:
        row.quality_is_equal = bool(ours.shape[0] <= peer.shape[0] and agree(ours, peer))
        row.quality = "equal similarities" if row.quality_is_equal else "other similarities"
    return [
        compare(rows[0], use_inner(answers), inner=False),
        compare(rows[1], answers, inner=False),
    ]


def agree(ours: np.ndarray, peer: np.ndarray) -> bool:
    """Compare the similarities of all items; the peers have a row for items without users too."""
    peer = peer[peer.any(axis=1)]
    ours = ours[ours.any(axis=1)]
    return ours.shape == peer.shape and np.allclose(ours, peer, rtol=1e-4, atol=1e-6)
