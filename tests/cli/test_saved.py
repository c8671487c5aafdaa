"""A fitted recommender is kept in a file, and recommends from there."""
# SPDX-License-Identifier: BSD-3-Clause

import pytest

from sklearn_recsys.neighbors import ItemKNNRecommender
from sklearn_recsys.persistence import load, save
from sklearn_recsys.pipeline import make_recommender_pipeline
from sklearn_recsys.preprocessing import ConfidenceWeighter


@pytest.fixture
def saved(pairs, run, tmp_path):
    path = tmp_path / "model.recsys"
    run("recommend", pairs, "--user", "u1", "--save", path)
    return path


def test_a_saved_recommender_gives_the_same_lists(pairs, saved, run):
    out, err = run("recommend", "--load", saved, "--user", "u3")

    assert out == run("recommend", pairs, "--user", "u3").out
    assert "loaded: ItemKNNRecommender(), with 24 users and 20 items" in err
    similar = run("similar", "--load", saved, "--item", "i3").out
    assert similar == run("similar", pairs, "--item", "i3").out


def test_everyone_known_to_it_gets_a_list(saved, run):
    out = run("recommend", "--load", saved, "--all-users", "--n-items", 1).out

    assert len(out.splitlines()) == 1 + 24


def test_titles_go_with_it(saved, table, run):
    titles = table(["film,name", *(f"i{item},Film {item}" for item in range(20))], "films.csv")

    out = run("recommend", "--load", saved, "--user", "u3", "--items", titles).out

    assert "Film 7" in out


def test_the_best_of_a_comparison_can_be_kept(pairs, run, tmp_path, monkeypatch):
    only = {"item-knn": ItemKNNRecommender}
    monkeypatch.setattr("sklearn_recsys.cli._compare.recommenders", lambda: only)
    path = tmp_path / "best.recsys"

    out, err = run("compare", pairs, "--save", path, "--format", "json")

    assert '"recommender": "ItemKNNRecommender"' in out
    assert f"saved: {path}" in err
    assert len(load(path).users_) == 24


def test_a_pipeline_that_was_saved_from_python_recommends(two_tastes, run, tmp_path):
    pipeline = make_recommender_pipeline(ConfidenceWeighter(), ItemKNNRecommender())
    save(pipeline.fit(two_tastes), tmp_path / "pipeline.recsys")

    out = run("recommend", "--load", tmp_path / "pipeline.recsys", "--user", "u3").out

    assert out.split()[:4] == ["user", "rank", "item", "score"]


# ---- what cannot be used


def test_an_unknown_user_is_refused(saved, refusal):
    line = refusal("recommend", "--load", saved, "--user", "U1")

    assert "is not among the 24 users of column person, which has u1" in line


@pytest.mark.parametrize(
    ("option", "named"), [("plays.csv", "FILE plays.csv"), ("--model=svd", "--model svd")]
)
def test_what_is_to_be_fitted_does_not_go_with_it(saved, refusal, option, named):
    line = refusal("recommend", option, "--load", saved, "--user", "u1")

    assert line == f"--load brings a fitted recommender, so {named} is too much."


def test_options_about_a_file_do_not_go_with_it(saved, refusal):
    assert "--no-header tells how to read a FILE" in refusal(
        "recommend", "--load", saved, "--user", "u1", "--no-header"
    )


def test_what_is_no_saved_recommender_is_refused(pairs, refusal):
    line = refusal("recommend", "--load", pairs, "--user", "u1")

    assert "table.csv: This is not a file that save has written" in line


@pytest.mark.parametrize("estimator", [ItemKNNRecommender(), ConfidenceWeighter()])
def test_what_is_no_fitted_recommender_is_refused(estimator, tmp_path, refusal):
    save(estimator, tmp_path / "other.recsys")

    line = refusal("recommend", "--load", tmp_path / "other.recsys", "--user", "u1")

    assert line.endswith(f"other.recsys holds {estimator}, which is no fitted recommender.")


def test_a_file_that_is_not_there_is_named(tmp_path, refusal):
    line = refusal("recommend", "--load", tmp_path / "no.recsys", "--user", "u1")

    assert line == f"cannot read {tmp_path / 'no.recsys'}: No such file or directory."


def test_a_model_that_compares_no_items_is_refused(pairs, run, refusal, tmp_path):
    path = tmp_path / "popular.recsys"
    run("recommend", pairs, "--user", "u1", "--model", "popularity", "--save", path)

    line = refusal("similar", "--load", path, "--item", "i1")

    assert "PopularityRecommender(), which cannot tell which items are alike" in line


def test_a_place_that_cannot_be_written_is_refused_before_the_work(pairs, refusal, tmp_path):
    path = tmp_path / "nowhere" / "model.recsys"

    assert "--save" in refusal("recommend", pairs, "--user", "u1", "--save", path)


def test_the_file_that_is_read_is_not_overwritten(pairs, refusal):
    assert "would overwrite" in refusal("recommend", pairs, "--user", "u1", "--save", pairs)
