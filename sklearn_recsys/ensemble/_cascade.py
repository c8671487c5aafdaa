"""Serve each user by the first recommender that knows her."""
# SPDX-License-Identifier: BSD-3-Clause

from numbers import Integral
from typing import ClassVar

import numpy as np
from sklearn.utils._param_validation import Interval

from sklearn_recsys.ensemble._composed import ComposedRecommender, NamedMembersMixin
from sklearn_recsys.ensemble._explanations import SummedContributionsMixin
from sklearn_recsys.ensemble._team import choose_counted, mark_unseen

__all__ = ["CascadeRecommender"]


class CascadeRecommender(NamedMembersMixin, SummedContributionsMixin, ComposedRecommender):
    """Serve each user by the first of several recommenders that knows enough about her.

    The answer to the cold start of a whole system: a model of behaviour for those who have some
    history, one of content or features for those who have little or none, popularity for the
    rest; and a new item comes in through the first member that knows it. Fit costs what the
    members cost, a user's list what her own member costs, and that of others where some items are
    unknown to it.

    Parameters
    ----------
    recommenders : list of (str, recommender) tuples
        Names and members, the best-informed first: recommenders, or pipelines and searches that
        end in one. A member's parameters are those of the cascade, as ``<name>__<parameter>``;
        ``"drop"`` instead of a recommender leaves it out.
    min_interactions : int or list of int, default=1
        Interactions that a user must have for a member to serve her. One number holds for the
        members that know users by their interactions alone; those that take user features, or
        serve everyone alike, need none. A list holds a number for each entry of `recommenders`.
        Higher values hand more users on to the next member.
    n_jobs : int or None, default=None
        Members fitted at a time, in processes, and threads of the lists. None is 1 unless a
        ``joblib.parallel_config`` says otherwise, -1 is all processors.
    verbose : int, default=0
        Report merged duplicate rows if positive.

    Attributes
    ----------
    recommenders_ : list of estimators
        The fitted members, without those that are dropped.
    min_interactions_ : ndarray of shape (n_recommenders,), dtype int64
        Interactions that each of them asks for.
    is_cold_user_ : ndarray of shape (n_users,), dtype bool
        Marks users without interactions, whom a member's feature table holds.
    is_cold_item_ : ndarray of shape (n_items,), dtype bool
        Marks items without interactions, which a member's feature table holds.

    Raises
    ------
    TypeError
        If `recommenders` is not a list of names and recommenders.
    ValueError
        If names repeat, or `min_interactions` has another length or a negative entry.

    See Also
    --------
    BlendRecommender : All members for each user, weighted.

    Notes
    -----
    Member m serves user u if it is the first that knows her (by interactions, by a history that it
    can fold in, by features, or because it serves all alike) and she has its ``min_interactions``;
    if there is none, the last that knows her does. Users of whom nothing is known, for whom
    ``recommend`` is asked with ``on_unknown="popular"``, are served by the last member.

    An item that her member does not know is scored by the first member after it (around to the
    first again) that knows it. Scores of two members cannot be compared, places can: of the items
    that both know, it gets the score, by her own member, of what stands where the other puts it;
    between two of them it is interpolated. An item that no member knows gets the lowest score, or,
    where all members are rating models, what the user's own member expects of the unknown.

    Examples
    --------
    >>> from sklearn_recsys.baseline import PopularityRecommender
    >>> from sklearn_recsys.datasets import make_interactions
    >>> from sklearn_recsys.ensemble import CascadeRecommender
    >>> from sklearn_recsys.neighbors import ItemKNNRecommender
    >>> films = make_interactions(n_users=100, n_items=60, n_interactions=2000)
    >>> cascade = CascadeRecommender(
    ...     [("knn", ItemKNNRecommender()), ("popular", PopularityRecommender())],
    ...     min_interactions=5,
    ... ).fit(films.X)
    >>> cascade.recommend([-1], n_items=3, on_unknown="popular")["rank"].tolist()
    [1, 2, 3]
    """

    _parameter_constraints: ClassVar[dict] = {
        "recommenders": [list],
        "min_interactions": [Interval(Integral, 0, None, closed="left"), list],
        "n_jobs": [Integral, None],
        "verbose": ["verbose"],
    }
    _suggested_grid: ClassVar[dict[str, list]] = {"min_interactions": [1, 3, 10]}

    def __init__(self, recommenders, *, min_interactions=1, n_jobs=None, verbose=0):
        self.recommenders = recommenders
        self.min_interactions = min_interactions
        self.n_jobs = n_jobs
        self.verbose = verbose

    def _learn(self, interactions, source):
        if isinstance(self.min_interactions, list):
            self.min_interactions_ = self._read_thresholds(self.min_interactions)
            return
        every = [model.__recommender_tags__() for model in self._models()]
        asks = np.array([tags.personalized and not tags.cold_users for tags in every])
        self.min_interactions_ = np.where(asks, self.min_interactions, 0)

    def _read_thresholds(self, thresholds):
        is_valid = len(thresholds) == len(self.recommenders) and all(
            isinstance(least, Integral) and least >= 0 for least in thresholds
        )
        if not is_valid:
            raise ValueError(
                "min_interactions must be an integer >= 0, or a list of one for each of the "
                f"{len(self.recommenders)} entries of recommenders, got {thresholds!r}."
            )
        names = [name for name, _ in self._members()]
        pairs = zip(self.recommenders, thresholds, strict=True)
        return np.array([least for (name, _), least in pairs if name in names], dtype=np.int64)

    def _combine(self, voices, seen):
        voices = list(voices)
        chosen = self._choose(voices, np.diff(seen.indptr))
        unseen, total = mark_unseen(seen), np.zeros(seen.shape, dtype=np.float32)
        for k, voice in enumerate(voices):
            at = np.flatnonzero(chosen == k)
            if not len(at):
                continue
            total[at] = voice.score(at)
            # Row by row: another member may know one user of these, and not the next.
            missing = np.tile(~voice.items, (len(at), 1))
            for other in [*voices[k + 1 :], *voices[:k]]:
                found = missing & other.items & other.knows[at, None]
                some = found.any(axis=1)
                if some.any():
                    asking = at[some]
                    common = choose_counted(unseen[asking], voice.items & other.items)
                    scores = other.score(asking)
                    total[asking] = _insert(total[asking], scores, found[some], common)
                    missing &= ~found
        return total

    def _choose(self, voices, lengths):
        """Return the place of the member that serves each row."""
        knows = np.stack([voice.knows for voice in voices])
        serves = knows & (lengths >= self.min_interactions_[:, None])
        last = len(voices) - 1 - knows[::-1].argmax(axis=0)
        return np.where(serves.any(axis=0), serves.argmax(axis=0), last)

    def _score_stranger(self):
        return self._team.score_stranger(len(self.recommenders_) - 1)

    def _score_unknown_items(self, rows):
        if not self._gives_ratings():
            return super()._score_unknown_items(rows)
        known, chosen = rows >= 0, np.full(len(rows), len(self.recommenders_) - 1)
        chosen[known] = self._choose_for(rows[known])
        scores = np.empty(len(rows), dtype=np.float32)
        for k in np.unique(chosen):
            scores[chosen == k] = self._team.score_unknown_items(k, rows[chosen == k])
        return scores

    def _choose_for(self, rows):
        lengths = np.diff(self.interactions_.indptr)[rows]
        return self._choose(list(self._team.listen(rows)), lengths)

    def _find_shares(self, row):
        chosen = self._choose_for(np.array([row]))
        return (np.arange(len(self.recommenders_)) == chosen).astype(float)

    def _keeps_scale(self):
        return True


def _insert(
    own: np.ndarray, other: np.ndarray, found: np.ndarray, common: np.ndarray
) -> np.ndarray:
    """Return own scores in which some items have those of their places by another member."""
    own = own.copy()
    for scores, others, new, both in zip(own, other, found, common, strict=True):
        if both.any():
            # float64: differences of large float32 scores overflow.
            places = np.sort(others[both]).astype(np.float64)
            values = np.sort(scores[both]).astype(np.float64)
            scores[new] = np.interp(others[new].astype(np.float64), places, values)
    return own
