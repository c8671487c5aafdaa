"""Check lists of items, and average over their places."""
# SPDX-License-Identifier: BSD-3-Clause

from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

__all__ = [
    "as_membership",
    "check_matrix",
    "check_places",
    "check_popularity",
    "find_tail",
    "mean_of_places",
]


def check_places(
    ranked_items: ArrayLike,
    k: int | None,
    n_items: int | None = None,
    *,
    name: str = "ranked_items",
) -> NDArray[np.int64]:
    """Return the first `k` places of lists of positions in a catalogue; -1 is an empty place.

    Raises
    ------
    ValueError
        If `k` or `n_items` is less than 1, the lists are no matrix of integers, or name an item
        that is not in the catalogue.
    """
    for size, value in (("k", k), ("n_items", n_items)):
        is_count = isinstance(value, Integral) and not isinstance(value, bool)
        if value is not None and not (is_count and value >= 1):
            raise ValueError(f"{size} must be an integer of at least 1, got {value!r}.")
    places = check_matrix(ranked_items, name=name)
    if places.size and places.dtype.kind not in "iu":
        raise ValueError(
            f"{name} must be integers of shape (n_users, width), positions in the catalogue, but "
            f"is of dtype {places.dtype} and shape {places.shape}."
        )
    places = places[:, :k].astype(np.int64)
    beyond = places >= (np.inf if n_items is None else n_items)
    if places.size and (places.min() < -1 or beyond.any()):
        found = np.unique(places[(places < -1) | beyond])[:5].tolist()
        raise ValueError(f"{name} names positions that are not in the catalogue: {found}.")
    return places


def check_matrix(rows: ArrayLike, *, name: str, takes_row: bool = False) -> NDArray[Any]:
    """Return what is said of each user, or of all if it takes a row, as a matrix.

    Raises
    ------
    ValueError
        If it has another number of dimensions, or rows of several lengths.
    """
    try:
        matrix = np.asarray(rows)
    except ValueError as error:  # of several lengths
        raise ValueError(
            f"{name} must have the shape (n_users, width), but its rows differ in length: fill "
            "them up."
        ) from error
    if matrix.ndim == 1 and takes_row:
        return matrix[None, :]
    if matrix.ndim != 2:
        raise ValueError(
            f"{name} must have the shape (n_users, width), but is of dtype {matrix.dtype} and "
            f"shape {matrix.shape}."
        )
    return matrix


def check_popularity(popularity: ArrayLike) -> NDArray[np.float64]:
    """Return how often each item was chosen.

    Raises
    ------
    ValueError
        If it is no vector, or an entry is negative or not finite.
    """
    counts = np.asarray(popularity, dtype=np.float64)
    if counts.ndim != 1 or not len(counts):
        raise ValueError(f"popularity must have an entry for each item, but is {counts.shape}.")
    if not ((counts >= 0) & (counts < np.inf)).all():
        raise ValueError("popularity must be finite and not negative.")
    return counts


def mean_of_places(places: NDArray[np.int64], worth: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean worth of the items of each list; NaN where there are none."""
    filled = places >= 0
    lengths = filled.sum(axis=1)
    sums = np.where(filled, worth[places], 0).sum(axis=1)
    return np.divide(sums, lengths, out=np.full(len(places), np.nan), where=lengths > 0)


def find_tail(popularity: NDArray[np.float64], head: float = 0.8) -> NDArray[np.bool_]:
    """Mark the items that are not among the fewest which have a share `head` of interactions."""
    order = np.argsort(-popularity, kind="stable")
    before = np.cumsum(popularity[order]) - popularity[order]
    is_tail = np.empty(len(popularity), dtype=bool)
    is_tail[order] = before >= head * popularity.sum()
    return is_tail


def as_membership(places: NDArray[np.int64], n_items: int) -> sparse.csr_array:
    """Return lists as rows of a matrix that counts each item."""
    rows, columns = np.nonzero(places >= 0)
    entries = (np.ones(len(rows)), (rows, places[rows, columns]))
    return sparse.coo_array(entries, shape=(len(places), n_items)).tocsr()
