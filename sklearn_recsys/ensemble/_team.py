"""Fitted members that speak of one set of users and items, whichever of them each knows."""
# SPDX-License-Identifier: BSD-3-Clause

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse

from sklearn_recsys.base._blocks import densify, finite
from sklearn_recsys.ensemble._source import asked, weigh_history
from sklearn_recsys.exceptions import DataWarning
from sklearn_recsys.interactions._columns import Table
from sklearn_recsys.interactions._ids import IdIndex

__all__ = ["PeopleReader", "PerMember", "Team", "Voice", "choose_counted", "mark_unseen"]


class Voice(NamedTuple):
    """What one member has to say about some users."""

    knows: np.ndarray  # (n_users,), bool: of whom it can say anything
    items: np.ndarray  # (n_items,), bool: which items it knows
    # Of positions among the users, all known: scores (n_positions, n_items), float32, that are
    # not to be written to; an item that the member does not know has its lowest score, or, where
    # ratings are asked for, the rating that it expects of what it does not know.
    score: Callable[[np.ndarray], np.ndarray]


class PerMember:
    """Hold rows of one kind for each member, and cut them all at once."""

    def __init__(self, parts: list[Any], n_rows: int) -> None:
        self.parts, self.shape = parts, (n_rows,)

    def __getitem__(self, rows: Any) -> "PerMember":
        n_rows = len(np.empty(self.shape)[rows])
        return PerMember([_cut(part, rows) for part in self.parts], n_rows)


class PeopleReader:
    """Read rows of user features for each member that takes them."""

    def __init__(self, readers: list[Any]) -> None:
        self.readers = readers
        self.index = next(reader.index for reader in readers if reader is not None)

    def transform_rows(self, rows: Table) -> PerMember:
        """Return what each member makes of the rows."""
        parts = [None if reader is None else reader.transform_rows(rows) for reader in self.readers]
        return PerMember(parts, next(part.shape[0] for part in parts if part is not None))


@dataclass(frozen=True)
class Team:
    """Hold fitted members, and the codes that each has for all users and items.

    Attributes
    ----------
    members : list of estimators
        Recommenders, or pipelines and searches that end in one.
    user_codes, item_codes : list of ndarray of shape (n_users,) or (n_items,)
        Codes of each member, -1 where it does not know.
    ratings : bool, default=False
        Whether scores are ratings, which have no lowest value for what is unknown.
    """

    members: list[Any]
    user_codes: list[np.ndarray]
    item_codes: list[np.ndarray]
    ratings: bool = False

    @classmethod
    def of(
        cls, members: list[Any], users: IdIndex, items: IdIndex, *, ratings: bool = False
    ) -> "Team":
        """Return the members with their codes of these users and items."""
        models = [asked(member) for member in members]
        return cls(
            members,
            [model._user_index.encode(users.ids) for model in models],
            [model._item_index.encode(items.ids) for model in models],
            ratings,
        )

    def listen(self, rows: np.ndarray) -> Iterator[Voice]:
        """Yield what each member says about users of the training data."""
        for model, codes, items in self._each(self.user_codes):
            yield self._speak_of_codes(model, codes[rows], items)

    def listen_to_histories(self, histories: PerMember) -> Iterator[Voice]:
        """Yield what each member says about users known by their histories."""
        for model, part, items in self._each(histories.parts):
            knows = np.full(histories.shape[0], part is not None)
            answers = partial(_score_histories, model, part), partial(_score_novelty, model)
            yield self._speak(knows, items, *answers)

    def listen_to_features(self, people: PerMember) -> Iterator[Voice]:
        """Yield what each member says about users known by their features."""
        for model, part, items in self._each(people.parts):
            if part is None:
                yield self._speak_of_codes(model, np.full(people.shape[0], -1), items)
            else:
                everyone = np.ones(people.shape[0], dtype=bool)
                answers = partial(_score_people, model, part), partial(_score_novelty, model)
                yield self._speak(everyone, items, *answers)

    def read_histories(self, history: Table) -> PerMember:
        """Return histories as each member learned its interactions; None where it cannot."""
        parts: list[Any] = []
        n_rows = 0
        for member in self.members:
            model = asked(member)
            if model.__recommender_tags__().fold_in == "none":
                parts.append(None)
                continue
            with warnings.catch_warnings():
                # Items that nobody knows have been warned of already.
                warnings.simplefilter("ignore", DataWarning)
                audience = model._find_audience(None, weigh_history(member, history), "skip")
            parts.append((audience.history, audience.history_weights))
            n_rows = audience.history.shape[0]
        return PerMember(parts, n_rows)

    def score_stranger(self, k: int) -> np.ndarray:
        """Return a member's scores of all items for a user of whom nothing is known."""
        model, items = asked(self.members[k]), self.item_codes[k]
        scores = finite(np.asarray(model._score_stranger()))[None]
        of_unknown = _score_novelty(model, np.zeros(1))[:, None] if self.ratings else None
        return spread(scores, items, of_unknown)[0]

    def score_unknown_items(self, k: int, rows: np.ndarray) -> np.ndarray:
        """Return a member's score, for users or strangers (-1), of an item that nobody knows."""
        codes = np.where(rows >= 0, self.user_codes[k][rows], -1)
        return finite(np.asarray(asked(self.members[k])._score_unknown_items(codes)))

    def _speak_of_codes(self, model: Any, codes: np.ndarray, items: np.ndarray) -> Voice:
        known = codes >= 0

        def rate(at):
            return model._score_unknown_items(codes[at])

        if model.__recommender_tags__().personalized or known.all():
            return self._speak(known, items, lambda at: model._score(codes[at]), rate)

        def score(at):  # what is the same for everyone holds for those whom nobody has met
            own, strangers = codes[at], model._score_stranger()
            block = np.tile(np.asarray(strangers, dtype=np.float32), (len(at), 1))
            if (own >= 0).any():
                block[own >= 0] = densify(model._score(own[own >= 0]))
            return block

        return self._speak(np.ones(len(codes), dtype=bool), items, score, rate)

    def _speak(self, knows, items, score, rate) -> Voice:
        is_rated = self.ratings and (items < 0).any()

        def answer(at):
            of_unknown = finite(rate(at))[:, None] if is_rated else None
            return spread(finite(densify(score(at))), items, of_unknown)

        return Voice(knows, items >= 0, answer)

    def _each(self, parts: list[Any]) -> Iterator[tuple[Any, Any, np.ndarray]]:
        models = (asked(member) for member in self.members)
        return zip(models, parts, self.item_codes, strict=True)


def mark_unseen(seen: sparse.csr_array) -> np.ndarray:
    """Return a mask of what is not stored."""
    mask = np.ones(seen.shape, dtype=bool)
    mask[np.repeat(np.arange(seen.shape[0]), np.diff(seen.indptr)), seen.indices] = False
    return mask


def choose_counted(unseen: np.ndarray, items: np.ndarray) -> np.ndarray:
    """Return what is unseen and known to a member; all that it knows where that is nothing."""
    counted = unseen & items
    counted[~counted.any(axis=1)] = items
    return counted


def spread(
    block: np.ndarray, codes: np.ndarray, of_unknown: np.ndarray | None = None
) -> np.ndarray:
    """Return a member's scores in the order of all items.

    What it does not know has the score (n_rows, 1) that is given, or else the row's lowest.
    """
    if len(codes) == block.shape[1] and (codes == np.arange(len(codes))).all():
        return block
    if of_unknown is None:
        of_unknown = block.min(axis=1, keepdims=True)
    known = codes >= 0
    scores = np.repeat(of_unknown, len(codes), axis=1)
    scores[:, known] = block[:, codes[known]]
    return scores


def _score_histories(model: Any, part: tuple[Any, Any], at: np.ndarray) -> Any:
    history, weights = part
    return model._score_history(history[at], weights[at])


def _score_people(model: Any, features: Any, at: np.ndarray) -> Any:
    return model._score_features(features[at])


def _score_novelty(model: Any, at: np.ndarray) -> np.ndarray:
    """Return a member's scores of an item that it does not know, for users that it does not."""
    return finite(np.asarray(model._score_unknown_items(np.full(len(at), -1))))


def _cut(part: Any, rows: Any) -> Any:
    if isinstance(part, tuple):
        return tuple(piece[rows] for piece in part)
    return None if part is None else part[rows]
