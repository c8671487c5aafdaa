"""Fuse the ranks that several recommenders give."""
# SPDX-License-Identifier: BSD-3-Clause

from numbers import Integral, Real
from typing import ClassVar

import numpy as np
from sklearn.utils._param_validation import Interval, StrOptions

from sklearn_recsys.ensemble._composed import ComposedRecommender, NamedMembersMixin
from sklearn_recsys.ensemble._normalize import count_beaten
from sklearn_recsys.ensemble._team import mark_unseen

__all__ = ["RankFusionRecommender"]


class RankFusionRecommender(NamedMembersMixin, ComposedRecommender):
    """Score an item by the places that it has in the lists of several recommenders.

    Places can be compared whatever the scores mean, so nothing has to be tuned: choose it for a
    first ensemble, or for members whose scores have tails of different lengths. Where held-out
    data can tell how far to trust each member, `BlendRecommender` does better. Fit costs what the
    members cost, a user's list O(n_items log n_items) for each of them.

    Parameters
    ----------
    recommenders : list of (str, recommender) tuples
        Names and members: recommenders, or pipelines and searches that end in one. A member's
        parameters are those of the ensemble, as ``<name>__<parameter>``; ``"drop"`` instead of a
        recommender leaves it out.
    method : {"reciprocal", "borda"}, default="reciprocal"
        "reciprocal" adds up 1 / (k + rank): the first places count, and one member alone can lift
        an item. "borda" adds up the number of items beaten: all places count alike.
    k : float, default=60
        Of "reciprocal": higher values let the members that agree prevail over the one that puts
        an item first.
    weights : list of float or None, default=None
        Weight of each entry of `recommenders`, not negative; only their ratios matter. None
        weighs all alike.
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

    See Also
    --------
    BlendRecommender : By the members' scores, with weights that can be fitted.

    Notes
    -----
    score(u, i) = sum over members m of w_m / (k + r_m(u, i)), or of w_m * (n_u - r_m(u, i)). The
    rank r counts from 1 among the n_u items that the user has not seen, as in a list; items that a
    member ties share their mean rank, so the ids do not matter. An item that she has seen is given
    the place that it would take. A member that does not know a user has no say about her: the
    weights of those that know her are then divided by their sum, and where all of these are 0 they
    weigh alike. A member puts an item that it does not know last.

    References
    ----------
    G. V. Cormack, C. L. A. Clarke, S. Buettcher, "Reciprocal Rank Fusion outperforms Condorcet
    and Individual Rank Learning Methods", SIGIR 2009.
    J. A. Aslam, M. Montague, "Models for Metasearch", SIGIR 2001 (section 2.2, Borda).

    Examples
    --------
    >>> from sklearn_recsys.baseline import PopularityRecommender
    >>> from sklearn_recsys.datasets import make_interactions
    >>> from sklearn_recsys.ensemble import RankFusionRecommender
    >>> from sklearn_recsys.neighbors import ItemKNNRecommender
    >>> films = make_interactions(n_users=100, n_items=60, n_interactions=2000)
    >>> fusion = RankFusionRecommender(
    ...     [("knn", ItemKNNRecommender()), ("popular", PopularityRecommender())]
    ... )
    >>> fusion.fit(films.X).recommend(n_items=3).shape
    (300, 4)
    """

    _parameter_constraints: ClassVar[dict] = {
        "recommenders": [list],
        "method": [StrOptions({"reciprocal", "borda"})],
        "k": [Interval(Real, 0, None, closed="left")],
        "weights": ["array-like", None],
        "n_jobs": [Integral, None],
        "verbose": ["verbose"],
    }
    _suggested_grid: ClassVar[dict[str, list]] = {"k": [10, 60]}

    def __init__(
        self,
        recommenders,
        *,
        method="reciprocal",
        k=60,
        weights=None,
        n_jobs=None,
        verbose=0,
    ):
        self.recommenders = recommenders
        self.method = method
        self.k = k
        self.weights = weights
        self.n_jobs = n_jobs
        self.verbose = verbose

    def _learn(self, interactions, source):
        self.weights_ = self._read_weights(self.weights)

    def _combine(self, voices, seen):
        voices = list(voices)
        unseen, total = mark_unseen(seen), np.zeros(seen.shape)
        n_unseen = unseen.sum(axis=1, keepdims=True)
        shares = self._share(np.stack([voice.knows for voice in voices]))
        for voice, share in zip(voices, shares, strict=True):
            at = np.flatnonzero(share)
            if not len(at):
                continue
            points = count_beaten(voice.score(at), unseen[at])
            if self.method == "reciprocal":
                # What beats everything unseen, though seen itself, would be first: rank 1.
                points = 1 / (self.k + np.maximum(n_unseen[at] - points, 1))
            total[at] += share[at, None] * points
        return total
