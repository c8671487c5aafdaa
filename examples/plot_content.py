"""
New items by what is said about them
====================================

Nobody has heard a new song yet, so nobody's taste can recommend it; what people say of it can. The
first half makes vectors of artists from the words used for them, the second ranks films that
nobody has rated.
"""
# SPDX-License-Identifier: BSD-3-Clause

# %%
# Artists by their terms
# ----------------------
# An item may have a text, several texts, or terms with weights. ``TermVectors`` reads them all.

import pandas as pd
from sklearn.compose import ColumnTransformer

from sklearn_recsys.content import ContentRecommender
from sklearn_recsys.feature_extraction import TermVectors
from sklearn_recsys.interactions import FeatureTable

said = {
    "Mira Holm": "quiet piano ballads, a quiet voice and strings",
    "Tide": ["piano and strings", "a quiet record for the night, all piano"],
    "Iron Orchard": {"metal": 9, "loud": 6, "guitar": 5, "fast": 2},
    "Riot Sisters": "loud guitar, fast drums, louder guitar: punk",
    "Kilo Volt": {"electronic": 7, "dance": 5, "fast": 1},
    "Night Bus": "electronic dance for the night, soft voice",
    "Olga Lind": "a soft voice, acoustic guitar, quiet songs",
}
artists = pd.DataFrame({"text": list(said.values())}, index=list(said))
terms = ColumnTransformer(
    [("term", TermVectors(stop_words="english"), "text")], verbose_feature_names_out=False
)
table = FeatureTable(artists, terms, fit_on="all")
plays = [["ann", "Mira Holm", 12], ["ann", "Tide", 5], ["bob", "Iron Orchard", 30]]
model = ContentRecommender(table).fit(plays)
model.top_features(["Tide", "Iron Orchard"], n_features=3)

# %%
# Ann has never met Olga Lind, nor has anybody else. Each score is a sum over terms.

model.recommend("ann", n_items=3)

# %%

model.explain("ann", "Olga Lind", by="feature")

# %%
# A review appears: one row changes, nothing is fitted again.

review = pd.DataFrame({"text": ["loud, loud metal guitar"]}, index=["Olga Lind"])
model.update_item_features(review).similar_items("Olga Lind", n_items=2)

# %%
# Films that nobody has rated
# ---------------------------
# A fifth of the films is held out with all of their ratings, five times. Popularity knows nothing
# of them: chance is .5. Genres alone say a little; more once it is learned what they mean for the
# factors of a collaborative model, which then recommends old and new films together.

from sklearn.model_selection import cross_val_score

from sklearn_recsys.content import ContentToFactorsRecommender
from sklearn_recsys.datasets import make_interactions
from sklearn_recsys.decomposition import SVDRecommender
from sklearn_recsys.feature_extraction import GenreTfidf
from sklearn_recsys.metrics import make_ranking_scorer
from sklearn_recsys.model_selection import ColdItemKFold

world = make_interactions(400, 300, n_interactions=20_000, random_state=0)
genres = ColumnTransformer([("genre", GenreTfidf(norm="l2"), "genre")])
films = FeatureTable(world.movies, genres, id_column="movie_id")
models = {
    "content": ContentRecommender(films),
    "content to factors": ContentToFactorsRecommender(
        SVDRecommender(8, random_state=0), item_features=films
    ),
}
scoring, X = make_ranking_scorer("auc"), world.X.iloc[:, :2]
auc = {
    name: cross_val_score(model, X, scoring=scoring, cv=ColdItemKFold(5)).mean()
    for name, model in models.items()
}
axes = pd.Series(auc)[::-1].plot.barh(xlim=(0.5, 0.8), figsize=(6, 2))
_ = axes.set_xlabel("AUC of films that nobody has rated, among all films")
axes.figure.tight_layout()
