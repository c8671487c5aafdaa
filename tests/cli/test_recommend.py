"""A fitted recommender lists items for the users who are asked about."""
# SPDX-License-Identifier: BSD-3-Clause

import io
import json
import re

import pandas as pd
import pytest

from sklearn_recsys import baseline, decomposition, linear_model, neighbors
from sklearn_recsys.cli._models import recommenders
from sklearn_recsys.neighbors import ItemKNNRecommender


def as_frame(captured):
    return pd.read_csv(io.StringIO(captured.out))


def test_the_list_is_the_one_that_the_library_gives(ratings, run):
    expected = ItemKNNRecommender().fit(pd.read_csv(ratings)).recommend([4, 2], 3)

    found = as_frame(
        run("recommend", ratings, "--user", 4, "--user=2", "--n-items=3", "--format=csv")
    )

    pd.testing.assert_frame_equal(found[expected.columns], expected, check_dtype=False)
    assert list(found) == ["user_id", "rank", "movie_id", "score"]


def test_a_user_named_twice_gets_one_list(ratings, run):
    out = run("recommend", ratings, "--user", 4, "--user", 4, "--n-items", 2).out

    assert [line.split()[:2] for line in out.splitlines()[1:]] == [["4", "1"], ["4", "2"]]


def test_everyone_gets_a_list(ratings, run):
    found = as_frame(run("recommend", ratings, "--all-users", "--format", "csv"))

    assert sorted(found["user_id"].unique()) == list(range(1, 21))


def test_what_is_seen_is_left_out_unless_it_is_asked_for(ratings, run):
    X = pd.read_csv(ratings)
    seen = set(X.loc[X["user_id"] == 6, "movie_id"])

    def listed(*options):
        asked = run("recommend", ratings, "--user", 6, "--format", "csv", "--n-items", 20, *options)
        return set(as_frame(asked)["movie_id"])

    assert not listed() & seen
    assert not listed("--exclude-seen") & seen
    assert seen <= listed("--include-seen")


def test_the_models_are_the_recommenders_of_the_library():
    found = recommenders()

    known = {
        member
        for room in (baseline, neighbors, linear_model, decomposition)
        for member in map(vars(room).get, room.__all__)
    }
    assert known >= set(found.values()) >= {ItemKNNRecommender}
    assert {"popularity", "random", "baseline", "item-knn", "svd"} <= set(found)
    assert all(re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*", name) for name in found)


@pytest.mark.parametrize("name", ["popularity", "random", "baseline", "item-knn", "svd"])
def test_each_model_gives_the_same_list_each_time(pairs, run, name):
    first, second = (
        run("recommend", pairs, "--user", "u3", "--n-items", 2, "--model", name) for _ in range(2)
    )

    assert first.out == second.out
    assert len(first.out.splitlines()) == 3
    assert f"fitted: {recommenders()[name].__name__}(" in first.err


def test_another_seed_gives_another_random_list(pairs, run):
    lists = {
        run("recommend", pairs, "--user=u3", "--model=random", f"--random-state={seed}").out
        for seed in range(5)
    }

    assert len(lists) > 1


def test_without_a_file_generated_films_are_recommended_with_titles(run):
    out, err = run("recommend", "--user", 3, "--n-items", 2, "--format", "json")

    assert "data: generated film ratings" in err
    assert [set(record) for record in json.loads(out)] == [
        {"user_id", "rank", "movie_id", "score", "title"}
    ] * 2


def test_a_list_that_is_short_is_remarked(ratings, run):
    out, err = run("recommend", ratings, "--user", 4, "--user", 6, "--n-items", 500)

    assert "short: 2 users with fewer than 500 items left" in err
    assert len(out.splitlines()) < 40


# ---- users who are not in the table


def test_an_unknown_user_is_refused_with_those_that_look_alike(pairs, refusal):
    line = refusal("recommend", pairs, "--user", "U33")

    assert line.startswith("--user U33 is not among the 24 users of column person, which has u3")


def test_a_name_unlike_all_others_is_refused_with_a_sample(pairs, refusal):
    line = refusal("recommend", pairs, "--user", "zoe")

    assert line == (
        "--user zoe is not among the 24 users of column person, such as u0, u1, u10, u11, u12."
    )


def test_an_unknown_number_is_refused_with_a_sample(ratings, refusal):
    line = refusal("recommend", ratings, "--user", "1000")

    assert line.endswith("among the 20 users of column user_id, such as 1, 2, 3, 4, 5.")


def test_of_many_unknown_users_five_are_named(pairs, refusal):
    names = [f"--user=x{number}" for number in range(7)]

    line = refusal("recommend", pairs, "--user=u1", *names)

    assert line.startswith("--user x0, x1, x2, x3, x4, … are not among the 24 users")


@pytest.mark.parametrize("name", ["", " ", "u1 ", "1.0", "NaN", "None", "ü", "-1"])
def test_an_odd_name_is_no_user(pairs, refusal, name):
    shown = name if name and name == name.strip() else repr(name)

    assert f"--user {shown} is not among" in refusal("recommend", pairs, f"--user={name}")


@pytest.mark.parametrize("name", ["01", "1.0", "+1", " 1", "1_0"])
def test_a_number_written_otherwise_than_in_the_file_is_another_id(ratings, refusal, name):
    assert "is not among the 20 users" in refusal("recommend", ratings, f"--user={name}")


def test_an_unknown_user_can_get_the_popular_items(pairs, run):
    options = ["--on-unknown", "popular", "--n-items", 3, "--format", "csv"]

    out, err = run("recommend", pairs, "--user", "zoe", "--user", "u1", *options)

    found = pd.read_csv(io.StringIO(out))
    assert list(found["person"].unique()) == ["zoe", "u1"]
    popular = pd.read_csv(pairs)["film"].value_counts().max()
    assert found["score"].iloc[0] == popular
    assert "--user zoe is not in column person: gets the popular items" in err


def test_an_unknown_number_gets_popular_items_under_this_number(ratings, run):
    out = run("recommend", ratings, "--user=77", "--on-unknown=popular", "--format=json").out

    assert {record["user_id"] for record in json.loads(out)} == {77}


@pytest.mark.parametrize("name", ["zoe", "1.5", "9" * 30, ""])
def test_a_name_is_no_unknown_user_where_ids_are_integers(ratings, refusal, name):
    line = refusal("recommend", ratings, f"--user={name}", "--on-unknown=popular")

    assert "cannot be an id of column user_id, which holds integers such as 1, 2" in line


def test_an_unknown_user_can_be_left_out(pairs, run):
    out, err = run("recommend", pairs, "--user=zoe", "--user=u1", "--on-unknown=skip")

    assert {line.split()[0] for line in out.splitlines()[1:]} == {"u1"}
    assert "--user zoe is not in column person: left out" in err


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("csv", "person,rank,film,score\n"),
        ("json", "[]\n"),
        ("table", "person  rank  film  score\n"),
    ],
)
def test_where_all_are_left_out_the_result_is_empty(pairs, run, form, expected):
    asked = run("recommend", pairs, "--user=zoe", "--on-unknown=skip", "--format", form)

    assert asked.out == expected


# ---- options


def test_somebody_must_be_asked_about(pairs, misuse):
    assert "one of the arguments --user --all-users is required" in misuse("recommend", pairs)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--all-users", "--user", "u1"], "not allowed with argument"),
        (["--user", "u1", "--model", "oracle"], "invalid choice: 'oracle' (choose from"),
        (["--user", "u1", "--n-items", "0"], "must be an integer of at least 1, got '0'"),
        (["--user", "u1", "--n-items", "many"], "must be an integer of at least 1, got 'many'"),
        (["--user", "u1", "--n-items", "9" * 30], "must be an integer of at least 1"),
        (["--user", "u1", "--random-state", "-1"], "must be an integer of at least 0, got '-1'"),
        (["--user", "u1", "--on-unknown", "guess"], "invalid choice: 'guess'"),
        (["--user", "u1", "--format", "xml"], "invalid choice: 'xml'"),
        (["--user", "u1", "--item", "i1"], "unrecognized arguments: --item i1"),
        (["--user"], "expected one argument"),
    ],
)
def test_wrong_options_are_refused(pairs, misuse, options, message):
    assert message in misuse("recommend", pairs, *options)


def test_a_model_without_use_for_negative_values_is_refused_with_those_that_have(
    table, refusal, run
):
    path = table(["ann,tea,-1", "ann,jam,2", "bob,tea,3", "bob,pie,1"])

    line = refusal("recommend", path, "--user", "ann")

    assert line.startswith(
        "--model item-knn has no use for negative values; choose one of baseline"
    )
    assert "ann" in run("recommend", path, "--user", "ann", "--model", "baseline").out
