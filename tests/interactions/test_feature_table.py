"""A feature table goes through scikit-learn whole: cloned, tuned, pickled, never sliced."""
# SPDX-License-Identifier: BSD-3-Clause

import pickle

import joblib
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from sklearn_recsys.interactions import FeatureTable

GENRES = pd.DataFrame(
    {
        "genre": ["comedy drama", "comedy", "war", "drama war"],
        "year": [1995, 1999, 2003, 1987],
        "country": ["fr", "us", "us", "vn"],
    },
    index=pd.Index(["tea", "jam", "rye", "oat"], name="film"),
)


def text_and_country():
    return ColumnTransformer(
        [
            ("tfidf", TfidfVectorizer(), "genre"),
            ("country", OneHotEncoder(handle_unknown="ignore"), ["country"]),
        ]
    )


def numbers(index=(1, 2, 3), **columns):
    columns = columns or {"age": [10.0, 20.0, 30.0]}
    return pd.DataFrame(columns, index=pd.Index(list(index)))


class Probe(BaseEstimator):
    """A recommender's skeleton: it fits its feature table and keeps what came."""

    def __init__(self, item_features=None, *, reg=1.0):
        self.item_features = item_features
        self.reg = reg

    def fit(self, X, y=None):
        self.features_ = self.item_features.fit(X[:, 1], role="item")
        return self

    def score(self, X, y=None):
        return float(self.features_.transform(X[:, 1]).sum())


def items_as_interactions(ids, n=None):
    ids = np.array(ids)[np.arange(n or len(ids)) % len(ids)]
    return np.column_stack([np.arange(len(ids)), ids])


def test_parameters_are_listed_flat():
    params = FeatureTable(GENRES, text_and_country()).get_params()

    assert params["table"] is GENRES
    assert params["tfidf__norm"] == "l2"
    assert params["country__handle_unknown"] == "ignore"
    assert {"transformer", "id_column", "missing", "fit_on"} <= params.keys()


def test_shallow_parameters_are_those_of_the_constructor():
    table = FeatureTable(GENRES, text_and_country())

    assert list(table.get_params(deep=False)) == [
        "table",
        "transformer",
        "id_column",
        "missing",
        "fit_on",
    ]


def test_parameters_are_set_flat():
    table = FeatureTable(GENRES, text_and_country())

    result = table.set_params(tfidf__norm="l1", missing="zero")

    assert result is table
    assert table.get_params()["tfidf__norm"] == "l1"
    assert table.missing == "zero"


def test_a_transformer_and_its_parameters_may_be_set_at_once():
    table = FeatureTable(GENRES).set_params(with_std=False, transformer=StandardScaler())

    assert table.transformer.with_std is False


def test_the_prefix_of_the_transformer_is_understood():
    table = FeatureTable(GENRES, text_and_country()).set_params(transformer__tfidf__norm=None)

    assert table.get_params()["tfidf__norm"] is None


class Clashing(TransformerMixin, BaseEstimator):
    def __init__(self, missing="mine"):
        self.missing = missing

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return X


def test_the_tables_parameter_wins_over_one_of_the_transformer_of_the_same_name():
    table = FeatureTable(numbers(), Clashing())

    assert table.get_params()["missing"] == "error"
    assert table.get_params()["transformer__missing"] == "mine"

    table.set_params(missing="zero", transformer__missing="yours")

    assert (table.missing, table.transformer.missing) == ("zero", "yours")


@pytest.mark.parametrize("transformer", [None, StandardScaler()])
def test_a_parameter_that_does_not_exist_is_an_error_that_names_it(transformer):
    with pytest.raises(ValueError, match=r"Invalid parameter\(s\) 'mising' for FeatureTable"):
        FeatureTable(GENRES, transformer).set_params(mising="zero")


@pytest.mark.parametrize("name", ["tfidf__norm", "missing", "fit_on", "country__drop"])
def test_setting_all_parameters_to_what_they_are_changes_nothing(name):
    table = FeatureTable(GENRES, text_and_country(), missing="zero")
    before = repr(table)

    table.set_params(**{name: table.get_params()[name]})

    assert repr(table) == before


@settings(max_examples=30)
@given(
    st.sampled_from(["error", "zero"]),
    st.sampled_from(["seen", "all"]),
    st.sampled_from([None, "l1", "l2"]),
)
def test_parameters_go_through_set_get_and_clone(missing, fit_on, norm):
    chosen = {"missing": missing, "fit_on": fit_on, "tfidf__norm": norm}

    table = clone(FeatureTable(GENRES, text_and_country()).set_params(**chosen))

    assert {name: table.get_params()[name] for name in chosen} == chosen


def test_a_clone_shares_the_table_and_clones_the_transformer():
    table = FeatureTable(GENRES, text_and_country(), missing="zero")

    copy = clone(table)

    assert copy is not table
    assert copy.table is table.table
    assert copy.transformer is not table.transformer
    assert copy.missing == "zero"
    copy.set_params(tfidf__norm=None)
    assert table.get_params()["tfidf__norm"] == "l2"


def test_cloning_an_estimator_shares_the_table_too():
    estimator = Probe(FeatureTable(GENRES, text_and_country()))

    copy = clone(estimator)

    assert copy.item_features.table is GENRES
    assert copy.item_features is not estimator.item_features


def test_an_estimator_reaches_the_parameters_of_the_transformer():
    estimator = Probe(FeatureTable(GENRES, text_and_country()))

    estimator.set_params(item_features__tfidf__norm="l1", item_features__missing="zero", reg=2.0)

    assert estimator.get_params()["item_features__tfidf__norm"] == "l1"
    assert estimator.item_features.missing == "zero"


@pytest.mark.parametrize("n_jobs", [None, pytest.param(2, marks=pytest.mark.slow)])
def test_a_grid_search_tunes_the_transformer_inside_a_pipeline(n_jobs):
    table = FeatureTable(GENRES, text_and_country())
    grid = {"hybrid__item_features__tfidf__norm": ["l1", None], "hybrid__reg": [1.0, 2.0]}
    X = items_as_interactions(GENRES.index, 12)

    search = GridSearchCV(Pipeline([("hybrid", Probe(table))]), grid, cv=3, n_jobs=n_jobs)
    search.fit(X)

    assert search.best_params_["hybrid__item_features__tfidf__norm"] is None
    assert table.get_params()["tfidf__norm"] == "l2"
    if n_jobs is None:
        assert search.best_estimator_["hybrid"].item_features.table is GENRES


def test_a_grid_search_chooses_between_tables():
    tables = [FeatureTable(numbers()), FeatureTable(numbers(age=[1.0, 2.0, 3.0]))]
    X = np.column_stack([np.arange(9), np.arange(9) % 3 + 1])

    search = GridSearchCV(Probe(tables[1]), {"item_features": tables}, cv=3).fit(X)

    assert search.best_estimator_.item_features.table is tables[0].table
    assert search.cv_results_["param_item_features"].tolist() == tables


def test_a_table_with_as_many_rows_as_interactions_reaches_fit_whole():
    X = items_as_interactions(GENRES.index)
    table = FeatureTable(GENRES, text_and_country(), fit_on="all")

    results = cross_validate(Probe(table), X, cv=2, return_estimator=True)

    assert len(X) == len(GENRES)
    assert [len(estimator.features_.ids) for estimator in results["estimator"]] == [4, 4]


@settings(max_examples=20)
@given(st.integers(2, 20))
def test_a_table_reaches_fit_whole_whatever_its_length(n):
    table = FeatureTable(numbers(index=range(n), age=np.arange(n) + 1.0))
    X = np.column_stack([np.arange(n), np.arange(n)])

    results = cross_validate(Probe(table), X, cv=2, return_estimator=True)

    assert [len(estimator.features_.ids) for estimator in results["estimator"]] == [n, n]


def test_it_has_nothing_that_would_make_scikit_learn_slice_it():
    table = FeatureTable(GENRES, text_and_country())

    assert not any(hasattr(table, name) for name in ("__len__", "shape", "__array__", "iloc"))


@pytest.mark.parametrize("send", [pickle.dumps, None], ids=["pickle", "joblib"])
def test_it_survives_pickle_and_joblib_before_and_after_fit(send, tmp_path):
    table = FeatureTable(GENRES, text_and_country(), missing="zero")
    both = table, table.fit(["tea", "jam"])

    if send is None:
        joblib.dump(both, tmp_path / "both")
        copy, features = joblib.load(tmp_path / "both")
    else:
        copy, features = pickle.loads(send(both))

    assert repr(copy) == repr(table)
    pd.testing.assert_frame_equal(copy.table, GENRES)
    expected = both[1].transform(["oat", "none"]).toarray().tolist()
    assert features.transform(["oat", "none"]).toarray().tolist() == expected
    assert copy.fit(["tea", "jam"]).feature_names == features.feature_names


@pytest.mark.parametrize(
    ("table", "shown"),
    [
        (FeatureTable(GENRES), "FeatureTable(<4 rows x 3 columns>)"),
        (FeatureTable(pl.DataFrame({"a": [1]})), "FeatureTable(<1 rows x 1 columns>)"),
        (FeatureTable(pa.table({"a": [1]})), "FeatureTable(<1 rows x 1 columns>)"),
        (FeatureTable({"tea": ["hot"]}), "FeatureTable(<mapping of 1 ids>)"),
        (FeatureTable(None), "FeatureTable(<NoneType>)"),
        (FeatureTable([1, 2]), "FeatureTable(<list>)"),
        (
            FeatureTable(GENRES, StandardScaler(), missing="zero"),
            "FeatureTable(<4 rows x 3 columns>, StandardScaler(), missing='zero')",
        ),
    ],
    ids=repr,
)
def test_it_shows_its_shape_and_not_its_data(table, shown):
    assert repr(table) == shown


@pytest.mark.parametrize("fitted", [False, True])
def test_an_estimator_shows_it_without_its_data_in_text_and_html(fitted):
    estimator = Probe(FeatureTable(GENRES, text_and_country()))
    if fitted:
        estimator.fit(items_as_interactions(GENRES.index))

    shown = repr(estimator) + estimator._repr_html_()

    assert "4 rows x 3 columns" in shown
    assert "comedy drama" not in shown
