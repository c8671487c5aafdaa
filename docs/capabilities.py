"""The capability table, generated from the tags of every recommender."""
# SPDX-License-Identifier: BSD-3-Clause

import importlib
import inspect

import sklearn_recsys
from sklearn_recsys.base import BaseRecommender

__all__ = ["recommenders", "table"]

COLUMNS = {
    "Feedback": lambda tags: tags.feedback,
    "Personal": lambda tags: _tick(tags.personalized),
    "New users by history": lambda tags: {"none": ""}.get(tags.fold_in, tags.fold_in),
    "Cold users": lambda tags: _tick(tags.cold_users),
    "Cold items": lambda tags: _tick(tags.cold_items),
    "Similar items": lambda tags: _tick(tags.similar_items),
    "Similar users": lambda tags: _tick(tags.similar_users),
    "Explains by": lambda tags: ", ".join(tags.explain),
    "Negative values": lambda tags: _tick(tags.negative_values),
    "`partial_fit`": lambda tags: _tick(tags.partial_fit),
}


def recommenders() -> list[type[BaseRecommender]]:
    """Return the public recommenders in the order of their rooms.

    What an adapter or an ensemble can do is what its models can do; their pages tell.
    """
    found = []
    for room in sklearn_recsys.__all__:
        if room.startswith("_") or room in ("adapters", "base", "ensemble", "testing"):
            continue
        module = importlib.import_module(f"sklearn_recsys.{room}")
        members = [getattr(module, name) for name in module.__all__]
        found += [
            member
            for member in members
            if inspect.isclass(member)
            and issubclass(member, BaseRecommender)
            and "recommender" not in inspect.signature(member).parameters
        ]
    return found


def table() -> str:
    """Return the table in Markdown, a row per recommender with its default parameters."""
    lines = [f"| Recommender | {' | '.join(COLUMNS)} |", "|---" * (len(COLUMNS) + 1) + "|"]
    for recommender in recommenders():
        tags = recommender().__recommender_tags__()
        room = recommender.__module__.rpartition("._")[0]
        name = f"[{recommender.__name__}](#{room}.{recommender.__name__})"
        lines.append(f"| {name} | {' | '.join(cell(tags) for cell in COLUMNS.values())} |")
    return "\n".join([*lines, ""])


def _tick(value: bool) -> str:
    return "✓" if value else ""
