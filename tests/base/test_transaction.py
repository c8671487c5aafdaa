"""A fit that fails leaves the model as it was."""
# SPDX-License-Identifier: BSD-3-Clause

import pandas as pd
import pytest

from sklearn_recsys.baseline import PopularityRecommender

X = pd.DataFrame({"user": ["ann", "bob", "bob"], "song": ["undo", "undo", "heat"]})


class Failing(PopularityRecommender):
    """Fail, after everything else was done, where "heat" is missing."""

    def _fit(self, interactions):
        super()._fit(interactions)
        if "heat" not in interactions.items.ids:
            raise KeyboardInterrupt


def test_an_interrupted_fit_leaves_the_old_model_whole():
    model = Failing().fit(X)
    before, expected = dict(vars(model)), model.recommend(on_unknown="popular")
    with pytest.raises(KeyboardInterrupt):
        model.fit(X.head(2))
    assert vars(model) == before
    pd.testing.assert_frame_equal(model.recommend(), expected)


def test_a_fit_of_wrong_data_leaves_the_old_model_whole():
    model = Failing().fit(X)
    before = dict(vars(model))
    with pytest.raises(ValueError, match="value column"):
        model.fit(X.assign(value="many"))
    assert vars(model) == before


def test_an_interrupted_first_fit_leaves_nothing():
    model = Failing()
    with pytest.raises(KeyboardInterrupt):
        model.fit(X.head(2))
    assert vars(model) == model.get_params()
