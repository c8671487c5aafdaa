"""Fixtures of the tests of saved files."""
# SPDX-License-Identifier: BSD-3-Clause

import io
import json
import zipfile

import numpy as np
import pandas as pd
import pytest

from sklearn_recsys.persistence import load, save
from sklearn_recsys.persistence._archive import write_archive
from sklearn_recsys.preprocessing import ConfidenceWeighter


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.recsys"


@pytest.fixture
def round_trip(path):
    """Return a function that saves and loads a value, as the parameter of an estimator."""

    def pass_through(value, **options):
        save(ConfidenceWeighter(value), path)
        return load(path, **options).scheme

    return pass_through


@pytest.fixture
def plays():
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "listener": [f"u{code}é" for code in rng.integers(0, 12, 90)],
            "song": rng.integers(0, 10, 90),
            "plays": rng.integers(1, 6, 90).astype(float),
        }
    )


class Forgery:
    """The members of a saved file, to be changed and put together again with right checksums."""

    def __init__(self, path):
        self._path = path
        with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as archive:
            self.members = {info.filename: archive.read(info) for info in archive.infolist()}
        self.manifest = json.loads(self.members["manifest.json"])

    @property
    def nodes(self):
        return self.manifest["nodes"]

    def node(self, **fields):
        """Return the first node with these fields."""
        return next(n for n in self.nodes if fields.items() <= n.items())

    def write(self):
        content = json.dumps(self.manifest).encode()
        write_archive(self._path, [*{**self.members, "manifest.json": content}.items()])


@pytest.fixture
def forge(path):
    """Return a function that saves an estimator and takes the file apart."""

    def take_apart(estimator):
        save(estimator, path)
        return Forgery(path)

    return take_apart
