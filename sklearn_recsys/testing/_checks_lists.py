"""Checks of the lists that recommend returns."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd

from sklearn_recsys.testing._comparisons import all_pairs, assert_close, ranks_are_sound
from sklearn_recsys.testing._property import holds
from sklearn_recsys.testing._subject import Subject
from sklearn_recsys.testing.strategies import st, worlds
from sklearn_recsys.testing.worlds import full_world

__all__ = ["CHECKS"]


def check_columns(subject: Subject) -> None:
    """Check that answers are DataFrames with the caller's column names and types of ids."""
    world = full_world()
    X = world.interactions.set_axis(["account_no", "Film title", "n"], axis=1)
    lists = subject.fit(world, X).recommend()
    assert isinstance(lists, pd.DataFrame), "recommend must return a pandas DataFrame"
    expected = ["account_no", "Film title", "score", "rank"]
    assert list(lists.columns) == expected, f"columns {list(lists.columns)} are not {expected}"
    assert lists.index.equals(pd.RangeIndex(len(lists))), "the index must be 0, 1, 2, …"
    assert lists.dtypes.iloc[:2].tolist() == X.dtypes.iloc[:2].tolist(), "ids changed their type"
    assert lists["rank"].dtype.kind == "i", "ranks are integers"
    assert lists["score"].dtype.kind == "f", "scores are floats"
    titles = pd.DataFrame({"Film title": world.items, "text": "…"})
    assert len(lists.merge(titles, on="Film title")) == len(lists), "the answer must merge"
    unnamed = subject.fit(world, X.to_numpy(dtype=np.float64)).recommend()
    assert list(unnamed.columns) == ["user", "item", "score", "rank"]


def check_lists_are_well_formed(subject: Subject) -> None:
    """Check known items, no duplicates, exact count, ranks 1, 2, … and falling scores."""

    def lists_are_well_formed(world, rng):
        model = subject.fit(world)
        seen = world.interactions.drop_duplicates(["listener", "song"])
        n_seen = seen["listener"].value_counts().reindex(model.users_, fill_value=0)
        for n_items in (1, 3, 100):
            for exclude_seen in (True, False):
                lists = model.recommend(n_items=n_items, exclude_seen=exclude_seen)
                ranks_are_sound(lists)
                assert set(lists["song"]) <= set(model.items_), "unknown items are recommended"
                left = len(model.items_) - (n_seen if exclude_seen else 0 * n_seen)
                counts = lists["listener"].value_counts().reindex(model.users_, fill_value=0)
                expected = np.minimum(left, n_items)
                assert counts.tolist() == expected.tolist(), (
                    f"lists of {n_items} must hold {expected.tolist()} items, not {counts.tolist()}"
                )

    holds(lists_are_well_formed)


def check_scores_equal_predict(subject: Subject) -> None:
    """Check that the score in a list is what predict says, and that nothing better is left out."""

    def recommend_agrees_with_predict(world, rng):
        model = subject.fit(world)
        lists = model.recommend(n_items=3, exclude_seen=False)
        assert_close(model.predict(lists[["listener", "song"]]), lists["score"], "predict")
        scores = model.predict(all_pairs(model)).reshape(len(model.users_), -1)
        best = -np.sort(-scores, axis=1)[:, :3]
        assert_close(lists["score"], best.ravel(), "the best scores of predict")

    holds(recommend_agrees_with_predict)


def check_seen_items_are_left_out(subject: Subject) -> None:
    """Check that nobody is recommended a seen item, one of value zero included."""

    def nothing_seen_comes_back(world, rng):
        lists = subject.fit(world).recommend(n_items=100)
        both = lists.merge(world.interactions, on=["listener", "song"])
        assert both.empty, f"these were seen before:\n{both}"

    mostly_zero = worlds(values=st.sampled_from([0.0, 0.0, 1.0]))
    holds(nothing_seen_comes_back, mostly_zero)


def check_candidates(subject: Subject) -> None:
    """Check that candidates, a list or a table of pairs, are all that is recommended."""

    def only_candidates_are_named(world, rng):
        model = subject.fit(world)
        full = model.recommend(n_items=100)
        items = rng.permutation(model.items_)[: max(1, len(model.items_) // 2)].tolist()
        _assert_filtered(
            model.recommend(n_items=100, candidates=items), full[full["song"].isin(items)], "a list"
        )
        pairs = _some_pairs(model, rng)
        expected = full.merge(pairs, on=["listener", "song"])
        for table in (pairs, pairs.to_numpy()):
            _assert_filtered(model.recommend(n_items=100, candidates=table), expected, "a table")

    holds(only_candidates_are_named)


def check_exclude(subject: Subject) -> None:
    """Check that excluded items, a list or a table of pairs, are not recommended."""

    def excluded_items_are_left_out(world, rng):
        model = subject.fit(world)
        full = model.recommend(n_items=100)
        items = rng.permutation(model.items_)[: len(model.items_) // 2].tolist()
        # An item that nobody knows is not recommended anyway.
        _assert_filtered(
            model.recommend(n_items=100, exclude=[*items, 10**9]),
            full[~full["song"].isin(items)],
            "a list",
        )
        pairs = _some_pairs(model, rng)
        marked = full.merge(pairs, on=["listener", "song"], how="left", indicator=True)
        expected = marked[marked["_merge"] == "left_only"].drop(columns="_merge")
        _assert_filtered(model.recommend(n_items=100, exclude=pairs), expected, "a table")

    holds(excluded_items_are_left_out)


def check_ties(subject: Subject) -> None:
    """Check that equal scores are ordered by popularity, then by id."""

    def ties_are_ordered(world, rng):
        model = subject.fit(world)
        popularity = dict(zip(model.items_.tolist(), model.popularity_.tolist(), strict=True))
        lists = model.recommend(n_items=100, exclude_seen=False)
        popular = lists["song"].map(popularity)
        ordered = lists.assign(less=-popular, fall=-lists["score"]).sort_values(
            ["listener", "fall", "less", "song"], kind="stable"
        )
        assert ordered["song"].tolist() == lists["song"].tolist(), (
            f"ties must be broken by popularity, then by id\n{lists.assign(popularity=popular)}"
        )

    ones = worlds(values=st.sampled_from([1.0]))
    world = full_world()
    alike = world.with_interactions(world.interactions.assign(plays=1.0))
    holds(ties_are_ordered, ones, first=alike)


def check_prefix(subject: Subject) -> None:
    """Check that a list of k is the beginning of a list of k + 3."""

    def short_lists_are_prefixes(world, rng):
        model = subject.fit(world)
        for k in (1, 2, 4):
            short, long = model.recommend(n_items=k), model.recommend(n_items=np.int64(k + 3))
            pd.testing.assert_frame_equal(
                short,
                long[long["rank"] <= k].reset_index(drop=True),
                obj=f"the best {k} of {k + 3}",
            )

    holds(short_lists_are_prefixes)


def check_predict_reads_a_prefix(subject: Subject) -> None:
    """Check that predict takes pairs alone, row by row or all at once."""
    world = full_world()
    X = world.interactions.assign(time=1.0)
    model = subject.fit(world, X)
    scores = model.predict(X)
    assert isinstance(scores, np.ndarray), "predict must return an array"
    assert scores.shape == (len(X),), "predict must return a number for each row"
    np.testing.assert_array_equal(model.predict(X.iloc[:, :2]), scores, "pairs alone")
    np.testing.assert_array_equal(model.predict(X.iloc[:, :3]), scores, "without the time")
    single = np.concatenate([model.predict(X.iloc[[row]]) for row in range(len(X))])
    assert_close(single, scores, "row by row")
    backwards = model.predict(X.iloc[::-1])[::-1]
    assert_close(backwards, scores, "rows in reverse")


def _some_pairs(model, rng) -> pd.DataFrame:
    pairs = all_pairs(model)
    return pairs[rng.random(len(pairs)) < 0.5].reset_index(drop=True)


def _assert_filtered(lists: pd.DataFrame, expected: pd.DataFrame, what: str) -> None:
    ranks_are_sound(lists)
    pairs, wanted = (
        list(zip(table["listener"], table["song"], strict=True)) for table in (lists, expected)
    )
    assert pairs == wanted, f"{what}: got\n{lists}\ninstead of\n{expected}"


CHECKS = (
    check_columns,
    check_lists_are_well_formed,
    check_scores_equal_predict,
    check_seen_items_are_left_out,
    check_candidates,
    check_exclude,
    check_ties,
    check_prefix,
    check_predict_reads_a_prefix,
)
