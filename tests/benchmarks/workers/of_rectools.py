"""The jobs of RecTools."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
from measuring import Watch, load
from rectools.dataset import Dataset
from rectools.metrics import MAP, MRR, NDCG, Precision, Recall, calc_metrics
from rectools.models import EASEModel

DISTRIBUTIONS = ("rectools", "numpy", "pandas")


def metrics(data, lists):
    data = load(data)
    test = pd.DataFrame({"user_id": data["test_users"], "item_id": data["test_items"]})
    items = load(lists)["items"]
    n_users, n_items = items.shape
    recommended = pd.DataFrame(
        {
            "user_id": np.repeat(np.arange(n_users), n_items),
            "item_id": items.ravel(),
            "rank": np.tile(np.arange(1, n_items + 1), n_users),
        }
    )
    chosen = {
        "precision@10": Precision(k=10),
        "recall@10": Recall(k=10),
        "ndcg@10": NDCG(k=10, divide_by_achievable=True),
        "map@10": MAP(k=10),
        "mrr@10": MRR(k=10),
    }

    def run():
        with Watch() as watch:
            found = calc_metrics(chosen, recommended, test)
        return watch.answer(quality={name: float(value) for name, value in found.items()})

    return run


def ease(data, reg, n_threads):
    data = load(data)
    table = {"user_id": data["users"], "item_id": data["items"], "weight": 1.0, "datetime": 0}
    dataset = Dataset.construct(pd.DataFrame(table).astype({"datetime": "datetime64[ns]"}))
    users = np.unique(data["users"])
    fitted = []

    def run(step, save=None):
        with Watch() as watch:
            if step == "fit":
                model = EASEModel(reg, recommend_n_threads=n_threads)
                fitted[:] = [model.fit(dataset)]
            else:
                fitted[0].recommend(users, dataset, k=10, filter_viewed=True)
        if save:
            order = np.argsort(dataset.item_id_map.external_ids)
            np.save(save, fitted[0].weight[np.ix_(order, order)])
        return watch.answer()

    return run


JOBS = {"ease": ease, "metrics": metrics}
