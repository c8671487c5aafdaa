"""The check suites over all that the adapters can wrap, and what the libraries do not allow."""
# SPDX-License-Identifier: BSD-3-Clause

import warnings
from importlib.util import find_spec

import pytest
from sklearn.compose import ColumnTransformer
from sklearn.exceptions import SkipTestWarning
from sklearn.preprocessing import OneHotEncoder
from sklearn.utils.estimator_checks import check_estimator

from sklearn_recsys.adapters import ImplicitAdapter, LightFMAdapter
from sklearn_recsys.exceptions import DataWarning
from sklearn_recsys.interactions import FeatureTable
from sklearn_recsys.testing import check_recommender

pytestmark = [
    pytest.mark.slow,
    # scikit-learn's arrays of numbers do look like a users x items matrix.
    pytest.mark.filterwarnings(f"ignore::{DataWarning.__module__}.DataWarning"),
]

# The others weigh the interactions in another way, and are the same thereafter.
ITEM_MODELS = ["ItemItemRecommender", "TFIDFRecommender"]
OF_THREADS = {"check_n_jobs": "each thread draws numbers of its own"}
OF_OVERFLOW = {"check_wild_values": "the library gives up where its float32 numbers overflow"}

needs_implicit = pytest.mark.skipif(
    find_spec("implicit") is None, reason="needs the extra implicit"
)
needs_lightfm = pytest.mark.skipif(
    find_spec("lightfm") is None, reason="needs the extra lightfm, which a compiler has to build"
)


def check_both_suites(adapter, failures, may_fail=()):
    """Run scikit-learn's checks and ours, and tell that just those fail that are known to."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SkipTestWarning)
        check_estimator(adapter)
    check_ours(adapter, failures, may_fail)


def check_ours(adapter_or_factory, failures, may_fail=()):
    expected = {**failures, **dict(may_fail)}
    results = check_recommender(adapter_or_factory, expected_failed_checks=expected, on_skip=None)
    failed = {result["check_name"] for result in results if result["status"] == "xfail"}
    assert failed - set(may_fail) == set(failures)


def by_kind(table, column):
    encoder = ColumnTransformer([("kind", OneHotEncoder(handle_unknown="ignore"), [column])])
    return FeatureTable(table, encoder)


def lightfm(**parameters):
    from lightfm import LightFM

    return LightFM(no_components=8, random_state=0, **parameters)


def of_features_alone(world):
    return LightFMAdapter(
        lightfm(loss="warp"),
        user_features=by_kind(world.user_features, "taste"),
        item_features=by_kind(world.item_features, "genre"),
        user_identity=False,
        item_identity=False,
        epochs=10,
    )


@needs_implicit
@pytest.mark.parametrize("name", ITEM_MODELS)
def test_a_model_of_items_passes_both_suites(name):
    import implicit.nearest_neighbours

    # As many neighbours as there are items: a handful cannot span a tiny world.
    check_both_suites(ImplicitAdapter(getattr(implicit.nearest_neighbours, name)(K=100)), {})


@needs_implicit
def test_bpr_passes_both_suites_but_for_threads():
    from implicit.cpu.bpr import BayesianPersonalizedRanking

    model = BayesianPersonalizedRanking(factors=8, learning_rate=0.1, random_state=0)
    check_both_suites(ImplicitAdapter(model), OF_THREADS)


@needs_implicit
def test_lmf_passes_both_suites_but_for_threads_and_overflow():
    from implicit.cpu.lmf import LogisticMatrixFactorization

    model = LogisticMatrixFactorization(factors=8, random_state=0)
    check_both_suites(ImplicitAdapter(model), {**OF_THREADS, **OF_OVERFLOW})


@needs_lightfm
def test_the_k_os_loss_passes_both_suites_but_for_threads():
    # It looks at no value, so that none is too large for it.
    check_both_suites(LightFMAdapter(lightfm(loss="warp-kos")), OF_THREADS)


@needs_lightfm
def test_the_logistic_loss_passes_both_suites_but_for_overflow():
    failures = {**OF_OVERFLOW, "check_negative_values": OF_OVERFLOW["check_wild_values"]}
    # Its threads draw nothing: whether they get in each other's way is chance.
    check_both_suites(LightFMAdapter(lightfm(loss="logistic")), failures, may_fail=OF_THREADS)


@needs_lightfm
def test_a_model_of_features_passes_our_suite_but_for_threads_and_overflow():
    check_ours(of_features_alone, {**OF_THREADS, **OF_OVERFLOW})
