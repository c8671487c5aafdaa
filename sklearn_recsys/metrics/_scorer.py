"""Score recommenders by ranking metrics, in the form that scikit-learn's searches take."""
# SPDX-License-Identifier: BSD-3-Clause

import warnings
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline
from sklearn.utils import Bunch
from sklearn.utils.validation import _check_feature_names, _check_n_features, check_is_fitted

from sklearn_recsys._kernels import count_threads
from sklearn_recsys.exceptions import DataWarning, UnknownIdError
from sklearn_recsys.interactions._columns import (
    Table,
    n_columns,
    require_table,
    take_column,
    take_rows,
)
from sklearn_recsys.interactions._ids import IdIndex, list_some
from sklearn_recsys.interactions._validation import InteractionColumns, read_columns
from sklearn_recsys.metrics._lists import Question, ask
from sklearn_recsys.metrics._names import CHOICES, parse_metric
from sklearn_recsys.metrics._test_set import TestSet, encode_test_set
from sklearn_recsys.metrics._truth import Truth, cut_histories

__all__ = ["make_ranking_scorer"]

FloatArray = NDArray[np.float64]

# Rows of recommendations held at once: a block's frame and arrays stay within a few hundred MB.
_MAX_ROWS_AT_ONCE = 4_000_000


def make_ranking_scorer(
    *metrics: str,
    exclude_seen: bool = True,
    relevance_threshold: float | None = None,
    gain: str = "binary",
    unknown_users: str = "fallback",
    fold_in: float | None = None,
    random_state: int | None = 0,
) -> "RankingScorer":
    """Make a scorer that asks a recommender for lists and compares them with held-out rows.

    For ``scoring=`` of scikit-learn's searches and ``cross_validate``, and for direct use. A
    user's truth is the relevant rows of the held-out table, less the pairs seen in training;
    items that the recommender cannot know count as missed, but for "auc", which compares the items
    of the catalogue alone. Users without truth are left out. All metrics share one pass of
    ``recommend``, which dominates the cost. For "auc" and "mrr" without ``@k`` the library's own
    recommenders score the whole catalogue, in blocks of users; others are asked to rank it.

    Parameters
    ----------
    *metrics : str
        "precision@k", "recall@k", "capped_recall@k" (divides by min(k, relevant items)), "f1@k",
        "hit_rate@k", "ndcg@k", "map@k", "mrr@k" with an integer for k; "mrr" (whole list); "auc".
    exclude_seen : bool, default=True
        Keep pairs seen in training out of lists and truth. False counts them, which is how the
        precision on the training data is measured.
    relevance_threshold : float or None, default=None
        A held-out row is relevant when its value is at least this; None: above 0.
    gain : {"binary", "value"}, default="binary"
        For nDCG, each relevant item is worth 1, or its value. A repeated pair counts once, with
        its largest value.
    unknown_users : {"fallback", "drop", "raise"}, default="fallback"
        Users who were not in the training data: score the popular items that
        ``recommend(on_unknown="popular")`` gives them, leave them out, or raise. With `fold_in`,
        an unknown user is one who also has no known item in the history.
    fold_in : float or None, default=None
        Share of each test user's rows, in (0, 1), that is given to ``recommend(history=...)``;
        only the rest is truth (strong generalisation). It replaces a user's training rows.
    random_state : int or None, default=0
        Seed of the cut by `fold_in`; None cuts differently at each call.

    Returns
    -------
    callable
        ``scorer(estimator, X, y=None)`` gives a float for one metric, else a dict of floats; `y`
        replaces the value column. ``scorer.report(estimator, X, y=None)`` gives a Bunch of
        ``scores`` (dict), ``per_user`` (DataFrame, a row per user id, a column per metric),
        ``n_users`` and ``n_unknown_users`` (of the users scored).

    Raises
    ------
    ValueError
        If a metric is unknown or another parameter out of its range; when called, if all users
        of X are unknown or X has another width or other names than in fit.

    Warns
    -----
    DataWarning
        If more than half of the users are unknown.
    sklearn.exceptions.UndefinedMetricWarning
        If no user has any truth, as when training data is scored; the score is then NaN.

    See Also
    --------
    ndcg_at_k, recall_at_k, roc_auc_per_user : The metrics as functions of arrays.

    Notes
    -----
    A score is the mean over users; "auc" leaves out users for whom it is undefined. With several
    metrics a search needs ``refit="ndcg@10"`` or another of them. Halving searches take one
    metric, and score the training data too unless told ``return_train_score=False``. An
    estimator may be a recommender, any Pipeline that ends in one (histories go through its
    transformers), or a fitted search over either. Held-out values are read as they are, before
    any transformer, unless they are text (events): these the Pipeline's transformers weigh.

    References
    ----------
    D. Liang et al., Variational Autoencoders for Collaborative Filtering, WWW 2018, section 4.1
    (strong generalisation).

    Examples
    --------
    >>> scorer = make_ranking_scorer("ndcg@10", "recall@20")
    >>> scorer
    make_ranking_scorer('ndcg@10', 'recall@20', exclude_seen=True, relevance_threshold=None,
        gain='binary', unknown_users='fallback', fold_in=None, random_state=0)
    """
    for name in metrics:
        parse_metric(name)
    if not metrics or len(set(metrics)) < len(metrics):
        raise ValueError(f"Pass at least one metric, and each once; got {metrics}. {CHOICES}")
    _check_options(relevance_threshold, gain, unknown_users, fold_in)
    return RankingScorer(
        metrics,
        exclude_seen=exclude_seen,
        relevance_threshold=relevance_threshold,
        gain=gain,
        unknown_users=unknown_users,
        fold_in=fold_in,
        random_state=random_state,
    )


class RankingScorer:
    """Call recommenders and score their lists; made by :func:`make_ranking_scorer`."""

    def __init__(self, metrics: tuple[str, ...], **options: Any) -> None:
        self._metrics = {name: parse_metric(name) for name in metrics}
        self._options = options

    def __call__(self, estimator: Any, X: Table, y: Any = None) -> float | dict[str, float]:
        """Score a fitted estimator on held-out interactions."""
        scores = self.report(estimator, X, y).scores
        return scores if len(scores) > 1 else next(iter(scores.values()))

    def __repr__(self) -> str:
        arguments = [repr(name) for name in self._metrics]
        arguments += [f"{name}={value!r}" for name, value in self._options.items()]
        return f"make_ranking_scorer({', '.join(arguments)})"

    def _accept_sample_weight(self) -> bool:
        # Recent scikit-learn asks each scorer of a dict when a search's fit is given weights.
        return False

    def report(self, estimator: Any, X: Table, y: Any = None) -> Bunch:
        """Return the scores, also per user, and the number of users scored."""
        transformers, recommender = _find_recommender(estimator)
        X = _validate_width(_unwrap(estimator), X)
        test = encode_test_set(
            _read_test_columns(X, y, transformers),
            IdIndex(recommender.users_, "user"),
            IdIndex(recommender.items_, "item"),
        )
        is_history = self._cut(test)
        unknown = test.unknown_users(is_history)
        self._check_unknown(test.index.ids, unknown)
        truth = self._collect_truth(test, recommender, is_history, unknown)
        history = None
        if is_history is not None:
            history = test.usable(_history_table(X, y, test.columns, is_history, transformers))
        per_user = pd.DataFrame(
            self._measure(recommender, test, truth, history),
            index=pd.Index(
                test.index.ids[truth.users], name=test.columns.user_name, tupleize_cols=False
            ),
            columns=list(self._metrics),
        )
        return Bunch(
            scores=_average(per_user),
            per_user=per_user,
            n_users=len(truth),
            n_unknown_users=int(unknown[truth.users].sum()),
        )

    def _cut(self, test: TestSet) -> NDArray[np.bool_] | None:
        """Mark the rows that are shown to the recommender; None where histories are not cut."""
        if self._options["fold_in"] is None:
            return None
        rng = np.random.default_rng(self._options["random_state"])
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
            warnings.warn(message + _WHY_UNKNOWN, DataWarning, stacklevel=4)

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

    def _measure(
        self,
        recommender: Any,
        test: TestSet,
        truth: Truth,
        history: Table | None,
    ) -> FloatArray:
        """Return the metrics of each user, from one pass of recommend in blocks of users."""
        metrics = self._metrics.values()
        largest_k = max((metric.k for metric in metrics if metric.k), default=None)
        whole = frozenset(metric.family for metric in metrics if metric.k is None)
        owners = None if history is None else test.index.encode(take_column(history, 0))
        values = np.empty((len(truth), len(metrics)))
        longest = len(test.catalogue) if whole or largest_k is None else largest_k
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
            lists = ask(recommender, question, part, test.catalogue)
            for column, metric in enumerate(metrics):
                values[start : start + size, column] = metric.compute(lists)
        return values


_WHY_UNKNOWN = (
    "An unknown user was in none of the training rows (and, with fold_in, has no known item in "
    "the history), so that a model has nothing to go by. An integer cv on rows sorted by user "
    "does this: pass cv=InteractionKFold(), which keeps each user in every fold. To test on new "
    "users, pass fold_in=0.8."
)


def _check_options(
    relevance_threshold: float | None, gain: str, unknown_users: str, fold_in: float | None
) -> None:
    if gain not in ("binary", "value"):
        raise ValueError(f'gain must be "binary" or "value", got {gain!r}.')
    if unknown_users not in ("fallback", "drop", "raise"):
        raise ValueError(
            f'unknown_users must be "fallback", "drop" or "raise", got {unknown_users!r}.'
        )
    if fold_in is not None and not (isinstance(fold_in, Real) and 0 < fold_in < 1):
        raise ValueError(f"fold_in must be None or a share between 0 and 1, got {fold_in!r}.")
    if relevance_threshold is not None and not np.isfinite(relevance_threshold):
        raise ValueError(f"relevance_threshold must be finite, got {relevance_threshold!r}.")
    if gain == "value" and relevance_threshold is not None and relevance_threshold <= 0:
        raise ValueError(
            'With gain="value" the relevance_threshold must be above 0, or relevant items would '
            f"be worth nothing or less; got {relevance_threshold!r}."
        )


def _unwrap(estimator: Any) -> Any:
    """Return what a fitted search found, or what a FrozenEstimator holds."""
    while True:
        # First, since a FrozenEstimator passes on its estimator's attributes.
        if isinstance(estimator, FrozenEstimator):
            estimator = estimator.estimator
        elif hasattr(estimator, "best_estimator_"):
            estimator = estimator.best_estimator_
        else:
            return estimator


def _find_recommender(estimator: Any) -> tuple[list[Any], Any]:
    """Return the transformers that a history goes through, and the fitted recommender."""
    transformers = []
    recommender = _unwrap(estimator)
    while isinstance(recommender, Pipeline):
        if len(recommender) > 1:
            transformers.append(recommender[:-1])
        recommender = _unwrap(recommender.steps[-1][1])
    check_is_fitted(recommender)
    if not hasattr(recommender, "recommend"):
        raise TypeError(
            "A ranking scorer needs a recommender, a Pipeline that ends in one or a search over "
            f"them (with refit=True), but {type(recommender).__name__} has no recommend method."
        )
    return transformers, recommender


def _validate_width(estimator: Any, X: Table) -> Table:
    """Return `X` as a table if it has fit's columns, or the first two of them."""
    X = require_table(X, min_columns=1)
    if hasattr(estimator, "n_features_in_"):
        # Stands in for the estimator: a Pipeline's attributes cannot be set to the prefix's.
        expected = type(type(estimator).__name__, (), {})()
        kept = 2 if n_columns(X) == 2 else estimator.n_features_in_
        expected.n_features_in_ = min(estimator.n_features_in_, kept)
        if hasattr(estimator, "feature_names_in_"):
            expected.feature_names_in_ = estimator.feature_names_in_[:kept]
        _check_feature_names(expected, X, reset=False)
        _check_n_features(expected, X, reset=False)
    return X


def _read_test_columns(X: Table, y: Any, transformers: list[Any]) -> InteractionColumns:
    """Return the columns of the test rows; names of events get the numbers that they had in fit."""
    if y is None and transformers and n_columns(X) > 2:
        values = take_column(X, 2)
        if values.dtype.kind == "O" and pd.api.types.infer_dtype(values) == "string":
            X = _transform(X, transformers)
    return read_columns(X, y)


def _transform(X: Table, transformers: list[Any]) -> Table:
    for transformer in transformers:
        X = transformer.transform(X)
    return X


def _history_table(
    X: Table,
    y: Any,
    columns: InteractionColumns,
    is_history: NDArray[np.bool_],
    transformers: list[Any],
) -> Table:
    if y is None:
        return _transform(take_rows(X, np.flatnonzero(is_history)), transformers)
    # In fit, y replaces the value column after the transformers; so it does here.
    parts = (columns.users, columns.items, columns.values)
    history = pd.DataFrame({place: part[is_history] for place, part in enumerate(parts)})
    history.columns = [columns.user_name, columns.item_name, "value"]
    return history


def _average(per_user: pd.DataFrame) -> dict[str, float]:
    """Return the mean of each metric over the users for whom it is defined."""
    undefined = [name for name in per_user.columns if per_user[name].isna().all()]
    if undefined:
        warnings.warn(
            f"{list_some(undefined)} is undefined and set to NaN: "
            + (
                "each user's items are all relevant or all not."
                if len(per_user)
                else "no test user has a relevant row that was not seen in training. To score "
                "the training data itself, pass exclude_seen=False."
            ),
            UndefinedMetricWarning,
            stacklevel=4,
        )
    return {str(name): float(mean) for name, mean in per_user.mean().items()}
