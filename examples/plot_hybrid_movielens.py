"""
Films by their genres, people by their age: a hybrid on MovieLens
=================================================================

What can be recommended to somebody of whom only sex, job and age are known, and who should see a
film that nobody has rated yet? A hybrid model learns from ratings and from two tables.

The data are MovieLens-100K; the environment variable ``SKLEARN_RECSYS_DATA`` names the folder that
has them, and ``fetch_movielens`` downloads them.
"""
# SPDX-License-Identifier: BSD-3-Clause

# %%
# The model learns from who rated what, whatever the rating. One film plays the new one: all of its
# rows are held out.

import os
from pathlib import Path

import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GridSearchCV
from sklearn.preprocessing import OneHotEncoder

from sklearn_recsys.datasets import load_movielens
from sklearn_recsys.decomposition import HybridRecommender
from sklearn_recsys.feature_extraction import GenreTfidf
from sklearn_recsys.interactions import FeatureTable
from sklearn_recsys.model_selection import InteractionKFold, train_test_split_by_user
from sklearn_recsys.preprocessing import AgeBinner

data = load_movielens(Path(os.environ["SKLEARN_RECSYS_DATA"]) / "ml-100k" / "ml-100k.zip")
ids = data.movies.set_index("title")["movie_id"]
X = data.X[["user_id", "movie_id"]]
is_new = X["movie_id"] == ids["Lion King, The (1994)"]
train, test = train_test_split_by_user(X[~is_new], random_state=42)

# %%
# One search for features and model
# ---------------------------------
# Rare genres weigh more, ages fall into four bins, sex and job become indicators. The parameters
# of these transformers are parameters of the model.

genres = ColumnTransformer([("tfidf", GenreTfidf(), "genre")])
kinds = [("age", AgeBinner(), ["age"]), ("is", OneHotEncoder(), ["gender", "occupation"])]
films = FeatureTable(data.movies, genres, id_column="movie_id")
people = FeatureTable(data.users, ColumnTransformer(kinds), id_column="user_id")
model = HybridRecommender(user_features=people, item_features=films, max_iter=15, random_state=0)
grid = {"item_features__tfidf__norm": [None, "l2"], "loss": ["warp", "bpr"]}
search = GridSearchCV(model, grid, cv=InteractionKFold(2)).fit(train)
best = search.best_estimator_
print(search.best_params_, f"nDCG@10 on test: {best.score(test):.3f}")
results = pd.DataFrame(search.cv_results_["params"]).fillna("None")
results.assign(ndcg=search.cv_results_["mean_test_score"].round(3))

# %%
# A list, and films that are alike
# --------------------------------

columns = ["rank", "title", "genre", "score"]
best.recommend(4, n_items=5).merge(data.movies)[columns]

# %%

alike = best.similar_items(ids["Mr. Wrong (1996)"], n_items=5)
alike.merge(data.movies, left_on="similar_movie_id", right_on="movie_id")[columns]

# %%
# What features stand for
# -----------------------
# Genres have vectors, too, whose cosines tell which ones please the same people.

best.feature_similarity("tfidf__genre_Animation", n_features=4)

# %%
# The longer its vector, the more a feature of people says about their taste. A rare one may just
# stand for a few people.

strong = best.strongest_features(8, role="user")[::-1]
strong.plot.barh("feature", "norm", legend=False, figsize=(6, 3)).figure.tight_layout()

# %%
# Somebody new
# ------------
# Nobody in these data is a male artist above 45. He gets the sum of the vectors of these three.

him = pd.DataFrame([{"gender": "M", "occupation": "artist", "age": 50}], index=["him"])
best.recommend(user_features=him, n_items=5).merge(data.movies)[columns]

# %%
# A new film
# ----------
# The Lion King is known by its genres alone. Who did rate it gets a higher score for it than
# somebody who did not in so many of a hundred cases, where chance would give 50:

everyone = pd.DataFrame({"user_id": best.users_, "movie_id": ids["Lion King, The (1994)"]})
has_rated = everyone["user_id"].isin(X.loc[is_new, "user_id"])
print(f"{100 * roc_auc_score(has_rated, best.predict(everyone)):.0f}")
