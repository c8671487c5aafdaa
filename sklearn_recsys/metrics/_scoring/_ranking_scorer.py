"""Call recommenders, and score their lists."""
# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.utils import Bunch

from sklearn_recsys._kernels import count_threads
from sklearn_recsys._warning import warn_caller
from sklearn_recsys.exceptions import DataWarning, UnknownIdError
from sklearn_recsys.interactions._columns import Table, take_column, take_rows
from sklearn_recsys.interactions._ids import IdIndex, list_some
from sklearn_recsys.interactions._parameters import as_generator
from sklearn_recsys.metrics._scoring._background import Background
from sklearn_recsys.metrics._scoring._groups import find_groups
from sklearn_recsys.metrics._scoring._lists import Lists, Question, ask
from sklearn_recsys.metrics._scoring._measuring import measure
from sklearn_recsys.metrics._scoring._names import Metric
from sklearn_recsys.metrics._scoring._test_set import TestSet, encode_test_set
from sklearn_recsys.metrics._scoring._truth import Truth, cut_histories
from sklearn_recsys.metrics._scoring._unwrapping import (
    find_recommender,
    history_table,
    read_test_columns,
    unwrap,
    validate_width,
)

__all__ = ["Case", "RankingScorer"]

# Rows of recommendations held at once: a block's frame and arrays stay within a few hundred MB.
_MAX_ROWS_AT_ONCE = 4_000_000


class Case(NamedTuple):
    """Hold what a recommender is asked, and what its lists are judged by.

    Attributes
    ----------
    recommender : fitted recommender
    test : TestSet
        The held-out rows.
    truth : Truth
        What the test users turned out to want.
    unknown : ndarray of shape (n_test_users,), dtype bool
        Users of `test` of whom nothing is known.
    history : table or None
        Interactions that replace those in the training data.
    background : Background
        What metrics beyond accuracy see the lists against.
    """

    recommender: Any
    test: TestSet
    truth: Truth
    unknown: NDArray[np.bool_]
    history: Table | None
    background: Background

    @property
    def user_ids(self) -> np.ndarray:
        """Who is scored, of shape (n_users,)."""
        return self.test.index.ids[self.truth.users]


class RankingScorer:
    """Call recommenders and score their lists; made by :func:`make_ranking_scorer`."""

    def __init__(self, metrics: dict[str, Metric], **options: Any) -> None:
        self._metrics = metrics
        self._options = options

    @property
    def metrics(self) -> tuple[str, ...]:
        """The names of the metrics."""
        return tuple(self._metrics)

    @property
    def options(self) -> dict[str, Any]:
        """The other arguments of :func:`make_ranking_scorer`, by name."""
        return dict(self._options)

    def metric(self, name: str) -> Metric:
        """Return what a name stands for."""
        return self._metrics[name]

    def __call__(self, estimator: Any, X: Table, y: Any = None) -> float | dict[str, float]:
        """Score a fitted estimator on held-out interactions."""
        scores = self.report(estimator, X, y).scores
        return scores if len(scores) > 1 else next(iter(scores.values()))

    def __repr__(self) -> str:
        arguments = [repr(name) for name in self._metrics]
        options = dict(self._options)
        features, groups = options.pop("item_features"), options.pop("user_groups")
        arguments += [f"{name}={value!r}" for name, value in options.items()]
        arguments += [] if features is None else [f"item_features={features!r}"]
        arguments += [] if groups is None else [f"user_groups=<of {len(groups)} users>"]
        return f"make_ranking_scorer({', '.join(arguments)})"

    def _accept_sample_weight(self) -> bool:
        # Recent scikit-learn asks each scorer of a dict when a search's fit is given weights.
        return False

    def report(self, estimator: Any, X: Table, y: Any = None) -> Bunch:
        """Return the scores, also per user and per group of users, and the number of users."""
        case = self.prepare(estimator, X, y)
        measured = self.measure(case, self.ask(case))
        _warn_if_undefined(measured.scores, has_users=len(case.truth) > 0)
        return measured

    def prepare(self, estimator: Any, X: Table, y: Any = None) -> Case:
        """Read the held-out rows as the recommender of a fitted estimator is judged by them."""
        transformers, recommender = find_recommender(estimator)
        X = validate_width(unwrap(estimator), X)
        test = encode_test_set(
            read_test_columns(X, y, transformers),
            IdIndex(recommender.users_, "user"),
            IdIndex(recommender.items_, "item"),
        )
        is_history = self._cut(test)
        unknown = test.unknown_users(is_history)
        self._check_unknown(test.index.ids, unknown)
        truth = self._collect_truth(test, recommender, is_history, unknown)
        history = None
        if is_history is not None:
            history = test.usable(history_table(X, y, test.columns, is_history, transformers))
        options = {name: self._options[name] for name in ("item_features", "exclude_seen")}
        background = Background(recommender, test, is_history, **options)
        return Case(recommender, test, truth, unknown, history, background)

    def ask(self, case: Case) -> Iterator[Lists]:
        """Yield the lists of all users, from one pass of recommend in blocks of users."""
        test, truth, history = case.test, case.truth, case.history
        metrics = self._metrics.values()
        largest_k = max((metric.k for metric in metrics if metric.k), default=None)
        whole = frozenset(metric.family for metric in metrics if metric.k is None)
        owners = None if history is None else test.index.encode(take_column(history, 0))
        longest = len(test.catalogue) if whole or largest_k is None else largest_k
        if any(metric.needs_features for metric in metrics):
            longest = max(longest, case.background.item_features.shape[1])
        size = max(1, _MAX_ROWS_AT_ONCE // longest)
        for start in range(0, len(truth), size):
            part = truth.part(start, start + size)
            asked = None
            if owners is not None:
                rows = np.flatnonzero(np.isin(owners, part.users))
                asked = take_rows(history, rows) if len(rows) else None
            question = Question(
                test.index.ids[part.users], largest_k, whole, self._options["exclude_seen"], asked
            )
            yield ask(case.recommender, question, part, test.catalogue)

    def measure(self, case: Case, lists: Iterable[Lists]) -> Bunch:
        """Score lists, which come in blocks of users; nothing is warned of."""
        ids, groups = case.user_ids, self._options["user_groups"]
        measured = measure(
            lists,
            self._metrics,
            case.background,
            users=pd.Index(ids, name=case.test.columns.user_name, tupleize_cols=False),
            groups=None if groups is None else find_groups(groups, ids),
        )
        n_unknown = int(case.unknown[case.truth.users].sum())
        return Bunch(**measured, n_users=len(case.truth), n_unknown_users=n_unknown)

    def _cut(self, test: TestSet) -> NDArray[np.bool_] | None:
        """Mark the rows that are shown to the recommender; None where histories are not cut."""
        if self._options["fold_in"] is None:
            return None
        rng = as_generator(self._options["random_state"])
        return cut_histories(
            test.users, test.items, test.columns.values, self._options["fold_in"], rng
        )

    def _check_unknown(self, ids: np.ndarray, unknown: NDArray[np.bool_]) -> None:
        found = ids[unknown]
        message = f"{len(found)} of the {len(ids)} test users are unknown: {list_some(found)}. "
        if len(found) == len(ids):
            raise ValueError(message + _WHY_UNKNOWN)
        if len(found) and self._options["unknown_users"] == "raise":
            raise UnknownIdError(message + 'Pass unknown_users="fallback" or "drop" to score.')
        if len(found) > len(ids) / 2:
            warn_caller(message + _WHY_UNKNOWN, DataWarning)

    def _collect_truth(
        self,
        test: TestSet,
        recommender: Any,
        is_history: NDArray[np.bool_] | None,
        unknown: NDArray[np.bool_],
    ) -> Truth:
        threshold = self._options["relevance_threshold"]
        values = test.columns.values
        relevant = values > 0 if threshold is None else values >= threshold
        if is_history is not None:
            relevant &= ~is_history
        if self._options["unknown_users"] == "drop":
            relevant &= ~unknown[test.users]
        n_threads = count_threads(getattr(recommender, "n_jobs", None))
        truth = test.truth(relevant, graded=self._options["gain"] == "value")
        if not self._options["exclude_seen"]:
            return truth
        # A history replaces the training rows, in masking too.
        if is_history is not None:
            everyone = np.arange(len(test.rows), dtype=np.int32)
            return truth.without(test.histories(is_history), everyone, n_threads=n_threads)
        return truth.without(recommender.interactions_, test.rows, n_threads=n_threads)


_WHY_UNKNOWN = (
    "An unknown user was in none of the training rows (and, with fold_in, has no known item in "
    "the history), so that a model has nothing to go by. An integer cv on rows sorted by user "
    "does this: pass cv=InteractionKFold(), which keeps each user in every fold. To test on new "
    "users, pass fold_in=0.8."
)


def _warn_if_undefined(scores: dict[str, float], *, has_users: bool) -> None:
    undefined = [name for name, score in scores.items() if np.isnan(score)]
    if undefined:
        warn_caller(
            f"{list_some(undefined)} is undefined and set to NaN: "
            + (
                "no user has what it looks at (for auc, each user's items are all relevant or all "
                "not)."
                if has_users
                else "no test user has a relevant row that was not seen in training. To score "
                "the training data itself, pass exclude_seen=False."
            ),
            UndefinedMetricWarning,
        )
