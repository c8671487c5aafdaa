"""Factors of songs from their sound, by a network."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest

from sklearn_recsys.content import ContentToFactorsRecommender
from sklearn_recsys.decomposition import SVDRecommender
from sklearn_recsys.interactions import FeatureTable
from sklearn_recsys.neural_network import AudioCNNRegressor
from sklearn_recsys.persistence import load, save

pytest.importorskip(
    "torch", reason="PyTorch is not installed: pip install 'sklearn-recsys[neural]'"
)


def test_a_network_places_new_songs_among_the_factors(tmp_path):
    rng = np.random.default_rng(0)
    users, songs = np.nonzero(rng.random((60, 40)) < 0.5)
    liked = (users + songs) % 2 == 0
    X = pd.DataFrame({"user": users[liked], "song": songs[liked]})
    # Songs of even number have the first band, those of odd number the second; two are new.
    sounds = 0.1 * rng.standard_normal((42, 12, 2)).astype(np.float32)
    sounds[np.arange(42), :, np.arange(42) % 2] += 1
    paths = [str(tmp_path / f"{song}.npy") for song in range(42)]
    for path, sound in zip(paths, sounds, strict=True):
        np.save(path, sound)
    network = AudioCNNRegressor(
        n_filters=(8,), pool_sizes=(), hidden_layer_sizes=(), dropout=0.0, learning_rate=0.01,
        max_iter=60, device="cpu", random_state=0,
    )  # fmt: skip
    model = ContentToFactorsRecommender(
        SVDRecommender(2, random_state=0),
        regressor=network,
        item_features=FeatureTable(pd.DataFrame({"path": paths})),
    ).fit(X)

    scores = model.predict(pd.DataFrame({"user": [0, 0, 1, 1], "song": [40, 41, 40, 41]}))
    assert scores[0] > scores[1]
    assert scores[3] > scores[2]
    assert model.is_cold_item_.nonzero()[0].tolist() == [40, 41]

    save(model, tmp_path / "model")
    found = load(tmp_path / "model").recommend([0, 1])
    pd.testing.assert_frame_equal(found, model.recommend([0, 1]))
