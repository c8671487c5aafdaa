"""What the package itself promises: lazy rooms, a version, types, honest floors."""
# SPDX-License-Identifier: BSD-3-Clause

import importlib
import subprocess
import sys
import tomllib
from importlib import metadata, resources
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

import sklearn_recsys

ROOT = Path(__file__).parents[1]
ROOMS = [name for name in sklearn_recsys.__all__ if not name.startswith("_")]

checkout_only = pytest.mark.skipif(
    not (ROOT / "pyproject.toml").exists(), reason="reads files of the source tree"
)


def loaded_by(statement):
    """Return the top-level names that a fresh interpreter holds after a statement."""
    code = f"import sys; {statement}; print(*{{name.partition('.')[0] for name in sys.modules}})"
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return set(run.stdout.split())


@pytest.mark.parametrize("name", ROOMS)
def test_a_room_is_an_attribute_of_the_package(name):
    # Asked directly: an import elsewhere has bound the attribute already.
    room = sklearn_recsys.__getattr__(name)

    assert room is importlib.import_module(f"sklearn_recsys.{name}")


def test_the_package_lists_all_rooms_and_only_those():
    found = {
        path.stem
        for path in Path(sklearn_recsys.__file__).parent.iterdir()
        if (path.suffix == ".py" or (path / "__init__.py").exists()) and path.stem[0] != "_"
    }

    assert set(ROOMS) == found - {"cli"}


def test_an_unknown_attribute_is_named():
    with pytest.raises(AttributeError, match="'sklearn_recsys' has no attribute 'recomend'"):
        sklearn_recsys.recomend  # noqa: B018


def test_completion_offers_the_rooms():
    assert set(sklearn_recsys.__all__) <= set(dir(sklearn_recsys))


@pytest.mark.parametrize("name", ROOMS)
def test_every_public_name_of_a_room_exists_and_says_so(name):
    room = importlib.import_module(f"sklearn_recsys.{name}")

    assert room.__all__ == sorted(set(room.__all__), key=room.__all__.index)
    assert [public for public in room.__all__ if not hasattr(room, public)] == []


def test_importing_the_package_loads_no_dependency():
    loaded = loaded_by("import sklearn_recsys")

    heavy = {"numpy", "scipy", "pandas", "sklearn", "polars", "pyarrow", "matplotlib", "torch"}
    assert loaded & heavy == set()


def test_using_one_room_loads_what_this_room_needs_and_no_more():
    loaded = loaded_by("import sklearn_recsys; sklearn_recsys.exceptions.DataWarning")

    assert loaded & {"numpy", "scipy", "pandas", "sklearn"} == set()


def test_importing_every_room_loads_no_optional_dependency():
    rooms = ", ".join(f"sklearn_recsys.{name}" for name in ROOMS if name != "testing")

    # pandas loads pyarrow by itself where it is installed.
    heavy = {
        "polars",
        "matplotlib",
        "torch",
        "librosa",
        "hypothesis",
        "pytest",
        "implicit",
        "lightfm",
    }
    assert loaded_by(f"import {rooms}") & heavy == set()


def test_importing_a_model_waits_for_no_progress_bar_index_or_plot():
    loaded = loaded_by("import sklearn_recsys.decomposition")

    assert loaded & {"tqdm", "faiss", "matplotlib", "numba"} == set()


def test_the_version_is_the_one_that_was_installed():
    assert Version(sklearn_recsys.__version__) == Version(metadata.version("sklearn-recsys"))


def test_the_package_tells_type_checkers_that_it_is_typed():
    assert resources.files("sklearn_recsys").joinpath("py.typed").is_file()


@checkout_only
def test_the_minimum_versions_are_the_floors_of_the_project():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    floors = {}
    names = ("approximate", "implicit", "lightfm", "plot", "polars", "pyarrow")
    optional = (text for name in names for text in extras[name])
    for text in [*project["dependencies"], *optional]:
        requirement = Requirement(text)
        (floor,) = requirement.specifier
        assert floor.operator == ">="
        floors[requirement.name] = Version(floor.version)

    pinned = {}
    for line in (ROOT / ".ci" / "minimum-requirements.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            requirement = Requirement(line)
            (pin,) = requirement.specifier
            assert pin.operator == "=="
            pinned[requirement.name] = Version(pin.version)

    assert pinned == floors
