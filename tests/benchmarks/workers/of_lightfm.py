"""The jobs of lightfm-next."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
from lightfm import LightFM
from lightfm.evaluation import auc_score, precision_at_k
from measuring import Watch, as_matrix, learned_factors, load

DISTRIBUTIONS = ("lightfm-next", "numpy", "scipy")


def score(data, n_components, n_threads):
    data = load(data)
    train, test = as_matrix(data), as_matrix(data, "test_")
    model = LightFM(no_components=n_components, random_state=0).fit_partial(train, epochs=1)
    users, items = learned_factors(data, n_components)
    model.user_embeddings, model.item_embeddings = users, items
    model.user_biases = np.zeros_like(model.user_biases)
    model.item_biases = np.zeros_like(model.item_biases)
    measures = {"precision@10": precision_at_k, "auc": auc_score}

    def run(metrics, gate=True):
        name = metrics[0]
        with Watch() as watch:
            found = measures[name](model, test, train, num_threads=n_threads)
        return watch.answer(quality={name: float(found.mean())})

    return run


JOBS = {"score": score}
