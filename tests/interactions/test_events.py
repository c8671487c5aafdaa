"""Where the third column names events, a description counts them in the place of values."""
# SPDX-License-Identifier: BSD-3-Clause

from html.parser import HTMLParser
from io import StringIO

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_recsys.datasets import read_interactions
from sklearn_recsys.interactions import describe_interactions

ROWS = [
    ["ann", "tea", "view", 10],
    ["ann", "tea", "buy", 20],
    ["ann", "jam", "view", 30],
    ["bob", "tea", "view", 40],
    ["bob", "rye", None, 50],
    [None, "rye", "view", 60],
]
NAMES = ["customer", "sku", "did", "day"]


def frame_of(rows, dtype=object):
    return pd.DataFrame(rows, columns=NAMES).astype({"did": dtype})


CONTAINERS = {
    "objects": frame_of,
    "category": lambda rows: frame_of(rows, "category"),
    "string": lambda rows: frame_of(rows, "string"),
    "polars": lambda rows: pl.DataFrame(rows, schema=NAMES, orient="row"),
    "polars category": lambda rows: pl.DataFrame(rows, schema=NAMES, orient="row").with_columns(
        pl.col("did").cast(pl.Categorical)
    ),
    "pyarrow": lambda rows: pa.Table.from_pandas(frame_of(rows)),
    "pyarrow dictionary": lambda rows: pa.Table.from_pandas(frame_of(rows, "category")),
    "array": lambda rows: np.array(rows, dtype=object),
    "list": lambda rows: [list(row) for row in rows],
}


def lines_of(description):
    return [" ".join(line.split()) for line in str(description).splitlines()]


@pytest.mark.parametrize("make", CONTAINERS.values(), ids=CONTAINERS)
def test_events_are_counted_in_every_container(make):
    found = describe_interactions(make(ROWS))

    assert found.events.to_dict() == {"view": 3, "buy": 1}
    assert found.events.index.tolist() == ["view", "buy"]
    assert found.event_shares.to_dict() == {"view": 0.75, "buy": 0.25}
    assert (found.n_usable_rows, found.n_missing_values) == (5, 1)
    assert found.notes == ()


def test_nothing_is_said_of_values_where_there_are_events():
    found = describe_interactions(ROWS)

    assert found.value is None
    assert found.median_value_per_user is None
    assert found.n_ones is found.n_zeros is found.n_negatives is found.ones_share is None
    assert "Values" not in str(found)
    assert "value" not in str(found)
    assert not any("value" in name for name in found.to_frame()["statistic"] if "n_m" not in name)


def test_the_report_lists_events_and_those_that_are_missing():
    lines = lines_of(describe_interactions(ROWS))

    place = lines.index("Events")
    assert lines[place + 1 : place + 3] == ["view 3 75.00 %", "buy 1 25.00 %"]
    assert "rows without an event 1 16.67 %" in lines


def test_the_frame_lists_events_too():
    frame = describe_interactions(ROWS).to_frame().set_index("statistic")["value"]

    assert frame["events view"] == 3
    assert frame["event_shares buy"] == 0.25


def test_after_ten_events_the_others_are_summed():
    rows = [["ann", k, f"e{n:02d}"] for n in range(13) for k in range(20 - n)]

    found = describe_interactions(rows)

    assert len(found.events) == 13
    lines = lines_of(found)
    place = lines.index("Events")
    assert lines[place + 10 : place + 12] == ["e09 11 6.04 %", "others 27 14.84 %"]
    frame = found.to_frame().set_index("statistic")["value"]
    assert frame["events others"] == 27
    assert "events e10" not in frame
    assert sum(name.startswith("events ") for name in frame.index) == 11


def test_equally_frequent_events_are_listed_by_name():
    found = describe_interactions([["ann", 1, "b"], ["ann", 1, "c"], ["ann", 1, "a"]])

    assert found.events.index.tolist() == ["a", "b", "c"]


def test_a_category_that_does_not_occur_is_no_event():
    X = frame_of(ROWS).assign(did=pd.Categorical(["a"] * 6, categories=["b", "a"]))

    assert describe_interactions(X).events.to_dict() == {"a": 5}


def test_events_that_were_read_from_a_file_are_counted():
    log = StringIO("who,what,did\nann,tea,view\nbob,tea,buy\nbob,jam,view\n")
    X = read_interactions(log, {"user": "who", "item": "what", "event": "did"})

    assert describe_interactions(X).events.to_dict() == {"view": 2, "buy": 1}


def test_numbers_written_as_text_are_noted():
    found = describe_interactions([["ann", "tea", "1"], ["bob", "tea", "2.5"]])

    assert found.events.to_dict() == {"1": 1, "2.5": 1}
    assert "numbers written as text" in found.notes[0]


@pytest.mark.parametrize(
    "column", [[1, "view"], [None, None], [1, 2], [pd.Timestamp("2024-05-31")] * 2, [True, False]]
)
def test_a_column_that_is_not_all_text_holds_no_events(column):
    found = describe_interactions([["ann", "tea", column[0]], ["bob", "tea", column[1]]])

    assert found.events is found.event_shares is None
    assert "Events" not in str(found)


def test_a_category_of_numbers_holds_values():
    X = pd.DataFrame({"u": [1, 2], "i": 1, "v": pd.Categorical([4, 5])})

    found = describe_interactions(X)

    assert found.events is None
    assert found.value["mean"] == 4.5


def test_a_table_of_which_no_row_is_usable_has_no_event():
    found = describe_interactions([[None, "tea", "view"]])

    assert found.events.empty
    assert "Events" not in str(found)


@settings(max_examples=25)
@given(st.lists(st.text(max_size=90), min_size=1, max_size=15))
def test_whatever_events_are_called_the_report_has_less_than_80_columns(names):
    lines = str(describe_interactions([["ann", "tea", name] for name in names])).splitlines()

    assert max(map(len, lines)) < 80
    place = lines.index("Events")
    n_listed = min(len(set(names)), 11)
    assert lines[place + 1 + n_listed] == ""


class Cells(HTMLParser):
    """Collect the texts of table cells."""

    def __init__(self):
        super().__init__()
        self.tag, self.texts = None, []

    def handle_starttag(self, tag, attrs):
        self.tag = tag

    def handle_data(self, data):
        if self.tag == "td":
            self.texts.append(data)


def test_the_html_report_lists_events_and_escapes_their_names():
    cells = Cells()

    cells.feed(describe_interactions([["ann", "tea", "<b>view</b>"]])._repr_html_())

    assert cells.texts[cells.texts.index("<b>view</b>") + 1] == "1"


@settings(max_examples=25)
@given(st.lists(st.sampled_from(["view", "buy", "return", None]), min_size=1, max_size=30))
def test_the_counts_are_those_of_pandas(names):
    found = describe_interactions(
        pd.DataFrame({"u": 1, "i": 1, "e": pd.Series(names, dtype=object)})
    )

    expected = pd.Series(names, dtype=object).value_counts().to_dict()
    assert ({} if found.events is None else found.events.to_dict()) == expected
    assert found.n_missing_values == names.count(None)
