"""Models in threads, in worker processes and in forked children."""
# SPDX-License-Identifier: BSD-3-Clause

import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from joblib import Parallel, delayed, parallel_config
from sklearn.model_selection import GridSearchCV
from threadpoolctl import threadpool_info

from sklearn_recsys import _kernels
from sklearn_recsys.datasets import make_interactions
from sklearn_recsys.decomposition import (
    ALSRecommender,
    BiasedMFRecommender,
    GraphFilterRecommender,
    HybridRecommender,
    SVDRecommender,
    _als_solver,
)
from sklearn_recsys.linear_model import EASERecommender, SLIMRecommender
from sklearn_recsys.model_selection import InteractionKFold
from sklearn_recsys.neighbors import (
    ItemKNNRecommender,
    RP3BetaRecommender,
    UserKNNRecommender,
)

MODELS = {
    "cg": ALSRecommender(12, random_state=0, max_iter=2),
    "cholesky": ALSRecommender(12, random_state=0, max_iter=2, solver="cholesky"),
    "biased mf": BiasedMFRecommender(12, random_state=0, max_iter=2),
    "hybrid": HybridRecommender(12, random_state=0, max_iter=2),
    "svd": SVDRecommender(12, random_state=0),
    "ease": EASERecommender(),
    "neighbors": ItemKNNRecommender(n_neighbors=20),
    "users": UserKNNRecommender(n_neighbors=20, weighting="tfidf"),
    "walks": RP3BetaRecommender(n_neighbors=20, prune="both", normalize=True),
    "filter": GraphFilterRecommender("ideal", n_components=12, random_state=0),
    "filter of second order": GraphFilterRecommender("second-order"),
    "ease of neighbors": EASERecommender(20.0, n_neighbors=20),
    "slim": SLIMRecommender(20.0),
    "slim of neighbors": SLIMRecommender(20.0, n_neighbors=20),
}
every_model = pytest.mark.parametrize("name", MODELS)

# A fit with two threads starts OpenMP's team, which does not survive a fork.
FORKING = """
import multiprocessing, sys, warnings
from sklearn_recsys.datasets import make_interactions
from sklearn_recsys.decomposition import ALSRecommender

X = make_interactions(random_state=0).X
model = ALSRecommender(12, random_state=0, max_iter=2, n_jobs=2).fit(X)
expected = model.recommend()

def work(pipe):
    fitted = ALSRecommender(12, random_state=0, max_iter=2, n_jobs=2).fit(X)
    pipe.send([model.recommend().equals(expected), fitted.recommend().equals(expected)])

warnings.simplefilter("ignore")  # that a fork in a process with threads may hang
here, there = multiprocessing.Pipe()
child = multiprocessing.get_context("fork").Process(target=work, args=(there,))
child.start()
print(here.recv() if here.poll(60) else "hangs")
child.kill()
"""


def fitted(name, **parameters):
    model = MODELS[name]
    X = make_interactions(random_state=0).X
    return type(model)(**{**model.get_params(), **parameters}).fit(X)


def blas_threads():
    return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]


@every_model
def test_the_answers_have_the_same_bits_for_any_n_jobs(name):
    models = [fitted(name, n_jobs=n_jobs) for n_jobs in (1, 2, 3)]

    for ask in (
        lambda model: model.recommend(),
        lambda model: model.similar_items(list(model.items_)),
        lambda model: model.recommend(history=make_interactions(random_state=0).X[::2]),
    ):
        one, two, three = map(ask, models)
        pd.testing.assert_frame_equal(two, one, check_exact=True)
        pd.testing.assert_frame_equal(three, one, check_exact=True)


@every_model
def test_two_threads_may_ask_one_model_at_once(name):
    model = fitted(name, n_jobs=2)
    expected = model.recommend()

    for lists in Parallel(2, backend="threading")(delayed(model.recommend)() for _ in range(8)):
        pd.testing.assert_frame_equal(lists, expected, check_exact=True)


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_a_search_in_workers_finds_the_scores_of_one_process(backend):
    X = make_interactions(random_state=0).X

    def search(n_jobs, n_jobs_of_model):
        model = ALSRecommender(random_state=0, max_iter=2, n_jobs=n_jobs_of_model)
        grid = {"reg": [5.0, 50.0], "n_components": [4, 9]}
        cv = InteractionKFold(2)
        return GridSearchCV(model, grid, cv=cv, n_jobs=n_jobs, error_score="raise").fit(X)

    with parallel_config(backend):
        found = search(2, 2)

    expected = search(1, 1)
    # Worker processes take the best kernels that there are, whichever the tests run on.
    rtol = 0 if _kernels.backend() == "native" else 1e-3
    for name in ("split0_test_score", "split1_test_score"):
        np.testing.assert_allclose(found.cv_results_[name], expected.cv_results_[name], rtol=rtol)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
def test_a_forked_child_recommends_and_fits():
    command = [sys.executable, "-W", "ignore", "-c", FORKING]
    run = subprocess.run(command, capture_output=True, text=True, timeout=120)

    assert (run.stdout, run.stderr) == ("[True, True]\n", "")


def test_a_fit_holds_the_threads_of_blas_down_and_gives_them_back(monkeypatch):
    before, during, gram = blas_threads(), [], _als_solver.factor_gram

    def watch(*args, **kwargs):
        during.append(blas_threads())
        return gram(*args, **kwargs)

    monkeypatch.setattr(_als_solver, "factor_gram", watch)
    model = fitted("cg", n_jobs=2)

    assert all(counts == [1] * len(before) for counts in during)
    assert len(during) > 0
    assert blas_threads() == before

    def fail(*args, **kwargs):
        during.clear()
        raise RuntimeError("stopped")

    monkeypatch.setattr(_als_solver, "factor_gram", fail)
    with pytest.raises(RuntimeError, match="stopped"):
        model.fit(make_interactions(random_state=0).X)
    assert during == []
    assert blas_threads() == before
