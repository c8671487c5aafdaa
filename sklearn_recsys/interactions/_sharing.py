"""What depends on the data alone is worked out once for all candidates of a search."""
# SPDX-License-Identifier: BSD-3-Clause

import hashlib
import os
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Any, NamedTuple, TypeVar

import numpy as np
import pandas as pd
from scipy import sparse

from sklearn_recsys.interactions._ids import IdIndex
from sklearn_recsys.interactions._parameters import require_bool, require_positive

__all__ = ["derive", "digest", "recall", "share_work"]

_T = TypeVar("_T")
# Enough for the folds of a search on some millions of rows; larger ones are not kept.
_MAX_BYTES = 2**28
_MOST_TEXTS = 100_000
# Tables that are remembered by their digests alone, for the case that they come again.
_MOST_DIGESTS = 1000


@dataclass
class _Fold:
    """Encoded interactions, and what has been derived from their matrix."""

    encoded: Any
    n_bytes: int
    derived: dict[Hashable, Any] = field(default_factory=dict)


class _Cache:
    """Folds by the content of their tables: those used last, up to a number of bytes."""

    def __init__(self) -> None:
        self.max_bytes = _MAX_BYTES
        self.enabled = True
        self.forget()

    def set(self, enabled: bool, max_bytes: int) -> None:
        self.enabled, self.max_bytes = enabled, max_bytes
        self.forget()

    def forget(self) -> None:
        self._lock = threading.Lock()
        self._folds: OrderedDict[bytes, _Fold] = OrderedDict()
        self._met: OrderedDict[bytes, None] = OrderedDict()
        self._lent: dict[int, tuple[weakref.ref, bytes]] = {}

    @property
    def n_bytes(self) -> int:
        return sum(fold.n_bytes for fold in self._folds.values())

    def lend(self, key: bytes) -> Any:
        """Return what is kept, with matrices of the model's own, or None."""
        with self._lock:
            fold = self._folds.get(key)
            if fold is None:
                return None
            self._folds.move_to_end(key)
        kept = fold.encoded
        lent = replace(kept, matrix=kept.matrix.copy(), weights=kept.weights.copy())
        with self._lock:
            alive = {i: (data, k) for i, (data, k) in self._lent.items() if data() is not None}
            self._lent = alive | {id(lent.matrix.data): (weakref.ref(lent.matrix.data), key)}
        return lent

    def find(self, matrix: sparse.csr_array) -> _Fold | None:
        """Return the fold whose matrix was lent; to be called with the lock."""
        data, key = self._lent.get(id(matrix.data), (None, b""))
        return self._folds.get(key) if data is not None and data() is matrix.data else None

    def meet(self, key: bytes) -> bool:
        """Tell whether a table was met before: one that is fitted once is not worth its memory."""
        with self._lock:
            is_known = key in self._met
            self._met[key] = None
            self._met.move_to_end(key)
            if len(self._met) > _MOST_DIGESTS:
                self._met.popitem(last=False)
        return is_known

    def keep(self, key: bytes, encoded: Any) -> None:
        n_bytes = _n_bytes(encoded)
        with self._lock:
            if n_bytes <= self.max_bytes:
                self._folds[key] = _Fold(encoded, n_bytes)
                self._shrink()

    def derive(self, matrix: sparse.csr_array, name: Hashable, make: Callable[[], _T]) -> _T:
        with self._lock:
            fold = self.find(matrix)
            if fold is not None and name in fold.derived:
                return fold.derived[name]
        made = make()
        if fold is None:
            return made
        n_bytes = _make_readonly(made)
        with self._lock:
            # Another thread may have been quicker; either is right.
            if name not in fold.derived and fold.n_bytes + n_bytes <= self.max_bytes:
                fold.derived[name] = made
                fold.n_bytes += n_bytes
                self._shrink()
        return made

    def _shrink(self) -> None:
        while self.n_bytes > self.max_bytes:
            self._folds.popitem(last=False)


_CACHE = _Cache()
if hasattr(os, "register_at_fork"):
    # Another thread may have held the lock, which nobody would release in the child.
    os.register_at_fork(after_in_child=_CACHE.forget)


def share_work(enabled: bool = True, *, max_bytes: int = _MAX_BYTES) -> "_Undo":
    """Set whether fits on equal data share what depends on the data alone.

    A search fits all its candidates on the same folds. What each of them would make of a fold, its
    ids, its matrix, the products that neighbours and linear models begin with, is kept for the
    next one, up to a bound of memory. Tables are equal if their content is, wherever they come
    from; nothing is kept of one that is fitted only once. Answers do not depend on it, to the last
    bit.

    Parameters
    ----------
    enabled : bool, default=True
        False stops it, and forgets what is kept.
    max_bytes : int, default=2**28
        Most bytes to keep in each process. What is larger is never kept.

    Returns
    -------
    undo : context manager
        What was set before is set again at the end of a ``with`` block.

    Notes
    -----
    It holds for this process; workers of joblib have a memory of their own, which is on.

    Examples
    --------
    >>> from sklearn_recsys.interactions import share_work
    >>> with share_work(False):  # until the end of the block
    ...     pass
    """
    require_bool(enabled, "enabled")
    undo = _Undo(_CACHE.enabled, _CACHE.max_bytes)
    _CACHE.set(enabled, require_positive(max_bytes, "max_bytes"))
    return undo


class _Undo(NamedTuple):
    enabled: bool
    max_bytes: int

    def __enter__(self) -> None:
        """Do nothing: the setting holds already."""

    def __exit__(self, *raised: object) -> None:
        """Set what was set before."""
        _CACHE.set(*self)


def digest(columns: Iterable[Any], *options: Hashable) -> bytes | None:
    """Return what tells tables of other content apart, or None where that would not pay.

    Parameters
    ----------
    columns : iterable of ndarray, Categorical or None
        Columns of a table, and weights.
    options : hashable
        What else the work depends on.
    """
    columns = list(columns)
    if not _CACHE.enabled or sum(_n_bytes(column) for column in columns) > _CACHE.max_bytes:
        return None
    sha = hashlib.sha256(repr(options).encode())
    for column in columns:
        if isinstance(column, pd.Categorical):
            parts = [column.codes, np.asarray(column.categories)]
        else:
            parts = [column]
        for part in parts:
            if not _add(sha, part):
                return None
    return sha.digest()


def recall(key: bytes | None, make: Callable[[], _T]) -> _T:
    """Return what was made of a table with this key, or make it."""
    if key is None:
        return make()
    encoded = _CACHE.lend(key)
    if encoded is None:
        encoded = make()
        if _CACHE.meet(key):
            _CACHE.keep(key, encoded)
            encoded = _CACHE.lend(key) or encoded  # or it is too large, or gone already
    return encoded


def derive(matrix: sparse.csr_array, name: Hashable, make: Callable[[], _T]) -> _T:
    """Return what `make` makes of the matrix of a fit, which is kept for the next fit on it.

    Parameters
    ----------
    matrix : csr_array
        The matrix as it was given to the model: its array `data` tells whose it is.
    name : hashable
        What is made, with all parameters that it depends on.
    make : callable
        Makes it; arrays in it, and sparse ones, become read-only.
    """
    return _CACHE.derive(matrix, name, make) if _CACHE.enabled else make()


def _add(sha: Any, part: np.ndarray | None) -> bool:
    """Add an array to a hash; tell whether its bytes are its content."""
    if part is None:
        sha.update(b"none")
        return True
    if part.dtype.kind == "O":
        # To hash many texts takes as long as to encode them; what else there is may not show all.
        if len(part) > _MOST_TEXTS or not all(type(value) is str for value in part):
            return False
        content = repr(part.tolist()).encode(errors="surrogatepass")
        sha.update(f"texts{len(content)} ".encode())
        sha.update(content)
        return True
    sha.update(f"{part.dtype.str}{part.shape}".encode())
    sha.update(np.ascontiguousarray(part).view(np.uint8).data)
    return True


def _n_bytes(made: Any) -> int:
    arrays = {id(array): array.nbytes for array in _arrays_of(made)}
    return sum(arrays.values())


def _make_readonly(made: Any) -> int:
    """Make all arrays read-only, as several fits will use them; return their bytes."""
    for array in _arrays_of(made):
        array.flags.writeable = False
    return _n_bytes(made)


def _arrays_of(made: Any) -> Iterable[np.ndarray]:
    if isinstance(made, np.ndarray):
        yield made
    elif isinstance(made, pd.Categorical):
        yield np.asarray(made.codes)
    elif isinstance(made, sparse.csr_array):
        yield from (made.data, made.indices, made.indptr)
    elif isinstance(made, (tuple, list)):
        for part in made:
            yield from _arrays_of(part)
    elif isinstance(made, IdIndex):
        yield made.ids
    elif is_dataclass(made):
        for one in fields(made):
            yield from _arrays_of(getattr(made, one.name))
