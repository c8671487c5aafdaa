"""Adapters come back with their model's parameters, and without another library's objects."""
# SPDX-License-Identifier: BSD-3-Clause

import sys

import numpy as np
import pandas as pd
import pytest
from threadpoolctl import threadpool_limits

from sklearn_recsys.adapters import ImplicitAdapter, LightFMAdapter
from sklearn_recsys.exceptions import UnsafeFileError
from sklearn_recsys.persistence import load, save


@pytest.fixture
def als():
    module = pytest.importorskip("implicit.cpu.als", reason="needs the extra implicit")
    with threadpool_limits(1, user_api="blas"):  # or implicit warns of BLAS threads
        model = module.AlternatingLeastSquares(factors=4, regularization=0.5, random_state=7)
    model.cg_steps = 2
    return ImplicitAdapter(model)


@pytest.fixture
def warp():
    module = pytest.importorskip("lightfm", reason="needs the extra lightfm")
    return LightFMAdapter(module.LightFM(loss="warp", no_components=4, random_state=7))


def test_an_unfitted_adapter_comes_back_with_the_parameters_of_its_model(als, path):
    save(als, path)

    loaded = load(path)

    assert loaded.get_params().keys() == als.get_params().keys()
    assert repr(loaded) == repr(als)
    assert loaded.model.cg_steps == 2


@pytest.mark.parametrize("name", ["als", "warp"])
def test_a_fitted_adapter_recommends_and_fits_again_as_it_did(name, path, plays, request):
    adapter = request.getfixturevalue(name).fit(plays)
    expected = adapter.recommend()
    save(adapter, path)

    loaded = load(path)

    assert not hasattr(loaded, "model_")
    pd.testing.assert_frame_equal(loaded.recommend(), expected)
    pd.testing.assert_frame_equal(loaded.fit(plays).recommend(), expected)


def test_what_a_given_model_has_learned_is_not_saved(als, path, plays):
    used = als.fit(plays).model_

    save(ImplicitAdapter(used), path)

    assert load(path).model.item_factors is None


def test_the_generator_of_a_lightfm_comes_back_in_its_state(warp, path):
    warp.model.random_state.rand(5)
    save(warp, path)

    drawn = load(path).model.random_state.rand(3)

    np.testing.assert_array_equal(drawn, warp.model.random_state.rand(3))


def test_a_parameter_that_is_no_plain_value_cannot_be_saved(als, path):
    als.set_params(model__regularization=[1.0])

    with pytest.raises(TypeError, match=r"model\.regularization is a list, which cannot be saved"):
        save(als, path)


def test_a_model_that_is_derived_from_one_of_the_library_cannot_be_saved(als, path):
    class Better(type(als.model)):
        pass

    with threadpool_limits(1, user_api="blas"):
        adapter = ImplicitAdapter(Better())

    with pytest.raises(TypeError, match="model is a Better, which cannot be saved"):
        save(adapter, path)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("class", "subprocess.Popen"),
        ("class", "implicit.cpu.als.user_factor"),
        ("names", ["item_factors"]),
        ("names", ["fit"]),
        ("names", ["factors"]),
        ("values", []),
    ],
)
def test_a_forged_model_is_refused(als, path, forge, field, value):
    forgery = forge(als)
    node = forgery.node(kind="library model")
    node[field] = value
    forgery.write()

    with pytest.raises(UnsafeFileError):
        load(path)


def test_a_forged_value_that_is_no_plain_one_is_refused(als, path, forge):
    forgery = forge(als)
    node = forgery.node(kind="library model")
    forgery.nodes.insert(0, {"kind": "list", "items": []})
    for other in forgery.nodes[1:]:
        shift_references(other)
    node["values"][0] = {"at": 0}
    forgery.write()

    with pytest.raises(UnsafeFileError, match="a wrong values"):
        load(path)


def shift_references(value):
    """Make all references of a node point to the node after."""
    parts = value.values() if isinstance(value, dict) else value
    for part in parts:
        if isinstance(part, dict) and set(part) == {"at"}:
            part["at"] += 1
        elif isinstance(part, (dict, list)):
            shift_references(part)


def test_where_the_library_is_missing_the_extra_is_named(als, path, monkeypatch):
    save(als, path)
    monkeypatch.setitem(sys.modules, "implicit", None)
    for name in [name for name in sys.modules if name.startswith("implicit.")]:
        monkeypatch.delitem(sys.modules, name)

    with pytest.raises(ModuleNotFoundError, match=r"pip install 'sklearn-recsys\[implicit\]'"):
        load(path)
