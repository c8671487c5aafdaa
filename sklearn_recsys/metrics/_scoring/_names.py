"""Name the metrics: "ndcg@10" and what computes it."""
# SPDX-License-Identifier: BSD-3-Clause

import re
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sklearn_recsys.metrics._catalogue import (
    catalogue_coverage,
    gini_index,
    long_tail_share_at_k,
    novelty_at_k,
    personalization,
    popularity_lift,
)
from sklearn_recsys.metrics._diversity import (
    calibration_error_at_k,
    intra_list_diversity_at_k,
    serendipity_at_k,
)
from sklearn_recsys.metrics._ranking import (
    average_precision_at_k,
    f1_at_k,
    hit_rate_at_k,
    ndcg_at_k,
    precision_at_k,
    recall_at_k,
    reciprocal_rank_at_k,
)
from sklearn_recsys.metrics._scoring._background import Background
from sklearn_recsys.metrics._scoring._debiased import (
    head_recall_at_k,
    ips_ndcg_at_k,
    ips_recall_at_k,
    tail_recall_at_k,
)
from sklearn_recsys.metrics._scoring._lists import Lists

__all__ = ["CHOICES", "Metric", "parse_metric"]

FloatArray = NDArray[np.float64]


class Metric(NamedTuple):
    """Hold a parsed name: ``family@k``, or a family alone, which reads the whole list.

    Attributes
    ----------
    family : str
    k : int or None
    sign : int
        -1 where the name begins with "neg_".
    of_groups : bool
        Whether it is how far groups of users lie apart ("ndcg_gap@10").
    """

    family: str
    k: int | None
    sign: int = 1
    of_groups: bool = False

    @property
    def of_catalogue(self) -> bool:
        """Whether it judges all lists together."""
        return self.family in _OF_CATALOGUE

    @property
    def of_single_users(self) -> bool:
        """Whether each user has a score, of which the metric is the mean."""
        return not (self.of_catalogue or self.of_groups)

    @property
    def greater_is_better(self) -> bool:
        """Whether more of it is better."""
        is_error = self.of_groups or self.family in _ERRORS
        return (self.sign < 0) == is_error

    @property
    def needs_features(self) -> bool:
        """Whether it asks what items are."""
        return self.family in _OF_FEATURES

    def compute(self, lists: Lists, background: Background) -> FloatArray:
        """Score each user's list."""
        if self.k is None:
            return lists.whole[self.family]
        if self.family in _OF_USERS:
            return _OF_USERS[self.family](lists, self.k)
        return _BEYOND[self.family](lists, background, self.k)

    def compute_together(
        self, items: NDArray[np.int64], users: NDArray[np.int64], background: Background
    ) -> float:
        """Score the lists (n_users, width) of all users."""
        return _OF_CATALOGUE[self.family](items, users, background, self.k)


_OF_USERS: dict[str, Callable[[Lists, Any], FloatArray]] = {
    "precision": lambda lists, k: precision_at_k(lists.gains, k),
    "recall": lambda lists, k: recall_at_k(lists.gains, lists.n_relevant, k),
    "capped_recall": lambda lists, k: recall_at_k(
        lists.gains, lists.n_relevant, k, denominator="min"
    ),
    "f1": lambda lists, k: f1_at_k(lists.gains, lists.n_relevant, k),
    "hit_rate": lambda lists, k: hit_rate_at_k(lists.gains, k),
    "ndcg": lambda lists, k: ndcg_at_k(lists.gains, lists.ideal, k),
    "map": lambda lists, k: average_precision_at_k(lists.gains, lists.n_relevant, k),
    "mrr": lambda lists, k: reciprocal_rank_at_k(lists.gains, k),
}

_BEYOND: dict[str, Callable[[Lists, Background, Any], FloatArray]] = {
    "ips_ndcg": ips_ndcg_at_k,
    "ips_recall": ips_recall_at_k,
    "head_recall": head_recall_at_k,
    "tail_recall": tail_recall_at_k,
    "novelty": lambda lists, background, k: novelty_at_k(
        lists.items, background.popularity, background.n_users, k
    ),
    "long_tail_share": lambda lists, background, k: long_tail_share_at_k(
        lists.items, background.popularity, k
    ),
    "serendipity": lambda lists, background, k: serendipity_at_k(
        lists.items,
        lists.gains,
        background.expected_items(lists.truth.users, k),
        k,
    ),
    "intra_list_diversity": lambda lists, background, k: intra_list_diversity_at_k(
        lists.items, background.item_features, k
    ),
    "calibration_error": lambda lists, background, k: calibration_error_at_k(
        lists.items, background.item_features, background.histories(lists.truth.users), k
    ),
}

_ERRORS = {"calibration_error", "gini_index", "popularity_lift"}
_OF_FEATURES = {"intra_list_diversity", "calibration_error"}

_OF_CATALOGUE: dict[str, Callable[[Any, Any, Background, Any], float]] = {
    "catalogue_coverage": lambda items, users, background, k: catalogue_coverage(
        items, background.n_items, k
    ),
    "gini_index": lambda items, users, background, k: gini_index(items, background.n_items, k),
    "personalization": lambda items, users, background, k: personalization(items, k),
    "popularity_lift": lambda items, users, background, k: popularity_lift(
        items, background.popularity, background.histories(users), k
    ),
}

_WHOLE = ("mrr", "auc")
_AT_K = (*_OF_USERS, *_BEYOND, *_OF_CATALOGUE)

CHOICES = (
    "The choices are "
    + ", ".join(f"{family}@k" for family in _AT_K)
    + ' (k = 1, 2, …), mrr and auc; those of single users with "_gap" before the @ too, and all '
    'with "neg_" in front.'
)


def parse_metric(name: str) -> Metric:
    """Return the metric of a name.

    Raises
    ------
    ValueError
        If there is none; the message names the choices.
    """
    match = re.fullmatch(r"(neg_)?([a-z0-9_]+?)(_gap)?(?:@([1-9][0-9]*))?", str(name))
    if not isinstance(name, str) or match is None:
        raise ValueError(f"Unknown metric {name!r}.{_suggest(name)} {CHOICES}")
    negated, family, gap, k = match.groups()
    metric = Metric(family, int(k) if k else None, -1 if negated else 1, gap is not None)
    known = family in (_AT_K if k else _WHOLE)
    if not known or (metric.of_groups and metric.of_catalogue):
        raise ValueError(f"Unknown metric {name!r}.{_suggest(name)} {CHOICES}")
    return metric


def _suggest(name: Any) -> str:
    """Say which name may have been meant: that in lower case, or with a length."""
    family, at, k = str(name).lower().replace(" ", "").partition("@")
    likely = f"{family}{at}{k}" if at or family in _WHOLE else f"{family}@10"
    family = family.removeprefix("neg_").removesuffix("_gap")
    meant = family in (_AT_K if at or family not in _WHOLE else _WHOLE)
    return f" Did you mean {likely!r}?" if meant and likely != name else ""
