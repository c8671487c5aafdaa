"""A small world, and figures that are closed again."""
# SPDX-License-Identifier: BSD-3-Clause

import pytest

from sklearn_recsys.baseline import PopularityRecommender
from sklearn_recsys.datasets import make_interactions
from sklearn_recsys.decomposition import SVDRecommender
from sklearn_recsys.model_selection import train_test_split_by_user
from sklearn_recsys.neighbors import ItemKNNRecommender


@pytest.fixture(autouse=True)
def closed_figures():
    pyplot = pytest.importorskip("matplotlib.pyplot", reason="figures need matplotlib")
    yield
    pyplot.close("all")


@pytest.fixture(scope="session")
def films():
    return make_interactions(n_users=60, n_items=80, n_interactions=1500)


@pytest.fixture(scope="session")
def parts(films):
    return train_test_split_by_user(films.X.iloc[:, :2], random_state=0)


@pytest.fixture(scope="session")
def models(parts):
    return {
        "popularity": PopularityRecommender().fit(parts[0]),
        "item kNN": ItemKNNRecommender().fit(parts[0]),
        "SVD": SVDRecommender(4, random_state=0).fit(parts[0]),
    }
