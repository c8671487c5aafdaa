"""Titles of items are read from whatever table holds them."""
# SPDX-License-Identifier: BSD-3-Clause

import gzip
import json

import numpy as np
import pandas as pd
import pytest

from sklearn_recsys.cli._arguments import parser
from sklearn_recsys.cli._titles import add_titles, find_titles


def titles_of(path, items, *options):
    """Return the titles of the items as a dictionary."""
    words = ["similar", "--item", "1", "--items", str(path), *options]
    return find_titles(parser().parse_args(words), np.array(items)).to_dict()


@pytest.mark.parametrize("sep", ["::", "\t", "|", ";", ","])
@pytest.mark.parametrize("header", [True, False])
def test_the_separator_and_the_header_are_found(table, sep, header):
    rows = [("1", "Tea", "x"), ("2", "Jam", "y")]
    path = table([sep.join(row) for row in [("movie", "name", "kind")][: int(header)] + rows])

    assert titles_of(path, [1, 2, 3]) == {1: "Tea", 2: "Jam"}


def test_titles_as_published_by_movielens_are_read(table):
    lines = ["1::Misérables, Les (1995)::Drama|Musical", '3::Toy: "Story::Comedy']
    path = table(lines, encoding="latin-1")

    assert titles_of(path, [1, 3], "--encoding", "latin-1") == {
        1: "Misérables, Les (1995)",
        3: 'Toy: "Story',
    }


def test_titles_with_separators_line_breaks_and_quotes_are_read(table):
    lines = ["id,name", '1,"Tea, green"', '2,"Jam\nsour"', '3,"The ""best"" pie"', '4,5" cake']
    path = table(lines)

    assert titles_of(path, [1, 2, 3, 4]) == {
        1: "Tea, green",
        2: "Jam\nsour",
        3: 'The "best" pie',
        4: '5" cake',
    }


def test_quotes_that_only_open_are_part_of_titles(table):
    path = table(["id\tname", '1\t"Weird Al', "2\tJam"])

    assert titles_of(path, [1, 2]) == {1: '"Weird Al', 2: "Jam"}


def test_ids_are_compared_as_they_are_written(table):
    path = table(["id,name", "007,Bond", "7,Seven"])

    assert titles_of(path, ["007", "7"]) == {"007": "Bond", "7": "Seven"}
    assert titles_of(path, [7]) == {7: "Seven"}


def test_of_two_titles_of_one_item_the_first_counts(table):
    assert titles_of(table(["1,Tea", "1,Jam"]), [1]) == {1: "Tea"}


@pytest.mark.parametrize("column", ["name", "3"])
def test_the_column_of_titles_can_be_chosen(table, column):
    path = table(["id,year,name", "1,1999,Tea", "2,2001,Jam"])

    assert titles_of(path, [1, 2], "--title", column) == {1: "Tea", 2: "Jam"}


@pytest.mark.parametrize(
    ("lines", "options"),
    [
        (["name,id", "Tea,1", "Jam,2"], ["--item-id", "id"]),
        (["Tea,1", "Jam,2"], ["--item-id", "2"]),
        (["year,name,id", "1999,Tea,1", "2001,Jam,2"], ["--item-id=3", "--title=name"]),
        (["2,x,Jam", "1,y,Tea"], ["--item-id", "1", "--title", "3"]),
    ],
)
def test_the_column_of_ids_can_be_chosen(table, lines, options):
    assert titles_of(table(lines), [1, 2, 3], *options) == {1: "Tea", 2: "Jam"}


def test_a_parquet_table_may_have_its_ids_anywhere(tmp_path):
    pytest.importorskip("pyarrow")
    path = tmp_path / "items.parquet"
    pd.DataFrame({"name": ["Tea", "Jam"], "id": [1, 2]}).to_parquet(path)

    assert titles_of(path, [1, 2], "--item-id", "id") == {1: "Tea", 2: "Jam"}


def test_compressed_and_marked_files_are_read(tmp_path):
    path = tmp_path / "items.csv.gz"
    path.write_bytes(gzip.compress(b"\xef\xbb\xbfid,name\r\n1,Tea\r\n\r\n2,Jam"))

    assert titles_of(path, [1, 2]) == {1: "Tea", 2: "Jam"}


def test_a_parquet_table_is_read(tmp_path):
    pytest.importorskip("pyarrow")
    path = tmp_path / "items.parquet"
    pd.DataFrame({"id": [1, 2], "name": ["Tea", "Jam"]}).to_parquet(path)

    assert titles_of(path, [1, 2]) == {1: "Tea", 2: "Jam"}


def test_an_item_without_title_has_none_in_json_and_nothing_in_a_table(pairs, table, run):
    path = table(["film,name", "i1,One"], "films.csv")
    words = ["recommend", pairs, "--user", "u1", "--items", path, "--include-seen"]

    records = json.loads(run(*words, "--format", "json").out)
    lines = run(*words).out.splitlines()

    assert {record["film"]: record["title"] for record in records}["i1"] == "One"
    assert {record["title"] for record in records} == {"One", None}
    assert sum(line.endswith("One") for line in lines) == 1
    assert "nan" not in "".join(lines).lower()


def test_a_column_that_is_called_title_keeps_its_name():
    table = pd.DataFrame({"user": [1], "title": ["i1"]})

    found = add_titles(table, "title", pd.Series({"i1": "One"}))

    assert list(found) == ["user", "title", "title_title"]


# ---- what cannot be used


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([], "is empty"),
        (["", "  "], "is empty"),
        (["film", "i1", "i2"], "expected an item and its title in each line"),
        (["film,name", "i1,One", "i2"], "expected an item and its title in each line"),
        (
            ["film,name", *["i1,One"] * 150, "i2"],
            "row 152 has 1 columns, where the first one has 2",
        ),
        (["film,name", "x1,One", "x2,Two"], "none of its 2, such as x1, x2, is an item"),
        (["film,name"], "is empty below its header"),
        (["film,name", *["i1,One"] * 150, f"i1,{'x' * 200_000}"], "field larger than field limit"),
    ],
)
def test_a_table_without_titles_is_refused(pairs, table, refusal, lines, message):
    path = table(lines, "films.csv")

    line = refusal("recommend", pairs, "--user", "u1", "--items", path)

    assert message in line
    assert "films.csv" in line


@pytest.mark.parametrize("column", ["nome", "0", "3", "-1", "", "2.0"])
def test_a_column_that_is_not_there_is_refused(pairs, table, refusal, column):
    path = table(["film,name", "i1,One"], "films.csv")

    line = refusal("similar", pairs, "--item", "i1", "--items", path, f"--title={column}")

    assert "is no column of" in line
    assert "it has film, name; name one, or give its position from 1" in line


def test_a_file_in_another_encoding_is_refused(pairs, table, refusal):
    path = table(["film,name", "i1,Café"], "films.csv", encoding="latin-1")

    line = refusal("similar", pairs, "--item", "i1", "--items", path)

    assert "is not a text file in utf-8" in line
    assert "--encoding" in line


@pytest.mark.parametrize("name", ["nowhere.csv", ".", "broken.csv.gz", "broken.parquet"])
def test_a_file_that_cannot_be_read_is_named(pairs, tmp_path, refusal, name):
    if name.endswith("parquet"):
        pytest.importorskip("pyarrow")
    if name.startswith("broken"):
        start = b"PAR1" if name.endswith("parquet") else b"\x1f\x8b"
        (tmp_path / name).write_bytes(start + b"i1,One\n")

    line = refusal("similar", pairs, "--item", "i1", "--items", tmp_path / name)

    path = tmp_path / name
    assert line.startswith((f"cannot read {path}: ", f"{path} is damaged", f"{path} is a damaged"))


@pytest.mark.parametrize("option", ["--title", "--item-id"])
def test_a_column_without_a_table_is_refused(pairs, refusal, option):
    line = refusal("similar", pairs, "--item", "i1", option, "name")

    assert line == f"{option} names a column of the table of --items, but there is none."
