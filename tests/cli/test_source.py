"""Interactions are read from whatever file they are in, and told plainly where they cannot be."""
# SPDX-License-Identifier: BSD-3-Clause

import gzip
import io
import json
import os
import sqlite3
import sys
import threading
import zipfile

import numpy as np
import pandas as pd
import pytest

ROWS = [
    ("ann", "tea", 3),
    ("ann", "jam", 1),
    ("bob", "tea", 2),
    ("bob", "pie", 5),
    ("cy", "pie", 1),
]


@pytest.fixture
def listed(run):
    """Return a function that reads a file, and gives its column names and what ann gets."""

    def read(path, *options, user="ann"):
        out = run("recommend", path, "--user", user, "--format", "json", *options).out
        records = json.loads(out)
        return list(records[0]), [list(record.values())[2] for record in records]

    return read


# ---- text


@pytest.mark.parametrize("sep", [",", "\t", ";", "|", "::", " "])
def test_the_separator_is_found(table, listed, sep):
    lines = [sep.join(map(str, row)) for row in [("who", "what", "times"), *ROWS]]

    assert listed(table(lines)) == (["who", "rank", "what", "score"], ["pie"])


def test_another_separator_can_be_named(table, listed):
    lines = ["%%".join(map(str, row)) for row in ROWS]

    assert listed(table(lines), "--sep", "%%") == (["user", "rank", "item", "score"], ["pie"])


def test_a_tab_can_be_named_as_a_shell_writes_it(table, listed):
    assert listed(table(["\t".join(map(str, row)) for row in ROWS]), "--sep", r"\t")[1] == ["pie"]


@pytest.mark.parametrize("columns", ["who,what,times", "4,2,3", " who , what ", "4,what"])
def test_columns_are_chosen_by_name_or_position(table, listed, columns):
    lines = [f"{day},{what},{times},{who}" for day, (who, what, times) in enumerate(ROWS)]

    path = table(["day,what,times,who", *lines])

    assert listed(path, "--columns", columns) == (["who", "rank", "what", "score"], ["pie"])


def test_a_column_with_a_comma_in_its_name_is_chosen_in_quotes(table, listed):
    path = table(['"who, really",what', *(f"{who},{what}" for who, what, _ in ROWS)])

    assert listed(path, "--columns", '"who, really",what')[0][0] == "who, really"


def test_a_fourth_column_is_read_by_describe_alone(table, listed, run):
    path = table(["who,what,times,note", *(f"{a},{b},{c},by hand" for a, b, c in ROWS)])
    dated = table(["who,what,times,day", *(f"{a},{b},{c},2024-05-31" for a, b, c in ROWS)], "d.csv")

    assert listed(path)[1] == ["pie"]
    assert "2024-05-31" in run("describe", dated).out


@pytest.mark.parametrize(("option", "n_rows"), [("--header", 4), ("--no-header", 5)])
def test_what_the_first_line_is_can_be_told(table, run, option, n_rows):
    path = table([f"{who},{what}" for who, what, _ in ROWS])

    assert f"{n_rows} interactions" in run("recommend", path, "--all-users", option).err


def test_the_encoding_can_be_named(table, listed):
    path = table([f"{who}é,{what},{times}" for who, what, times in ROWS], encoding="latin-1")

    assert listed(path, "--encoding", "latin-1", user="anné")[1] == ["pie"]


def test_ids_are_what_is_written(table, run):
    path = table(["user,item", "007,NA", "7,NA", "7,nan", "0007,None", "007,null"])

    out = run("recommend", path, "--user", "7", "--user=007", "--format=json", "--include-seen").out

    assert {record["user"] for record in json.loads(out)} == {"7", "007"}
    assert {record["item"] for record in json.loads(out)} == {"NA", "nan", "null", "None"}


def test_quotes_can_be_part_of_texts(table, listed):
    lines = [f'{who}\t"{what}\t{times}' for who, what, times in ROWS]

    assert listed(table(lines), "--no-quotes")[1] == ['"pie']


def test_rows_with_an_empty_column_can_be_left_out(table, listed, run):
    path = table(["who,what,times", *(f"{a},{b},{c}" for a, b, c in ROWS), "dan,,3", "dan,tea,"])

    assert listed(path, "--drop-missing")[1] == ["pie"]
    err = run("recommend", path, "--user", "ann", "--drop-missing").err
    assert "warning: " in err
    assert "dropped 2 of 7 rows" in err


# ---- other sources


def test_a_packed_file_is_read(tmp_path, listed):
    path = tmp_path / "plays.csv.gz"
    path.write_bytes(gzip.compress("".join(f"{a},{b},{c}\n" for a, b, c in ROWS).encode()))

    assert listed(path)[1] == ["pie"]


def test_parquet_is_read_with_the_types_it_has(tmp_path, run):
    pytest.importorskip("pyarrow")
    path = tmp_path / "plays.parquet"
    table = pd.DataFrame(ROWS, columns=["who", "what", "times"])
    table.assign(who=table["who"].map({"ann": 1, "bob": 2, "cy": 3})).to_parquet(path)

    records = json.loads(run("recommend", path, "--user", 1, "--format", "json").out)

    assert [(record["who"], record["what"]) for record in records] == [(1, "pie")]


@pytest.fixture
def database(tmp_path):
    path = tmp_path / "plays.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE plays (who TEXT, what TEXT, times INTEGER)")
    connection.executemany("INSERT INTO plays VALUES (?, ?, ?)", ROWS)
    connection.commit()
    connection.close()
    return path


@pytest.mark.parametrize("query", ["plays", "SELECT who, what FROM plays WHERE times > 0"])
def test_a_data_base_is_read_by_a_query(database, listed, query):
    assert listed(database, "--query", query) == (["who", "rank", "what", "score"], ["pie"])


def test_a_data_base_without_a_query_is_asked_for_one(database, refusal):
    line = refusal("describe", database)

    assert line.endswith("with --query, which takes SQL or the name of a table (plays).")


@pytest.mark.parametrize(
    "query", ["nothing", "SELEKT", "DROP TABLE plays", "DELETE FROM plays", "", "SELECT 1", ";"]
)
def test_a_query_that_gives_no_interactions_is_refused(database, refusal, run, query):
    assert refusal("describe", database, "--query", query)
    untouched = run("describe", database, "--query", "plays", "--format", "json").out
    assert json.loads(untouched)["n_rows"] == 5


def test_a_query_is_for_data_bases(pairs, refusal):
    assert "is for SQLite data bases" in refusal("describe", pairs, "--query", "plays")


def test_a_damaged_data_base_is_refused(tmp_path, refusal):
    path = tmp_path / "plays.db"
    path.write_bytes(b"SQLite format 3\0" + b"\1" * 100)

    assert "cannot be read" in refusal("describe", path)
    assert "refuses" in refusal("describe", path, "--query", "plays")


def test_standard_input_is_read(monkeypatch, listed):
    text = "".join(f"{a},{b},{c}\n" for a, b, c in ROWS)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))

    assert listed("-")[1] == ["pie"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs a named pipe")
def test_a_pipe_is_read_whole(tmp_path, run):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    lines = "".join(f"u{n},i{n % 7}\n" for n in range(20_000))
    writer = threading.Thread(target=path.write_text, args=[f"user,item\n{lines}"])
    writer.start()

    err = run("recommend", path, "--all-users", "--n-items", 1).err

    writer.join()
    assert "20000 interactions of 20000 users with 7 items" in err


# ---- what cannot be used


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"\n\n", "is empty"),
        (b"\xef\xbb\xbf", "is empty"),
        (b"user,item\n", "holds no interactions below its header"),
        (b"one\ntwo\n", "has no columns: expected user, item"),
        (b"a,b\nc\n", "with equally many fields in each line"),
        (b"a,b\n" * 300 + b"c,d,e\n", "line 301"),
        (b"user,item\nann,caf\xe9\n", "--encoding latin-1"),
        ("user,item\nann,tea\n".encode("utf-16"), "--encoding utf-16"),
        (b"a,b\n\0\0,c\n", "NUL byte"),
        (b"user,item,times\nann,tea,often\n", "line 2: expected a number in column 'times'"),
        (b"user,item,times\nann,tea,inf\n", "line 2: expected a finite number"),
        (b"user,item,times\nann,tea,1e39\nbob,jam,1\n", "too large"),
        (b"user,item,times\nann,tea,\n", "give --drop-missing to read the others"),
        (b"user,user\nann,tea\n", "calls two of its columns alike"),
        (b"score,item\nann,tea\n", "names other than 'score' and 'rank'"),
        (b'user,item\n"ann,tea\nbob,jam\n', "quote"),
        (b"PK\x03\x04 no archive", "is damaged"),
        (b"\x1f\x8b\x08 no archive", "is damaged"),
        (b"PAR1 no parquet PAR1", "parquet"),
        (b"a" * 2_000_000, "line 1 is longer than"),
    ],
)
def test_a_file_that_holds_no_interactions_is_refused(tmp_path, refusal, content, message):
    if content.startswith(b"PAR1"):
        pytest.importorskip("pyarrow")
    path = tmp_path / "plays.csv"
    path.write_bytes(content)

    line = refusal("recommend", path, "--user", "ann")

    assert message in line
    assert len(line) < 600


def test_an_archive_of_several_files_is_to_be_unpacked(tmp_path, refusal):
    path = tmp_path / "plays.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.csv", "ann,tea")
        archive.writestr("b.csv", "ann,tea")

    assert "(a.csv, b.csv)" in refusal("describe", path)
    assert refusal("describe", path).endswith("unpack it and name one of them.")


@pytest.mark.parametrize("name", ["nowhere.csv", ".", "a/b.csv", "x" * 300, "nowhere.parquet"])
def test_a_path_that_cannot_be_opened_is_named(tmp_path, refusal, name):
    assert refusal("describe", tmp_path / name).startswith(f"cannot read {tmp_path / name}: ")


def test_an_address_that_cannot_be_reached_is_named(refusal):
    # A port of this machine that nobody listens to: no name is looked up, nothing goes out.
    assert "http://127.0.0.1:9/plays.csv" in refusal("describe", "http://127.0.0.1:9/plays.csv")


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ("who,item", "has no column 'who', but 'user', 'item', 'times'"),
        ("User,item", "Did you mean 'user'?"),
        ("1,4", "columns 1 to 3, got 4"),
        ("1,user", "--columns names one column"),
        ("item,times,user", "expected a number in column 'user'"),
    ],
)
def test_columns_that_are_not_there_are_refused(table, refusal, columns, message):
    path = table(["user,item,times", "ann,tea,1", "bob,jam,2"])

    assert message in refusal("describe", path, "--columns", columns)


def test_a_name_cannot_be_found_without_a_header(table, refusal):
    line = refusal("describe", table(["1,2", "3,4"]), "--columns", "user,item")

    assert "give positions such as 1,2, or --header" in line


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--columns", "user"], "must be two to four names or positions"),
        (["--columns", "a,b,c,d,e"], "must be two to four names or positions"),
        (["--columns", "a,,b"], "must be two to four names or positions"),
        (["--columns", ""], "must be two to four names or positions"),
        (["--columns", "a,a"], "must be different columns"),
        (["--columns", "0,1"], "must be positions from 1"),
        (["--sep", ""], "must be one or more characters"),
        (["--sep", '"'], "must be one or more characters"),
        (["--encoding", "klingon"], "must be an encoding of text"),
        (["--encoding", "base64"], "must be an encoding of text"),
        (["--encoding", ""], "must be an encoding of text"),
        (["--head"], "unrecognized arguments: --head"),
        (["another.csv"], "unrecognized arguments: another.csv"),
    ],
)
def test_wrong_options_are_refused(pairs, misuse, options, message):
    assert message in misuse("describe", pairs, *options)


@pytest.mark.parametrize(
    "option",
    [
        "--columns=1,2",
        "--sep=;",
        "--no-header",
        "--header",
        "--no-quotes",
        "--drop-missing",
        "--query=t",
    ],
)
def test_an_option_about_a_file_needs_one(refusal, option):
    name = option.partition("=")[0]

    assert refusal("describe", option) == f"{name} tells how to read a FILE, but there is none."


def test_random_bytes_are_read_or_refused_without_a_traceback(tmp_path, capsys):
    from sklearn_recsys.cli import main

    rng = np.random.default_rng(0)
    path = tmp_path / "noise.csv"
    for _ in range(60):
        letters = np.frombuffer(b'a1,;\t"|\n\r :.-\xe9\0', dtype=np.uint8)
        path.write_bytes(rng.choice(letters, rng.integers(1, 60)).tobytes())
        assert main(["recommend", str(path), "--all-users"]) in (0, 2)
        assert "Traceback" not in capsys.readouterr().err
