"""What is in a table is told in text, as CSV and as JSON."""
# SPDX-License-Identifier: BSD-3-Clause

import io
import json

import pandas as pd
import pytest

from sklearn_recsys.interactions import describe_interactions


def test_the_report_is_the_library_s(ratings, run):
    out, err = run("describe", ratings)

    assert out == f"{describe_interactions(pd.read_csv(ratings))}\n"
    assert err.startswith("data: ")


def test_json_is_an_object_of_figures(ratings, run):
    out = run("describe", ratings, "--format", "json").out

    figures = json.loads(out, parse_constant=pytest.fail)
    expected = describe_interactions(pd.read_csv(ratings))
    assert figures["n_users"] == expected.n_users == 20
    assert figures["density"] == expected.density


def test_csv_is_a_line_for_each_figure(ratings, run):
    found = pd.read_csv(io.StringIO(run("describe", ratings, "--format", "csv").out))

    frame = describe_interactions(pd.read_csv(ratings)).to_frame()
    assert found.shape == frame.shape
    assert found["statistic"].tolist() == frame["statistic"].tolist()


def test_without_a_file_generated_films_are_described(run):
    assert "movie_id" in run("describe").out


# ---- what is missing


def test_rows_with_a_gap_are_left_out_and_the_report_says_so(table, run):
    path = table(["who,what,times", "ann,tea,3", "ann,,1", "bob,jam,", "bob,jam,2"])

    out, err = run("describe", path)

    remark = f"{path}: dropped 2 of 4 rows, as a column is empty: 'what' in 1 row(s)"
    assert f"warning: {remark}" in err
    assert "".join(remark.split()) in "".join(out.partition("Notes")[2].split())
    assert json.loads(run("describe", path, "--format", "json").out)["n_rows"] == 2
    assert run("describe", path, "--drop-missing").out == out


def test_other_commands_still_stop_at_a_gap(table, refusal):
    path = table(["who,what", "ann,tea", "ann,"])

    assert "--drop-missing" in refusal("recommend", path, "--user", "ann")


def test_a_table_of_gaps_alone_is_refused(table, refusal):
    line = refusal("describe", table(["who,what", "ann,", ",tea"]))

    assert line.endswith("holds no interactions: no row has an entry in every column.")


# ---- a catalogue


@pytest.mark.parametrize(
    ("lines", "options"),
    [
        (["sku,name", "tea,T", "oat,O", "rye,R"], []),
        (["tea;T", "oat;O", "rye;R"], []),
        (["name,sku", "T,tea", "O,oat", "R,rye"], ["--item-id", "sku"]),
        (["T,tea", "O,oat", "R,rye", "O,oat"], ["--item-id", "2"]),
        (["tea", "oat", "rye"], []),
        (["sku", "tea", "", "oat", "rye"], []),
        (["sku,name", "tea,", "oat,", "rye,", ",none"], []),
    ],
)
def test_items_of_the_catalogue_count_without_a_row_too(table, run, lines, options):
    path = table(["who,what", "ann,tea", "ann,jam", "bob,tea"])
    items = table(lines, "items.csv")

    out, err = run("describe", path, "--items", items, "--format", "json", *options)

    figures = json.loads(out)
    assert (figures["n_items"], figures["n_idle_items"]) == (4, 2)
    assert figures["density"] == 3 / 8
    assert "3 items; 1 of the 2 items with interactions are not in it" in err


def test_a_catalogue_of_numbers_and_of_parquet_is_read(tmp_path, table, run):
    pytest.importorskip("pyarrow")
    path = table(["1,10", "2,11"])
    pd.DataFrame({"name": ["x", "y"], "id": [10, 12]}).to_parquet(tmp_path / "items.parquet")

    out = run(
        "describe", path, "--items", tmp_path / "items.parquet", "--item-id", "id", "--format=csv"
    ).out

    assert "n_items,3\nn_idle_users,0\nn_idle_items,1\n" in out


def test_generated_films_have_a_catalogue_of_one_s_own(table, run):
    items = table([f"{number},x" for number in range(1, 10_001)], "items.csv")

    out = run("describe", "--items", items, "--format", "json").out

    assert json.loads(out)["n_items"] == 10_000


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--item-id", "nome"], "--item-id nome is no column of"),
        (["--item-id", "2"], "the items' ids must be in column name (--item-id names another one)"),
    ],
)
def test_a_column_without_the_ids_is_refused(table, refusal, options, message):
    items = table(["sku,name", "tea,T"], "items.csv")

    assert message in refusal(
        "describe", table(["ann,tea"]), "--no-header", "--items", items, *options
    )


def test_a_column_of_ids_without_a_catalogue_is_refused(ratings, refusal):
    line = refusal("describe", ratings, "--item-id", "1")

    assert line == "--item-id names a column of the table of --items, but there is none."


# ---- events


EVENTS = ["day,who,what,did", "3,ann,tea,view", "4,ann,tea,buy", "5,bob,jam,view"]


@pytest.mark.parametrize(
    "columns", ["who,what,event=did,day", "2,3,event=4,1", "who, what, event=did"]
)
def test_events_are_counted_by_name(table, run, columns):
    out = run("describe", table(EVENTS), "--columns", columns, "--format", "json").out

    figures = json.loads(out)
    assert (figures["events view"], figures["events buy"]) == (2, 1)
    assert figures.get("last_time", 5) == 5


def test_the_report_lists_events(table, run):
    out = run("describe", table(EVENTS), "--columns", "who,what,event=did").out

    assert "Events\n  view" in out


def test_events_in_the_place_of_values_are_pointed_out(table, refusal):
    line = refusal("describe", table(EVENTS), "--columns", "who,what,did")

    assert "expected a number in column 'did'" in line
    assert "describe counts names of events by --columns USER,ITEM,event=COLUMN" in line


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ("event=who,what", "must have event= before the third only"),
        ("who,what,did,event=day", "must have event= before the third only"),
        ("who,what,event=", "must be two to four names or positions"),
        ("1,2,event=2", "must be different columns"),
        ("1,2,event=0", "must be positions from 1"),
    ],
)
def test_an_event_elsewhere_is_refused(table, misuse, columns, message):
    assert message in misuse("describe", table(EVENTS), "--columns", columns)


@pytest.mark.parametrize("command", ["recommend", "similar", "compare"])
def test_events_are_for_describe_alone(table, misuse, command):
    line = misuse(command, table(EVENTS), "--columns", "who,what,event=did")

    assert "as names of events are for describe alone" in line


@pytest.mark.parametrize("option", ["--user", "--title", "--n-items", "--model", "--metric"])
def test_options_of_other_commands_are_refused(ratings, misuse, option):
    assert f"unrecognized arguments: {option} 1" in misuse("describe", ratings, option, "1")
