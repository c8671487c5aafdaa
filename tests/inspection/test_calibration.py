"""Genres in histories and lists against counts made one user at a time."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from sklearn.compose import ColumnTransformer

from sklearn_recsys.feature_extraction import GenreTfidf
from sklearn_recsys.inspection import CalibrationAtKDisplay
from sklearn_recsys.inspection._calibration import _without_prefix
from sklearn_recsys.interactions import FeatureTable
from sklearn_recsys.metrics import make_ranking_scorer


@pytest.fixture(scope="module")
def genres(films):
    transformer = ColumnTransformer([("of", GenreTfidf(use_idf=False), "genre")])
    return FeatureTable(films.movies, transformer, id_column="movie_id")


def mix(items, movies):
    """Return the mean share of each genre, an item's genres sharing it equally."""
    # A film without genres says nothing about the mix.
    genres = [movies[item].split("|") for item in items if movies[item][0] != "("]
    shares = {}
    for names in genres:
        for name in names:
            shares[name] = shares.get(name, 0) + 1 / len(names) / len(genres)
    return shares


def test_shares_are_means_over_users(models, parts, films, genres):
    train, test = parts
    display = CalibrationAtKDisplay.from_estimators(models, test, item_features=genres, k=5)

    movies = films.movies.set_index("movie_id")["genre"]
    users = list(test["user_id"].unique())
    seen = train.groupby("user_id")["movie_id"].agg(list)
    histories = [mix(seen[user], movies) for user in users]
    for place, genre in enumerate(display.groups):
        expected = np.mean([shares.get(genre, 0) for shares in histories])
        assert display.wanted[place] == pytest.approx(expected, rel=1e-5)
    for name, model in models.items():
        lists = model.recommend(users, 5).groupby("user_id")["movie_id"].agg(list)
        mixes = [mix(items, movies) for items in lists]
        for place, genre in enumerate(display.groups):
            expected = np.mean([shares.get(genre, 0) for shares in mixes])
            assert display.given[name][place] == pytest.approx(expected, abs=1e-6)


def test_the_error_is_that_of_the_metric(models, parts, genres):
    display = CalibrationAtKDisplay.from_estimators(models, parts[1], item_features=genres, k=5)

    scorer = make_ranking_scorer("calibration_error@5", item_features=genres)
    for name, model in models.items():
        assert display.error[name] == pytest.approx(scorer(model, parts[1]))


def test_what_people_choose_most_stands_at_the_top(models, parts, genres):
    display = CalibrationAtKDisplay.from_estimator(models["SVD"], parts[1], item_features=genres)

    assert (np.diff(display.wanted) <= 0).all()
    assert display.wanted.sum() == pytest.approx(1)
    assert [text.get_text() for text in display.ax_.get_yticklabels()] == display.groups
    assert display.ax_.yaxis_inverted()
    assert [bar.get_width() for bar in display.bars_] == display.wanted.tolist()
    np.testing.assert_array_equal(
        display.lines_["SVDRecommender"].get_xdata(), display.given["SVDRecommender"]
    )


def test_a_list_without_items_and_a_history_without_any_count_for_nobody():
    display = CalibrationAtKDisplay.from_predictions(
        {"a": [[0], [-1]]}, [[1, 0], [0, 1]], [[0, 2], [0, 0]]
    )

    assert display.groups == ["1", "0"]
    assert display.wanted.tolist() == [1, 0]
    assert display.given["a"].tolist() == [0, 1]


def test_shares_of_other_groups_are_an_error():
    with pytest.raises(ValueError, match="a share for each of the 2 groups"):
        CalibrationAtKDisplay(wanted=[1], given={"a": [1]}, error={"a": 0}, groups="ab", k=1)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["genre_Drama", "genre_Docu"], ["Drama", "Docu"]),
        (["x__a_b", "x__a_c"], ["b", "c"]),
        (["rock", "romance"], ["rock", "romance"]),
        (["one_only"], ["one_only"]),
    ],
)
def test_what_stands_before_all_names_is_left_out(names, expected):
    assert _without_prefix(names) == expected
