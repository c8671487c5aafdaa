"""A feature table makes features of its ids, and of rows that are in no table."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, Normalizer, OneHotEncoder, StandardScaler

from sklearn_recsys.exceptions import UnknownIdError
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


def test_without_a_transformer_the_columns_are_the_features():
    table = numbers(age=[10, 20, 30], member=[True, False, True])

    features = FeatureTable(table).fit([1, 2], role="user")

    assert features.feature_names == ["age", "member"]
    assert features.n_features == 2
    assert features.transform([3, 1]).toarray().tolist() == [[30, 1], [10, 1]]


@pytest.mark.parametrize("dtype", ["Int64", "float32", "int64[pyarrow]", "boolean", "Sparse[int]"])
def test_numeric_columns_of_any_pandas_dtype_are_features(dtype):
    table = pd.DataFrame({"a": pd.array([1, 0], dtype=dtype)}, index=["x", "y"])

    assert FeatureTable(table).fit(["x"]).transform(["x", "y"]).toarray().tolist() == [[1], [0]]


def test_features_are_a_float32_csr_array_without_stored_zeros():
    features = FeatureTable(numbers(age=[0.0, 2.0, 0.0])).fit([1])

    matrix = features.transform([1, 2, 3])

    assert isinstance(matrix, sparse.csr_array)
    assert matrix.dtype == np.float32
    assert matrix.shape == (3, 1)
    assert matrix.nnz == 1


def test_all_ids_of_the_table_are_served_though_only_some_were_seen():
    table = FeatureTable(GENRES, text_and_country())

    features = table.fit(["tea"])

    assert features.ids.tolist() == table.ids().tolist() == ["jam", "oat", "rye", "tea"]
    assert features.matrix.shape == (4, features.n_features)
    assert features.transform(["oat"]).nnz == 1  # drama; war and vn were not seen


def test_the_transformer_is_fitted_on_what_was_seen_or_on_all():
    scaler = FunctionTransformer(), StandardScaler(with_std=False)
    table = numbers(age=[10.0, 20.0, 60.0])

    seen = FeatureTable(table, make_pipeline(*scaler)).fit([1, 2])
    everyone = FeatureTable(table, make_pipeline(*scaler), fit_on="all").fit([1, 2])

    assert seen.transform([3]).toarray() == [[45.0]]
    assert everyone.transform([3]).toarray() == [[30.0]]


def test_an_id_that_was_seen_twice_counts_once():
    table = FeatureTable(numbers(age=[10.0, 20.0, 60.0]), StandardScaler(with_std=False))

    assert table.fit([1, 1, 1, 2]).transform([1]).toarray() == [[-5.0]]


def test_features_have_the_names_of_the_transformer():
    features = FeatureTable(GENRES, text_and_country()).fit(GENRES.index)

    assert features.feature_names[:2] == ["tfidf__comedy", "tfidf__drama"]
    assert features.feature_names[-1] == "country__country_vn"


def test_features_of_a_transformer_without_names_are_numbered():
    doubled = FunctionTransformer(lambda table: np.hstack([table, table]))

    features = FeatureTable(numbers(), doubled).fit([1])

    assert features.feature_names == ["feature_0", "feature_1"]


@pytest.mark.parametrize("container", ["default", "pandas", "polars"])
def test_the_container_of_the_transformers_output_does_not_matter(container):
    scaler = StandardScaler(with_std=False).set_output(transform=container)

    features = FeatureTable(numbers(), scaler).fit([1, 2])

    assert features.transform([3]).toarray() == [[15.0]]
    assert features.feature_names == ["age"]


def test_fit_changes_neither_the_table_nor_its_transformer():
    frame, transformer = GENRES.copy(), text_and_country()
    table = FeatureTable(frame, transformer)

    table.fit(["tea", "jam"])

    pd.testing.assert_frame_equal(frame, GENRES)
    assert not hasattr(transformer, "transformers_")
    assert vars(table).keys() == {"table", "transformer", "id_column", "missing", "fit_on"}


def test_a_transformer_that_writes_into_its_input_does_not_change_the_table():
    def ruin(frame):
        frame.iloc[:, 0] = -1.0
        return frame

    frame = numbers()
    FeatureTable(frame, FunctionTransformer(ruin)).fit([1, 2, 3])

    pd.testing.assert_frame_equal(frame, numbers())


def test_what_was_fitted_does_not_change_with_the_table():
    frame = numbers()
    features = FeatureTable(frame).fit([1, 2, 3])

    frame.loc[1, "age"] = 99.0

    assert features.transform([1]).toarray() == [[10.0]]


def test_rows_can_be_normalised_by_the_transformer():
    frame = numbers(a=[3.0, 0.0, 1.0], b=[4.0, 2.0, 0.0])

    features = FeatureTable(frame, Normalizer()).fit([1])

    assert features.transform([1]).toarray() == pytest.approx(np.array([[0.6, 0.8]]))


@pytest.mark.parametrize(
    "table",
    [
        pd.DataFrame({"who": ["b", "a"], "age": [2, 1]}),
        pl.DataFrame({"who": ["b", "a"], "age": [2, 1]}),
        pa.table({"who": ["b", "a"], "age": [2, 1]}),
        pd.DataFrame({"age": [2, 1], "who": pd.Categorical(["b", "a"])}),
        pl.DataFrame({"age": [2, 1], "who": pl.Series(["b", "a"], dtype=pl.Categorical)}),
    ],
    ids=lambda table: type(table).__module__,
)
def test_ids_may_be_in_a_column_of_any_frame(table):
    features = FeatureTable(table, id_column="who").fit(["a"], role="user")

    assert features.feature_names == ["age"]
    assert features.transform(["a", "b"]).toarray().tolist() == [[1], [2]]


@pytest.mark.parametrize(
    "index",
    [
        pd.Index([1.0, 2.0, 3.0]),
        pd.Index([1, 2, 3], dtype="Int64"),
        pd.Index([1, 2, 3], dtype=object),
        pd.CategoricalIndex([1, 2, 3]),
        pd.RangeIndex(1, 4),
    ],
    ids=lambda index: f"{type(index).__name__}-{index.dtype}",
)
def test_an_index_of_any_dtype_holds_number_ids(index):
    frame = pd.DataFrame({"age": [10, 20, 30]}, index=index)

    assert FeatureTable(frame).fit([1.0, 2.0]).transform([3]).toarray() == [[30]]


def test_a_mapping_of_weights_needs_no_transformer():
    table = FeatureTable({"tea": {"sweet": 0.5, "kind": "leaf"}, "jam": {"sweet": 2}, "rye": {}})

    features = table.fit(["tea", "jam"])

    assert features.feature_names == ["kind=leaf", "sweet"]
    assert features.transform(["jam", "rye", "tea"]).toarray().tolist() == [
        [0, 2],
        [0, 0],
        [1, 0.5],
    ]


def test_a_mapping_of_lists_gives_each_feature_the_weight_one():
    features = FeatureTable({"tea": ["leaf", "hot"], "jam": ("sweet",)}).fit(["tea", "jam"])

    assert features.feature_names == ["hot", "leaf", "sweet"]
    assert features.transform(["tea"]).toarray().tolist() == [[1, 1, 0]]


def test_a_mapping_gives_what_the_same_features_in_a_frame_give():
    weights = {7: {"a": 1.0, "b": 2.0}, 3: {"b": 4.0}}
    frame = pd.DataFrame.from_dict(weights, orient="index").fillna(0.0)

    from_mapping, from_frame = (FeatureTable(t).fit([3, 7]) for t in (weights, frame))

    assert from_mapping.feature_names == from_frame.feature_names
    assert (from_mapping.matrix != from_frame.matrix).nnz == 0


@settings(max_examples=30)
@given(st.permutations(range(4)), st.sets(st.integers(0, 3), min_size=1))
def test_the_order_of_the_rows_does_not_matter(order, seen):
    seen = GENRES.index[sorted(seen)]
    sorted_rows = FeatureTable(GENRES, text_and_country()).fit(seen)

    shuffled = FeatureTable(GENRES.iloc[order], text_and_country()).fit(seen)

    assert shuffled.feature_names == sorted_rows.feature_names
    assert shuffled.ids.tolist() == sorted_rows.ids.tolist()
    assert shuffled.matrix.toarray().tolist() == sorted_rows.matrix.toarray().tolist()


class FirstRow(TransformerMixin, BaseEstimator):
    """Subtract the first row: it shows in which order the rows came."""

    def fit(self, X, y=None):
        self.first_ = X.iloc[0].to_numpy()
        return self

    def transform(self, X):
        return X.to_numpy() - self.first_


def test_the_transformer_sees_rows_in_the_order_of_their_ids():
    table = numbers(index=[3, 1, 2], age=[30.0, 10.0, 20.0])

    assert FeatureTable(table, FirstRow()).fit([3, 2]).transform([3]).toarray() == [[10.0]]


def test_an_id_without_a_row_is_an_error_that_names_five():
    table = FeatureTable(numbers())

    with pytest.raises(UnknownIdError, match=r"6 item\(s\) are not .*: 4, 5, 6, 7, 8, ….*'zero'"):
        table.fit([1, 9, 4, 5, 6, 7, 8])


def test_an_id_without_a_row_is_an_error_after_fit_too():
    features = FeatureTable(numbers()).fit([1])

    with pytest.raises(UnknownIdError, match=r"1 item\(s\) are not in the item feature table"):
        features.transform([2, 4])


def test_an_id_without_a_row_may_have_features_of_zero():
    features = FeatureTable(numbers(), missing="zero").fit([1, 4])

    assert features.transform([4, 2, 5, 1]).toarray().tolist() == [[0], [20], [0], [10]]
    assert features.ids.tolist() == [1, 2, 3]


def test_features_of_no_ids_are_no_rows():
    assert FeatureTable(numbers()).fit([1]).transform([]).shape == (0, 1)


@pytest.mark.parametrize("missing", ["error", "zero"])
def test_an_interaction_without_any_known_id_is_an_error(missing):
    with pytest.raises(ValueError, match="feature table"):
        FeatureTable(numbers(), missing=missing).fit([8, 9])


def test_a_forgotten_id_column_is_suggested():
    table = pd.DataFrame({"film_id": [1, 2, 3], "year": [1999, 2000, 2001]})

    with pytest.raises(ValueError, match="give FeatureTable id_column='film_id'"):
        FeatureTable(table).fit([1, 2])


def test_items_numbered_from_zero_need_no_column_of_ids():
    table = pd.DataFrame({"is_new": [0, 1, 1], "year": [1999, 2000, 2001]})

    features = FeatureTable(table).fit([0, 1])

    assert features.transform([2]).toarray().tolist() == [[1, 2001]]


@pytest.mark.parametrize(("ids", "index"), [([1, 2], ["1", "2"]), (["1", "2"], [1, 2])])
def test_ids_of_another_type_than_the_tables_are_an_error(ids, index):
    with pytest.raises(TypeError, match="user ids of the interactions are of type"):
        FeatureTable(pd.DataFrame({"a": [1, 2]}, index=index)).fit(ids, role="user")


def test_ids_of_another_type_than_the_tables_are_an_error_after_fit_too():
    features = FeatureTable(numbers()).fit([1])

    with pytest.raises(TypeError, match="of type number"):
        features.transform(["1"])


def test_duplicate_ids_are_an_error_that_names_five():
    index = [1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7]

    with pytest.raises(ValueError, match=r"6 id\(s\) have more: 1, 2, 3, 4, 5, …"):
        FeatureTable(pd.DataFrame({"a": range(13)}, index=index)).fit([1])


def test_duplicate_ids_are_an_error_of_ids_too():
    with pytest.raises(ValueError, match="Drop the duplicates"):
        FeatureTable(numbers(index=["a", "a", "b"])).ids("user")


def test_a_missing_id_of_the_table_is_an_error():
    with pytest.raises(ValueError, match=r"needs an id, but that of row\(s\) 1 is missing"):
        FeatureTable(numbers(index=["a", None, "b"])).fit(["a"])


def test_an_empty_table_is_an_error():
    with pytest.raises(ValueError, match="it is empty"):
        FeatureTable(numbers().iloc[:0]).fit([1])


def test_text_without_a_transformer_is_an_error_that_names_the_columns():
    with pytest.raises(ValueError, match=r"'genre', 'country' are not.*transformer"):
        FeatureTable(GENRES).fit(["tea"])


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e39])
def test_a_feature_that_is_not_finite_is_an_error_that_names_feature_and_id(value):
    with pytest.raises(ValueError, match=r"'age' contain.*item\(s\) 2"):
        FeatureTable(numbers(age=[1.0, value, 3.0])).fit([1])


def test_a_missing_value_of_a_nullable_column_is_an_error():
    frame = pd.DataFrame({"age": pd.array([1, None], dtype="Int64")}, index=["x", "y"])

    with pytest.raises(ValueError, match=r"'age' contain.*item\(s\) 'y'"):
        FeatureTable(frame).fit(["x"])


def test_a_sparse_feature_that_is_not_finite_is_an_error():
    logarithm = FunctionTransformer(lambda frame: sparse.csr_array(np.sqrt(frame.to_numpy() - 40)))

    with np.errstate(invalid="ignore"), pytest.raises(ValueError, match="SimpleImputer"):
        FeatureTable(numbers(), logarithm).fit([1])


def test_a_table_without_columns_is_an_error():
    with pytest.raises(ValueError, match="at least one column"):
        FeatureTable(pd.DataFrame({"who": ["a"]}), id_column="who").fit(["a"])


def test_an_id_column_that_is_not_there_is_an_error_that_names_the_columns():
    with pytest.raises(ValueError, match=r"id_column='user' is no column.*'age'"):
        FeatureTable(numbers(), id_column="user").fit([1])


@pytest.mark.parametrize("frame", [pl.DataFrame({"who": ["a"]}), pa.table({"who": ["a"]})])
def test_a_frame_without_an_index_needs_an_id_column(frame):
    with pytest.raises(ValueError, match=r"has no index.*id_column=.*'who'"):
        FeatureTable(frame).fit(["a"])


def test_an_index_of_two_levels_is_an_error():
    frame = numbers(index=range(3)).set_index([[1, 2, 3], [4, 5, 6]])

    with pytest.raises(ValueError, match="index of 2 levels"):
        FeatureTable(frame).fit([1])


@pytest.mark.parametrize("table", [np.eye(2), [[1, 2]], pd.Series([1, 2]), None, 3])
def test_what_is_no_table_is_an_error(table):
    with pytest.raises(TypeError, match="must be a pandas or polars DataFrame"):
        FeatureTable(table).fit([1])


@pytest.mark.parametrize("params", [{"missing": "ignore"}, {"fit_on": "train"}])
def test_an_option_that_does_not_exist_is_an_error(params):
    with pytest.raises(ValueError, match=f"{next(iter(params))} must be one of"):
        FeatureTable(numbers(), **params).fit([1])


@pytest.mark.parametrize("transformer", ["passthrough", OneHotEncoder, object()])
def test_what_is_no_transformer_is_an_error(transformer):
    with pytest.raises(TypeError, match="with fit and transform"):
        FeatureTable(numbers(), transformer).fit([1])


def test_a_transformer_that_drops_rows_is_an_error():
    with pytest.raises(ValueError, match=r"matrix of 3 row\(s\)"):
        FeatureTable(numbers(), FunctionTransformer(lambda frame: frame.iloc[:1])).fit([1])


def test_a_transformer_that_returns_text_is_an_error():
    with pytest.raises(ValueError, match="must return numbers"):
        FeatureTable(GENRES, FunctionTransformer()).fit(["tea"])


def test_a_category_that_fit_did_not_see_is_an_error_that_says_what_to_do():
    table = FeatureTable(GENRES[["country"]], OneHotEncoder())

    with pytest.raises(ValueError, match="unknown categories") as caught:
        table.fit(["tea", "jam"])

    assert "handle_unknown='ignore'" in caught.value.__notes__[0]


def test_rows_of_nobody_are_transformed_by_column_name():
    features = FeatureTable(GENRES, text_and_country()).fit(GENRES.index)
    rows = GENRES.iloc[[2, 0]].reset_index(drop=True)[["country", "year", "genre"]]

    result = features.transform_rows(rows.assign(other="x"))

    assert isinstance(result, sparse.csr_array)
    assert result.dtype == np.float32
    assert result.toarray().tolist() == features.transform(["rye", "tea"]).toarray().tolist()


def test_rows_of_nobody_need_only_the_columns_that_are_used():
    features = FeatureTable(GENRES, text_and_country()).fit(GENRES.index)

    assert features.columns == ["genre", "country"]
    assert features.transform_rows(GENRES[["country", "genre"]]).shape[0] == 4


@pytest.mark.parametrize(
    "columns", [["genre"], "genre", slice("genre", "genre"), [0], [True, 0, 0]]
)
def test_a_column_transformer_may_select_columns_in_any_way(columns):
    if columns == [True, 0, 0]:
        columns = [True, False, False]
    step = TfidfVectorizer() if columns == "genre" else OneHotEncoder(handle_unknown="ignore")
    table = FeatureTable(GENRES, Pipeline([("all", ColumnTransformer([("g", step, columns)]))]))

    features = table.fit(GENRES.index)

    assert features.transform_rows(GENRES).shape == (4, features.n_features)
    assert "genre" in features.columns


def test_columns_passed_through_by_a_column_transformer_are_needed():
    transformer = ColumnTransformer(
        [("genre", TfidfVectorizer(), "genre"), ("none", "drop", ["country"])],
        remainder="passthrough",
    )

    assert FeatureTable(GENRES, transformer).fit(["tea"]).columns == ["genre", "year"]


def test_rows_that_lack_columns_are_an_error_that_names_them():
    features = FeatureTable(GENRES, text_and_country()).fit(GENRES.index)

    with pytest.raises(ValueError, match=r"lack the column\(s\) 'country'.*got 'genre'"):
        features.transform_rows(GENRES[["genre"]])


def test_rows_without_a_transformer_need_all_numeric_columns():
    features = FeatureTable(numbers(a=[1, 2, 3], b=[4, 5, 6])).fit([1], role="user")

    assert features.transform_rows(pd.DataFrame({"b": [7], "a": [8]})).toarray().tolist() == [
        [8, 7]
    ]
    with pytest.raises(ValueError, match=r"user features lack the column\(s\) 'b'"):
        features.transform_rows(pd.DataFrame({"a": [1]}))
    with pytest.raises(ValueError, match=r"column.* 'b' are not"):
        features.transform_rows(pd.DataFrame({"a": [1], "b": ["x"]}))


@pytest.mark.parametrize("make", [pl.DataFrame, pa.table, pd.DataFrame])
def test_rows_may_be_any_frame(make):
    features = FeatureTable(numbers()).fit([1])

    assert features.transform_rows(make({"age": [5.0, 6.0]})).toarray().tolist() == [[5], [6]]


def test_rows_of_a_mapping_are_a_mapping():
    features = FeatureTable({"tea": {"sweet": 1}, "jam": ["red"]}).fit(["tea", "jam"])

    rows = features.transform_rows({"new": {"sweet": 3, "unheard": 1}})

    assert rows.toarray().tolist() == [[0, 3]]


def test_a_row_that_is_not_finite_is_an_error_that_names_it():
    features = FeatureTable(numbers()).fit([1])

    with pytest.raises(ValueError, match=r"'age' contain.*'new'"):
        features.transform_rows(pd.DataFrame({"age": [np.nan]}, index=["new"]))


@pytest.mark.parametrize("rows", [np.eye(2), pd.Series([1.0], index=["age"])])
def test_rows_that_are_no_table_are_an_error(rows):
    with pytest.raises(TypeError, match="rows of features must be"):
        FeatureTable(numbers()).fit([1]).transform_rows(rows)
