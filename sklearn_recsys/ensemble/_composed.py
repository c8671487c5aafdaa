"""The family of recommenders that are made of others."""
# SPDX-License-Identifier: BSD-3-Clause

from abc import abstractmethod
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
from scipy import sparse
from sklearn import get_config
from sklearn.utils import get_tags
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping, process_routing
from sklearn.utils.metaestimators import _BaseComposition

from sklearn_recsys.base import BaseRecommender, RecommenderTags
from sklearn_recsys.ensemble._members import require_recommender
from sklearn_recsys.ensemble._neighbors import DelegatedNeighborsMixin
from sklearn_recsys.ensemble._source import Source, asked
from sklearn_recsys.ensemble._team import PeopleReader, Team, Voice
from sklearn_recsys.interactions._column_edits import set_column
from sklearn_recsys.interactions._columns import Table, take_columns
from sklearn_recsys.interactions._ids import IdIndex
from sklearn_recsys.interactions._join import widen_interactions
from sklearn_recsys.interactions._validation import Interactions, read_columns

__all__ = ["ComposedRecommender", "NamedMembersMixin"]


class ComposedRecommender(DelegatedNeighborsMixin, BaseRecommender):
    """Fit members to one table, and make one score of what they say.

    An ensemble supplies `_combine`; users and items are those of any member.

    Attributes
    ----------
    recommenders_ : list of estimators
        The fitted members, in their order, without those that are dropped.
    is_cold_user_ : ndarray of shape (n_users,), dtype bool
        Marks users without interactions, whom a member's feature table holds.
    is_cold_item_ : ndarray of shape (n_items,), dtype bool
        Marks items without interactions, which a member's feature table holds.
    """

    @abstractmethod
    def _combine(self, voices: Iterable[Voice], seen: sparse.csr_array) -> np.ndarray:
        """Return one score (n_rows, n_items) of what members say about users.

        `seen` holds their interactions, which are empty for those who are known by features.
        """

    @abstractmethod
    def _members(self) -> list[tuple[str, Any]]:
        """Return the names of the members and the members, without those that are dropped."""

    def get_metadata_routing(self):
        """Return how `sample_weight` is routed to the members.

        The ensemble takes weights itself, and gives them to all members; with scikit-learn's
        ``enable_metadata_routing``, to those that request them by ``set_fit_request``. Rows of
        weight 0 are dropped for all.

        Returns
        -------
        routing : MetadataRouter
            Of the ensemble and its members.
        """
        router = MetadataRouter(owner=self).add_self_request(self)
        fits = MethodMapping().add(caller="fit", callee="fit")
        return router.add(method_mapping=fits, **dict(self._members()))

    def _validate_params(self):
        super()._validate_params()
        self._check_members()

    def _check_members(self) -> None:
        """Raise unless all members can be fitted."""
        for name, member in self._members():
            require_recommender(name, member)

    def _fit_parts(self, interactions, X, y, sample_weight):
        source = Source.of(X, y, sample_weight, self._find_weighted(sample_weight))
        self._has_values_apart = y is not None
        self._learn(interactions, source)
        members = [member for _, member in self._members()]
        self.recommenders_ = source.fit(members, getattr(self, "n_jobs", None))

    def _find_weighted(self, sample_weight: Any) -> list[bool] | None:
        """Return which members get weights by metadata routing; None if that is not enabled."""
        if sample_weight is None or not get_config()["enable_metadata_routing"]:
            return None
        routed = process_routing(self, "fit", sample_weight=sample_weight)
        return ["sample_weight" in routed[name].fit for name, _ in self._members()]

    def _learn(self, interactions: Interactions, source: Source) -> None:
        """Learn what is learned from a part of the interactions, before members get them all."""

    def _fit(self, interactions):
        pass  # the members have learned already

    def _join_features(self, interactions):
        models = [asked(member) for member in self.recommenders_]
        users = _unite(interactions.users, [model.users_ for model in models])
        items = _unite(interactions.items, [model.items_ for model in models])
        widened = widen_interactions(interactions, users, items)
        self.is_cold_user_, self.is_cold_item_ = widened.is_cold_user, widened.is_cold_item
        team = Team.of(self.recommenders_, users, items)
        self._user_codes, self._item_codes = team.user_codes, team.item_codes
        return widened

    @property
    def _team(self) -> Team:
        codes = self._user_codes, self._item_codes
        return Team(self.recommenders_, *codes, ratings=self._gives_ratings())

    @property
    def _fitted_user_features(self) -> PeopleReader | None:  # type: ignore[override]
        """Return what reads people in no table, if a member takes them."""
        models = [asked(member) for member in self.recommenders_]
        readers = [getattr(model, "_fitted_user_features", None) for model in models]
        return PeopleReader(readers) if any(reader is not None for reader in readers) else None

    @property
    def _duplicates(self):
        # The members merge for themselves; this is what the ensemble remembers.
        models = self._models()
        return "mean" if models and all(m._duplicates == "mean" for m in models) else "sum"

    def _score(self, rows):
        return self._combine(self._team.listen(rows), self.interactions_[rows])

    def _score_history(self, history, weights):
        return self._combine(self._team.listen_to_histories(weights), history)

    def _score_features(self, features):
        nothing = sparse.csr_array((features.shape[0], len(self.items_)), dtype=np.float32)
        return self._combine(self._team.listen_to_features(features), nothing)

    def _find_audience(self, users, history, on_unknown):
        audience = super()._find_audience(users, history, on_unknown)
        if history is None:
            return audience
        # Each member has a history of its own, weighted as it learned; they are cut together.
        histories = self._team.read_histories(self._as_learned(history))
        return replace(audience, history_weights=histories)

    def _as_learned(self, history: Table) -> Table:
        """Return a history with a column of values where that is how pipelines were given `y`."""
        if not self._has_values_apart or self.n_features_in_ > 3:
            return history
        names = getattr(self, "feature_names_in_", ("", ""))
        values = read_columns(history).values
        return set_column(take_columns(history, 2), 2, values, name=[*names, "value"][2])

    def _gives_ratings(self) -> bool:
        """Tell whether scores are ratings: all members' are, and they keep their scale."""
        return self.__recommender_tags__().feedback == "explicit"

    def _keeps_scale(self) -> bool:
        """Tell whether what is made of members' scores can be read as they are."""
        return False

    def __sklearn_tags__(self):
        """Tell that an ensemble is as deterministic as its members."""
        tags = super().__sklearn_tags__()
        tags.non_deterministic = any(get_tags(m).non_deterministic for m in self._models())
        return tags

    def __recommender_tags__(self):
        """Tell what the members can do, all of them or one, as the case may be."""
        every = [model.__recommender_tags__() for model in self._models()]
        if not every:
            return RecommenderTags()
        fold_ins = {tags.fold_in for tags in every}
        is_sum = self._keeps_scale() and all("item" in tags.explain for tags in every)
        are_ratings = self._keeps_scale() and all(tags.feedback == "explicit" for tags in every)
        return RecommenderTags(
            personalized=any(tags.personalized for tags in every),
            feedback="explicit" if are_ratings else "implicit",
            fold_in=fold_ins.pop() if len(fold_ins) == 1 else "approximate",
            explain=("item",) if is_sum else (),
            similar_items=any(tags.similar_items for tags in every),
            similar_users=any(tags.similar_users for tags in every),
            cold_users=any(tags.cold_users for tags in every),
            cold_items=any(tags.cold_items for tags in every),
            uses_values=any(tags.uses_values for tags in every),
            negative_values=all(tags.negative_values for tags in every),
        )

    def _models(self) -> list[BaseRecommender]:
        """Return the recommenders that are asked, of parameters that may not be valid."""
        try:
            models = [asked(member) for _, member in self._members()]
        except (TypeError, ValueError):
            return []
        return [model for model in models if isinstance(model, BaseRecommender)]


class NamedMembersMixin(_BaseComposition):
    """Give an ensemble the parameters of its named `recommenders`.

    It stands before the base class.
    """

    recommenders: list[tuple[str, Any]]
    weights_: np.ndarray

    def get_params(self, deep=True):
        """Return the parameters of the ensemble and of its members.

        Parameters
        ----------
        deep : bool, default=True
            Add each member under its name, and its parameters as ``<name>__<parameter>``.

        Returns
        -------
        params : dict of str to object
            Parameters by name.
        """
        return self._get_params("recommenders", deep=deep)

    def set_params(self, **params):
        """Set parameters of the ensemble and of its members.

        Parameters
        ----------
        **params : dict of str to object
            Parameters, named as in ``get_params``. A member is replaced, or ``"drop"``-ped, by its
            name.

        Returns
        -------
        self : object
            The ensemble.
        """
        return self._set_params("recommenders", **params)

    def _members(self) -> list[tuple[str, Any]]:
        return [
            (name, member)
            for name, member in self.recommenders
            if not isinstance(member, str) or member != "drop"
        ]

    def _check_members(self) -> None:
        """Raise unless `recommenders` is a list of (name, member), one of which is not dropped."""
        pairs = self.recommenders
        if not all(
            isinstance(pair, tuple) and len(pair) == 2 and isinstance(pair[0], str)
            for pair in pairs
        ):
            raise TypeError(
                "recommenders must be a list of (name, recommender) tuples, such as "
                f"[('popular', PopularityRecommender())], got {pairs!r}."
            )
        self._validate_names([name for name, _ in pairs])
        if not self._members():
            raise ValueError("recommenders holds nothing to fit: give it at least one recommender.")
        super()._check_members()

    def _read_weights(self, weights) -> np.ndarray:
        """Return the weight of each member that is not dropped, such that they sum to 1."""
        n = len(self.recommenders)
        try:
            weights = np.ones(n) if weights is None else np.asarray(weights, dtype=np.float64)
        except (TypeError, ValueError):
            raise ValueError(f"weights must be numbers, got {weights!r}.") from None
        if weights.shape != (n,):
            raise ValueError(
                f"weights must hold a number for each of the {n} entries of recommenders, got "
                f"shape {weights.shape}."
            )
        names = [name for name, _ in self._members()]
        used = weights[[name in names for name, _ in self.recommenders]]
        if not np.isfinite(weights).all() or (weights < 0).any() or not used.any():
            raise ValueError(
                "weights must be finite and not negative, and that of one member above 0, got "
                f"{weights.tolist()}."
            )
        return used / used.sum()

    def _share(self, knows: np.ndarray) -> np.ndarray:
        """Return the share (n_members, n_users) of each member in users' scores.

        Shares are the weights of the members that know a user, made to sum to 1. Members without
        weight share alike in those whom nobody else knows.
        """
        shares = knows * self.weights_[:, None]
        is_silent = ~shares.any(axis=0)
        shares[:, is_silent] = knows[:, is_silent]
        return shares / np.maximum(shares.sum(axis=0), np.finfo(np.float64).tiny)


def _unite(index: IdIndex, others: list[np.ndarray]) -> IdIndex:
    for ids in others:
        if len(ids) != len(index) or (index.encode(ids) < 0).any():
            index = index.union(ids)
    return index
