"""How many threads a kernel gets, here and in workers."""
# SPDX-License-Identifier: BSD-3-Clause

import os
import subprocess
import sys

import joblib
import pytest

from sklearn_recsys._kernels import count_threads

IN_A_CHILD = """
import os
import numpy as np
from sklearn_recsys._kernels import count_threads, factor_gram

factors, gram = np.ones((20000, 16), np.float32), np.empty((16, 16), np.float32)
factor_gram(factors, gram, n_threads=2)
child = os.fork()
if child == 0:
    factor_gram(factors, gram, n_threads=count_threads(2))
    os._exit(count_threads(2))
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_none_is_one_thread_unless_joblib_is_told_otherwise():
    assert count_threads(None) == 1
    with joblib.parallel_config(n_jobs=3):
        assert count_threads(None) == 3
        assert count_threads(2) == 2


def test_minus_one_is_every_processor():
    assert count_threads(-1) == joblib.cpu_count()


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_a_worker_of_joblib_gets_one_thread(backend):
    with joblib.parallel_config(backend=backend, n_jobs=2):
        counts = joblib.Parallel()(joblib.delayed(count_threads)(jobs) for jobs in (None, 2, -1))

    assert counts == [1, 1, 1]


def test_zero_jobs_are_refused():
    with pytest.raises(ValueError, match="n_jobs"):
        count_threads(0)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_child_of_a_threaded_parent_computes_with_one_thread():
    answer = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", IN_A_CHILD],
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert answer.stdout.strip() == "1", answer.stderr
