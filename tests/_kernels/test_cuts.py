"""Cuts of rows into calls: all rows once, in order, about as much work in each."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sklearn_recsys._kernels import cut_evenly


@given(work=st.lists(st.integers(0, 50)), at_once=st.sampled_from([1, 7, 20.5, 1e9]))
def test_slices_hold_all_rows_in_order_and_no_more_work_than_asked_but_for_one_row(work, at_once):
    slices = list(cut_evenly(np.array(work, dtype=np.int64), at_once))

    assert [row for part in slices for row in range(part.start, part.stop)] == list(
        range(len(work))
    )
    assert all(sum(work[part][1:]) <= at_once for part in slices)


def test_without_rows_there_are_no_slices():
    assert list(cut_evenly(np.empty(0), 10)) == []
