"""The linter finds each mistake where it was made, and nothing where none was."""
# SPDX-License-Identifier: BSD-3-Clause

import pickle
import re
import warnings

import joblib
import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import ndcg_score, roc_auc_score
from sklearn.model_selection import GridSearchCV, GroupKFold, KFold, ShuffleSplit

from sklearn_recsys.baseline import PopularityRecommender
from sklearn_recsys.datasets import make_interactions
from sklearn_recsys.ensemble import BlendRecommender
from sklearn_recsys.exceptions import EvaluationWarning
from sklearn_recsys.linear_model import EASERecommender
from sklearn_recsys.metrics import make_ranking_scorer, sampled_ranking_metrics
from sklearn_recsys.model_selection import (
    ColdItemKFold,
    InteractionKFold,
    LeaveLastOut,
    TemporalSplit,
    UserKFold,
    lint_evaluation,
    train_test_split_by_user,
)
from sklearn_recsys.model_selection._findings import EvaluationFindings, Finding
from sklearn_recsys.model_selection._lint import findings_of_comparison
from sklearn_recsys.neighbors import ItemKNNRecommender
from sklearn_recsys.pipeline import make_recommender_pipeline
from sklearn_recsys.preprocessing import ConfidenceWeighter

NDCG = make_ranking_scorer("ndcg@10")
FOLD_IN = make_ranking_scorer("ndcg@10", fold_in=0.8)


def plays(n=6000, *, seed=0):
    """Return a log of events in which pairs come back."""
    rng = np.random.default_rng(seed)
    users, songs = rng.integers(0, 60, n), (rng.random(n) ** 3 * 80).astype(int)
    names = np.array([f"u{i:03}" for i in range(60)], dtype=object)
    return pd.DataFrame(
        {"who": names[users], "song": songs, "plays": 1, "at": rng.integers(0, 10**6, n)}
    )


def skewed(n_users=80, *, seed=0):
    """Return pairs of which most users have two or three, with times as datetimes."""
    rng = np.random.default_rng(seed)
    counts = rng.choice([2, 3, 40], size=n_users, p=[0.5, 0.4, 0.1])
    items = [rng.choice(60, size=n, replace=False) for n in counts]
    users = np.repeat(np.arange(n_users), counts)
    days = pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, len(users)), "D")
    return pd.DataFrame({"user": users, "item": np.concatenate(items), "value": 1.0, "time": days})


WORLDS = {
    "films": make_interactions(120, 90, 3000).X,
    "other films": make_interactions(80, 200, 2500, random_state=5).X,
    "events": plays(),
    "few rows a user": skewed(),
}


@pytest.fixture(scope="module")
def films():
    return train_test_split_by_user(WORLDS["films"].iloc[:, :3], random_state=0)


@pytest.fixture(scope="module")
def fitted(films):
    train, _ = films
    models = {"popular": PopularityRecommender(), "ease": EASERecommender()}
    return {name: model.fit(train) for name, model in models.items()}


def codes(*args, **options):
    return lint_evaluation(*args, **options).codes


# A sound evaluation


@pytest.mark.parametrize("name", WORLDS)
@pytest.mark.parametrize("cv", [TemporalSplit(3), LeaveLastOut(), TemporalSplit(2, test_size=0.1)])
def test_a_split_by_time_gives_no_finding(name, cv):
    scorer = make_ranking_scorer("ndcg@10", "recall@5", exclude_seen=name != "events")

    assert codes(EASERecommender(), WORLDS[name], cv=cv, scoring=scorer) == []


@pytest.mark.parametrize("name", ["films", "other films"])
@pytest.mark.parametrize("cv", [InteractionKFold(3), KFold(5, shuffle=True, random_state=0)])
def test_a_random_split_without_times_gives_no_finding(name, cv):
    assert codes(EASERecommender(), WORLDS[name].iloc[:, :3], cv=cv) == []


@pytest.mark.parametrize("name", WORLDS)
def test_a_split_of_users_gives_no_finding(name):
    assert codes(EASERecommender(), WORLDS[name], cv=UserKFold(3), scoring=FOLD_IN) == []


@pytest.mark.parametrize("name", WORLDS)
def test_a_split_of_items_gives_no_finding(name):
    assert codes(EASERecommender(), WORLDS[name], cv=ColdItemKFold(3)) == []


@pytest.mark.filterwarnings("ignore::sklearn_recsys.exceptions.DataWarning")  # of new users
@pytest.mark.parametrize("name", WORLDS)
def test_a_search_with_a_test_part_held_out_in_time_gives_no_finding(name):
    X = WORLDS[name]
    train, test = next(TemporalSplit(1, test_size=0.2).split(X))
    scorer = make_ranking_scorer("ndcg@10", exclude_seen=name != "events")
    search = GridSearchCV(
        ItemKNNRecommender(), {"n_neighbors": [2, 60]}, scoring=scorer, cv=TemporalSplit(2)
    ).fit(X.iloc[train])
    models = {"search": search, "popular": PopularityRecommender().fit(X.iloc[train])}

    assert codes(models, X.iloc[train], X_test=X.iloc[test], scoring=scorer) == []


def test_a_search_inside_each_fold_gives_no_finding():
    X = WORLDS["films"].iloc[:, :3]
    search = GridSearchCV(EASERecommender(), {"reg": [1.0, 100.0]}, cv=InteractionKFold(3))

    assert codes(search, X, cv=InteractionKFold(3)) == []


def test_events_without_times_give_no_finding():
    X = plays().iloc[:, :3]
    train, test = train_test_split_by_user(X, random_state=0)
    scorer = make_ranking_scorer("ndcg@10", exclude_seen=False)

    assert codes(EASERecommender().fit(train), train, X_test=test, scoring=scorer) == []


def test_names_of_events_give_no_finding():
    X = plays().assign(plays="play")

    assert codes(EASERecommender(), X, cv=TemporalSplit(2)) == []


# Splits of timed rows


@pytest.mark.parametrize("name", WORLDS)
@pytest.mark.parametrize(
    "cv", [InteractionKFold(3), ShuffleSplit(1, random_state=0), [(range(90), range(90, 180))]]
)
def test_a_random_split_of_timed_rows_is_found(name, cv):
    X = WORLDS[name].sample(frac=1, random_state=0)
    scorer = make_ranking_scorer("ndcg@10", exclude_seen=False)
    if name != "events" and not isinstance(cv, InteractionKFold):
        scorer = NDCG
    found = codes(EASERecommender(), X, cv=cv, scoring=scorer)

    # Half of the users of ninety rows have just one or two, which no split puts in order.
    assert "EVAL002" in found or (isinstance(cv, list) and name == "few rows a user")


def test_the_share_of_rows_from_the_past_is_that_of_a_plain_count():
    X = WORLDS["films"]
    train, test = train_test_split_by_user(X, random_state=0)
    last = train.groupby("user_id")["timestamp"].max()
    rows = test[["user_id", "timestamp"]].itertuples(index=False)
    share = np.mean([time < last[user] for user, time in rows])

    (finding,) = lint_evaluation(EASERecommender(), train, X_test=test)

    assert finding.code == "EVAL002"
    assert finding.message.startswith(f"{share:.0%} of the test rows")


@pytest.mark.parametrize(
    "convert", [pl.from_pandas, lambda X: X.to_numpy(), lambda X: X.to_numpy().tolist()]
)
def test_any_table_is_read(convert):
    X = convert(WORLDS["films"])

    assert codes(EASERecommender(), X, cv=InteractionKFold(3)) == ["EVAL002"]
    assert codes(EASERecommender(), X, cv=TemporalSplit(3)) == []


def test_a_search_brings_its_folds():
    search = GridSearchCV(EASERecommender(), {"reg": [1.0]}, cv=InteractionKFold(3))

    assert codes(search, WORLDS["films"]) == ["EVAL002"]
    assert codes(search.set_params(cv=TemporalSplit(3)), WORLDS["films"]) == []


def test_splits_that_can_be_read_once_are_left_to_the_search():
    X = WORLDS["films"]
    splits = InteractionKFold(3).split(X)

    assert codes(EASERecommender(), X, cv=splits) == []
    assert len(list(splits)) == 3


def test_a_generator_of_random_numbers_stays_where_it_was():
    rng = np.random.RandomState(0)
    lint_evaluation(EASERecommender(), WORLDS["films"], cv=ShuffleSplit(2, random_state=rng))

    assert rng.randint(10**9) == np.random.RandomState(0).randint(10**9)


def test_a_splitter_that_does_not_fit_the_rows_is_left_to_fit():
    X = WORLDS["films"]

    assert codes(EASERecommender(), X, cv=GroupKFold(3)) == []
    assert codes(EASERecommender(), X.iloc[:, :3], cv=TemporalSplit(3)) == []


# What a ranking scorer counts (EVAL004, EVAL005)


def test_lists_with_seen_items_are_found(films):
    train, test = films
    scorer = make_ranking_scorer("ndcg@10", exclude_seen=False)

    assert codes(EASERecommender(), train, X_test=test, scoring=scorer) == ["EVAL004"]
    assert codes(EASERecommender(), train, X_test=test, scoring={"a": NDCG, "b": scorer}) == [
        "EVAL004"
    ]


def test_the_fit_to_training_data_is_not_taken_for_lists_with_seen_items(films, fitted):
    train, _ = films
    scorer = make_ranking_scorer("ndcg@10", exclude_seen=False)

    assert codes(fitted, train, X_test=train, scoring=scorer) == ["EVAL006"]


def test_users_without_truth_are_counted_as_the_scorer_does(films, fitted):
    train, test = films
    scorer = make_ranking_scorer("ndcg@10", relevance_threshold=5)

    (finding,) = lint_evaluation(fitted, train, X_test=test, scoring=scorer)

    n_all, n_scored = test.user_id.nunique(), scorer.report(fitted["ease"], test).n_users
    assert finding.code == "EVAL005"
    assert finding.message.startswith(f"{n_all - n_scored} of the {n_all} test users")


def test_new_values_decide_who_has_truth():
    X = WORLDS["films"].iloc[:, :3]
    y = np.where(X["user_id"] % 2, 1.0, 0.0)

    assert codes(EASERecommender(), X, y=y, cv=InteractionKFold(3)) == ["EVAL005"]
    assert codes(EASERecommender(), X, y=np.ones(len(X)), cv=InteractionKFold(3)) == []


def test_users_who_only_come_back_to_what_they_know_have_no_truth():
    train = plays()
    test = train.sample(2000, random_state=1).assign(at=10**6 + np.arange(2000))

    assert codes(EASERecommender(), train, X_test=test) == ["EVAL005"]
    scorer = make_ranking_scorer("ndcg@10", exclude_seen=False)
    assert codes(EASERecommender(), train, X_test=test, scoring=scorer) == []


def test_users_left_out_on_purpose_are_not_missed():
    X = WORLDS["films"].iloc[:, :3]
    test = X[X["user_id"] < X["user_id"].median()]
    train = X[X["user_id"] >= X["user_id"].median()]
    scorer = make_ranking_scorer("ndcg@10", unknown_users="drop")

    assert codes(EASERecommender(), train, X_test=test, scoring=scorer) == []


# The test part has been seen (EVAL006)


def test_a_model_fitted_to_the_test_part_is_found(films):
    train, test = films
    everything = pd.concat([train, test])

    (finding,) = lint_evaluation(EASERecommender().fit(everything), train, X_test=test)

    assert finding.code == "EVAL006"
    assert "100% of the test pairs" in finding.message


def test_test_rows_that_the_search_has_seen_are_found(films):
    train, test = films
    X = pd.concat([train, test], ignore_index=True)
    folds = [(np.arange(len(train)), np.arange(len(train), len(X)))]
    search = GridSearchCV(EASERecommender(), {"reg": [1.0, 100.0]}, cv=folds, refit=False)

    assert codes(search, X, X_test=test) == ["EVAL006"]
    assert codes(search.fit(X), X, X_test=test) == ["EVAL006"]
    assert codes(search.fit(X), X, X_test=test.sample(30, random_state=0)) == ["EVAL006"]


def test_events_at_the_same_time_are_the_same_rows():
    X = plays()
    scorer = make_ranking_scorer("ndcg@10", exclude_seen=False)
    search = GridSearchCV(EASERecommender(), {"reg": [1.0]}, scoring=scorer, cv=TemporalSplit(2))

    assert codes(search, X, X_test=X.iloc[:500]) == ["EVAL002", "EVAL006"]


def test_folds_that_chose_the_parameters_are_found():
    X = WORLDS["films"].iloc[:, :3]
    search = GridSearchCV(EASERecommender(), {"reg": [1.0, 100.0]}, cv=InteractionKFold(3)).fit(X)

    assert codes(search, X, cv=InteractionKFold(3)) == ["EVAL006"]
    assert codes(search, X, cv=InteractionKFold(4)) == []


# Equal scores (EVAL007)


def test_models_that_recommend_the_same_are_found(films):
    train, test = films
    models = {
        "100": ItemKNNRecommender(n_neighbors=100),
        "200": ItemKNNRecommender(n_neighbors=200),
    }
    models["popular"] = PopularityRecommender()
    for model in models.values():
        model.fit(train)

    (finding,) = lint_evaluation(models, train, X_test=test)

    assert finding.code == "EVAL007"
    assert finding.message.startswith("'100', '200' recommend the same items to each of 100 ")


def test_unknown_users_make_models_equal():
    X = WORLDS["films"].iloc[:, :3]
    is_test = (X["user_id"] % 3 == 0).to_numpy()
    models = {"ease": EASERecommender(), "knn": ItemKNNRecommender()}
    fitted = {name: model.fit(X[~is_test]) for name, model in models.items()}

    assert codes(fitted, X[~is_test], X_test=X[is_test]) == ["EVAL007"]
    assert codes(fitted, X[~is_test], X_test=X[is_test], scoring=FOLD_IN) == []


def test_one_model_under_two_names_is_no_finding(films):
    train, test = films
    models = {"a": EASERecommender().fit(train), "b": EASERecommender(n_jobs=2).fit(train)}

    assert codes(models, train, X_test=test) == []


def test_members_with_other_numbers_of_jobs_are_no_finding(films):
    train, test = films
    blends = [
        BlendRecommender([("ease", EASERecommender(n_jobs=n)), ("popular", popular)]).fit(train)
        for n, popular in ((None, PopularityRecommender()), (2, PopularityRecommender()))
    ]

    assert codes(blends, train, X_test=test) == []
    blends[1].set_params(popular=EASERecommender(reg=1.0), ease__reg=250.0)
    assert codes(blends, train, X_test=test) == ["EVAL007"]


def test_a_search_whose_settings_do_nothing_is_found():
    X = WORLDS["films"].iloc[:, :3]
    search = GridSearchCV(ItemKNNRecommender(), {"n_neighbors": [100, 200]}, cv=InteractionKFold(2))

    assert codes(search, X) == []
    assert codes(search.fit(X), X) == ["EVAL007"]
    search.set_params(param_grid={"n_neighbors": [2, 100, 200]})
    assert codes(search.fit(X), X) == []


# Scorers of one's own


def draw(X, n):
    """Return a table of the first test film of each user and films at random."""
    rng = np.random.default_rng(0)
    own, catalogue = X.drop_duplicates("user_id"), np.unique(WORLDS["films"]["movie_id"])
    drawn = [[film, *rng.choice(catalogue, n, replace=False)] for film in own["movie_id"]]
    users = np.repeat(own["user_id"].to_numpy(), n + 1)
    return pd.DataFrame({"user_id": users, "movie_id": np.concatenate(drawn), "rating": 1})


def rank_of_sampled(estimator, X, y=None):
    scores = estimator.predict(draw(X, 20)).reshape(-1, 21)
    return sampled_ranking_metrics(scores, 0)["ndcg@10"].mean()


def rank_among_candidates(estimator, X, y=None):
    candidates = draw(X, 10).iloc[:, :2]
    return hits(X, estimator.recommend(X["user_id"].unique(), 3, candidates=candidates))


def rank_among_candidates_one_by_one(estimator, X, y=None):
    groups = draw(X, 10).groupby("user_id")["movie_id"]
    lists = [estimator.recommend(user, 3, candidates=films.tolist()) for user, films in groups]
    return hits(X, pd.concat(lists))


def auc_of_rated(estimator, X, y=None):
    return {"auc": roc_auc_score(X.iloc[:, 2] > 3, estimator.predict(X)), "n": len(X)}


def ndcg_of_rated(estimator, X, y):
    return ndcg_score([np.asarray(y)], [estimator.predict(X)])


def best_of_rated(estimator, X, y=None):
    users, items = X.iloc[:, 0], X.iloc[:, 1]
    lists = [
        estimator.recommend(user, 1, candidates=items[users == user].tolist())
        for user in users.unique()
    ]
    return X.merge(pd.concat(lists), on=["user_id", "movie_id"])["rating"].mean()


def hits(X, table):
    return len(table.merge(X, on=["user_id", "movie_id"])) / len(X)


def hits_of_lists(estimator, X, y=None):
    return hits(X, estimator.recommend(X.iloc[:, 0].unique()))


def hits_of_unmasked_lists(estimator, X, y=None):
    return hits(X, estimator.recommend(X.iloc[:, 0].unique(), exclude_seen=False))


def hits_of_lists_masked_by_hand(estimator, X, y=None):
    table = estimator.recommend(X.iloc[:, 0].unique(), 1000, exclude_seen=False)
    seen = WORLDS["films"].merge(X, how="left", indicator=True, on=["user_id", "movie_id"])
    seen = set(seen[seen["_merge"] == "left_only"][["user_id", "movie_id"]].itertuples(index=False))
    is_seen = [pair in seen for pair in table[["user_id", "movie_id"]].itertuples(index=False)]
    return hits(X, table[~np.array(is_seen)].groupby("user_id").head(10))


def hits_among_popular(estimator, X, y=None):
    popular = WORLDS["films"]["movie_id"].value_counts().index[:40].tolist()
    users = X.iloc[:, 0].unique()
    return hits(X, pd.concat([estimator.recommend(user, candidates=popular) for user in users]))


def hits_of_predictions(estimator, X, y=None):
    users, items = X.iloc[:, 0].unique(), np.unique(WORLDS["films"]["movie_id"])
    table = pd.MultiIndex.from_product([users, items], names=["user_id", "movie_id"])
    table = table.to_frame(index=False)
    table["score"] = estimator.predict(table)
    return hits(X, table.sort_values("score").groupby("user_id").tail(10))


def error(estimator, X, y=None):
    return -np.abs(estimator.predict(X) - X.iloc[:, 2]).mean()


def broken(estimator, X, y=None):
    raise RuntimeError("no score")


def report_of_ours(estimator, X, y=None):
    return NDCG.report(estimator, X).per_user["ndcg@10"].median()


@pytest.mark.parametrize(
    ("scorer", "expected"),
    [
        (rank_of_sampled, ["EVAL001"]),
        (rank_among_candidates, ["EVAL001"]),
        (rank_among_candidates_one_by_one, ["EVAL001"]),
        (auc_of_rated, ["EVAL003"]),
        (ndcg_of_rated, ["EVAL003"]),
        (best_of_rated, ["EVAL003"]),
        (hits_of_unmasked_lists, ["EVAL004"]),
        (hits_of_lists, []),
        (hits_of_lists_masked_by_hand, []),
        (hits_among_popular, []),
        (hits_of_predictions, []),
        (error, []),
        ("neg_root_mean_squared_error", []),
        ("r2", []),
        (["neg_mean_absolute_error", "neg_max_error"], []),
        (broken, []),
        (report_of_ours, []),
    ],
)
def test_a_scorer_of_ones_own_is_known_by_what_it_asks(films, fitted, scorer, expected):
    train, test = films
    ease = fitted["ease"]

    assert codes(ease, train, X_test=test, scoring=scorer) == expected
    assert codes(EASERecommender(), train, X_test=test, scoring=scorer) == []


@pytest.mark.parametrize("wrap", [make_recommender_pipeline, FrozenEstimator])
def test_a_scorer_is_watched_through_pipelines_and_frozen_models(films, wrap):
    train, test = films
    model = EASERecommender()
    if wrap is make_recommender_pipeline:
        model = wrap(ConfidenceWeighter(), model).fit(train)
    else:
        model = wrap(model.fit(train))

    assert codes(model, train, X_test=test, scoring=rank_of_sampled) == ["EVAL001"]
    assert codes(model, train, X_test=test, scoring=auc_of_rated) == ["EVAL003"]


def test_a_file_of_drawn_negatives_is_known_by_its_zeros(films, fitted):
    train, test = films
    rng = np.random.default_rng(0)
    catalogue = np.unique(train["movie_id"])
    drawn = pd.DataFrame(
        {
            "user_id": np.repeat(test["user_id"].unique(), 20),
            "movie_id": rng.choice(catalogue, 20 * test["user_id"].nunique()),
            "rating": 0,
        }
    )
    rows = pd.concat([test, drawn])

    def auc(estimator, X, y=None):
        return roc_auc_score(X["rating"] > 0, estimator.predict(X))

    assert codes(fitted["ease"], train, X_test=rows, scoring=auc) == ["EVAL001"]


def test_nothing_is_changed_by_being_looked_at(films, fitted):
    train, test = films
    states = [joblib.hash(part) for part in (fitted, train, test)]
    kind = type(fitted["ease"])
    lint_evaluation(fitted, train, X_test=test, scoring=hits_of_unmasked_lists)

    assert type(fitted["ease"]) is kind
    assert states == [joblib.hash(part) for part in (fitted, train, test)]


# A comparison


def test_a_comparison_finds_equal_models_by_their_scores(films, fitted):
    train, test = films
    same = {n: ItemKNNRecommender(n_neighbors=int(n)).fit(train) for n in ("100", "200")}
    models = {**fitted, **same, "again": clone(fitted["ease"])}
    per_user = {
        name: NDCG.report(fitted["ease"] if name == "again" else model, test).per_user
        for name, model in models.items()
    }

    for estimators in (models, {name: clone(model) for name, model in models.items()}):
        found = list(findings_of_comparison(estimators, train, test, per_user, scoring=NDCG))
        assert [finding.code for finding in found] == ["EVAL007"]
        assert found[0].message.startswith("'100', '200' have the same score for each of 120 ")
    per_user["100"] = per_user["100"] + 1
    assert list(findings_of_comparison(models, train, test, per_user, scoring=NDCG)) == []


def test_hits_that_are_the_same_by_chance_make_no_models_equal(films, fitted):
    train, test = films
    hits = {name: np.arange(100)[:, None] % 2 for name in fitted}
    few = {name: np.arange(10)[:, None] / 10 for name in fitted}

    assert list(findings_of_comparison(fitted, train, test, hits)) == []
    assert list(findings_of_comparison(fitted, train, test, few)) == []


def test_a_comparison_is_looked_at_like_any_evaluation(films):
    X = WORLDS["films"]
    train, test = train_test_split_by_user(X, random_state=0)
    seen = EASERecommender().fit(X)
    scorer = make_ranking_scorer("ndcg@10", exclude_seen=False)

    found = findings_of_comparison({"seen": seen}, train, test, {}, scoring=scorer)

    assert [finding.code for finding in found] == ["EVAL006", "EVAL002", "EVAL004"]


# What findings are


def test_findings_are_shown_in_order_and_once():
    twice = [Finding("EVAL005", "second <b>"), Finding("EVAL002", "first")]
    found = EvaluationFindings.gather([*twice, Finding("EVAL002", "again")])

    assert found.codes == ["EVAL002", "EVAL005"]
    assert repr(found).splitlines()[:2] == [
        "EVAL002  Random split of timed interactions",
        "    first See user_guide/evaluation_warnings.html#eval002.",
    ]
    assert "second &lt;b&gt;" in found._repr_html_()
    assert repr(EvaluationFindings()) == "Nothing found."
    assert "Nothing found." in EvaluationFindings()._repr_html_()


def test_a_warning_carries_its_code_and_is_silenced_by_it():
    found = EvaluationFindings([Finding("EVAL004", "seen."), Finding("EVAL007", "equal.")])

    with pytest.warns(EvaluationWarning) as caught:
        found.warn()
    assert [warning.message.code for warning in caught] == ["EVAL004", "EVAL007"]
    assert pickle.loads(pickle.dumps(caught[0].message)).code == "EVAL004"
    assert EvaluationWarning("of another kind").code == ""
    with warnings.catch_warnings(record=True) as left:
        warnings.simplefilter("always")
        warnings.filterwarnings("ignore", message=r"\[EVAL004\]")
        found.warn()
    assert [warning.message.code for warning in left] == ["EVAL007"]


def test_each_code_has_a_section_of_the_guide():
    docs = pytest.importorskip("pathlib").Path(__file__).parents[2] / "docs"
    if not docs.exists():
        pytest.skip("reads the source tree's documentation")
    page = (docs / "user_guide" / "evaluation_warnings.md").read_text(encoding="utf-8")

    sections = re.findall(r"^\((eval\d+)\)=\n## (EVAL\d+): (.+)$", page, flags=re.MULTILINE)

    for anchor, code, title in sections:
        finding = Finding(code, "")
        assert finding.address == f"user_guide/evaluation_warnings.html#{anchor}"
        assert finding.title == title
    assert [code for _, code, _ in sections] == [f"EVAL00{i}" for i in range(1, 8)]


# Errors


def test_what_is_no_table_or_no_scorer_is_refused(films):
    train, test = films

    with pytest.raises(ValueError, match="Expected 2D array"):
        lint_evaluation(EASERecommender(), [1, 2, 3])
    with pytest.raises(TypeError, match="user ids were of type"):
        lint_evaluation(EASERecommender(), train, X_test=test.astype({"user_id": str}))
    with pytest.raises(TypeError, match="estimators must hold estimators, but 'ease' is <class"):
        lint_evaluation({"ease": EASERecommender}, train)
    with pytest.raises(ValueError, match="ndcg"):
        lint_evaluation(EASERecommender(), train, X_test=test, scoring="ndcg@10")
