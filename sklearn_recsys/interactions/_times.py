"""Read the time column of a table of interactions."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd

from sklearn_recsys.interactions._columns import Table, n_columns, take_column
from sklearn_recsys.interactions._ids import list_some

__all__ = ["read_times"]


def read_times(X: Table) -> np.ndarray:
    """Return the time column (the fourth) of a table as numbers or datetime64.

    Raises
    ------
    ValueError
        If there is no fourth column, or a time is missing or text.
    """
    if n_columns(X) < 4:
        raise ValueError(
            f"X has {n_columns(X)} columns, but a time was expected in the fourth (user, item, "
            "value, time). Insert a value column of ones if there are no values."
        )
    times = take_column(X, 3)
    missing = np.flatnonzero(pd.isna(times))
    if len(missing):
        raise ValueError(
            f"Input X contains NaN: the time is missing in {len(missing)} of {len(times)} rows, "
            f"such as row {missing[0]}. Drop these rows first, as "
            "sklearn_recsys.interactions.filter_missing does."
        )
    if times.dtype.kind == "O":
        times = _convert_objects(times)
    if times.dtype.kind not in "biufM":
        raise ValueError(
            f"The time column (the fourth) of X must hold numbers or datetimes, but holds "
            f"{list_some(times)}: convert it with pandas.to_datetime first."
        )
    return times


def _convert_objects(times: np.ndarray) -> np.ndarray:
    """Return objects that are numbers or datetimes as such; text is not parsed."""
    kind = pd.api.types.infer_dtype(times)
    if kind in ("integer", "floating", "mixed-integer-float", "boolean", "decimal"):
        return np.asarray(pd.to_numeric(times))
    if kind in ("datetime", "datetime64", "date"):
        # Each may have a zone of its own: they are compared in UTC.
        return pd.DatetimeIndex(pd.to_datetime(times, utc=True)).tz_localize(None).to_numpy()
    return times
