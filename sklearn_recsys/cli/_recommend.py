"""Fit one recommender and list the best items for users."""
# SPDX-License-Identifier: BSD-3-Clause

import argparse
from collections.abc import Iterable
from typing import Any

import pandas as pd

from sklearn_recsys.cli._ids import find_ids, find_or_make_ids, unknown_ids
from sklearn_recsys.cli._models import Known, fit, know
from sklearn_recsys.cli._output import write_result
from sklearn_recsys.cli._progress import say
from sklearn_recsys.cli._titles import add_titles

__all__ = ["run"]


def run(options: argparse.Namespace) -> None:
    """List the best items for the users asked for."""
    known = know(options)
    users = _audience(options, known)
    found = fit(options, known).recommend(
        users,
        options.n_items,
        exclude_seen=options.exclude_seen,
        on_unknown=options.on_unknown,
    )
    _remark_short_lists(found, known.users if users is None else users, options.n_items)
    user, item = found.columns[:2]
    write_result(add_titles(found[[user, "rank", item, "score"]], item, known.titles), options)


def _audience(options: argparse.Namespace, known: Known) -> list[Any] | None:
    """Return the ids of the users asked for, or None for all."""
    if options.all_users:
        return None
    names, where = options.user, {"option": "--user", "column": known.user_name}
    if options.on_unknown == "raise":
        return find_ids(names, known.users, **where)
    unknown = unknown_ids(names, known.users)
    for name in unknown:
        fate = "left out" if options.on_unknown == "skip" else "gets the popular items"
        say(f"--user {name} is not in column {where['column']}: {fate}")
    if options.on_unknown == "popular":
        return find_or_make_ids(names, known.users, **where)
    return find_ids([name for name in names if name not in unknown], known.users, **where)


def _remark_short_lists(found: pd.DataFrame, users: Iterable[Any], n_items: int) -> None:
    lengths = found.groupby(found.columns[0], sort=False).size()
    n_short = int((lengths.reindex(pd.Index(users), fill_value=0) < n_items).sum())
    if n_short:
        say(f"short: {n_short} user{'s' * (n_short > 1)} with fewer than {n_items} items left")
