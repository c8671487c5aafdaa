"""Compare recommenders on the same users, and say what is no accident."""
# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Iterable, Mapping, Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.model_selection import check_cv
from sklearn.utils import check_consistent_length

from sklearn_recsys.interactions._columns import Table, n_rows, require_table, take_rows
from sklearn_recsys.metrics._ranking_scorer import RankingScorer
from sklearn_recsys.metrics._scorer import make_ranking_scorer
from sklearn_recsys.model_selection._comparison import RecommenderComparison
from sklearn_recsys.model_selection._findings import EvaluationFindings
from sklearn_recsys.model_selection._folds import InteractionKFold
from sklearn_recsys.model_selection._lint import findings_of_comparison
from sklearn_recsys.model_selection._user_scores import UserScores, measure_peaks, score_users

__all__ = ["check_parameters", "compare_recommenders", "read_metrics", "read_splits"]


def compare_recommenders(
    estimators: Any,
    X: Any,
    y: Any = None,
    *,
    cv: Any = None,
    metrics: Any = ("ndcg@10", "recall@10"),
    confidence_level: float = 0.95,
    n_resamples: int = 1999,
    measure_memory: bool = True,
    n_jobs: int | None = None,
    random_state: int | None = 0,
) -> RecommenderComparison:
    r"""Fit recommenders to the same splits, and compare them user by user.

    "0.431 against 0.427" may be an accident of who was asked. Each recommender gets a mean with an
    interval over users, and each pair a test of the differences that single users see, which is
    far sharper than whether two intervals overlap. Choose settings before, on other data: a
    recommender that was tuned on these rows has an advantage that no test sees. Costs a fit for
    each recommender and split.

    Parameters
    ----------
    estimators : dict of str to estimator, or list of estimators
        Recommenders, Pipelines or searches (which then tune on each training part alone), by the
        name that they are to have; those of a list are named by their classes. They are cloned.
    X : table of shape (n_rows, n_columns)
        Interactions.
    y : array-like of shape (n_rows,) or None, default=None
        Values, in place of the third column of `X`.
    cv : splitter, int or iterable of (train, test), default=None
        As in scikit-learn's searches; None is ``InteractionKFold()``. Use `TemporalSplit` where
        times are known and the future is what matters.
    metrics : str, sequence of str, or scorer of `make_ranking_scorer`
        What to measure; the first is what recommenders are ordered by and tested on. A scorer
        brings its options along.
    confidence_level : float, default=0.95
        Of all intervals, in (0, 1). A difference counts where the adjusted p-value is at most 1
        minus this.
    n_resamples : int, default=1999
        Draws of users for the intervals, at least 1.
    measure_memory : bool, default=True
        Fit each once more, to the first split, and count what Python and NumPy hold during the
        fit beyond what they held before. What other libraries allocate by themselves (PyTorch),
        or other processes, is not seen.
    n_jobs : int or None, default=None
        Fits at the same time, as in joblib. Times are best compared with one.
    random_state : int or None, default=0
        Seed of the draws of users.

    Returns
    -------
    RecommenderComparison
        ``summary()`` and ``tests()`` are DataFrames, ``plot()`` draws, and notebooks show it.

    Raises
    ------
    TypeError
        If `metrics` is a scorer of another kind.
    ValueError
        If there are no estimators, two have one name, or a parameter is out of its range; if a
        metric is of groups (``by_group()`` of the result compares them), or the scorer draws other
        histories at each call.

    Warns
    -----
    EvaluationWarning
        If seen items are not masked, many test users want nothing that can be found, or different
        recommenders have equal scores.

    See Also
    --------
    search_intervals : The same for the candidates of a search.
    sklearn_recsys.metrics.make_ranking_scorer : The metrics, and their options.

    Notes
    -----
    A user's scores in several test parts are averaged first, so that users are what is counted.
    Intervals are percentiles of the means of users drawn with replacement. Tests are paired
    t-tests, adjusted for the number of pairs by Holm's method. Both speak about other users like
    these, not about other seeds of a model or other splits: a recommender with a seed may differ
    from itself. Metrics beyond accuracy see each recommender's lists against its own catalogue
    and training data: a Pipeline that leaves items out covers more of what is left. ``findings``
    holds what :func:`lint_evaluation` has to say about the first split.

    References
    ----------
    M. Smucker, J. Allan, B. Carterette, "A Comparison of Statistical Significance Tests for
    Information Retrieval Evaluation", CIKM 2007.
    J. Urbano, H. Lima, A. Hanjalic, "Statistical Significance Testing in Information Retrieval",
    SIGIR 2019.

    Examples
    --------
    >>> from sklearn_recsys.baseline import PopularityRecommender, RandomRecommender
    >>> from sklearn_recsys.datasets import make_interactions
    >>> from sklearn_recsys.model_selection import compare_recommenders
    >>> X = make_interactions(n_users=100, n_items=80, n_interactions=2000).X
    >>> models = {"popular": PopularityRecommender(), "random": RandomRecommender(random_state=0)}
    >>> comparison = compare_recommenders(models, X)
    >>> comparison.summary().index.tolist()
    ['popular', 'random']
    >>> comparison.summary()["tied_with_best"].tolist()
    [True, False]
    >>> comparison.tests()[["better", "worse"]].values.tolist()
    [['popular', 'random']]
    """
    named = _name_estimators(estimators)
    check_parameters(confidence_level, n_resamples)
    scorer = read_metrics(metrics)
    X = require_table(X)
    check_consistent_length(range(n_rows(X)), y)
    splits = read_splits(cv, X, y)
    scores = score_users(named, X, y, splits=splits, scorer=scorer, n_jobs=n_jobs)
    memory = measure_peaks(named, X, y, splits[0][0]) if measure_memory else None
    return RecommenderComparison(
        scores,
        scorer,
        confidence_level=confidence_level,
        n_resamples=n_resamples,
        random_state=random_state,
        peak_memory=memory,
        findings=_find_what_misleads(named, X, splits[0], scores, scorer),
    )


def read_metrics(metrics: Any) -> RankingScorer:
    """Return the scorer of some names, or a scorer that is one already."""
    if not isinstance(metrics, (RankingScorer, str, Sequence)):
        raise TypeError(
            "metrics must be names or what make_ranking_scorer returns, since the scores of single "
            f"users are needed; got {metrics!r}."
        )
    if not isinstance(metrics, RankingScorer):
        metrics = make_ranking_scorer(*([metrics] if isinstance(metrics, str) else metrics))
    of_groups = [name for name in metrics.metrics if metrics.metric(name).of_groups]
    if of_groups:
        raise ValueError(
            f"{of_groups[0]!r} is a figure of one split, of which no mean over users can be taken: "
            "measure the metric itself, and call by_group(user_groups) of the comparison."
        )
    if metrics.options["fold_in"] is not None and metrics.options["random_state"] is None:
        raise ValueError(
            "With fold_in and random_state=None the scorer shows each recommender other histories: "
            "give it a random_state, so that all are asked the same."
        )
    return metrics


def read_splits(cv: Any, X: Table, y: Any) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return the positions of the training and test rows of each split."""
    splitter = InteractionKFold() if cv is None else check_cv(cv)
    splits = list(splitter.split(X, y))
    if not splits:
        raise ValueError(f"cv={cv!r} gives no splits: an iterator can be used only once.")
    return splits


def _find_what_misleads(
    estimators: Mapping[str, Any],
    X: Table,
    split: tuple[np.ndarray, np.ndarray],
    scores: UserScores,
    scorer: RankingScorer,
) -> EvaluationFindings:
    """Look at the first split, and warn of what is seldom meant."""
    train, test = (take_rows(X, rows) for rows in split)
    # Metrics of all lists together leave nothing of single users.
    known = scores.per_user.columns.get_level_values(0)
    per_user = {name: scores.per_user[name] for name in estimators if name in known}
    # Clones, as were scored: what the caller fitted before does not matter, but what is frozen.
    unfitted = {name: clone(estimator) for name, estimator in estimators.items()}
    found = findings_of_comparison(unfitted, train, test, per_user, scoring=scorer)
    findings = EvaluationFindings.gather(list(found))
    # That times are not minded is for the reader of the table: many tables have some.
    EvaluationFindings(each for each in findings if each.code != "EVAL002").warn()
    return findings


def _name_estimators(estimators: Any) -> dict[str, Any]:
    if isinstance(estimators, Mapping):
        named = {str(name): estimator for name, estimator in estimators.items()}
        if len(named) < len(estimators):
            raise ValueError(f"Two names read the same: {list(estimators)}.")
    elif isinstance(estimators, Iterable):
        pairs = [(type(estimator).__name__, estimator) for estimator in estimators]
        named = dict(pairs)
        if len(named) < len(pairs):
            raise ValueError(
                "Two estimators of the list are of one class: pass a dict that names them, such "
                "as {'100 neighbours': ItemKNNRecommender(n_neighbors=100), …}."
            )
    else:
        raise ValueError(
            f"estimators must be a dict of names and estimators, got {type(estimators).__name__}."
        )
    if not named:
        raise ValueError("estimators is empty: pass at least one recommender.")
    return named


def check_parameters(confidence_level: float, n_resamples: int) -> None:
    if not (isinstance(confidence_level, Real) and 0 < confidence_level < 1):
        raise ValueError(f"confidence_level must be between 0 and 1, got {confidence_level!r}.")
    if not (isinstance(n_resamples, Integral) and n_resamples >= 1):
        raise ValueError(f"n_resamples must be an integer of at least 1, got {n_resamples!r}.")
