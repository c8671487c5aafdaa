"""Tests of GenreTfidf."""
# SPDX-License-Identifier: BSD-3-Clause

import zipfile

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
from sklearn.utils import estimator_checks, get_tags

from sklearn_recsys.feature_extraction import GenreTfidf

FILMS = ["Animation|Comedy", "Comedy", "Drama|Comedy", "Drama"]
# df: Animation 1, Comedy 3, Drama 2 of 4 rows.
IDF = np.log([4 / 1, 4 / 3, 4 / 2])
EXPECTED = np.array([[1, 1, 0], [0, 1, 0], [0, 1, 1], [0, 0, 1]]) * IDF


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
    # All the others pass matrices of numbers, which are no input, as for CountVectorizer.
    getattr(estimator_checks, name)("GenreTfidf", GenreTfidf())


def test_its_tags_are_those_of_a_text_vectoriser():
    tags = get_tags(GenreTfidf()).input_tags
    assert (tags.string, tags.one_d_array, tags.two_d_array, tags.sparse) == (
        True,
        True,
        False,
        False,
    )


@pytest.mark.parametrize(
    "make",
    [
        list,
        tuple,
        np.array,
        lambda texts: np.array(texts, dtype=object),
        pd.Series,
        lambda texts: pd.Series(texts, dtype="category"),
        pl.Series,
        lambda texts: pa.chunked_array([texts]),
        lambda texts: [[text] for text in texts],
        lambda texts: np.array(texts)[:, None],
        lambda texts: pd.DataFrame({"genre": texts}),
        lambda texts: pl.DataFrame({"genre": texts}),
        lambda texts: pa.table({"genre": texts}),
    ],
)
def test_any_column_of_text_gives_the_hand_calculated_weights(make):
    result = GenreTfidf().fit_transform(make(FILMS))
    assert sparse.issparse(result)
    assert result.format == "csr"
    np.testing.assert_allclose(result.toarray(), EXPECTED, rtol=1e-15)


def test_genres_are_in_alphabetical_order_whatever_the_order_of_the_rows():
    forwards, backwards = GenreTfidf().fit(FILMS), GenreTfidf().fit(FILMS[::-1])
    assert forwards.genres_.tolist() == ["Animation", "Comedy", "Drama"]
    assert backwards.genres_.tolist() == forwards.genres_.tolist()
    np.testing.assert_array_equal(forwards.idf_, backwards.idf_)


def test_without_idf_a_row_sums_to_its_number_of_genres():
    result = GenreTfidf(use_idf=False).fit_transform(FILMS)
    assert result.sum(axis=1).tolist() == [2, 1, 2, 1]


@pytest.mark.parametrize(("norm", "order"), [("l1", 1), ("l2", 2)])
def test_a_norm_scales_rows_to_length_one_and_leaves_empty_rows_empty(norm, order):
    result = GenreTfidf(norm=norm, sparse_output=False).fit_transform([*FILMS, ""])
    lengths = np.linalg.norm(result, ord=order, axis=1)
    np.testing.assert_allclose(lengths, [1, 1, 1, 1, 0])


def test_rows_without_genres_are_zero_but_count_as_rows():
    tfidf = GenreTfidf(sparse_output=False)
    result = tfidf.fit_transform(["Drama", "(no genres listed)", "", "Drama|"])
    assert tfidf.genres_.tolist() == ["Drama"]
    assert result.ravel().tolist() == [np.log(2), 0, 0, np.log(2)]


def test_ignored_entries_can_be_chosen():
    assert GenreTfidf(ignore=["IMAX"]).fit(["IMAX|Drama"]).genres_.tolist() == ["Drama"]
    assert GenreTfidf(ignore=None).fit(["(no genres listed)"]).genres_.tolist() == [
        "(no genres listed)"
    ]


def test_white_space_and_repetition_do_not_count():
    result = GenreTfidf(sep=",", use_idf=False).fit_transform(["Drama, Comedy,Drama "])
    assert result.toarray().tolist() == [[1, 1]]


def test_genres_not_seen_in_fit_are_ignored():
    result = GenreTfidf().fit(FILMS).transform(["Western|Drama", "Western"])
    np.testing.assert_allclose(result.toarray(), [[0, 0, IDF[2]], [0, 0, 0]])


def test_no_rows_give_no_rows():
    assert GenreTfidf(norm="l2").fit(FILMS).transform([]).shape == (0, 3)


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame])
@pytest.mark.parametrize("spec", ["genre", ["genre"]])
def test_a_column_transformer_may_pass_a_series_or_a_frame(make, spec):
    films = make({"title": ["a", "b", "c", "d"], "genre": FILMS})
    features = ColumnTransformer([("tfidf", GenreTfidf(), spec)], sparse_threshold=1)
    result = features.fit_transform(films)
    np.testing.assert_allclose(np.asarray(result.todense()), EXPECTED)
    assert features.get_feature_names_out().tolist() == [
        "tfidf__genre_Animation",
        "tfidf__genre_Comedy",
        "tfidf__genre_Drama",
    ]


def test_a_column_transformer_stacks_it_with_dense_columns():
    films = pd.DataFrame({"year": [1995.0] * 4, "genre": FILMS})
    features = ColumnTransformer(
        [("tfidf", GenreTfidf(), "genre"), ("year", "passthrough", ["year"])], sparse_threshold=1
    )
    result = features.fit_transform(films)
    np.testing.assert_allclose(np.asarray(result.todense())[:, :3], EXPECTED)


def test_set_output_makes_a_frame_of_dense_output():
    films = pd.DataFrame({"genre": FILMS}, index=list("abcd"))
    result = GenreTfidf(sparse_output=False).set_output(transform="pandas").fit_transform(films)
    assert result.columns.tolist() == ["genre_Animation", "genre_Comedy", "genre_Drama"]
    assert result.index.tolist() == list("abcd")


def test_an_unnamed_column_gives_numbered_names():
    assert GenreTfidf().fit(FILMS).get_feature_names_out()[0] == "x0_Animation"


def test_a_refit_forgets_the_old_name():
    tfidf = GenreTfidf().fit(pd.Series(FILMS, name="genre")).fit(FILMS)
    assert not hasattr(tfidf, "feature_names_in_")


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA])
@pytest.mark.parametrize("method", ["fit", "transform"])
def test_a_missing_text_raises_and_says_what_to_do(missing, method):
    tfidf = GenreTfidf().fit(FILMS)
    with pytest.raises(ValueError, match=r"missing in 1 row\(s\), such as 1\. Use an empty text"):
        getattr(tfidf, method)(pd.Series(["Drama", missing], dtype=object))


@pytest.mark.parametrize(
    "X", [[1, 2], np.array([1.0, 2.0]), pd.DataFrame({"n": [1]}), [["Drama"], [3]]]
)
def test_numbers_raise(X):
    with pytest.raises(TypeError, match="must hold text"):
        GenreTfidf().fit(X)


def test_a_sparse_matrix_raises():
    with pytest.raises(TypeError, match="sparse"):
        GenreTfidf().fit(sparse.csr_array(np.eye(2)))


def test_more_than_one_column_raises_and_names_the_column_transformer():
    with pytest.raises(ValueError, match=r"has 2 columns.*ColumnTransformer"):
        GenreTfidf().fit(pd.DataFrame({"a": ["Drama"], "b": ["Comedy"]}))


def test_a_column_of_another_name_raises():
    tfidf = GenreTfidf().fit(pd.DataFrame({"genre": FILMS}))
    with pytest.raises(ValueError, match="feature names should match"):
        tfidf.transform(pd.DataFrame({"title": FILMS}))


def test_a_column_without_genres_raises():
    with pytest.raises(ValueError, match="No genre was found in 2"):
        GenreTfidf().fit(["", "(no genres listed)"])


def test_an_empty_separator_raises():
    with pytest.raises(ValueError, match="sep must be at least one character"):
        GenreTfidf(sep="").fit(FILMS)


genre_lists = st.lists(
    st.lists(st.sampled_from(["Drama", "Comedy", "War", "Sci-Fi", "Film-Noir"]), max_size=4),
    min_size=1,
    max_size=25,
).filter(any)


@given(genre_lists=genre_lists)
def test_weights_are_the_logarithm_of_rows_over_document_frequency(genre_lists):
    texts = ["|".join(genres) for genres in genre_lists]
    tfidf = GenreTfidf(sparse_output=False)
    result = clone(tfidf).fit_transform(texts)
    genres = sorted({genre for row in genre_lists for genre in row})
    for row, present in enumerate(genre_lists):
        for column, genre in enumerate(genres):
            df = sum(genre in other for other in genre_lists)
            expected = np.log(len(genre_lists) / df) if genre in present else 0.0
            assert result[row, column] == pytest.approx(expected, abs=1e-15)
    permuted = np.random.default_rng(0).permutation(len(texts))
    shuffled = tfidf.fit_transform([texts[row] for row in permuted])
    np.testing.assert_array_equal(shuffled, result[permuted])


@pytest.mark.data
def test_movielens_1m_has_eighteen_genres_with_the_published_weights(real_data):
    with (
        zipfile.ZipFile(real_data("ml-1m") / "ml-1m.zip") as archive,
        archive.open("ml-1m/movies.dat") as file,
    ):
        rows = [line.decode("latin-1").rstrip().split("::") for line in file]
    movies = pd.DataFrame(rows, columns=["movie_id", "title", "genre"])
    features = ColumnTransformer(
        [("tfidf", GenreTfidf(), "genre")], verbose_feature_names_out=False
    )
    matrix = features.fit_transform(movies)
    assert matrix.shape == (3883, 18)
    idf = dict(zip(features.get_feature_names_out(), features["tfidf"].idf_.round(6), strict=True))
    published = {
        "genre_Animation": 3.610403,
        "genre_Children's": 2.738910,
        "genre_Comedy": 1.174286,
        "genre_Adventure": 2.618916,
        "genre_Fantasy": 4.044856,
        "genre_Romance": 2.109505,
        "genre_Drama": 0.884731,
    }
    assert {name: idf[name] for name in published} == published
    jumanji = pd.Series(matrix[1].toarray().ravel().round(6), index=list(idf))
    assert movies["title"][1] == "Jumanji (1995)"
    assert jumanji[jumanji > 0].to_dict() == {
        "genre_Adventure": 2.618916,
        "genre_Children's": 2.738910,
        "genre_Fantasy": 4.044856,
    }
