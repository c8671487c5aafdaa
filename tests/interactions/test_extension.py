"""Further interactions beside those that are known."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings

from sklearn_recsys.interactions._extension import extend_interactions
from sklearn_recsys.interactions._validation import validate_interactions
from sklearn_recsys.testing import interactions

COLUMNS = ["listener", "song", "plays"]


def extended(known, more):
    old = validate_interactions(known)
    return old, extend_interactions(old.matrix, old.users, old.items, validate_interactions(more))


@settings(max_examples=40)
@given(interactions(), interactions())
def test_two_tables_are_those_of_both_together(known, more):
    _, found = extended(known, more)
    expected = validate_interactions(pd.concat([known, more]))
    np.testing.assert_array_equal(found.interactions.users.ids, expected.users.ids)
    np.testing.assert_array_equal(found.interactions.items.ids, expected.items.ids)
    for part in ("indptr", "indices"):
        np.testing.assert_array_equal(
            getattr(found.interactions.matrix, part), getattr(expected.matrix, part)
        )
    np.testing.assert_allclose(found.interactions.matrix.data, expected.matrix.data, rtol=1e-6)


def test_it_tells_where_the_old_rows_are_now_and_which_are_new():
    known = pd.DataFrame([["bob", 3, 1.0], ["dan", 5, 2.0]], columns=COLUMNS)
    more = pd.DataFrame([["cat", 1, 1.0], ["dan", 5, 4.0]], columns=COLUMNS)
    old, found = extended(known, more)
    assert found.old_rows.tolist() == [0, 2]
    assert found.new_rows.tolist() == [1, 2]
    assert found.old_cols.tolist() == [1, 2]
    assert found.new_cols.tolist() == [0, 2]
    dense = found.interactions.matrix.toarray()
    assert dense.tolist() == [[0, 1, 0], [1, 0, 0], [0, 0, 6]]
    assert old.matrix.toarray().tolist() == [[1, 0], [0, 2]]


def test_an_index_that_holds_all_ids_stays_the_one_it_is():
    known = pd.DataFrame([["bob", 3, 1.0], ["dan", 5, 2.0]], columns=COLUMNS)
    old, found = extended(known, known.head(1))
    assert found.interactions.users is old.users
    assert found.interactions.items is old.items


@pytest.mark.parametrize(("user", "item"), [(7, 3), ("bob", "3")])
def test_ids_of_another_type_are_refused(user, item):
    known = pd.DataFrame([["bob", 3, 1.0]], columns=COLUMNS)
    with pytest.raises(TypeError, match="ids were of type"):
        extended(known, pd.DataFrame([[user, item, 1.0]], columns=COLUMNS))
