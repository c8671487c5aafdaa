"""Ask fitted recommenders about held-out interactions, once each."""
# SPDX-License-Identifier: BSD-3-Clause

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.utils import Bunch

from sklearn_recsys.exceptions import DataWarning
from sklearn_recsys.interactions._columns import Table
from sklearn_recsys.metrics import make_ranking_scorer
from sklearn_recsys.metrics._background import Background
from sklearn_recsys.metrics._lists import Lists
from sklearn_recsys.metrics._ranking_scorer import Case

__all__ = ["Evidence", "gather", "name_of", "prepare"]


@dataclass(frozen=True)
class Evidence:
    """Hold what a recommender answered, and what it is judged by.

    Attributes
    ----------
    case : Case
        The recommender, the held-out rows, and what their users want.
    lists : Lists
        Every user's list, laid over what she wants.
    measured : Bunch
        ``scores``, ``per_user``, ``n_users`` and ``n_unknown_users``, as a scorer reports them.
    """

    case: Case
    lists: Lists
    measured: Bunch

    @property
    def items(self) -> NDArray[np.int64]:
        """The lists, of shape (n_users, width): codes of items, -1 where a list is shorter."""
        return self.lists.items

    @property
    def background(self) -> Background:
        """The training data, as metrics beyond accuracy read it."""
        return self.case.background

    @cached_property
    def histories(self) -> sparse.csr_array:
        """What the users had chosen before, of shape (n_users, n_items)."""
        return self.background.histories(self.case.truth.users)


def gather(
    estimators: Mapping[str, Any],
    X: Table,
    y: Any,
    metrics: list[str],
    scorer_params: Mapping[str, Any] | None,
) -> dict[str, Evidence]:
    """Ask each of several fitted recommenders once, and score its lists.

    Raises
    ------
    TypeError
        If `estimators` is not a dict.
    ValueError
        If it is empty, or no user wants anything that she has not seen; and as
        :func:`~sklearn_recsys.metrics.make_ranking_scorer`.

    Warns
    -----
    DataWarning
        If the recommenders cannot be scored on the same users.
    """
    scorer = make_ranking_scorer(*metrics, **(scorer_params or {}))
    found = {}
    for name, case in prepare(estimators, X, y, scorer).items():
        blocks = list(scorer.ask(case))
        lists = _join(blocks, case)
        found[name] = Evidence(case, lists, scorer.measure(case, blocks))
    return found


def prepare(estimators: Mapping[str, Any], X: Table, y: Any, scorer: Any) -> dict[str, Case]:
    """Read the held-out rows as each recommender is judged by them.

    Raises and warns as :func:`gather`.
    """
    if not isinstance(estimators, Mapping):
        raise TypeError(
            "estimators must be a dict of names and fitted recommenders, such as "
            f'{{"item kNN": model}}, but is of type {type(estimators).__name__}. Use '
            "from_estimator for a single one."
        )
    if not estimators:
        raise ValueError("estimators is empty: pass at least one fitted recommender.")
    cases = {str(name): scorer.prepare(model, X, y) for name, model in estimators.items()}
    for name, case in cases.items():
        if not len(case.truth):
            raise ValueError(
                f"There is nothing to show of {name!r}: no test user has a relevant row that was "
                "not seen in training. To look at the training data itself, pass "
                'scorer_params={"exclude_seen": False}.'
            )
    first, *others = cases.values()
    if any(not np.array_equal(case.user_ids, first.user_ids) for case in others):
        counts = ", ".join(f"{name} {len(case.truth)}" for name, case in cases.items())
        warnings.warn(
            "The recommenders are not scored on the same users, since they were fitted to "
            f"different interactions ({counts} users): their figures cannot be compared.",
            DataWarning,
            stacklevel=4,
        )
    return cases


def name_of(estimator: Any) -> str:
    """Return what an estimator is called where the caller gave no name."""
    return type(estimator).__name__


def _join(blocks: list[Lists], case: Case) -> Lists:
    """Return the lists of blocks of users as those of all."""
    if len(blocks) == 1:
        return blocks[0]
    items, gains, ideal = (
        np.concatenate([getattr(block, name) for block in blocks])
        for name in ("items", "gains", "ideal")
    )
    families = blocks[0].whole
    whole = {name: np.concatenate([block.whole[name] for block in blocks]) for name in families}
    return Lists(items, gains, case.truth, ideal, whole)
