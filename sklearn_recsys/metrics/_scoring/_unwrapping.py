"""Find the recommender in what is scored, and read held-out rows as it was fitted to them."""
# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import _check_feature_names, _check_n_features, check_is_fitted

from sklearn_recsys.interactions._columns import (
    Table,
    n_columns,
    require_table,
    take_column,
    take_rows,
)
from sklearn_recsys.interactions._validation import InteractionColumns, read_columns

__all__ = ["find_recommender", "history_table", "read_test_columns", "unwrap", "validate_width"]


def unwrap(estimator: Any) -> Any:
    """Return what a fitted search found, or what a FrozenEstimator holds."""
    while True:
        # First, since a FrozenEstimator passes on its estimator's attributes.
        if isinstance(estimator, FrozenEstimator):
            estimator = estimator.estimator
        elif hasattr(estimator, "best_estimator_"):
            estimator = estimator.best_estimator_
        else:
            return estimator


def find_recommender(estimator: Any) -> tuple[list[Any], Any]:
    """Return the transformers that a history goes through, and the fitted recommender."""
    transformers = []
    recommender = unwrap(estimator)
    while isinstance(recommender, Pipeline):
        if len(recommender) > 1:
            transformers.append(recommender[:-1])
        recommender = unwrap(recommender.steps[-1][1])
    check_is_fitted(recommender)
    if not hasattr(recommender, "recommend"):
        raise TypeError(
            "A ranking scorer needs a recommender, a Pipeline that ends in one or a search over "
            f"them (with refit=True), but {type(recommender).__name__} has no recommend method."
        )
    return transformers, recommender


def validate_width(estimator: Any, X: Table) -> Table:
    """Return `X` as a table if it has fit's columns, or the first two of them."""
    X = require_table(X, min_columns=1)
    if hasattr(estimator, "n_features_in_"):
        # Stands in for the estimator: a Pipeline's attributes cannot be set to the prefix's.
        expected = type(type(estimator).__name__, (), {})()
        kept = 2 if n_columns(X) == 2 else estimator.n_features_in_
        expected.n_features_in_ = min(estimator.n_features_in_, kept)
        if hasattr(estimator, "feature_names_in_"):
            expected.feature_names_in_ = estimator.feature_names_in_[:kept]
        _check_feature_names(expected, X, reset=False)
        _check_n_features(expected, X, reset=False)
    return X


def read_test_columns(X: Table, y: Any, transformers: list[Any]) -> InteractionColumns:
    """Return the columns of the test rows; names of events get the numbers that they had in fit."""
    if y is None and transformers and n_columns(X) > 2:
        values = take_column(X, 2)
        if values.dtype.kind == "O" and pd.api.types.infer_dtype(values) == "string":
            X = _transform(X, transformers)
    return read_columns(X, y)


def _transform(X: Table, transformers: list[Any]) -> Table:
    for transformer in transformers:
        X = transformer.transform(X)
    return X


def history_table(
    X: Table,
    y: Any,
    columns: InteractionColumns,
    is_history: NDArray[np.bool_],
    transformers: list[Any],
) -> Table:
    if y is None:
        return _transform(take_rows(X, np.flatnonzero(is_history)), transformers)
    # In fit, y replaces the value column after the transformers; so it does here.
    parts = (columns.users, columns.items, columns.values)
    history = pd.DataFrame({place: part[is_history] for place, part in enumerate(parts)})
    history.columns = [columns.user_name, columns.item_name, "value"]
    return history
