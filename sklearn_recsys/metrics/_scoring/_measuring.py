"""Turn lists into scores: of each user, of groups of users, and of all together."""
# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Iterable

import numpy as np
import pandas as pd
from sklearn.utils import Bunch

from sklearn_recsys.metrics._scoring._background import Background
from sklearn_recsys.metrics._scoring._groups import average_by_group, largest_gap
from sklearn_recsys.metrics._scoring._lists import Lists
from sklearn_recsys.metrics._scoring._names import Metric

__all__ = ["measure"]


def measure(
    blocks: Iterable[Lists],
    metrics: dict[str, Metric],
    background: Background,
    *,
    users: pd.Index,
    groups: pd.Series | None,
) -> Bunch:
    """Score lists, which come in blocks of users.

    Returns
    -------
    Bunch
        ``scores``, a dict; ``per_user``, a row for each user and a column for each metric that
        judges single users; and with groups ``per_group``, a row for each group.
    """
    single = {name: metric for name, metric in metrics.items() if not metric.of_catalogue}
    together = {name: metric for name, metric in metrics.items() if metric.of_catalogue}
    width = max((metric.k or 0 for metric in together.values()), default=0)
    values, places, codes = [np.empty((0, len(single)))], [np.empty((0, width), dtype=int)], []
    for lists in blocks:
        values.append(_measure_users(lists, single, background))
        places.append(_pad(lists.items[:, :width], width))
        codes.append(lists.truth.users)
    per_user = pd.DataFrame(np.concatenate(values), index=users, columns=list(single))
    scores = {name: float(mean) for name, mean in per_user.mean().items()}
    if codes:
        items, everyone = np.concatenate(places), np.concatenate(codes)
        for name, metric in together.items():
            scores[name] = metric.sign * metric.compute_together(items, everyone, background)
    shown = [name for name, metric in single.items() if not metric.of_groups]
    found = Bunch(per_user=per_user[shown])
    if groups is not None:
        for name in set(single) - set(shown):
            scores[name] = single[name].sign * largest_gap(per_user[name], groups)
        found.per_group = average_by_group(per_user[shown], groups)
    found.scores = {name: scores.get(name, np.nan) for name in metrics}
    return found


def _measure_users(lists: Lists, metrics: dict[str, Metric], background: Background) -> np.ndarray:
    """Return each metric of each user, of shape (n_users, n_metrics)."""
    values = np.empty((len(lists.truth), len(metrics)))
    for column, metric in enumerate(metrics.values()):
        sign = 1 if metric.of_groups else metric.sign
        values[:, column] = sign * metric.compute(lists, background)
    return values


def _pad(items: np.ndarray, width: int) -> np.ndarray:
    """Return lists with empty places up to a width, which a small catalogue does not fill."""
    missing = width - items.shape[1]
    return np.pad(items, ((0, 0), (0, missing)), constant_values=-1) if missing else items
