"""Keys one letter apart are found, all of them and no others."""
# SPDX-License-Identifier: BSD-3-Clause

from itertools import combinations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sklearn_recsys.interactions._cleaning._typing_errors import find_typing_errors


def pairs_of(keys, min_length=5):
    return {frozenset((keys[i], keys[j])) for i, j in find_typing_errors(keys, min_length)}


def one_edit_away(word, letters):
    """List what one insertion, deletion, replacement or exchange makes of a word."""
    splits = [(word[:i], word[i:]) for i in range(len(word) + 1)]
    yield from (a + b[1:] for a, b in splits if b)
    yield from (a + b[1] + b[0] + b[2:] for a, b in splits if len(b) > 1)
    yield from (a + c + b[1:] for a, b in splits if b for c in letters)
    yield from (a + c + b for a, b in splits for c in letters)


def test_each_kind_of_error_is_found():
    keys = ["rihanna", "rihana", "rihannah", "rihonna", "rihnana", "metallica"]

    assert {frozenset(("rihanna", other)) for other in keys[1:5]} <= pairs_of(keys)
    assert not any("metallica" in pair for pair in pairs_of(keys))


def test_a_letter_moved_further_is_no_error():
    # They meet under "bcde", but two edits lie between them.
    assert pairs_of(["abcde", "bcdef"]) == set()


def test_digits_must_agree():
    assert pairs_of(["blink182", "blink183", "blink1822"]) == set()
    assert pairs_of(["blink182", "blnk182"]) == {frozenset(("blink182", "blnk182"))}


def test_short_keys_are_left_alone():
    assert pairs_of(["korn", "born"]) == set()
    assert pairs_of(["korn", "born"], min_length=4) == {frozenset(("korn", "born"))}


def test_nothing_is_found_in_nothing():
    assert find_typing_errors([], 5).shape == (0, 2)
    assert find_typing_errors(["abcdef"], 5).shape == (0, 2)


words = st.lists(st.text("abé日", min_size=2, max_size=6), max_size=14, unique=True)


@given(words, st.integers(2, 4))
def test_the_pairs_are_those_of_comparing_all_with_all(keys, min_length):
    expected = {
        frozenset((a, b))
        for a, b in combinations(keys, 2)
        if min(len(a), len(b)) >= min_length and b in set(one_edit_away(a, "abé日"))
    }

    assert pairs_of(keys, min_length) == expected


def test_each_pair_comes_once_and_in_order():
    pairs = find_typing_errors(["aabbcc", "abbcc", "aabcc", "aabbccc"], 3)

    assert (pairs[:, 0] < pairs[:, 1]).all()
    assert len(np.unique(pairs, axis=0)) == len(pairs)
