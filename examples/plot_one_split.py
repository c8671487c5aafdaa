"""
One split is one draw
=====================

Two good models differ in the third decimal. One split puts the one in front, the next split the
other. How many does it take to know?
"""
# SPDX-License-Identifier: BSD-3-Clause

# %%
# Four seeds
# ----------
# A fifth of each person's ratings is held out, four times with another seed. The difference is
# tested over people: each of them has a score by either model.

import pandas as pd

from sklearn_recsys.datasets import make_interactions
from sklearn_recsys.decomposition import ALSRecommender
from sklearn_recsys.linear_model import EASERecommender
from sklearn_recsys.model_selection import (
    InteractionKFold,
    compare_recommenders,
    train_test_split_by_user,
)

X = make_interactions(random_state=0).X
models = {"ALS": ALSRecommender(random_state=0), "EASE": EASERecommender()}


def compare(cv):
    tests = compare_recommenders(models, X, cv=cv, metrics="ndcg@10").tests()
    return tests.loc[0, ["better", "difference", "low", "high", "p_value"]]


def split(seed):
    parts = train_test_split_by_user(X, random_state=seed)
    return tuple(X.index.get_indexer(part.index) for part in parts)


found = {f"seed {seed}": compare([split(seed)]) for seed in range(4)}
pd.DataFrame(found).T

# %%
# The winner changes. Where the interval of the difference holds a zero, nothing has been found.
#
# Five folds
# ----------
# Every rating is held out once, so that each person's score is a mean of five, and the interval is
# half as wide.

found["five folds"] = compare(InteractionKFold(5))
table = pd.DataFrame(found).T
table

# %%

import matplotlib.pyplot as plt

sign = table["better"].map({"ALS": 1, "EASE": -1})
figure, ax = plt.subplots(figsize=(7, 2.6), layout="constrained")
half_width = (table["high"] - table["low"]).astype(float) / 2
gain = (table["difference"] * sign).astype(float)
ax.errorbar(gain, table.index, xerr=half_width, fmt="o", capsize=3)
ax.axvline(0, color="gray", linewidth=1)
ax.set(xlabel="gain in nDCG@10 by ALS, 95 % interval")
ax.invert_yaxis()
ax.spines[["top", "right"]].set_visible(False)
