"""Group the users asked for by what ranks their items, and rank each group."""
# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse

from sklearn_recsys._kernels import count_threads, require_memory
from sklearn_recsys.base._blocks import Block
from sklearn_recsys.base._rankers import choose_ranker, rank_by_scores, take_rows
from sklearn_recsys.base._ranking import Choice, Marks, Ranker, Triplets, mark, rank
from sklearn_recsys.interactions._audience import Audience, ItemFilter

__all__ = ["Group", "group_users", "rank_group"]

# Held for each item of a list while a table of them is made.
_BYTES_PER_PLACE = 64


class Group(NamedTuple):
    """Users whose lists come from one source."""

    places: np.ndarray  # positions in the audience
    seen: sparse.csr_array | None  # (n_group, n_items)
    score: Callable[[slice], Block]  # a block of scores for a slice of the group
    ranker: Ranker  # what ranks by these scores


def group_users(model: Any, audience: Audience) -> Iterator[Group]:
    """Yield the users asked for, grouped by where their scores come from."""
    if audience.history is not None and audience.history_weights is not None:
        in_history = np.flatnonzero(audience.history_rows >= 0)
        rows = audience.history_rows[in_history]
        history, weights = (
            take_rows(part, rows) for part in (audience.history, audience.history_weights)
        )
        ranker = choose_ranker(model, "_history_ranker", "_score_history")(history, weights)
        yield Group(
            in_history,
            history,
            lambda part: model._score_history(history[part], weights[part]),
            ranker,
        )
    trained = np.flatnonzero((audience.history_rows < 0) & (audience.rows >= 0))
    known = audience.rows[trained]
    ranker = choose_ranker(model, "_ranker", "_score")(known)
    seen = take_rows(model.interactions_, known)
    yield Group(trained, seen, lambda part: model._score(known[part]), ranker)
    strangers = np.flatnonzero((audience.history_rows < 0) & (audience.rows < 0))
    if len(strangers):
        scores = np.broadcast_to(model._score_stranger(), (len(strangers), len(model.items_)))
        ranker = rank_by_scores(scores.__getitem__, *scores.shape)
        yield Group(strangers, None, scores.__getitem__, ranker)


def rank_group(
    model: Any, group: Group, item_filter: ItemFilter, n_items: int, *, exclude_seen: bool
) -> Triplets:
    """Return places, item codes and scores of a group's best items, best first."""
    # The leftmost of equal scores is the one to keep.
    columns = model._tie_order[item_filter.columns[model._tie_order]]
    barred = [group.seen] if exclude_seen and group.seen is not None else []
    if item_filter.excluded is not None:
        barred.append(item_filter.excluded[group.places])
    allowed = None if item_filter.allowed is None else item_filter.allowed[group.places]
    marks = mark(len(group.places), barred, allowed)
    _require_memory(len(group.places), min(n_items, len(columns)), marks)
    n_threads = count_threads(getattr(model, "n_jobs", None))
    rows, cols, scores = rank(group.ranker, Choice(columns, marks, n_items, n_threads))
    return group.places[rows], cols, scores


def _require_memory(n_lists: int, length: int, marks: Marks) -> None:
    n_places = min(n_lists * length, len(marks.indices)) if marks.only else n_lists * length
    require_memory(
        _BYTES_PER_PLACE * n_places,
        f"lists of {length} items for {n_lists} users",
        advice="ask for fewer items, or for a part of the users at a time",
    )
