"""
What plays, likes and skips say: implicit feedback by least squares
===================================================================

Hardly anybody rates films; people play them, replay them, and skip them. Alternating least squares
takes every pair of a viewer and a film into account: what was played is a 1, the more certain the
more often; all else is a 0, without much certainty. How is such a model fitted, tuned, explained?
"""
# SPDX-License-Identifier: BSD-3-Clause

# %%
# Plays
# -----
# The library's generated world has ratings from 1 to 5; here they stand for numbers of plays. A
# fifth of each viewer's rows is held out.

import matplotlib.pyplot as plt
import pandas as pd
from sklearn.model_selection import GridSearchCV

from sklearn_recsys.datasets import make_interactions
from sklearn_recsys.decomposition import ALSRecommender
from sklearn_recsys.metrics import make_ranking_scorer
from sklearn_recsys.model_selection import InteractionKFold, train_test_split_by_user

world = make_interactions()
plays = world.X[["user_id", "movie_id", "rating"]].rename(columns={"rating": "plays"})
train, test = train_test_split_by_user(plays, random_state=42)

# %%
# Does it converge?
# -----------------
# ``compute_loss=True`` keeps the loss after each iteration. Most of the way is gone after five.

model = ALSRecommender(32, compute_loss=True, random_state=0).fit(train)
fig, ax = plt.subplots(figsize=(6, 3))
ax.plot(range(1, model.n_iter_ + 1), model.loss_curve_, marker="o")
ax.set(xlabel="iteration", ylabel="loss", title="Each half-step lowers the loss")
fig.tight_layout()

# %%
# Tuning
# ------
# ``reg`` decides between what everybody plays and what only this viewer does. Each viewer is in all
# folds, so that there is a vector to rank her films by.

scorer = make_ranking_scorer("ndcg@10")
grid = {"reg": [1.0, 5.0, 25.0], "n_components": [8, 16]}
search = GridSearchCV(
    ALSRecommender(random_state=0), grid, scoring=scorer, cv=InteractionKFold(3)
).fit(train)
results = pd.DataFrame(search.cv_results_)
results.pivot_table("mean_test_score", "param_reg", "param_n_components").round(3)

# %%
# On the interactions that were held out, and against the search's own estimate:

best = search.best_estimator_
print(
    search.best_params_,
    f"{search.best_score_:.3f} in the folds, {scorer(search, test):.3f} on test",
)

# %%
# Why this one?
# -------------
# A score is a sum over what the viewer has played: ``explain`` lists the terms.

titles = world.movies[["movie_id", "title"]]
lists = best.recommend(3, 5).merge(titles, on="movie_id")
lists[["rank", "title", "score"]]

# %%

reasons = best.explain(3, lists["movie_id"][0]).merge(titles, on="movie_id")
print(f"sum of all contributions: {reasons['contribution'].sum():.4f}")
reasons[["title", "contribution"]].head(5)

# %%
# Somebody new, and a skip
# ------------------------
# A history of a few rows is enough, without a refit. A negative number of plays is a skip: a 0 that
# is certain, here of the last of three films.

history = pd.DataFrame({"user_id": 5000, "movie_id": reasons["movie_id"].head(3), "plays": 1.0})
liked = best.recommend(history=history, n_items=3)
history.loc[2, "plays"] = -50.0
skipped = best.recommend(history=history, n_items=3)
pd.concat({"three plays": liked, "two plays, one skip": skipped}).merge(titles, on="movie_id")
