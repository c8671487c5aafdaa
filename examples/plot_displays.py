"""
What do my recommenders do differently?
=======================================

Two recommenders may have the same nDCG and show people quite different things. Figures tell how
they differ: in what they find, in which items they show at all, and in what they think of people.
"""
# SPDX-License-Identifier: BSD-3-Clause

# %%
# Four recommenders, fitted to the same ratings. The last one trades some accuracy for a mix of
# genres like the person's own.

import matplotlib.pyplot as plt
from sklearn.compose import ColumnTransformer

from sklearn_recsys.baseline import PopularityRecommender
from sklearn_recsys.datasets import make_interactions
from sklearn_recsys.decomposition import ALSRecommender
from sklearn_recsys.ensemble import CalibratedDiversifier
from sklearn_recsys.feature_extraction import GenreTfidf
from sklearn_recsys.interactions import FeatureTable
from sklearn_recsys.linear_model import EASERecommender
from sklearn_recsys.model_selection import train_test_split_by_user

films = make_interactions(600, 500, 30_000)
train, test = train_test_split_by_user(films.X.iloc[:, :2], random_state=0)
genres = FeatureTable(
    films.movies,
    ColumnTransformer([("genres", GenreTfidf(use_idf=False), "genre")]),
    id_column="movie_id",
)
als = ALSRecommender(16, random_state=0)
models = {
    "popularity": PopularityRecommender(),
    "EASE": EASERecommender(),
    "ALS": als,
    "ALS, calibrated": CalibratedDiversifier(als, item_features=genres),
}
models = {name: model.fit(train) for name, model in models.items()}

# %%
# What do they find?
# ------------------
# Longer lists find more and hold more misses. The bands say how far the means would move if other
# people had been asked.

from sklearn_recsys.inspection import MetricAtKDisplay, PrecisionRecallAtKDisplay

figure, axes = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
PrecisionRecallAtKDisplay.from_estimators(models, test, ax=axes[0])
display = MetricAtKDisplay.from_estimators(models, test, metric="recall", ax=axes[1])

# %%
# What do they show?
# ------------------
# On the left, items stand in the order of their popularity: a curve above the grey one is more
# popular than what people choose themselves. On the right, accuracy against the share of the
# catalogue that anybody is shown.

from sklearn_recsys.inspection import LongTailDisplay, ParetoDisplay

figure, axes = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
LongTailDisplay.from_estimators(models, test, ax=axes[0])
display = ParetoDisplay.from_estimators(models, test, ax=axes[1])

# %%
# What do they think of people?
# -----------------------------
# The genres of what people saw, and of what they are shown; and how well scores tell what people
# went on to choose from what they did not.

from sklearn_recsys.inspection import CalibrationAtKDisplay, ScoreDistributionDisplay

figure, axes = plt.subplots(1, 2, figsize=(9, 4.2), layout="constrained")
CalibrationAtKDisplay.from_estimators(models, test, item_features=genres, ax=axes[0])
del models["ALS, calibrated"]  # its scores are those of ALS, but for the items that it moves
display = ScoreDistributionDisplay.from_estimators(models, test, ax=axes[1])

# %%
# All of it on one page
# ---------------------
# ``save("report.html")`` writes it; here are its tests of the differences between recommenders.

from sklearn_recsys.inspection import evaluation_report

report = evaluation_report(models, test, user_groups=films.users.set_index("user_id")["gender"])
report.tests.round(4)
