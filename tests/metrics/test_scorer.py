"""The scorer against a naive evaluation, one user at a time, and inside scikit-learn's tools."""
# SPDX-License-Identifier: BSD-3-Clause

import pickle
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import sklearn
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.exceptions import NotFittedError, UndefinedMetricWarning
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    KFold,
    RandomizedSearchCV,
    cross_validate,
)
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.utils.validation import validate_data

from sklearn_recsys.baseline import PopularityRecommender
from sklearn_recsys.exceptions import DataWarning, UnknownIdError
from sklearn_recsys.interactions._column_edits import set_column
from sklearn_recsys.interactions._columns import require_table, take_column
from sklearn_recsys.metrics import make_ranking_scorer
from sklearn_recsys.metrics._scoring import _ranking_scorer
from sklearn_recsys.neighbors import ItemKNNRecommender

METRICS = (
    "precision@3",
    "recall@3",
    "capped_recall@3",
    "f1@5",
    "hit_rate@2",
    "ndcg@4",
    "map@4",
    "mrr@4",
)
WHOLE_LIST_METRICS = ("mrr", "auc")


class CountingRecommender(BaseEstimator):
    """Popularity with many ties, plus a term that differs by user; everything by plain loops."""

    def __init__(self, step=3, known_users=()):
        self.step = step
        self.known_users = known_users

    def fit(self, X, y=None):
        validate_data(self, X, reset=True, skip_check_array=True)
        frame = as_frame(X, y)
        self.users_ = np.unique([*frame.user, *self.known_users])
        self.items_ = np.unique(frame.item)
        rows, cols = (
            np.searchsorted(self.users_, frame.user),
            np.searchsorted(self.items_, frame.item),
        )
        matrix = sparse.coo_array(
            (frame.value, (rows, cols)), shape=(len(self.users_), len(self.items_))
        ).tocsr()
        self.interactions_ = sparse.csr_array(matrix)
        self.seen_ = frame.groupby("user").item.agg(set).to_dict()
        self.popularity_ = frame[frame.value > 0].item.value_counts().to_dict()
        self.n_calls_ = 0
        return self

    def score_one(self, user, item, value=None):
        own = len(self.seen_.get(user, ())) if value is None else value
        known = user in self.users_ or value is not None
        return self.popularity_.get(item, 0) + known * ((own * self.step + hash_of(item)) % 4)

    def recommend(
        self,
        users=None,
        n_items=10,
        *,
        exclude_seen=True,
        candidates=None,
        exclude=None,
        history=None,
        user_features=None,
        on_unknown="raise",
    ):
        self.n_calls_ += 1
        self.history_ = None if history is None else as_frame(history)
        rows = []
        for user in users:
            seen, value = self.seen_.get(user, set()), None
            if history is not None:
                own = self.history_[self.history_.user == user]
                seen, value = set(own.item), int(own.value.sum())
            elif user not in self.users_ and on_unknown == "raise":
                raise UnknownIdError(str(user))
            ranked = sorted(
                (-self.score_one(user, item, value), item)
                for item in self.items_
                if not (exclude_seen and item in seen)
            )
            rows += [
                (user, item, -score, rank)
                for rank, (score, item) in enumerate(ranked[:n_items], start=1)
            ]
        return pd.DataFrame(rows, columns=["user", "item", "score", "rank"])


class Doubler(TransformerMixin, BaseEstimator):
    """Double the value column."""

    def fit(self, X, y=None):
        validate_data(self, X, reset=True, skip_check_array=True)
        return self

    def transform(self, X):
        validate_data(self, X, reset=False, skip_check_array=True)
        return set_column(X, 2, 2 * take_column(X, 2), name="value")


def as_frame(X, y=None):
    X = require_table(X)
    width = 3 if len(X[0] if isinstance(X, list) else X[:1].columns) > 2 else 2
    columns = [take_column(X, place) for place in range(width)]
    if y is not None:
        columns[2:] = [np.asarray(y)]
    elif width == 2:
        columns.append(np.ones(len(columns[0])))
    return pd.DataFrame(dict(zip(["user", "item", "value"], columns, strict=True)))


def hash_of(item):
    return sum(map(ord, str(item)))


def make_table(seed=0, n_users=12, n_items=15, n_rows=170, text=False):
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(
        {
            "user": rng.integers(0, n_users, n_rows),
            "item": rng.integers(0, n_items, n_rows) ** 2 // n_items,
            "value": rng.integers(0, 5, n_rows).astype(float),
        }
    ).drop_duplicates(["user", "item"], ignore_index=True)
    if text:
        table = table.assign(
            user="u" + table.user.astype(str), item="i" + table.item.astype(str)
        ).astype({"user": object, "item": object})
    return table


def split(table, seed=1):
    held_out = np.random.default_rng(seed).random(len(table)) < 0.4
    return table[~held_out], table[held_out]


def naive_report(model, test, metric, *, exclude_seen, threshold=None, graded=False):
    """Evaluate one user at a time with sets and dicts."""
    family, _, k = metric.partition("@")
    k = int(k) if k else len(model.items_)
    results = {}
    for user, rows in test.groupby("user"):
        gains = {}
        for item, value in zip(rows.item, rows.value, strict=True):
            relevant = value > 0 if threshold is None else value >= threshold
            if relevant and not (exclude_seen and item in model.seen_.get(user, ())):
                gains[item] = max(gains.get(item, 0), value if graded else 1)
        if not gains:
            continue
        recs = model.recommend(
            [user], len(model.items_), exclude_seen=exclude_seen, on_unknown="popular"
        )
        results[user] = naive_metric(family, list(recs.item), list(recs.score), gains, k)
    return results


def naive_metric(family, items, scores, gains, k):
    if family == "auc":
        labels = [item in gains for item in items]
        return roc_auc_score(labels, scores) if len(set(labels)) == 2 else np.nan
    top = items[:k]
    hits = [item in gains for item in top]
    discounts = [1 / np.log2(place + 2) for place in range(k)]
    best = sorted(gains.values(), reverse=True)[:k]
    return {
        "precision": sum(hits) / k,
        "recall": sum(hits) / len(gains),
        "capped_recall": sum(hits) / min(k, len(gains)),
        "f1": 2 * sum(hits) / (k + len(gains)),
        "hit_rate": float(any(hits)),
        "ndcg": sum(gains.get(i, 0) * d for i, d in zip(top, discounts, strict=False))
        / sum(g * d for g, d in zip(best, discounts, strict=False)),
        "map": sum(sum(hits[: p + 1]) / (p + 1) for p, hit in enumerate(hits) if hit)
        / min(k, len(gains)),
        "mrr": next((1 / (p + 1) for p, hit in enumerate(hits) if hit), 0.0),
    }[family]


def assert_scores(scorer, model, test, expected):
    report = scorer.report(model, test)
    metric = report.per_user.columns[0]
    expected = pd.Series(expected, dtype=float)
    pd.testing.assert_series_equal(
        report.per_user[metric], expected, check_names=False, check_index_type=False
    )
    assert report.n_users == len(expected)
    assert scorer(model, test) == pytest.approx(expected.mean())


@pytest.mark.parametrize("metric", [*METRICS, *WHOLE_LIST_METRICS])
@pytest.mark.parametrize("exclude_seen", [True, False])
@pytest.mark.parametrize("text", [False, True])
def test_scorer_equals_the_naive_evaluation(metric, exclude_seen, text):
    train, test = split(make_table(text=text))
    test = pd.concat([test, train[:40]])  # seen pairs must not count, or count, by the option
    model = CountingRecommender().fit(train)
    expected = naive_report(model, test, metric, exclude_seen=exclude_seen)
    assert_scores(make_ranking_scorer(metric, exclude_seen=exclude_seen), model, test, expected)


@pytest.mark.parametrize("metric", METRICS)
def test_relevance_threshold_is_the_least_relevant_value(metric):
    train, test = split(make_table(1))
    model = CountingRecommender().fit(train)
    expected = naive_report(model, test, metric, exclude_seen=True, threshold=3)
    assert_scores(make_ranking_scorer(metric, relevance_threshold=3), model, test, expected)


def test_gain_by_value_makes_ndcg_graded():
    train, test = split(make_table(2))
    model = CountingRecommender().fit(train)
    scorer = make_ranking_scorer("ndcg@4", gain="value")
    expected = naive_report(model, test, "ndcg@4", exclude_seen=True, graded=True)
    assert_scores(scorer, model, test, expected)
    assert scorer(model, test) != make_ranking_scorer("ndcg@4")(model, test)


def test_gain_by_value_leaves_the_other_metrics_as_they_are():
    train, test = split(make_table(2))
    model = CountingRecommender().fit(train)
    names = [name for name in METRICS if not name.startswith("ndcg")]
    assert make_ranking_scorer(*names, gain="value")(model, test) == make_ranking_scorer(*names)(
        model, test
    )


def test_several_metrics_give_a_dict_from_one_pass_of_recommend():
    train, test = split(make_table())
    model = CountingRecommender().fit(train)
    scores = make_ranking_scorer(*METRICS)(model, test)
    assert model.n_calls_ == 1
    assert list(scores) == list(METRICS)
    for name, score in scores.items():
        assert type(score) is float
        assert score == pytest.approx(make_ranking_scorer(name)(model, test), rel=1e-12)


def test_scores_do_not_depend_on_the_blocks_of_users(monkeypatch):
    train, test = split(make_table())
    model = CountingRecommender().fit(train)
    scorers = [
        make_ranking_scorer(*METRICS, *WHOLE_LIST_METRICS),
        make_ranking_scorer(*METRICS, *WHOLE_LIST_METRICS, gain="value", fold_in=0.5),
    ]
    whole = [scorer(model, test) for scorer in scorers]
    model.n_calls_ = 0
    monkeypatch.setattr(_ranking_scorer, "_MAX_ROWS_AT_ONCE", 2 * len(model.items_))
    assert [scorer(model, test) for scorer in scorers] == whole
    assert model.n_calls_ > 8


def test_k_beyond_the_catalogue_counts_missing_places_as_misses():
    train, test = split(make_table())
    model = CountingRecommender().fit(train)
    expected = naive_report(model, test, "precision@50", exclude_seen=True)
    assert_scores(make_ranking_scorer("precision@50"), model, test, expected)


def test_repeated_held_out_rows_count_once_with_the_largest_value():
    model = CountingRecommender().fit(
        pd.DataFrame({"user": [1, 2, 2], "item": [1, 2, 3], "value": 1.0})
    )
    test = pd.DataFrame({"user": [1, 1, 1, 1], "item": [2, 2, 2, 3], "value": [0, 3, 1, 1]})
    report = make_ranking_scorer("recall@1", "ndcg@2", gain="value").report(model, test)
    first = model.recommend([1], 1).item.item()
    gains = {2: 3.0, 3: 1.0}
    assert report.scores["recall@1"] == 0.5
    got = gains[first] + gains[5 - first] / np.log2(3)
    assert report.scores["ndcg@2"] == pytest.approx(got / (3 + 1 / np.log2(3)))


def test_items_outside_the_catalogue_count_as_missed_truth():
    train = pd.DataFrame({"user": [1, 2], "item": [1, 2]})
    test = pd.DataFrame({"user": [1, 1, 1, 1], "item": [2, 77, 99, 99]})
    assert make_ranking_scorer("recall@10")(CountingRecommender().fit(train), test) == 1 / 3


def test_pairs_seen_with_value_zero_are_no_truth():
    train = pd.DataFrame({"user": [1, 1, 2], "item": [1, 2, 3], "value": [1.0, 0.0, 1.0]})
    test = pd.DataFrame({"user": [1, 1], "item": [2, 3], "value": [1.0, 1.0]})
    assert make_ranking_scorer("recall@1")(CountingRecommender().fit(train), test) == 1


def test_users_without_truth_are_left_out():
    train, test = split(make_table())
    model = CountingRecommender().fit(train)
    test = test.assign(value=np.where(test.user == test.user.iloc[0], 0.0, 1.0))
    report = make_ranking_scorer("ndcg@4").report(model, test)
    assert report.n_users == test.user.nunique() - 1
    assert test.user.iloc[0] not in report.per_user.index


def test_report_names_the_users_as_the_caller_does():
    train, test = (t.rename(columns={"user": "listener"}) for t in split(make_table(text=True)))
    model = CountingRecommender().fit(train)
    report = make_ranking_scorer("ndcg@4", "mrr@4").report(model, test)
    assert report.per_user.index.name == "listener"
    assert list(report.per_user.columns) == ["ndcg@4", "mrr@4"]
    assert report.scores == pytest.approx(report.per_user.mean().to_dict())
    assert report.n_unknown_users == 0


def test_y_replaces_the_value_column():
    train, test = split(make_table())
    model = CountingRecommender().fit(train)
    y = np.random.default_rng(5).integers(0, 2, len(test))
    scorer = make_ranking_scorer("ndcg@4")
    assert scorer(model, test, y) == scorer(model, test.assign(value=y))
    assert scorer(model, test, y) != scorer(model, test)


@pytest.mark.parametrize(
    "convert",
    [
        pl.from_pandas,
        pa.Table.from_pandas,
        lambda table: table.astype({"user": "category"}),
    ],
    ids=["polars", "pyarrow", "category"],
)
@pytest.mark.parametrize("fold_in", [None, 0.6])
def test_every_container_gives_the_same_scores(convert, fold_in):
    train, test = (t.reset_index(drop=True) for t in split(make_table(text=True)))
    model = CountingRecommender().fit(train)
    scorer = make_ranking_scorer(*METRICS, fold_in=fold_in)
    assert scorer(model, convert(test)) == scorer(model, test)


def test_lists_of_rows_are_accepted():
    train, test = split(make_table())
    model = CountingRecommender().fit(train.astype(object).to_numpy().tolist())
    named = CountingRecommender().fit(train)
    scorer = make_ranking_scorer(*METRICS)
    assert scorer(model, test.astype(object).to_numpy().tolist()) == scorer(named, test)


def test_row_order_of_the_held_out_table_is_irrelevant():
    train, test = split(make_table())
    model = CountingRecommender().fit(train)
    shuffled = test.sample(frac=1, random_state=3)
    for fold_in in (None, 0.5):
        scorer = make_ranking_scorer(*METRICS, gain="value", fold_in=fold_in)
        assert scorer(model, test) == scorer(model, shuffled)


# --- Unknown users -----------------------------------------------------------------------------


def table_with_unknown_users():
    train, test = split(make_table(n_users=8))
    extra = pd.DataFrame({"user": [100, 100, 101], "item": [0, 1, 2], "value": 1.0})
    return train, pd.concat([test, extra])


def test_fallback_scores_unknown_users_by_the_popular_items():
    train, test = table_with_unknown_users()
    model = CountingRecommender().fit(train)
    expected = naive_report(model, test, "recall@3", exclude_seen=True)
    scorer = make_ranking_scorer("recall@3")
    assert_scores(scorer, model, test, expected)
    assert {100, 101} <= set(expected)
    assert scorer.report(model, test).n_unknown_users == 2


def test_drop_leaves_unknown_users_out():
    train, test = table_with_unknown_users()
    model = CountingRecommender().fit(train)
    expected = naive_report(model, test[test.user < 100], "recall@3", exclude_seen=True)
    assert_scores(make_ranking_scorer("recall@3", unknown_users="drop"), model, test, expected)


def test_raise_names_the_unknown_users():
    train, test = table_with_unknown_users()
    model = CountingRecommender().fit(train)
    with pytest.raises(UnknownIdError, match=r"2 of the 10 test users are unknown: 100, 101\."):
        make_ranking_scorer("recall@3", unknown_users="raise")(model, test)


def test_users_known_by_features_alone_are_known():
    train, test = table_with_unknown_users()
    model = CountingRecommender(known_users=(100, 101)).fit(train)
    report = make_ranking_scorer("recall@3", unknown_users="raise").report(model, test)
    assert {100, 101} <= set(report.per_user.index)


@pytest.mark.parametrize("unknown_users", ["fallback", "drop"])
def test_more_than_half_unknown_users_warn_and_name_the_splitter(unknown_users):
    train = pd.DataFrame({"user": [1, 1, 2], "item": [1, 2, 3]})
    test = pd.DataFrame({"user": [1, 7, 8], "item": [3, 1, 1]})
    scorer = make_ranking_scorer("recall@3", unknown_users=unknown_users)
    with pytest.warns(DataWarning, match=r"(?s)2 of the 3.*sorted by user.*InteractionKFold"):
        scorer(CountingRecommender().fit(train), test)


def test_half_unknown_users_do_not_warn():
    train = pd.DataFrame({"user": [1, 1, 2], "item": [1, 2, 3]})
    test = pd.DataFrame({"user": [1, 7], "item": [3, 1]})
    make_ranking_scorer("recall@3")(CountingRecommender().fit(train), test)


@pytest.mark.parametrize("unknown_users", ["fallback", "drop", "raise"])
def test_only_unknown_users_raise(unknown_users):
    train = pd.DataFrame({"user": [1, 2], "item": [1, 2]})
    test = pd.DataFrame({"user": [7, 8], "item": [1, 1]})
    scorer = make_ranking_scorer("recall@3", unknown_users=unknown_users)
    with pytest.raises(ValueError, match="2 of the 2 test users are unknown: 7, 8"):
        scorer(CountingRecommender().fit(train), test)


def test_ids_of_another_type_than_in_fit_raise():
    train, test = split(make_table())
    model = CountingRecommender().fit(train)
    with pytest.raises(TypeError, match="user ids were of type number"):
        make_ranking_scorer("recall@3")(model, test.assign(user="u"))


# --- Nothing to score --------------------------------------------------------------------------


def test_scoring_the_training_data_is_nan_with_a_warning():
    train, _ = split(make_table())
    model = CountingRecommender().fit(train)
    with pytest.warns(UndefinedMetricWarning, match="exclude_seen=False"):
        assert np.isnan(make_ranking_scorer("ndcg@4")(model, train))
    with pytest.warns(UndefinedMetricWarning, match="'ndcg@4', 'auc'"):
        report = make_ranking_scorer("ndcg@4", "auc").report(model, train)
    assert report.n_users == 0
    assert np.isnan(list(report.scores.values())).all()
    assert make_ranking_scorer("ndcg@4", exclude_seen=False)(model, train) > 0


def test_auc_leaves_out_users_for_whom_it_is_undefined():
    train = pd.DataFrame({"user": [1, 1, 2, 3], "item": [1, 2, 3, 4]})
    test = pd.DataFrame({"user": [1, 1, 2], "item": [3, 4, 1]})  # user 1 wants all that is left
    model = CountingRecommender().fit(train)
    report = make_ranking_scorer("auc").report(model, test)
    assert report.per_user["auc"].isna().tolist() == [True, False]
    assert report.scores["auc"] == report.per_user["auc"].iloc[1]
    with pytest.warns(UndefinedMetricWarning, match="all relevant or all not"):
        assert np.isnan(make_ranking_scorer("auc")(model, test[:2]))


# --- Fold-in -----------------------------------------------------------------------------------


def cut_of(model, scorer, test, **kwargs):
    report = scorer.report(model, test, **kwargs)
    return model.history_, report


@pytest.mark.parametrize(("fold_in", "n_history"), [(0.8, 8), (0.01, 1), (0.99, 9), (0.29, 2)])
def test_fold_in_gives_a_share_of_each_users_rows_as_history(fold_in, n_history):
    train = pd.DataFrame({"user": 1, "item": np.arange(10)})
    test = pd.DataFrame({"user": np.repeat([50, 60], 10), "item": np.tile(np.arange(10), 2)})
    model = CountingRecommender().fit(train)
    history, report = cut_of(model, make_ranking_scorer("recall@3", fold_in=fold_in), test)
    assert history.groupby("user").size().to_dict() == {50: n_history, 60: n_history}
    assert report.n_users == 2


def test_fold_in_equals_scoring_the_held_back_rows_against_the_given_history():
    train, test = split(make_table(3))
    test = test.assign(user=test.user + 100)  # nobody is known: strong generalisation
    model = CountingRecommender().fit(train)
    history, report = cut_of(model, make_ranking_scorer("recall@4", fold_in=0.5), test)
    shown = set(zip(history.user, history.item, strict=True))
    for user, score in report.per_user["recall@4"].items():
        rows = test[(test.user == user) & (test.value > 0)]
        wanted = {item for item in rows.item if (user, item) not in shown}
        listed = set(model.recommend([user], 4, history=history).item)
        assert score == pytest.approx(len(listed & wanted) / len(wanted))


def test_fold_in_gives_different_models_different_scores_for_new_users():
    train, test = split(make_table(3))
    test = test.assign(user=test.user + 100)
    scorer = make_ranking_scorer("ndcg@5", fold_in=0.5)
    scores = {scorer(CountingRecommender(step=step).fit(train), test) for step in range(4)}
    assert len(scores) > 1


def test_fold_in_replaces_the_training_rows_of_a_known_user():
    train = pd.DataFrame({"user": [1, 1, 2, 2], "item": [1, 2, 3, 4]})
    test = pd.DataFrame({"user": [1, 1], "item": [1, 2]})  # seen in training, and yet truth
    model = CountingRecommender().fit(train)
    assert make_ranking_scorer("recall@4", fold_in=0.5)(model, test) == 1


def test_fold_in_leaves_out_users_with_a_single_row():
    train = pd.DataFrame({"user": [1, 1, 2, 2], "item": [1, 2, 3, 4]})
    test = pd.DataFrame({"user": [7, 8, 8], "item": [1, 2, 3]})
    report = make_ranking_scorer("recall@4", fold_in=0.9).report(
        CountingRecommender().fit(train), test
    )
    assert list(report.per_user.index) == [8]


def test_fold_in_is_repeatable_and_depends_on_the_seed():
    train, test = split(make_table(4))
    model = CountingRecommender().fit(train)
    seeds = [0, 0, 1, 2, 3]
    scores = [
        make_ranking_scorer("ndcg@5", fold_in=0.5, random_state=seed)(model, test) for seed in seeds
    ]
    assert scores[0] == scores[1]
    assert len(set(scores)) > 1


def test_fold_in_sends_histories_through_the_transformers_of_a_pipeline():
    train, test = split(make_table())
    pipe = make_pipeline(Doubler(), Doubler(), CountingRecommender()).fit(train)
    plain = CountingRecommender().fit(train)
    scorer = make_ranking_scorer("ndcg@5", fold_in=0.5)
    transformed, _ = cut_of(pipe[-1], _Asking(pipe, scorer), test)
    raw, _ = cut_of(plain, scorer, test)
    np.testing.assert_array_equal(transformed.value, 4 * raw.value)
    np.testing.assert_array_equal(transformed.item, raw.item)


def test_fold_in_takes_the_values_of_histories_from_y():
    train, test = split(make_table())
    pipe = make_pipeline(Doubler(), CountingRecommender()).fit(train)
    scorer = make_ranking_scorer("ndcg@5", fold_in=0.5)
    history, report = cut_of(pipe[-1], _Asking(pipe, scorer), test, y=np.full(len(test), 7.0))
    assert set(history.value) == {7.0}
    assert report.n_users > 0


def test_with_fold_in_users_without_a_known_item_in_their_history_are_unknown():
    train = pd.DataFrame({"user": [1, 1, 2, 2], "item": [1, 2, 3, 4]})
    test = pd.DataFrame({"user": [7, 7, 8, 8], "item": [1, 2, 90, 91]})
    model = CountingRecommender().fit(train)
    dropped = make_ranking_scorer("recall@4", fold_in=0.5, unknown_users="drop")
    assert list(dropped.report(model, test).per_user.index) == [7]
    kept = make_ranking_scorer("recall@4", fold_in=0.5).report(model, test)
    assert kept.n_unknown_users == 1
    assert kept.per_user["recall@4"].to_dict() == {7: 1.0, 8: 0.0}


@pytest.mark.parametrize("rows_at_once", [1, 100])
@pytest.mark.parametrize(
    "container", [pd.DataFrame, pl.from_pandas, lambda X: X.to_numpy().tolist()]
)
def test_with_fold_in_items_that_the_model_does_not_know_bring_no_warning(
    monkeypatch, rows_at_once, container
):
    train = pd.DataFrame({"user": [1, 1, 2, 2, 3], "item": [1, 2, 2, 3, 3]})
    # User 7 has a known item in any history, user 8 none at all.
    test = pd.DataFrame({"user": [7] * 4 + [8] * 4, "item": [1, 2, 3, 80, 90, 91, 92, 93]})
    monkeypatch.setattr(_ranking_scorer, "_MAX_ROWS_AT_ONCE", rows_at_once)
    model = ItemKNNRecommender().fit(container(train))

    # Warnings are errors in this suite.
    report = make_ranking_scorer("recall@3", "ndcg@3", fold_in=0.5).report(model, container(test))

    assert report.per_user.index.tolist() == [7, 8]
    assert report.n_unknown_users == 1
    assert report.scores["recall@3"] > 0


def test_with_fold_in_a_user_whose_history_is_unknown_gets_the_popular_items():
    train = pd.DataFrame({"user": [1, 2, 2, 3, 3], "item": [1, 1, 2, 1, 3]})
    test = pd.DataFrame({"user": [7, 7, 8, 8], "item": [90, 91, 1, 2]})
    asked = {}

    class Recording(PopularityRecommender):
        def recommend(self, users=None, n_items=10, *, history=None, **options):
            asked[tuple(users)] = history, options["on_unknown"]
            return super().recommend(users, n_items, history=history, **options)

    make_ranking_scorer("recall@3", fold_in=0.5).report(Recording().fit(train), test)

    ((users, (history, on_unknown)),) = asked.items()
    assert users == (7, 8)
    assert history["user"].tolist() == [8]
    assert on_unknown == "popular"


def test_with_fold_in_an_unknown_history_still_replaces_the_training_rows_of_a_known_user():
    train = pd.DataFrame({"user": [1, 1, 2, 2], "item": [1, 2, 3, 4]})
    model = PopularityRecommender().fit(train)
    scorer = make_ranking_scorer("recall@4", fold_in=0.5)
    test = pd.DataFrame({"user": [1, 1], "item": [1, 90]})  # 90 is the history, 1 is wanted

    with pytest.warns(DataWarning, match="history holds 1 item"):
        report = scorer.report(model, test)

    assert report.scores == {"recall@4": 1}


class _Asking:
    """Report on a pipeline where the last step is given."""

    def __init__(self, pipe, scorer):
        self.pipe, self.scorer = pipe, scorer

    def report(self, model, test, **kwargs):
        return self.scorer.report(self.pipe, test, **kwargs)


# --- Columns -----------------------------------------------------------------------------------


@pytest.fixture
def fitted():
    train, test = split(make_table())
    return CountingRecommender().fit(train), test


def test_one_column_raises_scikit_learns_error(fitted):
    model, test = fitted
    nameless = CountingRecommender().fit(test.to_numpy().tolist())
    with pytest.raises(ValueError, match="X has 1 features, but CountingRecommender is expecting"):
        make_ranking_scorer("ndcg@4")(nameless, [[1], [2]])
    with pytest.raises(ValueError, match="feature names should match"):
        make_ranking_scorer("ndcg@4")(model, test[["user"]])


def test_another_width_raises_scikit_learns_error(fitted):
    _, test = fitted
    model = CountingRecommender().fit(test.to_numpy().tolist())
    with pytest.raises(
        ValueError, match="X has 4 features, but CountingRecommender is expecting 3"
    ):
        make_ranking_scorer("ndcg@4")(model, test.assign(t=1).to_numpy().tolist())


@pytest.mark.parametrize("columns", [["user", "item", "stars"], ["item", "user"], ["user", "i"]])
def test_other_names_raise_scikit_learns_error(fitted, columns):
    model, test = fitted
    renamed = test.iloc[:, : len(columns)].set_axis(columns, axis=1)
    with pytest.raises(ValueError, match="feature names should match"):
        make_ranking_scorer("ndcg@4")(model, renamed)


def test_names_missing_where_fit_had_them_warn_as_in_scikit_learn(fitted):
    model, test = fitted
    with pytest.warns(UserWarning, match="X does not have valid feature names, but Counting"):
        make_ranking_scorer("ndcg@4")(model, test.to_numpy())


def test_user_and_item_columns_alone_are_enough(fitted):
    model, test = fitted
    expected = make_ranking_scorer("ndcg@4")(model, test.assign(value=1.0))
    assert make_ranking_scorer("ndcg@4")(model, test[["user", "item"]]) == expected


def test_width_is_checked_against_the_first_step_of_a_pipeline(fitted):
    _, test = fitted
    pipe = make_pipeline(Doubler(), CountingRecommender()).fit(test)
    with pytest.raises(ValueError, match="feature names should match"):
        make_ranking_scorer("ndcg@4")(pipe, test.assign(t=1))


# --- Estimators --------------------------------------------------------------------------------


def interaction_folds():
    return KFold(3, shuffle=True, random_state=0)


def test_pipelines_searches_and_frozen_estimators_are_unwrapped():
    train, test = split(make_table())
    scorer = make_ranking_scorer(*METRICS)
    expected = scorer(CountingRecommender(step=2).fit(train), test)
    grid = GridSearchCV(
        CountingRecommender(),
        {"step": [2]},
        scoring=make_ranking_scorer("ndcg@4"),
        cv=interaction_folds(),
    )
    estimators = [
        make_pipeline(CountingRecommender(step=2)).fit(train),
        make_pipeline("passthrough", CountingRecommender(step=2)).fit(train),
        make_pipeline(Doubler(), make_pipeline(CountingRecommender(step=2))).fit(train),
        grid.fit(train),
        make_pipeline(Doubler(), grid).fit(train),
        FrozenEstimator(make_pipeline(CountingRecommender(step=2)).fit(train)),
        FrozenEstimator(CountingRecommender(step=2).fit(train)),
    ]
    for estimator in estimators:
        assert scorer(estimator, test) == expected


def test_unfitted_estimators_raise():
    _, test = split(make_table())
    grid = GridSearchCV(CountingRecommender(), {"step": [1]})
    for estimator in (CountingRecommender(), make_pipeline(CountingRecommender()), grid):
        with pytest.raises(NotFittedError):
            make_ranking_scorer("ndcg@4")(estimator, test)


def test_estimators_that_cannot_recommend_raise():
    _, test = split(make_table())
    with pytest.raises(TypeError, match="Doubler has no recommend method"):
        make_ranking_scorer("ndcg@4")(Pipeline([("double", Doubler())]).fit(test), test)


class RepeatingRecommender(CountingRecommender):
    def recommend(self, users=None, n_items=10, **options):
        answer = super().recommend(users, n_items, **options)
        return answer.assign(item=answer.groupby("user")["item"].transform("first"))


class StrayingRecommender(CountingRecommender):
    def recommend(self, users=None, n_items=10, **options):
        return super().recommend(users, n_items, **options).assign(**self.stray)


def test_a_recommender_that_repeats_an_item_raises():
    train, _ = split(make_table())
    model = RepeatingRecommender().fit(train)
    wanted = CountingRecommender().fit(train).recommend(model.users_, 1)[["user", "item"]]
    with pytest.raises(ValueError, match="named an item twice"):
        make_ranking_scorer("ndcg@4")(model, wanted)


@pytest.mark.parametrize("stray", [{"user": 10**6}, {"item": 10**6}, {"rank": 0}, {"rank": 5}])
def test_a_recommender_that_strays_from_the_question_raises(stray):
    train, test = split(make_table())
    model = StrayingRecommender().fit(train)
    model.stray = stray
    with pytest.raises(ValueError, match="not asked for"):
        make_ranking_scorer("ndcg@4")(model, test)


def test_grid_search_picks_the_best_by_one_metric():
    table = make_table()
    grid = GridSearchCV(
        make_pipeline(Doubler(), CountingRecommender()),
        {"countingrecommender__step": [0, 1, 2, 3]},
        scoring=make_ranking_scorer("ndcg@4"),
        cv=interaction_folds(),
        error_score="raise",
    ).fit(table)
    scores = grid.cv_results_["mean_test_score"]
    assert grid.best_index_ == np.argmax(scores)
    assert len(set(scores)) > 1


@pytest.mark.parametrize("search", [GridSearchCV, RandomizedSearchCV])
def test_searches_take_several_metrics_and_refit_by_one(search):
    options = {"n_iter": 2, "random_state": 0} if search is RandomizedSearchCV else {}
    fitted = search(
        CountingRecommender(),
        {"step": [0, 1, 2]},
        scoring=make_ranking_scorer("ndcg@4", "recall@3"),
        refit="recall@3",
        cv=interaction_folds(),
        error_score="raise",
        **options,
    ).fit(make_table())
    assert fitted.best_score_ == fitted.cv_results_["mean_test_recall@3"].max()
    assert "mean_test_ndcg@4" in fitted.cv_results_


def test_halving_search_takes_one_metric():
    search = HalvingGridSearchCV(
        CountingRecommender(),
        {"step": [0, 1, 2, 3]},
        scoring=make_ranking_scorer("ndcg@4"),
        cv=interaction_folds(),
        factor=2,
        min_resources=80,
        random_state=0,
        error_score="raise",
        return_train_score=False,
    ).fit(make_table())
    assert 0 < search.best_score_ <= 1


def test_cross_validate_equals_scoring_each_fold_by_hand():
    table, scorer = make_table(), make_ranking_scorer("ndcg@4", "hit_rate@2")
    result = cross_validate(
        CountingRecommender(), table, scoring=scorer, cv=interaction_folds(), error_score="raise"
    )
    for fold, (train, test) in enumerate(interaction_folds().split(table)):
        expected = scorer(CountingRecommender().fit(table.iloc[train]), table.iloc[test])
        assert result["test_ndcg@4"][fold] == expected["ndcg@4"]
        assert result["test_hit_rate@2"][fold] == expected["hit_rate@2"]


def test_an_integer_cv_on_rows_sorted_by_user_is_caught_in_every_fold():
    table = make_table(n_users=30, n_rows=300).sort_values("user")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        cross_validate(
            CountingRecommender(), table, scoring=make_ranking_scorer("ndcg@4"), cv=KFold(7)
        )
    advice = [warning for warning in caught if "InteractionKFold" in str(warning.message)]
    assert len(advice) == 7
    assert {warning.category for warning in advice} >= {DataWarning}


def test_train_scores_are_possible_with_exclude_seen_off():
    result = cross_validate(
        CountingRecommender(),
        make_table(),
        scoring=make_ranking_scorer("precision@3", exclude_seen=False),
        cv=interaction_folds(),
        return_train_score=True,
    )
    assert (result["train_score"] > 0).all()


def test_a_dict_of_scorers_and_metadata_routing_are_accepted():
    table = make_table()
    scoring = {"few": make_ranking_scorer("ndcg@2"), "many": make_ranking_scorer("ndcg@5")}
    options = {"cv": interaction_folds(), "error_score": "raise"}
    plain = cross_validate(CountingRecommender(), table, scoring=scoring, **options)
    with sklearn.config_context(enable_metadata_routing=True):
        routed = cross_validate(CountingRecommender(), table, scoring=scoring, **options)
        grid = GridSearchCV(
            CountingRecommender(), {"step": [1]}, scoring=scoring, refit="few", **options
        ).fit(table)
    np.testing.assert_array_equal(plain["test_few"], routed["test_few"])
    assert grid.best_score_ == pytest.approx(plain["test_few"].mean()) or grid.best_score_ > 0


class WeightedRecommender(CountingRecommender):
    def fit(self, X, y=None, sample_weight=None):
        return super().fit(X, y)


def test_searches_fitted_with_weights_do_not_fail_on_the_scorer():
    table = make_table()
    for scoring in (make_ranking_scorer("ndcg@2"), {"few": make_ranking_scorer("ndcg@2")}):
        grid = GridSearchCV(
            WeightedRecommender(),
            {"step": [1]},
            scoring=scoring,
            refit="few" if isinstance(scoring, dict) else True,
            cv=interaction_folds(),
            error_score="raise",
        )
        with warnings.catch_warnings():
            # Recent scikit-learn says that the scorer does not use the weights.
            warnings.filterwarnings("ignore", message=".*does not support sample_weight")
            grid.fit(table, sample_weight=np.ones(len(table)))
        assert grid.best_score_ > 0


# --- The scorer as an object -------------------------------------------------------------------


def test_scorer_survives_pickling():
    train, test = split(make_table())
    model = CountingRecommender().fit(train)
    scorer = make_ranking_scorer(*METRICS, "auc", fold_in=0.5, random_state=3)
    revived = pickle.loads(pickle.dumps(scorer))
    assert revived(model, test) == scorer(model, test)
    assert repr(revived) == repr(scorer)


def test_repr_shows_the_arguments():
    assert repr(make_ranking_scorer("map@5", "auc", gain="value", fold_in=0.8)) == (
        "make_ranking_scorer('map@5', 'auc', exclude_seen=True, relevance_threshold=None, "
        "gain='value', unknown_users='fallback', fold_in=0.8, random_state=0)"
    )


@pytest.mark.parametrize(
    "name", ["accuracy", "ndcg", "ndcg@", "ndcg@0", "ndcg@-1", "ndcg@1.5", "auc@10", "@10", "", 10]
)
def test_unknown_metrics_raise_and_the_choices_are_named(name):
    with pytest.raises(ValueError, match=r"(?s)Unknown metric.*capped_recall@k.*mrr and auc"):
        make_ranking_scorer(name)


@pytest.mark.parametrize("names", [(), ("ndcg@5", "ndcg@5")])
def test_no_metric_or_the_same_twice_raises(names):
    with pytest.raises(ValueError, match="at least one metric, and each once"):
        make_ranking_scorer(*names)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"gain": "graded"}, "gain must be"),
        ({"unknown_users": "ignore"}, "unknown_users must be"),
        ({"fold_in": 0}, "fold_in must be"),
        ({"fold_in": 1.0}, "fold_in must be"),
        ({"fold_in": "0.5"}, "fold_in must be"),
        ({"relevance_threshold": np.nan}, "relevance_threshold must be finite"),
        ({"relevance_threshold": 0, "gain": "value"}, "relevance_threshold must be above 0"),
    ],
)
def test_options_out_of_range_raise(options, message):
    with pytest.raises(ValueError, match=message):
        make_ranking_scorer("ndcg@5", **options)
