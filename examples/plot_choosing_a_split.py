"""
Choose a split
==============

A score answers the question that its split asks. The same model is scored here by five splits,
and by one that asks nothing.
"""
# SPDX-License-Identifier: BSD-3-Clause

# %%
# One scorer for most; one that leaves out people who are unknown to the model; and one that shows
# the model four fifths of each person's ratings and asks for the rest.

from sklearn.model_selection import cross_validate

from sklearn_recsys.baseline import PopularityRecommender
from sklearn_recsys.datasets import make_interactions
from sklearn_recsys.decomposition import SVDRecommender
from sklearn_recsys.metrics import make_ranking_scorer
from sklearn_recsys.model_selection import (
    ColdItemKFold,
    InteractionKFold,
    LeaveLastOut,
    TemporalSplit,
    UserKFold,
)

X = make_interactions().X
scorer = make_ranking_scorer("ndcg@10")
known_people_scorer = make_ranking_scorer("ndcg@10", unknown_users="drop")
fold_in_scorer = make_ranking_scorer("ndcg@10", fold_in=0.8)

splits = {
    "missing interactions": (InteractionKFold(3), scorer),
    "what comes next": (LeaveLastOut(), scorer),
    "the weeks that follow": (TemporalSplit(3), known_people_scorer),
    "new people, with a history": (UserKFold(3), fold_in_scorer),
}

# %%
# The same two models, four questions
# -----------------------------------
# The numbers of different rows do not compare: each split asks for other films, and for more or
# fewer of them. What compares is the models within a row. After a cut in time most people are new,
# of which the scorer would warn.

import warnings

import pandas as pd

from sklearn_recsys.exceptions import DataWarning

models = {"popularity": PopularityRecommender(), "svd": SVDRecommender(random_state=0)}


def mean_score(model, split, scoring):
    return cross_validate(model, X, cv=split, scoring=scoring)["test_score"].mean()


with warnings.catch_warnings():
    warnings.filterwarnings("ignore", ".* test users are unknown", DataWarning)
    scores = {
        name: {question: mean_score(model, *how) for question, how in splits.items()}
        for name, model in models.items()
    }
table = pd.DataFrame(scores)
table.round(3)

# %%

ax = table[::-1].plot.barh(figsize=(7, 3), width=0.7, xlabel="mean nDCG@10 over the test users")
ax.spines[["top", "right"]].set_visible(False)
ax.legend(frameon=False, loc="lower right", bbox_to_anchor=(1, 1), ncols=2)
ax.figure.tight_layout()

# %%
# New films
# ---------
# A film that nobody has rated can only be placed by its features. Neither model has any, and the
# score says so.

mean_score(SVDRecommender(random_state=0), ColdItemKFold(3), scorer)

# %%
# What an integer does
# --------------------
# ``cv=3`` cuts the rows as they lie. In a table that is sorted by person, as most files are, the
# people of a test fold are unknown to the model. Nearly everybody gets the popular films from both
# models, the scores are all but equal, and the scorer warns.

X_by_person = X.sort_values("user_id")
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    scores = {
        name: cross_validate(model, X_by_person, cv=3, scoring=scorer)["test_score"].round(3)
        for name, model in models.items()
    }
print(scores)
print(caught[0].message)
