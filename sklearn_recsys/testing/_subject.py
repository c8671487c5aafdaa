"""The recommender under test: made anew for each world."""
# SPDX-License-Identifier: BSD-3-Clause

from functools import cached_property
from typing import Any
from unittest import SkipTest

from sklearn.base import clone

from sklearn_recsys.base import RecommenderTags
from sklearn_recsys.testing.worlds import World, full_world

__all__ = ["Subject"]


class Subject:
    """Hold an estimator, or the factory of one, and make fresh ones of it."""

    def __init__(self, source: Any) -> None:
        if isinstance(source, type):
            raise TypeError(
                f"estimator_or_factory is the class {source.__name__}: pass an instance of it, "
                "or a function that makes one from a World."
            )
        if not hasattr(source, "fit") and not callable(source):
            raise TypeError(
                f"estimator_or_factory must be an estimator, or a function that makes one from a "
                f"World, got {source!r}."
            )
        self.source = source

    @cached_property
    def tags(self) -> RecommenderTags:
        """Return the tags of the recommender, which choose its checks."""
        estimator = self.make(full_world())
        if not hasattr(estimator, "__recommender_tags__"):
            raise TypeError(
                f"{type(estimator).__name__} has no __recommender_tags__, which choose the "
                "checks: derive it from sklearn_recsys.base.BaseRecommender."
            )
        return estimator.__recommender_tags__()

    @cached_property
    def reads_ratings(self) -> bool:
        """Tell whether values are read as ratings, even if the scores made of them are none."""
        default = "mean" if self.tags.feedback == "explicit" else "sum"
        return getattr(self.make(full_world()), "_duplicates", default) == "mean"

    def make(self, world: World, **params: Any) -> Any:
        """Return an unfitted recommender with a fixed seed, where it takes one."""
        estimator = clone(self.source) if hasattr(self.source, "fit") else self.source(world)
        seeds = {
            name: 0 for name in estimator.get_params() if name.split("__")[-1] == "random_state"
        }
        return estimator.set_params(**seeds, **params)

    def fit(self, world: World, X: Any = None, y: Any = None, *, sample_weight: Any = None) -> Any:
        """Return a recommender of the world, fitted to its interactions or to `X`."""
        X = world.interactions if X is None else X
        # Positional y and no weights, unless they are meant: as a caller would.
        weights = {} if sample_weight is None else {"sample_weight": sample_weight}
        return self.make(world).fit(X, y, **weights)

    def fit_freely(self, world: World) -> Any:
        """Return a fitted recommender whose capacity suits a tiny world.

        As many components as items memorise it, and a handful of neighbours cannot span it.
        """
        estimator = self.make(world)
        params = estimator.get_params()
        if isinstance(params.get("n_components"), int):
            estimator.set_params(n_components=min(params["n_components"], 8))
        if isinstance(params.get("n_neighbors"), int):
            estimator.set_params(n_neighbors=max(params["n_neighbors"], len(world.items)))
        return estimator.fit(world.interactions)

    def require(self, condition: bool, reason: str) -> None:
        """Skip the check, saying why, unless a condition holds."""
        if not condition:
            raise SkipTest(reason)
