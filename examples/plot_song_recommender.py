"""
A song recommender, from raw files to a precision-recall curve
==============================================================

Who listens to this song also listens to that one: the recommender that many people build first,
on the play log that many tutorials use, and three mistakes that are easily made on the way.

The files are the first rows of ``10000.txt`` and a sample of the songs' titles; the environment
variable ``SKLEARN_RECSYS_DATA`` names the folder that has them. ``fetch_taste_profile`` downloads
the whole of both.
"""
# SPDX-License-Identifier: BSD-3-Clause

# %%
# Two raw files
# -------------
# A log without a header and a table of songs, in which a song may stand twice.

import os
from pathlib import Path

from sklearn.model_selection import train_test_split

from sklearn_recsys.baseline import PopularityRecommender
from sklearn_recsys.datasets import load_taste_profile
from sklearn_recsys.inspection import PrecisionRecallAtKDisplay
from sklearn_recsys.interactions import (
    describe_interactions,
    join_item_table,
    merge_items,
    popularity_table,
)
from sklearn_recsys.neighbors import ItemKNNRecommender

folder = Path(os.environ["SKLEARN_RECSYS_DATA"]) / "taste-profile"
data = load_taste_profile(folder / "10000_first_42739.txt.gz", folder / "song_sample_10000.csv.gz")
plays = data.X.head(10_000)
describe_interactions(plays)

# %%
# One song, several ids
# ---------------------
# Ids with the same title and artist are one song. A title is known for 3104 of the 5175 ids, and
# 6 of these are merged.

plays, report = merge_items(plays, data.songs, by=["title", "artist_name"], return_report=True)
print(report)

# %%
# What most people listen to
# --------------------------
# **First mistake: to call this "listen count".** It counts listeners, since the log has one row for
# each listener and song; ``by="value"`` would add up the plays, and give another order.

top = popularity_table(plays).head(8)
join_item_table(top.rename(columns={"count": "listeners"}), data.songs, on="song_id")

# %%
# The same for everyone, and for each her own
# -------------------------------------------
# The score of a song is its mean Jaccard similarity to the songs that the listener played: the
# listeners in common, divided by the listeners of either.

train, test = train_test_split(plays[["user_id", "song_id"]], test_size=0.2, random_state=0)
popular = PopularityRecommender().fit(train)
alike = ItemKNNRecommender("jaccard", n_neighbors=None, aggregate="mean", shrinkage=0).fit(train)

listeners = plays["user_id"].unique()
print(popular.recommend(listeners[5], 5)["score"].tolist())
join_item_table(alike.recommend(listeners[5], 6), data.songs, on="song_id")

# %%
# **Second mistake: to take an arbitrary order for a ranking.** The eight Coldplay songs of another
# listener make hundreds of songs score the same. Here ties go to the more popular song, then to the
# smaller id, on every machine.

alike.recommend(listeners[7], 100)["score"].describe()[["min", "max"]].round(6)

# %%
# Which one finds more?
# ---------------------
# **Third mistake: to swap the two axes.** Precision divides the hits by the length of the list,
# recall by the songs to find; so recall cannot fall as the list grows, for any recommender.

models = {"popularity": popular, "songs alike": alike}
display = PrecisionRecallAtKDisplay.from_estimators(models, test)
assert all((display.recall[name][1:] >= display.recall[name][:-1]).all() for name in models)
