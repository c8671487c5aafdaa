"""Waveforms from arrays and from files of audio, one at a time."""
# SPDX-License-Identifier: BSD-3-Clause

import errno
import os
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_array, validate_data

from sklearn_recsys._optional import require
from sklearn_recsys.interactions._columns import column_names
from sklearn_recsys.interactions._ids import list_some

__all__ = ["Waveforms", "read_waveforms"]

# The amplitude one of whole numbers, by their bytes, as files of PCM have it.
_FULL_SCALE = {1: 2.0**7, 2: 2.0**15, 4: 2.0**31}


class Waveforms:
    """Iterate over waveforms; a file is decoded when its turn comes.

    Parameters
    ----------
    source : ndarray of shape (n_clips, n_samples), or sequence of arrays and paths
        The waveforms.
    sample_rate : int
        What files are brought to.
    """

    def __init__(self, source: Any, sample_rate: int) -> None:
        self.source, self.sample_rate = source, sample_rate

    def __len__(self) -> int:
        return len(self.source)

    def __iter__(self) -> Iterator[NDArray[np.float32]]:
        for number, clip in enumerate(self.source):
            if isinstance(clip, (str, os.PathLike)):
                yield self._decode(os.fspath(clip))
            else:
                yield _as_wave(clip, number)

    def _decode(self, path: str) -> NDArray[np.float32]:
        librosa = require("librosa", extra="audio")
        if not os.path.exists(path):
            raise FileNotFoundError(errno.ENOENT, "There is no such file of audio", path)
        try:
            with warnings.catch_warnings():
                # Of librosa's decoder of last resort, which imports what Python deprecates.
                warnings.simplefilter("ignore")
                wave, _ = librosa.load(path, sr=self.sample_rate, mono=True, dtype=np.float32)
        except Exception as error:  # of whichever decoder tried last
            raise ValueError(f"{path} cannot be read as audio: {error}") from error
        return wave


def read_waveforms(estimator: Any, X: Any, *, reset: bool) -> Waveforms:
    """Return the waveforms of `X`.

    Parameters
    ----------
    estimator : transformer
        It has a `sample_rate`; what it learns about the input is set where `reset`.
    X : array-like of shape (n_clips, n_samples), or sequence of paths or of arrays
        A column of paths, shape (n_clips, 1), is a sequence of paths too.
    reset : bool
        Whether this is a fit.

    Returns
    -------
    Waveforms
        Not copied.
    """
    clips = _as_sequence(X)
    if clips is not None:
        for number, clip in enumerate(clips):
            if reset and isinstance(clip, np.ndarray):
                _as_wave(clip, number)  # what transform would refuse is refused here
        _record_column(estimator, X, reset=reset)
        return Waveforms(clips, estimator.sample_rate)
    if not reset and estimator.n_features_in_ == 1 and np.ndim(X) == 2:
        # After a fit on paths, or clips of several lengths, a row may be of any length.
        return Waveforms(check_array(X, dtype="numeric"), estimator.sample_rate)
    found = validate_data(estimator, X, reset=reset, dtype="numeric")
    return Waveforms(found, estimator.sample_rate)


def _record_column(estimator: Any, X: Any, *, reset: bool) -> None:
    """Record or compare the name of a column of clips.

    A clip is one feature: clips need not be of one length.
    """
    is_named = len(getattr(X, "shape", ())) == 2 and column_names(X) is not None
    known = getattr(estimator, "feature_names_in_", None)
    if reset:
        estimator.n_features_in_ = 1
        if known is not None:
            del estimator.feature_names_in_
    if is_named and (reset or (known is not None and estimator.n_features_in_ == 1)):
        validate_data(estimator, X, reset=reset, skip_check_array=True)


def _as_sequence(X: Any) -> Sequence[Any] | None:
    """Return paths or waveforms of several lengths as a list; None if `X` is anything else."""
    shape = getattr(X, "shape", None)
    if shape is None and not isinstance(X, (list, tuple)):
        return None
    if shape is not None and not (len(shape) == 1 or (len(shape) == 2 and shape[1] == 1)):
        return None
    clips = list(X) if shape is None else list(np.asarray(X, dtype=object).ravel())
    kinds = (str, os.PathLike, np.ndarray)
    if not clips or not isinstance(clips[0], kinds):
        return None
    strange = [clip for clip in clips if not isinstance(clip, kinds)]
    if strange:
        raise TypeError(f"X begins with a path or array, but also holds {list_some(strange)}.")
    return clips


def _as_wave(clip: NDArray[Any], number: int) -> NDArray[np.float32]:
    if clip.ndim != 1 or not len(clip) or clip.dtype.kind not in "iuf":
        raise ValueError(
            f"X must hold waveforms of one channel, arrays (n_samples,) of numbers; clip {number} "
            f"has shape {clip.shape} and dtype {clip.dtype}. Take the mean of the channels."
        )

    if clip.dtype.kind in "iu" and clip.dtype.itemsize in _FULL_SCALE:
        return _scale_samples(clip)
    # Beyond single precision nothing is sound: such values become the largest that is.
    largest = np.finfo(np.float32).max / 2**60
    wave = np.clip(clip, -largest, largest).astype(np.float32)
    if not np.isfinite(wave).all():
        raise ValueError(f"X contains NaN: clip {number} has samples that are no numbers.")
    return wave


def _scale_samples(clip: NDArray[np.integer[Any]]) -> NDArray[np.float32]:
    """Return samples of PCM between -1 and 1; unsigned ones have their silence in the middle."""
    full = _FULL_SCALE[clip.dtype.itemsize]
    middle = full if clip.dtype.kind == "u" else 0.0
    return ((clip.astype(np.float64) - middle) / full).astype(np.float32)
