"""Our own recommenders answer the scorer in codes: the same as by tables, and as one by one."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import BaseEstimator
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline

from sklearn_recsys.baseline import PopularityRecommender
from sklearn_recsys.decomposition import SVDRecommender
from sklearn_recsys.metrics import make_ranking_scorer
from sklearn_recsys.neighbors import ItemKNNRecommender
from sklearn_recsys.pipeline import make_recommender_pipeline
from sklearn_recsys.preprocessing import ConfidenceWeighter

METRICS = ("precision@3", "recall@20", "ndcg@4", "map@5", "mrr@2", "mrr", "auc")


class InTables(BaseEstimator):
    """A fitted recommender of which only the public part is to be seen."""

    def __init__(self, recommender):
        self.recommender = recommender
        self.users_, self.items_ = recommender.users_, recommender.items_
        self.interactions_ = recommender.interactions_
        self.recommend = recommender.recommend

    def fit(self):
        """Be an estimator."""


def make_tables(seed=0, *, strangers=True):
    """Return training and held-out rows with repeated and seen pairs, strangers and new items."""
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(
        {
            "user": rng.integers(0, 14, 260),
            "item": rng.integers(0, 18, 260) ** 2 // 18,
            "value": rng.integers(0, 5, 260).astype(float),
        }
    )
    train, test = table[:150].drop_duplicates(["user", "item"]), table[150:]
    new = pd.DataFrame({"user": [90, 90, 91, 0], "item": [0, 1, 2, 99], "value": 1.0})
    return train, pd.concat([test, new]) if strangers else test


def recommenders():
    return [
        PopularityRecommender(),
        ItemKNNRecommender(n_neighbors=3),
        SVDRecommender(3, random_state=0),
    ]


def assert_same_report(one, other):
    pd.testing.assert_frame_equal(one.per_user, other.per_user, check_exact=True)
    assert one.scores == other.scores
    assert (one.n_users, one.n_unknown_users) == (other.n_users, other.n_unknown_users)


@pytest.mark.parametrize("model", recommenders(), ids=lambda model: type(model).__name__)
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"exclude_seen": False},
        {"gain": "value"},
        {"relevance_threshold": 3},
        {"unknown_users": "drop"},
        {"fold_in": 0.5},
        {"fold_in": 0.5, "exclude_seen": False},
    ],
    ids=str,
)
def test_codes_give_every_bit_that_tables_give(model, options):
    train, test = make_tables()
    model = model.fit(train)
    scorer = make_ranking_scorer(*METRICS, **options)

    assert_same_report(scorer.report(model, test), scorer.report(InTables(model), test))


@pytest.mark.parametrize("exclude_seen", [True, False])
@pytest.mark.parametrize("model", recommenders(), ids=lambda model: type(model).__name__)
def test_codes_give_what_an_evaluation_of_one_user_after_the_other_gives(model, exclude_seen):
    train, test = make_tables(1)
    model = model.fit(train)
    seen = set(zip(train.user, train.item, strict=True))
    expected = {}
    for user, rows in test[test.value > 0].groupby("user"):
        wanted = {item for item in rows.item if not (exclude_seen and (user, item) in seen)}
        if not wanted:
            continue
        lists = model.recommend(user, 99, exclude_seen=exclude_seen, on_unknown="popular")
        hits = [item in wanted for item in lists.item]
        both = len(set(hits)) == 2
        expected[user] = {
            "recall@4": sum(hits[:4]) / len(wanted),
            "mrr": 1 / (hits.index(True) + 1) if any(hits) else 0.0,
            "auc": roc_auc_score(hits, lists.score) if both else np.nan,
        }

    scorer = make_ranking_scorer("recall@4", "mrr", "auc", exclude_seen=exclude_seen)
    got = scorer.report(model, test).per_user

    expected = pd.DataFrame.from_dict(expected, orient="index")
    pd.testing.assert_frame_equal(got, expected, check_names=False)


@pytest.mark.parametrize("metrics", [METRICS, ("auc",), ("mrr",), ("ndcg@3",)])
def test_no_table_is_made_where_codes_will_do(monkeypatch, metrics):
    train, test = make_tables()
    model = SVDRecommender(3, random_state=0).fit(train)
    monkeypatch.setattr("sklearn_recsys.base._recommender.as_recommendations", None)

    scores = make_ranking_scorer(*metrics).report(model, test).scores

    assert list(scores) == list(metrics)


def test_a_subclass_with_a_recommend_of_its_own_is_asked_by_it():
    class OnlyTheFirst(PopularityRecommender):
        def recommend(self, users=None, n_items=10, **options):
            return super().recommend(users, n_items, **options).query("rank == 1")

    train, test = make_tables()
    scorer = make_ranking_scorer("hit_rate@1", "hit_rate@5")
    scores = scorer(OnlyTheFirst().fit(train), test)
    assert scores["hit_rate@1"] == scores["hit_rate@5"]
    assert scorer(PopularityRecommender().fit(train), test)["hit_rate@5"] > scores["hit_rate@5"]


def test_a_recommend_put_into_an_instance_is_asked():
    train, test = make_tables()
    model = PopularityRecommender().fit(train)
    calls = []

    def recommend(*args, **options):
        calls.append(args)
        return PopularityRecommender.recommend(model, *args, **options)

    model.recommend = recommend
    make_ranking_scorer("ndcg@3")(model, test)
    assert len(calls) == 1


@pytest.mark.parametrize("make", [make_pipeline, make_recommender_pipeline])
@pytest.mark.parametrize("fold_in", [None, 0.6])
def test_a_pipeline_scores_as_its_last_step(make, fold_in):
    train, test = make_tables(strangers=False)
    pipeline = make(ConfidenceWeighter(alpha=2.0), SVDRecommender(3, random_state=0)).fit(train)
    scorer = make_ranking_scorer(*METRICS, fold_in=fold_in)
    in_tables = make_pipeline(pipeline[0], InTables(pipeline[-1]))

    assert_same_report(scorer.report(pipeline, test), scorer.report(in_tables, test))


@pytest.mark.parametrize("fold_in", [None, 0.5])
def test_scores_do_not_depend_on_the_memory_of_a_block(fold_in):
    train, test = make_tables()
    scorer = make_ranking_scorer(*METRICS, fold_in=fold_in)
    model = ItemKNNRecommender(n_neighbors=3).fit(train)
    whole = scorer.report(model, test)

    with sklearn.config_context(working_memory=1e-3):
        assert_same_report(scorer.report(model, test), whole)


@pytest.mark.parametrize("n_jobs", [1, 2, 3])
def test_scores_do_not_depend_on_the_number_of_threads(n_jobs):
    train, test = make_tables()
    model = SVDRecommender(3, random_state=0).fit(train)
    expected = make_ranking_scorer(*METRICS).report(model, test)
    model.n_jobs = n_jobs
    assert_same_report(make_ranking_scorer(*METRICS).report(model, test), expected)


def test_interactions_in_any_order_and_repeated_are_read_as_what_was_seen():
    train, test = make_tables()
    model = InTables(SVDRecommender(3, random_state=0).fit(train))
    expected = make_ranking_scorer("recall@4").report(model, test)
    stored = model.interactions_.tocoo()
    messy = stored.tocsr()
    messy.data = np.repeat(stored.data, 2)
    messy.indices = np.concatenate(
        [np.tile(row[::-1], 2) for row in np.split(stored.tocsr().indices, messy.indptr[1:-1])]
    ).astype(np.int64)
    messy.indptr = 2 * messy.indptr
    model.interactions_ = type(messy)((messy.data, messy.indices, messy.indptr), messy.shape)
    before = model.interactions_.indices.copy()

    assert_same_report(make_ranking_scorer("recall@4").report(model, test), expected)
    np.testing.assert_array_equal(model.interactions_.indices, before)
