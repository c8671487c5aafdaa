"""Rank the candidates of several recommenders again, by any estimator."""
# SPDX-License-Identifier: BSD-3-Clause

import inspect
from numbers import Integral, Real
from typing import ClassVar

import numpy as np
from scipy import sparse
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils._param_validation import HasMethods, Interval

from sklearn_recsys._warning import warn_caller
from sklearn_recsys.base._blocks import memory_batches
from sklearn_recsys.base._ranking import tie_order
from sklearn_recsys.ensemble._candidates import SideInformation, gather, name_features
from sklearn_recsys.ensemble._composed import ComposedRecommender, NamedMembersMixin
from sklearn_recsys.ensemble._leaks import warn_of_leaks
from sklearn_recsys.ensemble._source import hold_out, subtract
from sklearn_recsys.ensemble._team import Team
from sklearn_recsys.ensemble._weights import choose_users
from sklearn_recsys.exceptions import DataWarning
from sklearn_recsys.interactions import FeatureTable
from sklearn_recsys.interactions._parameters import as_generator

__all__ = ["RerankRecommender"]


class RerankRecommender(NamedMembersMixin, ComposedRecommender):
    """Let any estimator rank the candidates of several recommenders.

    The two stages of large systems: quick recommenders find some hundred items each, and a slower
    model, told what each of them thinks and who and what it is about, puts them in order. Choose
    it over `BlendRecommender` where how far to trust a member depends on the user or the item,
    and where there are features that no member uses. Fit costs what the members cost, twice, and
    the estimator's fit to at most ``max_users * n_recommenders * n_candidates`` rows; a user's
    list what the members' scores and the estimator's answers for her candidates cost.

    Parameters
    ----------
    recommenders : list of (str, recommender) tuples
        Names and members that find candidates: recommenders, or pipelines and searches that end
        in one. A member's parameters are those of the ensemble, as ``<name>__<parameter>``;
        ``"drop"`` instead of a recommender leaves it out.
    reranker : estimator or None, default=None
        Classifier, regressor or ranker that tells the relevant candidates (1) from the others
        (0). Its ``predict_proba`` is what counts, else ``decision_function``, else ``predict``;
        if its ``fit`` takes ``group``, it gets the number of candidates of each user. None is a
        logistic regression of standardised features.
    n_candidates : int, default=100
        Best items of each member. Higher values miss less, and take time.
    user_features, item_features : FeatureTable or None, default=None
        What the estimator is told besides.
    validation_size : float, default=0.2
        Share of each user's pairs that is held out to be told from other candidates. Higher values
        give the estimator more to learn from, and members that know less than they will.
    max_users : int, default=2000
        Users whose candidates the estimator learns from, drawn at random.
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
    reranker_ : estimator or None
        Fitted; None where there was nothing to learn from.
    reranker_feature_names_ : list of str
        What its features are.
    is_cold_user_ : ndarray of shape (n_users,), dtype bool
        Marks users without interactions, whom a member's feature table holds.
    is_cold_item_ : ndarray of shape (n_items,), dtype bool
        Marks items without interactions, which a member's feature table holds.

    Raises
    ------
    TypeError
        If `recommenders` is not a list of names and recommenders.
    UnknownIdError
        If a user or item is not in its table, unless that is made with ``missing="zero"``.
    ValueError
        If names repeat.

    Warns
    -----
    sklearn_recsys.exceptions.DataWarning
        If there is nothing to learn from, since nobody has enough pairs or no candidate is
        relevant; candidates are then ranked by the mean of the members' scores. Or if a frozen
        member has learned already from what is held out for the reranker.

    See Also
    --------
    BlendRecommender : Weighs members alike for all users and items; far quicker.

    Notes
    -----
    The estimator learns without leaks: members are fitted to what is left when a share of each
    user's pairs is held out, candidates and features are those of these members, and labels tell
    what was held out. Then the members are fitted to everything. A candidate's features are,
    for each member, its score, brought to [0, 1] over the user's unseen items, and the logarithm
    of 1 + its rank; the share of items that it is more popular than; the logarithm of 1 + the
    length of the user's history; and the tables' features. None of them depends on the size of
    the data, so they mean the same in both fits.

    The score of a candidate is the estimator's answer. Everything else stands below the user's
    last candidate, by at most 1, in the order of the mean of the members' scores in [0, 1].
    Features of users are read from the table for users seen in fit; people known by a history
    alone are given zeros.

    References
    ----------
    P. Covington, J. Adams, E. Sargin, "Deep Neural Networks for YouTube Recommendations", RecSys
    2016 (section 2, the two stages).

    Examples
    --------
    >>> from sklearn.ensemble import HistGradientBoostingClassifier
    >>> from sklearn_recsys.baseline import PopularityRecommender
    >>> from sklearn_recsys.datasets import make_interactions
    >>> from sklearn_recsys.ensemble import RerankRecommender
    >>> from sklearn_recsys.neighbors import ItemKNNRecommender
    >>> films = make_interactions(n_users=100, n_items=60, n_interactions=2000)
    >>> model = RerankRecommender(
    ...     [("knn", ItemKNNRecommender()), ("popular", PopularityRecommender())],
    ...     reranker=HistGradientBoostingClassifier(max_iter=20),
    ... ).fit(films.X)
    >>> model.recommend(n_items=3).shape
    (300, 4)
    >>> model.reranker_feature_names_[:3]
    ['knn_score', 'knn_log_rank', 'popular_score']
    """

    _parameter_constraints: ClassVar[dict] = {
        "recommenders": [list],
        "reranker": [HasMethods(["fit"]), None],
        "n_candidates": [Interval(Integral, 1, None, closed="left")],
        "user_features": [FeatureTable, None],
        "item_features": [FeatureTable, None],
        "validation_size": [Interval(Real, 0, 1, closed="neither")],
        "max_users": [Interval(Integral, 1, None, closed="left")],
        "random_state": ["random_state"],
        "n_jobs": [Integral, None],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        recommenders,
        *,
        reranker=None,
        n_candidates=100,
        user_features=None,
        item_features=None,
        validation_size=0.2,
        max_users=2000,
        random_state=0,
        n_jobs=None,
        verbose=0,
    ):
        self.recommenders = recommenders
        self.reranker = reranker
        self.n_candidates = n_candidates
        self.user_features = user_features
        self.item_features = item_features
        self.validation_size = validation_size
        self.max_users = max_users
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.verbose = verbose

    def _learn(self, interactions, source):
        members = [member for _, member in self._members()]
        tables = (self.user_features, interactions.users), (self.item_features, interactions.items)
        self._tables = [
            None if table is None else table.fit(index.ids, role=index.role)
            for table, index in tables
        ]
        named = [[] if table is None else table.feature_names for table in self._tables]
        self.reranker_feature_names_ = name_features([n for n, _ in self._members()], *named)
        self.reranker_ = None
        rng = as_generator(self.random_state)
        kept, held_out = hold_out(interactions, source, self.validation_size, rng)
        users = choose_users(held_out, self.max_users, rng)
        if len(users):
            fitted = source.take(kept).fit(members, self.n_jobs)
            named = dict(zip([name for name, _ in self._members()], fitted, strict=True))
            warn_of_leaks(named, interactions, held_out, users, what="The reranker")
            team = Team.of(fitted, interactions.users, interactions.items)
            self._fit_reranker(*self._collect(interactions, team, users, held_out))
        if self.reranker_ is None:
            warn_caller(
                "There is nothing for the reranker to learn from: nobody has a positive pair held "
                f"out (validation_size={self.validation_size}) that is a candidate beside others. "
                "Candidates are ranked by the mean of the members' scores.",
                DataWarning,
            )

    def _collect(self, interactions, team, users, held_out):
        """Return the features, the labels and the numbers of users' candidates."""
        seen = subtract(interactions.matrix, held_out)
        popularity = _count_positives(interactions.matrix) - _count_positives(held_out)
        side = self._read_side(interactions.users.ids, interactions.items.ids, popularity)
        parts = []
        for part in memory_batches(len(users), seen.shape[1] * (len(team.members) + 1)):
            rows = users[part]
            found = self._gather(team.listen(rows), seen[rows], side, rows)
            liked = (held_out[rows] > 0).toarray()[found.rows, found.cols]
            sizes = np.bincount(found.rows, minlength=len(rows))
            parts.append((found.features, liked.astype(np.int64), sizes))
        features, labels, sizes = (np.concatenate(part) for part in zip(*parts, strict=True))
        return features, labels, sizes[sizes > 0]

    def _fit_reranker(self, features, labels, sizes):
        if len(np.unique(labels)) < 2:
            return
        if self.reranker is None:
            reranker = make_pipeline(StandardScaler(), LogisticRegression())
        else:
            reranker = clone(self.reranker)
        takes_group = "group" in inspect.signature(reranker.fit).parameters
        self.reranker_ = reranker.fit(features, labels, **({"group": sizes} if takes_group else {}))

    def _fit(self, interactions):
        side = self._read_side(self.users_, self.items_, self.popularity_)
        self._user_side, self._item_side = side.users, side.items
        del self._tables

    def _read_side(self, users, items, popularity):
        sides = (
            None if table is None else table.transform(ids)
            for table, ids in zip(self._tables, (users, items), strict=True)
        )
        return SideInformation(popularity, tie_order(popularity), *sides)

    def _gather(self, voices, seen, side, rows):
        """Return candidates of users, who are known by no features where there are no rows."""
        users = side.users
        if users is not None:
            n = seen.shape[0]
            nothing = sparse.csr_array((n, users.shape[1]), dtype=np.float32)
            users = nothing if rows is None else users[rows]
        own = SideInformation(side.popularity, side.tie_order, users, side.items)
        return gather(voices, seen, self.n_candidates, own)

    def _score(self, rows):
        return self._rank_again(self._team.listen(rows), self.interactions_[rows], rows)

    def _combine(self, voices, seen):
        return self._rank_again(voices, seen, None)

    def _rank_again(self, voices, seen, rows):
        side = SideInformation(self.popularity_, self._tie_order, self._user_side, self._item_side)
        found = self._gather(voices, seen, side, rows)
        if self.reranker_ is None or not len(found.rows):
            return found.mean
        answers = _ask(self.reranker_, found.features)
        last = np.full(seen.shape[0], np.inf)
        np.minimum.at(last, found.rows, answers)
        last[np.isinf(last)] = 1
        scores = last[:, None] + np.minimum(found.mean, 1) - 1
        scores[found.rows, found.cols] = answers
        return scores

    def __recommender_tags__(self):
        """Tell that features of users are not known of people who come with a history."""
        tags = super().__recommender_tags__()
        if self.user_features is not None and tags.fold_in == "exact":
            tags.fold_in = "approximate"
        return tags


def _count_positives(matrix: sparse.csr_array) -> np.ndarray:
    """Return the number of positive entries of each column."""
    return np.bincount(matrix.indices[matrix.data > 0], minlength=matrix.shape[1])


def _ask(reranker, features: np.ndarray) -> np.ndarray:
    """Return how relevant an estimator finds each row."""
    if hasattr(reranker, "predict_proba"):
        return np.asarray(reranker.predict_proba(features))[:, 1]
    if hasattr(reranker, "decision_function"):
        return np.asarray(reranker.decision_function(features))
    return np.asarray(reranker.predict(features)).ravel()
