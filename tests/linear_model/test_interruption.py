"""Ctrl-C ends the fit of a linear model at once, and leaves the model as it was."""
# SPDX-License-Identifier: BSD-3-Clause

import signal
import subprocess
import sys

import pytest

# Says so when the inverse begins, which would take ten seconds or more.
DRIVER = """
import signal, sys
import numpy as np, pandas as pd
from sklearn_recsys.linear_model import EASERecommender, _ease

rng = np.random.default_rng(0)
n = 400_000
X = pd.DataFrame({"user": rng.integers(20_000, size=n), "item": rng.integers(9_000, size=n)})
model = EASERecommender(n_jobs=int(sys.argv[1])).fit(X[:1000])
before, inverse = dict(vars(model)), _ease.invert_in_place

def tell(*args, **kwargs):
    print("begun", flush=True)
    return inverse(*args, **kwargs)

# A shell's background jobs start with Ctrl-C ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
_ease.invert_in_place = tell
try:
    model.fit(X)
    print("finished")
except KeyboardInterrupt:
    same = all(vars(model)[name] is before[name] for name in before)
    print("interrupted", "unchanged" if same else "changed")
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="sends a signal that Windows does not have")
@pytest.mark.parametrize("n_jobs", ["1", "2"])
def test_ctrl_c_ends_a_fit_and_leaves_the_model_as_it_was(n_jobs):
    command = [sys.executable, "-c", DRIVER, n_jobs]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout.readline() == "begun\n"
            process.send_signal(signal.SIGINT)
            told, _ = process.communicate(timeout=60)  # however busy the machine is
        finally:
            process.kill()
    assert told == "interrupted unchanged\n"
    assert process.returncode == 0
