"""Both check suites, scikit-learn's and our own, over every estimator of the library."""
# SPDX-License-Identifier: BSD-3-Clause

import importlib
import inspect
import warnings
from importlib.util import find_spec

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator
from sklearn.exceptions import SkipTestWarning
from sklearn.linear_model import Ridge
from sklearn.utils.estimator_checks import check_estimator, parametrize_with_checks
from threadpoolctl import threadpool_limits

import sklearn_recsys
from sklearn_recsys.adapters import ImplicitAdapter, LightFMAdapter
from sklearn_recsys.base import BaseRecommender
from sklearn_recsys.baseline import (
    BaselineRecommender,
    PopularityRecommender,
    RandomRecommender,
)
from sklearn_recsys.content import ContentRecommender, ContentToFactorsRecommender
from sklearn_recsys.decomposition import (
    ALSRecommender,
    BiasedMFRecommender,
    GraphFilterRecommender,
    HybridRecommender,
    SVDRecommender,
)
from sklearn_recsys.ensemble import (
    BlendRecommender,
    CalibratedDiversifier,
    CascadeRecommender,
    MMRDiversifier,
    RankFusionRecommender,
    RerankRecommender,
)
from sklearn_recsys.exceptions import DataWarning
from sklearn_recsys.feature_extraction import (
    AudioSummary,
    GenreTfidf,
    MelSpectrogram,
    TermVectors,
)
from sklearn_recsys.interactions import FeatureTable
from sklearn_recsys.linear_model import EASERecommender, SLIMRecommender
from sklearn_recsys.neighbors import (
    ItemKNNRecommender,
    RP3BetaRecommender,
    UserKNNRecommender,
)
from sklearn_recsys.neural_network import AudioCNNRegressor, CFNADERecommender
from sklearn_recsys.pipeline import RecommenderPipeline
from sklearn_recsys.preprocessing import (
    AgeBinner,
    BM25Weighter,
    ConfidenceWeighter,
    EventWeighter,
    TfidfWeighter,
    TimeDecayWeighter,
)
from sklearn_recsys.testing import check_weighter, parametrize_with_recommender_checks
from sklearn_recsys.testing.worlds import full_world

# scikit-learn's arrays of numbers do look like a users x items matrix.
pytestmark = pytest.mark.filterwarnings(f"ignore::{DataWarning.__module__}.DataWarning")


def adapters():
    """Yield the adapters whose libraries are installed; tests/adapters checks all their models."""
    if find_spec("implicit"):
        from implicit.cpu.als import AlternatingLeastSquares

        with threadpool_limits(1, user_api="blas"):  # or implicit warns of BLAS threads
            model = AlternatingLeastSquares(factors=8, regularization=0.1, random_state=0)
        yield ImplicitAdapter(model)
    if find_spec("lightfm"):
        from lightfm import LightFM

        yield LightFMAdapter(LightFM(no_components=8, loss="warp", random_state=0))


def networks(**params):
    """Yield the recommenders that PyTorch fits, where it is installed."""
    if find_spec("torch"):
        short = {"learning_rate": 0.05, "batch_size": 16, "max_iter": 8, "device": "cpu"}
        yield CFNADERecommender(8, **short, **params)


def members():
    return [("knn", ItemKNNRecommender()), ("popular", PopularityRecommender())]


def raters():
    mean = BaselineRecommender()
    return [("factors", BiasedMFRecommender(2, reg=0.3, random_state=0)), ("mean", mean)]


def calibrated(world):
    genres = FeatureTable(world.item_features[["genre"]], GenreTfidf(use_idf=False))
    return CalibratedDiversifier(ItemKNNRecommender(), item_features=genres)


# What needs a table of features: our checks give it that of their world, and scikit-learn's one
# of some integers.
OF_WORLDS = [calibrated]
WITH_TABLES = [
    CalibratedDiversifier(
        ItemKNNRecommender(),
        item_features=FeatureTable(
            pd.DataFrame({"old": np.arange(200) % 2}, index=range(-100, 100)), missing="zero"
        ),
    ),
]
# One configuration of each, which every run checks (what iterates to a tolerance, to a small one:
# with other ids it would stop elsewhere) …
RECOMMENDERS = [
    *adapters(),
    ALSRecommender(n_components=8, reg=0.1),
    BaselineRecommender(),
    BlendRecommender(members(), weights="fit"),
    CascadeRecommender(members()),
    EASERecommender(10.0),
    BiasedMFRecommender(8),
    ContentRecommender(),
    ContentToFactorsRecommender(SVDRecommender(n_components=4, random_state=0)),
    *networks(),
    HybridRecommender(n_components=8),
    ItemKNNRecommender(),
    GraphFilterRecommender(),
    MMRDiversifier(ItemKNNRecommender()),
    PopularityRecommender(),
    RandomRecommender(),
    RankFusionRecommender(members()),
    RerankRecommender(members(), reranker=Ridge()),
    RP3BetaRecommender(),
    SLIMRecommender(reg=1.0, tol=1e-7, max_iter=9999),
    SVDRecommender(n_components=4),
    UserKNNRecommender("cosine"),
]
# … and the others, which take their time.
VARIANTS = [
    ALSRecommender(),
    ALSRecommender(
        4, reg=0.1, alpha=None, unobserved_weight=0.1, reg_exponent=0.5, solver="cholesky"
    ),
    BaselineRecommender(0.0, item_shrinkage=0.0, max_iter=1),
    EASERecommender(),
    EASERecommender(0.5, dropout=0.3, max_diagonal=0.4),
    EASERecommender(1.0, n_neighbors=3),
    BiasedMFRecommender(),
    BiasedMFRecommender(2, reg=0.3, reg_biases=0.0, reg_exponent=0.5),
    BlendRecommender(raters(), normalize="none"),
    CascadeRecommender(raters()),
    ContentRecommender(profile="rating_mean", similarity="cosine"),
    ContentToFactorsRecommender(BiasedMFRecommender(2, reg=0.3, random_state=0)),
    *networks(n_factors=4, ordinal_weight=0.5),
    HybridRecommender(),
    HybridRecommender(8, loss="bpr", user_reg=0.01, item_reg=0.01),
    HybridRecommender(8, loss="warp-kos", k=2, n=4),
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
    GraphFilterRecommender("second-order", alpha=0.3, power=1.4),
    GraphFilterRecommender("third-order"),
    GraphFilterRecommender("ideal", n_components=3, random_state=0),
    PopularityRecommender("value"),
    RP3BetaRecommender(0.7, beta=0.0, n_neighbors=2, prune="rows"),
    RP3BetaRecommender(1.4, prune=None),
    SLIMRecommender(1.0, l1_ratio=0.1, positive=False, tol=1e-7, max_iter=9999),
    SLIMRecommender(1.0, n_neighbors=3, tol=1e-7, max_iter=9999),
    SVDRecommender(),
    SVDRecommender(2, algorithm="arpack"),
    SVDRecommender(algorithm="arpack"),
    UserKNNRecommender(),
    UserKNNRecommender("tversky", n_neighbors=3, shrinkage=5.0, alpha=0.9, beta=0.1),
    UserKNNRecommender("adjusted_cosine"),
]
# GenreTfidf and TermVectors take no matrix of numbers, as CountVectorizer does not: scikit-learn
# skips nearly all of their checks, and their own tests run those that apply.
WEIGHTERS = [
    BM25Weighter(),
    ConfidenceWeighter(),
    ConfidenceWeighter("log"),
    TfidfWeighter(),
    TfidfWeighter(None, use_idf=False, sublinear_tf=False),
    TimeDecayWeighter(50.0),
]
OF_EVENTS = EventWeighter({"play": 1.0, "save": 3.0, "skip": -1.0})
OF_AUDIO = [
    AudioSummary(8000, n_fft=1024),
    MelSpectrogram(8000, n_frames=3, n_mels=4, n_fft=64, hop_length=4),
]
TRANSFORMERS = [AgeBinner(), GenreTfidf(), TermVectors(), *WEIGHTERS, OF_EVENTS]
REGRESSORS = [
    AudioCNNRegressor(
        n_filters=(16, 16),
        pool_sizes=(2,),
        hidden_layer_sizes=(16,),
        dropout=0.0,
        learning_rate=0.01,
        batch_size=16,
        max_iter=15,
        random_state=0,
        device="cpu",
    )
]
# Checks of scikit-learn's whose table has two or three columns …
OF_NARROW_TABLES = (
    "check_dict_unchanged",
    "check_dont_overwrite_parameters",
    "check_estimators_fit_returns_self",
    "check_estimators_nan_inf",
    "check_estimators_overwrite_params",
    "check_estimators_pickle",
    "check_f_contiguous_array_estimator",
    "check_fit2d_predict1d",
    "check_fit_check_is_fitted",
    "check_fit_idempotent",
    "check_fit_score_takes_y",
    "check_methods_sample_order_invariance",
    "check_methods_subset_invariance",
    "check_n_features_in",
    "check_pipeline_consistency",
    "check_readonly_memmap_input",
    "check_transformer_data_not_an_array",
    "check_transformer_general",
    "check_transformer_preserve_dtypes",
)
# … and others that fit a table.
OF_NUMBERS = (
    *OF_NARROW_TABLES,
    "check_dtype_object",
    "check_estimators_dtypes",
    "check_fit2d_1sample",
    "check_n_features_in_after_fitting",
    "check_positive_only_tag_during_fit",
)
# What it can do is what its steps can do.
COMPOSED = {RecommenderPipeline}
# Models and adapters of libraries that are not installed.
ABSENT = {ImplicitAdapter, LightFMAdapter, CFNADERecommender} - {
    type(model) for model in [*adapters(), *networks()]
}
if find_spec("librosa"):
    TRANSFORMERS += OF_AUDIO
else:
    ABSENT |= {type(transformer) for transformer in OF_AUDIO}
if not find_spec("torch"):
    ABSENT |= {AudioCNNRegressor}
    REGRESSORS = []


def public_classes(base):
    for room in sklearn_recsys.__all__:
        module = None if room[0] == "_" else importlib.import_module(f"sklearn_recsys.{room}")
        for name in getattr(module, "__all__", ()):
            member = getattr(module, name)
            if inspect.isclass(member) and issubclass(member, base):
                yield member


def refused_tables(estimator):
    """Return scikit-learn's checks that fit a table which the estimator must refuse."""
    if isinstance(estimator, TimeDecayWeighter):
        # Its own tests run these checks with another column as the time.
        return dict.fromkeys(OF_NARROW_TABLES, "the table has no fourth column, of times")
    if isinstance(estimator, EventWeighter):
        return dict.fromkeys(OF_NUMBERS, "the third column holds no names of events, but numbers")
    if isinstance(estimator, CalibratedDiversifier):
        reason = "its ids are fractions, none of which is in the table"
        return {"check_sample_weight_equivalence_on_dense_data": reason}
    return {}


def expected_failures(estimator):
    overflow = "the library gives up where its float32 numbers overflow"
    if isinstance(estimator, ImplicitAdapter):
        return dict.fromkeys(["check_wild_values", "check_negative_values"], overflow)
    if isinstance(estimator, LightFMAdapter):
        return {"check_wild_values": overflow, "check_n_jobs": "each thread draws its own numbers"}
    if isinstance(estimator, MMRDiversifier):
        reason = "which of two equal items goes first is told by their ids, and lowers the other"
        return {"check_relabelling": reason}
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
        mark = parametrize_with_checks(estimators, expected_failed_checks=refused_tables)
        return pytest.mark.parametrize(mark.args[0], list(mark.args[1]), **mark.kwargs)


def concrete_classes(base):
    return {cls for cls in public_classes(base) if not inspect.isabstract(cls)} - COMPOSED - ABSENT


def test_no_estimator_is_forgotten():
    estimators = [*RECOMMENDERS, *WITH_TABLES, *REGRESSORS, *TRANSFORMERS]
    checked = {type(estimator) for estimator in estimators}

    assert checked == concrete_classes(BaseEstimator)


def test_every_recommender_is_checked_as_one():
    checked = [*RECOMMENDERS, *(make(full_world()) for make in OF_WORLDS)]

    assert {type(recommender) for recommender in checked} == concrete_classes(BaseRecommender)


@with_scikit_learns_checks([*RECOMMENDERS, *WITH_TABLES, *REGRESSORS, *TRANSFORMERS])
def test_an_estimator_passes_scikit_learns_checks(estimator, check):
    check(estimator)


@pytest.mark.slow
@pytest.mark.parametrize("estimator", VARIANTS, ids=str)
def test_a_variant_passes_scikit_learns_checks(estimator):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SkipTestWarning)
        check_estimator(estimator)


@parametrize_with_recommender_checks(
    [*RECOMMENDERS, *OF_WORLDS], expected_failed_checks=expected_failures
)
def test_a_recommender_passes_our_checks(estimator, check):
    check(estimator)


@pytest.mark.slow
@parametrize_with_recommender_checks(VARIANTS, expected_failed_checks=expected_failures)
def test_a_variant_passes_our_checks(estimator, check):
    check(estimator)


@pytest.mark.parametrize("weighter", WEIGHTERS, ids=str)
def test_a_weighter_passes_our_checks(weighter):
    check_weighter(weighter)


def test_a_weighter_of_events_passes_our_checks():
    check_weighter(OF_EVENTS, events=["play", "save", "skip"])
