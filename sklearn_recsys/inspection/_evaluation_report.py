"""Evaluate fitted recommenders on held-out interactions, and put all of it on one page."""
# SPDX-License-Identifier: BSD-3-Clause

import platform
import warnings
from collections.abc import Mapping, Sequence
from importlib import metadata
from typing import Any

import numpy as np
import pandas as pd
import sklearn

from sklearn_recsys.inspection._evidence import Evidence, gather
from sklearn_recsys.inspection._intervals import intervals_over_users
from sklearn_recsys.inspection._plans import Wishes, plan_figures
from sklearn_recsys.inspection._report import EvaluationReport
from sklearn_recsys.metrics import make_ranking_scorer
from sklearn_recsys.metrics._names import parse_metric
from sklearn_recsys.metrics._unwrapping import unwrap
from sklearn_recsys.model_selection import RecommenderComparison, lint_evaluation
from sklearn_recsys.model_selection._intervals import compare_pairs

__all__ = ["evaluation_report"]

_FAMILIES = (
    "ndcg",
    "recall",
    "precision",
    "mrr",
    "catalogue_coverage",
    "long_tail_share",
    "novelty",
    "personalization",
    "popularity_lift",
)
_OF_FEATURES = ("intra_list_diversity", "calibration_error")
_LONGEST_SETTINGS = 400


def evaluation_report(
    estimators: Mapping[str, Any],
    X: Any,
    y: Any = None,
    *,
    X_train: Any = None,
    k: int = 10,
    metrics: Sequence[str] | None = None,
    item_features: Any = None,
    user_groups: Any = None,
    scorer_params: Mapping[str, Any] | None = None,
    comparison: RecommenderComparison | None = None,
    confidence_level: float = 0.95,
    title: str = "Evaluation of recommenders",
) -> EvaluationReport:
    """Evaluate fitted recommenders on held-out interactions, and put all of it on one page.

    The page holds scores with intervals over users, tests of the differences, scores of groups of
    users, facts about the data and the recommenders, and figures: precision and recall over k, the
    first metric over k, the long tail, accuracy against coverage, scores of relevant and other
    pairs, calibration, and maps of factor models. For an impression of what recommenders do
    differently, and to show it to others; to choose between models on several splits, use
    :func:`~sklearn_recsys.model_selection.compare_recommenders`. Costs one pass of ``recommend``
    for each recommender, the whole catalogue's scores for "auc", and ``predict`` for up to
    100,000 pairs.

    Parameters
    ----------
    estimators : dict of str to fitted recommender, Pipeline or search
        By name. Nothing is fitted.
    X : table of shape (n_interactions, n_columns)
        Held-out interactions.
    y : array-like of shape (n_interactions,), default=None
        Values that replace the value column.
    X_train : table, default=None
        The interactions that the recommenders were fitted to: adds what
        :func:`~sklearn_recsys.model_selection.lint_evaluation` finds wrong with the evaluation.
    k : int, default=10
        Length of the lists.
    metrics : sequence of str, default=None
        Names of :func:`~sklearn_recsys.metrics.make_ranking_scorer`, the most important first: it
        must judge single users at k, as "ndcg@10". None takes accuracy, "auc" and what is beyond
        accuracy, at `k`.
    item_features : FeatureTable, default=None
        How much each item is of each group, such as its genres: adds diversity and calibration.
    user_groups : Series or dict, default=None
        Group of each user, by user id: adds the scores of each group.
    scorer_params : dict, default=None
        Further options of :func:`~sklearn_recsys.metrics.make_ranking_scorer`.
    comparison : RecommenderComparison, default=None
        What :func:`~sklearn_recsys.model_selection.compare_recommenders` found on several splits:
        adds its scores, times and memory.
    confidence_level : float, default=0.95
        What the intervals hold.
    title : str, default="Evaluation of recommenders"
        Heading of the page.

    Returns
    -------
    EvaluationReport
        A notebook shows it, ``save("report.html")`` writes it, and its ``scores``, ``tests`` and
        ``displays`` can be used further.

    Raises
    ------
    TypeError
        If `estimators` is not a dict of fitted recommenders.
    ValueError
        If it is empty, a metric is unknown, or the first one does not judge single users at k.

    See Also
    --------
    sklearn_recsys.model_selection.compare_recommenders : Fits, on several splits.
    sklearn_recsys.interactions.describe_interactions : What is in the data.

    Notes
    -----
    What is warned of in the evaluation is on the page as well, above the scores. The tests are
    paired t-tests of the first metric over users, adjusted by Holm's method.

    References
    ----------
    M. Mitchell et al., "Model Cards for Model Reporting", FAT* 2019 (why groups of users and the
    conditions of an evaluation belong on the page).

    Examples
    --------
    >>> from sklearn_recsys.baseline import PopularityRecommender
    >>> from sklearn_recsys.datasets import make_interactions
    >>> from sklearn_recsys.inspection import evaluation_report
    >>> from sklearn_recsys.linear_model import EASERecommender
    >>> from sklearn_recsys.model_selection import train_test_split_by_user
    >>> films = make_interactions(n_users=60, n_items=80, n_interactions=1500)
    >>> train, test = train_test_split_by_user(films.X, random_state=0)
    >>> models = {"popular": PopularityRecommender(), "EASE": EASERecommender()}
    >>> fitted = {name: model.fit(train) for name, model in models.items()}
    >>> report = evaluation_report(
    ...     fitted, test, user_groups=films.users.set_index("user_id")["gender"])
    >>> report
    <EvaluationReport of 2 recommender(s) by 10 metrics>
    >>> report.tests[["better", "worse"]].values.tolist()
    [['EASE', 'popular']]
    """
    names = _choose_metrics(metrics, k, has_features=item_features is not None)
    wishes = _wish(names[0], k, item_features, confidence_level, scorer_params)
    drawn = [*(f"{wishes.metric}@{n}" for n in wishes.lengths), f"catalogue_coverage@{k}"]
    params = {**(scorer_params or {}), "item_features": item_features, "user_groups": user_groups}
    asked = list(dict.fromkeys([*names, *drawn]))
    evidence, remarks = _gather_noting_warnings(estimators, X, y, asked, params)
    if X_train is not None:
        scorer = make_ranking_scorer(*names, **params)
        found = lint_evaluation(dict(estimators), X_train, X_test=X, scoring=scorer)
        remarks += [f"{finding.title} ({finding.code}): {finding.message}" for finding in found]
    return EvaluationReport(
        title=title,
        facts=_list_facts(evidence),
        models={str(name): _describe(model) for name, model in estimators.items()},
        scores=_tabulate(evidence, names),
        intervals=_find_intervals(evidence, names, confidence_level),
        tests=_compare(evidence, names[0], confidence_level),
        groups=_read_groups(evidence, names),
        comparison=comparison,
        plans=list(plan_figures(evidence, wishes)),
        remarks=remarks,
        footer=_sign(scorer_params or {}, confidence_level),
    )


def _choose_metrics(metrics: Sequence[str] | None, k: int, *, has_features: bool) -> list[str]:
    if metrics is not None:
        names = [metrics] if isinstance(metrics, str) else list(metrics)
        if not names:
            raise ValueError("metrics is empty: name at least one, or pass None.")
        return list(dict.fromkeys(names))
    families = (*_FAMILIES, *(_OF_FEATURES if has_features else ()))
    names = [f"{family}@{k}" for family in families]
    return [*names[:4], "auc", *names[4:]]


def _wish(
    name: str,
    k: int,
    item_features: Any,
    confidence_level: float,
    scorer_params: Mapping[str, Any] | None,
) -> Wishes:
    """Return what is to be drawn, the metric of this name above all."""
    metric = parse_metric(name)
    if metric.k is None or metric.of_catalogue or metric.of_groups:
        raise ValueError(
            f'The first of the metrics must judge single users at k, as "ndcg@10"; got {name!r}.'
        )
    return Wishes(
        metric=name.partition("@")[0],
        lengths=range(1, max(metric.k, k) + 1),
        k=k,
        item_features=item_features,
        confidence_level=confidence_level,
        fold_in=(scorer_params or {}).get("fold_in") is not None,
    )


def _gather_noting_warnings(
    estimators: Mapping[str, Any], X: Any, y: Any, metrics: list[str], params: dict[str, Any]
) -> tuple[dict[str, Evidence], list[str]]:
    """Return the evidence, and what was warned of; the caller is warned, too."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        evidence = gather(estimators, X, y, metrics, params)
    found = {str(warning.message): warning for warning in caught}
    for warning in found.values():
        warnings.warn(warning.message, warning.category, stacklevel=3)
    return evidence, list(found)


def _list_facts(evidence: dict[str, Evidence]) -> dict[str, str]:
    """Return what was evaluated; what differs from recommender to recommender is listed for all."""
    columns: dict[str, list[str]] = {}
    for found in evidence.values():
        case, model = found.case, found.case.recommender
        n_users, n_items = model.interactions_.shape
        n_known = model.interactions_.nnz
        figures = {
            "users in training": f"{n_users:,}",
            "items in training": f"{n_items:,}",
            "pairs in training": f"{n_known:,} ({n_known / (n_users * n_items):.2%} of all)",
            "held-out rows": f"{len(case.test.users):,}",
            "users with held-out rows": f"{len(case.test.index):,}",
            "users scored": f"{found.measured.n_users:,}",
            "of these unknown in training": f"{found.measured.n_unknown_users:,}",
            "relevant pairs": f"{len(case.truth.items):,}",
        }
        for name, figure in figures.items():
            columns.setdefault(name, []).append(figure)
    return {name: " / ".join(dict.fromkeys(found)) for name, found in columns.items()}


def _describe(estimator: Any) -> str:
    text = " ".join(repr(unwrap(estimator)).split())
    return text if len(text) <= _LONGEST_SETTINGS else text[:_LONGEST_SETTINGS] + "…"


def _tabulate(evidence: dict[str, Evidence], names: list[str]) -> pd.DataFrame:
    scores = {name: found.measured.scores for name, found in evidence.items()}
    return pd.DataFrame(scores).T[names].rename_axis("recommender")


def _find_intervals(
    evidence: dict[str, Evidence], names: list[str], confidence_level: float
) -> dict[str, pd.DataFrame]:
    per_user = {name: found.measured.per_user for name, found in evidence.items()}
    single = [name for name in names if name in next(iter(per_user.values()))]
    ends = np.array(
        [
            intervals_over_users(scores[single].to_numpy(), confidence_level=confidence_level)
            for scores in per_user.values()
        ]
    )
    return {
        metric: pd.DataFrame(ends[:, column], index=list(per_user), columns=["low", "high"])
        for column, metric in enumerate(single)
    }


def _compare(
    evidence: dict[str, Evidence], metric: str, confidence_level: float
) -> pd.DataFrame | None:
    """Return the tests of all pairs on the users that all were scored on."""
    columns = {name: found.measured.per_user[metric] for name, found in evidence.items()}
    joined = pd.concat(columns, axis=1, join="inner")
    return compare_pairs(joined, confidence_level=confidence_level)


def _read_groups(evidence: dict[str, Evidence], names: list[str]) -> dict[str, pd.DataFrame]:
    found = {name: part.measured.get("per_group") for name, part in evidence.items()}
    return {
        name: groups[["n_users", *(metric for metric in names if metric in groups)]]
        for name, groups in found.items()
        if groups is not None
    }


def _sign(scorer_params: Mapping[str, Any], confidence_level: float) -> str:
    version = metadata.version("sklearn-recsys")
    options = ", ".join(f"{name}={value!r}" for name, value in scorer_params.items())
    return (
        f"{confidence_level:.0%} intervals over users, by the bootstrap. Options of the scorer: "
        f"{options or 'defaults'}. Made by sklearn-recsys {version} with "
        f"scikit-learn {sklearn.__version__} on Python {platform.python_version()}."
    )
