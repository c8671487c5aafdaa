"""Results are written so that people and programs can read them."""
# SPDX-License-Identifier: BSD-3-Clause

import argparse
import io
import json
import sys

import numpy as np
import pandas as pd
import pytest

from sklearn_recsys.cli._output import object_lines, table_lines, write_result


def options(form=None, output=None):
    return argparse.Namespace(format=form, output=output, file=None, items=None)


@pytest.fixture
def written(capsys):
    """Return a function that writes a table in a format and returns the text."""

    def write(table, form):
        write_result(pd.DataFrame(table), options(form))
        return capsys.readouterr().out

    return write


def test_json_keeps_the_types_of_ids_and_all_letters(written):
    text = written(
        {"user": [1, 2], "item": ["thé", "茶"], "day": pd.to_datetime(["2020-01-02"] * 2)}, "json"
    )

    assert text == (
        '[\n  {"user": 1, "item": "thé", "day": "2020-01-02 00:00:00"},\n'
        '  {"user": 2, "item": "茶", "day": "2020-01-02 00:00:00"}\n]\n'
    )


def test_json_has_no_nan_and_no_digits_that_a_number_never_had(written):
    table = {
        "score": np.array([0.3, np.nan, np.inf], dtype=np.float32),
        "title": [None, np.nan, pd.NA],
        "share": [0.1, np.nan, -np.inf],
    }

    assert json.loads(written(table, "json"), parse_constant=pytest.fail) == [
        {"score": 0.3, "title": None, "share": 0.1},
        {"score": None, "title": None, "share": None},
        {"score": None, "title": None, "share": None},
    ]


def test_json_escapes_what_would_end_a_text(written):
    texts = ['"', "\\", "a\nb", "\x1b[31m", "\u2028"]

    found = json.loads(written({"item": texts}, "json"))

    assert [record["item"] for record in found] == texts


def test_an_object_holds_numbers_whatever_library_they_are_of():
    entries = {
        "n": np.int64(3),
        "share": np.float32(0.1),
        "none": np.nan,
        "list": (np.bool_(True),),
    }

    assert json.loads("\n".join(object_lines(entries))) == {
        "n": 3,
        "share": 0.1,
        "none": None,
        "list": [True],
    }


def test_csv_is_read_back_as_it_was(written):
    table = pd.DataFrame(
        {"user": [1, 2, 3], "item": ['a,"b"', "c\nd", " é"], "score": np.float32([0.1, 2.5, 1e-30])}
    )

    found = pd.read_csv(io.StringIO(written(table, "csv")))

    pd.testing.assert_frame_equal(found.astype({"score": np.float32}), table, check_dtype=False)


def test_a_table_is_aligned_whatever_the_width_of_letters(written):
    text = written(
        {"item": ["tea", "緑茶", "cafe\u0301"], "score": [10.0, 0.12345, 123456.0]}, "table"
    )

    assert text.splitlines() == [
        "item   score",
        "tea       10",
        "緑茶  0.1235",
        "cafe\u0301  123456",
    ]


def test_a_table_has_one_line_for_each_row_and_obeys_no_codes_of_the_data():
    lines = table_lines(pd.DataFrame({"title": ["a\nb\tc", "\x1b[2J\r", None]}), left=["title"])

    assert lines == ["title", "a b c", " [2J", ""]


@pytest.mark.parametrize(
    ("name", "first"), [("list.csv", "person,"), ("list.JSON", "["), ("list.txt", "person  ")]
)
def test_the_ending_of_the_path_chooses_the_format(pairs, run, tmp_path, name, first):
    out = run("recommend", pairs, "--user", "u1", "--output", tmp_path / name).out

    assert out == ""
    assert (tmp_path / name).read_text(encoding="utf-8").startswith(first)


def test_a_format_that_is_named_beats_the_ending(pairs, run, tmp_path):
    run("recommend", pairs, "--user", "u1", "--output", tmp_path / "a.csv", "--format", "json")

    assert json.loads((tmp_path / "a.csv").read_text(encoding="utf-8"))[0]["person"] == "u1"


@pytest.mark.parametrize("place", ["nowhere/list.csv", ".", ""])
def test_a_path_that_cannot_be_a_file_is_refused_before_the_work(pairs, refusal, tmp_path, place):
    path = str(tmp_path / place) if place else ""

    assert "is no path of a file in a folder that exists" in refusal(
        "recommend", pairs, "--user", "u1", "--output", path
    )


def test_the_file_that_is_read_is_not_overwritten(pairs, refusal):
    line = refusal("recommend", pairs, "--user", "u1", "--output", pairs)

    assert "would overwrite the file that is read" in line


def test_a_file_that_may_not_be_written_is_named(pairs, refusal, tmp_path, monkeypatch):
    def deny(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("sklearn_recsys.cli._output.open", deny, raising=False)

    line = refusal("recommend", pairs, "--user", "u1", "--output", str(tmp_path / "list.csv"))

    assert line.startswith("cannot write ")
    assert line.endswith("list.csv: Permission denied.")


@pytest.mark.parametrize(
    ("form", "expected"),
    [("table", b"item\nth?\n"), ("csv", "item\nthé\n".encode()), ("json", b'"th\xc3\xa9"')],
)
def test_a_terminal_without_the_letters_gets_question_marks_and_a_file_gets_utf_8(
    monkeypatch, form, expected
):
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii", newline="\n"))

    write_result(pd.DataFrame({"item": ["thé"]}), options(form))
    sys.stdout.flush()

    assert expected in raw.getvalue()


def test_remarks_go_to_the_other_stream(pairs, run):
    out, err = run("recommend", pairs, "--user", "u1", "--n-items", 1, "--format", "csv")

    assert len(out.splitlines()) == 2
    assert [line.split()[0] for line in err.splitlines()] == ["data:", "216", "fitted:"]


def test_closed_streams_are_no_error(pairs, monkeypatch):
    from sklearn_recsys.cli import main

    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)

    assert main(["recommend", pairs, "--user", "u1"]) == 0
