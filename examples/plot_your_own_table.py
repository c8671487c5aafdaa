"""
Your own table in five minutes
==============================

A shop's export goes in, recommendations and a model on disk come out. Each step is one call that
says what it did.
"""
# SPDX-License-Identifier: BSD-3-Clause

# %%
# An export
# ---------
# Exports look like this one, written here so that there is something to read: several events, a
# time, two ids for one tea, and a row that is broken.

import csv
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

teas = pd.DataFrame({"sku": [f"T{n:03d}" for n in range(60)]})
teas["name"] = [f"{'green' if n % 2 else 'black'} tea no. {n // 2 + 1}" for n in range(60)]
teas.loc[len(teas)] = ["T900", "green tea no. 3"]

folder = Path(tempfile.mkdtemp())
rng = np.random.default_rng(0)
with open(folder / "events.csv", "w", newline="", encoding="utf-8") as file:
    writer = csv.writer(file)
    writer.writerow(["session", "customer", "sku", "event", "day"])
    for session in range(6000):
        customer = rng.integers(300)
        # Customers with an even number mostly like black tea.
        n = 2 * int(30 * rng.random() ** 2) + (customer + (rng.random() < 0.2)) % 2
        sku = "T900" if n == 5 and rng.random() < 0.5 else f"T{n:03d}"
        event = rng.choice(["view", "buy", "return"], p=[0.7, 0.25, 0.05])
        writer.writerow([session, f"c{customer:03d}", sku, event, rng.integers(1, 90)])
    writer.writerow(["", "Total", "T001", "view", 90])

# %%
# Read and look
# -------------
# The columns are named in the order user, item, value, time.

from sklearn_recsys.datasets import read_interactions
from sklearn_recsys.interactions import describe_interactions

roles = {"user": "customer", "item": "sku", "event": "event", "time": "day"}
events = read_interactions(folder / "events.csv", roles)
describe_interactions(events)

# %%
# Clean
# -----
# Every function returns a new table and reports what it changed.

from sklearn_recsys.interactions import filter_min_count, merge_items, validate_ids

events = validate_ids(events, user_pattern=r"c\d+", on_error="drop", verbose=1)
events = merge_items(events, teas, by="name", verbose=1)
events = filter_min_count(events, user_min=5, verbose=1)

# %%
# Weigh, tune, fit
# ----------------
# A purchase says more than a look, an old event less than a new one. The weighting is a step of the
# pipeline, so that it is tuned with the model and sees the training rows only.

from sklearn.model_selection import GridSearchCV

from sklearn_recsys.metrics import make_ranking_scorer
from sklearn_recsys.model_selection import InteractionKFold
from sklearn_recsys.neighbors import ItemKNNRecommender
from sklearn_recsys.pipeline import make_recommender_pipeline
from sklearn_recsys.preprocessing import EventWeighter, TimeDecayWeighter

pipeline = make_recommender_pipeline(
    EventWeighter({"view": 1, "buy": 5, "return": 0}),
    TimeDecayWeighter(half_life=30),
    ItemKNNRecommender(),
)
search = GridSearchCV(
    pipeline,
    {
        "timedecayweighter__half_life": [10, 30, 90],
        "itemknnrecommender__similarity": ["cosine", "bm25"],
    },
    scoring=make_ranking_scorer("ndcg@10"),
    cv=InteractionKFold(3),
).fit(events)
print(search.best_params_)

# %%
# Recommend
# ---------
# The answer is a table with your own names in it.

from sklearn_recsys.interactions import join_item_table

best = search.best_estimator_
join_item_table(best.recommend(["c000", "c001"], 3), teas, on="sku")

# %%
# Keep
# ----
# The file holds numbers and text and no code: to load it runs nothing that is in it.

from sklearn_recsys.persistence import load, save

save(best, folder / "tea.recsys")
load(folder / "tea.recsys").recommend("c000", 3)
