"""Runs against itertools.groupby."""
# SPDX-License-Identifier: BSD-3-Clause

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sklearn_recsys._kernels import places_in_runs, starts_of_runs


@given(st.lists(st.integers(0, 3)))
def test_runs_are_those_of_groupby(codes):
    runs = [list(run) for _, run in itertools.groupby(codes)]
    array = np.array(codes, dtype=np.int32)

    starts, places = starts_of_runs(array), places_in_runs(array)

    assert starts.tolist() == [place == 0 for run in runs for place in range(len(run))]
    assert places.tolist() == [place for run in runs for place in range(len(run))]
    assert (starts.dtype, places.dtype) == (bool, np.int64)
