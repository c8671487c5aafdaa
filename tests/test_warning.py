"""Warnings point at the line that asked, through searches and pipelines too."""
# SPDX-License-Identifier: BSD-3-Clause

import pandas as pd
import pytest
from sklearn.model_selection import cross_validate

from sklearn_recsys.baseline import PopularityRecommender
from sklearn_recsys.exceptions import DataWarning
from sklearn_recsys.model_selection import InteractionKFold
from sklearn_recsys.pipeline import make_recommender_pipeline


def test_a_history_is_warned_of_where_it_is_given():
    X = pd.DataFrame({"user": [1, 1, 2], "item": [1, 2, 2]})
    history = pd.DataFrame({"user": [7, 7], "item": [1, 9]})
    model = PopularityRecommender()

    for recommender in (model.fit(X), make_recommender_pipeline(model).fit(X)):
        with pytest.warns(DataWarning, match="were not in the data") as caught:
            recommender.recommend(history=history)
        assert [warning.filename for warning in caught] == [__file__]


def test_what_is_found_within_a_search_is_warned_of_where_that_is_called():
    swapped = pd.DataFrame({"song": [1, 2, 1, 2], "listener": [5, 5, 6, 6]})
    cv = InteractionKFold(2)

    with pytest.warns(DataWarning, match="look swapped") as caught:
        cross_validate(PopularityRecommender(), swapped, cv=cv, scoring=lambda *_: 1.0)

    assert {warning.filename for warning in caught} == {__file__}
