"""
Preparing the play counts of Last.fm
====================================

Names in mixed case, one artist under two spellings, a listener who is not in the data yet: what
has to be settled before a play log says something, and how each step tells what it did.

The data are those of HetRec 2011; the environment variable ``SKLEARN_RECSYS_DATA`` names the folder
that has them, and ``fetch_hetrec_lastfm`` downloads them.
"""
# SPDX-License-Identifier: BSD-3-Clause

# %%
# Read
# ----
# The names are read without quoting, since some have a quotation mark in them, and the play counts
# are keyed by number. Here the name itself becomes the item.

import os
import warnings
from pathlib import Path

import pandas as pd

from sklearn_recsys.datasets import load_hetrec_lastfm
from sklearn_recsys.interactions import (
    describe_interactions,
    find_near_duplicate_labels,
    join_item_table,
    normalize_labels,
    popularity_table,
)
from sklearn_recsys.neighbors import ItemKNNRecommender
from sklearn_recsys.pipeline import make_recommender_pipeline
from sklearn_recsys.preprocessing import BM25Weighter

folder = Path(os.environ["SKLEARN_RECSYS_DATA"]) / "hetrec2011-lastfm-2k"
data = load_hetrec_lastfm(folder / "hetrec2011-lastfm-2k.zip")
plays = join_item_table(data.X, data.artists)[["user_id", "name", "plays"]]
plays.head(3)

# %%
# One way to write a name
# -----------------------
# Lower case keeps every letter: *Ä* becomes *ä*, not *a*. Names that become equal are one artist
# from here on.

plays, report = normalize_labels(plays, column="name", return_report=True)
print(report)

# %%
# Look
# ----
# Most listeners have exactly 50 artists, and most artists hardly any listeners. The rows that
# repeat a pair came from the step before; a recommender adds up their plays.

describe_interactions(plays)

# %%
# The artists with the most listeners are not those with the most plays.

listeners = popularity_table(plays, by="users").head(6)
listeners.merge(popularity_table(plays, by="value"), on="name", suffixes=("_listeners", "_plays"))

# %%
# Names that may be the same
# --------------------------
# Spaces, accents and punctuation are left out of the comparison, and a letter may differ. Nothing
# is merged: *múm* and *mum* are two bands, *dúné* and *dune* too.

find_near_duplicate_labels(plays, column="name").head(10)

# %%
# Somebody new
# ------------
# A listener who is not in the data gets a list from her own rows, without another fit. Two of her
# names are written in another way than those in the data, and the library says so. Without that
# warning she would wonder why *maroon 5*, which she likes, is recommended to her.

recommender = make_recommender_pipeline(BM25Weighter(), ItemKNNRecommender("cosine")).fit(plays)
liked = ["black eyed peas", "maroon5", "jason mraz", "coldplay", "beyonce"]
own = pd.DataFrame({"user_id": 9999, "name": liked, "plays": 30})
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    print(recommender.recommend(history=own, n_items=6)["name"].tolist())
print(caught[0].message)

# %%
# The same search finds what she meant.

unknown = set(own["name"]) - set(plays["name"])
near = find_near_duplicate_labels(pd.concat([plays["name"], own["name"]]))
meant = near[near["near_duplicate"].isin(unknown)].set_index("near_duplicate")["label"]
own["name"] = own["name"].replace(meant)
recommender.recommend(history=own, n_items=6)
