"""What may be a member of an ensemble."""
# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

from sklearn.pipeline import Pipeline

from sklearn_recsys.base import BaseRecommender
from sklearn_recsys.ensemble._source import asked
from sklearn_recsys.preprocessing import EventWeighter

__all__ = ["require_recommender"]


def require_recommender(name: str, member: Any) -> None:
    """Raise unless a member ends in a recommender that can be fitted to an ensemble's table.

    Raises
    ------
    TypeError
        If it does not end in a recommender of this library's base.
    ValueError
        If it reads names of events, or is a search that keeps no best estimator.
    """
    if isinstance(member, type) or not isinstance(asked(member), BaseRecommender):
        raise TypeError(
            f"{name} must be a recommender derived from BaseRecommender, or a Pipeline or search "
            f"that ends in one, got {member!r}."
        )
    while not isinstance(member, BaseRecommender):
        if isinstance(member, Pipeline):
            _refuse_events(name, member)
            member = member.steps[-1][1]
        elif hasattr(member, "best_estimator_"):
            member = member.best_estimator_
        elif getattr(member, "refit", True) is False:
            raise ValueError(
                f"{name} is a {type(member).__name__} with refit=False, which has no best "
                "recommender to ask after fit: give it refit=True, or the name of the score to "
                "choose by."
            )
        else:
            member = member.estimator
    if hasattr(member, "_check_members"):
        member._check_members()


def _refuse_events(name: str, pipeline: Pipeline) -> None:
    if any(isinstance(step, EventWeighter) for _, step in pipeline.steps[:-1]):
        raise ValueError(
            f"{name} reads names of events, but an ensemble reads the values of its table as its "
            "members do, and so needs numbers. Let the EventWeighter stand before the ensemble: "
            "Pipeline([('events', EventWeighter(...)), ('ensemble', ensemble)])."
        )
