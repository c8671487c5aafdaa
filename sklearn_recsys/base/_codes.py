"""Answer in codes instead of ids: what tables of recommendations, and scorers, are made from."""
# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from sklearn_recsys.base._blocks import densify, finite
from sklearn_recsys.base._groups import group_users, rank_group
from sklearn_recsys.interactions._audience import Audience, ItemFilter, validate_item_filter
from sklearn_recsys.interactions._ids import IdIndex

__all__ = ["CodesMixin", "RankedCodes", "ScoreBlock"]


@dataclass(frozen=True)
class RankedCodes:
    """Hold ranked lists, a row for each item named.

    Attributes
    ----------
    users : ndarray of shape (n_named,), dtype intp
        Position in the audience. A user's rows stand together, the best item first.
    items : ndarray of shape (n_named,), dtype int32
        Item codes.
    scores : ndarray of shape (n_named,), dtype float32
    """

    users: np.ndarray
    items: np.ndarray
    scores: np.ndarray


@dataclass(frozen=True)
class ScoreBlock:
    """Hold some users' scores of all items.

    Attributes
    ----------
    users : ndarray of shape (n_rows,), dtype intp
        Position in the audience.
    scores : ndarray of shape (n_rows, n_items), dtype float32
        Finite. It may be memory of the model's own: not to be written to.
    seen : csr_array of shape (n_rows, n_items) or None
        Stored entries are not to be recommended.
    tie_order : ndarray of shape (n_items,), dtype int32
        Item codes in the order in which equal scores are ranked.
    """

    users: np.ndarray
    scores: np.ndarray
    seen: sparse.csr_array | None
    tie_order: np.ndarray


class CodesMixin:
    """Rank and score the users of an audience, whom a recommender divides into groups."""

    _item_index: IdIndex
    _tie_order: np.ndarray
    _batches: Callable[[int], Iterator[slice]]

    def _rank_audience(
        self, audience: Audience, n_items: int, *, exclude_seen: bool
    ) -> RankedCodes:
        """Return everyone's best items among all that there are."""
        everything = validate_item_filter(None, None, audience.ids, self._item_index)
        groups = group_users(self, audience)
        return self._rank_groups(groups, everything, n_items, exclude_seen=exclude_seen)

    def _rank_groups(
        self, groups: Iterable, item_filter: ItemFilter, n_items: int, *, exclude_seen: bool
    ) -> RankedCodes:
        """Return the best items of the users of all groups."""
        with np.errstate(over="ignore", invalid="ignore"):  # what overflows is made finite
            ranked = [
                rank_group(self, g, item_filter, n_items, exclude_seen=exclude_seen) for g in groups
            ]
        return RankedCodes(*(np.concatenate(part) for part in zip(*ranked, strict=True)))

    def _score_audience(self, audience: Audience, *, exclude_seen: bool) -> Iterator[ScoreBlock]:
        """Yield everyone's scores of all items, in blocks of bounded memory."""
        for group in group_users(self, audience):
            for part in self._batches(len(group.places)):
                with np.errstate(over="ignore", invalid="ignore"):
                    scores = finite(densify(group.score(part)))
                seen = group.seen[part] if exclude_seen and group.seen is not None else None
                yield ScoreBlock(group.places[part], scores, seen, self._tie_order)
