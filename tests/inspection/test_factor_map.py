"""The map of a factor model against NumPy's decomposition."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest

from sklearn_recsys.decomposition import SVDRecommender
from sklearn_recsys.exceptions import UnknownIdError
from sklearn_recsys.inspection import FactorMapDisplay
from sklearn_recsys.interactions import interactions_from_matrix

# Five users and four items.
RATINGS = np.array([[3, 1, 2, 3], [4, 3, 4, 3], [3, 2, 1, 5], [1, 6, 5, 2], [5, 0, 0, 0]])


@pytest.fixture(scope="module")
def model():
    X = interactions_from_matrix(RATINGS)
    return SVDRecommender(2, algorithm="arpack", random_state=0).fit(X)


def test_the_last_user_gets_the_items_in_the_order_of_the_decomposition(model):
    assert model.recommend(4, 4, exclude_seen=False)["item"].tolist() == [0, 3, 2, 1]


def test_points_are_the_singular_vectors_scaled(model):
    display = FactorMapDisplay.from_estimator(model)

    U, S, Vt = np.linalg.svd(RATINGS.astype(float))
    signs = np.sign(display.users[0] / U[0, :2])
    np.testing.assert_allclose(display.users, U[:, :2] * np.sqrt(S[:2]) * signs, atol=1e-5)
    np.testing.assert_allclose(display.items, Vt[:2].T * np.sqrt(S[:2]) * signs, atol=1e-5)


def test_users_are_stars_and_items_are_diamonds(model):
    display = FactorMapDisplay.from_estimator(model, item_labels={1: "one", 3: "three"})

    assert display.users_.get_marker() == "*"
    assert display.items_.get_marker() == "d"
    np.testing.assert_array_equal(display.items_.get_xydata(), display.items)
    assert {text.get_text() for text in display.ax_.texts} == {"one", "three"}
    assert display.labels == {1: "one", 3: "three"}
    assert display.ax_.get_aspect() == 1


def test_any_two_components_can_be_shown():
    vectors = np.arange(12.0).reshape(4, 3)

    display = FactorMapDisplay.from_predictions(vectors, vectors[:2], components=(2, 0))

    np.testing.assert_array_equal(display.users, vectors[:, [2, 0]])
    assert display.axis_names == ("component 3", "component 1")


def test_principal_axes_keep_the_distances_of_items_in_a_plane():
    rng = np.random.default_rng(0)
    plane, turned = rng.normal(size=(6, 2)), np.linalg.qr(rng.normal(size=(4, 4)))[0][:2]
    items = plane @ turned

    users = np.vstack([np.zeros(4), items[:3]])
    display = FactorMapDisplay.from_predictions(users, items, components="pca")

    def distances(points):
        return np.linalg.norm(points[:, None] - points[None], axis=2)

    np.testing.assert_allclose(distances(display.items), distances(plane), atol=1e-10)
    np.testing.assert_allclose(display.users, [[0, 0], *display.items[:3]], atol=1e-12)
    assert "of the items' variance" in display.axis_names[0]


def test_a_model_without_vectors_is_named(models):
    with pytest.raises(TypeError, match="ItemKNNRecommender has no user_factors_"):
        FactorMapDisplay.from_estimator(models["item kNN"])


@pytest.mark.parametrize("components", [(0,), (0, 2), (-1, 0), "tsne"])
def test_components_that_are_not_there_are_named(model, components):
    with pytest.raises(ValueError, match='components must be "pca" or two numbers'):
        FactorMapDisplay.from_estimator(model, components=components)


def test_labels_of_unknown_items_are_named(model):
    with pytest.raises(UnknownIdError, match="item_labels"):
        FactorMapDisplay.from_estimator(model, item_labels={7: "seven"})


def test_shapes_are_checked():
    with pytest.raises(ValueError, match="as many columns"):
        FactorMapDisplay.from_predictions(np.ones((2, 3)), np.ones((2, 2)))
    with pytest.raises(ValueError, match="at least two components"):
        FactorMapDisplay.from_predictions(np.ones((2, 1)), np.ones((2, 1)))
    with pytest.raises(ValueError, match=r"items must be of shape \(n, 2\)"):
        FactorMapDisplay(users=np.ones((2, 2)), items=np.ones((2, 3)))
