"""How many threads a kernel may use."""
# SPDX-License-Identifier: BSD-3-Clause

import os

import joblib
from joblib.parallel import get_active_backend

__all__ = ["count_threads"]

_forked = False


def count_threads(n_jobs: int | None) -> int:
    """Return the number of threads that `n_jobs` stands for, here and now.

    None means 1 unless a ``joblib.parallel_config`` says otherwise, -1 all processors. Inside a
    worker of joblib the answer is 1: there the workers are the parallelism. So it is in a forked
    process, where GNU's OpenMP would wait for threads that the fork left behind.
    """
    if _forked or get_active_backend()[0].nesting_level:
        return 1
    return joblib.effective_n_jobs(n_jobs)


def _remember_fork() -> None:
    global _forked
    _forked = True


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_remember_fork)
