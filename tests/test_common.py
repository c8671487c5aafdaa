"""Both check suites, scikit-learn's and our own, over every estimator of the library."""
# SPDX-License-Identifier: BSD-3-Clause

import importlib
import inspect
import warnings

import pytest
from sklearn.base import BaseEstimator
from sklearn.exceptions import SkipTestWarning
from sklearn.utils.estimator_checks import check_estimator, parametrize_with_checks

import sklearn_recsys
from sklearn_recsys.base import BaseRecommender
from sklearn_recsys.baseline import (
    BaselineRecommender,
    PopularityRecommender,
    RandomRecommender,
)
from sklearn_recsys.decomposition import SVDRecommender
from sklearn_recsys.exceptions import DataWarning
from sklearn_recsys.feature_extraction import GenreTfidf
from sklearn_recsys.neighbors import ItemKNNRecommender
from sklearn_recsys.pipeline import RecommenderPipeline
from sklearn_recsys.preprocessing import AgeBinner, ConfidenceWeighter
from sklearn_recsys.testing import check_weighter, parametrize_with_recommender_checks

# scikit-learn's arrays of numbers do look like a users x items matrix.
pytestmark = pytest.mark.filterwarnings(f"ignore::{DataWarning.__module__}.DataWarning")

# One configuration of each, which every run checks …
RECOMMENDERS = [
    BaselineRecommender(),
    ItemKNNRecommender(),
    PopularityRecommender(),
    RandomRecommender(),
    SVDRecommender(n_components=4),
]
# … and the others, which take their time.
VARIANTS = [
    BaselineRecommender(0.0, item_shrinkage=0.0, max_iter=1),
    *(
        ItemKNNRecommender(similarity)
        for similarity in (
            "cooccurrence",
            "jaccard",
            "asymmetric",
            "tversky",
            "bm25",
            "tfidf",
            "adjusted_cosine",
        )
    ),
    ItemKNNRecommender(n_neighbors=2),
    ItemKNNRecommender("tversky", n_neighbors=2, prune="columns", alpha=0.9, beta=0.1),
    ItemKNNRecommender("asymmetric", n_neighbors=2, prune="both", alpha=0.1),
    ItemKNNRecommender(n_neighbors=None, aggregate="mean", shrinkage=5.0),
    PopularityRecommender("value"),
    SVDRecommender(),
    SVDRecommender(2, algorithm="arpack"),
    SVDRecommender(algorithm="arpack"),
]
# GenreTfidf takes no matrix of numbers, as CountVectorizer does not: scikit-learn skips nearly all
# of its checks, and its own tests run those that apply.
TRANSFORMERS = [AgeBinner(), ConfidenceWeighter(), ConfidenceWeighter("log"), GenreTfidf()]
# What it can do is what its steps can do.
COMPOSED = {RecommenderPipeline}


def public_classes(base):
    for room in sklearn_recsys.__all__:
        module = None if room[0] == "_" else importlib.import_module(f"sklearn_recsys.{room}")
        for name in getattr(module, "__all__", ()):
            member = getattr(module, name)
            if inspect.isclass(member) and issubclass(member, base):
                yield member


def expected_failures(estimator):
    if getattr(estimator, "similarity", None) == "adjusted_cosine":
        reason = "one value for all that a user likes leaves nothing once her mean is subtracted"
        return dict.fromkeys(
            ["check_checkerboard", "check_checkerboard_of_histories", "check_opposite_tastes"],
            reason,
        )
    return {}


def with_scikit_learns_checks(estimators):
    """Parametrize by a list: pytest refuses the generator that older scikit-learn passes."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SkipTestWarning)
        mark = parametrize_with_checks(estimators)
        return pytest.mark.parametrize(mark.args[0], list(mark.args[1]), **mark.kwargs)


def concrete_classes(base):
    return {cls for cls in public_classes(base) if not inspect.isabstract(cls)} - COMPOSED


def test_no_estimator_is_forgotten():
    checked = {type(estimator) for estimator in [*RECOMMENDERS, *TRANSFORMERS]}

    assert checked == concrete_classes(BaseEstimator)


def test_every_recommender_is_checked_as_one():
    assert {type(recommender) for recommender in RECOMMENDERS} == concrete_classes(BaseRecommender)


@with_scikit_learns_checks([*RECOMMENDERS, *TRANSFORMERS])
def test_an_estimator_passes_scikit_learns_checks(estimator, check):
    check(estimator)


@pytest.mark.slow
@pytest.mark.parametrize("estimator", VARIANTS, ids=str)
def test_a_variant_passes_scikit_learns_checks(estimator):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SkipTestWarning)
        check_estimator(estimator)


@parametrize_with_recommender_checks(RECOMMENDERS)
def test_a_recommender_passes_our_checks(estimator, check):
    check(estimator)


@pytest.mark.slow
@parametrize_with_recommender_checks(VARIANTS, expected_failed_checks=expected_failures)
def test_a_variant_passes_our_checks(estimator, check):
    check(estimator)


@pytest.mark.parametrize("transformer", [ConfidenceWeighter(), ConfidenceWeighter("log")], ids=str)
def test_a_weighter_passes_our_checks(transformer):
    check_weighter(transformer)
