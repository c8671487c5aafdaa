"""P1 and P2: alternating least squares against implicit and irspack."""
# SPDX-License-Identifier: BSD-3-Clause

from statistics import mean

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

__all__ = ["measure_fit", "measure_time_to_quality"]

REG, ALPHA = 30.0, 0.5
TARGET = 0.42
MEMORY = 0.75
# Shape, components, iterations, worker of the peer, its name, bound of the seconds.
FITS = [
    ("ML-1M", 64, 15, "of_implicit", "implicit", 1 / 3.5),
    ("ML-1M", 128, 15, "of_implicit", "implicit", 1 / 2.5),
    ("ML-1M", 64, 15, "of_irspack", "irspack", 1 / 2),
    ("20M", 64, 2, "of_implicit", "implicit", 1 / 3),
    ("Last.fm", 64, 2, "of_implicit", "implicit", 1 / 3),
]


def measure_fit(bench: Bench) -> list[Row]:
    rows = []
    for shape, n_components, iterations, worker, peer, bound in FITS:
        if bench.quick and shape != "ML-1M":
            continue
        job = f"ALS fit, {shape}, F={n_components}, {iterations} iteration(s)"
        note(f"P1: {job}, {peer}")
        # The peers are given a matrix of codes, so the goals count what comes after it.
        time = Row("P1", f"{job}: from codes on", peer, "ours / peer", bound)
        whole_time = Row("P1", f"{job}: from the table on", peer, "ours / peer", None)
        whole = Row("P1", f"{job}: extra MB from the table on", peer, "ours / peer", None)
        memory_bound = MEMORY if peer == "implicit" else None
        encoded = Row("P1", f"{job}: extra MB from codes on", peer, "ours / peer", memory_bound)
        try:
            answers = run_fits(bench, shape, n_components, iterations, worker)
        except Unavailable as error:
            rows.append(failed(time, error))
            continue
        rows += check_quality(
            [
                compare(time, use_inner(answers), inner=False),
                compare(whole_time, answers, inner=False),
                compare(encoded, use_inner(answers), measure="extra_mb", inner=False),
                compare(whole, answers, measure="extra_mb", inner=False),
            ],
            answers,
        )
    return rows


def run_fits(bench: Bench, shape: str, n_components: int, iterations: int, worker: str) -> list:
    with bench.workers(
        ("ours", "als", als_arguments(bench, shape, n_components)),
        (worker, "als", als_arguments(bench, shape, n_components)),
    ) as (ours, peer):
        return alternate(
            ours,
            peer,
            lambda pair: {"iterations": iterations, "seed": pair},
            pairs=bench.pairs,
            warm=shape == "ML-1M",
        )


def als_arguments(bench: Bench, shape: str, n_components: int) -> dict:
    return {
        "data": find_data(shape, bench.cache),
        "n_components": n_components,
        "reg": REG,
        "alpha": ALPHA,
        "n_threads": N_THREADS,
    }


def check_quality(rows: list[Row], answers: list) -> list[Row]:
    """Compare the means over the pairs, each of which has a seed of its own."""
    name = next(iter(answers[0][0]["quality"]))
    ours, peer = (mean(pair[side]["quality"][name] for pair in answers) for side in (0, 1))
    # nDCG within .002; after one iteration from another start, the loss within a twentieth.
    is_equal = abs(ours - peer) <= (0.002 if name == "ndcg@10" else 0.05 * peer)
    for row in rows:
        row.quality = f"{name} {ours:.4f} / {peer:.4f}"
        row.quality_is_equal = bool(is_equal)
    return rows


def measure_time_to_quality(bench: Bench) -> list[Row]:
    note("P2: time to nDCG@10 .42")
    row = Row(
        "P2", f"ALS, ML-1M, F=64, until nDCG@10 >= {TARGET}", "implicit", "ours / peer", 1 / 3
    )
    try:
        rows = [time_to_quality(bench, row)]
    except Unavailable as error:
        rows = [failed(row, error)]
    return [*rows, *compare_svd(bench)]


def time_to_quality(bench: Bench, row: Row) -> Row:
    with bench.workers(
        ("ours", "als", als_arguments(bench, "ML-1M", 64)),
        ("of_implicit", "als", als_arguments(bench, "ML-1M", 64)),
    ) as workers:
        needed = {}
        for worker, seed in [(w, s) for w in workers for s in range(bench.pairs)]:
            found = worker.run(iterations=30, seed=seed, target=TARGET)["iterations"]
            if found is None:
                raise Unavailable(f"{worker.name}: never reached in 30 iterations")
            needed[worker.name, seed] = found
        options = [
            lambda pair, name=worker.name: {"iterations": needed[name, pair], "seed": pair}
            for worker in workers
        ]
        answers = alternate(*workers, *options, pairs=bench.pairs)
    compare(row, use_inner(answers), inner=False)
    row.job += ", from codes on"
    iterations = [mean(needed[worker.name, s] for s in range(bench.pairs)) for worker in workers]
    found = [mean(pair[side]["quality"]["ndcg@10"] for pair in answers) for side in (0, 1)]
    row.job += ", {:.1f} / {:.1f} iterations".format(*iterations)
    row.quality = "ndcg@10 {:.4f} / {:.4f}".format(*found)
    row.quality_is_equal = min(found) >= TARGET - 1e-6
    return row


def compare_svd(bench: Bench) -> list[Row]:
    """What plain linear algebra gets in its time: the honest rival."""
    row = Row("P2", "SVD fit, ML-1M, 64 components", "TruncatedSVD", "ours / peer", None)
    arguments = {"data": find_data("ML-1M", bench.cache), "n_components": 64, "alpha": ALPHA}
    arguments["n_threads"] = N_THREADS
    try:
        with bench.workers(("ours", "svd", arguments), ("of_sklearn", "svd", arguments)) as pair:
            answers = alternate(*pair, lambda number: {"seed": number}, pairs=3)
    except Unavailable as error:
        return [failed(row, error)]
    return check_quality([compare(row, answers)], answers)
