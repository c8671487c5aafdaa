"""Candidates of several recommenders, and what a second stage is told about them."""
# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from sklearn_recsys.ensemble._normalize import count_beaten, normalize
from sklearn_recsys.ensemble._team import Voice, choose_counted, mark_unseen
from sklearn_recsys.ensemble._weights import take_best

__all__ = ["Candidates", "SideInformation", "gather", "name_features"]

# Digits of features: a tree must not split between what differs by rounding alone.
_DIGITS = 6


@dataclass(frozen=True)
class SideInformation:
    """Hold what is known of users and items beside the members' scores.

    Attributes
    ----------
    popularity : ndarray of shape (n_items,)
        Number of users.
    tie_order : ndarray of shape (n_items,)
        Item codes, of equal items the better first.
    users, items : csr_array of shape (n, n_features) or None
        Features of each row's user, and of all items.
    """

    popularity: np.ndarray
    tie_order: np.ndarray
    users: sparse.csr_array | None
    items: sparse.csr_array | None


@dataclass(frozen=True)
class Candidates:
    """Hold some users' candidates, sorted by user.

    Attributes
    ----------
    rows, cols : ndarray of shape (n_candidates,)
        Place of the user, and code of the item.
    features : ndarray of shape (n_candidates, n_features), dtype float32
    mean : ndarray of shape (n_users, n_items)
        Mean of the members' scores, each brought to [0, 1] over unseen items.
    """

    rows: np.ndarray
    cols: np.ndarray
    features: np.ndarray
    mean: np.ndarray


def gather(
    voices: Iterable[Voice], seen: sparse.csr_array, n_candidates: int, side: SideInformation
) -> Candidates:
    """Return the best unseen items of each member, with their features."""
    unseen = mark_unseen(seen)
    chosen, mean = np.zeros(unseen.shape, dtype=bool), np.zeros(unseen.shape)
    n_voices, told = np.zeros((len(mean), 1)), []
    for voice in voices:
        scores, ranks = _read_voice(voice, unseen)
        at = np.flatnonzero(voice.knows)
        of_best = np.where(unseen[at], scores[at], -np.inf)[:, side.tie_order]
        best = side.tie_order[take_best(of_best, n_candidates)]
        chosen[at[:, None], best] = True
        told += [scores.astype(np.float32), np.log1p(ranks).astype(np.float32)]
        mean += scores
        n_voices += voice.knows[:, None]
    rows, cols = np.nonzero(chosen & unseen)
    columns = [block[rows, cols] for block in told]
    share = count_beaten(side.popularity[None], np.ones((1, len(side.popularity)), dtype=bool))[0]
    columns += [share[cols] / max(len(share) - 1, 1), np.log1p(np.diff(seen.indptr))[rows]]
    parts = [np.stack(columns, axis=1).astype(np.float32)]
    if side.items is not None:
        parts.append(side.items[cols].toarray())
    if side.users is not None:
        parts.append(side.users[rows].toarray())
    features = np.round(np.concatenate(parts, axis=1), _DIGITS)
    return Candidates(rows, cols, features, mean / np.maximum(n_voices, 1))


def name_features(members: list[str], users: list[str], items: list[str]) -> list[str]:
    """Return the names of what `gather` tells."""
    told = [f"{name}_{what}" for name in members for what in ("score", "log_rank")]
    own = ["popularity", "log_history_length"]
    return [*told, *own, *(f"item_{name}" for name in items), *(f"user_{name}" for name in users)]


def _read_voice(voice: Voice, unseen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return a member's scores, 0 where it knows nothing, and ranks, which are then the last."""
    scores = np.zeros(unseen.shape)
    ranks = np.repeat(unseen.sum(axis=1, keepdims=True).astype(float), unseen.shape[1], axis=1)
    at = np.flatnonzero(voice.knows)
    if len(at):
        own = voice.score(at)
        scores[at] = normalize(own, choose_counted(unseen[at], voice.items), "minmax")
        ranks[at] = np.maximum(ranks[at] - count_beaten(own, unseen[at]), 1)
    return scores, ranks
