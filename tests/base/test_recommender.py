"""The contract of every recommender, tried on a model whose scores are written down."""
# SPDX-License-Identifier: BSD-3-Clause

import itertools
import pickle

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import sklearn
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn.exceptions import NotFittedError

from sklearn_recsys._kernels import _memory
from sklearn_recsys.base import BaseRecommender, RecommenderTags
from sklearn_recsys.baseline import PopularityRecommender
from sklearn_recsys.content import ContentRecommender
from sklearn_recsys.exceptions import DataWarning, UnknownIdError


class WrittenScores(BaseRecommender):
    """Score user row u and item column i by a fixed rule; a history by how long it is."""

    def __init__(self, rule="modulo", *, as_sparse=False, duplicates="sum", verbose=0):
        self.rule = rule
        self.as_sparse = as_sparse
        self.duplicates = duplicates
        self.verbose = verbose

    @property
    def _duplicates(self):
        return self.duplicates

    def _fit(self, interactions):
        pass

    def rule_for(self, rows, extra=0):
        cols = np.arange(len(self.items_))
        scores = (np.asarray(rows)[:, None] * 7 + cols * 3 + extra) % 5 - 1.0
        return scores.astype(np.float32) * (self.rule != "constant")

    def _score(self, rows):
        scores = self.rule_for(rows)
        return sparse.csr_array(scores) if self.as_sparse else scores

    def _score_history(self, history, weights):
        return self.rule_for(np.diff(history.indptr), extra=2)

    def __recommender_tags__(self):
        return RecommenderTags()


PLAYS = [["ann", 3, 2.0], ["ann", 5, 1.0], ["bob", 3, 1.0], ["bob", 8, 4.0], ["cat", 5, 0.0]]
PLAYS += [["dan", 11, 1.0], ["dan", 3, 1.0], ["eve", 2, 1.0]]
USERS = ["ann", "bob", "cat", "dan", "eve"]
ITEMS = [2, 3, 5, 8, 11]
POPULARITY = {2: 1, 3: 3, 5: 1, 8: 1, 11: 1}
SEEN = {user: {item for u, item, _ in PLAYS if u == user} for user in USERS}


@pytest.fixture
def model():
    return WrittenScores().fit(PLAYS)


def naive_list(model, user, n_items=10, left_out=frozenset(), only=None):
    scores = model.rule_for([USERS.index(user)])[0]
    items = [i for i in ITEMS if i not in left_out and (only is None or i in only)]
    ranked = sorted(items, key=lambda i: (-scores[ITEMS.index(i)], -POPULARITY[i], i))[:n_items]
    return [(user, i, float(scores[ITEMS.index(i)]), r + 1) for r, i in enumerate(ranked)]


def rows_of(recommended):
    return list(recommended.itertuples(index=False, name=None))


sets_of_items = st.sets(st.sampled_from(ITEMS))


@settings(max_examples=60)
@given(
    as_sparse=st.booleans(),
    rule=st.sampled_from(["modulo", "constant"]),
    n_items=st.integers(1, 7),
    exclude_seen=st.booleans(),
    allowed=st.none() | st.dictionaries(st.sampled_from(USERS), sets_of_items),
    blocked=st.dictionaries(st.sampled_from(USERS), sets_of_items),
    users=st.none() | st.lists(st.sampled_from(USERS)),
)
def test_recommend_is_a_filtered_sort(
    as_sparse, rule, n_items, exclude_seen, allowed, blocked, users
):
    model = WrittenScores(rule, as_sparse=as_sparse).fit(PLAYS)
    expected = []
    for user in USERS if users is None else dict.fromkeys(users):
        left_out = blocked.get(user, set()) | (SEEN[user] if exclude_seen else set())
        only = None if allowed is None else allowed.get(user, set())
        expected += naive_list(model, user, n_items, left_out, only)
    recommended = model.recommend(
        users,
        n_items,
        exclude_seen=exclude_seen,
        candidates=None if allowed is None else pairs_frame(allowed),
        exclude=pairs_frame(blocked),
    )
    assert rows_of(recommended) == expected


def pairs_frame(by_user):
    pairs = [(user, item) for user, items in by_user.items() for item in items]
    return pd.DataFrame(pairs, columns=["user", "item"])


@pytest.mark.parametrize("as_sparse", [False, True])
def test_candidates_and_exclude_take_lists_of_items(as_sparse):
    model = WrittenScores(as_sparse=as_sparse).fit(PLAYS)
    recommended = model.recommend("ann", exclude_seen=False, candidates=[2, 3, 8], exclude=[3])
    assert rows_of(recommended) == naive_list(model, "ann", only={2, 8})
    assert model.recommend("ann", candidates=2).item.tolist() == [2]
    assert 2 not in model.recommend(exclude=2).item.tolist()


@pytest.mark.parametrize(
    "as_table",
    [
        lambda pairs: pairs,
        lambda pairs: pd.DataFrame(pairs),
        lambda pairs: pd.DataFrame(pairs, columns=["who", "what"]),
        lambda pairs: np.array(pairs, dtype=object),
        lambda pairs: pl.DataFrame(pairs, schema=["user", "item"], orient="row"),
        lambda pairs: pa.table({"u": [u for u, _ in pairs], "i": [i for _, i in pairs]}),
    ],
    ids=["list", "numbered frame", "pandas", "array", "polars", "pyarrow"],
)
def test_pairs_of_candidates_come_in_any_container(model, as_table):
    pairs = as_table([["ann", 2], ["ann", 8], ["bob", 11], ["stranger", 11]])
    allowed = model.recommend(["ann", "bob"], candidates=pairs)
    assert set(zip(allowed.user, allowed.item, strict=True)) == {
        ("ann", 2),
        ("ann", 8),
        ("bob", 11),
    }
    blocked = model.recommend(["ann", "bob"], exclude=pairs)
    assert set(zip(blocked.user, blocked.item, strict=True)) == {
        ("ann", 11),
        ("bob", 2),
        ("bob", 5),
    }


@pytest.mark.parametrize("empty", [[], pd.DataFrame({"u": [], "i": []}), np.array([])])
def test_no_candidates_give_no_list_and_nothing_excluded_the_whole(model, empty):
    recommended = model.recommend(candidates=empty)
    assert recommended.columns.tolist() == ["user", "item", "score", "rank"]
    assert len(recommended) == 0
    pd.testing.assert_frame_equal(model.recommend(exclude=empty), model.recommend())


def test_unknown_candidates_raise_and_unknown_exclusions_do_not(model):
    with pytest.raises(UnknownIdError, match=r"candidates holds 2 unknown item\(s\): 77, 99"):
        model.recommend(candidates=[3, 77, 99, 77])
    with pytest.raises(UnknownIdError, match=r"candidates holds 1 unknown item\(s\): 77"):
        model.recommend(candidates=[["ann", 77]])
    for exclude in ([77], [["ann", 77], ["stranger", 3]]):
        pd.testing.assert_frame_equal(model.recommend(exclude=exclude), model.recommend())


def test_a_list_is_a_prefix_of_a_longer_one_and_short_where_items_run_out(model):
    longest = model.recommend(n_items=50, exclude_seen=False)
    assert longest.groupby("user").size().tolist() == [5] * 5
    for n_items in range(1, 6):
        prefix = longest[longest["rank"] <= n_items].reset_index(drop=True)
        pd.testing.assert_frame_equal(model.recommend(n_items=n_items, exclude_seen=False), prefix)


def test_ties_go_to_the_more_popular_item_then_to_the_smaller_id():
    model = WrittenScores("constant").fit(PLAYS)
    assert model.recommend("eve", exclude_seen=False).item.tolist() == [3, 2, 5, 8, 11]


def test_the_columns_have_the_names_and_types_of_the_callers():
    X = pd.DataFrame(PLAYS, columns=["listener", "song_id", "plays"])
    recommended = WrittenScores().fit(X).recommend()
    assert recommended.columns.tolist() == ["listener", "song_id", "score", "rank"]
    assert [recommended[c].dtype for c in ("song_id", "score", "rank")] == [
        np.int64,
        np.float32,
        np.int64,
    ]
    assert isinstance(recommended, pd.DataFrame)
    assert recommended.index.tolist() == list(range(len(recommended)))


@pytest.mark.parametrize("users", [2, [2], [2.0], (2, 2.0), {2}, np.array([2.0]), pd.Series([2])])
def test_users_are_named_in_the_type_of_fit_each_once(users):
    model = WrittenScores().fit([[1, "a"], [2, "b"], [2, "c"], [3, "a"]])
    recommended = model.recommend(users)
    assert recommended.user.dtype == np.int64
    assert recommended.user.tolist() == [2]
    assert model.recommend([]).user.dtype == np.int64


def test_users_are_answered_in_the_order_asked():
    model = WrittenScores().fit(PLAYS)
    recommended = model.recommend(["eve", "ann", "eve", "cat"], n_items=1)
    assert recommended.user.tolist() == ["eve", "ann", "cat"]


def test_unknown_users_raise_are_served_the_popular_or_are_skipped(model):
    users = ["zoe", "ann", "yan"]
    with pytest.raises(UnknownIdError, match=r"2 unknown user\(s\): 'zoe', 'yan'.*on_unknown="):
        model.recommend(users)
    popular = model.recommend(users, 2, on_unknown="popular")
    assert popular.user.tolist() == ["zoe", "zoe", "ann", "ann", "yan", "yan"]
    assert popular[popular.user == "yan"].item.tolist() == [3, 2]
    assert popular[popular.user == "yan"].score.tolist() == [3, 1]
    skipped = model.recommend(users, 2, on_unknown="skip")
    pd.testing.assert_frame_equal(skipped, model.recommend("ann", 2))


@pytest.mark.parametrize("filters", [{"candidates": [["ann", 3]]}, {"exclude": [["ann", 3]]}])
def test_an_audience_that_is_skipped_altogether_gets_an_empty_table(model, filters):
    assert len(model.recommend("zoe", on_unknown="skip", **filters)) == 0
    assert len(model.recommend([], **filters)) == 0


def test_a_history_replaces_a_training_user_in_scores_and_in_what_she_has_seen(model):
    history = [["ann", 8], ["new", 2], ["new", 3]]
    recommended = model.recommend(history=history, n_items=5)
    assert recommended.user.drop_duplicates().tolist() == ["ann", "new"]
    anns = recommended[recommended.user == "ann"]
    assert set(anns.item) == {2, 3, 5, 11}
    expected = model.rule_for([1], extra=2)[0]
    assert anns.score.tolist() == [expected[ITEMS.index(i)] for i in anns.item]
    everyone = model.recommend(["bob", "new", "ann"], history=history, n_items=5)
    assert everyone.user.drop_duplicates().tolist() == ["bob", "new", "ann"]
    assert rows_of(everyone[everyone.user == "bob"]) == naive_list(model, "bob", 5, SEEN["bob"])


def test_a_historys_unknown_items_are_dropped_with_one_warning(model):
    history = [["ann", 8], ["ann", 99], ["new", 77], ["new", 99]]
    with pytest.warns(DataWarning, match=r"2 item\(s\) that were not in .* fit: 77, 99") as caught:
        recommended = model.recommend(history=history)
    assert len(caught) == 1
    # "new" has an empty history left, and so has seen nothing.
    assert set(recommended[recommended.user == "new"].item) == set(ITEMS)


def test_a_historys_zero_is_an_item_that_was_seen(model):
    recommended = model.recommend(history=[["new", 3, 0.0], ["new", 5, 1.0]])
    assert set(recommended.item) == {2, 8, 11}


def test_an_unusable_history_is_called_history(model):
    with pytest.raises(TypeError, match="history is a sparse matrix"):
        model.recommend(history=sparse.csr_array(np.eye(3)))
    with pytest.raises(ValueError, match=r"0 sample\(s\).* for history"):
        model.recommend(history=[])


@pytest.mark.parametrize("n_items", [0, -3, 1.5, True, "3", None])
def test_lengths_below_one_or_of_another_type_are_refused(model, n_items):
    with pytest.raises(ValueError, match="n_items must be a positive integer"):
        model.recommend(n_items=n_items)


def test_a_wrong_option_for_unknown_users_is_refused(model):
    with pytest.raises(ValueError, match=r"on_unknown must be one of .* got 'ignore'"):
        model.recommend(on_unknown="ignore")


@pytest.mark.parametrize("exclude_seen", ["no", None, 1])
def test_a_word_is_no_answer_to_whether_seen_items_are_left_out(model, exclude_seen):
    with pytest.raises(ValueError, match="exclude_seen must be True or False"):
        model.recommend(exclude_seen=exclude_seen)


def test_the_first_two_columns_in_another_order_are_told_apart():
    X = pd.DataFrame([["ann", 3, 1.0]], columns=["user", "item", "plays"])
    model = PopularityRecommender().fit(X)
    assert model.predict(X[["user", "item"]]).shape == (1,)
    with pytest.raises(ValueError, match=r"\('user', 'item'\) suffice; got \('item', 'user'\)"):
        model.predict(X[["item", "user"]])


def test_a_table_is_no_list_of_users(model):
    with pytest.raises(ValueError, match=r"users must be one-dimensional, but has shape \(1, 2\)"):
        model.recommend(pd.DataFrame([["ann", 3]]))


@pytest.mark.parametrize("features", [pd.DataFrame({"year": [1]}), {3: ["red"]}, np.ones((2, 1))])
def test_a_bare_table_of_features_is_told_how_to_become_one(features):
    with pytest.raises(TypeError, match=r"item_features must be a FeatureTable .* pass FeatureTab"):
        ContentRecommender(features).fit([["ann", 3]])


def test_ids_of_another_type_raise_in_every_method(model):
    calls = [
        lambda: model.predict([[1, 3]]),
        lambda: model.predict([["ann", "3"]]),
        lambda: model.recommend(1),
        lambda: model.recommend([1, 2]),
        lambda: model.recommend(candidates=["3"]),
        lambda: model.recommend(exclude=["3"]),
        lambda: model.recommend(candidates=[["ann", "3"]]),
        lambda: model.recommend(exclude=[[1, 3]]),
        lambda: model.recommend(history=[[1, 3]]),
        lambda: model.recommend(history=[["new", "3"]]),
    ]
    for call in calls:
        with pytest.raises(TypeError, match=r"were of type .* in fit, but here they are of type"):
            call()
    with pytest.raises(TypeError, match="such as '9999'"):
        WrittenScores().fit([[9999, 1], [1, 2]]).recommend("9999")


def test_predict_gives_each_row_the_score_of_recommend_whatever_the_order():
    for as_sparse in (False, True):
        model = WrittenScores(as_sparse=as_sparse).fit(PLAYS)
        pairs = list(itertools.product(USERS, ITEMS))
        order = np.random.default_rng(0).permutation(len(pairs))
        predicted = model.predict([pairs[p] for p in order])
        expected = model.rule_for(np.arange(5)).ravel()[order]
        np.testing.assert_array_equal(predicted, expected)
        assert predicted.dtype == np.float32


def test_predict_gives_strangers_the_popularity_and_unknown_items_the_lowest_score(model):
    pairs = [["zoe", 3], ["zoe", 99], ["bob", 99], ["bob", 98]]
    lowest = model.rule_for([1]).min()
    assert model.predict(pairs).tolist() == [3, 1, lowest, lowest]


def test_predict_takes_the_two_id_columns_alone_and_checks_names():
    X = pd.DataFrame(PLAYS, columns=["u", "i", "v"])
    model = WrittenScores().fit(X)
    np.testing.assert_array_equal(model.predict(X[["u", "i"]]), model.predict(X))
    with pytest.raises(ValueError, match="feature names"):
        model.predict(X[["i", "u"]])
    with pytest.raises(ValueError, match="feature names"):
        model.predict(X[["u"]])
    with pytest.raises(ValueError, match="X has 4 features"):
        WrittenScores().fit(PLAYS).predict([["ann", 3, 1.0, 0]])
    with pytest.raises(TypeError, match="X is a sparse matrix"):
        model.predict(sparse.csr_array(np.eye(3)))


@pytest.mark.parametrize("as_sparse", [False, True])
def test_memory_changes_nothing_but_the_size_of_the_blocks(as_sparse):
    model = WrittenScores(as_sparse=as_sparse).fit(PLAYS)
    pairs = list(itertools.product([*USERS, "zoe"], [*ITEMS, 99]))
    whole = model.recommend(), model.predict(pairs)
    with sklearn.config_context(working_memory=1e-9):
        by_row = model.recommend(), model.predict(pairs)
    pd.testing.assert_frame_equal(whole[0], by_row[0])
    np.testing.assert_array_equal(whole[1], by_row[1])


def test_scores_that_overflow_are_finite():
    class Overflowing(WrittenScores):
        def rule_for(self, rows, extra=0):
            return np.float32(3e38) * np.float32(4) * super().rule_for(rows, extra)

    model = Overflowing().fit(PLAYS)
    assert np.isfinite(model.recommend(exclude_seen=False).score).all()
    assert np.isfinite(model.predict(list(itertools.product(USERS, [*ITEMS, 99])))).all()


def test_duplicates_are_summed_or_averaged_and_reported(capsys):
    X = [["a", 1, 4.0], ["a", 1, 1.0], ["b", 2, 1.0]]
    summed = WrittenScores(verbose=1).fit(X, sample_weight=[1, 3, 1])
    assert summed.interactions_.toarray().tolist() == [[7, 0], [0, 1]]
    assert capsys.readouterr().out == "[WrittenScores] merged 1 duplicate rows\n"
    averaged = WrittenScores(duplicates="mean").fit(X, sample_weight=[1, 3, 1])
    assert averaged.interactions_.toarray().tolist() == [[1.75, 0], [0, 1]]
    assert capsys.readouterr().out == ""


def test_the_fitted_attributes_are_those_of_the_contract():
    X = pd.DataFrame(PLAYS, columns=["u", "i", "v"])
    model = WrittenScores().fit(X)
    assert model.users_.tolist() == USERS
    assert model.items_.tolist() == ITEMS
    assert isinstance(model.interactions_, sparse.csr_array)
    assert model.interactions_.dtype == np.float32
    assert model.interactions_.nnz == len(PLAYS)  # the explicit zero included
    assert model.popularity_.tolist() == [POPULARITY[i] for i in ITEMS]
    assert model.popularity_.dtype == np.int64
    assert model.n_features_in_ == 3
    assert model.feature_names_in_.tolist() == ["u", "i", "v"]


def test_gaps_between_ids_take_no_room():
    model = WrittenScores().fit([[9999, 3952], [1, 1], [1, 10**12]])
    assert model.interactions_.shape == (2, 3)
    assert set(model.recommend(9999).item) == {1, 10**12}


def test_nothing_is_answered_before_fit():
    for call in (lambda m: m.predict(PLAYS), lambda m: m.recommend()):
        with pytest.raises(NotFittedError):
            call(WrittenScores())


def test_a_pickle_gives_the_same_answers(model):
    copy = pickle.loads(pickle.dumps(model))
    pd.testing.assert_frame_equal(copy.recommend(), model.recommend())


def test_users_who_are_asked_for_come_back_in_the_type_of_fit():
    plays = pd.DataFrame({"user": np.array([1, 2], dtype=np.int32), "item": [3, 4]})
    model = PopularityRecommender().fit(plays)
    assert model.recommend()["user"].dtype == model.recommend([2])["user"].dtype == np.int32


def test_lists_that_do_not_fit_in_memory_are_refused_before_the_work(monkeypatch):
    ids = np.arange(2_000)
    model = PopularityRecommender().fit(np.column_stack([ids, ids]))
    monkeypatch.setattr(_memory, "available_memory", lambda: 70_000_000)

    with pytest.raises(MemoryError) as refused:
        model.recommend(n_items=10**9)

    assert str(refused.value) == (
        "Lists of 2000 items for 2000 users would take 0.3 GB of memory, but 0.1 GB are available: "
        "ask for fewer items, or for a part of the users at a time."
    )
    few = pd.DataFrame({"user": ids, "item": ids[::-1]})
    assert len(model.recommend(n_items=10**9, candidates=few)) == 2_000
    assert len(model.recommend(n_items=10)) == 20_000
