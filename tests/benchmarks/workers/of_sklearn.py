"""The jobs of scikit-learn, and of NumPy."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
from measuring import Watch, as_matrix, given_factors, load, quality
from sklearn.decomposition import TruncatedSVD
from threadpoolctl import threadpool_limits

DISTRIBUTIONS = ("scikit-learn", "numpy", "scipy")


def svd(data, n_components, alpha, n_threads):
    data = load(data)
    matrix = as_matrix(data)

    def run(seed):
        with threadpool_limits(n_threads, "blas"), Watch() as watch:
            model = TruncatedSVD(n_components, random_state=seed)
            users = model.fit_transform(matrix)
        items = np.ascontiguousarray(model.components_.T)
        return watch.answer(quality=quality(users, items, data, alpha=alpha))

    return run


def product(n_users, n_items, n_components, n_threads):
    users, items = given_factors(n_users, n_items, n_components)
    # All scores at once would not fit; a block of 64 MB keeps BLAS at its best.
    size = max(1, 2**24 // n_items)
    block = np.empty((size, n_items), np.float32)

    def run():
        with threadpool_limits(n_threads, "blas"), Watch() as watch:
            for start in range(0, n_users, size):
                part = users[start : start + size]
                np.matmul(part, items.T, out=block[: len(part)])
        return watch.answer()

    return run


JOBS = {"svd": svd, "product": product}
