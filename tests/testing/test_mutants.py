"""The check suite kills recommenders that are broken on purpose, each by the check named here."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from sklearn_recsys.base import RecommenderTags
from sklearn_recsys.decomposition import ALSRecommender
from sklearn_recsys.neighbors import ItemKNNRecommender
from sklearn_recsys.testing import check_recommender
from sklearn_recsys.testing._runner import all_checks

CHECKS = {check.name: check for check in all_checks()}


class GivesConstantScores(ItemKNNRecommender):
    def _score(self, rows):
        return np.ones((len(rows), len(self.items_)), dtype=np.float32)

    def _score_history(self, history, weights):
        return np.ones(history.shape, dtype=np.float32)

    def _score_pairs(self, rows, cols):
        return np.ones(len(rows), dtype=np.float32)


class RecommendsSeenItems(ItemKNNRecommender):
    def recommend(self, users=None, n_items=10, **options):
        return super().recommend(users, n_items, **{**options, "exclude_seen": False})


class GivesEverybodyTheListOfUserZero(ItemKNNRecommender):
    def _score(self, rows):
        return super()._score(0 * rows)

    def _score_pairs(self, rows, cols):
        return super()._score_pairs(0 * rows, cols)


class DropsTheLastItem(ItemKNNRecommender):
    def recommend(self, users=None, n_items=10, *, exclude=None, **options):
        last = [self.items_[-1]] if exclude is None else exclude
        return super().recommend(users, n_items, exclude=last, **options)


class IgnoresValues(ItemKNNRecommender):
    def _fit(self, interactions):
        self.interactions_ = self._weigh_history(interactions.matrix)
        self.item_similarity_ = self._similarity(self.interactions_)

    def _weigh_history(self, history):
        positive = (history.data > 0).astype(np.float32)
        return sparse.csr_array((positive, history.indices, history.indptr), shape=history.shape)


class ReturnsUnsortedLists(ItemKNNRecommender):
    def recommend(self, users=None, n_items=10, **options):
        lists = super().recommend(users, n_items, **options)
        return lists.iloc[::-1].reset_index(drop=True).assign(rank=lists["rank"])


class ForgetsTheFirstRow(ItemKNNRecommender):
    def fit(self, X, y=None, sample_weight=None):
        if len(X) > 1 and sample_weight is None:
            sample_weight = np.arange(len(X)) > 0
        return super().fit(X, y, sample_weight)


class TakesAnUnknownUserForTheLast(ItemKNNRecommender):
    def _score_stranger(self):
        return self._score(np.array([-1])).toarray()[0]


class TakesAnUnknownItemForTheLast(ItemKNNRecommender):
    def _score_unknown_items(self, rows):
        return self._score(rows).toarray()[:, -1]


class DrawsFromTheGlobalState(ItemKNNRecommender):
    def _similarity(self, matrix):
        return super()._similarity(matrix) * (1 + np.random.random_sample())  # noqa: NPY002


class ForgetsItsSeed(ItemKNNRecommender):
    def _similarity(self, matrix):
        return super()._similarity(matrix) * np.random.default_rng().uniform(1, 2)


class ClipsTheTableInPlace(ItemKNNRecommender):
    def fit(self, X, y=None, sample_weight=None):
        if isinstance(X, pd.DataFrame) and X.shape[1] > 2:
            X.iloc[:, 2] = X.iloc[:, 2].clip(lower=1)
        return super().fit(X, y, sample_weight)


class ContinuesFromOldState(ItemKNNRecommender):
    def _similarity(self, matrix):
        old, new = getattr(self, "item_similarity_", None), super()._similarity(matrix)
        return new if old is None or old.shape != new.shape else old + new


class IgnoresHistories(ItemKNNRecommender):
    def _score_history(self, history, weights):
        return np.tile(self.popularity_.astype(np.float32), (history.shape[0], 1))


class AddsAHistoryToThePast(ItemKNNRecommender):
    def recommend(self, users=None, n_items=10, *, history=None, **options):
        lists = super().recommend(users, n_items, history=history, **options)
        if history is None:
            return lists
        past = sparse.coo_array(self.interactions_)
        seen = set(zip(self.users_[past.row], self.items_[past.col], strict=True))
        kept = [pair not in seen for pair in zip(lists.iloc[:, 0], lists.iloc[:, 1], strict=True)]
        return lists[kept].reset_index(drop=True)


class RenamesTheColumns(ItemKNNRecommender):
    def recommend(self, users=None, n_items=10, **options):
        columns = ["user", "item", "score", "rank"]
        return super().recommend(users, n_items, **options).set_axis(columns, axis=1)


class OverflowsToNaN(ItemKNNRecommender):
    def predict(self, X):
        scores = super().predict(X)
        return np.where(np.abs(scores) > 1e25, np.nan, scores)


class ReturnsPositionsForIds(ItemKNNRecommender):
    def recommend(self, users=None, n_items=10, **options):
        lists = super().recommend(users, n_items, **options)
        item = lists.columns[1]
        return lists.assign(**{item: np.searchsorted(self.items_, lists[item])})


class ReturnsPositionsForNeighbors(ItemKNNRecommender):
    def similar_items(self, items, n_items=10, *, include_self=False):
        found = super().similar_items(items, n_items, include_self=include_self)
        item = found.columns[1]
        return found.assign(**{item: np.searchsorted(self.items_, found[item])})


class PredictsAnotherScoreThanItRanksBy(ItemKNNRecommender):
    def predict(self, X):
        return super().predict(X) / 2


class BreaksTiesByReverseId(ItemKNNRecommender):
    def recommend(self, users=None, n_items=10, **options):
        lists = super().recommend(users, 10**6, **options)
        user, item = lists.columns[:2]
        places = {id_: place for place, id_ in enumerate(lists[user].unique())}
        order = [lists[user].map(places), -lists["score"], -lists[item]]
        lists = lists.iloc[np.lexsort([*reversed(order)])].reset_index(drop=True)
        lists = lists.assign(rank=lists.groupby(user, sort=False).cumcount() + 1)
        return lists[lists["rank"] <= n_items].reset_index(drop=True)


class OrdersLongListsOtherwise(BreaksTiesByReverseId):
    def recommend(self, users=None, n_items=10, **options):
        if n_items < 4:
            return ItemKNNRecommender.recommend(self, users, n_items, **options)
        return super().recommend(users, n_items, **options)


class ForgetsDuplicates(ItemKNNRecommender):
    def fit(self, X, y=None, sample_weight=None):
        if isinstance(X, pd.DataFrame) and y is None and sample_weight is None:
            X = X.sort_values(list(X.columns[:3])).drop_duplicates(list(X.columns[:2]))
        return super().fit(X, y, sample_weight)


class NormalizesByTheBlock(ItemKNNRecommender):
    def _score(self, rows):
        scores = super()._score(rows)
        return scores / max(scores.max(), 1e-9)


class ReadsTextAsNumbers(ItemKNNRecommender):
    def recommend(self, users=None, n_items=10, **options):
        if isinstance(users, list) and users and isinstance(users[0], str):
            users = [int(user) for user in users]
        return super().recommend(users, n_items, **options)


class NamesAnItemItsOwnNeighbor(ItemKNNRecommender):
    def similar_items(self, items, n_items=10, *, include_self=False):
        return super().similar_items(items, n_items, include_self=True)


class ExplainsHalf(ItemKNNRecommender):
    def _contributions(self, history, col):
        return super()._contributions(history, col) / 2


class ForgetsExplicitZeros(ItemKNNRecommender):
    def _fit(self, interactions):
        super()._fit(interactions)
        self.interactions_ = self.interactions_.copy()
        self.interactions_.eliminate_zeros()


class IgnoresCandidates(ItemKNNRecommender):
    def recommend(self, users=None, n_items=10, *, candidates=None, **options):
        return super().recommend(users, n_items, **options)


class IgnoresExcludedPairs(ItemKNNRecommender):
    def recommend(self, users=None, n_items=10, *, exclude=None, **options):
        exclude = None if isinstance(exclude, pd.DataFrame) else exclude
        return super().recommend(users, n_items, exclude=exclude, **options)


class SetsMoreThanItsParameters(ItemKNNRecommender):
    def __init__(self, similarity="cosine"):
        super().__init__(similarity)


class IgnoresWeights(ItemKNNRecommender):
    def fit(self, X, y=None, sample_weight=None):
        return super().fit(X, y)


class IgnoresY(ItemKNNRecommender):
    def fit(self, X, y=None, sample_weight=None):
        return super().fit(X, None, sample_weight)


class PromisesPartialFit(ItemKNNRecommender):
    def __recommender_tags__(self):
        tags = super().__recommender_tags__()
        tags.partial_fit = True
        return tags


class StartsAfreshInPartialFit(PromisesPartialFit):
    def partial_fit(self, X, y=None, sample_weight=None):
        return self.fit(X, y, sample_weight)


class ALSOfTinyWorlds(ALSRecommender):
    def __init__(self, n_components=8, *, reg=0.1):
        super().__init__(n_components, reg=reg)


class IgnoresYInPartialFit(ALSOfTinyWorlds):
    def partial_fit(self, X, y=None, sample_weight=None):
        return super().partial_fit(X, None, sample_weight)


class ReadsNumbersInTextInPartialFit(ALSOfTinyWorlds):
    def partial_fit(self, X, y=None, sample_weight=None):
        return super().partial_fit(X.astype(float), y, sample_weight)


class IsPickledInHalfPrecision(ItemKNNRecommender):
    def __getstate__(self):
        state = dict(super().__getstate__())
        if "item_similarity_" in state:
            similarity = state["item_similarity_"].copy()
            similarity.data = similarity.data.astype(np.float16).astype(np.float32)
            state["item_similarity_"] = similarity
        return state


class WearsOut(ItemKNNRecommender):
    def recommend(self, users=None, n_items=10, **options):
        lists = super().recommend(users, n_items, **options)
        self.item_similarity_ = self.item_similarity_ / 2
        return lists


class ReadsFurtherColumns(ItemKNNRecommender):
    def fit(self, X, y=None, sample_weight=None):
        if isinstance(X, pd.DataFrame) and X.shape[1] > 4:
            sample_weight = X.iloc[:, -1].to_numpy() + 0.1
        return super().fit(X, y, sample_weight)


class SortsTheUsersAskedFor(ItemKNNRecommender):
    def recommend(self, users=None, n_items=10, **options):
        users = sorted(users) if isinstance(users, list) else users
        return super().recommend(users, n_items, **options)


class DensifiesSparseTables(ItemKNNRecommender):
    def fit(self, X, y=None, sample_weight=None):
        return super().fit(X.toarray() if sparse.issparse(X) else X, y, sample_weight)


class RecommendsNothingIfAskedTo(ItemKNNRecommender):
    def recommend(self, users=None, n_items=10, **options):
        if n_items == 0:
            return super().recommend(users, 1, **options).head(0)
        return super().recommend(users, n_items, **options)


class ScoresItemsByTheirPosition(ItemKNNRecommender):
    def _similarity(self, matrix):
        places = 1 + np.arange(matrix.shape[1]) / 10
        return super()._similarity(matrix).multiply(places).tocsr()


KILLED_BY = {
    GivesConstantScores: "check_checkerboard",
    RecommendsSeenItems: "check_seen_items_are_left_out",
    GivesEverybodyTheListOfUserZero: "check_checkerboard",
    DropsTheLastItem: "check_lists_are_well_formed",
    IgnoresValues: "check_values_matter",
    ReturnsUnsortedLists: "check_lists_are_well_formed",
    ForgetsTheFirstRow: "check_row_order",
    TakesAnUnknownUserForTheLast: "check_unknown_user_gets_the_popular",
    TakesAnUnknownItemForTheLast: "check_unknown_ids_in_predict",
    DrawsFromTheGlobalState: "check_seed",
    ForgetsItsSeed: "check_seed",
    ClipsTheTableInPlace: "check_input_is_left_alone",
    ContinuesFromOldState: "check_refit",
    IgnoresHistories: "check_own_history",
    AddsAHistoryToThePast: "check_history",
    RenamesTheColumns: "check_columns",
    OverflowsToNaN: "check_wild_values",
    ReturnsPositionsForIds: "check_lists_are_well_formed",
    ReturnsPositionsForNeighbors: "check_similar_items",
    PredictsAnotherScoreThanItRanksBy: "check_scores_equal_predict",
    BreaksTiesByReverseId: "check_ties",
    OrdersLongListsOtherwise: "check_prefix",
    ForgetsDuplicates: "check_duplicates",
    NormalizesByTheBlock: "check_batches",
    ReadsTextAsNumbers: "check_id_type_drift",
    NamesAnItemItsOwnNeighbor: "check_similar_items",
    ExplainsHalf: "check_explain",
    ForgetsExplicitZeros: "check_seen_items_are_left_out",
    IgnoresCandidates: "check_candidates",
    IgnoresExcludedPairs: "check_exclude",
    SetsMoreThanItsParameters: "check_init_only_assigns",
    IgnoresWeights: "check_integer_weight",
    IgnoresY: "check_y",
    PromisesPartialFit: "check_tags_match_methods",
    StartsAfreshInPartialFit: "check_partial_fit",
    IgnoresYInPartialFit: "check_partial_fit_of_values",
    ReadsNumbersInTextInPartialFit: "check_partial_fit_is_all_or_nothing",
    IsPickledInHalfPrecision: "check_copies",
    WearsOut: "check_asking_changes_nothing",
    ReadsFurtherColumns: "check_extra_columns",
    SortsTheUsersAskedFor: "check_users_argument",
    DensifiesSparseTables: "check_sparse",
    RecommendsNothingIfAskedTo: "check_errors_in_recommend",
    ScoresItemsByTheirPosition: "check_relabelling",
}


@pytest.mark.parametrize(
    ("mutant", "name"), KILLED_BY.items(), ids=lambda value: getattr(value, "__name__", value)
)
def test_a_broken_recommender_is_killed_by_the_check_of_what_is_broken(mutant, name):
    with pytest.raises(AssertionError):
        CHECKS[name](mutant())


def test_the_whole_suite_stops_at_a_mutant():
    with pytest.raises(AssertionError):
        check_recommender(RecommendsSeenItems(), on_skip=None)


def test_a_tag_that_denies_the_use_of_values_is_found_out():
    class DeniesValues(ItemKNNRecommender):
        def __recommender_tags__(self):
            return RecommenderTags(uses_values=False)

    with pytest.raises(AssertionError, match="uses_values"):
        CHECKS["check_values_matter"](DeniesValues())
