"""The benchmark against peers runs, with the library on both sides."""
# SPDX-License-Identifier: BSD-3-Clause

import importlib
import json
import sys
from pathlib import Path

import numpy as np
import pytest

KNN = {"n_neighbors": 5, "n_threads": 1}
OWN_MODULES = ("comparisons", "measuring", "workers")


@pytest.fixture
def part(monkeypatch):
    """Return a function that imports one of the benchmark's own modules."""
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    monkeypatch.syspath_prepend(str(Path(__file__).parent / "workers"))
    yield importlib.import_module
    for name in [name for name in sys.modules if name.split(".")[0] in OWN_MODULES]:
        del sys.modules[name]


@pytest.fixture
def bench(part, tmp_path):
    return part("comparisons.harness").Bench(tmp_path, pairs=3)


@pytest.mark.slow
def test_two_processes_take_turns_and_are_compared(part, bench):
    harness, shapes = part("comparisons.harness"), part("comparisons.shapes")
    arguments = {"data": shapes.find_data("tiny", bench.cache), **KNN}
    lists = [str(bench.cache / name) for name in ("ours.npz", "peer.npz")]

    with bench.workers(("ours", "knn", arguments), ("ours", "knn", arguments)) as workers:
        answers = harness.alternate(*workers, *({"save": path} for path in lists), pairs=3)
    row = harness.compare(harness.Row("P6", "job", "itself", "ours / peer", 100.0), answers)

    ours, peer = (np.load(path)["scores"] for path in lists)
    np.testing.assert_array_equal(ours, peer)
    assert ours.any()
    assert row.ratio[1] <= row.ratio[0] <= row.ratio[2]
    assert row.ours >= row.ours_inner > 0
    assert row.verdict == "met"


@pytest.mark.slow
def test_the_reason_why_a_job_fails_is_reported_without_a_path(part, bench):
    harness, environments = part("comparisons.harness"), part("comparisons.environments")
    missing = {"data": str(bench.cache / "missing.npz"), **KNN}

    with pytest.raises(environments.Unavailable, match="FileNotFoundError") as caught:  # noqa: SIM117
        with bench.workers(("ours", "knn", missing)):
            pass
    row = harness.failed(harness.Row("P6", "job", "itself", "ours / peer", 1.0), caught.value)

    assert row.verdict.startswith("not measured: ours: FileNotFoundError")
    assert str(bench.cache) not in row.verdict


@pytest.fixture
def hybrid(part, bench, monkeypatch):
    """Return P3 and P4 on a tiny shape, lightfm-next in the interpreter of the tests."""
    pytest.importorskip("lightfm")
    monkeypatch.setattr(part("comparisons.environments"), "PEERS", {})
    goals = part("comparisons.hybrid")
    monkeypatch.setattr(goals, "DATA", "tiny")
    monkeypatch.setattr(goals, "TOLERANCE", 1.0)
    monkeypatch.setattr(goals, "LOSS_OF_THREADS", 1.0)
    return goals


@pytest.mark.slow
def test_pairwise_losses_are_compared_with_and_without_features(hybrid, bench):
    bench.quick = True

    rows = hybrid.measure_pairwise(bench)

    assert [row.problem for row in rows] == [""] * 6
    assert [row.bound for row in rows] == [0.4, None, 0.3, None, 0.25, None]
    assert all(row.quality.startswith("ndcg@10 0.") and row.ratio[0] > 0 for row in rows)


@pytest.mark.slow
def test_a_fit_with_one_thread_has_the_bits_of_one_with_two(hybrid, bench):
    bench.pairs = 1

    rows = hybrid.measure_threads(bench)

    assert [row.quality.partition(",")[0] for row in rows] == ["the same bits with one thread"] * 2


def test_both_sides_are_given_the_same_features(part, bench):
    load, shapes = part("measuring").load, part("comparisons.shapes")

    path = shapes.find_features("tiny", bench.cache)

    given = load(path)
    for name, table in part("workers.features").load_tables(path).items():
        features = table.fit(table.ids()).transform(table.ids())
        for piece in ("data", "indices", "indptr", "shape"):
            np.testing.assert_array_equal(given[f"{name}_{piece}"], getattr(features, piece))


def test_a_better_quality_is_equal_enough_and_said_to_be_better(part, bench, monkeypatch):
    goals = part("comparisons.hybrid")
    ours = {"seconds": 1.0, "inner_seconds": 0.9, "inner_extra_mb": 1, "quality": {"ndcg@10": 0.3}}
    peer = {"seconds": 3.0, "quality": {"ndcg@10": 0.2}}
    monkeypatch.setattr(goals, "run_fits", lambda *_: [(ours, peer)])
    monkeypatch.setattr(goals, "FITS", [goals.WARP])

    time, whole = goals.measure_pairwise(bench)

    assert time.quality == "ndcg@10 0.3000 / 0.2000, ours is better"
    assert time.verdict == "met"
    assert time.ratio[0] == pytest.approx(0.3)
    assert whole.ratio[0] == pytest.approx(1 / 3)


def test_results_of_one_goal_are_added_to_those_of_another(part, bench, tmp_path):
    report, Row = part("comparisons.report"), part("comparisons.harness").Row
    path = tmp_path / "peers.json"
    slow = Row("P10", "overhead", "", "share", 0.05, (0.1, 0.0, 0.2))
    fast = Row("P8", "metrics", "itself", "peer / ours", 2.0, (3.0, 2.5, 3.5), 1.0, None, 3.0)

    report.merge_results(path, "P10", "an overhead", [slow], bench)
    results = report.merge_results(path, "P8", "a job", [fast], bench)
    report.write_table(tmp_path / "peers.md", results)

    assert list(json.loads(path.read_text(encoding="utf-8"))) == ["P8", "P10"]
    rows = (tmp_path / "peers.md").read_text(encoding="utf-8").splitlines()[-2:]
    assert "3.000 times [2.500 .. 3.500] | ≥ 2 times | met" in rows[0]
    assert "0.100 [0.000 .. 0.200] | ≤ 0.05 | missed" in rows[1]


def test_a_result_of_another_quality_is_no_ratio(part):
    row = part("comparisons.harness").Row(
        "P1", "fit", "itself", "ours / peer", 1.0, (0.1, 0.1, 0.1)
    )

    row.quality_is_equal = False

    assert row.verdict == "failed: the quality differs"


def test_the_quality_of_factors_is_the_scorers(part):
    data = {"n_users": 2, "n_items": 12, "users": [0, 1], "items": [0, 1]}
    data |= {"test_users": [0, 0], "test_items": [2, 11]}
    scores = np.arange(12, 0, -1, dtype=np.float32)

    ndcg = part("measuring").ndcg(np.ones((2, 1), np.float32), scores[:, None], data)

    # Item 0 was seen, so that item 2 comes second; item 11 is beyond the tenth place.
    assert ndcg == pytest.approx((1 / np.log2(3)) / (1 + 1 / np.log2(3)))


def test_memory_that_an_earlier_part_has_freed_does_not_hide_that_of_a_later_one(part):
    measuring = part("measuring")
    if not Path("/proc/self/clear_refs").exists():
        pytest.skip("only Linux tells how far a process grew")

    with measuring.Watch() as whole:
        # Small blocks, which the C library keeps when they are freed.
        freed = [np.ones(1000) for _ in range(8000)]
        del freed
        with measuring.Watch(whole) as part_of_it:
            kept = [np.ones(1000) for _ in range(4000)]

    assert len(kept) == 4000
    assert whole.answer()["extra_mb"] > 50
    assert 25 < part_of_it.answer()["extra_mb"] < 45
    assert whole.seconds > part_of_it.seconds
