"""The kernels that make lists, against full sorts of all scores."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import sparse

LARGEST = float(np.finfo(np.float32).max)
KERNELS = ("factors", "scores", "stored", "similarity")


def draw_world(seed, n_rows, n_items, width, *, levels=3):
    """Return factors and matrices of few distinct values: ties everywhere, zeros among them."""
    rng = np.random.default_rng(seed)

    def integers(*shape):
        return rng.integers(-levels, levels + 1, size=shape).astype(np.float32)

    def thin(matrix, share):
        return sparse.csr_array(matrix * (rng.random(matrix.shape) < share))

    return {
        "users": integers(n_rows, width),
        "items": integers(n_items, width),
        "user_biases": integers(n_rows),
        "item_biases": integers(n_items),
        "given": integers(n_rows, n_items),
        "stored": thin(integers(n_rows, n_items), 0.4),
        "history": thin(np.abs(integers(n_rows, n_items)), 0.1),
        "similarity": thin(integers(n_items, n_items), rng.choice([0.02, 0.5])),
        "columns": rng.permutation(n_items)[: rng.integers(1, n_items + 1)].astype(np.int32),
        "marked": thin(np.ones((n_rows, n_items)), rng.choice([0.0, 0.1, 0.9])),
    }


def arrays_of(matrix):
    return (
        matrix.indptr.astype(np.int64),
        matrix.indices.astype(np.int32),
        matrix.data.astype(np.float32),
    )


def call(kernels, name, world, k, *, only_marked=False, bound=LARGEST, n_threads=1, biased=True):
    n_rows = world["marked"].shape[0]
    found = np.full((n_rows, k), -9, dtype=np.int32)
    scores = np.full((n_rows, k), np.nan, dtype=np.float32)
    marks = arrays_of(world["marked"])[:2]
    out = (world["columns"], *marks, found, scores)
    options = {"only_marked": only_marked, "bound": bound, "n_threads": n_threads}
    if name == "factors":
        biases = [world[f"{role}_biases"] if biased else None for role in ("user", "item")]
        kernels.top_k_factors(world["users"], biases[0], world["items"], biases[1], *out, **options)
    elif name == "scores":
        kernels.top_k_scores(world["given"], *out, **options)
    elif name == "stored":
        n_columns = world["stored"].shape[1]
        kernels.top_k_stored(*arrays_of(world["stored"]), *out, n_columns=n_columns, **options)
    else:
        terms = arrays_of(world["history"]) + arrays_of(world["similarity"])
        n_columns = world["similarity"].shape[1]
        kernels.top_k_similarity(*terms, *out, n_columns=n_columns, **options)
    return found, scores


def score_everything(name, world, *, biased=True):
    """Return all scores in float64; what must not be named for want of a score is NaN."""
    if name == "factors":
        products = world["users"].astype(np.float64) @ world["items"].T.astype(np.float64)
        biases = world["user_biases"][:, None] + world["item_biases"].astype(np.float64)
        return products + biases if biased else products
    if name == "scores":
        return world["given"].astype(np.float64)
    if name == "stored":
        stored = world["stored"].tocoo()
        scores = np.full(stored.shape, np.nan)
        scores[stored.row, stored.col] = stored.data
        return scores
    return world["history"].toarray().astype(np.float64) @ world["similarity"].toarray()


def sort_everything(all_scores, world, k, *, only_marked=False, bound=LARGEST):
    """Return the lists that a sort of every row gives."""
    columns = world["columns"]
    values = np.clip(all_scores, -bound, bound)[:, columns]
    values[(world["marked"].toarray() != 0)[:, columns] != only_marked] = np.nan
    values = np.nan_to_num(values, nan=-np.inf)
    order = np.argsort(-values, axis=1, kind="stable")[:, :k]
    found = np.full((len(values), k), -1)
    scores = np.full(found.shape, -np.inf)
    scores[:, : order.shape[1]] = np.take_along_axis(values, order, axis=1)
    found[:, : order.shape[1]] = columns[order]
    found[scores == -np.inf] = -1
    return found, scores


def assert_lists_equal(actual, expected):
    np.testing.assert_array_equal(actual[0], expected[0])
    np.testing.assert_array_equal(actual[1], expected[1])


@pytest.mark.parametrize("name", KERNELS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(
    seed=st.integers(0, 10**6),
    n_rows=st.integers(0, 15),
    n_items=st.integers(1, 70),
    width=st.integers(1, 9),
    k=st.sampled_from([1, 2, 10, 33, 80]),
    only_marked=st.booleans(),
    biased=st.booleans(),
)
def test_lists_are_a_full_sort_cut_short(
    kernels, name, seed, n_rows, n_items, width, k, only_marked, biased
):
    world = draw_world(seed, n_rows, n_items, width)

    lists = call(kernels, name, world, k, only_marked=only_marked, biased=biased)

    everything = score_everything(name, world, biased=biased)
    assert_lists_equal(lists, sort_everything(everything, world, k, only_marked=only_marked))


@pytest.mark.parametrize("name", KERNELS)
@pytest.mark.parametrize("k", [1, 10, 40, 1000])
@pytest.mark.parametrize("levels", [1, 300])
def test_lists_are_exact_over_many_blocks_of_rows_and_of_columns(kernels, name, k, levels):
    world = draw_world(k, 131, 643, 5, levels=levels)

    lists = call(kernels, name, world, k, n_threads=2)

    assert_lists_equal(lists, sort_everything(score_everything(name, world), world, k))


@pytest.mark.parametrize("name", KERNELS)
def test_a_constant_score_gives_the_first_columns(kernels, name):
    world = draw_world(0, 7, 3000, 2)
    for key in ("users", "user_biases", "item_biases", "given"):
        world[key] = np.zeros_like(world[key])
    for key in ("stored", "history"):
        world[key] = sparse.csr_array(world[key].shape, dtype=np.float32)
    world["marked"] = sparse.csr_array(world["marked"].shape, dtype=np.float32)

    found, scores = call(kernels, name, world, 5)

    expected = np.tile(world["columns"][:5], (7, 1)) if name != "stored" else np.full((7, 5), -1)
    np.testing.assert_array_equal(found, expected)
    assert (scores == (0 if name != "stored" else -np.inf)).all()


@pytest.mark.parametrize("name", KERNELS)
def test_lists_have_the_same_bits_however_rows_are_cut_and_for_any_number_of_threads(kernels, name):
    rng = np.random.default_rng(3)
    world = draw_world(3, 260, 300, 33)
    for key in ("users", "items", "given"):
        world[key] = rng.standard_normal(world[key].shape).astype(np.float32)
    for key in ("history", "similarity", "stored"):
        world[key].data = rng.random(len(world[key].data))
    whole = call(kernels, name, world, 20)

    by_row = ("users", "user_biases", "given", "stored", "history", "marked")
    for n_threads in (1, 2, 3):
        assert_lists_equal(call(kernels, name, world, 20, n_threads=n_threads), whole)
    if kernels.backend() == "numpy" and name == "factors":
        return  # a library's product of matrices is summed in an order of its own
    for start, stop in [(0, 1), (1, 7), (3, 10), (7, 258), (259, 260)]:
        part = slice(start, stop)
        cut = world | {key: world[key][part] for key in by_row}
        lists = call(kernels, name, cut, 20, n_threads=2)
        assert_lists_equal(lists, [array[part] for array in whole])


@pytest.mark.parametrize("name", KERNELS)
def test_scores_are_cut_off_before_they_are_compared(kernels, name):
    world = draw_world(11, 20, 200, 3)

    lists = call(kernels, name, world, 30, bound=1.0)

    everything = score_everything(name, world)
    assert_lists_equal(lists, sort_everything(everything, world, 30, bound=1.0))


@pytest.mark.parametrize("k", [2, 4, 40])
def test_what_overflows_saturates_and_what_is_no_number_is_zero(kernels, k):
    columns = np.arange(50, dtype=np.int32)
    users = np.full((8, 2), 1e30, dtype=np.float32)
    items = np.zeros((50, 2), dtype=np.float32)
    items[[10, 20, 30, 40]] = [[1e30, 1e30], [-1e30, -1e30], [np.nan, 0], [1e-30, 0]]
    marks = np.zeros(9, dtype=np.int64), np.empty(0, dtype=np.int32)
    found, scores = np.empty((8, k), dtype=np.int32), np.empty((8, k), dtype=np.float32)
    options = {"only_marked": False, "bound": LARGEST, "n_threads": 1}

    kernels.top_k_factors(users, None, items, None, columns, *marks, found, scores, **options)

    expected = [10, 40, *(i for i in range(50) if i not in (10, 20, 40)), 20]
    np.testing.assert_array_equal(found, np.tile(expected[:k], (8, 1)))
    assert (scores[:, 0] == np.float32(LARGEST)).all()
    given = np.array([[np.nan, -np.inf, 1, np.inf, -1]] * 8, dtype=np.float32)
    found, scores = np.empty((8, 5), dtype=np.int32), np.empty((8, 5), dtype=np.float32)
    kernels.top_k_scores(given, columns[:5], *marks, found, scores, **options)
    np.testing.assert_array_equal(found, np.tile([3, 2, 0, 4, 1], (8, 1)))
    np.testing.assert_array_equal(scores[0], np.float32([LARGEST, 1, 0, -1, -LARGEST]))


@pytest.mark.parametrize("dense", [False, True])
def test_lists_by_similarity_go_on_with_zeros_and_then_with_negative_scores(kernels, dense):
    n = 60
    rng = np.random.default_rng(0)
    similarity = np.zeros((n, n), dtype=np.float32)
    similarity[3, [7, 9, 20]] = [2, -1, 5]
    similarity[4, [9, 20, 30]] = [-1, -5, 1]
    if dense:
        similarity[5] = 1e-3 * (np.arange(n) % 7 - 3)
    history = np.zeros((1, n), dtype=np.float32)
    history[0, [3, 4, 5]] = 1
    world = {
        "history": sparse.csr_array(history),
        "similarity": sparse.csr_array(similarity),
        "columns": rng.permutation(n).astype(np.int32),
        "marked": sparse.csr_array((np.ones(2), [7, 0], [0, 2]), shape=(1, n)),
    }
    for k in (1, 2, 5, 59, 60):
        lists = call(kernels, "similarity", world, k)
        expected = sort_everything((history @ similarity).astype(np.float64), world, k)
        assert_lists_equal(lists, (expected[0], expected[1].astype(np.float32)))


def altered(**changes):
    return draw_world(1, 4, 6, 2) | changes


@pytest.mark.parametrize(
    ("name", "changes", "error"),
    [
        ("factors", {"users": np.ones((4, 2))}, TypeError),
        ("factors", {"users": np.ones((4, 3), np.float32)}, ValueError),
        ("factors", {"items": np.asfortranarray(np.ones((6, 2), np.float32))}, TypeError),
        ("factors", {"item_biases": None}, ValueError),
        ("factors", {"user_biases": np.ones(3, np.float32)}, ValueError),
        ("factors", {"columns": np.array([6], np.int32)}, ValueError),
        ("scores", {"columns": np.array([-1], np.int32)}, ValueError),
        ("scores", {"columns": np.array([0], np.int64)}, TypeError),
        ("scores", {"given": np.ones((3, 6), np.float32)}, ValueError),
        ("stored", {"stored": sparse.csr_array(np.ones((4, 7)))}, ValueError),
        ("similarity", {"history": sparse.csr_array(np.ones((4, 7)))}, ValueError),
        ("similarity", {"similarity": sparse.csr_array(np.ones((1, 6)))}, ValueError),
    ],
)
def test_arrays_of_the_wrong_kind_are_refused(native, name, changes, error):
    world = altered(**changes)
    if name == "stored":
        world["columns"] = np.array([6], np.int32)
        world["stored"] = sparse.csr_array(world["stored"])[:, :6]
    with pytest.raises(error):
        call(native, name, world, 2)


@pytest.mark.parametrize("options", [{"n_threads": 0}, {"bound": 0.0}, {"bound": np.nan}])
def test_senseless_options_are_refused(native, options):
    with pytest.raises(ValueError, match=r"n_threads|bound"):
        call(native, "factors", altered(), 2, **options)
