"""Checks that the answer depends on nothing but data, parameters and seed."""
# SPDX-License-Identifier: BSD-3-Clause

import copy
import io
import pickle
import tempfile
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
from sklearn import config_context
from sklearn.utils import get_tags

from sklearn_recsys.base import BaseRecommender
from sklearn_recsys.persistence import load, save
from sklearn_recsys.testing._comparisons import (
    all_pairs,
    assert_close,
    assert_equal_models,
    assert_same_lists,
    assert_same_models,
)
from sklearn_recsys.testing._property import holds
from sklearn_recsys.testing._subject import Subject
from sklearn_recsys.testing.worlds import full_world

__all__ = ["CHECKS"]


def check_batches(subject: Subject) -> None:
    """Check that users one by one, or in blocks of any size, get what all get at once."""

    def blocks_are_invisible(world, rng):
        model = subject.fit(world)
        lists, pairs = model.recommend(n_items=4), all_pairs(model)
        scores = model.predict(pairs)
        single = [model.recommend(user, 4) for user in model.users_.tolist()]
        scale = np.abs(scores).max()
        joined = pd.concat(single, ignore_index=True)
        assert_same_lists(joined, lists, "one by one", scale=scale)
        for working_memory in (0.001, 0.01, 1):
            with config_context(working_memory=working_memory):
                what = f"working_memory={working_memory}"
                assert_same_lists(model.recommend(n_items=4), lists, what, scale=scale)
                assert_close(model.predict(pairs), scores, what)
        with config_context(working_memory=0.001):
            assert_same_models(subject.fit(world), model, "fit in small blocks")

    holds(blocks_are_invisible, max_examples=4)


def check_n_jobs(subject: Subject) -> None:
    """Check that the number of threads does not change the model."""
    params = subject.make(full_world()).get_params()
    subject.require("n_jobs" in params, "the recommender has no parameter n_jobs")
    world = full_world()
    one = subject.make(world, n_jobs=1).fit(world.interactions)
    for n_jobs in (2, 3, -1):
        other = subject.make(world, n_jobs=n_jobs).fit(world.interactions)
        assert_same_models(other, one, f"n_jobs={n_jobs}")


def check_copies(subject: Subject) -> None:
    """Check that copies by pickle, deepcopy and joblib answer bit by bit as the original."""

    def copies_are_equal(world, rng):
        model = subject.fit(world)
        stream = io.BytesIO()
        joblib.dump(model, stream)
        stream.seek(0)
        assert_equal_models(pickle.loads(pickle.dumps(model)), model, "a pickled copy")
        assert_equal_models(copy.deepcopy(model), model, "a deep copy")
        assert_equal_models(joblib.load(stream), model, "a copy through joblib")

    holds(copies_are_equal, max_examples=2)


def check_saved(subject: Subject) -> None:
    """Check that what was saved and loaded, mapped or not, answers bit by bit as the original."""

    def files_are_equal(world, rng):
        model = subject.fit(world)
        parts = [model, *model.get_params().values()]
        # A caller of load vouches for classes that are not the library's own.
        trusted = {type(part) for part in parts if isinstance(part, BaseRecommender)}
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            path = Path(folder) / "model"
            save(model, path)
            assert_equal_models(load(path, trusted=trusted), model, "a loaded model")
            mapped = load(path, mmap_mode="r", trusted=trusted)
            assert_equal_models(mapped, model, "a model in a mapped file")

    holds(files_are_equal, max_examples=2)


def check_refit(subject: Subject) -> None:
    """Check that fit starts afresh, and that fitting twice is fitting once."""

    def the_past_is_forgotten(world, rng):
        X = world.interactions
        half = X.iloc[rng.permutation(len(X))[: len(X) // 2 + 1]]
        model, fresh = subject.fit(world, half.assign(other=1.0)), subject.fit(world)
        assert model.fit(X) is model, "fit must return the recommender"
        assert_equal_models(model, fresh, "fitted to other data before")
        assert_equal_models(model.fit(X), fresh, "fitted twice")
        assert model.n_features_in_ == X.shape[1]

    holds(the_past_is_forgotten, max_examples=4)


def check_asking_changes_nothing(subject: Subject) -> None:
    """Check that a fitted recommender gives the same answer whatever it was asked before."""
    world = full_world()
    model = subject.fit(world)
    pairs, before = all_pairs(model), model.recommend(n_items=4)
    scores = model.predict(pairs)
    attributes = set(vars(model))
    model.recommend(n_items=2, exclude_seen=False, candidates=world.items[:3])
    model.predict(pairs.assign(plays=2.0).head(3))
    if subject.tags.fold_in != "none":
        model.recommend(history=world.interactions.head(5))
    for method, ids in (("similar_items", world.items), ("similar_users", world.users)):
        if hasattr(model, method):
            getattr(model, method)(ids, include_self=True)
    np.testing.assert_array_equal(model.predict(pairs), scores, "predict, asked again")
    pd.testing.assert_frame_equal(model.recommend(n_items=4), before, obj="recommend, asked again")
    added = {name for name in set(vars(model)) - attributes if name.endswith("_")}
    assert not added, f"asking set the attributes {sorted(added)}, which belong to fit"


def check_seed(subject: Subject) -> None:
    """Check that one seed gives one model, and that NumPy's global state is left alone."""
    world = full_world()
    unseeded = get_tags(subject.make(world)).non_deterministic
    subject.require(not unseeded, "scikit-learn's tag non_deterministic is set")
    kept = np.random.get_state()  # noqa: NPY002
    try:
        models: list[Any] = []
        for seed in (1, 2):
            np.random.seed(seed)  # noqa: NPY002
            expected = np.random.RandomState(seed).random_sample()
            models.append(subject.fit(world))
            models[-1].recommend()
            drawn = np.random.random_sample()  # noqa: NPY002
            assert drawn == expected, "fit or recommend draws from NumPy's global state"
    finally:
        np.random.set_state(kept)  # noqa: NPY002
    assert_equal_models(models[0], models[1], "the same seed")


CHECKS = (
    check_batches,
    check_n_jobs,
    check_copies,
    check_saved,
    check_refit,
    check_asking_changes_nothing,
    check_seed,
)
