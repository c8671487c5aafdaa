"""P8: scores of all users, against lightfm-next and RecTools."""
# SPDX-License-Identifier: BSD-3-Clause

from pathlib import Path
from tempfile import TemporaryDirectory

from comparisons.environments import Unavailable
from comparisons.harness import N_THREADS, Bench, Row, alternate, compare, failed, note
from comparisons.shapes import find_data

__all__ = ["measure_scoring"]

METRICS = ["precision@10", "recall@10", "ndcg@10", "map@10", "mrr@10"]
N_COMPONENTS = 32
# RecTools divides a user's average precision by all relevant items, not by ten at most.
DEFINED_ALIKE = ["precision@10", "recall@10", "ndcg@10", "mrr@10"]


def measure_scoring(bench: Bench) -> list[Row]:
    five = Row(
        "P8", "five metrics at 10, all users, ML-1M", "lightfm precision_at_k", "peer / ours", 10
    )
    auc = Row("P8", "AUC of each user, ML-1M", "lightfm auc_score", "peer / ours", 2.5)
    alone = Row("P8", "five metrics of given lists, ML-1M", "RecTools", "peer / ours", 20)
    jobs = [
        (five, lambda: against_lightfm(bench, five, METRICS)),
        (auc, lambda: against_lightfm(bench, auc, ["auc"])),
        (alone, lambda: against_rectools(bench, alone)),
    ]
    rows = []
    for row, measure in jobs:
        note(f"P8: {row.job}")
        try:
            rows.append(measure())
        except Unavailable as error:
            rows.append(failed(row, error))
    return rows


def against_lightfm(bench: Bench, row: Row, metrics: list[str]) -> Row:
    data = find_data("ML-1M", bench.cache)
    arguments = {"data": data, "n_components": N_COMPONENTS, "n_threads": N_THREADS}
    jobs = [(name, "score", arguments) for name in ("ours", "of_lightfm")]
    with bench.workers(*jobs) as workers:
        answers = alternate(*workers, {"metrics": metrics}, pairs=bench.pairs, warm=False)
    return check_metrics(compare(row, answers), answers, metrics[:1])


def against_rectools(bench: Bench, row: Row) -> Row:
    data = find_data("ML-1M", bench.cache)
    sizes = {"n_users": 6040, "n_components": N_COMPONENTS, "n_threads": N_THREADS}
    with TemporaryDirectory() as folder:
        lists = str(Path(folder) / "lists.npz")
        with bench.workers(("ours", "recommend", {"data": data, **sizes})) as (ours,):
            ours.run(save=lists)
        arguments = {"data": data, "lists": lists}
        jobs = [(name, "metrics", arguments) for name in ("ours", "of_rectools")]
        with bench.workers(*jobs) as workers:
            answers = alternate(*workers, {}, pairs=bench.pairs)
    return check_metrics(compare(row, answers), answers, DEFINED_ALIKE)


def check_metrics(row: Row, answers: list, names: list[str]) -> Row:
    ours, peer = (answers[0][side]["quality"] for side in (0, 1))
    row.quality_is_equal = all(abs(ours[name] - peer[name]) < 1e-4 for name in names)
    row.quality = ", ".join(f"{name} {ours[name]:.4f} / {peer[name]:.4f}" for name in names)
    return row
