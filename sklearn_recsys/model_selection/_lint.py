"""Look for the usual mistakes in how recommenders are evaluated."""
# SPDX-License-Identifier: BSD-3-Clause

import copy
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
from sklearn.metrics import get_scorer
from sklearn.model_selection import check_cv

from sklearn_recsys.interactions._columns import Table, n_rows, require_table, take_rows
from sklearn_recsys.metrics._ranking_scorer import RankingScorer
from sklearn_recsys.model_selection._findings import EvaluationFindings, Finding
from sklearn_recsys.model_selection._model_evidence import (
    find_equal_candidates,
    find_equal_models,
    find_equal_scores,
    find_trained_on_test,
    pick_users,
    recommender_of,
)
from sklearn_recsys.model_selection._scorer_evidence import find_in_scorer
from sklearn_recsys.model_selection._split_evidence import (
    SplitEvidence,
    encode_split,
    find_in_split,
)

__all__ = ["findings_of_comparison", "lint_evaluation"]


def lint_evaluation(estimators, X, *, y=None, cv=None, scoring=None, X_test=None):
    """Look for the usual mistakes in an evaluation before its figures are believed.

    Nothing is fitted. What is looked at are the rows of both parts, the options of the scorer, and,
    where models are fitted, what they know and recommend to a hundred test users. Only what is
    certain is reported: a finding means that figures mislead, though an empty list does not mean
    that they are right. Use it once an evaluation is written and before its table is. O(n log n)
    in time for n rows; a scorer of your own is called up to four times, for a hundred users.

    Parameters
    ----------
    estimators : estimator or search, or dict or list of them
        What is evaluated, fitted or not: recommenders, Pipelines or searches over them. A search
        brings its own `cv` and `scoring`.
    X : table of shape (n_rows, n_columns)
        The interactions given to ``fit``, or to ``cross_validate``; times in the fourth column.
    y : array-like of shape (n_rows,), default=None
        Values that replace the value column of `X`.
    cv : int, splitter or iterable of splits, default=None
        How `X` is split; the first split is looked at. None is the search's own, or no split.
        An iterator that can be read only once is left alone.
    scoring : str, callable, list or dict, default=None
        As for ``cross_validate``; None is the search's own, or the recommenders' `score`.
        Other scorers than those of ``make_ranking_scorer`` are looked at if a model is fitted.
    X_test : table, default=None
        The rows that the final figure is computed from, if they were held out.

    Returns
    -------
    findings : list
        Findings in the order of their codes, each code once, with `code`, `message`, `title` and
        `address`, the place in the user guide; ``findings.warn()`` emits each as an
        ``EvaluationWarning``.

    Raises
    ------
    TypeError
        If `X` or `X_test` is sparse, their ids are of different types, or something in
        `estimators` is no estimator.
    ValueError
        If `X` or `X_test` is no table, or `scoring` is an unknown name.

    See Also
    --------
    sklearn_recsys.metrics.make_ranking_scorer : Ranks the whole catalogue, without what is seen.
    TemporalSplit : Trains on what was before and tests on what came after.

    Notes
    -----
    The codes: EVAL001 sampled candidates; EVAL002 random split of timed interactions; EVAL003 only
    rated pairs are ranked; EVAL004 seen items are not masked; EVAL005 test users without truth;
    EVAL006 tuned or fitted on the test part; EVAL007 different models, equal lists. The user
    guide has a section on each. A fitted search stands for what it has found, one that is not
    fitted for a search inside each fold.

    References
    ----------
    W. Krichene, S. Rendle, "On Sampled Metrics for Item Recommendation", KDD 2020 (EVAL001).
    Y. Ji et al., "A Critical Study on Data Leakage in Recommender System Offline Evaluation", TOIS
    2023 (EVAL002).

    Examples
    --------
    >>> from sklearn_recsys.baseline import PopularityRecommender
    >>> from sklearn_recsys.datasets import make_interactions
    >>> from sklearn_recsys.model_selection import InteractionKFold, TemporalSplit, lint_evaluation
    >>> X = make_interactions(100, 80, 2000).X  # with times
    >>> model = PopularityRecommender()
    >>> lint_evaluation(model, X, cv=TemporalSplit(3))
    Nothing found.
    >>> [finding.code for finding in lint_evaluation(model, X, cv=InteractionKFold(3))]
    ['EVAL002']
    """
    X = require_table(X)
    named = _name(estimators)
    found: list[Finding] = []
    for estimator in named.values():
        if _is_search(estimator):
            found += find_equal_candidates(estimator)
            found += _find_reused_folds(estimator, X, y, cv)
    protocols = _protocols(named, cv, scoring)
    for protocol in protocols:
        found += _lint_folds(protocol, X, y)
    if X_test is not None:
        found += _lint_test(protocols, named, X, require_table(X_test))
    return EvaluationFindings.gather(found)


def findings_of_comparison(
    estimators: Mapping[str, Any],
    X_train: Table,
    X_test: Table,
    per_user: Mapping[str, Any],
    *,
    scoring: Any = None,
) -> Iterator[Finding]:
    """Yield what is wrong with a comparison, from one split of it and the scores of its users.

    `estimators` need not be fitted; where they are, it is asked what they know. `per_user` holds a
    table of scores by name of estimator: a row for each user, a column for each metric.
    """
    split = encode_split(X_train, X_test)
    yield from find_trained_on_test(_fitted(estimators), X_test, split.share_repeated)
    for scorer in _scorers(scoring):
        yield from find_in_split(split, _options(scorer))
    yield from find_equal_scores(estimators, per_user)


def _name(estimators: Any) -> dict[str, Any]:
    if isinstance(estimators, Mapping):
        named = dict(estimators)
    elif isinstance(estimators, (list, tuple)):
        named = {f"{type(each).__name__} ({i})": each for i, each in enumerate(estimators)}
    else:
        named = {type(estimators).__name__: estimators}
    for name, estimator in named.items():
        if isinstance(estimator, type) or not hasattr(estimator, "fit"):
            raise TypeError(f"estimators must hold estimators, but {name!r} is {estimator!r}.")
    return named


class _Protocol(NamedTuple):
    """Hold how some estimators are evaluated."""

    cv: Any
    scoring: Any
    estimators: list[Any]


def _protocols(named: Mapping[str, Any], cv: Any, scoring: Any) -> list[_Protocol]:
    """Return each way in which some of the estimators are evaluated."""
    found: dict[tuple[int, int], _Protocol] = {}
    for estimator in named.values():
        own = _Protocol(cv, scoring, [])
        if _is_search(estimator):
            folds = 5 if estimator.cv is None else estimator.cv  # scikit-learn's own default
            own = _Protocol(
                folds if cv is None else cv, estimator.scoring if scoring is None else scoring, []
            )
        found.setdefault((id(own.cv), id(own.scoring)), own).estimators.append(estimator)
    return list(found.values())


def _lint_folds(protocol: _Protocol, X: Table, y: Any) -> Iterator[Finding]:
    """Yield what is wrong with a cross-validation."""
    rows = None if protocol.cv is None else _first_split(protocol.cv, X, y)
    if rows is None:
        return
    train, test = (take_rows(X, part) for part in rows)
    y = None if y is None else np.asarray(y)[rows[1]]
    yield from _lint_scores(protocol, encode_split(train, test, y), test, y)


def _lint_scores(
    protocol: _Protocol, split: SplitEvidence, test: Table, y: Any = None
) -> Iterator[Finding]:
    """Yield what is wrong with the scores on one split."""
    fitted = [e for e in protocol.estimators if recommender_of(e) is not None]
    for scorer in _scorers(protocol.scoring):
        options = _options(scorer)
        yield from find_in_split(split, options)
        if options is None and fitted:
            yield from find_in_scorer(scorer, fitted[0], test, y)


def _lint_test(
    protocols: list[_Protocol], named: Mapping[str, Any], X: Table, test: Table
) -> Iterator[Finding]:
    """Yield what is wrong with a final test."""
    split, models = encode_split(X, test), _fitted(named)
    yield from find_trained_on_test(models, test, split.share_repeated)
    has_searched = any(hasattr(estimator, "best_params_") for estimator in named.values())
    if split.has_leaked and (has_searched or not models):
        yield Finding(
            "EVAL006",
            f"{split.overlap:.0%} of the test rows are in X, which models are fitted to and "
            "parameters chosen by: the score says how well they were learned by heart. Hold the "
            "test part out before anything is fitted or searched.",
        )
    for protocol in protocols:
        yield from _lint_scores(protocol, split, test)
    options = [_options(scorer, {}) for p in protocols for scorer in _scorers(p.scoring)]
    if all(each.get("fold_in") is None for each in options):
        yield from find_equal_models(models, pick_users(test))


def _is_search(estimator: Any) -> bool:
    return hasattr(estimator, "cv") and hasattr(estimator, "estimator")


def _find_reused_folds(search: Any, X: Table, y: Any, cv: Any) -> Iterator[Finding]:
    if cv is None or not hasattr(search, "best_params_"):
        return
    ours, its = (_first_split(each, X, y) for each in (cv, 5 if search.cv is None else search.cv))
    if ours is not None and its is not None and np.array_equal(ours[1], its[1]):
        yield Finding(
            "EVAL006",
            "cv gives the folds by which the search chose its parameters: their score is the "
            "highest of all candidates' there, and too high elsewhere. Hold a test part out "
            "before the search, or cross-validate the search itself, not fitted.",
        )


def _first_split(cv: Any, X: Table, y: Any) -> tuple[np.ndarray, np.ndarray] | None:
    if hasattr(cv, "__next__"):
        return None  # what is read here would be missing later
    table = X if hasattr(X, "shape") else list(X)
    try:
        # A copy: a generator of random numbers in the splitter must not move on.
        train, test = next(iter(check_cv(copy.deepcopy(cv)).split(table, y)))
    except (StopIteration, ValueError):
        return None  # it needs groups, or does not fit these rows: fit will say so
    everything = np.arange(n_rows(X))  # for masks
    return everything[train], everything[test]


def _scorers(scoring: Any) -> list[Any]:
    """Return the scorers that ``scoring=`` stands for; None is the recommenders' own."""
    if isinstance(scoring, Mapping):
        return [scorer for each in scoring.values() for scorer in _scorers(each)]
    if isinstance(scoring, (list, tuple, set)):
        return [get_scorer(name) for name in sorted(scoring)]
    return [get_scorer(scoring) if isinstance(scoring, str) else scoring]


def _options(scorer: Any, default: Any = None) -> dict[str, Any] | Any:
    """Return the options of a ranking scorer, of which None is the plainest."""
    if scorer is None:
        return {}
    return scorer.options if isinstance(scorer, RankingScorer) else default


def _fitted(named: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fitted recommenders by name."""
    found = {name: recommender_of(estimator) for name, estimator in named.items()}
    return {name: model for name, model in found.items() if model is not None}
