"""Write results to standard output."""
# SPDX-License-Identifier: BSD-3-Clause

import sys
from collections.abc import Sequence
from typing import Any

import pandas as pd

from sklearn_recsys.base import BaseRecommender
from sklearn_recsys.cli._compare import Comparison, Entry

__all__ = ["describe_user", "show_leaderboard", "show_recommendations"]

_N_FAVOURITES = 5


def show_leaderboard(entries: Sequence[Entry], comparison: Comparison) -> None:
    """Write a line for each recommender, best first."""
    metric, *others = comparison.metrics
    table = pd.DataFrame(
        {
            "recommender": [entry.name for entry in entries],
            metric: [f"{entry.scores[metric]:.4f}" for entry in entries],
            "95 % interval": ["{:.4f} - {:.4f}".format(*entry.interval) for entry in entries],
            **{name: [f"{entry.scores[name]:.4f}" for entry in entries] for name in others},
            "fit (s)": [f"{entry.fit_seconds:.2f}" for entry in entries],
            "score (s)": [f"{entry.score_seconds:.2f}" for entry in entries],
            "best settings": [_list_settings(entry.settings) for entry in entries],
        }
    )
    _write(
        f"Leaderboard: {comparison.test_size * 100:g} % of each user's interactions held out at "
        f"random, {entries[0].n_users} users scored, settings tuned on the rest"
    )
    _write_table(table, left=("recommender", "best settings"))


def describe_user(X: pd.DataFrame, user: Any, titles: pd.Series | None) -> None:
    """Write what a user is known by, so that her recommendations can be judged."""
    own = X[X.iloc[:, 0] == user]
    if own.shape[1] > 2:
        own = own.sort_values(own.columns[2], ascending=False, kind="stable")
    items = own.iloc[:, 1].drop_duplicates()
    favourites = [str(name) for name in _name(items, titles).head(_N_FAVOURITES)]
    _write(f"\nUser {user} has {len(items)} items, among them: {'; '.join(favourites)}")


def show_recommendations(
    recommender: BaseRecommender, user: Any, n_items: int, titles: pd.Series | None
) -> None:
    """Write the list of one user."""
    found = recommender.recommend(user, n_items)
    item = found.columns[1]
    table = found[["rank", item, "score"]].assign(score=found["score"].map("{:.4g}".format))
    if titles is not None:
        table["title"] = _name(found[item], titles)
    _write(f"Recommended by {recommender}, fitted to all interactions:")
    _write_table(table.astype(str), left=(item, "title"))


def _name(items: pd.Series, titles: pd.Series | None) -> pd.Series:
    return items if titles is None else items.map(titles)


def _list_settings(settings: dict[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in settings.items()) or "-"


def _write_table(table: pd.DataFrame, *, left: Sequence[str]) -> None:
    columns = []
    for name in table.columns:
        cells = [str(name), *table[name]]
        width = max(map(len, cells))
        columns.append([c.ljust(width) if name in left else c.rjust(width) for c in cells])
    for line in zip(*columns, strict=True):
        _write("  ".join(line).rstrip())


def _write(text: str) -> None:
    sys.stdout.write(f"{text}\n")
