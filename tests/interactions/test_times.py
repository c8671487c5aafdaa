"""Tests of the reader of times."""
# SPDX-License-Identifier: BSD-3-Clause

import datetime as dt
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from sklearn_recsys.interactions._times import read_times

MOMENTS = [dt.datetime(2024, 1, 2, 3), dt.datetime(1999, 12, 31)]


def table(times):
    return pd.DataFrame({"user": [1, 2], "item": [1, 2], "value": [1.0, 1.0], "time": times})


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, pa.table])
def test_datetimes_of_any_container_are_datetime64(make):
    times = read_times(make({name: list(col) for name, col in table(MOMENTS).items()}))
    assert times.dtype.kind == "M"
    assert times.astype("datetime64[s]").tolist() == MOMENTS


@pytest.mark.parametrize("times", [[3, 1], [3.5, 1.0], [Decimal("3.5"), Decimal(1)]])
def test_numbers_stay_numbers(times):
    found = read_times(table(pd.Series(times, dtype=object)))
    assert found.dtype.kind in "if"
    assert found.tolist() == [float(time) for time in times]


def test_days_and_rows_of_a_list_are_read():
    rows = [[1, 1, 1.0, moment.date()] for moment in MOMENTS]
    assert read_times(rows).astype("datetime64[D]").tolist() == [row[3] for row in rows]


@pytest.mark.parametrize("times", [[None, 1.0], [pd.NaT, MOMENTS[0]], [np.nan, 2.0]])
def test_a_missing_time_raises(times):
    with pytest.raises(ValueError, match="the time is missing in 1 of 2 rows, such as row 0"):
        read_times(table(times))


def test_moments_of_different_zones_are_read_in_utc():
    eastern = dt.timezone(dt.timedelta(hours=2))
    rows = [
        [1, 1, 1.0, dt.datetime(2024, 1, 2, 3, tzinfo=dt.UTC)],
        [1, 1, 1.0, dt.datetime(2024, 1, 2, 3, tzinfo=eastern)],
    ]
    expected = np.array(["2024-01-02T03", "2024-01-02T01"], dtype="datetime64[s]")
    assert read_times(rows).tolist() == expected.astype(read_times(rows).dtype).tolist()
    assert read_times(rows[1:]).astype("datetime64[s]").tolist() == expected[1:].tolist()


def test_text_and_a_missing_column_raise():
    with pytest.raises(ValueError, match="must hold numbers or datetimes"):
        read_times(table(["2024", "2025"]))
    with pytest.raises(ValueError, match="X has 3 columns, but a time was expected in the fourth"):
        read_times(table(MOMENTS).iloc[:, :3])
