"""Score recommenders by ranking metrics, in the form that scikit-learn's searches take."""
# SPDX-License-Identifier: BSD-3-Clause

from numbers import Real
from typing import Any

import numpy as np

from sklearn_recsys.interactions import FeatureTable
from sklearn_recsys.metrics._groups import check_groups
from sklearn_recsys.metrics._names import CHOICES, Metric, parse_metric
from sklearn_recsys.metrics._ranking_scorer import RankingScorer

__all__ = ["make_ranking_scorer"]


def make_ranking_scorer(
    *metrics: str,
    exclude_seen: bool = True,
    relevance_threshold: float | None = None,
    gain: str = "binary",
    unknown_users: str = "fallback",
    fold_in: float | None = None,
    random_state: int | None = 0,
    item_features: FeatureTable | None = None,
    user_groups: Any = None,
) -> RankingScorer:
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
        As if popular items were not seen more: "ips_ndcg@k", "ips_recall@k" (hits weighed by
        :func:`inverse_propensity`), "head_recall@k" (of the fewest items that have 80 % of the
        interactions), "tail_recall@k" (of the others).
        Beyond accuracy: "novelty@k", "long_tail_share@k", "serendipity@k" (hits that popularity
        would have missed), "intra_list_diversity@k", "calibration_error@k"; and of all lists
        together "catalogue_coverage@k", "gini_index@k", "personalization@k", "popularity_lift@k".
        With "_gap" before the @, such as "ndcg_gap@10": how far the means of groups of users lie
        apart, which of many or small groups is mostly chance.
        Less is better of "gini_index@k", "popularity_lift@k", "calibration_error@k" and gaps: with
        ``neg_`` in front the sign is turned, so that a search, which maximises, minimises them.
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
    item_features : FeatureTable or None, default=None
        What items are: vectors to compare for the diversity, or shares of genres, not negative,
        for the calibration error.
    user_groups : Series or dict, default=None
        Group of each user, by user id; users without one are in none.

    Returns
    -------
    callable
        ``scorer(estimator, X, y=None)`` gives a float for one metric, else a dict of floats; `y`
        replaces the value column. ``scorer.report(estimator, X, y=None)`` gives a Bunch of
        ``scores`` (dict), ``per_user`` (DataFrame, a row per user id, a column per metric of
        single users), with `user_groups` ``per_group`` (DataFrame of means, a row per group),
        ``n_users`` and ``n_unknown_users`` (of the users scored).

    Raises
    ------
    ValueError
        If a metric is unknown or lacks what it asks for, or another parameter is out of its
        range; when called, if all users of X are unknown or X has another width or other names
        than in fit.

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
    A score is the mean over the users for whom it is defined: "auc" is not where all items are
    relevant, "tail_recall@k" where none of the tail is, and what is beyond accuracy where a list
    or the history that it is compared with is empty. Popularity and histories are those of the
    training data, all positive values alike, and the catalogue is the recommender's own: compare
    what was fitted to the same items. With several
    metrics a search needs ``refit="ndcg@10"`` or another of them. Halving searches take one
    metric, and score the training data too unless told ``return_train_score=False``. An
    estimator may be a recommender, any Pipeline that ends in one (histories go through its
    transformers), or a fitted search over either. Held-out values are read as they are, before
    any transformer, unless they are text (events): these the Pipeline's transformers weigh.

    References
    ----------
    H. Steck, Item Popularity and Recommendation Accuracy, RecSys 2011, section 3
    (popularity-stratified recall).
    D. Liang et al., Variational Autoencoders for Collaborative Filtering, WWW 2018, section 4.1
    (strong generalisation).

    Examples
    --------
    >>> scorer = make_ranking_scorer("ndcg@10", "recall@20")
    >>> scorer
    make_ranking_scorer('ndcg@10', 'recall@20', exclude_seen=True, relevance_threshold=None,
        gain='binary', unknown_users='fallback', fold_in=None, random_state=0)
    """
    parsed = {name: parse_metric(name) for name in metrics}
    if not metrics or len(set(metrics)) < len(metrics):
        raise ValueError(f"Pass at least one metric, and each once; got {metrics}. {CHOICES}")
    _check_options(relevance_threshold, gain, unknown_users, fold_in)
    _check_what_is_needed(parsed, item_features, user_groups)
    return RankingScorer(
        parsed,
        exclude_seen=exclude_seen,
        relevance_threshold=relevance_threshold,
        gain=gain,
        unknown_users=unknown_users,
        fold_in=fold_in,
        random_state=random_state,
        item_features=item_features,
        user_groups=user_groups,
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


def _check_what_is_needed(
    metrics: dict[str, Metric], item_features: FeatureTable | None, user_groups: Any
) -> None:
    if item_features is not None and not isinstance(item_features, FeatureTable):
        raise TypeError(
            "item_features must be a FeatureTable, such as FeatureTable(items.set_index('item')), "
            f"got {type(item_features).__name__}."
        )
    if user_groups is not None:
        check_groups(user_groups)
    for name, metric in metrics.items():
        if metric.needs_features and item_features is None:
            raise ValueError(
                f"{name!r} compares what items are: pass item_features=FeatureTable(…)."
            )
        if metric.of_groups and user_groups is None:
            raise ValueError(
                f"{name!r} compares groups of users: pass user_groups, a Series indexed by user id."
            )
