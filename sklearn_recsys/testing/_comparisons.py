"""Compare answers of recommenders: exactly, or up to rounding."""
# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

__all__ = [
    "RTOL",
    "all_pairs",
    "assert_close",
    "assert_equal_models",
    "assert_same_lists",
    "assert_same_models",
    "raises",
    "ranks_are_sound",
    "scale_of",
]

# Sums of float32 in another order differ by this share of the largest score.
RTOL = 1e-5


def all_pairs(estimator: Any, users: Any = None, items: Any = None) -> pd.DataFrame:
    """Return the table of all pairs of users and items, under the names of the training data."""
    users = estimator.users_ if users is None else users
    items = estimator.items_ if items is None else items
    pairs = pd.MultiIndex.from_product([list(users), list(items)]).to_frame(index=False)
    names = getattr(estimator, "feature_names_in_", ("user", "item"))[:2]
    return pairs.set_axis(list(names), axis=1)


def scale_of(model: Any) -> float:
    """Return the size of a model's largest score."""
    return float(np.abs(model.predict(all_pairs(model))).max())


def assert_close(actual: Any, expected: Any, what: str, *, scale: float = 0.0) -> None:
    """Assert equality up to rounding, relative to the largest number or a larger scale."""
    actual = np.asarray(actual, dtype=np.float64)
    expected = np.asarray(expected, dtype=np.float64)
    scale = max(scale, np.abs(expected).max(initial=0), np.abs(actual).max(initial=0))
    np.testing.assert_allclose(actual, expected, rtol=RTOL, atol=RTOL * scale, err_msg=what)


def assert_same_lists(
    actual: pd.DataFrame, expected: pd.DataFrame, what: str, *, scale: float
) -> None:
    """Assert that two tables of lists agree, up to the order of items whose scores nearly tie.

    `scale` is the largest score of the model, that of seen items included: what remains may be
    rounding errors of it.
    """
    columns = ["user", "item", "score", "rank"]
    a, e = actual.set_axis(columns, axis=1), expected.set_axis(columns, axis=1)
    assert a["user"].tolist() == e["user"].tolist(), f"{what}: other users, or other lengths"
    assert a["rank"].tolist() == e["rank"].tolist(), f"{what}: other ranks"
    assert_close(a["score"], e["score"], f"{what}: other scores", scale=scale)
    if a["item"].tolist() == e["item"].tolist():
        return
    tolerance = 2 * RTOL * max(scale, np.abs(e["score"]).max())
    merged = e.merge(a, on=["user", "item"], how="outer", suffixes=("", "_a"))
    last = merged["user"].map(e.groupby("user")["score"].min())
    # An item that only one list names must tie with the last place of the list.
    here, there = merged["score"].fillna(last), merged["score_a"].fillna(last)
    strangers = merged[(here - there).abs() > tolerance]
    assert strangers.empty, f"{what}: other items\n{strangers}"


def assert_same_models(
    actual: Any,
    expected: Any,
    what: str,
    *,
    user: Callable[[Any], Any] | None = None,
    item: Callable[[Any], Any] | None = None,
) -> None:
    """Assert that two models score all pairs alike; `user` and `item` map the ids of `expected`."""
    users = [user(id_) if user else id_ for id_ in expected.users_.tolist()]
    items = [item(id_) if item else id_ for id_ in expected.items_.tolist()]
    scores = expected.predict(all_pairs(expected))
    assert_close(actual.predict(all_pairs(actual, users, items)), scores, what)
    if user is not None or item is not None:
        return
    for exclude_seen in (True, False):
        options = {"n_items": 4, "exclude_seen": exclude_seen}
        lists, others = actual.recommend(**options), expected.recommend(**options)
        assert_same_lists(lists, others, what, scale=np.abs(scores).max())


def assert_equal_models(actual: Any, expected: Any, what: str) -> None:
    """Assert that two models give bit-equal answers."""
    pairs = all_pairs(expected)
    np.testing.assert_array_equal(actual.predict(pairs), expected.predict(pairs), err_msg=what)
    pd.testing.assert_frame_equal(
        actual.recommend(n_items=4), expected.recommend(n_items=4), obj=what
    )


def ranks_are_sound(lists: pd.DataFrame) -> None:
    """Assert that each list counts from 1, names nothing twice, and never rises in score."""
    source, named = lists.columns[:2]
    assert not lists.duplicated([source, named]).any(), f"a list names an item twice\n{lists}"
    expected = lists.groupby(source, sort=False).cumcount() + 1
    assert lists["rank"].tolist() == expected.tolist(), f"ranks are not 1, 2, …\n{lists}"
    assert np.isfinite(lists["score"].to_numpy(dtype=np.float64)).all(), f"scores\n{lists}"
    falls = lists.groupby(source, sort=False)["score"].diff().fillna(0) <= 0
    assert falls.all(), f"scores rise with rank\n{lists}"


def raises(
    errors: Any, call: Callable[[], Any], what: str, *, mentions: tuple[str, ...] = ()
) -> None:
    """Assert that a call raises one of the errors, with a message that mentions some words."""
    try:
        call()
    except errors as error:
        missing = [word for word in mentions if word.lower() not in str(error).lower()]
        assert not missing, f"{what}: the message should mention {missing}, but reads: {error}"
    except Exception as error:
        names = getattr(errors, "__name__", errors)
        raise AssertionError(f"{what} should raise {names}, but raised {error!r}") from error
    else:
        raise AssertionError(f"{what} should raise {getattr(errors, '__name__', errors)}")
