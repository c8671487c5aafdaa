"""
What do several models know together?
=====================================

Three models that learn in different ways are blended, with weights that the training data tell;
then the blend's lists are made more varied, and what that costs is measured.
"""
# SPDX-License-Identifier: BSD-3-Clause

# %%
# A fifth of each person's ratings is held out, and read for nothing but the scores below.

from sklearn_recsys.datasets import make_interactions
from sklearn_recsys.feature_extraction import GenreTfidf
from sklearn_recsys.interactions import FeatureTable
from sklearn_recsys.model_selection import train_test_split_by_user

films = make_interactions(600, 300, n_interactions=30_000, random_state=0)
train, test = train_test_split_by_user(films.X.iloc[:, :2], random_state=42)
genres = FeatureTable(films["items"].set_index("movie_id")[["genre"]], GenreTfidf(norm="l2"))

# %%
# Blend
# -----
# ``weights="fit"`` cuts a validation part off the training data, looks for the weights that rank
# it best, and fits the members to everything again.

import pandas as pd

from sklearn_recsys.decomposition import HybridRecommender
from sklearn_recsys.ensemble import BlendRecommender, RankFusionRecommender
from sklearn_recsys.linear_model import EASERecommender
from sklearn_recsys.metrics import make_ranking_scorer
from sklearn_recsys.neighbors import RP3BetaRecommender

members = [
    ("ease", EASERecommender(300.0)),
    ("walks", RP3BetaRecommender()),
    ("hybrid", HybridRecommender(16, item_features=genres, max_iter=20, random_state=0)),
]
blend = BlendRecommender(members, weights="fit")
models = {
    **dict(members),
    "equal weights": BlendRecommender(members),
    "fitted weights": blend,
    "reciprocal ranks": RankFusionRecommender(members),
}
scorer = make_ranking_scorer("ndcg@10", "recall@20")
pd.DataFrame({name: scorer(model.fit(train), test) for name, model in models.items()}).T.round(4)

# %%
# Equal weights let the weakest member spoil the lists of the others. The fitted ones:

dict(zip(dict(members), blend.weights_.round(2).tolist(), strict=True))

# %%
# Diversify
# ---------
# How alike are the ten films of a list? The mean cosine of their genres tells. With a larger
# ``trade_off`` it falls, and so does accuracy, later.

import matplotlib.pyplot as plt
import numpy as np

from sklearn_recsys.ensemble import MMRDiversifier

base = EASERecommender(300.0)
items = base.fit(train).items_
vectors = genres.fit(items).transform(items).toarray()


def likeness(model):
    """Return the mean cosine of the genres of two films of a list."""
    lists = model.recommend(n_items=10)
    places = np.searchsorted(model.items_, lists["movie_id"]).reshape(-1, 10)
    cosines = np.einsum("uif,ujf->uij", vectors[places], vectors[places])
    return cosines[:, ~np.eye(10, dtype=bool)].mean()


rows = []
for trade_off in (0.0, 0.1, 0.2, 0.4, 0.6):
    model = MMRDiversifier(base, trade_off=trade_off, item_features=genres).fit(train)
    rows.append((trade_off, scorer(model, test)["ndcg@10"], likeness(model)))
board = pd.DataFrame(rows, columns=["trade_off", "ndcg@10", "likeness"])

axes = board.plot("likeness", "ndcg@10", style="o-", legend=False, ylabel="nDCG@10")
for row in board.itertuples():
    axes.annotate(f" {row.trade_off}", (row.likeness, row[2]))
axes.set(title="Variety and accuracy, by trade_off", xlabel="mean cosine of two films of a list")
plt.show()

# %%
# The first steps cost little: among films that are nearly as good, one of another kind is found.
