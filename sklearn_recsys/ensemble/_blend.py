"""Blend the scores of several recommenders."""
# SPDX-License-Identifier: BSD-3-Clause

from numbers import Integral, Real
from typing import ClassVar

import numpy as np
from sklearn.utils._param_validation import Interval, StrOptions

from sklearn_recsys._warning import warn_caller
from sklearn_recsys.ensemble._composed import ComposedRecommender, NamedMembersMixin
from sklearn_recsys.ensemble._explanations import SummedContributionsMixin
from sklearn_recsys.ensemble._leaks import warn_of_leaks
from sklearn_recsys.ensemble._normalize import NORMALIZATIONS, normalize
from sklearn_recsys.ensemble._source import hold_out, subtract
from sklearn_recsys.ensemble._team import Team, choose_counted, mark_unseen
from sklearn_recsys.ensemble._weights import ascend, choose_users, collect
from sklearn_recsys.exceptions import DataWarning
from sklearn_recsys.interactions._parameters import as_generator

__all__ = ["BlendRecommender"]


class BlendRecommender(NamedMembersMixin, SummedContributionsMixin, ComposedRecommender):
    """Score by the weighted sum of several recommenders' scores, brought to one scale.

    Models that err in different ways correct each other: one of neighbours and one of factors,
    or one of behaviour and one of content, which also knows the items that nobody has met. Start
    with ``weights="fit"``, which never ranks worse than the best member on the held-out part of
    the training data. Choose `RankFusionRecommender` where scores are hard to compare. Fit costs
    what the members cost, twice with ``weights="fit"``; a user's list what all the members' scores
    of all items cost, in blocks of bounded memory.

    Parameters
    ----------
    recommenders : list of (str, recommender) tuples
        Names and members: recommenders, or pipelines and searches that end in one. A member's
        parameters are those of the blend, as ``<name>__<parameter>``; ``"drop"`` instead of a
        recommender leaves it out.
    weights : list of float, "fit" or None, default=None
        Weight of each entry of `recommenders`, not negative; only their ratios matter. None
        weighs all alike. "fit" holds out a part of the training data, fits the members to the
        rest, finds the weights that rank what is held out best, and fits the members to all.
    normalize : {"minmax", "zscore", "rank", "none"}, default="minmax"
        How a member's scores of a user are made comparable: brought to [0, 1], to mean 0 and
        deviation 1, replaced by the share of items beaten, or left as they are. All are taken
        over the items that the user has not seen.
    validation_size : float, default=0.2
        Share of each user's pairs that is held out to fit weights. Higher values make the weights
        surer, and the members that they are found for poorer.
    max_users : int, default=2000
        Users whose held-out pairs are looked at; others are left aside at random. Higher values
        make the weights surer, and take time and memory.
    random_state : int, RandomState instance or None, default=0
        Seed of what is held out.
    n_jobs : int or None, default=None
        Members fitted at a time, in processes, and threads of the lists. None is 1 unless a
        ``joblib.parallel_config`` says otherwise, -1 is all processors.
    verbose : int, default=0
        Report merged duplicate rows if positive.

    Attributes
    ----------
    recommenders_ : list of estimators
        The fitted members, without those that are dropped.
    weights_ : ndarray of shape (n_recommenders,), dtype float64
        Weight of each of them; they sum to 1.
    validation_score_ : float
        With ``weights="fit"``, nDCG@10 of the blend on what was held out; NaN where nothing was.
    is_cold_user_ : ndarray of shape (n_users,), dtype bool
        Marks users without interactions, whom a member's feature table holds.
    is_cold_item_ : ndarray of shape (n_items,), dtype bool
        Marks items without interactions, which a member's feature table holds.

    Raises
    ------
    TypeError
        If `recommenders` is not a list of names and recommenders.
    ValueError
        If names repeat, or `weights` has another length, a negative entry or no positive one.

    Warns
    -----
    sklearn_recsys.exceptions.DataWarning
        If weights cannot be fitted since nobody has enough pairs; all members then weigh alike. Or
        if a frozen member has learned already from what is held out to fit weights.

    See Also
    --------
    RankFusionRecommender : By the members' ranks instead of their scores.
    RerankRecommender : Lets any estimator learn what to make of the members' scores.
    CascadeRecommender : One member for each user, instead of all.

    Notes
    -----
    score(u, i) = sum over members m of w_m * z_m(u, i), with z_m the normalised score. A member
    that does not know a user (one who is known by a feature table of another, or by a history that
    it cannot fold in) has no say about her: the weights of those that know her are then divided by
    their sum, and where all of these are 0 they weigh alike. A member gives an item that it does
    not know the lowest of its scores.

    Ratings that are not normalised blend to ratings: with rating models alone and
    ``normalize="none"`` the tag `feedback` is "explicit", and what is unknown gets the weighted
    sum of the members' own answers, such as mean ratings. With any other `normalize` scores tell
    the order alone, and unknown users get the popular items.

    Weights are found by coordinate ascent on nDCG@10 itself: from the best
    single member, the share of one member after the other is tried in steps of 0.05.

    References
    ----------
    E. A. Fox, J. A. Shaw, "Combination of Multiple Searches", TREC-2, 1994 (CombSUM).
    D. Metzler, W. B. Croft, "Linear Feature-Based Models for Information Retrieval", Information
    Retrieval 10, 2007 (section 4.2, coordinate ascent).

    Examples
    --------
    >>> from sklearn_recsys.baseline import PopularityRecommender
    >>> from sklearn_recsys.datasets import make_interactions
    >>> from sklearn_recsys.ensemble import BlendRecommender
    >>> from sklearn_recsys.neighbors import ItemKNNRecommender
    >>> films = make_interactions(n_users=100, n_items=60, n_interactions=2000)
    >>> blend = BlendRecommender(
    ...     [("knn", ItemKNNRecommender()), ("popular", PopularityRecommender())],
    ...     weights=[0.9, 0.1],
    ... )
    >>> blend.set_params(knn__n_neighbors=20).fit(films.X).recommend(n_items=3).shape
    (300, 4)
    """

    _parameter_constraints: ClassVar[dict] = {
        "recommenders": [list],
        "weights": ["array-like", StrOptions({"fit"}), None],
        "normalize": [StrOptions(set(NORMALIZATIONS))],
        "validation_size": [Interval(Real, 0, 1, closed="neither")],
        "max_users": [Interval(Integral, 1, None, closed="left")],
        "random_state": ["random_state"],
        "n_jobs": [Integral, None],
        "verbose": ["verbose"],
    }
    _suggested_grid: ClassVar[dict[str, list]] = {"normalize": ["minmax", "zscore", "rank"]}

    def __init__(
        self,
        recommenders,
        *,
        weights=None,
        normalize="minmax",
        validation_size=0.2,
        max_users=2000,
        random_state=0,
        n_jobs=None,
        verbose=0,
    ):
        self.recommenders = recommenders
        self.weights = weights
        self.normalize = normalize
        self.validation_size = validation_size
        self.max_users = max_users
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.verbose = verbose

    def _learn(self, interactions, source):
        vars(self).pop("validation_score_", None)
        members = [member for _, member in self._members()]
        if isinstance(self.weights, str):
            self.weights_ = self._fit_weights(members, interactions, source)
        else:
            self.weights_ = self._read_weights(self.weights)

    def _fit_weights(self, members, interactions, source):
        rng = as_generator(self.random_state)
        kept, held_out = hold_out(interactions, source, self.validation_size, rng)
        users = choose_users(held_out, self.max_users, rng)
        self.validation_score_ = np.nan
        if not len(users):
            warn_caller(
                f"weights='fit' holds out validation_size={self.validation_size} of each user's "
                "pairs, but nobody has so many that a positive one is held out: all members weigh "
                "alike. Raise validation_size, or give weights.",
                DataWarning,
            )
            return np.full(len(members), 1 / len(members))
        fitted = source.take(kept).fit(members, self.n_jobs)
        named = dict(zip([name for name, _ in self._members()], fitted, strict=True))
        warn_of_leaks(named, interactions, held_out, users, what="Fitted weights")
        ids, ratings = (interactions.users, interactions.items), self._gives_ratings()
        team = Team.of(fitted, *ids, ratings=ratings)
        # What is left of a user's row is what her members have seen.
        seen = subtract(interactions.matrix, held_out)
        pool = collect(team, users, seen, held_out, self.normalize)
        weights = ascend(pool)
        self.validation_score_ = pool.ndcg(pool.blend(weights))
        return weights

    def _combine(self, voices, seen):
        voices = list(voices)
        unseen, total = mark_unseen(seen), np.zeros(seen.shape)
        shares = self._share(np.stack([voice.knows for voice in voices]))
        for voice, share in zip(voices, shares, strict=True):
            at = np.flatnonzero(share)
            if len(at):
                counted = choose_counted(unseen[at], voice.items)
                scores = normalize(voice.score(at), counted, self.normalize)
                total[at] += share[at, None] * scores
        return total

    def _score_stranger(self):
        if not self._gives_ratings():
            return super()._score_stranger()
        every = [self._team.score_stranger(k) for k in range(len(self.weights_))]
        return self.weights_ @ np.stack(every).astype(np.float64)

    def _score_unknown_items(self, rows):
        if not self._gives_ratings():
            return super()._score_unknown_items(rows)
        # Strangers (-1) are known to nobody, and rated by all as in `_score_stranger`.
        knows = np.ones((len(self.weights_), len(rows)), dtype=bool)
        knows[:, rows >= 0] = [voice.knows for voice in self._team.listen(rows[rows >= 0])]
        every = [self._team.score_unknown_items(k, rows) for k in range(len(self.weights_))]
        return (self._share(knows) * np.stack(every)).sum(axis=0)

    def _find_shares(self, row):
        knows = np.stack([voice.knows for voice in self._team.listen(np.array([row]))])
        return self._share(knows)[:, 0]

    def _keeps_scale(self):
        return self.normalize == "none"
