"""
How much does a random split flatter?
=====================================

Rows that are held out at random let a model learn from what came after them. The same people, and
as many ratings of each, held out at random and by time: which model is better, and by how much?

The data are MovieLens-100K; the environment variable ``SKLEARN_RECSYS_DATA`` names the folder that
has them, and ``fetch_movielens`` downloads them.
"""
# SPDX-License-Identifier: BSD-3-Clause

# %%
# By time
# -------
# The last fifth of all ratings is held out. Most people of MovieLens came, rated and left, so that
# few are on both sides of the cut; only those are scored.

import os
from pathlib import Path

from sklearn_recsys.datasets import load_movielens

archive = Path(os.environ["SKLEARN_RECSYS_DATA"]) / "ml-100k" / "ml-100k.zip"
X = load_movielens(archive).X
past = X[X["timestamp"] < X["timestamp"].quantile(0.8)]
future = X.drop(past.index)
future = future[future["user_id"].isin(past["user_id"])]
future["user_id"].nunique(), len(future)

# %%
# At random
# ---------
# Of each of these people as many ratings, from any time.

import numpy as np

order = np.random.default_rng(0).permutation(len(X))
shuffled = X.iloc[order]
n_held_out = shuffled["user_id"].map(future.groupby("user_id").size()).fillna(0)
held_out = shuffled[shuffled.groupby("user_id").cumcount() < n_held_out]
rest = X.drop(held_out.index)

# %%
# Four models
# -----------
# That somebody rated a film counts, not how many stars she gave.

import pandas as pd

from sklearn_recsys.baseline import PopularityRecommender
from sklearn_recsys.decomposition import ALSRecommender
from sklearn_recsys.linear_model import EASERecommender
from sklearn_recsys.metrics import make_ranking_scorer
from sklearn_recsys.neighbors import ItemKNNRecommender

scorer = make_ranking_scorer("ndcg@10")
splits = {"at random": (rest, held_out), "by time": (past, future)}
models = [
    PopularityRecommender(),
    ItemKNNRecommender(),
    ALSRecommender(random_state=0),
    EASERecommender(),
]
pairs = ["user_id", "movie_id"]
table = pd.DataFrame(
    {
        name: {
            type(model).__name__: scorer(model.fit(train[pairs]), test[pairs]) for model in models
        }
        for name, (train, test) in splits.items()
    }
)
table.round(3)

# %%

ax = table[::-1].plot.barh(figsize=(7, 3), width=0.7, xlabel="mean nDCG@10 over the same people")
ax.spines[["top", "right"]].set_visible(False)
ax.legend(frameon=False, loc="lower right", bbox_to_anchor=(1, 1), ncols=2)
ax.figure.tight_layout()

# %%
# What the future tells is most of what a model seems to know. How much better than popularity is
# it?

(table / table.loc["PopularityRecommender"]).round(2)
