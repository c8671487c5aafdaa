"""What sound tells of songs that nobody has played, in small."""
# SPDX-License-Identifier: BSD-3-Clause

import importlib
import sys
from pathlib import Path

import pytest

from sklearn_recsys.datasets import make_music_world

pytest.importorskip("torch", reason="needs the extra 'neural'")
pytest.importorskip("librosa", reason="needs the extra 'audio'")


@pytest.fixture
def audio_cnn(monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    yield importlib.import_module("audio_cnn")
    del sys.modules["audio_cnn"]


@pytest.mark.slow
def test_a_network_ranks_unheard_songs_better_than_a_linear_model_and_worse_than_the_truth(
    audio_cnn,
):
    world = make_music_world(1000, 1500, 120_000, n_artists=150, n_new_songs=0)

    table = audio_cnn.compare(
        world, only=(audio_cnn.LINEAR, audio_cnn.CNN), n_filters=(32, 32, 32, 32), max_iter=30
    )

    auc = table.set_index("factors")["AUC"]
    assert list(auc.index) == ["random", audio_cnn.LINEAR, audio_cnn.CNN, "true"]
    assert auc.is_monotonic_increasing
    assert auc["random"] == pytest.approx(0.5, abs=0.03)
