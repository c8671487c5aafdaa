"""Put intervals over users beside the results of a search."""
# SPDX-License-Identifier: BSD-3-Clause

from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.model_selection import check_cv
from sklearn.utils import check_consistent_length
from sklearn.utils.validation import check_is_fitted

from sklearn_recsys._warning import warn_caller
from sklearn_recsys.exceptions import DataWarning
from sklearn_recsys.interactions._columns import n_rows, require_table
from sklearn_recsys.metrics._ranking_scorer import RankingScorer
from sklearn_recsys.metrics._scorer import make_ranking_scorer
from sklearn_recsys.model_selection._compare_recommenders import (
    check_parameters,
    read_metrics,
    read_splits,
)
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
        ``p_adjusted``, ``tied_with_best``, ``fit_time`` and ``score_time`` (seconds). Candidates
        that the search could not score are left out.

    Raises
    ------
    TypeError
        If the search has no results or another kind of scorer, chose by a metric of all users
        together, or scored its candidates on different rows, as halving searches do.
    ValueError
        If a parameter is out of its range.

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
    check_parameters(confidence_level, n_resamples)
    scorer = _read_scorer(search)
    X = require_table(X)
    check_consistent_length(range(n_rows(X)), y)
    params = _choose(search, n_candidates)
    candidates = {
        name: clone(search.estimator).set_params(**clone(settings, safe=False))
        for name, settings in params.items()
    }
    splits = read_splits(check_cv(search.cv), X, y)  # None is scikit-learn's choice here
    scores = score_users(candidates, X, y, splits=splits, scorer=scorer, n_jobs=n_jobs)
    _warn_if_changed(search, scores.per_fold[scorer.metrics[0]])
    comparison = RecommenderComparison(
        scores,
        scorer,
        confidence_level=confidence_level,
        n_resamples=n_resamples,
        random_state=random_state,
    )
    return _lay_out(comparison, params)


def _read_scorer(search: Any) -> RankingScorer:
    """Return a scorer of the metric that a search chose by."""
    check_is_fitted(search)
    if not hasattr(search, "cv_results_") or hasattr(search, "n_resources_"):
        raise TypeError(
            "search must be a fitted GridSearchCV or RandomizedSearchCV, whose candidates are all "
            f"scored on the same rows, got {type(search).__name__}."
        )
    scoring = search.scoring
    if not isinstance(scoring, RankingScorer):
        raise TypeError(
            "The search must have scoring=make_ranking_scorer(...), which scores single users; "
            f"got {scoring!r}."
        )
    if search.multimetric_ and not isinstance(search.refit, str):
        raise TypeError(
            "The search has several metrics: its refit must name the one that it chooses by, such "
            f"as refit={scoring.metrics[0]!r}; got refit={search.refit!r}."
        )
    name = search.refit if search.multimetric_ else scoring.metrics[0]
    if not scoring.metric(name).of_single_users:
        raise TypeError(
            f"The search chose by {name!r}, one figure for all users together: it has no interval "
            "over users."
        )
    return read_metrics(make_ranking_scorer(name, **scoring.options))


def _key(search: Any) -> str:
    """Return how the results of a search name what it chose by."""
    return search.refit if search.multimetric_ else "score"


def _choose(search: Any, n_candidates: int | None) -> dict[str, dict[str, Any]]:
    """Return the settings of the best candidates by their place; of those that could be scored."""
    if n_candidates is not None and not (isinstance(n_candidates, Integral) and n_candidates >= 1):
        raise ValueError(f"n_candidates must be None or at least 1, got {n_candidates!r}.")
    results = search.cv_results_
    order = np.argsort(results[f"rank_test_{_key(search)}"], kind="stable")
    scored = order[~np.isnan(results[f"mean_test_{_key(search)}"][order])]
    return {str(place): results["params"][place] for place in scored[:n_candidates]}


def _warn_if_changed(search: Any, found: pd.Series) -> None:
    """Warn if the search has other scores than were found on the same splits."""
    results, key = search.cv_results_, _key(search)
    reported = [results[f"split{fold}_test_{key}"][int(name)] for name, fold in found.index]
    changed = ~np.isclose(reported, found, rtol=1e-6, equal_nan=True)
    if changed.any():
        warn_caller(
            f"{changed.sum()} of {len(found)} scores differ from those in cv_results_, by up to "
            f"{np.nanmax(np.abs(reported - found.to_numpy())):.2g}: X is not what the search was "
            "fitted to, or its splitter or a recommender has random_state=None.",
            DataWarning,
        )


def _lay_out(comparison: RecommenderComparison, params: dict[str, dict[str, Any]]) -> pd.DataFrame:
    summary, metric = comparison.summary(), comparison.metrics[0]
    best = summary.index[0]
    pairs = comparison.tests().set_index(["better", "worse"])["p_adjusted"]
    # As objects: numbers beside None would turn into floats, which cannot be passed back.
    table = pd.DataFrame([params[name] for name in summary.index], summary.index, dtype=object)
    table["mean"] = summary[metric]
    table["low"], table["high"] = summary[f"{metric}_low"], summary[f"{metric}_high"]
    table["difference"] = summary[metric] - summary.loc[best, metric]
    table["p_adjusted"] = [
        np.nan if name == best else pairs.get((best, name), pairs.get((name, best), np.nan))
        for name in table.index
    ]
    table = table.join(summary[["tied_with_best", "fit_time", "score_time"]])
    return table.set_axis(pd.Index(map(int, table.index), name="candidate"))
