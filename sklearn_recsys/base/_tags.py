"""What a recommender can do, as data."""
# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass
from typing import Literal

__all__ = ["RecommenderTags"]


@dataclass
class RecommenderTags:
    """Tell what a recommender can do, beside scikit-learn's own tags.

    The check suite chooses its checks by these tags, and the capability table of the
    documentation is made from them.

    Parameters
    ----------
    personalized : bool, default=True
        Whether the ranking depends on the user's own interactions.
    feedback : {"implicit", "explicit"}, default="implicit"
        Whether values and scores are strengths of a positive signal, or ratings.
    fold_in : {"exact", "approximate", "none"}, default="exact"
        How users are served from a ``history`` without a refit; "exact" means that a training
        user's own history gives her training list.
    explain : tuple of {"item", "feature"}, default=()
        What an explanation can be broken down by; empty where the score is not additive.
    similar_items, similar_users : bool, default=False
        Whether the model has these methods.
    cold_users, cold_items : bool, default=False
        Whether users or items without interactions are served from a feature table.
    uses_values : bool, default=True
        Whether positive values of another size give other scores.
    negative_values : bool, default=False
        Whether negative values are accepted.
    partial_fit : bool, default=False
        Whether interactions can be added without starting afresh.

    Examples
    --------
    >>> from sklearn_recsys.baseline import PopularityRecommender
    >>> tags = PopularityRecommender().__recommender_tags__()
    >>> tags.personalized, tags.fold_in
    (False, 'exact')
    """

    personalized: bool = True
    feedback: Literal["implicit", "explicit"] = "implicit"
    fold_in: Literal["exact", "approximate", "none"] = "exact"
    explain: tuple[str, ...] = ()
    similar_items: bool = False
    similar_users: bool = False
    cold_users: bool = False
    cold_items: bool = False
    uses_values: bool = True
    negative_values: bool = False
    partial_fit: bool = False
