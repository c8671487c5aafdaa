"""Find the weights of a blend that rank held-out interactions best."""
# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from sklearn_recsys.base._blocks import memory_batches
from sklearn_recsys.base._ranking import tie_order
from sklearn_recsys.ensemble._normalize import normalize
from sklearn_recsys.ensemble._team import Team, choose_counted, mark_unseen

__all__ = ["Pool", "ascend", "choose_users", "collect", "take_best"]

# Of each member's list, what can reach the top ten of a blend: ten times as much.
_DEPTH = 100
_K = 10
# Shares of a member that are tried at each step of the ascent, and rounds over all members.
_SHARES = np.linspace(0, 1, 21)
_INNER = _SHARES[1:-1]
_MAX_ROUNDS = 10
# A gain of nDCG that is not rounding.
_LEAST_GAIN = 1e-9


@dataclass(frozen=True)
class Pool:
    """Hold the items that may come up in users' lists.

    Attributes
    ----------
    scores : ndarray of shape (n_users, n_places, n_members), dtype float32
        Normalised; minus infinity beyond the end of a user's pool.
    relevant : ndarray of shape (n_users, n_places), dtype bool
    n_relevant : ndarray of shape (n_users,)
    """

    scores: np.ndarray
    relevant: np.ndarray
    n_relevant: np.ndarray

    def blend(self, weights: np.ndarray) -> np.ndarray:
        """Return the weighted sums (n_users, n_places) of the members' scores."""
        used = np.flatnonzero(weights)
        # Not by a product with all weights: zero times minus infinity is no number.
        return self.scores[:, :, used] @ weights[used].astype(np.float32)

    def ndcg(self, blended: np.ndarray) -> float:
        """Return the mean nDCG@10 of lists that are ranked by these scores."""
        best = take_best(blended, _K)
        hits = np.take_along_axis(self.relevant, best, axis=1)
        discounts = 1 / np.log2(np.arange(2, _K + 2))
        ideal = np.cumsum(discounts)[np.minimum(self.n_relevant, _K) - 1]
        return float(((hits @ discounts[: hits.shape[1]]) / ideal).mean())


def choose_users(held_out: sparse.csr_array, most: int, rng: np.random.Generator) -> np.ndarray:
    """Return the codes, ascending, of users with something relevant held out: `most` at most."""
    users = np.unique(held_out.nonzero()[0][held_out.data > 0])
    return users if len(users) <= most else np.sort(rng.choice(users, most, replace=False))


def collect(
    team: Team, users: np.ndarray, seen: sparse.csr_array, held_out: sparse.csr_array, how: str
) -> Pool:
    """Return the best items of each member, and all that are held out.

    Parameters
    ----------
    team : Team
        Fitted to what is not held out.
    users : ndarray of shape (n_users,)
        Codes.
    seen, held_out : csr_array of shape (n_users_in_all, n_items)
        What the members have learned from, and what they have not.
    how : str
        How scores are normalised.
    """
    parts = list(_collect_parts(team, users, seen, held_out, how))
    width = max(len(relevant) for _, relevant in parts)
    scores = np.full((len(parts), width, len(team.members)), -np.inf, dtype=np.float32)
    relevant = np.zeros((len(parts), width), dtype=bool)
    for row, (own, marks) in enumerate(parts):
        scores[row, : len(marks)], relevant[row, : len(marks)] = own, marks
    return Pool(scores, relevant, relevant.sum(axis=1))


def ascend(pool: Pool) -> np.ndarray:
    """Return the weights, which sum to 1, found by going up along one member after the other.

    It starts from the best single member, so no blend that it returns is worse than that.
    """
    singles = np.eye(pool.scores.shape[2])
    values = [pool.ndcg(pool.blend(weights)) for weights in singles]
    weights, value = singles[int(np.argmax(values))], max(values)
    for _ in range(_MAX_ROUNDS):
        before = value
        for single in singles:
            others = weights * (1 - single)
            if not others.any():
                continue
            others /= others.sum()
            share, reached = _best_share(pool, pool.blend(others), pool.blend(single))
            if reached > value + _LEAST_GAIN:
                weights, value = (1 - share) * others + share * single, reached
        if value <= before + _LEAST_GAIN:
            break
    return weights


def take_best(scores: np.ndarray, k: int) -> np.ndarray:
    """Return the places (n_rows, k or fewer) of the best scores of each row, best first.

    Of equal scores the one further left is better.
    """
    k = min(k, scores.shape[1])
    if k < scores.shape[1]:
        last = np.partition(scores, -k, axis=1)[:, [-k]]
        above, equal = scores > last, scores == last
        wanted = k - above.sum(axis=1, keepdims=True)
        chosen = above | (equal & (np.cumsum(equal, axis=1) <= wanted))
        found = np.nonzero(chosen)[1].reshape(len(scores), k)
    else:
        found = np.tile(np.arange(k), (len(scores), 1))
    order = np.argsort(-np.take_along_axis(scores, found, axis=1), axis=1, kind="stable")
    return np.take_along_axis(found, order, axis=1)


def _best_share(pool: Pool, others: np.ndarray, single: np.ndarray) -> tuple[float, float]:
    """Return the share of one member at which the blend with the others is best, and its nDCG."""
    # In float32, as the scores are; what lies beyond a pool's end stays at minus infinity.
    mixed = [np.float32(1 - share) * others + np.float32(share) * single for share in _INNER]
    values = [pool.ndcg(blended) for blended in (others, *mixed, single)]
    best = int(np.argmax(values))
    return float(_SHARES[best]), values[best]


def _collect_parts(
    team: Team, users: np.ndarray, seen: sparse.csr_array, held_out: sparse.csr_array, how: str
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    # Columns in the order in which ties are broken, as in the lists that will be made.
    order = tie_order(np.bincount(seen.indices, minlength=seen.shape[1]))
    places = np.argsort(order)
    for part in memory_batches(len(users), seen.shape[1] * (len(team.members) + 1)):
        rows = users[part]
        unseen = mark_unseen(seen[rows])
        blocks = []
        for voice in team.listen(rows):
            block = np.zeros(unseen.shape)
            at = np.flatnonzero(voice.knows)
            block[at] = normalize(voice.score(at), choose_counted(unseen[at], voice.items), how)
            blocks.append(block[:, order])
        unseen = unseen[:, order]
        lists = [take_best(np.where(unseen, block, -np.inf), _DEPTH) for block in blocks]
        for row, code in enumerate(rows):
            span = slice(held_out.indptr[code], held_out.indptr[code + 1])
            liked = places[held_out.indices[span][held_out.data[span] > 0]]
            named = np.unique(np.concatenate([liked, *(best[row] for best in lists)]))
            named = named[unseen[row, named]]
            own = np.stack([block[row, named] for block in blocks], axis=1)
            yield own, np.isin(named, liked)
