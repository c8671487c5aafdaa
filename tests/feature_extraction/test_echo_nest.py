"""Analyses of The Echo Nest are read, and what is wrong with one is said."""
# SPDX-License-Identifier: BSD-3-Clause

import copy
import json
import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.preprocessing import StandardScaler

from sklearn_recsys.exceptions import DataWarning
from sklearn_recsys.feature_extraction import read_echo_nest_analysis
from sklearn_recsys.interactions import FeatureTable

# Michael Jackson, Billie Jean: as the analyser's version 3.08b published it, with two of the
# segments' shapes made up, since there are over a thousand.
BILLIE_JEAN = {
    "meta": {
        "analyzer_version": "3.08b",
        "artist": "Michael Jackson",
        "title": "Billie Jean",
        "album": "Thriller",
        "genre": "Rock",
        "bitrate": 192,
        "sample_rate": 44100,
    },
    "track": {
        "num_samples": 6486072,
        "duration": 294.15293,
        "analysis_sample_rate": 22050,
        "analysis_channels": 1,
        "end_of_fade_in": 0.87624,
        "start_of_fade_out": 282.38948,
        "loudness": -7.078,
        "tempo": 117.152,
        "tempo_confidence": 0.848,
        "time_signature": 4,
        "time_signature_confidence": 0.42,
        "key": 6,
        "key_confidence": 0.019,
        "mode": 1,
        "mode_confidence": 0.416,
    },
    "bars": [{"start": 0.5, "duration": 2.05, "confidence": 0.5}],
    "beats": [{"start": 0.5, "duration": 0.51, "confidence": 0.5}],
    "tatums": [{"start": 0.5, "duration": 0.25, "confidence": 0.5}],
    "sections": [{"start": 0.0, "duration": 20.0, "loudness": -15.761, "tempo": 135.405}],
    "segments": [
        {
            "start": 0.0,
            "duration": 0.3,
            "confidence": 1.0,
            "loudness_start": -60.0,
            "loudness_max_time": 0.1,
            "loudness_max": -20.0,
            "pitches": [place / 11 for place in range(12)],
            "timbre": [10.0 * place for place in range(12)],
        },
        {
            "start": 0.3,
            "duration": 0.1,
            "confidence": 0.5,
            "loudness_start": -30.0,
            "loudness_max_time": 0.0,
            "loudness_max": -10.0,
            "pitches": [1.0] * 12,
            "timbre": [-10.0 * place for place in range(12)],
        },
    ],
}


@pytest.fixture
def analysis():
    return copy.deepcopy(BILLIE_JEAN)


def test_the_attributes_of_a_published_analysis_are_read(analysis):
    song = read_echo_nest_analysis(analysis)

    assert song.name == "Billie Jean"
    assert song[:6].to_dict() == {
        "time_signature": 4.0,
        "key": 6.0,
        "mode": 1.0,
        "tempo": 117.152,
        "loudness": -7.078,
        "duration": 294.15293,
    }
    assert song.dtype == np.float64
    assert song.shape == (54,)
    assert song.index.is_unique


def test_mean_and_deviation_of_the_segments_are_taken(analysis):
    song = read_echo_nest_analysis(analysis)

    assert song["pitch_mean_11"] == 1.0
    assert song["pitch_mean_0"] == 0.5
    assert song["pitch_std_0"] == 0.5
    assert song["timbre_mean_7"] == 0.0
    assert song["timbre_std_7"] == 70.0
    assert list(song.index[6:]) == [
        f"{vector}_{statistic}_{place}"
        for vector in ("pitch", "timbre")
        for statistic in ("mean", "std")
        for place in range(12)
    ]


def test_a_file_is_the_same_as_its_content(analysis, tmp_path):
    path = tmp_path / "billie_jean.json"
    path.write_text(json.dumps(analysis), encoding="utf-8")

    for name in (path, str(path)):
        assert read_echo_nest_analysis(name).equals(read_echo_nest_analysis(analysis))


def test_no_audio_library_is_needed(analysis, monkeypatch):
    monkeypatch.setitem(sys.modules, "librosa", None)

    assert len(read_echo_nest_analysis(analysis)) == 54


def test_songs_make_a_table_of_features(analysis):
    analysis["track"]["mode"] = 0
    rows = {1: read_echo_nest_analysis(BILLIE_JEAN), 2: read_echo_nest_analysis(analysis)}

    table = FeatureTable(pd.DataFrame(rows).T, StandardScaler())

    assert "2 rows x 54 columns" in repr(table)


def test_a_duration_that_is_not_that_of_the_samples_is_warned_of(analysis):
    analysis["track"]["num_samples"] += 22050

    with pytest.warns(DataWarning, match=r"lasts 294\.15293 seconds, but 6508122 samples at 22050"):
        read_echo_nest_analysis(analysis)


def test_without_a_number_of_samples_nothing_is_compared(analysis):
    del analysis["track"]["num_samples"]

    assert read_echo_nest_analysis(analysis)["tempo"] == 117.152


@pytest.mark.parametrize("name", ["time_signature", "key", "mode", "tempo", "loudness", "duration"])
@pytest.mark.parametrize("value", [None, "4", float("nan"), True])
def test_an_attribute_that_is_no_number_is_named(analysis, name, value):
    analysis["track"][name] = value

    with pytest.raises(ValueError, match=f"the analysis, track: {name} must be a number"):
        read_echo_nest_analysis(analysis)


@pytest.mark.parametrize("wrong", [None, [1.0] * 11, ["a"] * 12, [float("inf")] * 12, [[1.0]] * 12])
def test_a_segment_without_twelve_numbers_is_named(analysis, wrong):
    analysis["segments"][1]["timbre"] = wrong

    with pytest.raises(ValueError, match="timbre of segment 1 must be 12 numbers"):
        read_echo_nest_analysis(analysis)


@pytest.mark.parametrize("part", ["track", "segments"])
def test_a_missing_part_is_named(analysis, part):
    del analysis[part]

    with pytest.raises(ValueError, match=f"has no {part}: pass the whole analysis"):
        read_echo_nest_analysis(analysis)


def test_a_track_without_segments_is_an_error(analysis):
    analysis["segments"] = []

    with pytest.raises(ValueError, match="has no segments"):
        read_echo_nest_analysis(analysis)


def test_a_file_of_something_else_is_named(tmp_path):
    path = tmp_path / "song.json"
    path.write_text("ID3")
    with pytest.raises(ValueError, match=r"song\.json is not a JSON file"):
        read_echo_nest_analysis(path)
    path.write_text("[]")
    with pytest.raises(ValueError, match=r"song\.json must hold an object, but holds a list"):
        read_echo_nest_analysis(path)


def test_a_list_is_no_analysis():
    with pytest.raises(TypeError, match="must be the path of a JSON file or a dict, got list"):
        read_echo_nest_analysis([])


def test_numbers_of_numpy_and_tuples_are_read_as_those_of_a_file(analysis):
    expected = read_echo_nest_analysis(analysis)
    track = {name: _as_numpy(value) for name, value in analysis["track"].items()}
    segments = tuple(
        {name: tuple(value) for name, value in segment.items() if isinstance(value, list)}
        for segment in analysis["segments"]
    )

    found = read_echo_nest_analysis({**analysis, "track": track, "segments": segments})

    pd.testing.assert_series_equal(found, expected)


def _as_numpy(value):
    kinds = {int: np.int64, float: np.float64}
    return kinds[type(value)](value) if type(value) in kinds else value
