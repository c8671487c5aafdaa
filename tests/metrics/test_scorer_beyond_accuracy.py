"""Metrics beyond accuracy by name, against loops over the tables that recommend() returns."""
# SPDX-License-Identifier: BSD-3-Clause

import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import BaseEstimator
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from sklearn_recsys.baseline import PopularityRecommender
from sklearn_recsys.exceptions import UnknownIdError
from sklearn_recsys.interactions import FeatureTable
from sklearn_recsys.metrics import (
    calibration_error_at_k,
    catalogue_coverage,
    gini_index,
    intra_list_diversity_at_k,
    long_tail_share_at_k,
    make_ranking_scorer,
    novelty_at_k,
    personalization,
    popularity_lift,
)
from sklearn_recsys.metrics._scoring import _ranking_scorer
from sklearn_recsys.model_selection import InteractionKFold, train_test_split_by_user
from sklearn_recsys.neighbors import ItemKNNRecommender
from sklearn_recsys.persistence import load, save
from sklearn_recsys.preprocessing import ConfidenceWeighter

K = 4
OF_USERS = (
    "ips_ndcg@4",
    "ips_recall@4",
    "head_recall@4",
    "tail_recall@4",
    "novelty@4",
    "long_tail_share@4",
    "serendipity@4",
    "intra_list_diversity@4",
    "calibration_error@4",
)
OF_CATALOGUE = ("catalogue_coverage@4", "gini_index@4", "personalization@4", "popularity_lift@4")


@pytest.fixture(scope="module")
def world():
    """Return training rows, test rows with new items and users, and features of all items."""
    rng = np.random.default_rng(0)
    X = pd.DataFrame(
        {
            "user": rng.integers(0, 30, 500),
            "item": np.minimum(rng.geometric(0.09, 500), 40),
            "value": rng.integers(0, 5, 500).astype(float),  # zeros are seen, and not liked
        }
    ).drop_duplicates(["user", "item"])
    train, test = train_test_split_by_user(X, test_size=0.4, random_state=0)
    new = pd.DataFrame({"user": [0, 1, 99, 99], "item": [77, 78, 1, 2], "value": 1.0})
    features = pd.DataFrame(rng.random((80, 3)) * (rng.random((80, 3)) < 0.6), columns=list("abc"))
    return train, pd.concat([test, new], ignore_index=True), features


class Naive:
    """Everything that the metrics need, from the public attributes, one user at a time."""

    def __init__(self, model, train, test, features):
        self.items, self.seen, self.liked, self.truth = model.items_, {}, {}, {}
        for user in np.unique(test["user"]):
            own = train[train["user"] == user]
            self.seen[user] = set(own["item"])
            self.liked[user] = set(own["item"][own["value"] > 0])
            held = test[(test["user"] == user) & (test["value"] > 0)]
            if wanted := set(held["item"]) - self.seen[user]:
                self.truth[user] = wanted
        self.users = sorted(self.truth)
        table = model.recommend(self.users, K, on_unknown="popular")
        self.lists = {user: table["item"][table["user"] == user].tolist() for user in self.users}
        counts = train[train["value"] > 0].groupby("item")["user"].nunique()
        self.popularity = counts.reindex(self.items, fill_value=0)
        self.n_users = train["user"].nunique()
        self.features = features.loc[self.items].to_numpy()

    @property
    def places(self):
        return np.stack([np.searchsorted(self.items, self.lists[user]) for user in self.users])

    @property
    def histories(self):
        return np.array([[item in self.liked[user] for item in self.items] for user in self.users])

    def worth(self, item):
        return max(self.popularity.get(item, 0), 1) ** -0.5

    @property
    def head(self):
        ordered = self.popularity.iloc[np.argsort(-self.popularity.to_numpy(), kind="stable")]
        head, total = set(), 0
        for item, count in ordered.items():
            if total >= 0.8 * ordered.sum():
                break
            head.add(item)
            total += count
        return head

    def expected(self, user):
        ordered = sorted(self.items, key=lambda item: (-self.popularity[item], item))
        return [item for item in ordered if item not in self.seen[user]][:K]

    def ips_ndcg(self, user):
        discounts = 1 / np.log2(np.arange(2, K + 2))
        gains = [self.worth(i) * (i in self.truth[user]) for i in self.lists[user]]
        ideal = sorted((self.worth(i) for i in self.truth[user]), reverse=True)[:K]
        return (gains @ discounts) / (ideal @ discounts[: len(ideal)])

    def share(self, user, weight):
        total = sum(weight(i) for i in self.truth[user])
        found = sum(weight(i) for i in self.lists[user] if i in self.truth[user])
        return found / total if total else np.nan

    def of_user(self, user, row):
        head = self.head
        surprising = set(self.truth[user]) - set(self.expected(user))
        return {
            "ips_ndcg@4": self.ips_ndcg(user),
            "ips_recall@4": self.share(user, self.worth),
            "head_recall@4": self.share(user, lambda i: i in head),
            "tail_recall@4": self.share(user, lambda i: i not in head),
            "novelty@4": novelty_at_k(row, self.popularity, self.n_users)[0],
            "long_tail_share@4": long_tail_share_at_k(row, self.popularity)[0],
            "serendipity@4": np.mean([i in surprising for i in self.lists[user]]),
            "intra_list_diversity@4": intra_list_diversity_at_k(row, self.features)[0],
            "calibration_error@4": calibration_error_at_k(
                row, self.features, self.histories[[self.users.index(user)]].astype(float)
            )[0],
        }

    def per_user(self):
        places = self.places
        rows = [self.of_user(user, places[[at]]) for at, user in enumerate(self.users)]
        return pd.DataFrame(rows, index=pd.Index(self.users, name="user"))

    def together(self):
        places = self.places
        return {
            "catalogue_coverage@4": catalogue_coverage(places, len(self.items)),
            "gini_index@4": gini_index(places, len(self.items)),
            "personalization@4": personalization(places),
            "popularity_lift@4": popularity_lift(places, self.popularity, self.histories),
        }


@pytest.mark.parametrize("rows_at_once", [20, 4_000_000])
@pytest.mark.parametrize(
    "model", [PopularityRecommender(), ItemKNNRecommender(n_neighbors=5)], ids=type
)
def test_every_name_is_what_loops_over_the_lists_make_of_it(
    world, model, rows_at_once, monkeypatch
):
    train, test, features = world
    monkeypatch.setattr(_ranking_scorer, "_MAX_ROWS_AT_ONCE", rows_at_once)
    scorer = make_ranking_scorer(*OF_USERS, *OF_CATALOGUE, item_features=FeatureTable(features))
    report = scorer.report(model.fit(train), test)
    naive = Naive(model, train, test, features)
    pd.testing.assert_frame_equal(report.per_user, naive.per_user(), check_names=False)
    assert list(report.per_user) == list(OF_USERS)
    assert list(report.scores) == [*OF_USERS, *OF_CATALOGUE]
    for name, value in naive.together().items():
        assert report.scores[name] == pytest.approx(value), name
    for name in OF_USERS:
        assert report.scores[name] == pytest.approx(naive.per_user()[name].mean()), name


def test_equal_propensities_give_the_plain_metrics():
    train = pd.DataFrame({"user": [0, 0, 1, 1], "item": [0, 1, 2, 3]})
    test = pd.DataFrame({"user": [0, 0, 1], "item": [2, 3, 0]})
    names = ("ndcg@2", "ips_ndcg@2", "recall@2", "ips_recall@2")
    scores = make_ranking_scorer(*names)(PopularityRecommender().fit(train), test)
    assert scores["ndcg@2"] == scores["ips_ndcg@2"]
    assert scores["recall@2"] == scores["ips_recall@2"]


def test_popularity_is_never_serendipitous(world):
    train, test, _ = world
    model = PopularityRecommender().fit(train[train["value"] > 0])
    assert make_ranking_scorer("serendipity@5")(model, test) == 0
    assert make_ranking_scorer("serendipity@5", exclude_seen=False)(model, test) == 0


def test_seen_items_stand_in_nobodys_way_among_the_expected():
    # The user has seen the two most popular items: what she expects is the third.
    train = pd.DataFrame(
        {"user": [0, 0, 1, 1, 1, 2, 2, 2, 3, 3], "item": [1, 2, 1, 2, 3, 1, 2, 3, 1, 4]}
    )
    test = pd.DataFrame({"user": [0, 0], "item": [3, 4]})
    scorer = make_ranking_scorer("serendipity@1", "precision@1", "serendipity@2", "precision@2")
    scores = scorer(PopularityRecommender().fit(train), test)
    assert list(scores.values()) == [0, 1, 0, 1]


def test_a_history_stands_for_the_training_rows(world):
    train, test, features = world
    known = test[test["user"] < 30]
    scorer = make_ranking_scorer(
        "calibration_error@4",
        "serendipity@4",
        "popularity_lift@4",
        fold_in=0.5,
        item_features=FeatureTable(features),
    )
    others = ItemKNNRecommender().fit(train)
    # The same people under other names: only their histories can say what they like.
    renamed = known.assign(user=known["user"] + 1000)
    assert scorer(others, renamed) == pytest.approx(scorer(others, known))


def test_a_sign_is_turned_by_neg(world):
    train, test, _ = world
    model = ItemKNNRecommender().fit(train)
    names = ("gini_index@4", "novelty@4")
    plain = make_ranking_scorer(*names).report(model, test)
    turned = make_ranking_scorer(*(f"neg_{name}" for name in names)).report(model, test)
    assert list(turned.scores.values()) == [-score for score in plain.scores.values()]
    assert (turned.per_user["neg_novelty@4"] == -plain.per_user["novelty@4"]).all()


@pytest.mark.parametrize("kind", [pd.Series, dict])
def test_a_gap_is_how_far_the_means_of_groups_lie_apart(world, kind):
    train, test, _ = world
    groups = pd.Series({user: "abc"[user % 3] for user in range(40) if user % 7})
    scorer = make_ranking_scorer("ndcg@4", "ndcg_gap@4", "neg_auc_gap", user_groups=kind(groups))
    report = scorer.report(ItemKNNRecommender().fit(train), test)
    users = report.per_user.index
    means = report.per_user.groupby(groups.reindex(users).to_numpy()).mean()
    assert list(report.per_user) == ["ndcg@4"]
    assert report.scores["ndcg_gap@4"] == pytest.approx(np.ptp(means["ndcg@4"]))
    assert report.scores["neg_auc_gap"] < 0
    pd.testing.assert_frame_equal(report.per_group[["ndcg@4"]], means, check_names=False)
    assert report.per_group["n_users"].sum() == groups.index.isin(users).sum()


def test_groups_of_strangers_are_refused(world):
    train, test, _ = world
    model = PopularityRecommender().fit(train)
    scorer = make_ranking_scorer("ndcg_gap@4", user_groups={500: "a", 501: "b"})
    with pytest.raises(UnknownIdError, match="none of the"):
        scorer(model, test)
    twice = pd.Series(["a", "b", "a"], index=[0, 0, 1])
    with pytest.raises(ValueError, match=r"several entries for 1 user\(s\): 0"):
        make_ranking_scorer("ndcg_gap@4", user_groups=twice)


@pytest.mark.parametrize("groups", [["a", "b"], np.array(["a", "b"]), pl.Series(["a", "b"])])
def test_groups_without_ids_are_refused(groups):
    with pytest.raises(TypeError, match="Series indexed by user id"):
        make_ranking_scorer("ndcg_gap@4", user_groups=groups)


def test_groups_keep_their_dtype_and_may_have_other_ids(world):
    train, test, _ = world
    model = PopularityRecommender().fit(train)
    some = {user: user % 2 for user in range(0, 30, 2)}
    report = make_ranking_scorer("ndcg@4", user_groups=some).report(model, test)
    assert report.per_group.index.dtype.kind == "i"
    with pytest.raises(UnknownIdError, match="its own ids are such as '1'"):
        make_ranking_scorer("ndcg_gap@4", user_groups={"1": "a"})(model, test)


class ListsAlone(BaseEstimator):
    """A recommender that keeps no training data."""

    def fit(self, X, y=None):
        self.model_ = PopularityRecommender().fit(X)
        self.users_, self.items_ = self.model_.users_, self.model_.items_
        return self

    def recommend(self, users=None, n_items=10, **options):
        return self.model_.recommend(users, n_items, **options)


def test_training_data_are_asked_for_by_what_needs_them(world):
    train, test, _ = world
    model = ListsAlone().fit(train)
    options = {"exclude_seen": False}
    expected = make_ranking_scorer("ndcg@4", **options)(model.model_, test)
    assert make_ranking_scorer("ndcg@4", **options)(model, test) == expected
    with pytest.raises(TypeError, match="ListsAlone must have them as interactions_"):
        make_ranking_scorer("novelty@4", **options)(model, test)


def test_one_group_has_no_gap(world):
    train, test, _ = world
    scorer = make_ranking_scorer("ndcg_gap@4", user_groups=dict.fromkeys(range(30), "a"))
    with pytest.warns(UndefinedMetricWarning, match="ndcg_gap@4"):
        assert np.isnan(scorer(PopularityRecommender().fit(train), test))


@pytest.mark.parametrize(
    ("name", "options", "match"),
    [
        ("intra_list_diversity@5", {}, "pass item_features"),
        ("calibration_error@5", {}, "pass item_features"),
        ("ndcg_gap@5", {}, "pass user_groups"),
        ("gini_index_gap@5", {}, "Unknown metric"),
        ("gini_index", {}, "Unknown metric"),
        ("neg_", {}, "Unknown metric"),
        ("neg_neg_ndcg@5", {}, "Unknown metric"),
        ("ndcg@5_gap", {}, "Unknown metric"),
    ],
)
def test_what_a_name_needs_is_asked_for_at_once(name, options, match):
    with pytest.raises(ValueError, match=match):
        make_ranking_scorer(name, **options)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("NDCG@10", "ndcg@10"),
        ("ndcg", "ndcg@10"),
        ("AUC", "auc"),
        ("neg_Gini_index@5", "neg_gini_index@5"),
    ],
)
def test_what_was_meant_is_guessed(name, meant):
    with pytest.raises(ValueError, match=f"Did you mean '{meant}'"):
        make_ranking_scorer(name)


def test_features_must_be_a_feature_table(world):
    with pytest.raises(TypeError, match="must be a FeatureTable"):
        make_ranking_scorer("intra_list_diversity@5", item_features=world[2])


def test_searches_choose_by_them_and_the_scorer_can_be_kept(world, tmp_path):
    train, test, features = world
    scorer = make_ranking_scorer(
        "ndcg@4",
        "neg_gini_index@4",
        "intra_list_diversity@4",
        "ndcg_gap@4",
        item_features=FeatureTable(features),
        user_groups={user: user % 2 for user in range(40)},
    )
    search = GridSearchCV(
        make_pipeline(ConfidenceWeighter(), ItemKNNRecommender()),
        {"itemknnrecommender__n_neighbors": [2, 20]},
        scoring=scorer,
        cv=InteractionKFold(2),
        refit="neg_gini_index@4",
        error_score="raise",
    ).fit(train)
    results = search.cv_results_
    assert search.best_score_ == max(results["mean_test_neg_gini_index@4"])
    expected = scorer(search, test)
    assert pickle.loads(pickle.dumps(scorer))(search, test) == expected
    save(search, tmp_path / "search.skrec")
    restored = load(tmp_path / "search.skrec")
    assert restored.scoring(restored, test) == expected
    assert "item_features=FeatureTable(" in repr(scorer)
    assert repr(scorer).endswith("user_groups=<of 40 users>)")
