"""Data sets: generated worlds of films and music, and published ones to download or read."""
# SPDX-License-Identifier: BSD-3-Clause

from sklearn_recsys.datasets._download._data_home import clear_data_home, get_data_home
from sklearn_recsys.datasets._download._fetch_movielens import fetch_movielens
from sklearn_recsys.datasets._download._fetch_music import (
    fetch_hetrec_lastfm,
    fetch_lastfm_360k,
    fetch_taste_profile,
)
from sklearn_recsys.datasets._generated._make import make_interactions
from sklearn_recsys.datasets._generated._make_music import make_music_world
from sklearn_recsys.datasets._published._audioscrobbler import load_audioscrobbler
from sklearn_recsys.datasets._published._lastfm import load_hetrec_lastfm, load_lastfm_360k
from sklearn_recsys.datasets._published._movielens import load_movielens
from sklearn_recsys.datasets._published._taste_profile import load_taste_profile
from sklearn_recsys.datasets._reading._read_interactions import read_interactions

__all__ = [
    "clear_data_home",
    "fetch_hetrec_lastfm",
    "fetch_lastfm_360k",
    "fetch_movielens",
    "fetch_taste_profile",
    "get_data_home",
    "load_audioscrobbler",
    "load_hetrec_lastfm",
    "load_lastfm_360k",
    "load_movielens",
    "load_taste_profile",
    "make_interactions",
    "make_music_world",
    "read_interactions",
]
