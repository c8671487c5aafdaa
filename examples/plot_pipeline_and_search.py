"""
Tune a pipeline with GridSearchCV
=================================

How should ratings be weighted, how many neighbours should a film keep, and by which similarity? A
recommender is a scikit-learn estimator, so that one search answers all three together.
"""
# SPDX-License-Identifier: BSD-3-Clause

# %%
# Hold out a test set first: a fifth of each person's ratings, which the search never sees.

from sklearn_recsys.datasets import make_interactions
from sklearn_recsys.model_selection import train_test_split_by_user

films = make_interactions()
train, test = train_test_split_by_user(films.X, random_state=42)

# %%
# The search
# ----------
# A scorer asks the pipeline for a ranked list per person and compares it with what was held out.
# It computes several metrics from the same lists; ``refit`` then names the one that decides.

from sklearn.model_selection import GridSearchCV

from sklearn_recsys.metrics import make_ranking_scorer
from sklearn_recsys.model_selection import InteractionKFold
from sklearn_recsys.neighbors import ItemKNNRecommender
from sklearn_recsys.pipeline import RecommenderPipeline
from sklearn_recsys.preprocessing import ConfidenceWeighter

pipeline = RecommenderPipeline([("weight", ConfidenceWeighter()), ("knn", ItemKNNRecommender())])
search = GridSearchCV(
    pipeline,
    {
        "weight__scheme": ["linear", "log"],
        "knn__n_neighbors": [50, 200],
        "knn__similarity": ["cosine", "jaccard"],
    },
    scoring=make_ranking_scorer("ndcg@10", "recall@20"),
    refit="ndcg@10",
    cv=InteractionKFold(n_splits=3),
)
search.fit(train)
search.best_params_

# %%
# All settings, the best first:

import pandas as pd

results = pd.DataFrame(search.cv_results_).sort_values("rank_test_ndcg@10")
columns = [name for name in results if name.startswith("param_")]
results[[*columns, "mean_test_ndcg@10", "mean_test_recall@20"]].round(3)

# %%
# Which of the settings matter? Bars are one standard deviation over the folds.

import matplotlib.pyplot as plt

fig, ax = plt.subplots(figsize=(6, 3.5), layout="constrained")
for (similarity, scheme), group in results.groupby(
    ["param_knn__similarity", "param_weight__scheme"]
):
    line = group.sort_values("param_knn__n_neighbors")
    ax.errorbar(
        line["param_knn__n_neighbors"],
        line["mean_test_ndcg@10"],
        line["std_test_ndcg@10"],
        marker="o",
        capsize=3,
        label=f"{similarity}, {scheme}",
    )
ax.set(xlabel="neighbours kept for each film", ylabel="nDCG@10", xticks=[50, 200])
ax.spines[["top", "right"]].set_visible(False)
ax.legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))

# %%
# Is it better than popularity?
# -----------------------------
# The test set answers, once, for the setting that the search chose.

from sklearn_recsys.baseline import PopularityRecommender

scorer = make_ranking_scorer("ndcg@10", "recall@20")
candidates = {"popularity": PopularityRecommender().fit(train), "tuned": search}
pd.DataFrame({name: scorer(model, test) for name, model in candidates.items()}).T.round(3)

# %%
# Recommend
# ---------

best = search.best_estimator_
best.recommend(users=3, n_items=5).merge(films.movies, on="movie_id")
