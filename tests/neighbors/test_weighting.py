"""Weights by a parameter are those of a step of a Pipeline."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from sklearn_recsys.neighbors import (
    ItemKNNRecommender,
    RP3BetaRecommender,
    UserKNNRecommender,
)
from sklearn_recsys.persistence import load, save
from sklearn_recsys.pipeline import make_recommender_pipeline
from sklearn_recsys.preprocessing import (
    BM25Weighter,
    ConfidenceWeighter,
    EventWeighter,
    TfidfWeighter,
    TimeDecayWeighter,
)

MODELS = [
    ItemKNNRecommender("cosine", n_neighbors=5),
    ItemKNNRecommender("bm25", n_neighbors=5, aggregate="mean"),
    RP3BetaRecommender(1.0, n_neighbors=5),
    UserKNNRecommender("cosine", n_neighbors=5),
]
WEIGHTINGS = {
    "bm25": BM25Weighter(),
    "tfidf": TfidfWeighter(),
    "own": BM25Weighter(K1=2.0, B=0.3),
    "confidence": ConfidenceWeighter("log"),
}
every_model = pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)


def plays(seed=0):
    rng = np.random.default_rng(seed)
    X = pd.DataFrame({"user": rng.integers(25, size=250), "item": rng.integers(15, size=250)})
    X = X.drop_duplicates(ignore_index=True)
    return X.assign(value=rng.integers(0, 9, len(X)))


@every_model
@pytest.mark.parametrize("name", WEIGHTINGS)
def test_a_parameter_and_a_step_are_equal(model, name):
    weighter = WEIGHTINGS[name]
    weighting = name if name in ("bm25", "tfidf") else weighter
    one = clone(model).set_params(weighting=weighting).fit(plays())
    other = make_recommender_pipeline(weighter, model).fit(plays())
    strangers = plays(1).assign(user=lambda table: table["user"] + 1000)

    for ask in (
        lambda fitted: fitted.recommend(n_items=5),
        lambda fitted: fitted.recommend(history=strangers, n_items=5),
        lambda fitted: fitted.similar_items([1, 2, 3]),
        lambda fitted: fitted.similar_users([1, 2, 3]),
    ):
        found, expected = ask(one), ask(other)
        assert found.iloc[:, :2].equals(expected.iloc[:, :2])
        np.testing.assert_allclose(found["score"], expected["score"], rtol=1e-5)
    rows = plays()[["user", "item"]]
    np.testing.assert_allclose(one.predict(rows), other.predict(plays()), rtol=1e-5, atol=1e-7)


@every_model
def test_a_saved_model_weighs_as_before(model, tmp_path):
    fitted = clone(model).set_params(weighting="bm25").fit(plays())
    save(fitted, tmp_path / "model.zip")
    pd.testing.assert_frame_equal(load(tmp_path / "model.zip").recommend(), fitted.recommend())


@every_model
def test_the_weighter_given_is_not_fitted(model):
    weighter = BM25Weighter()
    clone(model).set_params(weighting=weighter).fit(plays())
    assert not hasattr(weighter, "idf_")


@every_model
def test_parameters_of_the_weighter_can_be_searched(model):
    one = clone(model).set_params(weighting=BM25Weighter()).set_params(weighting__K1=2.0)
    assert one.weighting.K1 == 2.0


@every_model
def test_other_names_are_refused(model):
    with pytest.raises(ValueError, match="'weighting' parameter"):
        clone(model).set_params(weighting="okapi").fit(plays())


@every_model
@pytest.mark.parametrize("weighter", [TimeDecayWeighter(10), EventWeighter({"play": 1})], ids=str)
def test_weighters_of_more_than_a_value_are_sent_in_front(model, weighter):
    X = plays().assign(time=np.arange(len(plays())))
    with pytest.raises(ValueError, match=f"weighting={type(weighter).__name__}.* step of a Pipe"):
        clone(model).set_params(weighting=weighter).fit(X)
