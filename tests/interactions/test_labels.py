"""Labels are written in one way, and keep their letters."""
# SPDX-License-Identifier: BSD-3-Clause

import unicodedata

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklearn_recsys.baseline import PopularityRecommender
from sklearn_recsys.interactions import LabelReport, normalize_labels

ROWS = [["ann", "die Ärzte", 3], ["bob", "Die  Ärzte ", 1], ["cy", "null", 2], ["di", "U2", 1]]
EXPECTED = ["die ärzte", "die ärzte", "null", "u2"]
FRAME = pd.DataFrame(ROWS, columns=["person", "band", "plays"])
CONTAINERS = {
    "pandas": lambda: FRAME.copy(),
    "objects": lambda: FRAME.astype({"band": object}),
    "string": lambda: FRAME.astype({"band": "string"}),
    "polars": lambda: pl.DataFrame(ROWS, schema=["person", "band", "plays"], orient="row"),
    "pyarrow": lambda: pa.Table.from_pandas(FRAME),
    "array": lambda: np.array(ROWS, dtype=object),
    "texts": lambda: np.array(ROWS, dtype=str),
    "list": lambda: [list(row) for row in ROWS],
    "tuples": lambda: [tuple(row) for row in ROWS],
}
every_container = pytest.mark.parametrize("make", CONTAINERS.values(), ids=CONTAINERS)


def rows_of(X):
    if isinstance(X, pa.Table):
        return [list(row.values()) for row in X.to_pylist()]
    if isinstance(X, pl.DataFrame):
        return [list(row) for row in X.rows()]
    return [list(row) for row in X] if isinstance(X, list) else np.asarray(X, object).tolist()


def dtypes_of(X):
    if isinstance(X, pa.Table):
        return X.schema.types
    return list(X.dtypes) if hasattr(X, "dtypes") else [getattr(X, "dtype", type(X[0])).__class__]


@every_container
def test_a_column_changes_in_the_same_container_and_type(make):
    X = make()
    before = rows_of(X)

    normalized = normalize_labels(X, column=1)

    assert type(normalized) is type(X)
    assert [row[1] for row in rows_of(normalized)] == EXPECTED
    assert [[u, v] for u, _, v in rows_of(normalized)] == [[u, v] for u, _, v in before]
    assert dtypes_of(normalized) == dtypes_of(X)
    assert rows_of(X) == before


@pytest.mark.parametrize("make", [pd.Series, pl.Series, pa.array, np.array, list, tuple, pd.Index])
def test_a_bare_sequence_does_too(make):
    labels = make([row[1] for row in ROWS])

    normalized = normalize_labels(labels)

    assert list(normalized) == EXPECTED


def test_a_series_keeps_its_index_its_name_and_its_type():
    labels = pd.Series(["A", None, "b"], index=[3, 1, 2], name="band")

    pd.testing.assert_series_equal(
        normalize_labels(labels), pd.Series(["a", None, "b"], index=[3, 1, 2], name="band")
    )
    kept = normalize_labels(pl.Series("band", ["A", None]))
    assert (kept.name, kept.dtype, kept.to_list()) == ("band", pl.String, ["a", None])


def test_categories_become_the_new_labels():
    frame = normalize_labels(FRAME.astype({"band": "category"}), column="band")
    assert frame["band"].cat.categories.tolist() == ["die ärzte", "null", "u2"]

    polars = pl.DataFrame({"band": pl.Series(["A", "a"], dtype=pl.Categorical)})
    assert isinstance(normalize_labels(polars, column="band")["band"].dtype, pl.Categorical)
    enum = pl.DataFrame({"band": pl.Series(["A", "B"], dtype=pl.Enum(["A", "B"]))})
    assert normalize_labels(enum, column="band")["band"].to_list() == ["a", "b"]

    encoded = pa.table({"band": pa.array(["A", "a", None]).dictionary_encode()})
    assert normalize_labels(encoded, column=0)["band"].to_pylist() == ["a", "a", None]


def test_lower_case_keeps_umlauts_and_sharp_s():
    assert normalize_labels(["die Ärzte", "Großstadtgeflüster", "ЁЛКА"]) == [
        "die ärzte",
        "großstadtgeflüster",
        "ёлка",
    ]
    assert normalize_labels(["Großstadt"], case="fold") == ["grossstadt"]
    assert normalize_labels(["die Ärzte"], case=None) == ["die Ärzte"]


def test_a_letter_with_an_accent_is_one_character():
    composed, decomposed = unicodedata.normalize("NFC", "é"), unicodedata.normalize("NFD", "É")

    assert normalize_labels([composed, decomposed]) == [composed, composed]
    assert normalize_labels([decomposed], unicode_form=None, case=None) == [decomposed]


def test_full_width_letters_become_plain_on_request():
    full_width = "\uff21\uff42"

    assert normalize_labels([full_width], unicode_form="NFKC") == ["ab"]
    assert normalize_labels([full_width]) == ["\uff41\uff42"]


def test_white_space_of_any_kind_is_one_space():
    assert normalize_labels([" a\u00a0\t b\n"]) == ["a b"]
    assert normalize_labels([" a  b"], whitespace=False) == [" a  b"]


def test_accents_and_punctuation_go_on_request():
    labels = ["Beyoncé", "Guns N' Roses", "AC/DC", "Guns N\u2019 Roses"]

    assert normalize_labels(labels, accents=False, punctuation=False) == [
        "beyonce",
        "guns n roses",
        "ac dc",
        "guns n roses",
    ]


def test_letters_that_only_look_accented_stay():
    # Voiced kana, and the vowel signs of Hindi, are letters of their own.
    labels = ["が", "हिन्दी"]

    assert normalize_labels(labels, accents=False) == labels


def test_a_step_never_leaves_nothing():
    assert normalize_labels(["!!!", "  "], punctuation=False) == ["!!!", "  "]


def test_missing_labels_stay_missing_and_words_for_nothing_stay_words():
    labels = ["NULL", None, "NaN", np.nan, "None", "n/a", "", pd.NA]

    normalized, report = normalize_labels(labels, return_report=True)

    assert normalized == ["null", None, "nan", None, "none", "n/a", "", None]
    assert (report.n_missing, report.n_labels_before, report.n_labels_after) == (3, 5, 5)


def test_duplicates_made_by_lower_case_are_merged_by_a_recommender():
    X, report = normalize_labels(FRAME, column="band", return_report=True)

    model = PopularityRecommender().fit(X)

    assert model.items_.tolist() == ["die ärzte", "null", "u2"]
    assert model.interactions_.sum() == FRAME["plays"].sum()
    assert report == LabelReport(4, 3, 3, 0)
    assert report.n_merged == 1
    assert report.merged.to_dict("list") == {
        "label": ["die Ärzte", "Die  Ärzte "],
        "normalized": ["die ärzte", "die ärzte"],
        "n_rows": [1, 1],
    }


def test_the_report_is_printed_when_asked_for(capsys):
    normalize_labels(["A", "a", "b", None], verbose=1)

    assert capsys.readouterr().out == (
        "normalize_labels: 1 of 3 labels changed, 2 labels left (1 fell together with another), "
        "1 row without a label\n"
    )


def test_an_empty_sequence_stays_empty():
    assert normalize_labels([]) == []
    assert normalize_labels(FRAME.iloc[:0], column=1).shape == (0, 3)


steps = st.fixed_dictionaries(
    {
        "case": st.sampled_from(["lower", "fold", None]),
        "unicode_form": st.sampled_from(["NFC", "NFKC", None]),
        "whitespace": st.booleans(),
        "accents": st.booleans(),
        "punctuation": st.booleans(),
    }
)


@given(st.lists(st.one_of(st.none(), st.text(max_size=6)), max_size=6), steps)
def test_writing_labels_in_one_way_twice_changes_nothing_more(labels, params):
    once = normalize_labels(labels, **params)

    assert normalize_labels(once, **params) == once
    assert [label is None for label in once] == [label is None for label in labels]
    assert [bool(label) for label in once] == [bool(label) for label in labels]


def test_what_one_step_uncovers_another_one_takes_away():
    # NFKC writes a cedilla as a space and an accent, which then has to go too.
    (once,) = normalize_labels(["0\u00b8"], unicode_form="NFKC", accents=False)

    assert once == "0"


@pytest.mark.parametrize("labels", [["a", 3], [311], [b"a"], [True]])
def test_a_label_that_is_no_text_is_an_error(labels):
    with pytest.raises(TypeError, match="Labels must be text, but 1 are not"):
        normalize_labels(labels)


def test_a_label_that_cannot_be_hashed_is_an_error():
    with pytest.raises(TypeError, match="Labels must be text: unhashable type"):
        normalize_labels(["a", {"b"}])


def test_a_single_label_is_an_error():
    with pytest.raises(TypeError, match="got the single label 'Undo'"):
        normalize_labels("Undo")


@pytest.mark.parametrize("make", CONTAINERS.values(), ids=CONTAINERS)
def test_a_table_without_a_column_is_an_error(make):
    with pytest.raises(ValueError, match=r"name the column that holds them \(column=\)"):
        normalize_labels(make())


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"column": "artist"}, "column='artist' is no column .* 'person', 'band', 'plays'"),
        ({"column": 3}, "column=3 is no column"),
        ({"column": -1}, "column=-1 is no column"),
        ({"case": "upper"}, "case must be one of 'lower', 'fold'"),
        ({"unicode_form": "NFD"}, "unicode_form must be one of 'NFC', 'NFKC'"),
        ({"accents": "strip"}, "accents must be True or False"),
    ],
)
def test_a_request_that_makes_no_sense_is_an_error(params, message):
    with pytest.raises(ValueError, match=message):
        normalize_labels(FRAME, **{"column": 1, **params})


def test_a_nameless_table_is_asked_for_a_position():
    with pytest.raises(ValueError, match=r"3 column\(s\) without names: give the position"):
        normalize_labels(ROWS, column="band")
