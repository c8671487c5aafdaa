"""The jobs of irspack."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
from irspack import DenseSLIMRecommender, IALSRecommender
from measuring import Watch, as_matrix, load, quality
from threadpoolctl import threadpool_limits

DISTRIBUTIONS = ("irspack", "numpy", "scipy")


def als(data, n_components, reg, alpha, n_threads):
    data = load(data)
    matrix = alpha * as_matrix(data)

    def run(iterations, seed):
        # nu=0 and the original loss with alpha0=1: confidence 1 + alpha, one `reg` for all rows.
        with threadpool_limits(1, "blas"), Watch() as watch:
            model = IALSRecommender(
                matrix,
                n_components=n_components,
                alpha0=1.0,
                reg=reg,
                nu=0.0,
                loss_type="ORIGINAL",
                solver_type="CG",
                max_cg_steps=3,
                train_epochs=iterations,
                n_threads=n_threads,
                random_seed=seed,
            )
            model.learn()
        users, items = model.get_user_embedding(), model.get_item_embedding()
        return watch.answer(quality=quality(users, items, data, alpha=alpha))

    return run


def ease(data, reg):
    data = load(data)
    matrix, chosen = as_matrix(data), np.unique(data["items"])

    def run(step, save=None):
        with Watch() as watch:
            model = DenseSLIMRecommender(matrix, reg=reg)
            model.learn()
        if save:
            np.save(save, np.asarray(model.W)[np.ix_(chosen, chosen)])
        return watch.answer()

    return run


JOBS = {"als": als, "ease": ease}
