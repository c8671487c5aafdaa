"""Labels that look like another way of writing one name are listed, surest first."""
# SPDX-License-Identifier: BSD-3-Clause

import zipfile

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklearn_recsys.interactions import find_near_duplicate_labels

COLUMNS = [
    "label",
    "near_duplicate",
    "reason",
    "similarity",
    "label_count",
    "near_duplicate_count",
]


def found_in(labels, **params):
    table = find_near_duplicate_labels(labels, **params)
    return list(table[["label", "near_duplicate", "reason"]].itertuples(index=False, name=None))


@pytest.mark.parametrize(
    ("label", "other", "reason"),
    [
        ("Pixies", "PIXIES", "case"),
        ("Pixies", " Pixies ", "case"),
        ("Ab", "\uff21\uff42", "case"),
        ("Straße", "STRASSE", "case"),
        ("maroon 5", "maroon5", "spacing"),
        ("beyoncé", "beyonce", "accents"),
        ("guns n' roses", "guns n roses", "punctuation"),
        ("Angels & Airwaves", "Angels and Airwaves", "punctuation"),
        ("AC/DC", "ac dc", "punctuation"),
        ("The Beatles", "Beatles, The", "inversion"),
        ("Joe Strummer", "Strummer, Joe", "inversion"),
        ("The Beatles", "Beatles", "article"),
    ],
)
def test_each_kind_of_near_duplicate_is_found_with_its_reason(label, other, reason):
    assert found_in([label, label, other]) == [(label, other, reason)]


@pytest.mark.parametrize(
    ("label", "other"),
    [
        ("U2", "U3"),
        ("blink-182", "blink-183"),
        ("!!!", "???"),
        ("Moby", "Mobb"),
    ],
)
def test_names_that_differ_in_letters_or_digits_are_no_near_duplicates(label, other):
    assert found_in([label, other], typing_errors=True) == []


def test_what_one_band_writes_with_a_space_may_be_another_band():
    # Documented: a proposal is no proof.
    assert found_in(["U2", "U 2"]) == [("U 2", "U2", "spacing")]


def test_typing_errors_are_looked_for_on_request():
    labels = ["Rihanna", "Rihanna", "Rihana", "Rhianna"]

    assert found_in(labels) == []
    assert found_in(labels, typing_errors=True) == [
        ("Rihanna", "Rhianna", "typing"),
        ("Rihanna", "Rihana", "typing"),
    ]
    assert found_in(labels, typing_errors=True, min_length=7) == [("Rihanna", "Rhianna", "typing")]


def test_the_more_frequent_label_is_the_one_to_keep():
    table = find_near_duplicate_labels(["maroon5", "maroon 5", "maroon 5", None])

    assert table.columns.tolist() == COLUMNS
    assert table.to_dict("records") == [
        dict(zip(COLUMNS, ["maroon 5", "maroon5", "spacing", 1.0, 2, 1], strict=True))
    ]


def test_counts_say_how_often_a_label_occurred():
    labels, counts = ["maroon5", "maroon 5", "maroon5"], [3, 7, 1.5]

    table = find_near_duplicate_labels(labels, counts=counts)

    assert table.loc[0, ["label", "label_count", "near_duplicate_count"]].tolist() == [
        "maroon 5",
        7.0,
        4.5,
    ]


def test_sure_reasons_come_first_then_similar_and_frequent_labels():
    labels = [
        "Abba",
        "ABBA",
        "Rihanna",
        "Rihana",
        "Metallica Live",
        "Metalica Live",
        "Mo Mo",
        "MoMo",
    ]
    counts = [9, 1, 9, 5, 9, 2, 9, 8]

    table = find_near_duplicate_labels(labels, counts=counts, typing_errors=True)

    assert table["near_duplicate"].tolist() == ["ABBA", "MoMo", "Metalica Live", "Rihana"]
    assert table["similarity"].tolist() == [1.0, 1.0, 1 - 1 / 13, 1 - 1 / 7]


def test_applied_from_top_to_bottom_the_rows_make_one_label_of_all_spellings():
    labels = ["The Band", "The Band", "The Band", "band", "band", "BAND", "Bánd", "the  band"]

    table = find_near_duplicate_labels(labels)

    names = pd.Series(labels)
    for row in table.itertuples():
        names = names.replace(row.near_duplicate, row.label)
    assert set(names) == {"The Band"}
    assert table["near_duplicate"].is_unique
    # In one pass: a label may itself be renamed by a row below.
    final = {}
    for row in table[::-1].itertuples():
        final[row.near_duplicate] = final.get(row.label, row.label)
    assert [final.get(label, label) for label in labels] == ["The Band"] * 8


@pytest.mark.parametrize(
    "make",
    [
        lambda rows: pd.DataFrame(rows, columns=["user", "band"]),
        lambda rows: pd.DataFrame(rows, columns=["user", "band"]).astype("category"),
        lambda rows: pl.DataFrame(rows, schema=["user", "band"], orient="row"),
        lambda rows: pa.table({"user": [r[0] for r in rows], "band": [r[1] for r in rows]}),
        lambda rows: np.array(rows, dtype=object),
        list,
    ],
)
def test_a_table_names_the_column_of_its_labels(make):
    X = make([["ann", "maroon 5"], ["bob", "maroon 5"], ["cy", "maroon5"]])

    assert found_in(X, column=1) == [("maroon 5", "maroon5", "spacing")]


names = st.lists(st.text("aAéb &'.,1", max_size=5), max_size=15)


@given(names, st.booleans(), st.randoms(use_true_random=False))
def test_the_order_of_the_labels_has_no_part_in_it(labels, typing_errors, random):
    shuffled = random.sample(labels, len(labels))

    one, other = (
        find_near_duplicate_labels(order, typing_errors=typing_errors, min_length=2)
        for order in (labels, shuffled)
    )

    pd.testing.assert_frame_equal(one, other)
    assert set(one["near_duplicate"]) <= set(labels)
    assert (one["label_count"] >= one["near_duplicate_count"]).all()
    assert one["near_duplicate"].is_unique


def test_nothing_is_found_in_nothing():
    table = find_near_duplicate_labels([], typing_errors=True)

    assert table.shape == (0, 6)
    assert find_near_duplicate_labels([None]).shape == (0, 6)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        (
            {"counts": [1]},
            r"counts must hold a number for each of the 2 labels, got int64 of shape",
        ),
        ({"counts": ["1", "2"]}, "counts must hold a number"),
        ({"counts": [np.nan, 2]}, "counts must be finite and at least 0, got nan"),
        ({"counts": [3, -1]}, "counts must be finite and at least 0, got -1"),
        ({"min_length": 0}, "min_length must be a positive integer"),
    ],
)
def test_a_request_that_makes_no_sense_is_an_error(params, message):
    with pytest.raises(ValueError, match=message):
        find_near_duplicate_labels(["a", "b"], **params)


def test_numbers_are_no_labels():
    with pytest.raises(TypeError, match="Labels must be text"):
        find_near_duplicate_labels([1, 2])


@pytest.mark.data
def test_artists_of_hetrec_under_two_names(real_data):
    with (
        zipfile.ZipFile(real_data("hetrec2011-lastfm-2k") / "hetrec2011-lastfm-2k.zip") as archive,
        archive.open("artists.dat") as artists,
        archive.open("user_artists.dat") as plays,
    ):
        names = pd.read_csv(artists, sep="\t", quoting=3, keep_default_na=False)
        users = pd.read_csv(plays, sep="\t").groupby("artistID")["userID"].nunique()

    table = find_near_duplicate_labels(names["name"], counts=names["id"].map(users))

    found = set(table[["label", "near_duplicate"]].itertuples(index=False, name=None))
    assert {
        ("Emilíana Torrini", "Emiliana Torrini"),
        ("Panic! At the Disco", "Panic at the Disco"),
        ("NX Zero", "Nxzero"),
        ("The Killers", "Killers"),
        ("Black Eyed Peas", "The Black Eyed Peas"),
    } <= found
    assert len(found) < 200


@pytest.mark.data
def test_two_of_five_corrections_of_audioscrobbler_are_found(real_data):
    folder = real_data("audioscrobbler-small")
    read = {"sep": "\t", "header": None, "quoting": 3, "keep_default_na": False, "dtype": str}
    names = pd.read_csv(folder / "artist_data_small.txt.gz", **read).set_index(0)[1]
    aliases = pd.read_csv(folder / "artist_alias_small.txt.gz", **read)
    aliases = aliases[(aliases[0] != aliases[1]) & aliases.isin(names.index).all(axis=1)]
    wrong, right = names[aliases[0]].to_numpy(), names[aliases[1]].to_numpy()

    table = find_near_duplicate_labels(names, typing_errors=True)

    parent = dict(zip(table["near_duplicate"], table["label"], strict=True))
    same = [_root(parent, a) == _root(parent, b) for a, b in zip(wrong, right, strict=True)]
    # The others are other names altogether: "MadM" for "Auf Der Maur".
    assert np.mean(same) > 0.4


def _root(parent, label):
    while label in parent:
        label = parent[label]
    return label
