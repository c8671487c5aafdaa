"""Parameters of the functions that look at tables are read in one way."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest

from sklearn_recsys.interactions import describe_interactions, filter_users
from sklearn_recsys.interactions._parameters import as_generator
from sklearn_recsys.model_selection import InteractionKFold, train_test_split_by_user

ROWS = [["ann", "tea"], ["ann", "jam"], ["bob", "tea"], ["bob", "rye"]]
SEEDED = [
    lambda seed: list(InteractionKFold(2, random_state=seed).split(ROWS)),
    lambda seed: train_test_split_by_user(ROWS, 0.5, random_state=seed),
    lambda seed: filter_users(ROWS, n_users=1, random_state=seed),
    lambda seed: describe_interactions(ROWS, random_state=seed),
]


def test_a_seed_gives_the_generator_of_numpy():
    assert as_generator(7).random() == np.random.default_rng(7).random()


def test_a_generator_is_used_as_it_is():
    rng = np.random.default_rng(7)
    assert as_generator(rng) is rng


def test_a_random_state_of_scikit_learn_gives_the_same_numbers_again():
    first, again = (as_generator(np.random.RandomState(7)).random() for _ in range(2))
    assert first == again != as_generator(np.random.RandomState(8)).random()


@pytest.mark.parametrize("call", SEEDED)
@pytest.mark.parametrize("seed", ["7", -1, 0.5])
def test_what_is_no_seed_is_called_random_state(call, seed):
    with pytest.raises(ValueError, match="random_state must be an integer from 0 on, a RandomSt"):
        call(seed)


@pytest.mark.parametrize("call", SEEDED)
def test_every_kind_of_seed_is_taken(call):
    for seed in (7, np.random.default_rng(7), np.random.RandomState(7), None):
        call(seed)
