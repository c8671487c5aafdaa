"""Recommend by chance, reproducibly."""
# SPDX-License-Identifier: BSD-3-Clause

from typing import ClassVar

import numpy as np
from sklearn.utils import check_random_state

from sklearn_recsys.base import BaseRecommender, RecommenderTags

__all__ = ["RandomRecommender"]


class RandomRecommender(BaseRecommender):
    """Recommend items by chance: the floor of every comparison.

    Each pair of user and item has a score drawn uniformly from [0, 1) that depends on the seed
    and the pair alone, so that `predict` and `recommend` agree and nothing is stored. Fit costs
    O(1), a list O(items), memory O(items).

    Parameters
    ----------
    random_state : int, RandomState instance or None, default=None
        Seed; an integer gives the same lists in every fit.
    verbose : int, default=0
        Report merged duplicate rows if positive.

    Attributes
    ----------
    users_, items_ : ndarray of shape (n_users,) and (n_items,)
        Sorted ids.
    interactions_ : csr_array of shape (n_users, n_items), dtype float32
        Merged training interactions; explicit zeros are pairs that were seen.
    popularity_ : ndarray of shape (n_items,), dtype int64
        Number of users with a positive value.
    n_features_in_ : int
        Number of columns of the table seen in `fit`.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of its columns, where all are strings.

    See Also
    --------
    PopularityRecommender : The other floor.

    Notes
    -----
    The score of a pair is the SplitMix64 hash of its position in the (user, item) matrix and the
    seed, scaled by 2**-64.

    References
    ----------
    G. L. Steele, D. Lea, C. H. Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA
    2014, figure 16.

    Examples
    --------
    >>> from sklearn_recsys.baseline import RandomRecommender
    >>> plays = [["ann", "undo"], ["bob", "undo"], ["bob", "secrets"], ["cat", "fireflies"]]
    >>> model = RandomRecommender(random_state=0).fit(plays)
    >>> model.recommend("cat").equals(model.recommend("cat"))
    True
    """

    _parameter_constraints: ClassVar[dict] = {
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    def __init__(self, random_state=None, *, verbose=0):
        self.random_state = random_state
        self.verbose = verbose

    def _fit(self, interactions):
        seed = check_random_state(self.random_state).randint(np.iinfo(np.int32).max)
        self._seed = np.uint64(seed)

    def _score(self, rows):
        return self._score_pairs(np.asarray(rows)[:, None], np.arange(len(self.items_)))

    def _score_pairs(self, rows, cols):
        pair = np.asarray(rows, dtype=np.uint64) * np.uint64(len(self.items_))
        pair = pair + np.asarray(cols, dtype=np.uint64)
        # The seed is hashed too: plain sums of seed and pair would give shifted copies.
        bits = _split_mix(_split_mix(self._seed[None]) ^ _split_mix(pair))
        bits >>= np.uint64(40)  # 24 bits are what a float32 below 1 holds
        return bits.astype(np.float32) * np.float32(2.0**-24)

    def __recommender_tags__(self):
        """Tell that interactions do not matter, and that a history has no draw of its own."""
        return RecommenderTags(personalized=False, fold_in="none", uses_values=False)


def _split_mix(state: np.ndarray) -> np.ndarray:
    # Wrapping uint64 arithmetic is what the generator is defined by.
    with np.errstate(over="ignore"):
        z = state + np.uint64(0x9E3779B97F4A7C15)
        # In place: a block of 64-bit states is the largest thing that ranking by chance holds.
        z ^= z >> np.uint64(30)
        z *= np.uint64(0xBF58476D1CE4E5B9)
        z ^= z >> np.uint64(27)
        z *= np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
        return z
