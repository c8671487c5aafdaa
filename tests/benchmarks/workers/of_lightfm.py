"""The jobs of lightfm-next."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
from lightfm import LightFM
from lightfm.evaluation import auc_score, precision_at_k
from measuring import Watch, as_matrix, learned_factors, load, ndcg, with_biases
from scipy import sparse

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


def hybrid(
    data, loss, n_components, learning_rate, epochs, n_threads, features=None, normalize=False
):
    data = load(data)
    matrix = as_matrix(data).tocoo()
    designs = dict.fromkeys(("user_features", "item_features"))
    if features is not None:
        given = load(features)
        designs = {name: with_identity(given, name, normalize=normalize) for name in designs}

    def run(seed):
        model = LightFM(
            no_components=n_components,
            loss=loss,
            learning_schedule="adagrad",
            learning_rate=learning_rate,
            k=5,
            n=10,
            max_sampled=10,
            random_state=seed,
        )
        with Watch() as watch:
            model.fit(matrix, **designs, epochs=epochs, num_threads=n_threads)
        _, users = model.get_user_representations(designs["user_features"])
        biases, items = model.get_item_representations(designs["item_features"])
        found = ndcg(*with_biases(users, items, biases), data)
        return watch.answer(quality={"ndcg@10": found})

    return run


def with_identity(given, name, *, normalize):
    """Return the features of each row, and a last one that it shares with none."""
    parts = [given[f"{name}_{part}"] for part in ("data", "indices", "indptr")]
    features = sparse.csr_matrix(tuple(parts), shape=given[f"{name}_shape"])
    rows = sparse.hstack([features, sparse.identity(features.shape[0])], format="csr")
    if normalize:
        rows = sparse.diags(1 / abs(rows).sum(axis=1).A1) @ rows
    return rows.astype(np.float32).tocsr()


JOBS = {"score": score, "hybrid": hybrid}
