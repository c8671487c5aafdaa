"""TermVectors against hand calculations and scikit-learn's TfidfVectorizer."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics.pairwise import cosine_similarity
from sklearn.utils import estimator_checks

from sklearn_recsys.content import ContentRecommender
from sklearn_recsys.feature_extraction import TermVectors
from sklearn_recsys.interactions import FeatureTable
from sklearn_recsys.persistence import load, save

TEXTS = [
    "A quiet voice and a piano, quiet as ever",
    "Loud guitar, loud voice, loud drums",
    "Guitar and piano",
    "",
]
TAGS = [{"rock": 3, "loud": 1}, {"rock": 1, "new wave": 2}, {"piano": 0.25}, {}]


@pytest.mark.parametrize(
    "name",
    [
        "check_do_not_raise_errors_in_init_or_set_params",
        "check_estimator_cloneable",
        "check_estimator_repr",
        "check_estimator_tags_renamed",
        "check_get_params_invariance",
        "check_mixin_order",
        "check_no_attributes_set_in_init",
        "check_param_validation",
        "check_parameters_default_constructible",
        "check_set_params",
        "check_valid_tag_types",
    ],
)
def test_those_of_scikit_learns_common_checks_that_pass_no_numbers_hold(name):
    getattr(estimator_checks, name)("TermVectors", TermVectors())


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"ngram_range": (1, 2)},
        {"min_df": 2},
        {"max_df": 0.25},
        {"max_features": 4},
        {"stop_words": "english", "norm": "l1"},
        {"use_idf": False, "norm": None},
        {"analyzer": "char_wb", "ngram_range": (2, 3)},
    ],
    ids=str,
)
def test_single_texts_give_what_scikit_learn_gives(parameters):
    ours, theirs = TermVectors(**parameters), TfidfVectorizer(**parameters)

    vectors = ours.fit_transform(TEXTS)
    expected = theirs.fit_transform(TEXTS)
    assert ours.terms_.tolist() == theirs.get_feature_names_out().tolist()
    np.testing.assert_allclose(vectors.toarray(), expected.toarray(), rtol=1e-12)
    new = ["a loud piano and the moon"]
    np.testing.assert_allclose(
        ours.transform(new).toarray(), theirs.transform(new).toarray(), rtol=1e-12
    )


def test_weights_of_dictionaries_are_multiplied_by_idf():
    model = TermVectors(norm=None, sparse_output=False).fit(TAGS)

    idf = 1 + np.log(5 / np.array([2, 2, 2, 3]))  # loud, new wave, piano: one row each
    assert model.terms_.tolist() == ["loud", "new wave", "piano", "rock"]
    np.testing.assert_allclose(model.idf_, idf)
    expected = np.array([[1, 0, 0, 3], [0, 2, 0, 1], [0, 0, 0.25, 0], [0, 0, 0, 0]]) * idf
    np.testing.assert_allclose(model.transform(TAGS), expected)


def test_sublinear_weights_of_probabilities_stay_positive():
    model = TermVectors(use_idf=False, sublinear_tf=True, norm=None)

    vectors = model.fit_transform([{"rock": 0.1, "loud": 100}])
    np.testing.assert_allclose(vectors.toarray(), [[np.log(101), np.log(1.1)]])


def test_a_text_in_a_list_is_the_text():
    model = TermVectors().fit(TEXTS)

    listed = model.transform([[text] for text in TEXTS])
    np.testing.assert_array_equal(listed.toarray(), model.transform(TEXTS).toarray())


def test_each_document_has_an_equal_say_whatever_its_length():
    cell = ["piano piano piano piano piano piano", "loud voice"]
    options = {"use_idf": False, "norm": None, "sparse_output": False}

    # Shares: piano 1, loud 1/2 and voice 1/2, times the mean length of 4.
    equal = TermVectors(**options).fit_transform([cell])
    np.testing.assert_allclose(equal, [[2, 4, 2]])
    joined = TermVectors("joined", **options).fit_transform([cell])
    np.testing.assert_allclose(joined, [[1, 6, 1]])


def test_texts_and_dictionaries_of_one_item_add_up():
    options = {"use_idf": False, "norm": None, "sparse_output": False}
    model = TermVectors("joined", **options).fit([["loud rock", {"rock": 2, "new wave": 1}]])

    assert model.terms_.tolist() == ["loud", "new wave", "rock"]
    np.testing.assert_allclose(model.transform([["loud rock", {"rock": 2}], ""])[0], [1, 0, 3])


def test_empty_documents_count_for_nothing():
    options = {"use_idf": False, "norm": None}
    model = TermVectors(**options).fit([["loud rock", ""]])

    np.testing.assert_allclose(model.transform([["loud rock", "", {}]]).toarray(), [[1, 1]])


@given(st.dictionaries(st.sampled_from("abcdefg"), st.floats(0.01, 100), min_size=1))
def test_the_cosine_of_the_same_terms_is_one(weights):
    everything = [dict.fromkeys("abcdefg", 1.0), {"a": 1.0}]
    vectors = TermVectors(norm=None).fit(everything).transform([weights, dict(weights)])

    assert cosine_similarity(vectors)[0, 1] == pytest.approx(1)


def test_the_heaviest_terms_come_first_and_ties_by_name():
    table = pd.Series(TAGS, index=["u2", "abba", "satie", "nobody"], name="tags")
    model = TermVectors(use_idf=False, norm="l1").fit(table)

    found = model.top_terms(table, 1)
    assert found.to_dict("list") == {
        "row": ["u2", "abba", "satie"],
        "term": ["rock", "new wave", "piano"],
        "weight": pytest.approx([0.75, 2 / 3, 1]),
        "rank": [1, 1, 1],
    }
    same = model.top_terms([{"rock": 1, "loud": 1, "piano": 1}])
    assert same["term"].tolist() == ["loud", "piano", "rock"]
    assert same["rank"].tolist() == [1, 2, 3]
    with pytest.raises(ValueError, match="n_terms must be at least 1"):
        model.top_terms(table, 0)


@pytest.mark.parametrize(
    "make",
    [
        list,
        pd.Series,
        lambda texts: np.array(texts, dtype=object),
        lambda texts: pd.DataFrame({"text": texts}),
        lambda texts: pl.DataFrame({"text": texts}),
        lambda texts: pl.Series(texts),
        lambda texts: np.array(texts, dtype=object)[:, None],
    ],
)
def test_every_container_gives_the_same_vectors(make):
    expected = TermVectors().fit_transform(TEXTS).toarray()

    np.testing.assert_array_equal(TermVectors().fit_transform(make(TEXTS)).toarray(), expected)


def test_lists_of_polars_and_dictionaries_of_arrow_are_read():
    several = [["loud rock", "piano"], ["rock"]]
    weighted = [{"rock": 1.0}, {"loud": 2.0, "rock": 1.0}]
    tables = (several, pl.DataFrame({"x": several})), (weighted, pa.table({"x": weighted}))
    for cells, table in tables:
        expected = TermVectors().fit_transform(cells).toarray()
        np.testing.assert_allclose(TermVectors().fit_transform(table).toarray(), expected)


def test_terms_are_the_names_of_the_columns():
    model = TermVectors(sparse_output=False).set_output(transform="pandas")
    table = pd.DataFrame({"tags": TAGS})

    assert model.fit_transform(table).columns.tolist() == ["loud", "new wave", "piano", "rock"]
    columns = ColumnTransformer([("tag", TermVectors(), "tags")]).fit(table)
    assert columns.get_feature_names_out()[0] == "tag__loud"


def test_output_is_sparse_unless_it_is_not_wanted():
    assert sparse.issparse(TermVectors().fit_transform(TEXTS))
    assert isinstance(TermVectors(sparse_output=False).fit_transform(TEXTS), np.ndarray)


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA])
def test_a_missing_text_raises(missing):
    with pytest.raises(ValueError, match=r"missing in row 1\. Use an empty text"):
        TermVectors().fit(["rock", missing])


def test_what_is_no_text_raises():
    with pytest.raises(TypeError, match="row 1 holds 7"):
        TermVectors().fit(["rock", 7])
    with pytest.raises(TypeError, match="Terms must be text, but row 0 has 7"):
        TermVectors().fit([{7: 1.0}])
    with pytest.raises(TypeError, match="sparse"):
        TermVectors().fit(sparse.csr_array(np.eye(2)))
    with pytest.raises(ValueError, match=r"has 2 columns.*TermVectors"):
        TermVectors().fit(pd.DataFrame({"a": TEXTS, "b": TEXTS}))


@pytest.mark.parametrize("weight", [-1, np.nan, np.inf])
def test_weights_that_mean_nothing_raise(weight):
    with pytest.raises(ValueError, match="those of 'rock' in row 1"):
        TermVectors().fit([{"loud": 1}, {"rock": weight}])


def test_no_term_left_raises():
    with pytest.raises(ValueError, match=r"No term is left of 4 in 4 row\(s\) with min_df=3"):
        TermVectors(min_df=3).fit(TAGS)


def test_a_clone_has_the_same_parameters():
    model = TermVectors("joined", ngram_range=(1, 2), stop_words=["the"])

    assert clone(model).get_params() == model.get_params()


def test_refreshing_one_items_terms_changes_its_row_alone():
    tags = pd.DataFrame({"tags": TAGS}, index=["u2", "abba", "satie", "nobody"])
    vectors = ColumnTransformer([("tag", TermVectors(), "tags")])
    model = ContentRecommender(FeatureTable(tags, vectors, fit_on="all"))
    model.fit([["ann", "u2"], ["bob", "satie"]])
    before = model.item_vectors_.toarray()

    cell = {"piano": 2.0, "unheard of": 9.0}
    model.update_item_features(pd.DataFrame({"tags": [cell]}, index=["abba"]))

    after = model.item_vectors_.toarray()
    changed = (before != after).any(axis=1)
    assert model.items_[changed].tolist() == ["abba"]
    assert model.recommend("bob", 1)["item"].tolist() == ["abba"]
    assert model.similar_items("abba", 1)["score"].tolist() == pytest.approx([1])


def test_it_is_saved_and_loaded(tmp_path):
    model = TermVectors(stop_words=["and"]).fit(TEXTS)
    save(model, tmp_path / "terms.skr")

    loaded = load(tmp_path / "terms.skr")
    np.testing.assert_array_equal(
        loaded.transform(TEXTS).toarray(), model.transform(TEXTS).toarray()
    )
