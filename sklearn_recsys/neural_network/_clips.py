"""Spectrograms in memory or on the disk, a batch at a time."""
# SPDX-License-Identifier: BSD-3-Clause

import os
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_array, check_consistent_length, validate_data

from sklearn_recsys.interactions._ids import list_some

__all__ = ["Clips", "read_clips"]

# Cells that are looked at together where everything is read once: 64 MB of float64.
_BLOCK_CELLS = 8_000_000


class Clips:
    """Hand out spectrograms of equal shape.

    Parameters
    ----------
    source : ndarray of shape (n_clips, n_frames * n_bins) or list of str
        Rows, perhaps of a memory-mapped file, or paths of ``.npy`` files.
    shape : tuple of int
        Frames and bins.
    """

    def __init__(self, source: Any, shape: tuple[int, int]) -> None:
        self.source, self.shape = source, shape
        self._are_paths = isinstance(source, list)

    def __len__(self) -> int:
        return len(self.source)

    def take(self, rows: NDArray[np.intp]) -> NDArray[Any]:
        """Return some spectrograms, shape (n_rows, n_frames, n_bins)."""
        if self._are_paths:
            return np.stack([_read_file(self.source[row], self.shape) for row in rows])
        return self.source[rows].reshape(len(rows), *self.shape)

    def measure_bins(self, rows: NDArray[np.intp]) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return mean and standard deviation of each bin over the frames of some clips."""
        n_rows = max(1, _BLOCK_CELLS // (self.shape[0] * self.shape[1]))
        centre = self.take(rows[:1]).astype(np.float64).mean(axis=(0, 1))
        total, squares = np.zeros_like(centre), np.zeros_like(centre)
        for start in range(0, len(rows), n_rows):
            # About one clip's mean: squares of large values would lose what they differ by.
            away = self.take(rows[start : start + n_rows]).astype(np.float64) - centre
            total += away.sum(axis=(0, 1))
            squares += (away**2).sum(axis=(0, 1))
        n_frames = len(rows) * self.shape[0]
        mean = total / n_frames
        deviation = np.sqrt(np.maximum(squares / n_frames - mean**2, 0))
        # A bin that is always silent stays zero.
        return centre + mean, np.where(deviation > 1e-6 * np.abs(centre + mean), deviation, 1.0)


def read_clips(estimator: Any, X: Any, y: Any = None, *, reset: bool) -> tuple[Clips, Any]:
    """Return the spectrograms of `X`, and `y` as an array of numbers.

    Parameters
    ----------
    estimator : AudioCNNRegressor
        What it learns about the input is set where `reset`.
    X : array-like or sequence of paths
        As ``fit`` and ``predict`` take it.
    y : array-like, default=None
        Targets; there are none in ``predict``.
    reset : bool
        Whether this is a fit.

    Returns
    -------
    clips : Clips
        Not copied: an array on the disk stays there.
    y : ndarray or None
        Of shape (n_clips,) or (n_clips, n_outputs).
    """
    shape = estimator.shape if reset else estimator.shape_
    paths = _as_paths(X)
    if paths is not None:
        shape = _shape_of_files(paths, shape)
        _count_features(estimator, shape, reset=reset)
        y = None if y is None else check_array(y, ensure_2d=False, dtype="numeric")
        check_consistent_length(paths, y)
        return Clips(paths, shape), y
    # Of others, such as tables, NumPy may not be asked.
    if isinstance(X, (np.ndarray, list, tuple)) and np.ndim(X) == 3:
        X = np.asanyarray(X)
        shape = _agree(X.shape[1:], shape)
        X = X.reshape(len(X), -1)
    options = {} if y is None else {"y": y, "multi_output": True, "y_numeric": True}
    found = validate_data(estimator, X, reset=reset, dtype="numeric", **options)
    X, y = (found, None) if y is None else found
    # Features that nobody has given a shape are frames of one bin.
    shape = (X.shape[1], 1) if shape is None else tuple(shape)
    if shape[0] * shape[1] != X.shape[1]:
        raise ValueError(
            f"X has {X.shape[1]} features, but shape={shape} makes {shape[0] * shape[1]}: pass "
            "the frames and bins that a row of X holds."
        )
    return Clips(X, shape), y


def _as_paths(X: Any) -> list[str] | None:
    """Return the paths in a sequence or column of paths; None if `X` is anything else."""
    shape = getattr(X, "shape", None)
    if shape is None and not isinstance(X, (list, tuple)):
        return None
    if shape is not None and not (len(shape) == 1 or (len(shape) == 2 and shape[1] == 1)):
        return None
    cells = list(X) if shape is None else list(np.asarray(X, dtype=object).ravel())
    if not cells or not isinstance(cells[0], (str, os.PathLike)):
        return None
    strange = [cell for cell in cells if not isinstance(cell, (str, os.PathLike))]
    if strange:
        raise TypeError(f"X begins with a path, but also holds {list_some(strange)}.")
    return [os.fspath(cell) for cell in cells]


def _shape_of_files(paths: list[str], shape: Any) -> tuple[int, int]:
    # The header of the first file will do: every file is compared when it is read.
    found = np.load(paths[0], mmap_mode="r", allow_pickle=False).shape
    if shape is None and len(found) != 2:
        raise ValueError(f"{paths[0]} must hold (n_frames, n_bins) numbers, has shape {found}.")
    return _agree(found, shape)


def _read_file(path: str, shape: tuple[int, int]) -> NDArray[Any]:
    clip = np.load(path, allow_pickle=False)
    if clip.shape not in {shape, (shape[0] * shape[1],)}:
        raise ValueError(f"{path} must hold an array of shape {shape}, has shape {clip.shape}.")
    if not np.isfinite(clip).all():
        raise ValueError(f"{path} contains NaN or infinity.")
    return clip.reshape(shape)


def _agree(found: tuple[int, ...], shape: Any) -> tuple[int, int]:
    if shape is None or found in {tuple(shape), (shape[0] * shape[1],)}:
        n_frames, n_bins = found if shape is None else shape
        return int(n_frames), int(n_bins)
    raise ValueError(f"X holds arrays of shape {found}, but shape {tuple(shape)} was expected.")


def _count_features(estimator: Any, shape: tuple[int, int], *, reset: bool) -> None:
    if reset:
        estimator.n_features_in_ = shape[0] * shape[1]
        if hasattr(estimator, "feature_names_in_"):
            del estimator.feature_names_in_
