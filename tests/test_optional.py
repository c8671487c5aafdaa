"""The one sentence that a missing optional dependency is answered with."""
# SPDX-License-Identifier: BSD-3-Clause

import json
import os.path

import pytest

from sklearn_recsys._optional import require


def test_an_installed_module_is_returned():
    assert require("json", extra="neural") is json


def test_a_dotted_name_returns_its_last_part():
    assert require("os.path", extra="plot") is os.path


def test_a_missing_module_is_named_with_the_extra_that_installs_it():
    with pytest.raises(ModuleNotFoundError) as raised:
        require("no_such_dependency", extra="neural")

    assert str(raised.value) == (
        "This needs no_such_dependency, which is not installed: "
        "run pip install 'sklearn-recsys[neural]'."
    )
    assert raised.value.name == "no_such_dependency"


def test_a_missing_submodule_names_the_package_to_install():
    with pytest.raises(ModuleNotFoundError, match="This needs no_such_dependency, which"):
        require("no_such_dependency.plotting", extra="plot")


def test_a_module_that_misses_its_own_dependency_keeps_its_own_error(tmp_path, monkeypatch):
    (tmp_path / "half_installed.py").write_text("import its_missing_part\n")
    monkeypatch.syspath_prepend(tmp_path)

    with pytest.raises(ModuleNotFoundError, match="its_missing_part") as raised:
        require("half_installed", extra="neural")

    assert "sklearn-recsys" not in str(raised.value)


def test_a_broken_installation_keeps_its_own_error(tmp_path, monkeypatch):
    (tmp_path / "broken_installation.py").write_text("raise ImportError('libcuda is missing')\n")
    monkeypatch.syspath_prepend(tmp_path)

    with pytest.raises(ImportError, match="libcuda is missing"):
        require("broken_installation", extra="neural")
