"""Alternating least squares against dense algebra in float64, and as a recommender."""
# SPDX-License-Identifier: BSD-3-Clause

import pickle

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.pipeline import make_pipeline

from sklearn_recsys.datasets import load_movielens, make_interactions
from sklearn_recsys.decomposition import ALSRecommender, _als_solver
from sklearn_recsys.decomposition._seeding import draw_vectors, make_generator
from sklearn_recsys.exceptions import DataWarning
from sklearn_recsys.persistence import load, save
from sklearn_recsys.preprocessing import ConfidenceWeighter

both_solvers = pytest.mark.parametrize("solver", ["cg", "cholesky"])
FACTORS = ("user_factors_", "item_factors_")


def as_table(matrix):
    """Every cell that is not NaN as a row."""
    users, items = np.nonzero(~np.isnan(matrix))
    return pd.DataFrame({"user": users, "item": items, "value": matrix[users, items]})


def plays(shape=(20, 12), seed=0, density=0.4):
    """Return counts with NaN where nothing was seen, zeros and skips included."""
    rng = np.random.default_rng(seed)
    values = rng.integers(-1, 5, size=shape).astype(float)
    values[rng.random(shape) > density] = np.nan
    values[np.arange(shape[1]), np.arange(shape[1])] = 1.0  # everyone and everything occurs
    values[:, 0] = 2.0
    return values


def clusters(n_groups=4, n_users=15, n_items=8, seed=0):
    """Return a table in which each group of users plays most items of its own group."""
    rng = np.random.default_rng(seed)
    rows = []
    for user in range(n_groups * n_users):
        group = user % n_groups
        own = group + n_groups * rng.choice(n_items, size=6, replace=False)
        rows += [[user, item] for item in own]
        rows.append([user, int(rng.integers(n_groups * n_items))])
    return pd.DataFrame(rows, columns=["user", "item"]).drop_duplicates()


def weights_of(values, alpha, unobserved_weight):
    """Return confidences and preferences of all cells."""
    seen = ~np.isnan(values) & (values != 0)
    confidence = np.abs(values) if alpha is None else 1 + alpha * np.abs(values)
    return np.where(seen, confidence, unobserved_weight), np.where(seen, values > 0, 0.0)


def penalties(values, reg, exponent, unobserved_weight):
    """Return the penalty of each row."""
    seen = ~np.isnan(values) & (values != 0)
    n = seen.sum(axis=1) + unobserved_weight * values.shape[1]
    return reg * (n / n.mean()) ** exponent


def solve(confidence, preference, reg, fixed):
    """Return the best vector of each row, from the normal equations written out."""
    return np.array(
        [
            np.linalg.solve((fixed.T * c) @ fixed + r * np.eye(fixed.shape[1]), (fixed.T * c) @ p)
            for c, p, r in zip(confidence, preference, reg, strict=True)
        ]
    )


def alternate(values, users, *, reg, alpha, unobserved_weight=1.0, reg_exponent=0.0, max_iter):
    """Return users, items and losses of dense alternating least squares in float64."""
    c, p = weights_of(values, alpha, unobserved_weight)
    user_reg = penalties(values, reg, reg_exponent, unobserved_weight)
    item_reg = penalties(values.T, reg, reg_exponent, unobserved_weight)
    losses = []
    for _ in range(max_iter):
        items = solve(c.T, p.T, item_reg, users)
        users = solve(c, p, user_reg, items)
        fit = (c * (p - users @ items.T) ** 2).sum()
        losses.append(fit + user_reg @ (users**2).sum(1) + item_reg @ (items**2).sum(1))
    return users, items, losses


def start_of(model, n):
    """Return the vectors of `n` users or items that a fit of the model starts from."""
    n_components = model.n_components
    rng = make_generator(model.random_state)
    return draw_vectors(rng, n, n_components, model.init_scale)[:, :n_components]


# As the first paper has it: what is not seen weighs as much as a 1, and all are penalised alike.
HU = {"unobserved_weight": 1.0, "reg_exponent": 0.0}
CASES = [
    {"reg": 0.5, "alpha": 1.0},
    {"reg": 2.0, "alpha": 4.0, "unobserved_weight": 0.1},
    {"reg": 1.0, "alpha": 0.5, "unobserved_weight": 0.3, "reg_exponent": 0.7},
    {"reg": 0.3, "alpha": None, "unobserved_weight": 0.5, "reg_exponent": 1.0},
    {"reg": 1.0, "alpha": 2.0, "unobserved_weight": 0.0},
]


@pytest.mark.parametrize("n_components", [3, 8])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_exact_iterations_are_those_of_dense_algebra(case, n_components):
    values = plays()
    model = ALSRecommender(
        n_components,
        solver="cholesky",
        max_iter=4,
        compute_loss=True,
        random_state=0,
        **(HU | case),
    ).fit(as_table(values))
    start = start_of(model, values.shape[0]).astype(np.float64)
    users, items, losses = alternate(values, start, max_iter=4, **case)
    scale = np.abs(items).max()
    np.testing.assert_allclose(model.item_factors_, items, rtol=1e-4, atol=1e-4 * scale)
    np.testing.assert_allclose(model.user_factors_, users, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(model.loss_curve_, losses, rtol=1e-4)


@both_solvers
def test_many_iterations_of_either_solver_reach_the_same_loss(solver):
    model = ALSRecommender(
        4,
        reg=1.0,
        alpha=1.0,
        solver=solver,
        max_iter=200,
        compute_loss=True,
        random_state=0,
        **HU,
    ).fit(as_table(plays()))
    _, _, losses = alternate(
        plays(), start_of(model, 20).astype(np.float64), reg=1.0, alpha=1.0, max_iter=200
    )
    assert model.loss_curve_[-1] == pytest.approx(losses[-1], rel=1e-3)


@both_solvers
def test_the_users_are_the_closed_form_of_hu_koren_and_volinsky(solver):
    values = np.abs(plays())
    model = ALSRecommender(5, reg=2.0, alpha=40.0, solver=solver, random_state=0, **HU)
    Y = model.fit(as_table(values)).item_factors_.astype(np.float64)
    for user, r in enumerate(np.nan_to_num(values)):
        C, p = np.diag(1 + 40 * r), (r > 0).astype(float)
        x = np.linalg.inv(Y.T @ C @ Y + 2.0 * np.eye(5)) @ Y.T @ C @ p
        np.testing.assert_allclose(model.user_factors_[user], x, rtol=2e-4, atol=2e-5)


def test_the_loss_never_rises():
    X = make_interactions(random_state=0).X
    model = ALSRecommender(8, solver="cholesky", compute_loss=True, random_state=0, max_iter=8)
    losses = np.array(model.fit(X).loss_curve_)
    assert len(losses) == model.n_iter_ == 8
    assert (np.diff(losses) <= 1e-6 * losses[0]).all()


@both_solvers
def test_the_last_loss_is_that_of_the_model(solver):
    values = plays()
    c, p = weights_of(values, 1.0, 1.0)
    model = ALSRecommender(
        3, reg=2.0, alpha=1.0, solver=solver, compute_loss=True, max_iter=2, random_state=0, **HU
    ).fit(as_table(values))
    users, items = model.user_factors_.astype(np.float64), model.item_factors_.astype(np.float64)
    loss = (c * (p - users @ items.T) ** 2).sum() + 2.0 * ((users**2).sum() + (items**2).sum())
    assert model.loss_curve_[-1] == pytest.approx(loss, rel=1e-5)


def test_the_start_has_the_wanted_deviation():
    start = start_of(ALSRecommender(9, init_scale=0.6, random_state=0), 5000)
    assert start.std() == pytest.approx(0.2, rel=0.02)
    assert abs(start.mean()) < 0.01
    assert len(np.unique(start, axis=0)) == len(start)


def test_confidences_made_by_a_weighter_are_those_of_alpha():
    X = as_table(np.abs(plays()))
    X = X[X.value > 0]
    own = ALSRecommender(4, reg=1.0, alpha=3.0, random_state=0).fit(X)
    pipeline = make_pipeline(
        ConfidenceWeighter(alpha=3.0), ALSRecommender(4, reg=1.0, alpha=None, random_state=0)
    ).fit(X)
    for name in FACTORS:
        np.testing.assert_allclose(getattr(pipeline[-1], name), getattr(own, name), rtol=1e-4)


def test_a_skip_pushes_an_item_down_and_a_zero_does_not():
    liked = [[user, item, 1.0] for user in range(6) for item in range(4)]
    X = pd.DataFrame([*liked, [6, 0, 1.0], [6, 1, 1.0], [7, 0, 1.0], [7, 1, 1.0]])
    pair = pd.DataFrame([[6, 3]])
    scores = {}
    for value in (None, 0.0, -5.0):
        more = [] if value is None else [[6, 3, value]]
        table = pd.concat([X, pd.DataFrame(more, columns=X.columns)]) if more else X
        model = ALSRecommender(2, reg=0.5, alpha=1.0, random_state=0).fit(
            table.set_axis([*"uiv"], axis=1)
        )
        scores[value] = model.predict(pair.set_axis([*"ui"], axis=1))[0]
    assert scores[0.0] == pytest.approx(scores[None], rel=1e-5)
    assert scores[-5.0] < 0.8 * scores[0.0]


@both_solvers
@pytest.mark.parametrize("exponent", [0.0, 0.6])
def test_a_users_own_history_gives_her_vector_bit_for_bit(solver, exponent):
    model = ALSRecommender(10, reg=1.0, solver=solver, reg_exponent=exponent, random_state=0)
    model.fit(as_table(plays()))
    folded = model._fold_in(model.interactions_)
    np.testing.assert_array_equal(folded, model.user_factors_)
    np.testing.assert_array_equal(model._fold_in(model.interactions_[3:4])[0], folded[3])


def test_a_history_is_solved_with_the_parameters_of_the_fit():
    model = ALSRecommender(4, reg=5.0, random_state=0).fit(as_table(plays()))
    model.set_params(reg=0.1, alpha=9.0, unobserved_weight=0.2)
    np.testing.assert_array_equal(model._fold_in(model.interactions_), model.user_factors_)


@both_solvers
def test_a_history_of_nobody_who_is_asked_for_changes_nothing(solver):
    X = as_table(plays())
    model = ALSRecommender(4, reg=1.0, solver=solver, random_state=0).fit(X)
    history = X.head(2).assign(user=99)
    pd.testing.assert_frame_equal(model.recommend([3], history=history), model.recommend([3]))


@pytest.mark.parametrize("n_components", [3, 8, 30])
def test_contributions_of_the_history_add_up_to_the_score(n_components):
    X = as_table(plays())
    model = ALSRecommender(n_components, reg=0.5, reg_exponent=0.4, random_state=0).fit(X)
    for user, item in [(0, 0), (3, 7), (19, 11)]:
        contributions = model.explain(user, item)
        assert set(contributions.item) == set(X.item[X.user == user])
        score = model.predict(pd.DataFrame({"user": [user], "item": [item]}))[0]
        assert contributions.contribution.sum() == pytest.approx(score, rel=1e-4, abs=1e-5)


def test_what_was_not_liked_contributes_nothing():
    X = as_table(plays())
    model = ALSRecommender(4, reg=1.0, random_state=0).fit(X)
    contributions = model.explain(2, 5).set_index("item").contribution
    values = X[X.user == 2].set_index("item").value
    assert (contributions[values[values <= 0].index] == 0).all()
    assert (contributions[values[values > 0].index] != 0).all()


def test_the_score_of_what_is_liked_moves_towards_one_as_factors_are_added():
    X = make_interactions(random_state=0).X
    X = X.iloc[:, :2].drop_duplicates()
    means = [
        ALSRecommender(n, reg=1.0, alpha=10.0, random_state=0).fit(X).predict(X).mean()
        for n in (5, 20, 80)
    ]
    assert means[0] < means[1] < means[2] < 1.05
    assert means[2] > 0.8


def test_a_liked_item_scores_above_the_median():
    X = clusters()
    model = ALSRecommender(8, reg=1.0, random_state=0).fit(X)
    scores = model.user_factors_ @ model.item_factors_.T
    own = scores[X.user, X.item]
    assert np.mean(own > np.median(scores, axis=1)[X.user]) > 0.95


def test_the_neighbours_of_an_item_come_from_its_cluster():
    model = ALSRecommender(8, reg=1.0, random_state=0).fit(clusters())
    neighbors = model.similar_items(model.items_, 5)
    assert (neighbors.item % 4 == neighbors.similar_item % 4).all()
    own = model.similar_items(3, 15, include_self=True)
    assert own.similar_item[0] == 3
    assert own.score[0] == pytest.approx(1, abs=1e-6)
    assert own.score.is_monotonic_decreasing
    assert own.score.max() <= 1


@pytest.mark.parametrize("values", [[2.0, 2.0, 2.0, 2.0], [1.0, 2.0, 0.0, 3.0], []])
def test_columns_are_the_rows_of_the_transposed_matrix(values):
    users, items = [0, 0, 2, 3][: len(values)], [1, 4, 0, 4][: len(values)]
    matrix = sparse.csr_array((np.array(values, np.float32), (users, items)), shape=(4, 6))
    found, expected = _als_solver.Rows.of_columns(matrix), _als_solver.Rows.of(matrix.T.tocsr())
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)
        assert one.dtype == other.dtype
    assert np.shares_memory(found.values, matrix.data) == (values[:1] == [2.0])


def test_the_penalty_keeps_its_unit_whatever_the_exponent():
    squares = _als_solver.LeastSquares(1.0, 0.5, 1)
    rows = _als_solver.Rows(
        np.array([0, 2, 8, 9]), np.zeros(9, np.int32), np.array([1, 0, *[1] * 7], np.float32)
    )
    n = np.array([1, 6, 1]) + 0.5 * 10
    for exponent in (0.0, 0.5, 1.0):
        penalty = squares.penalty(7.0, exponent, rows, 10)
        np.testing.assert_allclose(
            penalty.of(rows.counts), 7.0 * (n / n.mean()) ** exponent, rtol=1e-6
        )


def test_a_penalty_under_which_everything_vanishes_is_warned_of():
    X = [["ann", "undo"], ["bob", "undo"], ["bob", "heat"]]
    model = ALSRecommender(2, reg=1000.0, random_state=0)
    with pytest.warns(DataWarning, match=r"reg=1000\.0 is too large"):
        model.fit(X)
    assert (model.recommend(exclude_seen=False).score == 0).all()
    with pytest.warns(DataWarning, match="Lower reg, or raise alpha"):
        model.set_params(reg=20.0).fit(X)  # on the way there


def test_small_and_odd_worlds_are_fitted():
    for X in (
        [["a", "x"]],
        [["a", "x"], ["a", "y"], ["a", "z"]],
        [["a", "x"], ["b", "x"]],
        [["a", "x", 0.0], ["b", "y", 0.0]],
        [["a", "x", -1.0], ["b", "y", 2.0]],
    ):
        for solver in ("cg", "cholesky"):
            model = ALSRecommender(reg=0.1, random_state=0, solver=solver).fit(X)
            assert model.user_factors_.shape == (len(model.users_), 64)
            assert model.item_factors_.flags.c_contiguous
            assert model.item_factors_.dtype == np.float32
            assert np.isfinite(model.user_factors_).all()


@pytest.mark.filterwarnings("ignore:The vectors shrink to zero")
@both_solvers
@pytest.mark.parametrize("value", [1e-45, 1e-30, 1e30, 3e38])
@pytest.mark.parametrize("alpha", [1.0, 100.0, None])
def test_extreme_values_give_finite_vectors(solver, value, alpha):
    matrix = np.array([[1, 0, 1], [0, 1, 1], [1, 1, 1], [1, 0, 0], [-1, 1, 0]]) * value
    model = ALSRecommender(4, alpha=alpha, solver=solver, reg=0.01, random_state=0)
    model.fit(as_table(matrix))
    assert all(np.isfinite(getattr(model, name)).all() for name in FACTORS)
    assert np.isfinite(model.recommend(exclude_seen=False).score).all()
    assert np.isfinite(model.explain(0, 1).contribution).all()


def test_one_seed_gives_one_model_whatever_the_number_of_threads():
    X = make_interactions(random_state=0).X
    one = ALSRecommender(16, random_state=3, n_jobs=1, max_iter=3).fit(X)
    for n_jobs in (1, 2, 3):
        other = clone(one).set_params(n_jobs=n_jobs).fit(X)
        for name in FACTORS:
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    stranger = clone(one).set_params(random_state=4).fit(X)
    assert not np.array_equal(stranger.item_factors_, one.item_factors_)


@both_solvers
def test_the_size_of_the_calls_to_the_kernels_has_no_part_in_the_result(solver, monkeypatch):
    X = as_table(plays())
    one = ALSRecommender(9, reg=1.0, solver=solver, compute_loss=True, random_state=0).fit(X)
    monkeypatch.setattr(_als_solver, "_WORK_OF_CALL", 300.0)
    many = clone(one).fit(X)
    for name in FACTORS:
        # The Gram is summed by parts, which rounds otherwise.
        np.testing.assert_allclose(getattr(one, name), getattr(many, name), rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(one.loss_curve_, many.loss_curve_, rtol=1e-5)


def test_an_interrupted_fit_leaves_the_old_model_whole(monkeypatch):
    X = as_table(plays())
    model = ALSRecommender(4, reg=1.0, random_state=0).fit(X)
    before, expected = dict(vars(model)), model.recommend()
    calls = []

    def interrupted(*args, **kwargs):
        calls.append(1)
        if len(calls) == 5:
            raise KeyboardInterrupt

    monkeypatch.setattr(_als_solver, "als_half_step_cg", interrupted)
    with pytest.raises(KeyboardInterrupt):
        model.fit(X.assign(user=X.user + 100))
    assert vars(model) == before
    pd.testing.assert_frame_equal(model.recommend(), expected)
    fresh = clone(model)
    calls.clear()
    with pytest.raises(KeyboardInterrupt):
        fresh.fit(X)
    assert set(vars(fresh)) == set(fresh.get_params())


def test_early_stopping_keeps_the_items_that_ranked_best():
    X = make_interactions(random_state=0).X
    model = ALSRecommender(
        32, reg=0.1, alpha=20.0, early_stopping=True, max_iter=40, random_state=0, **HU
    ).fit(X)
    scores = model.validation_scores_
    assert len(scores) == model.n_iter_ + 3 < 40
    assert (
        model.n_iter_ == 1 + int(np.argmax(scores))
        or max(scores) - 1e-4 <= scores[model.n_iter_ - 1]
    )
    assert all(0 <= score <= 1 for score in scores)
    # What was held out is seen, and the users' vectors know it.
    np.testing.assert_array_equal(model._fold_in(model.interactions_), model.user_factors_)
    again = clone(model).set_params(max_iter=model.n_iter_).fit(X)
    np.testing.assert_array_equal(again.item_factors_, model.item_factors_)


def test_a_fit_without_early_stopping_has_no_validation_scores():
    X = make_interactions(random_state=0).X
    model = ALSRecommender(
        4, early_stopping=True, compute_loss=True, max_iter=2, random_state=0
    ).fit(X)
    model.set_params(early_stopping=False, compute_loss=False).fit(X)
    assert not hasattr(model, "validation_scores_")
    assert not hasattr(model, "loss_curve_")


def test_early_stopping_with_nothing_to_hold_out_says_so():
    model = ALSRecommender(4, early_stopping=True)
    with pytest.raises(ValueError, match=r"validation_fraction=0\.1 holds out no positive"):
        model.fit([["ann", "undo"], ["bob", "undo"]])


def test_a_part_more_gives_about_the_model_of_all_the_data():
    X = clusters()
    late = X.user >= 50
    model = ALSRecommender(8, reg=1.0, random_state=0).fit(X[~late])
    known = model.item_factors_.copy()
    model.partial_fit(X[late])
    neighbors = model.similar_items(model.items_, 3)
    assert (neighbors.item % 4 == neighbors.similar_item % 4).mean() > 0.95
    best = model.recommend(list(range(50, 60)), 1)
    assert (best.user % 4 == best.item % 4).all()
    np.testing.assert_array_equal(model._fold_in(model.interactions_), model.user_factors_)
    assert np.corrcoef(known.ravel(), model.item_factors_[: len(known)].ravel())[0, 1] > 0.9


def test_partial_fit_solves_new_users_then_new_items_then_everyone():
    values = np.abs(plays())
    first, later = values.copy(), values.copy()
    first[15:], later[:15] = np.nan, np.nan
    first[:, 11] = np.nan
    model = ALSRecommender(3, reg=0.5, alpha=2.0, random_state=0, **HU).fit(as_table(first))
    users = np.zeros((20, 3))
    items = start_of(model, 12).astype(np.float64)
    users[:15], items[:11] = model.user_factors_, model.item_factors_
    model.partial_fit(as_table(later))
    both = np.where(np.isnan(first), later, first)
    c, p = weights_of(both, 2.0, 1.0)
    users[15:] = solve(c[15:], p[15:], [0.5] * 5, items)
    new = np.flatnonzero((~np.isnan(later)).any(axis=0))
    items[new] = solve(c.T[new], p.T[new], [0.5] * len(new), users)
    users = solve(c, p, [0.5] * 20, items)
    np.testing.assert_allclose(model.item_factors_, items, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(model.user_factors_, users, rtol=1e-4, atol=1e-4)


def test_an_interrupted_partial_fit_leaves_the_model_whole(monkeypatch):
    X = as_table(plays())
    model = ALSRecommender(4, reg=1.0, random_state=0).fit(X)
    before = dict(vars(model))

    def interrupted(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(_als_solver, "als_half_step_cholesky", interrupted)
    with pytest.raises(KeyboardInterrupt):
        model.partial_fit(X.assign(user=X.user + 100))
    assert vars(model) == before


def test_copies_of_a_model_answer_alike(tmp_path):
    model = ALSRecommender(5, reg=1.0, random_state=0, compute_loss=True).fit(as_table(plays()))
    save(model, tmp_path / "model")
    history = pd.DataFrame([[99, 3, 2.0]], columns=["user", "item", "value"])
    for copied in (load(tmp_path / "model"), pickle.loads(pickle.dumps(model))):
        pd.testing.assert_frame_equal(copied.recommend(), model.recommend())
        pd.testing.assert_frame_equal(
            copied.recommend(history=history), model.recommend(history=history)
        )
        pd.testing.assert_frame_equal(copied.explain(3, 4), model.explain(3, 4))
        copied.partial_fit(history)
        assert 99 in copied.users_


@pytest.mark.parametrize(
    "parameters",
    [
        {"n_components": 0},
        {"reg": 0},
        {"reg": -1.0},
        {"alpha": -0.1},
        {"unobserved_weight": -1},
        {"reg_exponent": -1},
        {"max_iter": 0},
        {"solver": "lu"},
        {"n_cg_steps": 0},
        {"init_scale": 0},
        {"early_stopping": "yes"},
        {"validation_fraction": 1.0},
        {"n_iter_no_change": 0},
        {"tol": -1},
        {"compute_loss": None},
        {"n_jobs": 1.5},
    ],
    ids=str,
)
def test_parameters_out_of_range_are_named_in_fit(parameters):
    with pytest.raises(ValueError, match=f"'{next(iter(parameters))}' parameter"):
        ALSRecommender(**parameters).fit(as_table(plays()))


@pytest.mark.data
@pytest.mark.slow
def test_toy_story_2_is_next_to_toy_story(real_data):
    data = load_movielens(real_data("ml-1m") / "ml-1m.zip")
    model = ALSRecommender(random_state=0, n_jobs=2).fit(data.X.iloc[:, :2])
    assert model.similar_items(1, 1).similar_movie_id[0] == 3114
