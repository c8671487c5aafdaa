"""Chain transformers of interactions with a recommender."""
# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.utils.metaestimators import available_if

from sklearn_recsys.base._html import SummaryReprMixin

__all__ = ["RecommenderPipeline", "make_recommender_pipeline"]


def _last_step_has(method: str) -> Callable[["RecommenderPipeline"], bool]:
    """Return a check for ``available_if`` which raises the last step's own error."""

    def check(pipeline: "RecommenderPipeline") -> bool:
        getattr(pipeline.steps[-1][1], method)
        return True

    return check


class RecommenderPipeline(SummaryReprMixin, Pipeline):
    """Chain transformers of interactions with a recommender, and recommend.

    scikit-learn's own ``Pipeline`` fits, tunes and scores a recommender just as well; this one
    adds the recommender's verbs. Above all it weights a user's raw history as the training data
    was weighted before the recommender sees it: folded in as it is, a history of play counts
    would be read on another scale than the one that the model was fitted on. It costs nothing
    beyond its steps.

    Parameters
    ----------
    steps : list of (str, estimator) tuples
        Names and estimators: transformers of interactions, then a recommender.
    transform_input : list of str or None, default=None
        As in scikit-learn's ``Pipeline``.
    memory : str, object with the interface of joblib.Memory, or None, default=None
        Where to cache the fitted transformers.
    verbose : bool, default=False
        Print the time that each step takes to fit.

    See Also
    --------
    make_recommender_pipeline : Names the steps itself.
    sklearn.pipeline.Pipeline : Suffices for everything but recommending.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn_recsys.baseline import PopularityRecommender
    >>> from sklearn_recsys.pipeline import RecommenderPipeline
    >>> from sklearn_recsys.preprocessing import ConfidenceWeighter
    >>> X = pd.DataFrame(
    ...     [["ann", "tea", 9], ["bob", "tea", 1], ["bob", "jam", 5]],
    ...     columns=["person", "food", "times"],
    ... )
    >>> pipeline = RecommenderPipeline(
    ...     [("weight", ConfidenceWeighter(alpha=2.0)), ("popular", PopularityRecommender())]
    ... )
    >>> pipeline.fit(X).recommend("ann", 1)[["person", "food", "rank"]]
      person food  rank
    0    ann  jam     1
    """

    @available_if(_last_step_has("recommend"))
    def recommend(
        self,
        users: Any = None,
        n_items: int = 10,
        *,
        exclude_seen: bool = True,
        candidates: Any = None,
        exclude: Any = None,
        history: Any = None,
        user_features: Any = None,
        on_unknown: str = "raise",
    ) -> pd.DataFrame:
        """Recommend items to users.

        Parameters
        ----------
        users : id or list of ids, default=None
            Whom to recommend to; None means everyone seen in ``fit``, or everyone in `history`.
        n_items : int, default=10
            Length of each list; a list is shorter where fewer items are left.
        exclude_seen : bool, default=True
            Leave out the items that the user has interacted with.
        candidates : list of items or table of (user, item) pairs, default=None
            The only items to recommend, for everyone or for each user.
        exclude : list of items or table of (user, item) pairs, default=None
            Items not to recommend, for everyone or for each user.
        history : table of interactions, default=None
            Raw interactions, with the columns of the training data, of users who need not have
            been seen in ``fit``. They pass through the transformers first.
        user_features : DataFrame, default=None
            People who are in no table: a row of features for each.
        on_unknown : {"raise", "popular", "skip"}, default="raise"
            Whether users without interactions raise, get the popular items, or get none.

        Returns
        -------
        recommendations : DataFrame
            Columns: the caller's user and item columns, score and rank (from 1).
        """
        # A recommender that takes no features need not know the parameter.
        features = {} if user_features is None else {"user_features": user_features}
        return self.steps[-1][1].recommend(
            users,
            n_items,
            exclude_seen=exclude_seen,
            candidates=candidates,
            exclude=exclude,
            history=None if history is None else self._weigh(history),
            on_unknown=on_unknown,
            **features,
        )

    @available_if(_last_step_has("similar_items"))
    def similar_items(
        self,
        items: Any,
        n_items: int = 10,
        *,
        include_self: bool = False,
        approximate: bool = False,
    ) -> pd.DataFrame:
        """Find the items that are most like given ones.

        Parameters
        ----------
        items : id or list of ids
            Items to compare with.
        n_items : int, default=10
            Length of each item's list.
        include_self : bool, default=False
            List an item among those like itself.
        approximate : bool, default=False
            Let an index find them, which may miss a few; factor models only.

        Returns
        -------
        DataFrame
            Columns item, similar item (under the caller's names), score and rank.
        """
        # A recommender that has no index need not know the parameter.
        how = {"approximate": True} if approximate else {}
        return self.steps[-1][1].similar_items(items, n_items, include_self=include_self, **how)

    @available_if(_last_step_has("similar_users"))
    def similar_users(
        self,
        users: Any,
        n_users: int = 10,
        *,
        include_self: bool = False,
        approximate: bool = False,
    ) -> pd.DataFrame:
        """Find the users who are most like given ones.

        Parameters
        ----------
        users : id or list of ids
            Users to compare with.
        n_users : int, default=10
            Length of each user's list.
        include_self : bool, default=False
            List a user among those like herself.
        approximate : bool, default=False
            Let an index find them, which may miss a few; factor models only.

        Returns
        -------
        DataFrame
            Columns user, similar user (under the caller's names), score and rank.
        """
        # A recommender that has no index need not know the parameter.
        how = {"approximate": True} if approximate else {}
        return self.steps[-1][1].similar_users(users, n_users, include_self=include_self, **how)

    @available_if(_last_step_has("explain"))
    def explain(self, user: Any, item: Any, *, by: str = "item") -> pd.DataFrame:
        """Tell what a user's score of an item is made of.

        Parameters
        ----------
        user : id
            The user.
        item : id
            The item.
        by : {"item", "feature"}, default="item"
            What to break the score down by: the user's items, or features.

        Returns
        -------
        DataFrame
            The contributions, which sum to the score.
        """
        return self.steps[-1][1].explain(user, item, by=by)

    @property
    def users_(self) -> np.ndarray:
        """Ids of the users, as the recommender holds them."""
        return self.steps[-1][1].users_

    @property
    def items_(self) -> np.ndarray:
        """Ids of the items, as the recommender holds them."""
        return self.steps[-1][1].items_

    @property
    def interactions_(self) -> sparse.csr_array:
        """Interactions after the transformers, as the recommender holds them."""
        return self.steps[-1][1].interactions_

    @property
    def popularity_(self) -> np.ndarray:
        """Popularity of the items, as the recommender holds it."""
        return self.steps[-1][1].popularity_

    def _weigh(self, history: Any) -> Any:
        # Not self[:-1].transform: a pipeline of no step is none, and stateless steps need no fit.
        for name, step in self.steps[:-1]:
            if step is not None and step != "passthrough":
                try:
                    history = step.transform(history)
                except (TypeError, ValueError) as error:
                    error.add_note(f"X is history=, which passes through the step {name!r} first.")
                    raise
        return history


def make_recommender_pipeline(
    *steps: Any, memory: Any = None, verbose: bool = False
) -> RecommenderPipeline:
    """Chain estimators into a ``RecommenderPipeline``, named after their classes.

    The short form, for when no step occurs twice and the names are only needed for a grid search:
    they are the class names in lower case.

    Parameters
    ----------
    *steps : estimators
        Transformers of interactions, then a recommender.
    memory : str, object with the interface of joblib.Memory, or None, default=None
        Where to cache the fitted transformers.
    verbose : bool, default=False
        Print the time that each step takes to fit.

    Returns
    -------
    RecommenderPipeline
        The pipeline, not fitted.

    See Also
    --------
    RecommenderPipeline : Takes names of your own.

    Examples
    --------
    >>> from sklearn_recsys.baseline import PopularityRecommender
    >>> from sklearn_recsys.pipeline import make_recommender_pipeline
    >>> from sklearn_recsys.preprocessing import ConfidenceWeighter
    >>> make_recommender_pipeline(ConfidenceWeighter(), PopularityRecommender())
    RecommenderPipeline(steps=[('confidenceweighter', ConfidenceWeighter()),
                               ('popularityrecommender', PopularityRecommender())])
    """
    return RecommenderPipeline(make_pipeline(*steps).steps, memory=memory, verbose=verbose)
