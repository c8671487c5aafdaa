"""
What would she give it?
=======================

Ratings are predicted by their mean, by how kindly a person rates and a film is rated, and by how
well the two agree. scikit-learn's own validation measures what each part is worth.
"""
# SPDX-License-Identifier: BSD-3-Clause

# %%
# Every row is a rating; the columns are person, film and stars.

from sklearn_recsys.datasets import make_interactions

films = make_interactions(random_state=0)
ratings = films.X.iloc[:, :3]
ratings.head()

# %%
# The error of a fifth that was not seen
# --------------------------------------
# ``predict`` answers in stars, so that any regression metric of scikit-learn's will do.

import numpy as np
import pandas as pd
from sklearn.model_selection import KFold, cross_val_predict

from sklearn_recsys.baseline import BaselineRecommender
from sklearn_recsys.decomposition import BiasedMFRecommender

models = {
    "the mean": BaselineRecommender(user_shrinkage=1e12, item_shrinkage=1e12),
    "and kindness": BaselineRecommender(),
    "and taste": BiasedMFRecommender(random_state=0),
}
folds = KFold(5, shuffle=True, random_state=0)
predicted = pd.DataFrame(
    {name: cross_val_predict(model, ratings, ratings["rating"], cv=folds)
     for name, model in models.items()}
)  # fmt: skip
errors = predicted.sub(ratings["rating"], axis=0)
errors.pow(2).mean().pow(0.5).round(3).rename("root mean squared error").to_frame()

# %%
# Where the error is
# ------------------
# The better model tells films apart: its predictions spread, and what it predicts for a film with
# five stars is higher. Nobody knows everything: people do not rate twice alike.

import matplotlib.pyplot as plt

fig, axes = plt.subplots(1, 2, figsize=(9, 3.2), layout="constrained")
stars = np.arange(1, 6)
for name in predicted:
    axes[0].plot(stars, predicted[name].groupby(ratings["rating"]).mean(), "o-", label=name)
axes[0].plot(stars, stars, ":", color="grey")
axes[0].set(xlabel="stars given", ylabel="mean of the predictions")
axes[0].legend()

# %%
# The more ratings a person has given, the more her taste adds to her kindness.

known = ratings.groupby("user_id")["rating"].transform("size")
groups = pd.qcut(known, 5, labels=False)
middle = known.groupby(groups).median()
for name in predicted:
    axes[1].plot(middle, errors[name].pow(2).groupby(groups).mean().pow(0.5), "o-", label=name)
axes[1].set(xlabel="ratings that the person has given", ylabel="root mean squared error")
fig

# %%
# One prediction, and one list
# ----------------------------
# A list of films that would be liked is not a list of what is going to be watched: the user guide
# says why, and what to take for it.

model = models["and taste"].fit(ratings)
person = ratings["user_id"].iloc[0]
model.recommend(person, n_items=5).merge(films.movies, on="movie_id")
