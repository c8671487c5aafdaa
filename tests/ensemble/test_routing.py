"""Sample weights by scikit-learn's metadata routing."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.exceptions import UnsetMetadataPassedError
from sklearn.model_selection import cross_validate
from sklearn.pipeline import make_pipeline

from sklearn_recsys.baseline import PopularityRecommender
from sklearn_recsys.ensemble import BlendRecommender, MMRDiversifier, RerankRecommender
from sklearn_recsys.linear_model import EASERecommender
from sklearn_recsys.metrics import make_ranking_scorer
from sklearn_recsys.model_selection import InteractionKFold
from sklearn_recsys.preprocessing import ConfidenceWeighter


@pytest.fixture(autouse=True)
def _routing():
    with sklearn.config_context(enable_metadata_routing=True):
        yield


@pytest.fixture
def X():
    rng = np.random.default_rng(3)
    rows = {"user": rng.integers(0, 25, 300), "item": rng.integers(0, 20, 300)}
    return pd.DataFrame({**rows, "plays": rng.integers(1, 9, 300) * 1.0})


@pytest.fixture
def weights(X):
    return 1.0 + np.arange(len(X)) % 4


def ease(*, weighted):
    return EASERecommender(5.0).set_fit_request(sample_weight=weighted)


def blend(**members):
    return BlendRecommender(list(members.items()), normalize="none")


def test_members_that_request_weights_get_them_and_others_do_not(X, weights):
    model = blend(yes=ease(weighted=True), no=ease(weighted=False))

    model.fit(X, sample_weight=weights)

    yes, no = (member.predict(X) for member in model.recommenders_)
    np.testing.assert_array_equal(
        yes, EASERecommender(5.0).fit(X, sample_weight=weights).predict(X)
    )
    np.testing.assert_array_equal(no, EASERecommender(5.0).fit(X).predict(X))


@pytest.mark.parametrize("kind", ["plain", "pipeline", "ensemble", "diversifier"])
def test_whether_a_member_gets_weights_must_be_said(kind, X, weights):
    member = {
        "plain": EASERecommender(),
        "pipeline": make_pipeline(ConfidenceWeighter(), EASERecommender()),
        "ensemble": blend(inner=EASERecommender()),
        "diversifier": MMRDiversifier(EASERecommender()),
    }[kind]

    with pytest.raises(UnsetMetadataPassedError, match="sample_weight"):
        blend(member=member).fit(X, sample_weight=weights)


def test_pipelines_and_ensembles_hand_weights_on(X, weights):
    pipeline = make_pipeline(ConfidenceWeighter("log"), ease(weighted=True))
    inner = blend(pipeline=pipeline).set_fit_request(sample_weight=True)

    model = blend(inner=inner).fit(X, sample_weight=weights)

    expected = pipeline.fit(X, sample_weight=weights)
    np.testing.assert_allclose(model.predict(X), expected.predict(X), rtol=1e-5)


@pytest.mark.parametrize("kind", [BlendRecommender, RerankRecommender])
def test_what_learns_on_held_out_pairs_routes_in_both_fits(kind, X, weights):
    members = [("yes", ease(weighted=True)), ("no", ease(weighted=False))]
    options = {"weights": "fit"} if kind is BlendRecommender else {}

    model = kind(members, **options).fit(X, sample_weight=weights)

    yes, no = model.recommenders_
    assert yes.interactions_.sum() > no.interactions_.sum()


def test_cross_validation_routes_weights_to_an_ensemble_and_its_members(X, weights):
    model = blend(ease=ease(weighted=True)).set_fit_request(sample_weight=True)
    options = {"scoring": make_ranking_scorer("ndcg@5"), "cv": InteractionKFold(2)}

    found = cross_validate(model, X, params={"sample_weight": weights}, **options)

    expected = cross_validate(ease(weighted=True), X, params={"sample_weight": weights}, **options)
    np.testing.assert_allclose(found["test_score"], expected["test_score"])


def test_without_weights_nothing_has_to_be_said(X):
    assert len(blend(ease=EASERecommender(5.0)).fit(X).recommend(n_items=2)) == 50


def test_the_routing_names_the_ensemble_and_its_members():
    model = blend(ease=ease(weighted=True), popular=PopularityRecommender())

    routing = str(model.get_metadata_routing())

    assert all(word in routing for word in ("$self_request", "ease", "popular", "sample_weight"))
