"""Text files of all kinds are read as they are written; what is wrong is named with its line."""
# SPDX-License-Identifier: BSD-3-Clause

import io
import re
import sqlite3
import warnings

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from sklearn_recsys.datasets import read_interactions
from sklearn_recsys.datasets._reading._lines import LONGEST_LINE
from sklearn_recsys.datasets._reading._read_interactions import Options, read_with_layout
from sklearn_recsys.exceptions import DataWarning
from sklearn_recsys.interactions._validation import validate_interactions
from sklearn_recsys.preprocessing import EventWeighter


def read(text, columns=None, **options):
    """Read lines of text, or bytes, as a file."""
    data = text if isinstance(text, bytes) else text.encode()
    return read_interactions(io.BytesIO(data), columns, **options)


def refusal(text, columns=None, **options):
    """Return the message of the ValueError that reading must raise."""
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the caller looks at the message
        read(text, columns, **options)
    return str(caught.value)


# ---- how lines are divided


@pytest.mark.parametrize("sep", [",", "\t", ";", "|", "::", " "])
def test_the_separator_is_found(sep):
    X, layout = read_with_layout(
        io.StringIO("".join(f"{sep.join(row)}\n" for row in [("who", "what"), ("ann", "tea")]))
    )

    assert X.to_dict("list") == {"who": ["ann"], "what": ["tea"]}
    assert (layout.sep, layout.has_header, layout.names) == (sep, True, ("who", "what"))


@pytest.mark.parametrize("sep", ["->", "§", " | ", "\x1f", "aa"])
def test_any_other_separator_can_be_passed(sep):
    X = read(f"1{sep}2{sep}3\n4{sep}5{sep}6\n", sep=sep)

    assert X.to_numpy().tolist() == [[1, 2, 3], [4, 5, 6]]


def test_a_long_separator_within_quotes_is_part_of_the_text():
    X = read('who::what\n"a::b"::"x"\nc::d\n')

    assert X.to_numpy().tolist() == [["a::b", "x"], ["c", "d"]]


def test_the_separator_that_gives_most_columns_wins():
    assert read("1;2;3,5\n1;4;2,0\n")["value"].tolist() == [3.5, 2.0]


def test_a_first_line_with_a_number_is_data():
    X = read("ann,tea,3,978300760\nbob,jam,1,978300761\n")

    assert list(X.columns) == ["user", "item", "value", "time"]
    assert X.to_numpy().tolist() == [["ann", "tea", 3, 978300760], ["bob", "jam", 1, 978300761]]


def test_a_header_is_as_one_says_it_is():
    assert read("ann,tea\nbob,jam\n", header=False)["user"].tolist() == ["ann", "bob"]
    assert read("1,2\n3,4\n", header=True).to_dict("list") == {"1": [3], "2": [4]}


def test_line_ends_of_all_systems_and_a_missing_last_one_are_taken():
    lines = ["who,what", "ann,tea", "bob,jam"]
    for end in ("\n", "\r\n", "\r"):
        assert read(end.join(lines)).to_numpy().tolist() == [["ann", "tea"], ["bob", "jam"]]
        assert len(read(end.join([*lines, ""]))) == 2


def test_blank_lines_are_no_rows_and_count_as_lines():
    text = "\nwho,what,times\n\nann,tea,1\n   \nbob,jam,2\n\n"

    assert read(text)["who"].tolist() == ["ann", "bob"]
    assert "line 8" in refusal(f"{text}zoe,pie,x\n")


def test_blanks_after_a_separator_do_not_count_but_others_do():
    assert read("1, 2\n3,\t4\n")["item"].tolist() == [2, 4]
    assert read("ann, tea\n bob,jam \n", header=False).to_numpy().tolist() == [
        ["ann", "tea"],
        ["bob", "jam "],
    ]


def test_a_byte_order_mark_and_quotes_are_no_part_of_names():
    X = read(b'\xef\xbb\xbfuser,item\r\n"ann","tea, green"\r\n')

    assert X.to_dict("list") == {"user": ["ann"], "item": ["tea, green"]}


def test_quoted_fields_may_hold_separators_quotes_and_line_ends():
    X = read('u,i,review\n1,"say ""hi""","good,\nvery\ngood"\n2,"a,b",fine\n', ["u", "i"])

    assert X.to_numpy().tolist() == [[1, 'say "hi"'], [2, "a,b"]]


@pytest.mark.parametrize("chunksize", [1, 2, 5, 17, 100])
def test_quoted_line_ends_may_be_where_chunks_end(chunksize):
    rows = [(n, "item\n" + "line,\n" * (n % 7) + str(n)) for n in range(60)]
    text = "u,i\n" + "".join(f'{user},"{item}"\n' for user, item in rows)

    X = read(text, chunksize=chunksize)

    assert list(X.itertuples(index=False, name=None)) == rows
    n_lines = text.count("\n")
    assert f"line {n_lines + 1}: expected 2 fields" in refusal(
        f"{text}1,2,3\n", chunksize=chunksize
    )
    unclosed = refusal(f'{text}1,"2\n3,4\n', chunksize=chunksize)
    assert f"line {n_lines + 1}: a double quote is opened and not closed" in unclosed
    assert f"offset {len(text)}." in refusal(text.encode() + b"\xff,2\n", chunksize=chunksize)


def test_fields_that_are_all_quoted_are_read_as_if_they_were_not():
    X = read('"u","i","v"\r\n"1","a","2.5"\r\n"2"," b",""\r\n', on_missing="raise", columns=[0, 1])

    assert X.to_numpy().tolist() == [[1, "a"], [2, " b"]]


def test_a_quote_within_a_text_is_part_of_it():
    assert read('u,i\n5" disc,2\n3,4\n')["u"].tolist() == ['5" disc', "3"]


def test_without_quoting_quotes_are_part_of_texts():
    X = read('u\ti\n"Weird Al" Yankovic\t2\n"x\t4\n', quoting=False)

    assert X["u"].tolist() == ['"Weird Al" Yankovic', '"x']


def test_old_encodings_are_read():
    assert read("u,i\ncafé,1\n".encode("latin-1"), encoding="latin-1")["u"].tolist() == ["café"]
    assert read("u,i\ncafé,1\n".encode("utf-16"), encoding="utf-16")["u"].tolist() == ["café"]
    assert read("u,i\n音,1\n".encode("shift-jis"), encoding="shift-jis")["u"].tolist() == ["音"]


# ---- ids


@pytest.mark.parametrize(
    ("written", "ids"),
    [
        (["-3", "0", "12"], [-3, 0, 12]),
        (["-0", "1"], ["-0", "1"]),
        (["1.0", "2"], ["1.0", "2"]),
        (["+1", "2"], ["+1", "2"]),
        (["1_0", "2"], ["1_0", "2"]),
        (["1e3", "2"], ["1e3", "2"]),
        (["007", "7", "0007"], ["007", "7", "0007"]),
        (["7 ", "7"], ["7 ", "7"]),
        (["٣", "3"], ["٣", "3"]),
        (["9223372036854775807", "2"], [9223372036854775807, 2]),
        (["-9223372036854775808", "2"], [-9223372036854775808, 2]),
        (["9223372036854775808", "2"], ["9223372036854775808", "2"]),
        (["9" * 5000, "2"], ["9" * 5000, "2"]),
        (["NA", "null"], ["NA", "null"]),
        (["nan", "None"], ["nan", "None"]),
        (["inf", "1"], ["inf", "1"]),
        (["True", "False"], ["True", "False"]),
    ],
)
@pytest.mark.parametrize("quote", ["", '"'])
def test_ids_become_integers_only_where_that_loses_nothing(written, ids, quote):
    rows = "".join(f"{quote}{text}{quote},tea\n" for text in written)

    X = read(f"user,item\n{rows}")
    swapped = read("item,user\n" + "".join(f"tea,{quote}{text}{quote}\n" for text in written))

    assert X["user"].tolist() == ids
    assert swapped["user"].tolist() == ids


@pytest.mark.parametrize("chunksize", [1, 2, 3, 100])
def test_one_text_further_down_makes_all_ids_text(chunksize):
    X = read("u,i\n7,1\n8,1\n7,2\n007,3\nx,1\n8,1\n", chunksize=chunksize)

    assert X["u"].tolist() == ["7", "8", "7", "007", "x", "8"]
    assert X["i"].tolist() == [1, 1, 2, 3, 1, 1]


def test_text_ids_are_categories_in_order_and_integers_take_32_bits_where_they_fit():
    X = read("u,i\nzoe,1\nann,2\nzoe,2147483647\n")
    wide = read("u,i\n1,2147483648\n")

    assert X["u"].cat.categories.tolist() == ["ann", "zoe"]
    assert X["u"].cat.codes.tolist() == [1, 0, 1]
    assert X["i"].dtype == np.int32
    assert wide["i"].dtype == np.int64


def test_ids_of_any_length_are_kept_apart():
    ids = ["x" * n for n in (1, 7, 8, 9, 16, 63)] + ["x" * 8 + "y", "y" + "x" * 8, "é" * 9]
    long = [*ids, "x" * 64, "x" * 65, "x" * 200]

    for texts in (ids, long):
        X = read("".join(f"{text},{n}\n" for n, text in enumerate(texts * 3)), sep=",")
        assert X["user"].tolist() == texts * 3
        assert X["user"].nunique() == len(texts)


# ---- values and times


@pytest.mark.parametrize(
    ("written", "dtype"),
    [
        (["1", "-5"], np.int32),
        (["1", "3000000000"], np.int64),
        (["1", "3.5"], np.float32),
        (["1.0", "2.0"], np.float32),
        (["16777217", "0.5"], np.float64),
        (["0.1", "2"], np.float64),
        (["1e-3", "1"], np.float64),
        (["12345678901234567890", "1"], np.float64),
        (["123456789012345678901234567890", "0.25"], np.float64),
        ([".5", "2."], np.float32),
        (["0.3333333333333333", "0.30000000000000004"], np.float64),
    ],
)
def test_values_take_the_fewest_bits_that_are_exact(written, dtype):
    for chunksize in (1, 100):
        X = read("".join(f"a,b,{text}\n" for text in written), header=False, chunksize=chunksize)
        assert X["value"].dtype == dtype
        assert X["value"].tolist() == [float(text) for text in written]


def test_a_decimal_comma_is_found_or_said():
    assert read("a\tb\t3,5\nc\td\t2,25\n")["value"].tolist() == [3.5, 2.25]
    assert read("a;b;3\nc;d;2,25\n", decimal=",")["value"].tolist() == [3.0, 2.25]
    assert "pass decimal=','" in refusal("a;b;3\nc;d;2,25\n")
    assert "divides the columns" in refusal("a,b,1\n", decimal=",")


def test_a_point_beside_a_decimal_comma_is_no_decimal_sign():
    assert "'1.234' beside a decimal comma" in refusal("a;b;1.234\nc;d;1,5\n", decimal=",")
    assert "'1.234,5' beside a decimal comma" in refusal("a;b;2,5\nc;d;1.234,5\n", decimal=",")
    assert "decimal comma" in refusal("a;b;1.234\n", decimal=",")


def test_times_are_seconds_or_dates():
    seconds = read("a,b,1,978300760\n")["time"]
    dates = read(
        "a,b,1,2024-05-31T12:00:00Z\nc,d,1,2024-05-31 12:00:00.5+02:00\ne,f,1,2024-05-31\n"
    )

    assert seconds.dtype == np.int64
    assert dates["time"].dtype == np.dtype("datetime64[us]")
    assert dates["time"].tolist() == [
        pd.Timestamp("2024-05-31 12:00:00"),
        pd.Timestamp("2024-05-31 10:00:00.5"),
        pd.Timestamp("2024-05-31"),
    ]


def test_a_time_without_a_value_has_the_value_one():
    X = read("a,b,978300760\nc,d,5\n", {"time": 2, "item": 1, "user": 0})

    assert list(X.columns) == ["user", "item", "value", "time"]
    assert X["value"].tolist() == [1, 1]


# ---- which columns


def test_columns_are_chosen_by_name_position_or_role():
    text = "id,song,x,listener,plays\n1,s,?,9,3\n"

    for columns in (
        ["listener", "song", "plays"],
        [3, 1, "plays"],
        {"value": 4, "item": "song", "user": "listener"},
        pd.Index(["listener", "song", "plays"]),
        np.array([3, 1, 4]),
    ):
        assert read(text, columns).to_dict("list") == {"listener": [9], "song": ["s"], "plays": [3]}


def test_none_takes_at_most_four_columns():
    assert list(read("a,b,1,2,x,y\n").columns) == ["user", "item", "value", "time"]
    X, _ = read_with_layout(io.StringIO("a,b,1,x\n"), options=Options(at_most=3))
    assert list(X.columns) == ["user", "item", "value"]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (
            ["usr_id", "item"],
            r"no column 'usr_id', but 'user_id', 'item'. Did you mean 'user_id'\?",
        ),
        (["User_ID", "item"], r"Did you mean 'user_id'\?"),
        (["user_id", "item", "value"], "no column 'value', but 'user_id', 'item'"),
        (["user_id"], "expected two to four columns"),
        ([0, 2], "has columns 0 to 1, got 2"),
        ([0, -1], "has columns 0 to 1, got -1"),
        ([0, 0], "twice"),
        ([0, "user_id"], "twice"),
        ({"user": 0}, "names no item"),
        ({"user": 0, "item": 1, "rating": 2}, r"got \['rating'\]"),
    ],
)
def test_a_column_that_is_not_there_is_named(columns, message):
    assert re.search(message, refusal("user_id,item\n1,2\n", columns))


@pytest.mark.parametrize("columns", ["user", 3, [0, True], [0, 1.0], [0, None]])
def test_columns_of_another_type_are_refused(columns):
    with pytest.raises(TypeError, match="columns: expected"):
        read("user,item\n1,2\n", columns)


def test_names_need_a_header_and_must_tell_columns_apart():
    assert "has no header, so 'user'" in refusal("1,2\n", ["user", "item"])
    assert "two columns 'a': pass positions" in refusal("a,a,b\n1,2,3\n", ["a", "b"]).replace(
        "has 2 columns", "two columns"
    )
    assert "calls two of its columns alike" in refusal("a,a\n1,2\n")
    assert "has no name" in refusal(",user,item\n0,1,2\n")
    assert list(read(",user,item\n0,1,2\n", [1, 2]).columns) == ["user", "item"]


# ---- what cannot be read


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("\n \n\n", "is empty"),
        ("user,item\n", r"no interactions below its header, \['user', 'item'\]"),
        ("user\nann\nbob\n", "has no columns: expected user, item"),
        ("hello", "has no columns"),
        ("a,b,1\na,b\n", r"equally many fields in each line, but line 2 has 2 field\(s\)"),
        ("u,i\n1,2\n3,4,5\n", "line 3 has 3"),
        ("u,i\n" + "1,2\n" * 300 + "3,4,5\n", "line 302: expected 2 fields divided by ',', got 3"),
        ("u,i\n" + "1,2\n" * 300 + "3\n", "line 302: expected 2 fields divided by ',', got 1"),
        ("1,2,3\n" * 300 + "1,2\n1,2,3,4\n", "line 301: expected 3 fields divided by ',', got 2"),
        ("1,2,3\n" * 300 + "1,2,3,4\n1,2\n", "line 301: expected 3 fields divided by ',', got 4"),
        ("1::2\n" * 300 + "1:2\n", "line 301: expected 2 fields divided by '::', got 1"),
        ("u,i,v\n1,2,x\n", r"line 2: expected a number in column 'v', .* got 'x'"),
        ("u,i,v\n1,2,3\n1,2,inf\n", "line 3: expected a finite number in column 'v'"),
        ("u,i,v\n1,2,1e999\n", "expected a finite number"),
        ("u,i,v\n1,2,nan\n", "got 'nan'"),
        ("u,i,v\n1,2,True\n", "got True"),
        ("u,i,v\n1,2,1_0\n", "got '1_0'"),
        ("u,i,v\n1,2,0x10\n", "got '0x10'"),
        ('u,i,v\n1,2,3\n"a,b",2,x\n', "line 3: expected a number"),
        ('u,i,v\n1,2,"3\n4"\n', r"got '3\\n4'"),
        ("u,i,v,t\n1,2,3,04/26/2000\n", "line 2: expected a date .* in column 't'.*04/26/2000"),
        ("u,i,v,t\n1,2,3,2020-01-01\n1,2,3,978300760\n", "line 3: expected a date"),
        ("u,i,v,t\n1,2,3,True\n", "expected a number or a date"),
        ('u,i\n1,2\n"a,b\n', "quoting=False"),
        ("1,2\n" * 300 + '1,"' + "x\n" * 100_000, "line 301: field larger than .* quoting=False"),
        ("u,i\n" + "1,2\n" * 300 + '"a,b\n1,2\n', "line 302: a double quote is opened and not"),
        ("u,i\n1,2\x003\n", "line 2 holds a NUL byte"),
        ("u,i\n" + "1,2\n" * 300 + "1\r3,2\n", "line 302: new-line character"),
        (b"u,i\ncaf\xe9,2\n", "not a text file in UTF-8: byte 0xe9 at offset 7.*latin-1"),
        (b"\xef\xbb\xbfu,i\ncaf\xe9,2\n", "byte 0xe9 at offset 10"),
        ("u,i\n1,2\n".encode("utf-16"), 'looks like UTF-16: pass encoding="utf-16"'),
        (bytes(range(1, 256)) * 10, "no text|no columns|not a text"),
        (np.random.default_rng(0).bytes(5000), "NUL byte|not a text file"),
        (b"x" * (LONGEST_LINE + 1), "line 1 is longer than"),
        (b"1,2\n" * 9 + b"x" * (2 * LONGEST_LINE), "line 10 is longer than"),
        (b'1,"' + b"x\n" * LONGEST_LINE, "line 1: field larger than .* quoting=False"),
    ],
)
def test_what_is_no_table_of_interactions_is_refused(text, message):
    assert re.search(message, refusal(text))


@pytest.mark.parametrize("n_before", [0, 2])
@pytest.mark.parametrize("chunksize", [1, 100])
def test_the_byte_that_is_no_text_is_placed_in_the_file(n_before, chunksize):
    text = b"u,i\n" + b"1,2\n" * n_before

    for encoding in ("utf-8", "ascii", "shift-jis"):
        message = refusal(text + b"\xff,2\n", encoding=encoding, chunksize=chunksize)
        assert f"offset {len(text)}." in message


def test_a_byte_far_down_is_placed_too():
    text = b"u,i\n" + b"1,2\n" * 600_000

    assert f"offset {len(text)}." in refusal(text + b"\xff,2\n", chunksize=1000)


@pytest.mark.parametrize("is_in_head", [True, False])
def test_a_line_without_end_is_refused_before_memory_is_full(is_in_head):
    class Endless(io.RawIOBase):
        n_read = 0

        def readable(self):
            return True

        def readinto(self, buffer):
            text = b"x" if is_in_head or self.n_read else b"1,2\n"
            buffer[:] = (text * len(buffer))[: len(buffer)]
            self.n_read += len(buffer)
            return len(buffer)

    file = Endless()

    with pytest.raises(ValueError, match="is longer than 1048576 bytes"):
        read_interactions(file)

    assert file.n_read <= 4 * LONGEST_LINE


def test_a_codec_that_is_not_of_text_is_refused():
    for encoding in ("utf-9", "base64"):
        assert "encoding: expected a name that Python knows" in refusal("1,2\n", encoding=encoding)


# ---- empty entries


MESSY = "u,i,v\n1,a,2\n,b,1\n\n3,c,\n,,4\n5,d,1\n"


@pytest.mark.parametrize("chunksize", [1, 2, 100])
def test_empty_entries_are_counted_with_the_first_line(chunksize):
    message = refusal(MESSY, chunksize=chunksize)

    assert "'u' in 2 row(s), first in line 3" in message
    assert "'i' in 1 row(s), first in line 6" in message
    assert "'v' in 1 row(s), first in line 5" in message
    assert 'on_missing="drop"' in message


@pytest.mark.parametrize("chunksize", [1, 2, 100])
def test_rows_with_empty_entries_can_be_dropped(chunksize):
    with pytest.warns(DataWarning, match=r"dropped 3 of 5 rows.*'u' in 2 row\(s\)"):
        X = read(MESSY, on_missing="drop", chunksize=chunksize)

    assert X.to_dict("list") == {"u": [1, 5], "i": ["a", "d"], "v": [2, 1]}
    # The ids of dropped rows are in no category.
    assert X["i"].cat.categories.tolist() == ["a", "d"]


@pytest.mark.parametrize(
    ("lines", "dtype"),
    [
        (["a,b,1,", "a,b,1,2024-05-31", "a,b,1,", "a,b,1,2024-06-01"], "datetime64[us]"),
        (["a,b,1,", "a,b,1,30", "a,b,1,"], "float64"),
        (["a,b,1,30", "a,b,,20", "a,,1,10"], "int64"),
    ],
)
def test_empty_times_do_not_hide_what_the_others_are(lines, dtype):
    tables = []
    for chunksize in (1, 2, 100):
        with pytest.warns(DataWarning, match="dropped 2"):
            tables.append(read("\n".join(lines), on_missing="drop", chunksize=chunksize))

    assert tables[0]["time"].dtype == dtype
    for table in tables[1:]:
        pd.testing.assert_frame_equal(table, tables[0])


def test_the_warning_is_about_the_line_that_calls():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        read_interactions(io.StringIO(MESSY), on_missing="drop")

    assert [warning.filename for warning in caught] == [__file__]


def test_nothing_is_left_when_every_row_lacks_something():
    with (
        pytest.warns(DataWarning, match="dropped 2 of 2"),
        pytest.raises(ValueError, match="no row has an entry in every column"),
    ):
        read("u,i\n1,\n,2\n", on_missing="drop")


# ---- other parameters


@pytest.mark.parametrize(
    "options",
    [
        {"sep": ""},
        {"sep": "\n"},
        {"sep": '"'},
        {"sep": None},
        {"header": "yes"},
        {"decimal": ";"},
        {"on_missing": "ignore"},
        {"chunksize": 0},
        {"chunksize": 1.5},
        {"chunksize": True},
    ],
)
def test_a_parameter_out_of_range_is_named(options):
    assert refusal("1,2\n", **options).startswith(f"{next(iter(options))}: expected ")


def test_a_separator_that_does_not_divide_is_named():
    assert "not divided into columns by ';'" in refusal("1,2\n", sep=";")


def test_progress_is_counted(capsys):
    counts = []

    read("1,2\n" * 10, chunksize=4, progress=counts.append)
    read("1,2\n" * 10, progress=True)

    assert counts == sorted(counts)
    assert counts[-1] == 10
    assert len(counts) > 1
    assert capsys.readouterr().err == "\rread 10 rows\n"


def test_the_gate_takes_what_is_read():
    X = read("who,what,times\nbob,jam,1\nann,tea,3\nann,tea,4\n")

    found = validate_interactions(X)

    assert found.users.ids.tolist() == ["ann", "bob"]
    assert found.matrix.toarray().tolist() == [[0, 7], [1, 0]]


EVENTS = "who,what,did,day\nann,tea,view,1\nbob,jam,NA,2\nann,jam,view,3\n"


def test_events_are_text_for_a_weighter():
    roles = {"user": "who", "item": "what", "event": "did", "time": "day"}

    table = read_interactions(io.StringIO(EVENTS), roles)

    assert table.columns.tolist() == ["who", "what", "did", "day"]
    assert table["did"].tolist() == ["view", "NA", "view"]
    weighed = EventWeighter({"view": 1, "NA": -2}).fit_transform(table)
    assert weighed["did"].tolist() == [1, -2, 1]


@pytest.mark.parametrize("chunksize", [1, 10])
def test_events_that_are_written_as_numbers_stay_text(chunksize):
    log = io.StringIO("ann,tea,1\nbob,jam,01\n")

    table = read_interactions(log, {"user": 0, "item": 1, "event": 2}, chunksize=chunksize)

    assert table["event"].tolist() == ["1", "01"]


def test_the_same_events_come_from_a_data_base_and_from_arrow():
    frame = pd.DataFrame({"who": [1, 2], "what": ["tea", "jam"], "did": ["buy", "view"]})
    roles = {"user": "who", "item": "what", "event": "did"}
    base = sqlite3.connect(":memory:")
    frame.to_sql("log", base, index=False)

    from_base = read_interactions(base, roles, query="log")
    base.close()

    pd.testing.assert_frame_equal(from_base, read_interactions(pa.table(frame), roles))
    assert from_base["did"].tolist() == ["buy", "view"]


def test_an_event_in_place_of_a_number_is_hinted_at():
    with pytest.raises(ValueError, match=r"got 'view'.* names of events are read by columns="):
        read_interactions(io.StringIO(EVENTS))


def test_a_value_and_an_event_are_too_much():
    with pytest.raises(ValueError, match="a value and an event"):
        read_interactions(io.StringIO(EVENTS), {"user": 0, "item": 1, "value": 3, "event": 2})
