"""The jobs of sparse_dot_topn."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
from measuring import Watch, as_matrix, load, save_neighbors
from scipy import sparse
from sparse_dot_topn import sp_matmul_topn

DISTRIBUTIONS = ("sparse-dot-topn", "numpy", "scipy")


def knn(data, n_neighbors, n_threads):
    matrix = as_matrix(load(data))

    def run(save=None):
        with Watch() as watch:
            norms = np.sqrt(matrix.multiply(matrix).sum(axis=0)).A1
            unit = (matrix @ sparse.diags_array(1 / np.where(norms > 0, norms, 1))).tocsr()
            unit = unit.astype(np.float32)
            # The item itself is among its neighbours.
            similarity = sp_matmul_topn(
                unit.T.tocsr(), unit, top_n=n_neighbors + 1, sort=True, n_threads=n_threads
            )
        save_neighbors(save, similarity, n_neighbors)
        return watch.answer()

    return run


JOBS = {"knn": knn}
