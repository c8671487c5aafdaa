"""The jobs of irspack."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
from irspack import DenseSLIMRecommender, IALSRecommender
from measuring import Watch, as_matrix, load, quality, save_lists
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
    matrix = as_matrix(load(data))
    fitted = []

    def run(step, save=None):
        if step == "fit":
            with Watch() as watch:
                fitted[:] = [DenseSLIMRecommender(matrix, reg=reg)]
                fitted[0].learn()
            return watch.answer()
        (model,) = fitted
        with Watch() as watch:
            scores = model.get_score_remove_seen(np.arange(matrix.shape[0]))
            items = np.argsort(-scores, axis=1, kind="stable")[:, :10]
        if save:
            save_lists(save, items, np.take_along_axis(scores, items, axis=1))
        return watch.answer()

    return run


JOBS = {"als": als, "ease": ease}
