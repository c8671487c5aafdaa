"""
A playlist every Monday
=======================

Thirty songs that a listener has never played, ten of which came out this morning: what people
play, what is written and how songs sound are blended into one list. The world is generated, so
that how much everybody would like every song is known.
"""
# SPDX-License-Identifier: BSD-3-Clause

# %%
# Nobody has played the new songs, nothing is written about them, and half of them are by artists of
# whom nothing is known; but they can be heard. Their sound is seen here as the loudness of 24
# bands: its mean, its variation, and how abruptly it changes. ``MelSpectrogram`` and
# ``AudioCNNRegressor`` hear more.

import numpy as np
import pandas as pd
from scipy.signal import stft

from sklearn_recsys.datasets import make_music_world

world = make_music_world(random_state=0)
songs, new = world.songs, world.songs.loc[world.songs["is_new"], "song_id"]


def listen(song_ids):
    power = np.abs(stft(world.waveforms(song_ids), nperseg=512)[2]) ** 2
    edges = np.unique(np.geomspace(1, 256, 25).astype(int))
    bands = np.log1p(1e6 * np.add.reduceat(power, edges[:-1], axis=1))
    features = np.hstack([bands.mean(2), bands.std(2), np.diff(bands).std(2)])
    return pd.DataFrame(features, index=song_ids).add_prefix("band ")


sound = pd.concat([listen(songs["song_id"][start : start + 100]) for start in range(0, 1000, 100)])

# %%
# Three sources, and their sum
# ----------------------------
# Each source's scores of a listener are brought to one scale and added. Of songs that are alike in
# what is written about them, MMR puts one first and the others further down.

from sklearn.preprocessing import StandardScaler

from sklearn_recsys.baseline import PopularityRecommender
from sklearn_recsys.content import ContentRecommender
from sklearn_recsys.ensemble import BlendRecommender, MMRDiversifier
from sklearn_recsys.feature_extraction import TermVectors
from sklearn_recsys.interactions import FeatureTable
from sklearn_recsys.linear_model import EASERecommender

terms = FeatureTable(pd.DataFrame({"terms": world.terms}), TermVectors())
plays = ("plays", EASERecommender())
text = ("text", ContentRecommender(terms))
audio = ("audio", ContentRecommender(FeatureTable(sound, StandardScaler(), fit_on="all")))
blend = BlendRecommender([plays, text, audio])
models = {
    "popularity": PopularityRecommender(),
    **{name: model for name, model in (plays, text, audio)},
    "plays + text": BlendRecommender([plays, text]),
    "plays + audio": BlendRecommender([plays, audio]),
    "all three": blend,
    "all, diversified": MMRDiversifier(blend, trade_off=0.3, n_candidates=300, item_features=terms),
}

# %%
# The list
# --------
# ``recommend`` leaves out what a listener has played, and ``exclude`` what she got last week. New
# songs have a share of their own, and no artist has more than two: the rest is pandas.


def playlist(model, last_week=None):
    fresh = take(model.recommend(n_items=60, candidates=new, exclude=last_week), 10)
    known = model.recommend(n_items=300, exclude=last_week)
    known = take(known[~known["song_id"].isin(new)], 30 - 10)
    return pd.concat([fresh, known]).sort_values(["user_id", "rank"], kind="stable")


def take(lists, n, per_artist=2):
    lists = lists.merge(songs, on="song_id")
    lists = lists[lists.groupby(["user_id", "artist_id"]).cumcount() < per_artist]
    return lists.groupby("user_id").head(n)


# %%
# What each part is good for
# --------------------------
# Liking is in standard deviations of a listener's liking of all songs.

liking = world.truth.user_factors @ world.truth.song_factors.T
liking = (liking - liking.mean(axis=1, keepdims=True)) / liking.std(axis=1, keepdims=True)
liking = pd.DataFrame(liking, world.users["user_id"], songs["song_id"])


def judge(lists):
    rows, columns = liking.index.get_indexer(lists["user_id"]), lists["song_id"]
    liked = liking.to_numpy()[rows, liking.columns.get_indexer(columns)]
    return {
        "liking": liked.mean(),
        "of new songs": liked[lists["is_new"]].mean(),
        "artists in a list": lists.groupby("user_id")["artist_id"].nunique().mean(),
        "songs in all lists": lists["song_id"].nunique(),
    }


lists = {name: playlist(model.fit(world.X)) for name, model in models.items()}
pd.DataFrame({name: judge(found) for name, found in lists.items()}).T.round(2)
