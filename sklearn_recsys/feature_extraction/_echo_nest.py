"""Read what The Echo Nest's analyser wrote about a song."""
# SPDX-License-Identifier: BSD-3-Clause

import json
import os
import warnings
from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd

from sklearn_recsys.exceptions import DataWarning

__all__ = ["STATISTICS", "read_echo_nest_analysis", "summarise_frames"]

_GLOBAL = ("time_signature", "key", "mode", "tempo", "loudness", "duration")
_N_VALUES = 12
# Names of what stands for the frames of a song: first all means, then all deviations.
STATISTICS = tuple(
    f"{vector}_{statistic}_{place}"
    for vector in ("pitch", "timbre")
    for statistic in ("mean", "std")
    for place in range(_N_VALUES)
)
# Seconds by which the length of a track and its number of samples may differ: they are rounded.
_TOLERANCE = 0.01


def read_echo_nest_analysis(analysis: str | os.PathLike | Mapping[str, Any]) -> pd.Series:
    """Read one song's features from an analysis in The Echo Nest's JSON format.

    An analysis has a few attributes of the whole track, and twelve pitches and twelve values of
    timbre for each of its segments, of which there are about four a second. This takes the
    attributes, and mean and standard deviation over the segments: 54 numbers, whatever the length.
    Songs that are close in them, once they are scaled, sound alike. Nothing but pandas is needed.
    Time and memory are O(size of the file).

    Parameters
    ----------
    analysis : path or dict
        A ``.json`` file, or what is in it: the objects `track` and `segments` are read.

    Returns
    -------
    Series of shape (54,), dtype float64
        `time_signature` (beats a bar), `key` (0 is C, -1 unknown), `mode` (1 is major), `tempo`
        (beats a minute), `loudness` (decibels), `duration` (seconds), and `pitch_mean_0` to `_11`,
        `pitch_std_0`, `timbre_mean_0` and `timbre_std_0` likewise. Its name is the title, if the
        analysis tells it.

    Raises
    ------
    TypeError
        If `analysis` is neither a path nor a dict.
    ValueError
        If the file is no JSON, something is missing or no number, or a segment has not twelve
        pitches and values of timbre: the message says what and where.

    Warns
    -----
    DataWarning
        If the duration is not that of the number of samples, so that one of them is wrong.

    See Also
    --------
    AudioSummary : Compute nearly the same features from the sound itself.

    Notes
    -----
    The deviations are those of the segments themselves, Σ (x - mean)² / n under the root, each
    segment counting the same, however long it is.

    References
    ----------
    .. [1] T. Jehan and D. DesRoches, "Analyzer documentation", The Echo Nest, 2011.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn_recsys.feature_extraction import read_echo_nest_analysis
    >>> track = {"time_signature": 4, "key": 6, "mode": 1, "tempo": 117.2, "loudness": -7.1}
    >>> segments = [{"pitches": [p] * 12, "timbre": [0.0] * 12} for p in (0.2, 0.4)]
    >>> analysis = {"track": track | {"duration": 0.5}, "segments": segments}
    >>> song = read_echo_nest_analysis(analysis)
    >>> song[["key", "tempo", "pitch_mean_0", "pitch_std_0"]].round(3).tolist()
    [6.0, 117.2, 0.3, 0.1]

    A table of songs by id, for a :class:`~sklearn_recsys.interactions.FeatureTable`:

    >>> songs = {17: analysis, 23: analysis}
    >>> rows = {song: read_echo_nest_analysis(found) for song, found in songs.items()}
    >>> pd.DataFrame(rows).T.shape
    (2, 54)
    """
    content, place = _open(analysis)
    track = _part(content, "track", Mapping, place)
    segments = _part(content, "segments", (list, tuple), place)
    if not segments:
        raise ValueError(f"{place} has no segments: the track is empty, or the file is cut short.")
    values = [_number(track, name, f"{place}, track") for name in _GLOBAL]
    _compare_lengths(track, place)
    frames = [_vectors(segments, name, place) for name in ("pitches", "timbre")]
    meta = content.get("meta")
    title = meta.get("title") if isinstance(meta, Mapping) else None
    return pd.Series(
        np.concatenate([values, summarise_frames(*frames)]),
        index=[*_GLOBAL, *STATISTICS],
        name=title,
    )


def summarise_frames(pitches: np.ndarray, timbre: np.ndarray) -> np.ndarray:
    """Return the statistics of frames, arrays (n_frames, 12), in the order of `STATISTICS`."""
    parts = [(frames.mean(axis=0), frames.std(axis=0)) for frames in (pitches, timbre)]
    return np.concatenate([statistic for part in parts for statistic in part])


def _open(analysis: Any) -> tuple[Mapping[str, Any], str]:
    """Return the analysis and what to call it."""
    if isinstance(analysis, Mapping):
        return analysis, "the analysis"
    if not isinstance(analysis, (str, os.PathLike)):
        raise TypeError(
            f"analysis must be the path of a JSON file or a dict, got {type(analysis).__name__}."
        )
    place = os.fspath(analysis)
    with open(analysis, encoding="utf-8") as file:
        try:
            content = json.load(file)
        except json.JSONDecodeError as error:
            raise ValueError(f"{place} is not a JSON file: {error}.") from error
    if not isinstance(content, Mapping):
        raise ValueError(f"{place} must hold an object, but holds a {type(content).__name__}.")
    return content, place


def _part(content: Mapping[str, Any], name: str, kind: type | tuple[type, ...], place: str) -> Any:
    if not isinstance(content.get(name), kind):
        raise ValueError(f"{place} has no {name}: pass the whole analysis of a track.")
    return content[name]


def _number(track: Mapping[str, Any], name: str, place: str) -> float:
    value = track.get(name)
    if isinstance(value, bool) or not isinstance(value, Real) or not np.isfinite(float(value)):
        raise ValueError(f"{place}: {name} must be a number, got {value!r}.")
    return float(value)


def _vectors(segments: Sequence[Any], name: str, place: str) -> np.ndarray:
    """Return the twelve numbers of each segment, shape (n_segments, 12)."""
    rows = []
    for number, segment in enumerate(segments):
        row = segment.get(name) if isinstance(segment, Mapping) else None
        try:
            row = np.asarray(row, dtype=np.float64)
        except (TypeError, ValueError):
            row = np.empty(0)
        if row.shape != (_N_VALUES,) or not np.isfinite(row).all():
            raise ValueError(
                f"{place}: {name} of segment {number} must be {_N_VALUES} numbers, got {row}."
            )
        rows.append(row)
    return np.stack(rows)


def _compare_lengths(track: Mapping[str, Any], place: str) -> None:
    if "num_samples" not in track or "analysis_sample_rate" not in track:
        return
    n_samples = _number(track, "num_samples", place)
    rate = _number(track, "analysis_sample_rate", place)
    if rate <= 0 or abs(n_samples / rate - track["duration"]) > _TOLERANCE:
        warnings.warn(
            f"{place} says that the track lasts {track['duration']} seconds, but {n_samples:.0f} "
            f"samples at {rate:.0f} a second: one of them is wrong.",
            DataWarning,
            stacklevel=3,
        )
