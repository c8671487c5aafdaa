"""Stochastic gradients against a loop over the examples, and against finite differences."""
# SPDX-License-Identifier: BSD-3-Clause

import math

import numpy as np
import pytest
from scipy import sparse

from sklearn_recsys._kernels import reference

LOSSES = ["warp", "bpr", "logistic", "warp-kos"]
N_USERS, N_ITEMS, K, WIDTH = 23, 31, 5, 8
SIDES = ("user", "item")
every_loss = pytest.mark.parametrize("loss", LOSSES)


class World:
    """Users and items, with or without features, in rounds of `size` examples."""

    def __init__(
        self,
        loss,
        *,
        features=False,
        adadelta=False,
        size=7,
        dtype=np.float32,
        reg=0.01,
        learning_rate=0.05,
    ):
        rng = np.random.default_rng(3)
        self.dense = rng.random((N_USERS, N_ITEMS)) < np.linspace(0.05, 0.9, N_USERS)[:, None]
        matrix = sparse.csr_array(self.dense)
        self.rows = np.repeat(np.arange(N_USERS, dtype=np.int32), np.diff(matrix.indptr))
        self.cols = matrix.indices.astype(np.int32)
        self.weights = rng.uniform(0.5, 2, len(self.rows)).astype(np.float32)
        self.liked_weights = self.weights.copy()
        if loss == "logistic":
            self.weights[::3] *= -1
        self.order = rng.permutation(len(self.rows)).astype(np.int32)
        self.bounds = np.append(np.arange(0, len(self.rows), size), len(self.rows))
        self.indptr = matrix.indptr.astype(np.int64)
        self.pool = np.arange(1, N_ITEMS, dtype=np.int32)
        self.features, self.vectors, self.squares, self.updates = {}, {}, {}, {}
        for side, n in zip(SIDES, (N_USERS, N_ITEMS), strict=True):
            mask = np.where(rng.random((n, 4)) < 0.4, rng.uniform(0.2, 1.5, (n, 4)), 0)
            dense = np.hstack([mask, np.eye(n)]) if features else np.eye(n)
            self.features[side] = dense.astype(np.float32)
            shape = (dense.shape[1], WIDTH)
            self.vectors[side] = np.zeros(shape, dtype)
            self.vectors[side][:, : K + 1] = rng.standard_normal((shape[0], K + 1)) * 0.5
            self.squares[side] = np.full(shape, 0 if adadelta else 1, dtype)
            self.updates[side] = np.zeros(shape, dtype) if adadelta else None
        self.has_features = features
        self.options = {
            "log_ranks": np.log(np.maximum(29 // np.arange(1, 7), 1)).astype(np.float32),
            "loss": loss,
            "n_components": K,
            "learning_rate": learning_rate,
            "user_reg": reg,
            "item_reg": 2 * reg,
            "rho": 0.9,
            "epsilon": 1e-4,
            "kth": 2,
            "n_positives": 4,
            "seed": 2**62 + 12345,
            "learn_items": True,
            "n_threads": 2,
        }

    def run(self, kernels, n_rounds=None, **options):
        """Return the vectors, squares and losses after the rounds; the world stays as it was."""
        sides, results = [], []
        for side in SIDES:
            state = [self.vectors[side].copy(), self.squares[side].copy()]
            updates = self.updates[side]
            results += state
            matrix = sparse.csr_array(self.features[side])
            rows = (
                (matrix.indptr.astype(np.int64), matrix.indices.astype(np.int32), matrix.data)
                if self.has_features
                else (None, None, None)
            )
            sides += [*rows, *state, None if updates is None else updates.copy()]
        bounds = self.bounds if n_rounds is None else self.bounds[: n_rounds + 1]
        losses = np.full(len(bounds) - 1, np.nan)
        kernels.embedding_sgd(
            self.rows[self.order],
            self.cols[self.order],
            self.weights[self.order],
            self.order,
            bounds,
            self.indptr,
            self.cols,
            self.pool,
            *sides,
            losses,
            liked_indptr=self.indptr,
            liked_indices=self.cols,
            liked_weights=self.liked_weights,
            **{**self.options, **options},
        )
        return [*results, losses]


class Loop:
    """The same in float64, one example after the other."""

    def __init__(self, world):
        self.world, self.options = world, world.options
        self.vectors = {side: world.vectors[side].astype(np.float64) for side in SIDES}
        self.squares = {side: world.squares[side].astype(np.float64) for side in SIDES}
        self.updates = {
            side: None if part is None else part.astype(np.float64)
            for side, part in world.updates.items()
        }

    def run(self):
        losses = []
        for start, stop in zip(self.world.bounds[:-1], self.world.bounds[1:], strict=True):
            gradients = {side: np.zeros_like(self.vectors[side]) for side in SIDES}
            self.counts = {side: np.zeros(len(self.vectors[side])) for side in SIDES}
            examples = self.world.order[start:stop]
            losses.append(sum(self.judge(example, gradients) for example in examples))
            for side in SIDES:
                self.step(side, gradients[side], self.options[f"{side}_reg"])
        results = [part[side] for side in SIDES for part in (self.vectors, self.squares)]
        return [*results, np.array(losses)]

    def judge(self, example, gradients):
        world, options = self.world, self.options
        user, loss = world.rows[example], options["loss"]
        weight = float(world.weights[example])
        item, draws = world.cols[example], Draws(options["seed"], int(example))
        seen = set(np.flatnonzero(world.dense[user]))
        if loss == "logistic":
            sign = 1 if weight > 0 else -1
            score = self.score(user, item) + self.compose("user", user)[K]
            pull = -weight / (1 + math.exp(sign * score))
            self.pull(gradients, user, [(item, pull)], user_bias=pull)
            return abs(weight) * math.log1p(math.exp(-sign * score))
        if loss == "bpr":
            other = next(j for t in range(1, 101) if (j := self.draw(draws, t)) not in seen)
            lead = self.score(user, item) - self.score(user, other)
            factor = weight / (1 + math.exp(lead))
            self.pull(gradients, user, [(item, -factor), (other, factor)])
            return weight * math.log1p(math.exp(-lead))
        n_drawn = 0
        if loss == "warp-kos":
            liked = np.flatnonzero(world.rows == user)
            n_drawn = min(options["n_positives"], len(liked))
            drawn = [liked[draws.number(t, len(liked))] for t in range(1, n_drawn + 1)]
            drawn.sort(key=lambda place: -self.score(user, world.cols[place]))
            place = drawn[min(options["kth"], n_drawn) - 1]
            item, weight = world.cols[place], float(world.liked_weights[place])
        for t, log_rank in enumerate(options["log_ranks"], start=1):
            other = self.draw(draws, n_drawn + t)
            margin = 1 - self.score(user, item) + self.score(user, other)
            if margin > 0 and other not in seen:
                factor = weight * float(log_rank)
                if factor:
                    self.pull(gradients, user, [(item, -factor), (other, factor)])
                return factor * margin
        return 0.0

    def compose(self, side, code):
        return self.world.features[side][code].astype(np.float64) @ self.vectors[side]

    def score(self, user, item):
        vector = self.compose("item", item)
        return self.compose("user", user)[:K] @ vector[:K] + vector[K]

    def draw(self, draws, t):
        return int(self.world.pool[draws.number(t, len(self.world.pool))])

    def pull(self, gradients, user, pulls, user_bias=0.0):
        vector, by_user = self.compose("user", user), np.zeros(WIDTH)
        vector[K] = 1
        for item, pull in pulls:
            self.add(gradients, "item", item, pull * vector)
            by_user += pull * self.compose("item", item)
        by_user[K] = user_bias
        self.add(gradients, "user", user, by_user)

    def add(self, gradients, side, code, gradient):
        features = self.world.features[side][code].astype(np.float64)
        gradients[side] += np.outer(features, gradient)
        self.counts[side] += features != 0

    def step(self, side, gradient, reg):
        touched = self.counts[side] > 0
        gradient = (gradient + reg * self.counts[side][:, None] * self.vectors[side])[touched]
        rho, epsilon = self.options["rho"], self.options["epsilon"]
        if self.updates[side] is None:
            self.squares[side][touched] += gradient**2
            step = self.options["learning_rate"] * gradient / np.sqrt(self.squares[side][touched])
        else:
            squares = rho * self.squares[side][touched] + (1 - rho) * gradient**2
            updates = self.updates[side][touched]
            step = np.sqrt((updates + epsilon) / (squares + epsilon)) * gradient
            self.squares[side][touched] = squares
            self.updates[side][touched] = rho * updates + (1 - rho) * step**2
        self.vectors[side][touched] -= step


class Draws:
    """SplitMix64, in Python's whole numbers."""

    GOLDEN, MASK = 0x9E3779B97F4A7C15, 2**64 - 1

    def __init__(self, seed, key):
        self.state = self.mix(seed + self.GOLDEN * (key + 1))

    def number(self, t, n):
        return (self.mix(self.state + self.GOLDEN * t) >> 32) * n >> 32

    def mix(self, z):
        z &= self.MASK
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 & self.MASK
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB & self.MASK
        return z ^ (z >> 31)


@every_loss
@pytest.mark.parametrize("features", [False, True], ids=["ids", "features"])
@pytest.mark.parametrize("adadelta", [False, True], ids=["adagrad", "adadelta"])
def test_all_rounds_are_those_of_a_loop_over_the_examples(kernels, loss, features, adadelta):
    world = World(loss, features=features, adadelta=adadelta)

    found, expected = world.run(kernels), Loop(world).run()

    for actual, wanted in zip(found, expected, strict=True):
        np.testing.assert_allclose(actual, wanted, rtol=1e-4, atol=1e-5)


@every_loss
@pytest.mark.parametrize("features", [False, True], ids=["ids", "features"])
def test_the_gradients_are_those_of_finite_differences(loss, features):
    world = World(loss, features=features, dtype=np.float64, reg=0.0)
    # After one round the squares hold 1 plus the gradient's square, and the step has its sign.
    user_vectors, user_squares, item_vectors, item_squares, _ = world.run(reference, 1)
    found = {
        side: np.sign(world.vectors[side] - vectors) * np.sqrt(squares - 1)
        for side, vectors, squares in (
            ("user", user_vectors, user_squares),
            ("item", item_vectors, item_squares),
        )
    }
    step, n_checked = 1e-6, 0
    for side in SIDES:
        for place in np.argwhere(np.abs(found[side]) > 1e-6):
            losses = []
            for sign in (1, -1):
                world.vectors[side][tuple(place)] += sign * step
                losses.append(world.run(reference, 1)[-1].sum())
                world.vectors[side][tuple(place)] -= sign * step
            slope = (losses[0] - losses[1]) / (2 * step)
            assert found[side][tuple(place)] == pytest.approx(slope, rel=1e-4, abs=1e-6)
            n_checked += 1
    assert n_checked > 20


def test_three_steps_of_adagrad_are_those_of_a_pocket_calculator():
    users, items = np.array([[0.4, 0.0] + [0.0] * 6]), np.array([[-0.3, 0.1] + [0.0] * 6])
    squares = [np.ones((1, 8)), np.ones((1, 8))]
    p, b_u, q, b_i = 0.4, 0.0, -0.3, 0.1
    s_p = s_b = s_q = s_i = 1.0
    for _ in range(3):
        pull = -2.0 / (1 + math.exp(p * q + b_u + b_i))
        s_p, s_b = s_p + (pull * q) ** 2, s_b + pull**2
        s_q, s_i = s_q + (pull * p) ** 2, s_i + pull**2
        p, q = p - 0.1 * pull * q / math.sqrt(s_p), q - 0.1 * pull * p / math.sqrt(s_q)
        b_u, b_i = b_u - 0.1 * pull / math.sqrt(s_b), b_i - 0.1 * pull / math.sqrt(s_i)

    zero, one = np.zeros(3, np.int32), np.full(3, 2.0, np.float32)
    options = {**World("logistic", reg=0.0).options, "n_components": 1, "learning_rate": 0.1}
    reference.embedding_sgd(
        *(zero, zero, one, zero, np.arange(4), np.array([0, 1]), zero[:1], zero[:1]),
        *(None, None, None, users, squares[0], None),
        *(None, None, None, items, squares[1], None),
        np.zeros(3),
        **options,
    )

    np.testing.assert_allclose(users[0, :2], [p, b_u], rtol=0, atol=1e-12)
    np.testing.assert_allclose(items[0, :2], [q, b_i], rtol=0, atol=1e-12)


@every_loss
@pytest.mark.parametrize("features", [False, True], ids=["ids", "features"])
def test_the_bits_do_not_depend_on_the_threads(kernels, loss, features):
    world = World(loss, features=features, size=256)

    one, two, three = (world.run(kernels, n_threads=n) for n in (1, 2, 3))

    for parts in zip(one, two, three, strict=True):
        np.testing.assert_array_equal(parts[1], parts[0])
        np.testing.assert_array_equal(parts[2], parts[0])


def test_items_may_stay_as_they_are(kernels):
    world = World("bpr")

    _, _, item_vectors, item_squares, _ = world.run(kernels, learn_items=False)

    np.testing.assert_array_equal(item_vectors, world.vectors["item"])
    np.testing.assert_array_equal(item_squares, world.squares["item"])


@every_loss
def test_wild_weights_leave_finite_vectors(kernels, loss):
    world = World(loss)
    world.weights *= np.float32(3e38) / np.abs(world.weights).max()
    world.liked_weights *= np.float32(3e38) / world.liked_weights.max()

    user_vectors, _, item_vectors, _, _ = world.run(kernels)

    assert np.isfinite(user_vectors).all()
    assert np.isfinite(item_vectors).all()


@pytest.mark.parametrize("loss", ["warp", "bpr", "warp-kos"])
def test_a_user_who_has_seen_all_moves_nothing(kernels, loss):
    world = World(loss)
    world.pool = np.flatnonzero(world.dense[-1])[:3].astype(np.int32)
    world.rows[:] = N_USERS - 1

    found = world.run(kernels)

    np.testing.assert_array_equal(found[2], world.vectors["item"])


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("rows", np.array([N_USERS], np.int32), "rows must be within"),
        ("cols", np.array([-1], np.int32), "cols must be within"),
        ("pool", np.array([N_ITEMS], np.int32), "pool must be within"),
        ("pool", np.array([], np.int32), "pool must not be empty"),
        ("bounds", np.array([0, 10**6]), "bounds must rise"),
        ("bounds", np.array([3, 1]), "bounds must rise"),
        ("indptr", np.arange(3), "seen_indptr must have"),
        ("liked_weights", np.ones(3, np.float32), "liked_weights must have"),
        ("n_components", WIDTH, "n_components must be within"),
        ("loss", "hinge", "no loss 'hinge'"),
        ("learning_rate", math.nan, "learning_rate must be finite"),
        ("kth", 0, "kth must be within"),
    ],
)
def test_what_would_lead_the_compiled_kernel_astray_is_refused(native, name, value, message):
    world = World("warp-kos", features=True)
    if name in world.options:
        world.options[name] = value
    elif name in ("rows", "cols"):
        world.order[:] = 0
        getattr(world, name)[0] = value[0]
    else:
        setattr(world, name, value)

    with pytest.raises(ValueError, match=message):
        world.run(native)


def test_features_beyond_the_vectors_are_refused(native):
    world = World("warp", features=True)
    world.vectors["item"] = world.vectors["item"][:-1]
    world.squares["item"] = world.squares["item"][:-1]

    with pytest.raises(ValueError, match="indices must be within"):
        world.run(native)
