"""Name the metrics: "ndcg@10" and what computes it."""
# SPDX-License-Identifier: BSD-3-Clause

import re
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sklearn_recsys.metrics._lists import Lists
from sklearn_recsys.metrics._ranking import (
    average_precision_at_k,
    f1_at_k,
    hit_rate_at_k,
    ndcg_at_k,
    precision_at_k,
    recall_at_k,
    reciprocal_rank_at_k,
)

__all__ = ["CHOICES", "Metric", "parse_metric"]


class Metric(NamedTuple):
    """Hold a parsed name: ``family@k``, or a family alone, which reads the whole list."""

    family: str
    k: int | None

    def compute(self, lists: Lists) -> NDArray[np.float64]:
        """Score each user's list."""
        if self.k is None:
            return lists.whole[self.family]
        return _FAMILIES[self.family](lists, self.k)


_FAMILIES: dict[str, Callable[[Lists, Any], NDArray[np.float64]]] = {
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

_WHOLE = ("mrr", "auc")

CHOICES = (
    "The choices are "
    + ", ".join(f"{family}@k" for family in _FAMILIES)
    + " (k = 1, 2, …), mrr and auc."
)


def parse_metric(name: str) -> Metric:
    """Return the metric of a name.

    Raises
    ------
    ValueError
        If there is none; the message names the choices.
    """
    family, at, k = name.partition("@") if isinstance(name, str) else ("", "", "")
    valid = re.fullmatch("[1-9][0-9]*", k) and family in _FAMILIES if at else family in _WHOLE
    if not valid:
        raise ValueError(f"Unknown metric {name!r}. {CHOICES}")
    return Metric(family, int(k) if at else None)
