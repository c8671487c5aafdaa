"""Delimited text is read block by block, and the line of a fault is named."""
# SPDX-License-Identifier: BSD-3-Clause

import csv
import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklearn_recsys.datasets._published import _delimited
from sklearn_recsys.datasets._published._delimited import (
    NUMBER,
    TEXT,
    WHOLE,
    Layout,
    parse_rows,
    read_columns,
    read_header,
)

PLAYS = Layout("plays.tsv", {"user": TEXT, "artist": TEXT, "plays": WHOLE})
STARS = Layout("stars.dat", {"user": WHOLE, "stars": NUMBER, "time": WHOLE}, "::")
TAGS = Layout("tags.csv", {"user": WHOLE, "tag": TEXT, "time": WHOLE}, ",", quoted=True)


def read(data, layout):
    columns = read_columns(io.BytesIO(data), layout)
    return [list(row) for row in zip(*(list(columns[name]) for name in layout.columns))]  # noqa: B905


def test_text_stays_as_it_is_written():
    data = 'a\t"b\t1\na\tnan\t2\nb\tnull\t3\na\t\t4\nb\tdie Ärzte\t5\n'.encode()

    assert read(data, PLAYS) == [
        ["a", '"b', 1],
        ["a", "nan", 2],
        ["b", "null", 3],
        ["a", "", 4],
        ["b", "die Ärzte", 5],
    ]


def test_text_that_looks_like_numbers_stays_text():
    assert read(b"7\t007\t1\n8\t1.50\t2\n", PLAYS) == [["7", "007", 1], ["8", "1.50", 2]]


def test_a_carriage_return_inside_a_name_is_part_of_it():
    assert read(b"a\tx\ry\t1\r\nb\tz\t2\r\n", PLAYS) == [["a", "x\ry", 1], ["b", "z", 2]]


def test_a_byte_order_mark_and_empty_lines_are_passed_over():
    assert read(b"\xef\xbb\xbfa\tx\t1\n\nb\ty\t2\n\n", PLAYS) == [["a", "x", 1], ["b", "y", 2]]


def test_a_last_line_without_its_end_counts():
    assert read(b"a\tx\t1\nb\ty\t2", PLAYS) == [["a", "x", 1], ["b", "y", 2]]


def test_half_stars_are_read_between_double_colons():
    assert read(b"1::3.5::7\n2::4::8\n", STARS) == [[1, 3.5, 7], [2, 4.0, 8]]


def test_quoted_fields_may_hold_separators_quotes_and_line_ends():
    data = b'1,"a, ""b""",5\n2,"two\nlines",6\n3,plain,7\n'

    assert read(data, TAGS) == [[1, 'a, "b"', 5], [2, "two\nlines", 6], [3, "plain", 7]]


def test_categories_are_sorted():
    user = read_columns(io.BytesIO(b"z\tx\t1\na\tx\t2\n"), PLAYS)["user"]

    assert user.categories.tolist() == ["a", "z"]
    assert user.codes.tolist() == [1, 0]


cells = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\t\n\r\0\ufeff"), max_size=4
)


@given(st.lists(st.tuples(cells, cells, st.integers(-9, 9)), min_size=1), st.integers(1, 40))
def test_the_size_of_blocks_does_not_matter(rows, size):
    data = "".join(f"{user}\t{artist}\t{plays}\n" for user, artist, plays in rows).encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_delimited, "_BLOCK_BYTES", size)

        assert read(data, PLAYS) == [list(row) for row in rows]


words = st.text(st.sampled_from('ab", \n'), max_size=5)


@given(st.lists(st.tuples(st.integers(0, 9), words, st.integers(0, 9)), min_size=1), st.data())
def test_quoted_rows_are_read_as_the_csv_module_writes_them(rows, data):
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_delimited, "_BLOCK_BYTES", data.draw(st.integers(1, 40)))

        assert read(text.getvalue().encode(), TAGS) == [list(row) for row in rows]


@pytest.mark.parametrize("size", [7, 2**20])
@pytest.mark.parametrize(
    ("layout", "data", "message"),
    [
        (PLAYS, b"a\tx\t1\nb\ty\n", "plays.tsv, line 2: expected 3 columns .* got 2: 'b.ty'"),
        (PLAYS, b"a\tx\t1\nb\ty\t2\t3\n", "line 2: expected 3 columns .*, got 4"),
        (PLAYS, b"a\tx\t1\t9\nb\ty\t2\t3\n", "line 1: expected 3 columns .*, got 4"),
        (PLAYS, b"a\tx\t1\t9\nb\ty\n", "line 1: expected 3 columns .*, got 4"),
        (PLAYS, b"a\tx\t1\nb\ty\t2\nc\tz\tmany\n", "line 3: expected a whole number as plays"),
        (PLAYS, b"a\tx\t1\nb\ty\t1.5\n", "line 2: expected a whole number as plays, got '1.5'"),
        (PLAYS, b"a\tx\t1\nb\ty\t99999999999999999999\n", "line 2: expected a whole number as"),
        (PLAYS, b"a\tx\t1\nb\t\xff\xfe\t2\n", "line 2: expected utf-8 text, got b'b.t.xff"),
        (PLAYS, b"a\tx\t1\n\nb\ty\n", "line 3: expected 3 columns"),
        (STARS, b"1::3.5::7\n2::inf::8\n", "line 2: expected a finite number as stars, got 'inf'"),
        (STARS, b"1::3.5::7\n2::nan::8\n", "line 2: expected a finite number as stars, got 'nan'"),
        (STARS, b"1::3.5::7\n2::::8\n", "line 2: expected a finite number as stars, got ''"),
        (STARS, b"1::3.5::7\n2\t3.5\t8\n", "line 2: expected 3 columns .* got 1"),
        (TAGS, b'1,a,5\n2,"b,6\n', "line 2: unexpected end of data"),
        (TAGS, b'1,a,5\n2,"b"c,6\n', "line 2: ',' expected after '\"'"),
        (TAGS, b'1,"a",5\n2,b\n', "line 2: expected 3 columns .* got 2"),
        (TAGS, b'1,"a",5\n2,b,c,6\n', "line 2: expected 3 columns .* got 4"),
    ],
)
def test_the_line_that_is_not_as_published_is_named(layout, data, message, size, monkeypatch):
    monkeypatch.setattr(_delimited, "_BLOCK_BYTES", size)

    with pytest.raises(ValueError, match=message):
        read_columns(io.BytesIO(data), layout)


@pytest.mark.parametrize("data", [b"", b"\n\n", b"\xef\xbb\xbf"])
def test_a_file_without_rows_is_told(data):
    with pytest.raises(ValueError, match=r"plays.tsv, line 1: .* got none: it has no rows"):
        read_columns(io.BytesIO(data), PLAYS)
    with pytest.raises(ValueError, match=r"plays.tsv, line 1: .* got none: it has no rows"):
        parse_rows(data, PLAYS)


def test_where_a_file_may_be_empty_its_columns_have_their_types():
    layout = Layout("tags.dat", {"tag": TEXT, "stars": NUMBER, "time": WHOLE}, may_be_empty=True)

    columns = read_columns(io.BytesIO(b""), layout)

    assert columns["tag"].categories.tolist() == []
    assert (columns["stars"].dtype, columns["time"].dtype) == (np.float64, np.int64)
    assert parse_rows(b"", layout) == {"tag": [], "stars": [], "time": []}


def test_whole_numbers_may_be_written_with_a_point():
    data = b"a\tx\t5.0\nb\ty\t6\n"

    assert read(data, PLAYS) == [["a", "x", 5], ["b", "y", 6]]
    assert parse_rows(data, PLAYS)["plays"] == [5, 6]


def test_a_header_loses_its_mark_quotes_and_line_end():
    stream = io.BytesIO(b'\xef\xbb\xbf"a", b,c\r\n1,2,3\n')

    assert read_header(stream, ",") == ["a", "b", "c"]
    assert stream.read() == b"1,2,3\n"
