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
# whom nothing is known; but they can be heard. The sound is seen here as the loudness of 24 bands:
# its mean, its variation, and how abruptly it changes. ``MelSpectrogram`` and
# ``AudioCNNRegressor`` hear more.

import numpy as np
import pandas as pd
from scipy.signal import stft

from sklearn_recsys.datasets import make_music_world

world = make_music_world(duration=2.0, random_state=0)
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
# Factors are learned from plays, and a regression foretells those of a song from what is written
# about it, or from its sound. Each source's scores are brought to one scale and added. Of songs
# that sound alike, MMR puts one first and the others further down.

from sklearn.linear_model import Ridge
from sklearn.preprocessing import StandardScaler

from sklearn_recsys.baseline import PopularityRecommender
from sklearn_recsys.content import ContentToFactorsRecommender
from sklearn_recsys.decomposition import ALSRecommender
from sklearn_recsys.ensemble import BlendRecommender, MMRDiversifier
from sklearn_recsys.feature_extraction import TermVectors
from sklearn_recsys.interactions import FeatureTable
from sklearn_recsys.linear_model import EASERecommender

factors = ALSRecommender(16, random_state=0)
features = {
    "text": FeatureTable(pd.DataFrame({"terms": world.terms}), TermVectors(), fit_on="all"),
    "sound": FeatureTable(sound, StandardScaler(), fit_on="all"),
}
plays = ("plays", EASERecommender())
# The prediction counts as much as a million plays: known songs too are judged by it alone.
options = {"regressor": Ridge(30.0), "prior_strength": 1e6}
text, audio = (
    (name, ContentToFactorsRecommender(factors, item_features=table, **options))
    for name, table in features.items()
)
everything = BlendRecommender([plays, text, audio])
models = {
    "popularity": PopularityRecommender(),
    **dict([plays, text, audio]),
    "plays + text": BlendRecommender([plays, text]),
    "plays + sound": BlendRecommender([plays, audio]),
    "everything": everything,
    "diversified": MMRDiversifier(everything, n_candidates=300, item_features=features["sound"]),
}

# %%
# The list
# --------
# ``recommend`` leaves out what a listener has played, and ``exclude`` what she got before. New
# songs have a share of their own, and no artist has more than two: the rest is pandas.


def playlist(model, before=None):
    fresh = new[new.isin(model.items_)]  # plays alone know none of them
    fresh = model.recommend(n_items=60, candidates=fresh, exclude=before)
    fresh = cap(fresh.merge(songs, on="song_id")).groupby("user_id").head(10)
    known = model.recommend(n_items=300, exclude=before).merge(songs, on="song_id")
    known = known[~known["is_new"]]
    return cap(pd.concat([fresh, known], ignore_index=True)).groupby("user_id").head(30)


def cap(lists, per_artist=2):
    return lists[lists.groupby(["user_id", "artist_id"]).cumcount() < per_artist]


lists = {name: playlist(model.fit(world.X)) for name, model in models.items()}
monday = lists["diversified"]
monday.loc[monday["user_id"] == monday["user_id"].iloc[0], ["title", "artist", "is_new"]].head(13)

# %%
# What each part is good for
# --------------------------
# Liking is in standard deviations of a listener's liking of all songs.

liking = world.truth.user_factors @ world.truth.song_factors.T
liking = (liking - liking.mean(axis=1, keepdims=True)) / liking.std(axis=1, keepdims=True)
pairs = pd.MultiIndex.from_product([world.users["user_id"], songs["song_id"]])
liking = pd.Series(liking.ravel(), index=pairs, name="liking")


def judge(found):
    found = found.join(liking, on=["user_id", "song_id"])
    return {
        "liking": found["liking"].mean(),
        "of new songs": found.loc[found["is_new"], "liking"].mean(),
        "artists in a list": found.groupby("user_id")["artist_id"].nunique().mean(),
        "songs in all lists": found["song_id"].nunique(),
    }


judged = pd.DataFrame({name: judge(found) for name, found in lists.items()}).T.round(2)
judged

# %%
# Each source adds to the others, and only those that read or listen find the new songs. Variety
# costs a little of what is liked most.

judged[["liking", "of new songs"]].plot.barh(figsize=(7, 4)).invert_yaxis()

# %%
# Next Monday
# -----------
# Nothing of the last list comes again.

given = monday[["user_id", "song_id"]]
following = playlist(models["diversified"], before=given)
len(following.merge(given)), round(judge(following)["liking"], 2)
