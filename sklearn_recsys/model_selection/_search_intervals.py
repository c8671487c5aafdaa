"""Put intervals over users beside the results of a search."""
# SPDX-License-Identifier: BSD-3-Clause

import warnings
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.model_selection import check_cv
from sklearn.utils.validation import check_is_fitted

from sklearn_recsys.exceptions import DataWarning
from sklearn_recsys.interactions._columns import require_table
from sklearn_recsys.metrics._ranking_scorer import RankingScorer
from sklearn_recsys.model_selection._compare_recommenders import read_splits
from sklearn_recsys.model_selection._comparison import RecommenderComparison
from sklearn_recsys.model_selection._user_scores import score_users

__all__ = ["search_intervals"]


def search_intervals(
    search: Any,
    X: Any,
    y: Any = None,
    *,
    n_candidates: int | None = None,
    confidence_level: float = 0.95,
    n_resamples: int = 1999,
    n_jobs: int | None = None,
    random_state: int | None = 0,
) -> pd.DataFrame:
    """Say how sure each result of a search is, and which candidates may be as good as the best.

    A search reports means alone, and its ``std_test_score`` is a spread over folds, which share
    their users and most of their rows. Here the candidates are fitted and scored again on the
    search's own splits, user by user. Among those that are tied with the best, take the cheapest
    or simplest. Costs a fit for each candidate and split.

    Parameters
    ----------
    search : fitted GridSearchCV or RandomizedSearchCV
        With ``scoring=make_ranking_scorer(...)``.
    X : table of shape (n_rows, n_columns)
        The interactions that the search was fitted to.
    y : array-like of shape (n_rows,) or None, default=None
        The values that it was fitted to.
    n_candidates : int or None, default=None
        Look at so many of the best alone; None looks at all.
    confidence_level : float, default=0.95
        Of the intervals and the tests, in (0, 1).
    n_resamples : int, default=1999
        Draws of users for the intervals.
    n_jobs : int or None, default=None
        Fits at the same time, as in joblib.
    random_state : int or None, default=0
        Seed of the draws of users.

    Returns
    -------
    DataFrame of shape (n_candidates, ...)
        A row for each candidate, by its place in ``cv_results_`` and best first: its parameters,
        ``mean`` over users with ``low`` and ``high``, ``difference`` from the best,
        ``p_adjusted``, ``tied_with_best``, ``fit_time`` (seconds) and ``peak_memory`` (bytes).

    Raises
    ------
    TypeError
        If the search has no results or another kind of scorer, or scored its candidates on
        different rows, as halving searches do.

    Warns
    -----
    DataWarning
        If the search found other scores on these splits: X, or an unseeded splitter or model,
        differs.

    See Also
    --------
    compare_recommenders : Compare different models, and how the figures are made.

    Notes
    -----
    p-values are those of paired t-tests, adjusted by Holm's method for all pairs of candidates,
    since the best was chosen by the same scores. The mean of the best is still the largest of
    many, and so a little too good: score it on rows that the search did not see.

    Examples
    --------
    >>> from sklearn.model_selection import GridSearchCV
    >>> from sklearn_recsys.datasets import make_interactions
    >>> from sklearn_recsys.metrics import make_ranking_scorer
    >>> from sklearn_recsys.model_selection import InteractionKFold, search_intervals
    >>> from sklearn_recsys.neighbors import ItemKNNRecommender
    >>> X = make_interactions(n_users=100, n_items=80, n_interactions=2000).X
    >>> search = GridSearchCV(
    ...     ItemKNNRecommender(),
    ...     {"n_neighbors": [1, 35, 40]},
    ...     cv=InteractionKFold(3),
    ...     scoring=make_ranking_scorer("ndcg@10"),
    ... ).fit(X)
    >>> search_intervals(search, X)[["n_neighbors", "tied_with_best"]].values.tolist()
    [[35, True], [40, True], [1, False]]
    """
    scorer, metric = _read_search(search)
    X = require_table(X)
    ranks = search.cv_results_[f"rank_test_{metric or 'score'}"]
    chosen = np.argsort(ranks, kind="stable")[:n_candidates]
    params = {str(place): search.cv_results_["params"][place] for place in chosen}
    estimators = {
        name: clone(search.estimator).set_params(**clone(settings, safe=False))
        for name, settings in params.items()
    }
    splits = read_splits(check_cv(search.cv), X, y)  # None is scikit-learn's choice here
    scores = score_users(estimators, X, y, splits=splits, scorer=scorer, n_jobs=n_jobs)
    name = metric or scorer.metrics[0]
    _warn_if_changed(search, scores.per_fold[name], metric or "score")
    comparison = RecommenderComparison(
        scores,
        [name],
        confidence_level=confidence_level,
        n_resamples=n_resamples,
        random_state=random_state,
    )
    return _lay_out(comparison, params, name)


def _read_search(search: Any) -> tuple[RankingScorer, str | None]:
    """Return the scorer of a search, and the metric that it chose by, None if there is but one."""
    check_is_fitted(search)
    if not hasattr(search, "cv_results_") or hasattr(search, "n_resources_"):
        raise TypeError(
            "search must be a fitted GridSearchCV or RandomizedSearchCV, whose candidates are all "
            f"scored on the same rows, got {type(search).__name__}."
        )
    if not isinstance(search.scoring, RankingScorer):
        raise TypeError(
            "The search must have scoring=make_ranking_scorer(...), which scores single users; "
            f"got {search.scoring!r}."
        )
    if not search.multimetric_:
        return search.scoring, None
    if not isinstance(search.refit, str):
        raise TypeError(
            "The search has several metrics: its refit must name the one that it chooses by, such "
            f"as refit={search.scoring.metrics[0]!r}; got refit={search.refit!r}."
        )
    return search.scoring, search.refit


def _warn_if_changed(search: Any, found: pd.Series, key: str) -> None:
    """Warn if the search has other scores than were found on the same splits."""
    results = search.cv_results_
    reported = [results[f"split{fold}_test_{key}"][int(name)] for name, fold in found.index]
    changed = ~np.isclose(reported, found, rtol=1e-6, equal_nan=True)
    if changed.any():
        warnings.warn(
            f"{changed.sum()} of {len(found)} scores differ from those in cv_results_, by up to "
            f"{np.nanmax(np.abs(reported - found.to_numpy())):.2g}: X is not what the search was "
            "fitted to, or its splitter or a recommender has random_state=None.",
            DataWarning,
            stacklevel=3,
        )


def _lay_out(
    comparison: RecommenderComparison, params: dict[str, dict[str, Any]], metric: str
) -> pd.DataFrame:
    summary = comparison.summary()
    best = summary.index[0]
    pairs = comparison.tests().set_index(["better", "worse"])["p_adjusted"]
    table = pd.DataFrame.from_dict(params, orient="index").loc[summary.index]
    table["mean"] = summary[metric]
    table["low"], table["high"] = summary[f"{metric}_low"], summary[f"{metric}_high"]
    table["difference"] = summary[metric] - summary[metric].iloc[0]
    table["p_adjusted"] = [
        np.nan if name == best else pairs.get((best, name), pairs.get((name, best), np.nan))
        for name in table.index
    ]
    table = table.join(summary[["tied_with_best", "fit_time", "peak_memory"]])
    return table.set_axis(pd.Index(map(int, table.index), name="candidate"))
