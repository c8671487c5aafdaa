"""Ask a recommender for its lists, and lay them over what the users wanted."""
# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from sklearn_recsys._kernels import (
    auc_of_rows,
    count_threads,
    csr_pattern,
    first_ranks_of_rows,
    places_in_runs,
)
from sklearn_recsys.interactions._columns import Table, take_column
from sklearn_recsys.interactions._ids import IdIndex
from sklearn_recsys.metrics._ranking import reciprocal_rank_at_k
from sklearn_recsys.metrics._roc_auc import roc_auc_per_user
from sklearn_recsys.metrics._scoring._truth import Truth

__all__ = ["Lists", "Question", "ask"]

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]


class Question(NamedTuple):
    """Hold what is asked of a recommender.

    Attributes
    ----------
    users : ndarray of shape (n_users,)
        Ids.
    k : int or None
        Length of the lists; None where no metric reads their heads.
    whole : frozenset of str
        The families, "auc" and "mrr", that judge the ranking of the whole catalogue.
    exclude_seen : bool
        Whether to leave out what the users have seen.
    history : table or None
        Interactions that replace those in the training data.
    """

    users: np.ndarray
    k: int | None
    whole: frozenset[str]
    exclude_seen: bool
    history: Table | None


@dataclass(frozen=True)
class Lists:
    """Hold some users' recommended lists, laid over what these users wanted.

    Attributes
    ----------
    items : ndarray of shape (n_users, width), dtype int64
        Code of the item at each place of a user's list, -1 where the list is shorter.
    gains : ndarray of shape (n_users, width), dtype float64
        Gain at each place of a user's list, 0 where the item is not relevant.
    truth : Truth
        What the users wanted, recommended or not.
    ideal : ndarray of shape (n_users, largest k), dtype float64
        The largest gains in decreasing order.
    whole : dict of str to ndarray of shape (n_users,)
        Score of each family that judges the ranking of the whole catalogue.
    """

    items: IntArray
    gains: FloatArray
    truth: Truth
    ideal: FloatArray
    whole: dict[str, FloatArray]

    @property
    def n_relevant(self) -> IntArray:
        """The number of relevant items of each user, recommended or not."""
        return self.truth.n_relevant


def ask(recommender: Any, question: Question, truth: Truth, catalogue: IdIndex) -> Lists:
    """Return a recommender's lists for the users of a truth, laid over it.

    Our own recommenders answer in codes; whatever else has a ``recommend`` is asked by that.

    Raises
    ------
    ValueError
        If the lists name other users, other items, an item twice, or ranks out of range.
    """
    n_threads = count_threads(getattr(recommender, "n_jobs", None))
    if not _answers_in_codes(recommender):
        return _ask_for_table(recommender, question, truth, catalogue, n_threads=n_threads)
    audience = recommender._find_audience(question.users, question.history, "popular")
    gains = np.empty((len(truth), 0))
    items = np.empty((len(truth), 0), dtype=np.int64)
    if question.k is not None:
        width = min(question.k, len(catalogue))
        ranked = recommender._rank_audience(audience, width, exclude_seen=question.exclude_seen)
        found = ranked.users, ranked.items, places_in_runs(ranked.users)
        gains = truth.ranked_gains(*found, width=width, n_threads=n_threads)
        items = _lay_out(*found, gains.shape)
    whole: dict[str, FloatArray] = {}
    if question.whole:
        blocks = recommender._score_audience(audience, exclude_seen=question.exclude_seen)
        whole = _judge_blocks(blocks, truth, question.whole, n_threads)
    return Lists(items, gains, truth, truth.ideal_gains(question.k or 1), whole)


def _answers_in_codes(recommender: Any) -> bool:
    """Tell whether codes say the same as `recommend`, which a subclass may have replaced."""
    by_codes = getattr(type(recommender), "_recommend_by_codes", None)
    return by_codes is not None and getattr(recommender.recommend, "__func__", None) is by_codes


def _ask_for_table(
    recommender: Any, question: Question, truth: Truth, catalogue: IdIndex, *, n_threads: int
) -> Lists:
    width = len(catalogue) if question.whole else min(question.k or 1, len(catalogue))
    options = {} if question.history is None else {"history": question.history}
    table = recommender.recommend(
        question.users,
        width,
        exclude_seen=question.exclude_seen,
        on_unknown="popular",
        **options,
    )
    users, codes, places = _read_table(table, question.users, catalogue, width)
    gains = truth.ranked_gains(users, codes, places, width=width, n_threads=n_threads)
    items = _lay_out(users, codes, places, gains.shape)
    whole: dict[str, FloatArray] = {}
    if "auc" in question.whole:
        scores = np.full(gains.shape, np.nan)
        scores[users, places] = table["score"].to_numpy()
        whole["auc"] = roc_auc_per_user(scores, gains)
    if "mrr" in question.whole:
        whole["mrr"] = reciprocal_rank_at_k(gains)
    return Lists(items, gains, truth, truth.ideal_gains(question.k or 1), whole)


def _lay_out(
    users: NDArray[np.integer],
    codes: NDArray[np.integer],
    places: IntArray,
    shape: tuple[int, ...],
) -> IntArray:
    """Return recommended items as a matrix, a row for each user."""
    items = np.full(shape, -1, dtype=np.int64)
    items[users, places] = codes
    return items


def _read_table(
    table: pd.DataFrame, users: np.ndarray, catalogue: IdIndex, width: int
) -> tuple[IntArray, NDArray[np.int32], IntArray]:
    """Return each row's user (its place among those asked for), item and place in the list."""
    rows = _encode_runs(table.iloc[:, 0], IdIndex(users, "user"))
    items = catalogue.encode(take_column(table, 1))
    places = table["rank"].to_numpy() - 1
    if len(rows) and min(rows.min(), items.min(), places.min(), width - 1 - places.max()) < 0:
        raise ValueError(
            "recommend() named users that were not asked for, items that are not in items_, "
            f"or ranks outside 1..{width}."
        )
    return rows, items, places


def _encode_runs(column: pd.Series, index: IdIndex) -> IntArray:
    """Encode a column in which equal ids stand together: comparing text is cheaper than hashing."""
    values = column.array
    starts = np.ones(len(column), dtype=bool)
    # Not shift(), which turns integers to floats and large ids into their neighbours.
    starts[1:] = np.asarray(values[1:] != values[:-1], dtype=bool)
    return index.encode(column[starts]).astype(np.int64)[np.cumsum(starts) - 1]


def _judge_blocks(
    blocks: Iterable[Any], truth: Truth, families: frozenset[str], n_threads: int
) -> dict[str, FloatArray]:
    """Return what each family makes of the scores of all items."""
    whole = {family: np.empty(len(truth)) for family in families}
    for block in blocks:
        scores = np.ascontiguousarray(block.scores, dtype=np.float32)
        places = block.users.astype(np.int64, copy=False)
        wanted = places, truth.indptr, truth.items, *_hidden(block.seen, len(places))
        if "auc" in families:
            auc = np.empty(len(places))
            auc_of_rows(scores, *wanted, auc, n_threads=n_threads)
            whole["auc"][places] = auc
        if "mrr" in families:
            tie_places = np.empty(len(block.tie_order), dtype=np.int32)
            tie_places[block.tie_order] = np.arange(len(tie_places), dtype=np.int32)
            ranks = np.empty(len(places), dtype=np.int64)
            first_ranks_of_rows(scores, tie_places, *wanted, ranks, n_threads=n_threads)
            whole["mrr"][places] = np.divide(1, ranks, out=np.zeros(len(ranks)), where=ranks > 0)
    return whole


def _hidden(seen: sparse.csr_array | None, n_rows: int) -> tuple[IntArray, NDArray[np.int32]]:
    """Return the row pointers and items of what is not to be recommended."""
    if seen is None:
        return np.zeros(n_rows + 1, dtype=np.int64), np.empty(0, dtype=np.int32)
    return csr_pattern(seen)
