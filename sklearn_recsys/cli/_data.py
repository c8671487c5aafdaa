"""Load the interactions that a command is about."""
# SPDX-License-Identifier: BSD-3-Clause

import argparse
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.exceptions import UndefinedMetricWarning

from sklearn_recsys.cli._progress import say
from sklearn_recsys.cli._source import read_source
from sklearn_recsys.cli._titles import find_titles
from sklearn_recsys.datasets import make_interactions
from sklearn_recsys.exceptions import DataWarning
from sklearn_recsys.interactions import interactions_from_matrix
from sklearn_recsys.interactions._validation import Interactions, validate_interactions

__all__ = ["Data", "known_remarks", "load", "read", "remarks_said", "require_no_file_options"]

# User, item and value: what stands behind them in a file is no business of a recommender.
_N_COLUMNS = 3


@dataclass(frozen=True)
class Data:
    """Hold a table of interactions, what is in it, and the titles of its items if there are any."""

    X: pd.DataFrame
    found: Interactions
    titles: pd.Series | None

    @property
    def users(self) -> np.ndarray:
        """The sorted ids of the users."""
        return self.found.users.ids

    @property
    def items(self) -> np.ndarray:
        """The sorted ids of the items."""
        return self.found.items.ids

    def merge_pairs(self) -> pd.DataFrame:
        """Return the table with one row for each pair of user and item."""
        found, X = self.found, self.X
        if not found.n_merged:
            return X
        # One row a play: a pair on both sides of a split would be known before it is asked for.
        say(f"merged: {found.n_merged} rows that repeat a pair of user and item; values are summed")
        merged = interactions_from_matrix(found.matrix, found.users.ids, found.items.ids)
        return merged.set_axis([*X.columns, "value"][:3], axis=1)


def load(options: argparse.Namespace) -> Data:
    """Return the interactions that the options name, after a look at them.

    Raises
    ------
    TypeError, ValueError
        If they cannot be read or are no interactions.
    """
    on_missing = "drop" if options.drop_missing else "raise"
    with remarks_said():
        X, titles = read(options, n_columns=_N_COLUMNS, on_missing=on_missing)
    with remarks_said():
        # Which model can use negative values is decided later; here only the table counts.
        found = validate_interactions(X, None, None, duplicates="sum", allow_negative=True)
    say(f"{len(X)} interactions of {len(found.users)} users with {len(found.items)} items")
    return Data(X, found, find_titles(options, found.items.ids, titles))


def read(
    options: argparse.Namespace, *, n_columns: int, on_missing: str
) -> tuple[pd.DataFrame, pd.Series | None]:
    """Return the interactions as they are in the file; for generated ones the titles too."""
    if options.file is None:
        require_no_file_options(options)
        data = make_interactions(random_state=0)
        say("data: generated film ratings")
        return data.X, data.movies.set_index("movie_id")["title"]
    return read_source(options, n_columns=n_columns, on_missing=on_missing), None


def require_no_file_options(options: argparse.Namespace) -> None:
    """Raise a ValueError if there is no FILE, but an option about it."""
    given = {
        "--columns": options.columns is not None,
        "--header": options.header is True,
        "--no-header": options.header is False,
        "--sep": options.sep != "auto",
        "--no-quotes": not options.quoting,
        "--drop-missing": options.drop_missing,
        "--query": options.query is not None,
    }
    for option in (name for name, is_given in given.items() if is_given):
        raise ValueError(f"{option} tells how to read a FILE, but there is none.")


@contextmanager
def known_remarks() -> Iterator[None]:
    """Silence what has been said when the table was read, or is an error here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        warnings.simplefilter("ignore", UndefinedMetricWarning)
        yield


@contextmanager
def remarks_said() -> Iterator[list[str]]:
    """Say warnings in a line each, and give a list that holds them in the end."""
    remarks: list[str] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield remarks
    for warning in caught:
        remarks.append(str(warning.message))
        say(f"warning: {warning.message}")
