"""What Python's csv module writes in whatever dialect comes back, in chunks of whatever size."""
# SPDX-License-Identifier: BSD-3-Clause

import csv
import io
import warnings
from contextlib import suppress

import pandas as pd
import pyarrow as pa
from hypothesis import assume, given
from hypothesis import strategies as st

from sklearn_recsys.datasets import read_interactions
from sklearn_recsys.exceptions import DataWarning

INTEGERS = st.integers(-(2**63), 2**63 - 1)
# A field of the csv module begins with no blank, as those after a separator do not count; NUL and
# lone returns are refused, and half a surrogate pair cannot be encoded.
TEXTS = st.text(
    st.characters(exclude_characters="\0\r", exclude_categories=["Cs"]), min_size=1, max_size=20
).filter(lambda text: text == text.lstrip(" \t"))
PLAIN = st.text("abcxyz01", min_size=1, max_size=12)
BROKEN = st.text('ab\n",', min_size=1, max_size=40)
LIKE_NUMBERS = st.sampled_from(["7", "007", "-0", "+7", "7.0", "1e3", "NA", "nan"])
IDS = st.one_of(INTEGERS.map(str), LIKE_NUMBERS, PLAIN, TEXTS)
VALUES = st.one_of(
    st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False, allow_infinity=False, width=64)
)


@st.composite
def columns_of_ids(draw):
    """Draw how the ids of a column look: mostly, all are alike."""
    return draw(st.sampled_from([INTEGERS.map(str), LIKE_NUMBERS, PLAIN, TEXTS, BROKEN, IDS]))


@st.composite
def tables(draw):
    n_rows = draw(st.integers(1, 30))
    users, items = draw(columns_of_ids()), draw(columns_of_ids())
    row = st.tuples(users, items, VALUES.map(repr), TEXTS)
    rows = draw(st.lists(row, min_size=n_rows, max_size=n_rows))
    return [list(row) for row in rows]


def as_ids(texts):
    """Return ids as the reader should: integers if each is written as ``str`` writes it."""
    try:
        numbers = [int(text) for text in texts]
    except ValueError:
        return texts
    fit = all(-(2**63) <= number < 2**63 for number in numbers)
    return numbers if fit and list(map(str, numbers)) == texts else texts


def write(rows, *, sep, quoting, line_end):
    file = io.StringIO()
    csv.writer(file, delimiter=sep, quoting=quoting, lineterminator=line_end).writerows(rows)
    return file.getvalue().encode()


@given(
    rows=tables(),
    sep=st.sampled_from(",\t;| "),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    line_end=st.sampled_from(["\n", "\r\n"]),
    chunksize=st.integers(1, 40),
)
def test_what_is_written_in_a_dialect_comes_back(rows, sep, quoting, line_end, chunksize):
    data = write([["u", "i", "v", "note"], *rows], sep=sep, quoting=quoting, line_end=line_end)

    X = read_interactions(
        io.BytesIO(data), ["u", "i", "v"], sep=sep, header=True, chunksize=chunksize
    )

    users, items, values, _ = map(list, zip(*rows, strict=True))
    assert X["u"].tolist() == as_ids(users)
    assert X["i"].tolist() == as_ids(items)
    assert X["v"].tolist() == (
        list(map(int, values)) if X["v"].dtype.kind == "i" else list(map(float, values))
    )


@given(rows=tables(), chunksize=st.integers(1, 40), drop=st.lists(st.integers(0, 89), max_size=5))
def test_the_size_of_the_chunks_does_not_show(rows, chunksize, drop):
    for place in drop:
        rows[place // 3 % len(rows)][place % 3] = ""
    data = write(rows, sep=",", quoting=csv.QUOTE_MINIMAL, line_end="\n")
    options = {"sep": ",", "header": False, "on_missing": "drop"}

    def read(**more):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DataWarning)
            return read_interactions(io.BytesIO(data), [0, 1, 2], **options, **more)

    assume(any(all(row[:3]) for row in rows))

    pd.testing.assert_frame_equal(read(chunksize=chunksize), read())


@given(rows=tables(), sep=st.sampled_from([",", "::", "\t"]))
def test_the_fast_way_and_the_careful_way_agree(rows, sep):
    plain = [
        row[:3]
        for row in rows
        if not set('\n"\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029') & set("".join(row))
    ]
    assume(plain and not any(sep[0] in field for row in plain for field in row))
    data = "".join(f"{sep.join(row)}\n" for row in plain).encode()

    fast = read_interactions(io.BytesIO(data), sep=sep, header=False)
    # A blank line is nothing that the fast way knows.
    careful = read_interactions(io.BytesIO(data + b"\n"), sep=sep, header=False)

    pd.testing.assert_frame_equal(fast, careful)


@given(st.binary(max_size=200))
def test_no_bytes_get_past_a_value_error(data):
    with suppress(ValueError):
        assert len(read_interactions(io.BytesIO(data))) > 0


@given(st.text(st.sampled_from('ab1,;"\n\r \t.0-'), max_size=60), st.integers(1, 20))
def test_no_text_gets_past_a_value_error_and_no_chunk_changes_it(text, chunksize):
    def read(**options):
        try:
            return read_interactions(io.StringIO(text, newline=""), header=False, **options)
        except ValueError as error:
            return str(error)

    whole, parts = read(), read(chunksize=chunksize)

    if isinstance(whole, str):
        assert isinstance(parts, str)
    else:
        pd.testing.assert_frame_equal(parts, whole)


@given(rows=tables(), chunksize=st.integers(1, 40))
def test_arrow_gives_what_text_gives(rows, chunksize):
    users, items, values, _ = map(list, zip(*rows, strict=True))
    data = write(rows, sep=",", quoting=csv.QUOTE_ALL, line_end="\n")
    floats = list(map(float, values))
    table = pa.table({"user": as_ids(users), "item": as_ids(items), "value": floats})

    text = read_interactions(io.BytesIO(data), [0, 1, 2], sep=",", header=False)
    arrow = read_interactions(table, chunksize=chunksize)

    pd.testing.assert_frame_equal(arrow.iloc[:, :2], text.iloc[:, :2])
    assert arrow["value"].tolist() == text["value"].astype(float).tolist()
