"""Comparisons against scikit-learn, SciPy, hand calculation, and models that are equal."""
# SPDX-License-Identifier: BSD-3-Clause

import tracemalloc

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.exceptions import FitFailedWarning
from sklearn.model_selection import (
    GridSearchCV,
    RandomizedSearchCV,
    cross_validate,
)
from sklearn.pipeline import make_pipeline

from sklearn_recsys.baseline import PopularityRecommender, RandomRecommender
from sklearn_recsys.datasets import make_interactions
from sklearn_recsys.exceptions import DataWarning
from sklearn_recsys.interactions import FeatureTable
from sklearn_recsys.metrics import make_ranking_scorer
from sklearn_recsys.model_selection import (
    InteractionKFold,
    UserKFold,
    compare_recommenders,
    search_intervals,
)
from sklearn_recsys.model_selection._comparing._intervals import (
    adjust_holm,
    bootstrap_intervals,
    compare_pairs,
)
from sklearn_recsys.model_selection._comparing._user_scores import _peak_memory
from sklearn_recsys.neighbors import ItemKNNRecommender
from sklearn_recsys.preprocessing import ConfidenceWeighter

MODELS = {
    "popular": PopularityRecommender(),
    "neighbours": make_pipeline(ConfidenceWeighter(), ItemKNNRecommender(n_neighbors=20)),
    "random": RandomRecommender(random_state=0),
}


@pytest.fixture(scope="module")
def X():
    return make_interactions(n_users=80, n_items=60, n_interactions=1600, random_state=0).X


@pytest.fixture(scope="module")
def comparison(X):
    metrics = ("ndcg@10", "recall@5", "catalogue_coverage@10")
    return compare_recommenders(MODELS, X, metrics=metrics, cv=InteractionKFold(3))


def test_the_scores_are_those_of_cross_validate(X, comparison):
    scorer = make_ranking_scorer("ndcg@10", "recall@5", "catalogue_coverage@10")
    for name, model in MODELS.items():
        found = cross_validate(model, X, scoring=scorer, cv=InteractionKFold(3))
        for metric in scorer.metrics:
            np.testing.assert_array_equal(
                comparison.per_fold.loc[name, metric], found[f"test_{metric}"]
            )


def test_a_user_has_the_mean_of_her_folds(X, comparison):
    scorer, parts = make_ranking_scorer("ndcg@10"), []
    for train, test in InteractionKFold(3).split(X):
        model = PopularityRecommender().fit(X.iloc[train])
        parts.append(scorer.report(model, X.iloc[test]).per_user["ndcg@10"])
    expected = pd.concat(parts, axis=1).mean(axis=1).sort_index()
    found = comparison.per_user[("popular", "ndcg@10")]
    pd.testing.assert_series_equal(found, expected, check_names=False)


def test_the_summary_has_means_and_intervals_best_first(comparison):
    table = comparison.summary()
    means = comparison.per_user.mean().xs("ndcg@10", level=1)
    pd.testing.assert_series_equal(
        table["ndcg@10"], means.sort_values(ascending=False), check_names=False
    )
    # Popularity and neighbours are alike in a world this small, and better than chance.
    assert table["tied_with_best"].tolist() == [True, True, False]
    assert table.index[2] == "random"
    assert (table["ndcg@10_low"] < table["ndcg@10"]).all()
    assert (table["ndcg@10"] < table["ndcg@10_high"]).all()
    # All lists together have no users to draw.
    assert table["catalogue_coverage@10_low"].isna().all()
    assert (table[["fit_time", "score_time", "peak_memory"]] > 0).all(axis=None)


def test_the_summary_belongs_to_the_caller(comparison):
    table = comparison.summary()
    table.loc[:, "ndcg@10"] = 0
    assert (comparison.summary()["ndcg@10"] > 0).all()


def test_pairs_are_tested_by_paired_t_tests(comparison):
    pairs = comparison.tests("recall@5")
    p_values = pairs["p_value"].to_numpy()
    np.testing.assert_allclose(pairs["p_adjusted"], adjust_holm(p_values))
    for row in pairs.itertuples():
        one, other = (comparison.per_user[(name, "recall@5")] for name in (row.better, row.worse))
        expected = stats.ttest_rel(one, other)
        interval = expected.confidence_interval(0.95)
        assert row.difference == pytest.approx(one.mean() - other.mean())
        assert row.difference >= 0
        assert row.p_value == pytest.approx(expected.pvalue)
        assert (row.low, row.high) == pytest.approx((interval.low, interval.high))
        assert row.effect_size == pytest.approx(row.difference / (one - other).std())


def test_only_metrics_of_single_users_are_tested(comparison):
    with pytest.raises(ValueError, match=r"one of \['ndcg@10', 'recall@5'\]"):
        comparison.tests("catalogue_coverage@10")


def test_a_metric_of_all_lists_orders_and_ties_nothing(X):
    comparison = compare_recommenders(
        MODELS, X, metrics="catalogue_coverage@10", cv=InteractionKFold(2)
    )
    table = comparison.summary()
    assert table["catalogue_coverage@10"].is_monotonic_decreasing
    assert table["tied_with_best"].isna().all()
    assert "catalogue_coverage@10" in repr(comparison)


def test_less_is_better_of_errors(X):
    scorer = make_ranking_scorer("calibration_error@5", item_features=genres())
    models = {"popular": PopularityRecommender(), "random": RandomRecommender(random_state=0)}
    comparison = compare_recommenders(models, X, metrics=scorer, cv=InteractionKFold(2))
    table, pairs = comparison.summary(), comparison.tests()
    assert table["calibration_error@5"].is_monotonic_increasing
    assert pairs.loc[0, "better"] == table.index[0]
    assert pairs.loc[0, "difference"] < 0
    negated = make_ranking_scorer("neg_calibration_error@5", item_features=genres())
    turned = compare_recommenders(models, X, metrics=negated, cv=InteractionKFold(2))
    assert turned.summary().index.tolist() == table.index.tolist()


def genres():
    films = make_interactions(n_users=80, n_items=60, n_interactions=1600, random_state=0)
    table = films.movies.set_index("movie_id")["genre"].str.get_dummies()
    return FeatureTable(table)


class HalfTheUsers(PopularityRecommender):
    """Popularity that forgets users of few rows."""

    def fit(self, X, y=None):
        counts = X.iloc[:, 0].map(X.iloc[:, 0].value_counts())
        return super().fit(X[counts >= counts.median()])


def test_means_are_of_the_users_that_all_serve(X):
    models = {"all": PopularityRecommender(), "half": HalfTheUsers()}
    scorer = make_ranking_scorer("precision@5", unknown_users="drop")
    with pytest.warns(DataWarning, match="test users are unknown"):
        comparison = compare_recommenders(models, X, metrics=scorer, cv=InteractionKFold(2))
    table = comparison.summary()
    both = comparison.per_user.xs("precision@5", axis=1, level=1).dropna()
    assert 0 < len(both) < X["user_id"].nunique()
    assert table["n_users"].tolist() == [len(both)] * 2
    pd.testing.assert_series_equal(
        table["precision@5"].sort_index(), both.mean(), check_names=False
    )
    assert f"on the same {len(both)} users" in repr(comparison)


def test_groups_have_means_and_intervals_of_their_own(X, comparison):
    groups = {user: "even" if user % 2 == 0 else "odd" for user in X["user_id"].unique()}
    table = comparison.by_group(groups, "recall@5")
    scores = comparison.per_user[("popular", "recall@5")]
    even = scores[scores.index % 2 == 0]
    row = table.loc[("popular", "even")]
    assert row["mean"] == pytest.approx(even.mean())
    assert row["low"] < row["mean"] < row["high"]
    assert row["n_users"] == len(even)
    assert table.index.get_level_values(0).unique().tolist() == comparison.summary().index.tolist()


def test_the_evaluation_is_looked_at_too(X, comparison):
    # X has times, and its folds are drawn at random.
    assert [finding.code for finding in comparison.findings] == ["EVAL002"]
    untimed = compare_recommenders(MODELS, X.iloc[:, :3], cv=InteractionKFold(2))
    assert untimed.findings == []


def test_memory_is_measured_apart_or_not_at_all(X):
    comparison = compare_recommenders(MODELS, X, cv=InteractionKFold(2), measure_memory=False)
    assert comparison.summary()["peak_memory"].isna().all()
    assert "memory" not in repr(comparison)


def test_a_model_is_tied_with_itself(X):
    models = {"one": ItemKNNRecommender(), "same": ItemKNNRecommender()}
    comparison = compare_recommenders(models, X, cv=InteractionKFold(2))
    assert comparison.summary()["tied_with_best"].all()
    assert comparison.tests()[["difference", "effect_size", "p_value"]].values.tolist() == [
        [0, 0, 1]
    ]


def test_values_in_y_are_the_same_as_in_the_table(X):
    three = X.iloc[:, :3]
    options = {"cv": InteractionKFold(2), "metrics": make_ranking_scorer("ndcg@5", gain="value")}
    models = [PopularityRecommender(), ItemKNNRecommender()]
    with_y = compare_recommenders(models, three.iloc[:, :2], three.iloc[:, 2], **options)
    within = compare_recommenders(models, three, **options)
    pd.testing.assert_frame_equal(with_y.per_user, within.per_user)


def test_jobs_change_nothing(X, comparison):
    metrics = ("ndcg@10", "recall@5", "catalogue_coverage@10")
    parallel = compare_recommenders(MODELS, X, metrics=metrics, cv=InteractionKFold(3), n_jobs=2)
    pd.testing.assert_frame_equal(parallel.per_user, comparison.per_user)
    costs = ["fit_time", "score_time", "peak_memory"]
    pd.testing.assert_frame_equal(
        parallel.summary().drop(columns=costs), comparison.summary().drop(columns=costs)
    )


def test_estimators_stay_unfitted_and_new_users_are_folded_in(X):
    models = [PopularityRecommender(), ItemKNNRecommender()]
    scorer = make_ranking_scorer("ndcg@10", fold_in=0.5)
    comparison = compare_recommenders(models, X, cv=UserKFold(3), metrics=scorer)
    assert not any(hasattr(model, "items_") for model in models)
    assert sorted(comparison.summary().index) == ["ItemKNNRecommender", "PopularityRecommender"]
    assert len(comparison.per_user) == X["user_id"].nunique()


def test_it_is_shown_as_text_as_html_and_as_a_plot(comparison):
    pyplot = pytest.importorskip("matplotlib.pyplot", reason="plots need matplotlib")
    assert "3 recommenders on the same 80 users in 3 split(s)" in repr(comparison)
    assert comparison._repr_html_().count("popular") == 1
    ax = comparison.plot("recall@5")
    best = comparison.summary()["recall@5"].idxmax()
    assert [label.get_text() for label in ax.get_yticklabels()][-1] == best
    own = pyplot.subplots()[1]
    assert comparison.plot(ax=own) is own
    pyplot.close("all")


@pytest.mark.parametrize(
    ("estimators", "options", "error", "match"),
    [
        ({}, {}, ValueError, "empty"),
        ([PopularityRecommender(), PopularityRecommender()], {}, ValueError, "pass a dict"),
        (PopularityRecommender(), {}, ValueError, "must be a dict"),
        (MODELS, {"metrics": "ndcg"}, ValueError, "Unknown metric"),
        (MODELS, {"metrics": max}, TypeError, "make_ranking_scorer"),
        (MODELS, {"confidence_level": 1}, ValueError, "confidence_level"),
        (MODELS, {"n_resamples": 0}, ValueError, "n_resamples"),
        (MODELS, {"cv": iter(())}, ValueError, "no splits"),
        (MODELS, {"metrics": 10}, TypeError, "must be names"),
        ({1: PopularityRecommender(), "1": PopularityRecommender()}, {}, ValueError, "same"),
        (MODELS, {"y": np.ones(3)}, ValueError, "inconsistent numbers"),
        (
            MODELS,
            {"metrics": make_ranking_scorer("ndcg_gap@5", user_groups={1: "a"})},
            ValueError,
            "by_group",
        ),
        (
            MODELS,
            {"metrics": make_ranking_scorer("ndcg@5", fold_in=0.5, random_state=None)},
            ValueError,
            "other histories",
        ),
    ],
)
def test_bad_arguments_are_refused_before_anything_is_fitted(X, estimators, options, error, match):
    with pytest.raises(error, match=match):
        compare_recommenders(estimators, X, **options)


def test_holm_by_hand():
    # 4 · .01, 3 · .03 and 2 · .04 (raised to it), 1 · .5.
    found = adjust_holm(np.array([0.04, np.nan, 0.01, 0.5, 0.03]))
    np.testing.assert_allclose(found, [0.09, np.nan, 0.04, 0.5, 0.09])
    np.testing.assert_allclose(adjust_holm(np.array([0.7, 0.9])), [1, 1])


def test_the_interval_is_where_means_of_drawn_users_lie():
    rng = np.random.default_rng(0)
    values = np.column_stack([rng.normal(3, 2, 400), np.full(400, np.nan), rng.random(400)])
    values[::3, 2] = np.nan
    low, high = bootstrap_intervals(values, confidence_level=0.9, n_resamples=4000, random_state=1)
    for column in (0, 2):
        own = values[:, column][~np.isnan(values[:, column])]
        margin = stats.norm.ppf(0.95) * own.std() / np.sqrt(len(own))
        ends = own.mean() - margin, own.mean() + margin
        assert (low[column], high[column]) == pytest.approx(ends, abs=0.06 * margin)
    assert np.isnan([low[1], high[1]]).all()


def test_an_interval_of_few_users_is_wide_but_there():
    values = np.full((300, 1), np.nan)
    values[:5, 0] = [0.1, 0.2, 0.3, 0.4, 0.5]
    low, high = bootstrap_intervals(values, confidence_level=0.95, n_resamples=1999, random_state=0)
    assert 0.1 <= low[0] < 0.2
    assert 0.4 < high[0] <= 0.5


def test_rounding_makes_no_difference():
    scores = np.random.default_rng(0).random(200)
    pairs = compare_pairs(
        pd.DataFrame({"a": scores, "b": scores * 3 / 3 * (1 + 1e-16)}), confidence_level=0.95
    )
    assert pairs.loc[0, ["difference", "p_value"]].tolist() == [0, 1]


def test_users_without_a_score_are_left_out_of_their_pair():
    scores = pd.DataFrame({"a": [1.0, 2, 3, np.nan], "b": [0.0, 2, 1, 5], "c": [np.nan] * 4})
    pairs = compare_pairs(scores, confidence_level=0.95)
    assert pairs.loc[0, "difference"] == 1
    assert pairs.loc[0, "p_value"] == pytest.approx(stats.ttest_rel([1, 2, 3], [0, 2, 1]).pvalue)
    assert pairs.loc[1:, "p_adjusted"].isna().all()
    assert pairs.loc[0, "p_adjusted"] == pairs.loc[0, "p_value"]


def test_a_difference_that_all_users_see_alike_is_tested_by_its_signs():
    scores = pd.DataFrame({"a": [1.0, 2, 3], "b": [0.5, 1.5, 2.5]})
    pairs = compare_pairs(scores, confidence_level=0.95)
    # Three signs agree, as they do by chance in 2 of 8 cases.
    assert pairs.loc[0, ["better", "p_value", "effect_size"]].tolist() == ["a", 0.25, np.inf]


def test_peak_memory_is_what_was_held_at_once():
    for was_tracing in (False, True):
        if was_tracing:
            tracemalloc.start()
        try:
            with _peak_memory() as peak:
                for _ in range(3):
                    held = np.zeros(10**6)
                    del held
            assert tracemalloc.is_tracing() == was_tracing
        finally:
            tracemalloc.stop()
        assert peak[0] == pytest.approx(8e6, rel=0.05)


def search_over(X, search=GridSearchCV, scoring=None, **options):
    grid = {"n_neighbors": [1, 30, 35]}
    scoring = make_ranking_scorer("ndcg@10") if scoring is None else scoring
    options = {"cv": InteractionKFold(3), **options}
    return search(ItemKNNRecommender(), grid, scoring=scoring, **options).fit(X)


def test_intervals_of_a_search_are_beside_its_results(X):
    search = search_over(X)
    table = search_intervals(search, X)
    assert table.index[0] == search.best_index_
    assert table["n_neighbors"].tolist() == [
        search.cv_results_["params"][at]["n_neighbors"] for at in table.index
    ]
    assert table["tied_with_best"].tolist() == [True, True, False]
    assert table.loc[search.best_index_, ["difference", "p_adjusted"]].isna().tolist() == [
        False,
        True,
    ]
    np.testing.assert_allclose(
        table["mean"], search.cv_results_["mean_test_score"][table.index], rtol=0.02
    )
    assert ((table["low"] < table["mean"]) & (table["mean"] < table["high"])).all()


def test_only_the_best_candidates_may_be_asked_for(X):
    search = search_over(X)
    table = search_intervals(search, X, n_candidates=2)
    assert set(table.index) == set(np.argsort(search.cv_results_["rank_test_score"])[:2])


def test_several_metrics_are_judged_by_the_one_that_chose(X):
    scoring = make_ranking_scorer("recall@5", "ndcg@10")
    search = search_over(X, scoring=scoring, refit="ndcg@10")
    table = search_intervals(search, X)
    pd.testing.assert_frame_equal(
        table.drop(columns=["fit_time", "score_time"]),
        search_intervals(search_over(X), X).drop(columns=["fit_time", "score_time"]),
    )


def test_other_rows_than_the_search_had_are_noticed(X):
    search = search_over(X)
    with pytest.warns(DataWarning, match="differ from those in cv_results_"):
        search_intervals(search, X.sample(frac=0.9, random_state=0))


def test_randomized_searches_and_pipelines_are_searched_too(X):
    pipeline = make_pipeline(ConfidenceWeighter(), ItemKNNRecommender())
    grid = {"itemknnrecommender__n_neighbors": [5, 30], "confidenceweighter__alpha": [1.0, 9.0]}
    search = RandomizedSearchCV(
        pipeline,
        grid,
        n_iter=2,
        random_state=0,
        cv=InteractionKFold(2),
        scoring=make_ranking_scorer("ndcg@10"),
    ).fit(X)
    assert len(search_intervals(search, X)) == 2


def test_candidates_that_failed_are_left_out_and_settings_stay_what_they_are(X):
    search = GridSearchCV(
        ItemKNNRecommender(),
        {"n_neighbors": [5, None, -1]},
        scoring=make_ranking_scorer("ndcg@10"),
        cv=InteractionKFold(2),
    )
    with pytest.warns(FitFailedWarning), pytest.warns(UserWarning, match="non-finite"):
        search.fit(X)
    found = search_intervals(search, X)["n_neighbors"].tolist()
    assert sorted(found, key=str) == [5, None]
    assert isinstance(found[found.index(5)], int)


@pytest.mark.parametrize(
    "options", [{"n_candidates": 0}, {"n_candidates": -1}, {"confidence_level": 95}]
)
def test_search_intervals_refuses_bad_parameters(X, options):
    with pytest.raises(ValueError, match=next(iter(options))):
        search_intervals(search_over(X), X, **options)


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (
            lambda X: search_over(
                X,
                scoring=make_ranking_scorer("ndcg@5", "neg_gini_index@5"),
                refit="neg_gini_index@5",
            ),
            "all users together",
        ),
        (lambda X: search_over(X, scoring=lambda model, X, y=None: 0.0), "make_ranking_scorer"),
        (lambda X: search_over(X, scoring=make_ranking_scorer("auc", "mrr"), refit=False), "refit"),
        (lambda X: PopularityRecommender().fit(X), "must be a fitted GridSearchCV"),
    ],
)
def test_searches_without_scores_of_users_are_refused(X, make, match):
    with pytest.raises(TypeError, match=match):
        search_intervals(make(X), X)
