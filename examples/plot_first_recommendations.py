"""
First recommendations
=====================

A table of interactions goes in, a table of recommendations comes out. Which films should each
person see next, which films are alike, and why was this one recommended?
"""
# SPDX-License-Identifier: BSD-3-Clause

# %%
# The data
# --------
# Any table will do whose first columns are user, item and, if there is one, a value. Here it is a
# generated film world; ``load_movielens`` reads a published one.

from sklearn_recsys.datasets import make_interactions

films = make_interactions()
films.X.head()

# %%
# Fit and recommend
# -----------------
# Films that the person has rated are left out. The answer has the table's own column names, so
# that titles are one ``merge`` away.

from sklearn_recsys.neighbors import ItemKNNRecommender

recommender = ItemKNNRecommender(n_neighbors=200).fit(films.X)
recommender.recommend(users=[3, 6], n_items=5).merge(films.movies, on="movie_id")

# %%
# Why?
# ----
# The score of a neighbourhood model is a sum over the films that the person has rated.

first = recommender.recommend(users=3, n_items=1)["movie_id"].item()
recommender.explain(3, first).head().merge(films.movies, on="movie_id")

# %%
# Films like this one
# -------------------

neighbours = recommender.similar_items(1, n_items=5)
neighbours.merge(films.movies, left_on="similar_movie_id", right_on="movie_id", suffixes=("", "_"))[
    ["title", "genre", "score"]
]

# %%
# Somebody new
# ------------
# A person who was not in the training data gets recommendations from a history of a few rows,
# without another ``fit``.

import pandas as pd

history = pd.DataFrame({"user_id": 0, "movie_id": [1, 8], "rating": [5, 4], "timestamp": 0})
recommender.recommend(history=history, n_items=3).merge(films.movies, on="movie_id")
