"""The items most like others are listed."""
# SPDX-License-Identifier: BSD-3-Clause

import io

import pandas as pd
import pytest

from sklearn_recsys.decomposition import SVDRecommender


def test_the_list_is_the_one_that_the_library_gives(ratings, run):
    model = SVDRecommender(random_state=5).fit(pd.read_csv(ratings))
    expected = model.similar_items([104, 103], 4)

    options = ["--model=svd", "--random-state=5", "--n-items=4", "--format=csv"]
    out = run("similar", ratings, "--item", 104, "--item", 103, *options).out

    found = pd.read_csv(io.StringIO(out))
    assert list(found) == ["movie_id", "rank", "similar_movie_id", "score"]
    pd.testing.assert_frame_equal(found[expected.columns], expected, check_dtype=False)


def test_items_with_titles_are_listed_with_them(pairs, table, run):
    titles = table(["film,name", *(f"i{item},Film {item}" for item in range(20))], "films.csv")

    out, err = run("similar", pairs, "--item", "i4", "--items", titles, "--n-items", 3)

    assert "similar to i4 (Film 4): 3 items" in err
    for line in out.splitlines()[1:]:
        words = line.split()
        assert words[-2:] == ["Film", words[2].removeprefix("i")]


def test_an_item_without_neighbours_gives_an_empty_list(table, run):
    path = table(["user,item", "ann,tea", "bob,jam", "bob,pie"])

    out, err = run("similar", path, "--item", "tea", "--format", "json")

    assert out == "[]\n"
    assert "similar to tea: 0 items" in err


def test_an_unknown_item_is_refused_with_those_that_look_alike(pairs, refusal):
    line = refusal("similar", pairs, "--item", "I12", "--item", "i3")

    assert line.startswith("--item I12 is not among the 20 items of column film, which has i12")


def test_a_model_that_compares_no_items_is_refused_with_those_that_do(pairs, refusal):
    line = refusal("similar", pairs, "--item", "i1", "--model", "popularity")

    assert line.startswith("--model popularity cannot tell which items are alike; choose one of ")
    assert "item-knn" in line


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "the following arguments are required: --item"),
        (["--item"], "expected one argument"),
        (["--items", "titles.csv"], "the following arguments are required: --item"),
        (["--item", "i1", "--user", "u1"], "unrecognized arguments: --user u1"),
    ],
)
def test_wrong_options_are_refused(pairs, misuse, options, message):
    assert message in misuse("similar", pairs, *options)
