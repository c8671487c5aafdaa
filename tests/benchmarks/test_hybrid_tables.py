"""The tables about HybridRecommender are right about what they measure."""
# SPDX-License-Identifier: BSD-3-Clause

import importlib
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sklearn_recsys.metrics import make_ranking_scorer

OWN_MODULES = ("comparisons", "hybrid_movielens", "hybrid_parity", "measuring", "peers", "workers")


@pytest.fixture
def part(monkeypatch):
    """Return a function that imports one of the benchmark's own modules."""
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    monkeypatch.setattr(sys, "path", [*sys.path])
    yield importlib.import_module
    for name in [name for name in sys.modules if name.split(".")[0] in OWN_MODULES]:
        del sys.modules[name]


@pytest.fixture
def data():
    """Return people and films as load_movielens does, with taste by genre."""
    rng = np.random.default_rng(0)
    pairs = [(user, item) for user in range(40) for item in range(30) if user % 2 == item % 2]
    X = pd.DataFrame(pairs, columns=["user_id", "movie_id"])
    X = X.sample(frac=0.6, random_state=0, ignore_index=True)
    genres = np.where(np.arange(30) % 2, "Drama", "Comedy")
    users = {"user_id": range(40), "gender": ["F", "M"] * 20, "occupation": ["artist"] * 40}
    users["age"] = rng.integers(15, 60, size=40)
    return type("Data", (), {"X": X, "users": pd.DataFrame(users), "movies": None})(), genres


@pytest.fixture
def options(part, tmp_path):
    arguments = ["--cold-epochs=3", "--n-jobs=1", f"--cache={tmp_path}", f"--output={tmp_path}"]
    return part("hybrid_movielens").read_options(arguments)


def test_cold_users_are_scored_as_a_scorer_would(part, data, options):
    tables = part("hybrid_movielens")
    pytest.importorskip("lightfm")
    data, genres = data
    data.movies = pd.DataFrame({"movie_id": range(30), "genre": genres})
    train, test = tables.hold_out(data, "user")

    model = tables.cold_models(data, "user", options)["HybridRecommender, features and ids"]
    found = tables.measure_cold(model.fit(train), test, np.unique(train["movie_id"]))

    expected = make_ranking_scorer("auc", "ndcg@10")(model, test)
    assert found == pytest.approx(tuple(expected.values()))


def test_popularity_tells_nothing_of_new_movies(part, data, options):
    tables = part("hybrid_movielens")
    pytest.importorskip("lightfm")
    data, genres = data
    data.movies = pd.DataFrame({"movie_id": range(30), "genre": genres})

    text = tables.meet_movies(data, options)

    cells = [line.split(" | ") for line in text.splitlines()[4:]]
    assert cells[0][:2] == ["| PopularityRecommender", "0.500"]
    assert cells[0][3:5] == ["-", "0.000"]
    assert all(float(line[1]) > 0.8 for line in cells[1:])


def test_a_part_of_the_users_or_movies_is_held_out_with_all_its_rows(part, data):
    tables = part("hybrid_movielens")
    data, _ = data

    for role, column in (("user", "user_id"), ("item", "movie_id")):
        train, test = tables.hold_out(data, role)
        assert len(train) + len(test) == len(data.X)
        assert not set(train[column]) & set(test[column])
        assert test[column].nunique() == data.X[column].nunique() // 5


@pytest.mark.slow
def test_parity_is_written_for_each_loss(part, tmp_path, monkeypatch):
    parity = part("hybrid_parity")
    pytest.importorskip("lightfm")
    monkeypatch.setattr(part("comparisons.environments"), "PEERS", {})
    folders = [f"--cache={tmp_path}", f"--output={tmp_path}"]

    parity.main(["--quick", "--shape=tiny", "--losses=warp-kos,logistic", *folders])

    lines = (tmp_path / "hybrid_parity.md").read_text(encoding="utf-8").splitlines()[-4:]
    names = [line.split(" | ")[:2] for line in lines]
    assert names[0] == ["| warp-kos", "without"]
    assert names[3] == ["| logistic", "with"]
    assert all(0 < float(line.split(" | ")[2]) < 1 for line in lines)


def test_parity_is_a_difference_of_less_than_half_a_point(part):
    judge = part("hybrid_parity").judge

    assert [judge(ours, 0.3) for ours in (0.304, 0.296, 0.306, 0.294)] == [
        "equal",
        "equal",
        "ours is better",
        "ours is worse",
    ]
