"""
Which simple model wins?
========================

Neighbours, random walks, linear models and filters of the graph have no embeddings to train, and
win many benchmarks. Here each is fitted with its defaults, and with what a small search finds.
"""
# SPDX-License-Identifier: BSD-3-Clause

# %%
# A fifth of each person's ratings is held out. What people gave is left aside: that they chose a
# film at all tells more about what they choose next.

from sklearn_recsys.datasets import make_interactions
from sklearn_recsys.model_selection import train_test_split_by_user

films = make_interactions(600, 300, n_interactions=30_000, random_state=0)
train, test = train_test_split_by_user(films.X.iloc[:, :2], random_state=42)

# %%
# Defaults and searches
# ---------------------
# ``suggested_grid`` knows what to search of each model. Candidates are scored on folds of the
# training rows; the test rows are read when the setting is chosen.

from time import perf_counter

import pandas as pd
from sklearn.model_selection import RandomizedSearchCV

from sklearn_recsys.baseline import PopularityRecommender
from sklearn_recsys.decomposition import ALSRecommender, GraphFilterRecommender
from sklearn_recsys.linear_model import EASERecommender, SLIMRecommender
from sklearn_recsys.metrics import make_ranking_scorer
from sklearn_recsys.model_selection import InteractionKFold, suggested_grid
from sklearn_recsys.neighbors import (
    ItemKNNRecommender,
    RP3BetaRecommender,
    UserKNNRecommender,
)

scorer = make_ranking_scorer("ndcg@10")
models = [
    PopularityRecommender(),
    ItemKNNRecommender(),
    UserKNNRecommender(),
    RP3BetaRecommender(),
    GraphFilterRecommender(),
    EASERecommender(),
    SLIMRecommender(),
    ALSRecommender(32, random_state=0),
]
rows = []
for model in models:
    started = perf_counter()
    default = scorer(model.fit(train), test)
    seconds = perf_counter() - started
    grid = suggested_grid(model, "medium")
    search = RandomizedSearchCV(
        model, grid, n_iter=4, scoring=scorer, cv=InteractionKFold(2), random_state=0
    )
    tuned = scorer(search.fit(train), test)
    rows.append((type(model).__name__.removesuffix("Recommender"), default, tuned, seconds))
board = pd.DataFrame(rows, columns=["model", "defaults", "searched", "seconds"]).set_index("model")
board.sort_values("searched", ascending=False).round(3)

# %%
# *seconds* are those of the fit with the defaults and of the lists that are scored.

import matplotlib.pyplot as plt

board.sort_values("searched")[["defaults", "searched"]].plot.barh(
    figsize=(7, 4), xlabel="nDCG@10", ylabel=""
)
plt.tight_layout()

# %%
# Why this film?
# --------------
# A score of a linear model is a sum over the films that the person has seen, so each of them has
# its share in it; a share may be negative.

titles = films.movies.set_index("movie_id")["title"]
ease = EASERecommender().fit(train)
best = ease.recommend(1, n_items=1)["movie_id"].iloc[0]
shares = ease.explain(1, best).head(3)
print(f"{titles[best]!r}, because of", *(repr(title) for title in titles[shares["movie_id"]]))
