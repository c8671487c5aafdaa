"""Recommenders are compared on a file, and what cannot be compared is refused plainly."""
# SPDX-License-Identifier: BSD-3-Clause

import io
import re
import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import ParameterGrid

from sklearn_recsys._kernels import backend
from sklearn_recsys.baseline import PopularityRecommender
from sklearn_recsys.cli import main
from sklearn_recsys.cli._compare import Comparison, compare
from sklearn_recsys.cli._models import recommenders
from sklearn_recsys.cli._progress import Progress
from sklearn_recsys.datasets import make_interactions
from sklearn_recsys.decomposition import SVDRecommender
from sklearn_recsys.metrics import make_ranking_scorer
from sklearn_recsys.model_selection import train_test_split_by_user


@pytest.fixture
def two_models(monkeypatch):
    """Leave only two quick recommenders, for tests of what is done around them."""
    quick = {"popularity": PopularityRecommender, "svd": SVDRecommender}
    monkeypatch.setattr("sklearn_recsys.cli._compare.recommenders", lambda: quick)


def columns_of(text):
    """Return the names in the first column of the leaderboard, best first."""
    return re.findall(r"^(\w+Recommender) ", text, flags=re.MULTILINE)


def test_a_file_gives_a_leaderboard_and_a_list_for_one_user(pairs, capsys):
    assert main(["compare", pairs, "--user", "u3", "--n-items", "2"]) == 0

    out, err = capsys.readouterr()
    of_ratings = {
        kind.__name__
        for kind in recommenders().values()
        if kind().__recommender_tags__().feedback == "explicit"
    }
    all_names = {kind.__name__ for kind in recommenders().values()}
    assert set(columns_of(out)) == all_names - of_ratings
    assert columns_of(out)[0] not in {"RandomRecommender", "PopularityRecommender"}
    assert columns_of(out)[-1] in {"RandomRecommender", "PopularityRecommender"}
    assert "User u3 has 9 items" in out
    assert re.findall(r"^ +(\d+) +(i\d+) ", out, flags=re.MULTILINE)[0] == ("1", "i7")
    n_lines = len(re.findall(r"^\[\d+/\d+\] \w+: \d+ settings?, held-out ndcg@10 ", err, re.M))
    assert n_lines == len(columns_of(out))
    assert "left out: BaselineRecommender, which needs ratings" in err


@pytest.mark.usefixtures("two_models")
def test_titles_name_the_items(pairs, table, run):
    titles = table(["film,name", *(f"i{item},Film {item}" for item in range(1, 20))], "films.csv")

    out = run("compare", pairs, "--user", "u2", "--items", titles, "--n-items", 1).out

    assert "User u2 has 9 items, among them: i0; Film 2; Film 6; Film 8; Film 10\n" in out
    assert re.search(r"^rank  film +score  title$", out, flags=re.MULTILINE)
    assert re.search(r"^   1  i\d+ +[\d.e+-]+  Film \d+$", out, flags=re.MULTILINE)


@pytest.mark.usefixtures("two_models")
@pytest.mark.parametrize("form", ["csv", "json"])
def test_the_leaderboard_is_data_for_other_programs(pairs, run, form):
    out = run("compare", pairs, "--format", form).out

    found = pd.read_json(io.StringIO(out)) if form == "json" else pd.read_csv(io.StringIO(out))
    assert set(found["recommender"]) == {"PopularityRecommender", "SVDRecommender"}
    assert (found["interval_low"] <= found["ndcg@10"]).all()
    assert (found["ndcg@10"] <= found["interval_high"]).all()
    assert found["n_users"].tolist() == [24, 24]


@pytest.mark.usefixtures("two_models")
def test_the_chosen_metric_decides_the_order(pairs, capsys):
    assert main(["compare", pairs, "--metric", "hit_rate@1"]) == 0

    out = capsys.readouterr().out
    assert out.splitlines()[1].split()[:2] == ["recommender", "hit_rate@1"]
    scores = [float(line.split()[1]) for line in out.splitlines()[2:4]]
    assert scores == sorted(scores, reverse=True)


def test_ratings_bring_the_model_of_ratings(table, capsys, two_tastes):
    lines = [f"{user},{item},{1 + len(item + user) % 5}" for user, item in two_tastes]

    assert main(["compare", table(lines)]) == 0

    assert "BaselineRecommender" in columns_of(capsys.readouterr().out)


def test_negative_values_leave_out_the_models_that_cannot_use_them(table, capsys, two_tastes):
    lines = [f"{user},{item},{1 if int(item[1:]) % 3 else -1}" for user, item in two_tastes]

    assert main(["compare", table(lines)]) == 0

    out, err = capsys.readouterr()
    assert set(columns_of(out)) == {
        kind.__name__
        for kind in recommenders().values()
        if kind().__recommender_tags__().negative_values
    }
    assert "left out: ItemKNNRecommender, which has no use for negative values" in err


@pytest.mark.usefixtures("two_models")
def test_repeated_pairs_are_merged_before_the_split(table, capsys, two_tastes):
    path = table(f"{user},{item},1" for user, item in [*two_tastes, *two_tastes])

    assert main(["compare", path, "--user", "u0"]) == 0

    out, err = capsys.readouterr()
    n_pairs = len(list(two_tastes))
    assert f"merged: {n_pairs} rows that repeat a pair" in err
    assert "User u0 has 9 items" in out


@pytest.mark.usefixtures("two_models")
def test_a_suspicious_table_is_remarked_once(table, capsys, two_tastes):
    path = table(["item_id,user_id", *(f"{item},{user}" for user, item in two_tastes)])

    assert main(["compare", path]) == 0

    assert capsys.readouterr().err.count("look swapped") == 1


@pytest.mark.usefixtures("two_models")
def test_the_settings_are_chosen_without_a_look_at_what_is_held_out():
    X = make_interactions(n_users=60, n_items=40, n_interactions=900).X
    options = {"metric": "ndcg@10", "test_size": 0.2, "random_state": 0}
    prepared = Comparison.prepare(X, **options)
    other_test = Comparison(prepared.train, X, prepared.metrics, 0.2, 0)

    chosen = {entry.name: entry.settings for entry in compare(prepared)}

    assert chosen == {entry.name: entry.settings for entry in compare(other_test)}


@pytest.mark.usefixtures("two_models")
def test_a_line_holds_what_the_scorer_says_of_the_held_out_part():
    X = make_interactions(n_users=60, n_items=40, n_interactions=900).X
    train, test = train_test_split_by_user(X, test_size=0.3, random_state=7)

    entries = compare(Comparison.prepare(X, metric="map@5", test_size=0.3, random_state=7))

    for entry in entries:
        scores = make_ranking_scorer("map@5", "recall@20")(entry.refit(train), test)
        assert entry.scores == pytest.approx(scores)
        low, high = entry.interval
        assert low <= entry.scores["map@5"] <= high


def test_the_interval_has_the_width_of_the_mean_s_standard_error(monkeypatch):
    only = {"popularity": PopularityRecommender}
    monkeypatch.setattr("sklearn_recsys.cli._compare.recommenders", lambda: only)
    X = make_interactions(n_users=300, n_items=80, n_interactions=6000).X
    comparison = Comparison.prepare(X, metric="ndcg@10", test_size=0.2, random_state=0)

    (entry,) = compare(comparison)

    per_user = make_ranking_scorer("ndcg@10").report(entry.recommender, comparison.test).per_user
    error = per_user["ndcg@10"].std() / np.sqrt(len(per_user))
    low, high = entry.interval
    assert (high - low) / 2 == pytest.approx(1.96 * error, rel=0.1)


@pytest.mark.parametrize("recommender", recommenders().values())
def test_every_suggested_setting_can_be_fitted(recommender):
    X = make_interactions(n_users=100, n_items=60, n_interactions=2000).X

    for settings in ParameterGrid(recommender._suggested_grid):
        assert len(recommender(**settings).fit(X).recommend(X["user_id"][0], 2)) == 2


def test_a_terminal_sees_every_fit(capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)

    progress = Progress("SVD", 2)
    progress.step()
    progress.finish("done")

    assert "SVD: 1 of 2 fits" in capsys.readouterr().err


@pytest.mark.slow
def test_without_a_file_personal_models_beat_popularity_on_generated_films(capsys):
    if backend() == "numpy":
        pytest.skip("SLIM's search takes minutes without compiled kernels")
    assert main(["compare"]) == 0

    out = capsys.readouterr().out
    order = columns_of(out)
    assert order.index("SVDRecommender") < order.index("PopularityRecommender")
    assert order.index("ItemKNNRecommender") < order.index("PopularityRecommender")
    titles = re.findall(r"^ +\d+ +\d+ +[\d.]+ +(.+ \(\d{4}\))$", out, flags=re.MULTILINE)
    assert len(set(titles)) == 10


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([], "is empty"),
        (["user,item"], "no interactions below its header"),
        (["user", "ann", "bob"], "has no columns: expected user, item"),
        (["a,b,1", "a,b"], "equally many fields in each line"),
        (["user,item,times", "ann,tea,x", "bob,jam,1"], "expected a number in column 'times'"),
        (["user,item", "ann,", "bob,jam"], "'item' in 1 row(s), first in line 2"),
        (["score,item", "ann,tea", "bob,jam"], "names other than 'score'"),
        (["user,item", "ann,tea", "bob,jam"], "holds out no row"),
    ],
)
def test_a_file_that_is_no_table_of_interactions_is_refused(table, lines, message, refusal):
    assert message in refusal("compare", table(lines))


def test_a_line_too_long_further_down_is_named(table, two_tastes, refusal):
    lines = [f"{user},{item},1" for user, item in two_tastes]

    assert "line 201" in refusal("compare", table([*lines[:200], "a,b,1,2,3"]))


def test_values_of_which_none_is_positive_leave_nothing_to_find(table, two_tastes, refusal):
    path = table(f"{user},{item},0" for user, item in two_tastes)

    assert "is above 0" in refusal("compare", path)


def test_a_table_too_small_to_tune_on_is_refused(table, refusal):
    path = table(["user,item", "ann,tea", "ann,jam", "ann,pie"])

    assert "too few to tune on" in refusal("compare", path, "--test-size", "0.4")


def test_a_metric_that_is_undefined_for_every_user_is_refused(table, refusal):
    # Everyone has seen all films but the one held out: there is no other to be ranked below it.
    path = table(["user,item", *(f"u{user},i{item}" for user in range(6) for item in range(5))])

    line = refusal("compare", path, "--metric", "auc")

    assert line.startswith("--metric auc is undefined for every user")


def test_a_file_that_does_not_exist_is_named(tmp_path, refusal):
    line = refusal("compare", str(tmp_path / "nowhere.csv"))

    assert re.fullmatch("cannot read .*nowhere.csv: No such file or directory.", line)


def test_a_file_that_is_not_text_is_refused(tmp_path, refusal):
    (tmp_path / "latin.csv").write_bytes("user,item\nann,café\n".encode("latin-1"))

    assert "not a text file in UTF-8" in refusal("compare", str(tmp_path / "latin.csv"))


def test_an_unknown_user_is_refused_before_the_search(pairs, refusal):
    line = refusal("compare", pairs, "--user", "zoe")

    assert "--user zoe is not among the 24 users of column person, such as u0" in line


def test_an_unknown_metric_is_refused_with_the_choices(pairs, refusal):
    assert "The choices are precision@k" in refusal("compare", pairs, "--metric", "accuracy")


@pytest.mark.parametrize("metric", ["gini_index@5", "calibration_error@5", "neg_ndcg@5"])
def test_metrics_that_rank_nothing_here_are_refused_before_the_search(pairs, refusal, metric):
    assert f"--metric {metric} cannot rank" in refusal("compare", pairs, "--metric", metric)


@pytest.mark.parametrize("arguments", [[], ["guess"], ["compare", "--n-items", "0"]])
def test_wrong_arguments_are_refused_with_the_usage(capsys, arguments):
    with pytest.raises(SystemExit, match="2"):
        main(arguments)

    assert "usage: python -m sklearn_recsys" in capsys.readouterr().err
