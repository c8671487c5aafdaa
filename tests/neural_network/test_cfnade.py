"""CF-NADE: the network, its cost and its training against slow twins; what it learns."""
# SPDX-License-Identifier: BSD-3-Clause

import doctest
import inspect
import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from sklearn_recsys.baseline import BaselineRecommender
from sklearn_recsys.exceptions import DataWarning
from sklearn_recsys.neural_network import CFNADERecommender, _cfnade_training
from sklearn_recsys.neural_network._cfnade_network import NadeNetwork, ordinal_cost
from sklearn_recsys.neural_network._cfnade_training import log_odds, split_users
from sklearn_recsys.neural_network._rating_levels import LevelledRatings
from sklearn_recsys.persistence import load, save

FILMS = ["Transformers", "SpongeBob", "Ninja Turtles", "Interstellar"]


@pytest.fixture
def torch():
    return pytest.importorskip("torch", reason="needs the extra 'neural'")


def of_four_films(n_users=30):
    """Return ratings of four films: one user's are 4, 2, 3 and 5, those of others are random."""
    rng = np.random.default_rng(0)
    rows = [["ann", film, rating] for film, rating in zip(FILMS, (4, 2, 3, 5), strict=True)]
    for user in range(n_users):
        rated = rng.random(len(FILMS)) < 0.7
        rows += [[f"u{user}", film, rng.integers(1, 6)] for film in np.array(FILMS)[rated]]
    return pd.DataFrame(rows, columns=["user", "film", "rating"])


def of_two_tastes(n_users=120, n_items=40, seed=0):
    """Return ratings, some held out, of users who like every second item, but for some noise."""
    rng = np.random.default_rng(seed)
    users, items = np.nonzero(rng.random((n_users, n_items)) < 0.5)
    likes = (users + items) % 2 == 0
    ratings = np.clip(np.round(np.where(likes, 4.2, 1.8) + rng.normal(0, 0.7, len(users))), 1, 5)
    X = pd.DataFrame({"user": users, "item": items, "rating": ratings})
    held = rng.random(len(X)) < 0.2
    return X[~held], X[held]


def small(**params):
    return CFNADERecommender(
        **{"n_components": 5, "max_iter": 3, "device": "cpu", "random_state": 0, **params}
    )


def rmse(model, X):
    return float(np.sqrt(np.mean((model.predict(X) - X["rating"]) ** 2)))


def shares_of(model):
    """Return what each level adds, W, V and b of the equations, from their sums."""
    stacked = (model.input_factors_, model.output_factors_, model.output_biases_)
    return [np.diff(part, axis=0, prepend=0 * part[:1]) for part in stacked]


def twin(model, history, item):
    """Return the probabilities of an item's levels given (item, level) pairs, term by term."""
    W, V, b = shares_of(model)
    added = np.zeros(W.shape[2])
    for rated, level in history:
        for below in range(level + 1):
            added = added + W[below, rated]
    if model.input_projection_ is not None:
        added = added @ model.input_projection_
    hidden = added + model.hidden_biases_
    hidden = np.tanh(hidden) if model.activation == "tanh" else np.maximum(hidden, 0)
    if model.output_projection_ is not None:
        hidden = hidden @ model.output_projection_
    steps = [b[level, item] + V[level, item] @ hidden for level in range(len(model.levels_))]
    weights = np.exp(np.cumsum(steps))
    return weights / weights.sum()


def codes_of(model):
    """Return each user's history as (item, level) pairs of codes."""
    matrix = model.interactions_
    levels = np.searchsorted(model.levels_, matrix.data)
    ends = zip(matrix.indptr[:-1], matrix.indptr[1:], strict=True)
    return [list(zip(matrix.indices[a:b], levels[a:b], strict=True)) for a, b in ends]


@pytest.mark.parametrize("params", [{}, {"n_factors": 3}, {"activation": "relu"}], ids=str)
def test_probabilities_are_those_of_the_equations(torch, params):
    model = small(learning_rate=0.05, **params).fit(of_four_films())
    pairs = [[user, item] for user in model.users_ for item in model.items_]

    expected = [twin(model, history, item) for history in codes_of(model) for item in range(4)]

    found = model.predict_proba(pairs)
    np.testing.assert_allclose(found, expected, rtol=1e-4)
    np.testing.assert_allclose(model.predict(pairs), found @ model.levels_, rtol=1e-5)


def test_the_four_films_have_probabilities_of_one_to_five_that_sum_to_one(torch):
    model = small().fit(of_four_films())

    found = model.predict_proba([["ann", film] for film in FILMS])

    assert model.levels_.tolist() == [1, 2, 3, 4, 5]
    assert found.shape == (4, 5)
    assert (found > 0).all()
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-6)


def test_who_is_unknown_has_rated_nothing_and_an_unknown_item_is_the_average_one(torch):
    X = of_four_films()
    model = small().fit(X)
    known = [["ann", film] for film in model.items_]

    stranger, novel, both = model.predict_proba([["zoe", FILMS[0]], ["ann", "x"], ["zoe", "x"]])

    expected = twin(model, [], model.items_.tolist().index(FILMS[0]))
    np.testing.assert_allclose(stranger, expected, rtol=1e-4)
    # Logarithms of probabilities are scores, up to what all levels have in common.
    counts = X["film"].value_counts().loc[model.items_].to_numpy()
    mean = np.average(np.log(model.predict_proba(known)), axis=0, weights=counts)
    np.testing.assert_allclose(novel, np.exp(mean) / np.exp(mean).sum(), rtol=1e-4)
    assert both.sum() == pytest.approx(1)
    assert not np.allclose(novel, both)
    np.testing.assert_allclose(
        model.predict([["ann", "x"], ["zoe", FILMS[0]]]),
        [novel @ model.levels_, stranger @ model.levels_],
        rtol=1e-5,
    )


def test_the_ordinal_cost_is_that_of_drawing_levels_outwards_from_the_right_one(torch):
    scores = np.random.default_rng(0).normal(size=(5, 5))

    found = ordinal_cost(torch, torch.tensor(scores), torch.arange(5)).numpy()

    for level, row in enumerate(np.exp(scores)):
        probability = 1.0
        for k in range(level, -1, -1):
            probability *= row[k] / row[: k + 1].sum()
        for k in range(level, 5):
            probability *= row[k] / row[k:].sum()
        assert found[level] == pytest.approx(-np.log(probability))


def levelled(X, n_levels=5):
    """Return ratings of users and items that are codes already."""
    ordered = X.sort_values(["user", "item"])
    counts = np.bincount(ordered["user"])
    return LevelledRatings(
        np.concatenate([[0], np.cumsum(counts)]),
        ordered["item"].to_numpy(),
        ordered["rating"].to_numpy().astype(np.int64) - 1,
        np.linspace(0.5, 2, len(ordered)),
    )


@pytest.mark.parametrize("ordinal_weight", [0.0, 0.3, 1.0])
def test_the_cost_of_a_split_is_that_of_its_targets_given_its_inputs(torch, ordinal_weight):
    ratings = levelled(of_two_tastes(6, 8)[0])
    options = {"n_components": 4, "n_factors": 3, "activation": "tanh", "device": "cpu"}
    biases = log_odds(ratings, 8, 5)
    network = NadeNetwork(torch, biases, **options, ordinal_weight=ordinal_weight)
    split = split_users(ratings, np.arange(6), np.random.default_rng(0))
    model = small().fit(of_four_films())
    model.levels_ = np.arange(5)
    vars(model).update(zip(_names_of_weights(), network.to_arrays(), strict=True))

    total = 0.0
    targets = zip(split.target_rows, split.target_cols, split.target_levels, strict=True)
    for (row, item, level), weight in zip(targets, split.target_weights, strict=True):
        own = split.input_rows == row
        history = zip(split.input_cols[own], split.input_levels[own], strict=True)
        logs = np.log(twin(model, list(history), item))[None]
        ordinal = ordinal_cost(torch, torch.tensor(logs), torch.tensor([level])).item()
        total += weight * (ordinal_weight * ordinal - (1 - ordinal_weight) * logs[0, level])

    assert network.cost(split).item() == pytest.approx(total, rel=1e-5)


def _names_of_weights():
    sides = ["input_factors_", "hidden_biases_", "output_factors_", "output_biases_"]
    return [*sides, "input_projection_", "output_projection_"]


def test_a_split_has_each_rating_once_and_weighs_as_all_of_them():
    ratings = levelled(of_two_tastes(9, 30)[0])
    ratings = ratings._replace(weights=np.ones(len(ratings.cols)))
    users = np.array([1, 4, 8])
    everything = [
        (place, ratings.cols[i], ratings.levels[i])
        for place, user in enumerate(users)
        for i in range(ratings.indptr[user], ratings.indptr[user + 1])
    ]

    split = split_users(ratings, users, np.random.default_rng(0))

    inputs = zip(split.input_rows, split.input_cols, split.input_levels, strict=True)
    targets = zip(split.target_rows, split.target_cols, split.target_levels, strict=True)
    assert sorted([*inputs, *targets]) == sorted(everything)
    assert (np.diff(split.input_rows) >= 0).all()
    sums = np.bincount(split.target_rows, weights=split.target_weights)
    counts = np.bincount([row for row, _, _ in everything])
    np.testing.assert_allclose(sums, counts / counts.sum(), rtol=1e-6)


def test_every_number_of_inputs_and_every_rating_is_as_likely():
    ratings = LevelledRatings(np.array([0, 4]), np.arange(4), np.zeros(4, int), np.ones(4))
    rng, n = np.random.default_rng(0), 4000
    splits = [split_users(ratings, np.array([0]), rng) for _ in range(n)]

    sizes = np.bincount([len(split.input_cols) for split in splits], minlength=5)
    firsts = np.bincount([split.target_cols[0] for split in splits])

    assert sizes[4] == 0, "something is always left to predict"
    np.testing.assert_allclose(sizes[:4] / n, 0.25, atol=0.03)
    np.testing.assert_allclose(firsts / n, 0.25, atol=0.03)


def test_the_biases_start_from_the_shares_of_the_levels():
    X = pd.DataFrame({"user": range(1000), "item": 0, "rating": [1, 5, 5, 4] * 250})
    ratings = levelled(X)._replace(weights=np.ones(1000))

    shares = np.exp(np.cumsum(log_odds(ratings, 2, 5), axis=1))
    shares /= shares.sum(axis=1, keepdims=True)

    np.testing.assert_allclose(shares, [[0.25, 0, 0, 0.25, 0.5]] * 2, atol=0.002)
    assert (shares > 0).all()


def test_a_batch_in_parts_gives_the_model_of_the_whole(torch, monkeypatch):
    X, _ = of_two_tastes(40, 20)
    whole = small(batch_size=20).fit(X)
    monkeypatch.setattr(_cfnade_training, "_MOST_NUMBERS", 900)

    parts = small(batch_size=20).fit(X)

    np.testing.assert_allclose(parts.predict(X), whole.predict(X), rtol=1e-4)
    np.testing.assert_allclose(parts.loss_curve_, whole.loss_curve_, rtol=1e-5)


def test_planted_tastes_are_learned_better_than_means_and_more_epochs_cost_less(torch):
    train, test = of_two_tastes()

    model = CFNADERecommender(8, learning_rate=0.03, max_iter=25, random_state=0).fit(train)

    means = rmse(BaselineRecommender().fit(train), test)
    assert rmse(model, test) < 0.75 * means
    assert model.loss_curve_[-1] < model.loss_curve_[0]
    assert len(model.loss_curve_) == model.n_iter_ == 25


def test_items_and_users_of_one_taste_are_alike(torch):
    train, _ = of_two_tastes()
    model = CFNADERecommender(8, learning_rate=0.03, max_iter=25, random_state=0).fit(train)

    items, users = model.similar_items([0, 7], 5), model.similar_users([0, 7], 5)

    assert (items["item"] % 2 == items["similar_item"] % 2).all()
    assert (users["user"] % 2 == users["similar_user"] % 2).all()


@pytest.mark.parametrize("n_factors", [None, 3])
def test_an_items_vector_is_the_gradient_of_its_expected_rating(torch, n_factors):
    model = small(learning_rate=0.05, n_factors=n_factors).fit(of_four_films())
    weights = model._weights

    def expected_rating(hidden):
        scores = weights.weigh_all(weights.read_out(hidden.astype(np.float32)[None]))[:, 0]
        shares = np.exp(scores.astype(np.float64))
        return model.levels_ / 5 @ (shares / shares.sum(axis=0))

    step = 0.01 * np.eye(5)
    found = [(expected_rating(row) - expected_rating(-row)) / 0.02 for row in step]

    np.testing.assert_allclose(np.transpose(found), model.item_factors_, atol=1e-4)


def test_ratings_of_many_values_are_read_as_few_levels_with_a_warning(torch):
    X = of_four_films().assign(rating=np.random.default_rng(0).lognormal(size=len(of_four_films())))

    with pytest.warns(DataWarning, match=r"max_levels.*plays and clicks"):
        model = small(max_levels=6).fit(X)

    assert model.levels_.shape == (6,)
    assert model.predict_proba(X).shape == (len(X), 6)
    # A history's ratings are read as the levels that they are next to.
    history = [["new", FILMS[0], -9.0], ["new", FILMS[1], 1e9]]
    ends = [["new", FILMS[0], model.levels_[0]], ["new", FILMS[1], model.levels_[-1]]]
    lists = [model.recommend(history=table)["score"].tolist() for table in (history, ends)]
    assert lists[0] == lists[1]


def test_early_stopping_keeps_the_epoch_that_predicts_held_out_ratings_best(torch):
    train, _ = of_two_tastes()
    options = {"learning_rate": 0.2, "reg": 0.0, "early_stopping": True, "max_iter": 40}

    model = CFNADERecommender(16, **options, n_iter_no_change=3, random_state=0).fit(train)

    errors = model.validation_scores_
    assert model.n_iter_ == np.argmin(errors) + 1
    assert len(errors) == min(40, model.n_iter_ + 3)
    assert len(model.loss_curve_) == len(errors)
    assert "validation_scores_" not in vars(model.set_params(early_stopping=False).fit(train))


def test_early_stopping_needs_something_to_hold_out(torch):
    with pytest.raises(ValueError, match=r"validation_fraction=0\.01"):
        small(early_stopping=True, validation_fraction=0.01).fit(of_four_films())


def test_a_training_that_diverges_is_an_error(torch):
    with pytest.raises(ValueError, match=r"cost is .* with learning_rate=1e\+30"):
        small(learning_rate=1e30, reg=0.0, activation="relu", max_iter=20).fit(of_two_tastes()[0])


def test_a_decay_that_would_take_off_all_of_the_weights_is_an_error(torch):
    with pytest.raises(ValueError, match=r"reg=20\.0: set reg below 20\."):
        small(learning_rate=0.05, reg=20.0).fit(of_four_films())


def test_a_device_that_is_not_there_is_refused(torch):
    with pytest.raises(ValueError, match="device"):
        small(device="abacus").fit(of_four_films())


@pytest.mark.parametrize("n_factors", [None, 4])
def test_one_seed_is_one_model_whatever_the_threads_and_the_callers_random_numbers(
    torch, n_factors
):
    X, _ = of_two_tastes(150, 60)
    n_threads, state = torch.get_num_threads(), torch.random.get_rng_state()

    models = [small(n_factors=n_factors, n_jobs=n_jobs).fit(X) for n_jobs in (1, 2)]

    assert torch.get_num_threads() == n_threads
    assert torch.equal(torch.random.get_rng_state(), state)
    one, two = (model.predict(X) for model in models)
    np.testing.assert_allclose(one, two, rtol=1e-6)
    other = small(n_factors=n_factors, random_state=1).fit(X)
    assert not np.allclose(other.predict(X), one)


def test_a_saved_model_serves_without_pytorch(torch, tmp_path, monkeypatch):
    X = of_four_films()
    model = small(n_factors=2).fit(X)
    save(model, tmp_path / "model")
    monkeypatch.setitem(sys.modules, "torch", None)

    loaded = load(tmp_path / "model")

    np.testing.assert_array_equal(loaded.predict_proba(X), model.predict_proba(X))
    history = X.assign(user="new " + X["user"])
    pd.testing.assert_frame_equal(
        loaded.recommend(history=history).assign(user=""), model.recommend().assign(user="")
    )
    assert not [name for name, part in vars(model).items() if isinstance(part, torch.Tensor)]


def test_without_pytorch_it_can_be_made_and_cloned_and_fit_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    model = clone(CFNADERecommender(7, reg=0.5))

    assert model.get_params()["n_components"] == 7
    with pytest.raises(ModuleNotFoundError, match=r"sklearn-recsys\[neural\]"):
        model.fit(of_four_films())


def test_the_example_gives_what_it_prints(torch):
    # Skipped where docstrings are run, as PyTorch need not be there.
    text = inspect.getdoc(CFNADERecommender).replace("# doctest: +SKIP", "")
    example = doctest.DocTestParser().get_doctest(text, {}, "CFNADERecommender", None, 0)
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS

    results = doctest.DocTestRunner(optionflags=flags, verbose=False).run(example)

    assert results.attempted > 4
    assert results.failed == 0
