"""The jobs of implicit."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
from implicit.cpu.als import AlternatingLeastSquares
from implicit.nearest_neighbours import CosineRecommender
from measuring import Watch, as_matrix, given_factors, load, quality, save_lists, save_neighbors
from threadpoolctl import threadpool_limits

DISTRIBUTIONS = ("implicit", "numpy", "scipy")


def als(data, n_components, reg, alpha, n_threads):
    data = load(data)
    # Finished confidences: with an `alpha` of its own each fit would copy the matrix.
    matrix = (1 + alpha) * as_matrix(data)

    def run(iterations, seed, target=None):
        model = AlternatingLeastSquares(
            factors=n_components,
            regularization=reg,
            alpha=1.0,
            use_cg=True,
            iterations=iterations,
            num_threads=n_threads,
            random_state=seed,
        )
        reached = []

        def note_quality(iteration, *_):
            found = quality(model.user_factors, model.item_factors, data, alpha=alpha)
            if found["ndcg@10"] >= target:
                reached.append(iteration + 1)

        # BLAS threads that wait beside implicit's own make it slower.
        with threadpool_limits(1, "blas"), Watch() as watch:
            model.fit(matrix, show_progress=False, callback=note_quality if target else None)
        if target:
            return {"iterations": reached[0] if reached else None}
        found = quality(model.user_factors, model.item_factors, data, alpha=alpha)
        return watch.answer(quality=found)

    return run


def recommend(data, n_users, n_components, n_threads):
    data = load(data)
    matrix = as_matrix(data)[:n_users]
    model = AlternatingLeastSquares(factors=n_components, num_threads=n_threads)
    model.user_factors, model.item_factors = given_factors(*matrix.shape, n_components)
    users = np.arange(n_users)

    def run(save=None, blas_threads=1):
        with threadpool_limits(blas_threads, "blas"), Watch() as watch:
            items, scores = model.recommend(users, matrix, N=10, filter_already_liked_items=True)
        save_lists(save, items, scores)
        return watch.answer()

    return run


def knn(data, n_neighbors, n_threads):
    matrix = as_matrix(load(data))

    def run(save=None):
        # The item itself is among implicit's neighbours.
        model = CosineRecommender(K=n_neighbors + 1, num_threads=n_threads)
        with Watch() as watch:
            model.fit(matrix, show_progress=False)
        save_neighbors(save, model.similarity, n_neighbors)
        return watch.answer()

    return run


JOBS = {"als": als, "recommend": recommend, "knn": knn}
