"""Factor models on wild values, tiny tables and too little memory."""
# SPDX-License-Identifier: BSD-3-Clause

import tracemalloc
import warnings

import numpy as np
import pandas as pd
import pytest

from sklearn_recsys._kernels import _memory, backend
from sklearn_recsys.decomposition import ALSRecommender, SVDRecommender, _als, _svd
from sklearn_recsys.decomposition._early_stopping import HeldOut
from sklearn_recsys.exceptions import DataWarning
from sklearn_recsys.interactions._validation import validate_interactions

MODELS = {
    "cg": ALSRecommender(8, random_state=0, max_iter=3, compute_loss=True),
    "cholesky": ALSRecommender(8, solver="cholesky", random_state=0, max_iter=3),
    "svd": SVDRecommender(5, random_state=0),
    "arpack": SVDRecommender(5, algorithm="arpack", random_state=0),
}
every_model = pytest.mark.parametrize("name", MODELS)


def plays(n=150, n_users=25, n_items=15):
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"user": rng.integers(n_users, size=n), "item": rng.integers(n_items, size=n)})
    X = X.drop_duplicates(ignore_index=True)
    return X.assign(value=rng.integers(1, 5, size=len(X)).astype(float))


def mixed():
    X = plays()
    X.loc[::3, "value"] = 1e30
    X.loc[1::3, "value"] = 1e-30
    return X


def with_empty_rows():
    """Some users and some items have explicit zeros alone."""
    X = plays()
    X.loc[(X.user < 4) | (X.item < 3), "value"] = 0.0
    return X


TABLES = {
    "large": plays().assign(value=lambda X: X.value * 1e30),
    "small": plays().assign(value=lambda X: X.value * 1e-30),
    "mixed": mixed(),
    "empty": with_empty_rows(),
    "zeros": plays().assign(value=0.0),
    "one": pd.DataFrame({"user": [7], "item": [3], "value": [1.0]}),
    "one zero": pd.DataFrame({"user": [7], "item": [3], "value": [0.0]}),
    "one user": pd.DataFrame({"user": [7] * 5, "item": range(5), "value": 2.0}),
    "one item": pd.DataFrame({"user": range(5), "item": [3] * 5, "value": 2.0}),
}


def fit(model, X):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)  # vectors that vanish
        return type(model)(**model.get_params()).fit(X)


@every_model
@pytest.mark.parametrize("table", TABLES)
def test_every_answer_is_finite_whatever_the_values(name, table):
    X = TABLES[table]
    model = fit(MODELS[name], X)
    user, item = X.user[0], X.item[0]
    pairs = pd.DataFrame({"user": [user, user, 99, 99], "item": [item, 99, item, 99]})
    for answer in (
        model.user_factors_,
        model.item_factors_,
        model.predict(pairs),
        model.recommend(n_items=5, exclude_seen=False).score,
        model.similar_items(list(model.items_), 3, include_self=True).score,
        model.similar_users(list(model.users_), 3, include_self=True).score,
        model.explain(user, item).contribution,
    ):
        assert np.isfinite(answer).all()
    lists, folded = model.recommend(n_items=5), model.recommend(history=X, n_items=5)
    assert lists.item.tolist() == folded.item.tolist()


@pytest.mark.parametrize("name", ["cg", "cholesky"])
@pytest.mark.parametrize("parameter", ["reg", "alpha", "unobserved_weight", "init_scale"])
@pytest.mark.parametrize("value", [1e-30, 1e30, 1e300, 10**30], ids=str)
def test_every_answer_is_finite_whatever_the_parameters(name, parameter, value):
    model = fit(ALSRecommender(**{**MODELS[name].get_params(), parameter: value}), plays())

    assert np.isfinite(model.recommend().score).all()
    assert np.isfinite(model.explain(3, 4).contribution).all()


@every_model
def test_a_fitted_model_may_hold_64_bit_indices(name):
    X = plays()
    model, wide = fit(MODELS[name], X), fit(MODELS[name], X)
    for part in ("indptr", "indices"):
        narrow = getattr(model.interactions_, part)
        setattr(wide.interactions_, part, narrow.astype(np.int64))

    for ask in (
        lambda model: model.recommend(n_items=4, exclude=[1, 2]),
        lambda model: model.recommend([3, 4], exclude=pd.DataFrame({"user": [3], "item": [5]})),
        lambda model: model.similar_users([1, 2, 3], 4),
        lambda model: model.explain(3, 4),
    ):
        pd.testing.assert_frame_equal(ask(wide), ask(model))
    for learned, expected in zip(
        wide._factorize(wide.interactions_), model._factorize(model.interactions_), strict=True
    ):
        np.testing.assert_array_equal(learned, expected)


def test_what_is_learned_from_with_early_stopping_keeps_32_bit_indices():
    matrix = fit(MODELS["svd"], plays()).interactions_
    rest = HeldOut(matrix, 0.4, np.random.default_rng(0)).rest

    assert rest.indices.dtype == rest.indptr.dtype == matrix.indices.dtype == np.int32


@every_model
def test_a_fit_that_does_not_fit_in_memory_is_refused_before_the_work(name, monkeypatch):
    monkeypatch.setattr(_memory, "available_memory", lambda: 70_000_000)
    X = pd.DataFrame({"user": np.arange(20_000), "item": np.arange(20_000)})
    model = MODELS[name]
    model = type(model)(**{**model.get_params(), "n_components": 1000})

    with pytest.raises(MemoryError, match=r"^1000 components of 20000 users and 20000 items would"):
        model.fit(X)

    assert not hasattr(model, "users_")


def test_an_addition_that_does_not_fit_in_memory_leaves_the_model_as_it_was(monkeypatch):
    model = fit(ALSRecommender(8, random_state=0, max_iter=1), plays())
    before = dict(vars(model))
    # As much as sorting the rows takes.
    monkeypatch.setattr(_memory, "available_memory", lambda: 26_000_000)
    monkeypatch.setattr(_memory, "_SMALL", 0)
    new = pd.DataFrame({"user": np.arange(10**6), "item": 0, "value": 1.0})

    with pytest.raises(MemoryError, match="8 components of 1000000 users and 15 items"):
        model.partial_fit(new)

    assert vars(model) == before


@pytest.mark.parametrize("values", [None, 1.0])
@pytest.mark.parametrize(
    "parameters",
    [{"n_components": 64}, {"n_components": 100}, {"n_components": 16, "early_stopping": True}],
    ids=str,
)
def test_the_memory_asked_for_is_about_what_a_fit_takes(parameters, values, monkeypatch):
    if backend() != "native":
        pytest.skip("the twins hold more at once where little is held")
    asked = []
    monkeypatch.setattr(_als, "require_memory", lambda n_bytes, *_, **__: asked.append(n_bytes))
    assert_peak_is_near(ALSRecommender(max_iter=1, random_state=0, **parameters), asked, values)


@pytest.mark.parametrize("algorithm", ["randomized", "arpack"])
def test_the_memory_asked_for_is_about_what_a_decomposition_takes(algorithm, monkeypatch):
    asked = []
    monkeypatch.setattr(_svd, "require_memory", lambda n_bytes, *_, **__: asked.append(n_bytes))
    assert_peak_is_near(SVDRecommender(20, algorithm=algorithm, random_state=0), asked)


def assert_peak_is_near(model, asked, values=None):
    X = plays(40_000, 12_000, 6_000)
    matrix = validate_interactions(X if values is None else X.assign(value=values)).matrix
    tracemalloc.start()
    model._factorize(matrix)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert 0.7 * peak < asked[0] < 1.4 * peak
