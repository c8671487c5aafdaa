"""
Is it better, or was it luck?
=============================

Two recommenders score .35 and .34. Will the first also be better for the next thousand people, or
did it happen to suit these? This example asks the people one by one.
"""
# SPDX-License-Identifier: BSD-3-Clause

# %%
# Five recommenders, the same people
# ----------------------------------
# All are fitted to the same splits. Two of them differ by nothing but their number of neighbours.

import matplotlib.pyplot as plt

from sklearn_recsys.baseline import PopularityRecommender
from sklearn_recsys.datasets import make_interactions
from sklearn_recsys.decomposition import SVDRecommender
from sklearn_recsys.linear_model import EASERecommender
from sklearn_recsys.model_selection import compare_recommenders
from sklearn_recsys.neighbors import ItemKNNRecommender

films = make_interactions(n_users=200, n_items=300, n_interactions=8_000, random_state=0)
models = {
    "popularity": PopularityRecommender(),
    "20 neighbours": ItemKNNRecommender(n_neighbors=20),
    "30 neighbours": ItemKNNRecommender(n_neighbors=30),
    "SVD": SVDRecommender(16, random_state=0),
    "EASE": EASERecommender(),
}
metrics = ("ndcg@10", "catalogue_coverage@10")
comparison = compare_recommenders(models, films.X, metrics=metrics)
comparison

# %%
# Intervals overlap, and yet one is better
# ----------------------------------------
# The interval of each mean is wide, because some people are easy to serve and others are not. That
# has nothing to do with the recommender: a person who is hard to serve is so for all of them. What
# each person gains from one rather than the other is known far better.

figure, axes = plt.subplots(1, 2, figsize=(10, 3.2), layout="constrained")
comparison.plot(ax=axes[0])
pairs = comparison.tests()
pairs = pairs[(pairs[["better", "worse"]] != "popularity").all(axis=1)]
pairs = pairs.sort_values("difference")
axes[1].errorbar(
    pairs["difference"],
    range(len(pairs)),
    xerr=(pairs[["low", "high"]].sub(pairs["difference"], axis=0).abs()).T.to_numpy(),
    fmt="o",
    capsize=3,
    color="C1",
)
axes[1].axvline(0, color="gray", linewidth=1)
axes[1].set_yticks(range(len(pairs)), pairs["better"] + " over " + pairs["worse"])
axes[1].set(xlabel="gain in ndcg@10, 95 % interval")
plt.show()

# %%
# What counts
# -----------
# `p_adjusted` takes into account that there are ten pairs: of ten comparisons of equal models, one
# would look like a discovery too often. `effect_size` says how much of it a single person notices:
# the difference in units of how much people differ in it.

comparison.tests().round(4)

# %%
# The table above says which are tied with the best. Among those the cheapest is the one to take,
# or the one that shows more of the catalogue.
