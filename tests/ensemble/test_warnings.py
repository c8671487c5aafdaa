"""What ensembles warn of, and that the warning points at the line that asked."""
# SPDX-License-Identifier: BSD-3-Clause

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import make_pipeline

from sklearn_recsys.baseline import PopularityRecommender
from sklearn_recsys.datasets import make_interactions
from sklearn_recsys.ensemble import (
    BlendRecommender,
    CalibratedDiversifier,
    CascadeRecommender,
    MMRDiversifier,
    RankFusionRecommender,
    RerankRecommender,
)
from sklearn_recsys.exceptions import DataWarning
from sklearn_recsys.interactions import FeatureTable
from sklearn_recsys.linear_model import EASERecommender
from sklearn_recsys.neighbors import ItemKNNRecommender
from sklearn_recsys.preprocessing import ConfidenceWeighter


@pytest.fixture(scope="module")
def X():
    return make_interactions(60, 40, n_interactions=1200, random_state=0).X.iloc[:, :3]


def learners(*members):
    named = [("popular", PopularityRecommender()), *members]
    return [BlendRecommender(named, weights="fit"), RerankRecommender(named)]


def frozen(X):
    return FrozenEstimator(EASERecommender(20.0).fit(X))


@pytest.mark.parametrize("place", [0, 1])
def test_members_that_have_seen_what_is_held_out_are_named(place, X):
    with pytest.warns(DataWarning, match=r"trust 'ease' \(100%\) too much") as caught:
        learners(("ease", frozen(X)))[place].fit(X)

    assert len(caught) == 1
    assert caught[0].filename == __file__


@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.parametrize("kind", ["pipeline", "ensemble"])
def test_frozen_recommenders_are_found_wherever_they_stand(kind, place, X):
    weighted = make_pipeline(ConfidenceWeighter(), EASERecommender(20.0)).fit(X)
    inner = {
        "pipeline": FrozenEstimator(weighted),
        "ensemble": CascadeRecommender([("ease", frozen(X))]),
    }[kind]

    with pytest.warns(DataWarning, match=r"trust 'inner' \(100%\)"):
        learners(("inner", inner))[place].fit(X)


def test_the_share_of_the_held_out_pairs_that_was_seen_is_told(X):
    users = np.unique(X.iloc[:, 0])
    half = X[X.iloc[:, 0].isin(users[::2])]

    with pytest.warns(DataWarning) as caught:
        learners(("ease", frozen(half)))[0].fit(X)

    counts = X.groupby(X.columns[0]).size() // 5
    share = counts[users[::2]].sum() / counts.sum()
    assert f"'ease' ({share:.0%})" in str(caught[0].message)


@pytest.mark.parametrize("place", [0, 1])
def test_members_frozen_on_other_data_do_not_leak(place, X):
    # Other users, some items of its own, and one pair of a known user which nobody else has.
    others = X.assign(user_id=X["user_id"] + 1000, movie_id=X["movie_id"] + 3)
    member = frozen(pd.concat([others, X.head(1).assign(movie_id=999)]))

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        learners(("ease", member))[place].fit(X)


def ensembles():
    knn = [("knn", ItemKNNRecommender())]
    ids = range(200)
    table = FeatureTable(pd.DataFrame({"one": 1.0}, index=ids))
    return [
        BlendRecommender(knn),
        RankFusionRecommender(knn),
        CascadeRecommender(knn),
        RerankRecommender(knn),
        MMRDiversifier(ItemKNNRecommender()),
        CalibratedDiversifier(ItemKNNRecommender(), item_features=table),
    ]


@pytest.mark.parametrize("place", range(6))
def test_warnings_of_what_is_asked_point_at_the_line_that_asks(place, X):
    model = ensembles()[place].fit(X)
    history = X.head(3).assign(movie_id=[X["movie_id"].iloc[0], 777, 778])

    with pytest.warns(DataWarning, match="777") as caught:
        model.recommend(history=history)

    assert [warning.filename for warning in caught] == [__file__]


@pytest.mark.parametrize("place", [0, 1])
def test_warnings_of_nothing_to_learn_from_point_at_the_fit(place):
    X = pd.DataFrame({"user": [1, 1, 2], "item": [1, 2, 2]})
    model = learners()[place]

    with pytest.warns(DataWarning) as caught:
        model.fit(X)

    assert [warning.filename for warning in caught] == [__file__]


def test_a_members_warning_points_at_the_fit_of_the_whole():
    X = pd.DataFrame({"user": [1, 1, 2], "item": [1, 2, 2]})
    outer = CascadeRecommender([("inner", learners()[0])])

    with pytest.warns(DataWarning) as caught:
        outer.fit(X)

    assert [warning.filename for warning in caught] == [__file__]
