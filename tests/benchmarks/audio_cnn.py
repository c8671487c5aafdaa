"""Measure what sound tells of songs that nobody has played.

Run it as ``python tests/benchmarks/audio_cnn.py [N_SONGS]``. On a generated music world, songs that
are held out are ranked for people by item factors that several regressions predict from the sound:

- ``random``: factors of another song, drawn at random;
- ``linear, mean spectrum``: ridge regression on the mean of each band over time;
- ``linear, mean and deviation``: the same with the deviation of each band;
- ``linear, summary``: ridge regression on AudioSummary;
- ``CNN``: AudioCNNRegressor on log-mel spectrograms;
- ``of plays``: ALS with four fifths of the held-out songs' plays, judged on the last fifth;
- ``true``: what the world has drawn for people and songs.

Otherwise the factors come from ALS on the plays of the songs that are not held out. AUC is the
share of pairs of a held-out song that a user has played and one that she has not in which the
former is ranked first, averaged over users. A quarter of the variance of tastes is of traits that
cannot be heard.
"""
# SPDX-License-Identifier: BSD-3-Clause

import sys
import time

import numpy as np
import pandas as pd
from sklearn.linear_model import RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from sklearn_recsys.datasets import make_music_world
from sklearn_recsys.decomposition import ALSRecommender
from sklearn_recsys.feature_extraction import AudioSummary, MelSpectrogram
from sklearn_recsys.metrics import roc_auc_per_user
from sklearn_recsys.neural_network import AudioCNNRegressor

N_FRAMES, N_MELS = 90, 32


LINEAR, CNN = "linear, mean spectrum", "CNN"


def main(n_songs: int = 3000) -> None:
    tables = []
    for seed in range(3):
        world = make_music_world(
            n_users=2000,
            n_songs=n_songs,
            n_interactions=100 * n_songs,
            n_artists=n_songs // 10,
            n_new_songs=0,
            random_state=seed,
        )
        tables.append(compare(world, seed=seed).set_index("factors"))
        print(tables[-1].round(4).to_string(), flush=True)
    print("\nMeans over three worlds", (sum(tables) / len(tables)).round(4).to_string(), sep="\n")


def compare(world, *, seed: int = 0, n_components: int = 16, only=None, **parameters):
    """Return the AUC of held-out songs and the seconds of each way to their factors.

    `parameters` are the network's; `only` names some ways.
    """
    songs = world.songs["song_id"].to_numpy()
    rng = np.random.default_rng(seed)
    held = np.sort(rng.permutation(len(songs))[: len(songs) // 4])
    cold = songs[held]
    is_cold = world.X["song_id"].isin(cold)
    als = ALSRecommender(n_components, random_state=seed).fit(world.X[~is_cold])
    learnt = np.searchsorted(songs, als.items_)
    relevant = played(world.X[is_cold], als.users_, cold)

    def judge(of_users, of_songs):
        return float(np.nanmean(roc_auc_per_user(of_users @ of_songs.T, relevant)))

    chance = als.item_factors_[rng.integers(len(learnt), size=len(cold))]
    rows = [{"factors": "random", "AUC": judge(als.user_factors_, chance)}]
    for name, extract, model in ways(world, seed, parameters):
        if only is None or name in only:
            X = extract()
            started = time.perf_counter()
            model.fit(X[learnt], als.item_factors_)
            auc = judge(als.user_factors_, model.predict(X[held]))
            rows.append({"factors": name, "AUC": auc, "s": time.perf_counter() - started})
    if only is None:
        auc = judge_by_plays(world.X, cold, n_components, seed)
        rows.append({"factors": "of plays", "AUC": auc})
    truth, users = world.truth, world.users["user_id"]
    of_users = truth.user_factors[np.searchsorted(users, als.users_)]
    rows.append({"factors": "true", "AUC": judge(of_users, truth.song_factors[held])})
    return pd.DataFrame(rows)


def ways(world, seed, parameters):
    """Yield a name, what makes features of all songs, and a regression on them."""
    mel, pictures = spectrograms(world)
    clips = pictures.reshape(len(pictures), mel.n_frames, mel.n_mels)
    means = clips.mean(axis=1)
    ridge = make_pipeline(StandardScaler(), RidgeCV(np.logspace(-1, 5, 13)))
    yield LINEAR, lambda: means, ridge
    yield "linear, mean and deviation", lambda: np.hstack([means, clips.std(axis=1)]), ridge
    summary = AudioSummary(world.waveforms.sample_rate, n_fft=1024, hop_length=128)
    yield "linear, summary", lambda: in_blocks(world, summary), ridge
    sizes = {"n_filters": (32, 32, 64, 64), "hidden_layer_sizes": (128,), "dropout": 0.3}
    shape = (mel.n_frames, mel.n_mels)
    network = AudioCNNRegressor(shape, **{"random_state": seed} | sizes | parameters)
    yield CNN, lambda: pictures, network


def spectrograms(world):
    rate = world.waveforms.sample_rate
    mel = MelSpectrogram(rate, n_frames=N_FRAMES, n_mels=N_MELS, n_fft=512, hop_length=256)
    return mel, in_blocks(world, mel)


def in_blocks(world, transformer):
    songs = world.songs["song_id"].to_numpy()
    blocks = np.array_split(songs, -(-len(songs) // 200))
    transformer.fit(world.waveforms(songs[:1]))
    return np.concatenate([transformer.transform(world.waveforms(block)) for block in blocks])


def played(X, users, songs):
    known = X[X["user_id"].isin(users)]
    relevant = np.zeros((len(users), len(songs)), dtype=bool)
    rows = np.searchsorted(users, known["user_id"])
    relevant[rows, np.searchsorted(songs, known["song_id"])] = True
    return relevant


def judge_by_plays(X, cold, n_components, seed) -> float:
    """Return the AUC of factors that four fifths of the plays of the held-out songs tell."""
    is_cold = X["song_id"].isin(cold)
    pairs = X.loc[is_cold, ["user_id", "song_id"]].drop_duplicates()
    test = pairs.sample(frac=0.2, random_state=seed)
    is_test = X.merge(test.assign(test=True), how="left")["test"].notna().to_numpy()
    als = ALSRecommender(n_components, random_state=seed).fit(X[~is_test])
    places = np.searchsorted(als.items_, cold)
    places = places[np.isin(cold, als.items_)]
    scores = (als.user_factors_ @ als.item_factors_[places].T).astype(np.float64)
    songs = als.items_[places]
    rest = X[is_cold & ~is_test]
    scores[played(rest, als.users_, songs)] = np.nan
    test = test[test["song_id"].isin(songs)]
    return float(np.nanmean(roc_auc_per_user(scores, played(test, als.users_, songs))))


if __name__ == "__main__":
    with threadpool_limits(1):
        main(*map(int, sys.argv[1:]))
