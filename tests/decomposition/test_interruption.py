"""Ctrl-C ends long work of a model at once, and leaves the model as it was."""
# SPDX-License-Identifier: BSD-3-Clause

import signal
import subprocess
import sys

import pytest

# Each kernel's first call says so: the work has begun. All would take ten seconds or more.
DRIVER = """
import signal, sys
import numpy as np, pandas as pd
from sklearn_recsys.base import _rankers
from sklearn_recsys.decomposition import (
    ALSRecommender, BiasedMFRecommender, HybridRecommender,
    _als_solver, _hybrid_solver, _rating_solver,
)
from sklearn_recsys.linear_model import SLIMRecommender, _local, _slim

def telling(kernel):
    def call(*args, **kwargs):
        if not told:
            told.append(True)
            print("begun", flush=True)
        return kernel(*args, **kwargs)
    return call

def table(n, n_users, n_items):
    rng = np.random.default_rng(0)
    users, items = rng.integers(n_users, size=n), rng.integers(n_items, size=n)
    return pd.DataFrame({"user": users, "item": items})

# A shell's background jobs start with Ctrl-C ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
told = []
what, solver = sys.argv[1:]
model = ALSRecommender(256, solver=solver, max_iter=1, random_state=0, n_jobs=2)
if what == "fit":
    big = table(2_000_000, 60_000, 20_000)
    _als_solver.als_half_step_cg = telling(_als_solver.als_half_step_cg)
    _als_solver.als_half_step_cholesky = telling(_als_solver.als_half_step_cholesky)
    work = lambda: model.set_params(max_iter=50).fit(big)
elif what == "refit":
    big = table(2_000_000, 60_000, 20_000)
    model.fit(table(1000, 50, 40))
    _als_solver.als_half_step_cg = telling(_als_solver.als_half_step_cg)
    _als_solver.als_half_step_cholesky = telling(_als_solver.als_half_step_cholesky)
    work = lambda: model.set_params(max_iter=50).fit(big)
elif what == "ratings fit":
    big = table(2_000_000, 60_000, 20_000)
    big["rating"] = big["item"] % 5
    model = BiasedMFRecommender(255, max_iter=50, tol=0, random_state=0, n_jobs=2)
    _rating_solver.rating_half_step = telling(_rating_solver.rating_half_step)
    work = lambda: model.fit(big)
elif what == "hybrid fit":
    big = table(2_000_000, 60_000, 20_000)
    model = HybridRecommender(64, loss=solver, max_iter=50, random_state=0, n_jobs=2)
    _hybrid_solver.embedding_sgd = telling(_hybrid_solver.embedding_sgd)
    work = lambda: model.fit(big)
elif what == "slim fit":
    big = table(2_000_000, 60_000, 5_000)
    n_neighbors = 1000 if solver == "neighbors" else None
    model = SLIMRecommender(1.0, l1_ratio=0.0, n_neighbors=n_neighbors, tol=0.0, n_jobs=2)
    _slim.elastic_net_columns = telling(_slim.elastic_net_columns)
    _local.local_elastic_net = telling(_local.local_elastic_net)
    work = lambda: model.fit(big)
else:
    model.set_params(n_components=8).fit(table(500_000, 200_000, 100_000))
    rng = np.random.default_rng(0)
    model.user_factors_, model.item_factors_ = (
        rng.standard_normal((n, 512), dtype=np.float32)
        for n in (len(model.users_), len(model.items_))
    )
    _rankers.top_k_factors = telling(_rankers.top_k_factors)
    work = model.recommend
before = dict(vars(model), max_iter=50 if "fit" in what else model.max_iter)
try:
    work()
    print("finished")
except KeyboardInterrupt:
    same = vars(model).keys() == before.keys() and all(
        vars(model)[name] is before[name] for name in before if name != "max_iter"
    )
    print("interrupted", "unchanged" if same else "changed", hasattr(model, "item_factors_"))
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="sends a signal that Windows does not have")
@pytest.mark.parametrize(
    ("what", "solver", "is_fitted"),
    [
        ("fit", "cg", False),
        ("fit", "cholesky", False),
        ("refit", "cg", True),
        ("ratings fit", "cholesky", False),
        ("hybrid fit", "warp", False),
        ("slim fit", "all", False),
        ("slim fit", "neighbors", False),
        ("recommend", "cg", True),
    ],
)
def test_ctrl_c_ends_long_work_soon_and_leaves_the_model_as_it_was(what, solver, is_fitted):
    command = [sys.executable, "-c", DRIVER, what, solver]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout.readline() == "begun\n"
            process.send_signal(signal.SIGINT)
            # What is not interrupted says "finished"; this is for a machine that is very busy.
            told, _ = process.communicate(timeout=60)
        finally:
            process.kill()
    assert told == f"interrupted unchanged {is_fitted}\n"
    assert process.returncode == 0
