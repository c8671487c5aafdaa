"""Settings shared by all tests."""
# SPDX-License-Identifier: BSD-3-Clause

import os
from pathlib import Path

import pytest
from hypothesis import settings

from sklearn_recsys import _kernels

# Before anything imports matplotlib: figures are made for nobody to see.
os.environ.setdefault("MPLBACKEND", "Agg")

# Timing proves nothing on a shared machine; in CI one commit gets one verdict.
settings.register_profile("project", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("project")


def pytest_addoption(parser):
    parser.addoption(
        "--kernels", choices=["native", "numpy"], help="run on these kernels, not on the best"
    )


def pytest_configure(config):
    _kernels.use_backend(config.getoption("--kernels"))


def pytest_report_header():
    return f"kernels: {_kernels.backend()}"


@pytest.fixture(scope="session")
def real_data():
    """Return a function from a data set's name to its directory; it skips where that is missing."""
    shared = Path(__file__).resolve().parents[2] / "shared" / "data"
    root = Path(os.environ.get("SKLEARN_RECSYS_DATA", shared))

    def find(name):
        directory = root / name
        if not directory.is_dir():
            pytest.skip(f"no data set {name!r} found: SKLEARN_RECSYS_DATA names their directory")
        return directory

    return find
