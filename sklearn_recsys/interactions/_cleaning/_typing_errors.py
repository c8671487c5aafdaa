"""Find keys that are one typing error apart, without comparing all with all."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np

__all__ = ["find_typing_errors"]

# More keys than that in one block are a series with a running letter, not errors; all their pairs
# would be quadratic.
_MAX_BLOCK = 64


def find_typing_errors(keys: list[str], min_length: int) -> np.ndarray:
    """Return the pairs of keys that differ by one letter.

    Two keys one edit apart are equal once a letter is deleted from one or both of them, so
    each key is filed under itself and under each of its deletions, and only keys in one file are
    compared: O(letters) instead of O(n²).

    Parameters
    ----------
    keys : list of str
        Distinct keys.
    min_length : int
        Shorter keys are not looked at: most short words are one letter from another one.

    Returns
    -------
    ndarray of shape (n_pairs, 2), dtype int64
        Places in `keys`. The keys differ by a letter inserted, deleted or replaced, or by two
        neighbours exchanged. Digits must agree: "part 1" and "part 2" are no error.

    References
    ----------
    T. Bocek, E. Hunt and B. Stiller, Fast similarity search in large dictionaries, technical
    report, University of Zurich, 2007.
    """
    places, hashes = _file_under_deletions(keys, min_length)
    order = np.argsort(hashes, kind="stable")
    places, hashes = places[order], hashes[order]
    found = [np.empty((0, 2), dtype=np.int64)]
    for distance in range(1, _MAX_BLOCK):
        equal = hashes[distance:] == hashes[:-distance]
        if not equal.any():
            break
        found.append(np.column_stack([places[:-distance][equal], places[distance:][equal]]))
    pairs = np.sort(np.concatenate(found), axis=1)
    pairs = pairs[pairs[:, 0] != pairs[:, 1]]
    codes = np.unique(pairs[:, 0] * np.int64(len(keys)) + pairs[:, 1])
    pairs = np.column_stack(np.divmod(codes, max(len(keys), 1)))
    verified = [_is_one_edit(keys[i], keys[j]) for i, j in pairs.tolist()]
    return pairs[np.array(verified, dtype=bool)]


def _file_under_deletions(keys: list[str], min_length: int) -> tuple[np.ndarray, np.ndarray]:
    """Return each key's place with the hash of itself and of it without one letter."""
    lengths = np.array([len(key) for key in keys], dtype=np.int64)
    longest = int(lengths.max(initial=0))
    # A linear hash is the sum of what lies before and after the deleted letter.
    factors = np.random.default_rng(0).integers(1, 2**63, size=longest + 1, dtype=np.uint64)
    places, hashes = [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.uint64)]
    for length in np.unique(lengths[lengths >= min_length]):
        members = np.flatnonzero(lengths == length)
        texts = np.array([keys[i] for i in members], dtype=f"U{length}")
        letters = texts.view(np.uint32).reshape(len(members), length)
        total, without = _hash_deletions(letters.astype(np.uint64), factors)
        # A digit is never deleted, so only keys with the same digits meet.
        kept = (letters < ord("0")) | (letters > ord("9"))
        places += [members, np.repeat(members, kept.sum(axis=1))]
        hashes += [total, without[kept]]
    return np.concatenate(places), np.concatenate(hashes)


def _hash_deletions(letters: np.ndarray, factors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    length = letters.shape[1]
    before = np.cumsum(letters * factors[:length], axis=1)
    # Behind the deleted letter, each one moves a place to the left.
    moved = np.zeros_like(letters)
    moved[:, :-1] = letters[:, 1:] * factors[: length - 1]
    after = np.cumsum(moved[:, ::-1], axis=1)[:, ::-1]
    return before[:, -1], before - letters * factors[:length] + after


def _is_one_edit(first: str, second: str) -> bool:
    """Tell whether one insertion, deletion, replacement or exchange makes one of the other."""
    if len(first) > len(second):
        first, second = second, first
    i = next((i for i, letter in enumerate(first) if letter != second[i]), len(first))
    if len(first) < len(second):
        return len(second) - len(first) == 1 and first[i:] == second[i + 1 :]
    exchanged = first[i : i + 2] == second[i : i + 2][::-1] and first[i + 2 :] == second[i + 2 :]
    return exchanged or first[i + 1 :] == second[i + 1 :]
