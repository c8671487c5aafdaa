"""Fused ranks against brute force."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest

from sklearn_recsys.baseline import PopularityRecommender
from sklearn_recsys.ensemble import RankFusionRecommender
from sklearn_recsys.neighbors import ItemKNNRecommender


@pytest.fixture
def X():
    rng = np.random.default_rng(2)
    rows = {"user": rng.integers(0, 20, 200), "item": rng.integers(0, 25, 200) ** 2 // 25}
    return pd.DataFrame({**rows, "plays": rng.integers(1, 5, 200) * 1.0})


MEMBERS = [
    ("knn", ItemKNNRecommender(n_neighbors=4)),
    ("popular", PopularityRecommender()),
]


def ranks_of(model, user, unseen):
    """Return mean ranks of the unseen items, one comparison at a time."""
    row = pd.DataFrame({"user": user, "item": model.items_})
    scores = model.predict(row)
    ranks = {}
    for item in unseen:
        own = scores[model.items_ == item][0]
        others = [scores[model.items_ == other][0] for other in unseen if other != item]
        above, equal = sum(s > own for s in others), sum(s == own for s in others)
        ranks[item] = 1 + above + equal / 2
    return ranks


@pytest.mark.parametrize("method", ["reciprocal", "borda"])
def test_scores_follow_the_equation(method, X):
    fusion = RankFusionRecommender(MEMBERS, method=method, k=7, weights=[2, 1]).fit(X)
    for user in (0, 7, 13):
        unseen = sorted(set(X["item"]) - set(X.loc[X["user"] == user, "item"]))
        every = [ranks_of(model.fit(X), user, unseen) for _, model in MEMBERS]
        expected = {}
        for item in unseen:
            knn, popular = (ranks[item] for ranks in every)
            if method == "reciprocal":
                expected[item] = 2 / 3 / (7 + knn) + 1 / 3 / (7 + popular)
            else:
                expected[item] = 2 / 3 * (len(unseen) - knn) + 1 / 3 * (len(unseen) - popular)

        found = fusion.recommend(user, n_items=100).set_index("item")["score"].to_dict()

        assert found == pytest.approx(expected, rel=1e-5)


def test_scores_do_not_depend_on_what_is_asked(X):
    fusion = RankFusionRecommender(MEMBERS).fit(X)

    everything = fusion.recommend(n_items=100, exclude_seen=False)

    scores = fusion.predict(everything[["user", "item"]])
    np.testing.assert_array_equal(scores, everything["score"])


def test_with_a_large_k_reciprocal_ranks_order_as_borda_does(X):
    borda = RankFusionRecommender(MEMBERS, method="borda").fit(X).recommend(n_items=5)

    fused = RankFusionRecommender(MEMBERS, k=1e4).fit(X).recommend(n_items=5)

    assert (fused["item"] == borda["item"]).mean() > 0.9


def test_a_negative_k_is_refused(X):
    with pytest.raises(ValueError, match="'k' parameter"):
        RankFusionRecommender(MEMBERS, k=-1).fit(X)
