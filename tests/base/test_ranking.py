"""Ranking of blocks: sparse as dense, in bounded memory, however wide the catalogue."""
# SPDX-License-Identifier: BSD-3-Clause

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import sklearn
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from sklearn_recsys.base import BaseRecommender, _blocks
from sklearn_recsys.base._blocks import finite, memory_batches, uneven_batches
from sklearn_recsys.base._ranking import tie_order
from sklearn_recsys.interactions._parameters import require_positive

N_ITEMS = 400


class WideScores(BaseRecommender):
    """Sparse scores of a wide catalogue: few are positive, some are negative, most are zero."""

    def __init__(self, seed=0, *, as_sparse=True):
        self.seed = seed
        self.as_sparse = as_sparse

    def _fit(self, interactions):
        rng = np.random.default_rng(self.seed)
        shape = interactions.matrix.shape
        scores = rng.integers(-3, 4, size=shape) * (rng.random(shape) < 0.03)
        scores[0] = -np.abs(scores[0])
        self.scores_ = sparse.csr_array(scores.astype(np.float32))

    def _score(self, rows):
        return self.scores_[rows] if self.as_sparse else self.scores_[rows].toarray()


def wide_table(seed=0):
    rng = np.random.default_rng(seed)
    everything = pd.DataFrame({"user": np.arange(N_ITEMS) % 8, "item": np.arange(N_ITEMS)})
    more = pd.DataFrame(
        {"user": rng.integers(8, size=300), "item": rng.integers(N_ITEMS, size=300)}
    )
    return pd.concat([everything, more], ignore_index=True)


def naive_lists(model, n_items, hidden=frozenset(), only=None, *, exclude_seen=True):
    rows = []
    scores = model.scores_.toarray()
    seen = model.interactions_.toarray() != 0
    for user in range(len(model.users_)):
        items = [
            i
            for i in range(N_ITEMS)
            if not (exclude_seen and seen[user, i])
            and (user, i) not in hidden
            and i not in hidden
            and (only is None or (user, i) in only)
        ]
        items.sort(key=lambda i: (-scores[user, i], -model.popularity_[i], i))
        rows += [(user, i, scores[user, i]) for i in items[:n_items]]
    return rows


def answered(recommended):
    return list(zip(recommended.user, recommended.item, recommended.score, strict=True))


@settings(max_examples=25)
@given(st.integers(0, 100), st.sampled_from([1, 3, 10, 60, 500]), st.booleans())
def test_a_wide_sparse_block_is_ranked_as_a_dense_one(seed, n_items, exclude_seen):
    X = wide_table(seed)
    model = WideScores(seed).fit(X)
    assert model.scores_.nnz < 0.05 * np.prod(model.scores_.shape)
    expected = naive_lists(model, n_items, exclude_seen=exclude_seen)
    recommended = model.recommend(n_items=n_items, exclude_seen=exclude_seen)
    assert answered(recommended) == expected
    dense = WideScores(seed, as_sparse=False).fit(X)
    pd.testing.assert_frame_equal(
        dense.recommend(n_items=n_items, exclude_seen=exclude_seen), recommended
    )


def test_exclusions_reach_the_stored_and_the_unstored_scores_of_a_sparse_block():
    model = WideScores(1).fit(wide_table())
    best = model.recommend(n_items=12)
    pairs = best[["user", "item"]]
    hidden = set(zip(best.user, best.item, strict=True))
    assert answered(model.recommend(exclude=pairs)) == naive_lists(model, 10, hidden)
    everywhere = set(best.item.head(30))
    assert answered(model.recommend(exclude=list(everywhere))) == naive_lists(model, 10, everywhere)


def test_candidate_pairs_reach_a_sparse_block():
    model = WideScores(2).fit(wide_table())
    rng = np.random.default_rng(0)
    pairs = {(int(u), int(i)) for u, i in rng.integers([0, 0], [8, N_ITEMS], size=(200, 2))}
    table = pd.DataFrame(sorted(pairs), columns=["user", "item"])
    assert answered(model.recommend(candidates=table)) == naive_lists(model, 10, only=pairs)


def test_ties_are_ordered_by_popularity_then_by_code():
    assert tie_order(np.array([1, 5, 1, 5])).tolist() == [1, 3, 0, 2]


@given(st.integers(0, 50), st.integers(0, 10**9), st.sampled_from([1e-9, 1.0, 1024.0]))
def test_batches_cover_every_row_once_in_order(n, width, memory):
    with sklearn.config_context(working_memory=memory):
        slices = list(memory_batches(n, width))
        by_width = list(uneven_batches(np.full(n, width)))
    for batches in (slices, by_width):
        assert [row for part in batches for row in range(part.start, part.stop)] == list(range(n))


@given(st.lists(st.integers(0, 100), min_size=1))
def test_uneven_batches_stay_within_the_budget_but_for_their_first_row(widths):
    with sklearn.config_context(working_memory=1e-2):
        budget = 1e-2 * 2**20 / 8 / _blocks.BYTES_PER_SCORE
        for part in uneven_batches(np.array(widths)):
            assert sum(widths[part.start + 1 : part.stop]) <= budget


def test_what_is_not_finite_saturates():
    scores = finite(np.array([np.inf, -np.inf, np.nan, 1e300, 2.0]))
    largest = np.finfo(np.float32).max
    assert scores.dtype == np.float32
    assert scores.tolist() == [largest, -largest, 0, largest, 2]


def test_finite_scores_whose_sum_overflows_stay_what_they_are():
    scores = np.full(10, 3e38, dtype=np.float32)
    np.testing.assert_array_equal(finite(scores), scores)


@pytest.mark.parametrize("value", [1, np.int64(3)])
def test_a_length_is_any_positive_integer(value):
    assert require_positive(value, "n_items") == value


# Users and items by a power law, as in life; the peak is read before and after, from /proc since
# getrusage would start from the peak of the process that runs the tests. Every block of
# users takes the same memory, so a twentieth of them shows the peak of all in a twentieth of the
# time; tests/benchmarks/main_job.py asks for all.
_LARGE_WORLD = """
import json, re
from pathlib import Path
import numpy as np, pandas as pd
from sklearn_recsys.{room} import {name}

def peak():
    status = Path("/proc/self/status").read_text()
    return 1024 * int(re.search(r"VmHWM:\\s*(\\d+) kB", status)[1])

rng, n = np.random.default_rng(0), 100_000
draw = lambda power: rng.choice(n, 1_000_000, p=(w := np.arange(1, n + 1.0) ** -power) / w.sum())
X = pd.DataFrame({{"user": draw(0.5), "item": rng.permutation(n)[draw(0.8)]}})
before = peak()
model = {name}().fit(X)
lists = model.recommend(model.users_[::20])
print(json.dumps({{"peak": peak() - before, "users": int(lists.user.nunique()),
                  "shape": model.interactions_.shape, "longest": int(lists["rank"].max())}}))
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("room", "name"),
    [
        ("baseline", "PopularityRecommender"),
        ("neighbors", "ItemKNNRecommender"),
        ("decomposition", "SVDRecommender"),
    ],
)
def test_a_hundred_thousand_users_and_items_stay_under_a_gigabyte(room, name):
    if not Path("/proc/self/status").exists():
        pytest.skip("the peak memory of a process is read from /proc")
    script = _LARGE_WORLD.format(room=room, name=name)
    result = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    report = json.loads(result.stdout)
    # A users x items matrix would take 40 GB.
    assert report["peak"] < 1e9
    assert report["shape"][0] > 90_000
    assert report["users"] >= report["shape"][0] // 20
    assert report["shape"][1] > 80_000
    assert report["longest"] == 10
