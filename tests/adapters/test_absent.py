"""What an adapter says where its library is not installed."""
# SPDX-License-Identifier: BSD-3-Clause

import sys

import pytest

from sklearn_recsys.adapters import ImplicitAdapter, LightFMAdapter

PLAYS = [["ann", "undo"], ["bob", "undo"], ["bob", "heat"]]


class Lookalike:
    """Has the methods of a model of both libraries, and is none."""

    fit = recommend = fit_partial = get_user_representations = print


@pytest.mark.parametrize(
    ("adapter", "library"), [(ImplicitAdapter, "implicit"), (LightFMAdapter, "lightfm")]
)
def test_a_missing_library_is_named_with_the_extra_that_installs_it(monkeypatch, adapter, library):
    monkeypatch.setitem(sys.modules, library, None)

    with pytest.raises(ModuleNotFoundError) as raised:
        adapter(Lookalike()).fit(PLAYS)

    assert str(raised.value) == (
        f"This needs {library}, which is not installed: "
        f"run pip install 'sklearn-recsys[{library}]'."
    )


@pytest.mark.parametrize("adapter", [ImplicitAdapter, LightFMAdapter])
def test_parameters_of_what_is_no_model_are_not_looked_for(adapter):
    model = Lookalike()

    params = adapter(model).get_params()

    assert params["model"] is model
    assert not any(name.startswith("model__") for name in params)
    with pytest.raises(ValueError, match=r"Invalid parameter\(s\) 'factors' for model Lookalike"):
        adapter(model).set_params(model__factors=3)
