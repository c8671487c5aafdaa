"""What every recommender is: ids in, ranked tables out; models supply the mathematics."""
# SPDX-License-Identifier: BSD-3-Clause

from abc import ABCMeta, abstractmethod
from collections.abc import Iterator
from typing import ClassVar, Literal

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted, validate_data

from sklearn_recsys.base._blocks import densify, finite, memory_batches
from sklearn_recsys.base._codes import CodesMixin
from sklearn_recsys.base._groups import Group, group_users
from sklearn_recsys.base._html import SummaryReprMixin
from sklearn_recsys.base._neighborhood import NeighborhoodMixin
from sklearn_recsys.base._rankers import rank_by_scores
from sklearn_recsys.base._ranking import Ranker, tie_order
from sklearn_recsys.base._tables import as_recommendations
from sklearn_recsys.base._tags import RecommenderTags
from sklearn_recsys.base._transaction import unchanged_on_failure
from sklearn_recsys.interactions._audience import (
    Audience,
    read_feature_audience,
    validate_audience,
    validate_item_filter,
)
from sklearn_recsys.interactions._columns import (
    column_names,
    n_columns,
    require_distinct_names,
    require_table,
)
from sklearn_recsys.interactions._feature_table import require_feature_table
from sklearn_recsys.interactions._join import join_features
from sklearn_recsys.interactions._parameters import require_bool, require_choice, require_positive
from sklearn_recsys.interactions._validation import (
    Interactions,
    validate_interactions,
    validate_pairs,
)
from sklearn_recsys.metrics import make_ranking_scorer

__all__ = ["BaseRecommender"]

_ON_UNKNOWN = ("raise", "popular", "skip")


class BaseRecommender(
    CodesMixin, NeighborhoodMixin, SummaryReprMixin, BaseEstimator, metaclass=ABCMeta
):
    """Turn a table of interactions into ranked recommendations.

    A model supplies `_fit` and `_score`; ids, validation, unknown users, masking, ranking in
    blocks of bounded memory, `predict`, `score` and fold-in are done here, once for everyone.

    Attributes
    ----------
    users_ : ndarray of shape (n_users,)
        Sorted user ids; a user's position is the row of every matrix of the model.
    items_ : ndarray of shape (n_items,)
        Sorted item ids.
    interactions_ : csr_array of shape (n_users, n_items), dtype float32
        Merged training interactions; explicit zeros are pairs that were seen.
    popularity_ : ndarray of shape (n_items,), dtype int64
        Number of users with a positive interaction, which breaks ties.
    n_features_in_ : int
        Number of columns of the table seen in `fit`.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, where all are strings.

    Notes
    -----
    ``sklearn.set_config(working_memory=…)`` bounds the memory of a block of scores; one eighth of
    it (128 MiB by default) is used, and but for rounding the answer does not depend on it.
    """

    _parameter_constraints: ClassVar[dict] = {}
    # A small grid that is worth searching on most data; empty where nothing needs tuning.
    _suggested_grid: ClassVar[dict[str, list]] = {}
    # How rows of one (user, item) pair are merged: count-like models sum, rating models average.
    _duplicates: ClassVar[Literal["sum", "mean"]] = "sum"

    @abstractmethod
    def _fit(self, interactions: Interactions) -> None:
        """Learn from encoded interactions."""

    @abstractmethod
    def _score(self, rows: np.ndarray) -> np.ndarray | sparse.csr_array:
        """Return the scores (n_rows, n_items) of training users for all items."""

    def _score_history(
        self, history: sparse.csr_array, weights: sparse.csr_array
    ) -> np.ndarray | sparse.csr_array:
        """Return the scores (n_rows, n_items) of users known by `history` alone.

        `weights` holds, at the same places, how many rows were merged into each entry.
        """
        raise NotImplementedError

    def _ranker(self, rows: np.ndarray) -> Ranker:
        """Return what finds the best items of training users; it stands for `_score`."""
        return rank_by_scores(lambda part: self._score(rows[part]), len(rows), len(self.items_))

    def _history_ranker(self, history: sparse.csr_array, weights: sparse.csr_array) -> Ranker:
        """Return what finds the best items of histories; it stands for `_score_history`."""
        return rank_by_scores(
            lambda part: self._score_history(history[part], weights[part]), *history.shape
        )

    def _score_features(self, features: sparse.csr_array) -> np.ndarray:
        """Return the scores (n_rows, n_items) of users known by their features alone."""
        raise NotImplementedError

    def fit(self, X, y=None, sample_weight=None):
        """Learn from a table of interactions.

        Parameters
        ----------
        X : table of shape (n_interactions, n_columns)
            pandas or polars DataFrame, pyarrow Table, array or list of rows. Columns by position:
            user id, item id, value (1.0 when absent), time; further columns are ignored.
        y : array-like of shape (n_interactions,), default=None
            Values that replace the value column.
        sample_weight : array-like of shape (n_interactions,), default=None
            Non-negative weights; an integer weight equals that many repeated rows, and rows of
            weight zero are dropped.

        Returns
        -------
        self : object
            Fitted recommender. A fit that fails, or that Ctrl-C ends, leaves the model as it was.

        Raises
        ------
        TypeError
            If `X` is sparse or its ids cannot be ordered.
        ValueError
            If an id is missing, a value is not finite (or negative where the model's tags do not
            allow it), or a parameter is out of range.
        """
        with unchanged_on_failure(self):
            self._validate_params()
            X = require_table(X)
            require_distinct_names(X)
            validate_data(self, X, skip_check_array=True)
            allow_negative = self.__recommender_tags__().negative_values
            options = {"duplicates": self._duplicates, "allow_negative": allow_negative}
            interactions = validate_interactions(X, y, sample_weight, **options, share=True)
            if getattr(self, "verbose", 0) and interactions.n_merged:
                name = type(self).__name__
                print(f"[{name}] merged {interactions.n_merged} duplicate rows")  # noqa: T201
            self._fit_parts(interactions, X, y, sample_weight)
            interactions = self._join_features(interactions)
            self._remember(interactions)
            self._fit(interactions)
        return self

    def predict(self, X):
        """Score each (user, item) row of a table.

        Parameters
        ----------
        X : table of shape (n_rows, n_columns)
            Users and items in the first two columns; the other columns of `fit` may be absent.

        Returns
        -------
        scores : ndarray of shape (n_rows,), dtype float32
            Always finite: an unknown user gets the scores of popularity (a rating model: the
            global mean and the known bias), an unknown item the lowest score.
        """
        rows, cols = self._encode_pairs(X)
        scores = np.empty(len(rows), dtype=np.float32)
        known = (rows >= 0) & (cols >= 0)
        stranger = (rows < 0) & (cols >= 0)
        novel = cols < 0
        with np.errstate(over="ignore", invalid="ignore"):  # what overflows is made finite
            scores[known] = finite(self._score_pairs(rows[known], cols[known]))
            scores[stranger] = finite(self._score_stranger())[cols[stranger]]
            scores[novel] = finite(self._score_unknown_items(rows[novel]))
        return scores

    def recommend(
        self,
        users=None,
        n_items=10,
        *,
        exclude_seen=True,
        candidates=None,
        exclude=None,
        history=None,
        user_features=None,
        on_unknown="raise",
    ):
        """Recommend items to users.

        Parameters
        ----------
        users : id or list of ids, default=None
            Whom to recommend to; None means everyone seen in `fit`, or everyone in `history`.
        n_items : int, default=10
            Length of each list; a list is shorter where fewer items are left.
        exclude_seen : bool, default=True
            Leave out the items that the user has interacted with.
        candidates : list of items or table of (user, item) pairs, default=None
            The only items to recommend, for everyone or for each user.
        exclude : list of items or table of (user, item) pairs, default=None
            Items not to recommend, for everyone or for each user.
        history : table of interactions, default=None
            Interactions of users who need not have been seen in `fit`. It replaces the training
            interactions of the users in it, in scoring and in `exclude_seen`.
        user_features : DataFrame or mapping, default=None
            People who are in no table: a row of features for each, named as in the model's own
            `user_features`. The user column of the answer holds the labels of its index, or the
            keys of the mapping.
        on_unknown : {"raise", "popular", "skip"}, default="raise"
            Whether users without interactions raise, get the popular items, or get none.

        Returns
        -------
        recommendations : DataFrame
            Columns: the caller's user and item columns, score and rank (from 1). Scores never
            increase with rank; ties are broken by popularity, then by id.

        Raises
        ------
        TypeError
            If ids are of another type than in `fit`.
        UnknownIdError
            If users or candidates are unknown.
        ValueError
            If a parameter is out of range, or the model cannot use `history` or `user_features`.
        """
        check_is_fitted(self)
        require_positive(n_items, "n_items")
        require_choice(on_unknown, "on_unknown", _ON_UNKNOWN)
        require_bool(exclude_seen, "exclude_seen")
        if user_features is None:
            audience = self._find_audience(users, history, on_unknown)
            groups = group_users(self, audience)
        else:
            audience, groups = self._describe_audience(users, history, user_features)
        item_filter = validate_item_filter(candidates, exclude, audience.ids, self._item_index)
        ranked = self._rank_groups(groups, item_filter, n_items, exclude_seen=exclude_seen)
        triplets = ranked.users, ranked.items, ranked.scores
        return as_recommendations(triplets, audience.ids, self.items_, self._names)

    # Tells scorers that codes say all that `recommend` would; not so where a subclass has its own.
    _recommend_by_codes = recommend

    def score(self, X, y=None):
        """Return the mean nDCG@10 of held-out interactions.

        Parameters
        ----------
        X : table of shape (n_interactions, n_columns)
            Held-out interactions; pairs seen in `fit` do not count.
        y : array-like of shape (n_interactions,), default=None
            Values that replace the value column; positive ones are relevant.

        Returns
        -------
        score : float
            Mean over users; NaN (with a warning) where no user has anything held out.

        See Also
        --------
        sklearn_recsys.metrics.make_ranking_scorer : Other metrics and options.
        """
        return make_ranking_scorer("ndcg@10")(self, X, y)

    def __sklearn_tags__(self):
        """Tell scikit-learn that samples are rows of ids."""
        tags = super().__sklearn_tags__()
        tags.estimator_type = None
        tags.input_tags.two_d_array = True
        tags.input_tags.categorical = True
        tags.input_tags.sparse = False
        tags.input_tags.allow_nan = False
        tags.target_tags.required = False
        return tags

    def __recommender_tags__(self) -> RecommenderTags:
        """Tell what this recommender can do."""
        return RecommenderTags()

    def _validate_params(self):
        """Check the parameters; a bare table of features is told how to become a FeatureTable."""
        for name in ("user_features", "item_features"):
            require_feature_table(getattr(self, name, None), name)
        super()._validate_params()

    def _remember(self, interactions: Interactions) -> None:
        """Set what every model keeps of its training data."""
        self.users_, self.items_ = interactions.users.ids, interactions.items.ids
        self.interactions_ = interactions.matrix
        self.popularity_ = interactions.count_users()
        self._tie_order = tie_order(self.popularity_)
        self._names = (interactions.user_name, interactions.item_name)
        self._user_index, self._item_index = interactions.users, interactions.items

    def _encode_pairs(self, X):
        """Return the codes of each row's user and item, after checking names and width."""
        check_is_fitted(self)
        X = require_table(X, min_columns=1)
        width, names = n_columns(X), column_names(X)
        is_prefix = 2 <= width < self.n_features_in_ and (
            names is None or names == list(getattr(self, "feature_names_in_", names))[:width]
        )
        if not is_prefix:
            if names is not None and 2 <= width < self.n_features_in_:
                raise ValueError(
                    "The feature names should match those that were passed during fit, of which "
                    f"{self._names} suffice; got {tuple(names)}."
                )
            validate_data(self, X, reset=False, skip_check_array=True)
        return validate_pairs(X, self._user_index, self._item_index)

    def _score_pairs(self, rows: np.ndarray, cols: np.ndarray) -> np.ndarray:
        """Return the score of each pair, by whole rows unless a model knows better."""
        scores = np.empty(len(rows), dtype=np.float32)
        distinct, inverse = np.unique(rows, return_inverse=True)
        order = np.argsort(inverse, kind="stable")
        bounds = np.searchsorted(inverse[order], np.arange(len(distinct) + 1))
        for part in self._batches(len(distinct)):
            block = densify(self._score(distinct[part]))
            chosen = order[bounds[part.start] : bounds[part.stop]]
            scores[chosen] = block[inverse[chosen] - part.start, cols[chosen]]
        return scores

    def _score_stranger(self) -> np.ndarray:
        """Return the scores of all items for a user of whom nothing is known."""
        return self.popularity_.astype(np.float32)

    def _score_unknown_items(self, rows: np.ndarray) -> np.ndarray:
        """Return the lowest score of each user, which is what an item unknown to `fit` gets."""
        distinct, inverse = np.unique(rows, return_inverse=True)
        lowest = np.full(len(distinct), self._score_stranger().min(), dtype=np.float32)
        known = np.flatnonzero(distinct >= 0)
        for part in self._batches(len(known)):
            block = finite(densify(self._score(distinct[known[part]])))
            lowest[known[part]] = block.min(axis=1)
        return lowest[inverse]

    def _batches(self, n: int) -> Iterator[slice]:
        return memory_batches(n, len(self.items_))

    def _fit_parts(self, interactions: Interactions, X, y, sample_weight) -> None:
        """Fit the recommenders that this one is made of to the caller's table, if there are any."""

    def _join_features(self, interactions: Interactions) -> Interactions:
        """Add the users and items of the model's feature tables, if it takes any."""
        if not {"user_features", "item_features"} & set(self.get_params(deep=False)):
            return interactions
        tables = getattr(self, "user_features", None), getattr(self, "item_features", None)
        fitted = join_features(interactions, *tables)
        joined, self._fitted_user_features, self._fitted_item_features = fitted
        self.is_cold_user_, self.is_cold_item_ = joined.is_cold_user, joined.is_cold_item
        return joined

    def _find_audience(self, users, history, on_unknown: str) -> Audience:
        tags = self.__recommender_tags__()
        if history is not None and tags.fold_in == "none":
            raise ValueError(
                f"history= was given, but {type(self).__name__} cannot fold in users: its tag "
                "fold_in is 'none'. Refit with these interactions instead."
            )
        return validate_audience(
            users,
            history,
            self._user_index,
            self._item_index,
            on_unknown=on_unknown,
            duplicates=self._duplicates,
            allow_negative=tags.negative_values,
            takes_features=tags.cold_users,
        )

    def _describe_audience(self, users, history, user_features) -> tuple[Audience, list[Group]]:
        """Return people in no table and the group they form."""
        fitted = getattr(self, "_fitted_user_features", None)
        if fitted is None:
            raise ValueError(
                f"user_features= was given, but this {type(self).__name__} was fitted without user "
                "features. Use a model whose tag cold_users is set and give it a FeatureTable."
            )
        if users is not None or history is not None:
            raise ValueError("user_features= is for people in no table: omit users and history.")
        audience, features = read_feature_audience(user_features, fitted)
        everyone = np.arange(len(audience.ids))

        def score(part):
            return self._score_features(features[part])

        ranker = rank_by_scores(score, len(everyone), len(self.items_))
        return audience, [Group(everyone, None, score, ranker)]
