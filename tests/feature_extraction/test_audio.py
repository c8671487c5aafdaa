"""Spectrograms and summaries of sounds whose tones, beats and levels are known."""
# SPDX-License-Identifier: BSD-3-Clause

import itertools
import pickle
import sys
import tracemalloc

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_recsys.datasets import make_music_world
from sklearn_recsys.decomposition import HybridRecommender
from sklearn_recsys.feature_extraction import AudioSummary, MelSpectrogram, read_echo_nest_analysis
from sklearn_recsys.feature_extraction._key import find_key
from sklearn_recsys.interactions import FeatureTable
from sklearn_recsys.persistence import load, save

librosa = pytest.importorskip("librosa", reason="needs the extra 'audio'")
soundfile = pytest.importorskip("soundfile", reason="comes with the extra 'audio'")

RATE = 8000
C_MAJOR, A_MINOR = (261.63, 329.63, 392.0), (220.0, 261.63, 329.63)


def tone(*frequencies, seconds=1.0, amplitude=0.5):
    time = np.arange(round(seconds * RATE)) / RATE
    waves = [np.sin(2 * np.pi * frequency * time) for frequency in frequencies]
    return (amplitude * np.sum(waves, axis=0)).astype(np.float32)


def mel(**parameters):
    defaults = {"n_frames": 20, "n_mels": 16, "n_fft": 512, "hop_length": 256}
    return MelSpectrogram(RATE, **defaults | parameters)


@pytest.fixture(scope="module")
def world():
    return make_music_world(n_users=20, n_songs=60, n_interactions=300, n_new_songs=0)


@pytest.fixture
def files(tmp_path):
    paths = [tmp_path / name for name in ("low.wav", "high.wav")]
    for path, frequency in zip(paths, (220, 1760), strict=True):
        soundfile.write(path, tone(frequency, seconds=1.5), RATE, subtype="FLOAT")
    return paths


def test_a_spectrogram_is_the_one_of_librosa_in_decibels_of_a_full_tone():
    X = 0.1 * np.random.default_rng(0).standard_normal((2, 512 + 19 * 256))
    pictures = mel(fmin=50.0, fmax=3000.0).fit_transform(X).reshape(2, 20, 16)

    window = librosa.filters.get_window("hann", 512)
    for wave, picture in zip(X, pictures, strict=True):
        power = librosa.feature.melspectrogram(
            y=wave,
            sr=RATE,
            n_fft=512,
            hop_length=256,
            center=False,
            n_mels=16,
            fmin=50.0,
            fmax=3000.0,
            norm=None,
        )
        expected = 10 * np.log10(power * (2 / window.sum()) ** 2)
        assert picture == pytest.approx(expected.T, abs=1e-3)
    assert pictures.dtype == np.float32


def test_a_tone_of_amplitude_one_has_zero_decibels_in_its_band():
    transformer = mel(n_frames=5).fit(np.zeros((1, RATE)))
    frequency = 1000.0  # a multiple of 8000 / 512: it lies on a frequency of the transform
    # A Hann window leaves half the amplitude to the neighbours of the tone's own frequency.
    at_tone = (transformer.mel_filters_[:, 63:66] @ [0.25, 1.0, 0.25]).max()
    picture = transformer.transform(tone(frequency, amplitude=1.0)[None, :])

    assert picture.max() == pytest.approx(10 * np.log10(at_tone), abs=0.01)
    assert picture.min() == -80.0


def test_short_clips_are_followed_by_silence_and_long_ones_cut_in_the_middle():
    loud = tone(500, seconds=2)
    n_samples = 512 + 19 * 256
    transformer = mel().fit([loud])

    short = transformer.transform([loud[:2048]]).reshape(20, 16)
    start = (len(loud) - n_samples) // 2
    middle = transformer.transform([loud, loud[start : start + n_samples]])

    assert (short[8:] == -80).all()
    assert short[:7].max(axis=1) == pytest.approx(np.full(7, short[0].max()), abs=0.5)
    assert np.array_equal(middle[0], middle[1])


def test_a_drawn_part_depends_on_seed_and_clip_but_not_on_its_place():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((6, 3 * RATE))
    transformer = mel(crop="random", random_state=3).fit(X)
    pictures = transformer.transform(X)

    assert np.array_equal(transformer.transform(X[::-1]), pictures[::-1])
    assert np.array_equal(clone(transformer).fit_transform(X), pictures)
    assert not np.array_equal(mel(crop="random", random_state=4).fit_transform(X), pictures)
    assert not np.array_equal(mel().fit_transform(X), pictures)


def test_files_lists_and_arrays_of_one_sound_give_one_picture(files):
    waves = [tone(220, seconds=1.5), tone(1760, seconds=1.5)]
    expected = mel().fit_transform(np.stack(waves))

    for X in (waves, files, [str(path) for path in files], pd.Series(files)):
        assert np.array_equal(mel().fit_transform(X), expected)
    column = pd.DataFrame({"path": [str(path) for path in files]})
    assert np.array_equal(mel().fit_transform(column), expected)
    loudest = expected.reshape(2, 20, 16).mean(axis=1).argmax(axis=1)
    centres = librosa.mel_frequencies(18, fmin=0, fmax=RATE / 2)[1:-1]
    assert loudest.tolist() == [np.abs(centres - tone).argmin() for tone in (220, 1760)]


def test_files_are_brought_to_the_sample_rate_and_to_one_channel(tmp_path):
    path = tmp_path / "stereo.wav"
    time = np.arange(2 * RATE * 2) / (2 * RATE)
    left = 0.5 * np.sin(2 * np.pi * 440 * time)
    soundfile.write(path, np.column_stack([left, left]), 2 * RATE, subtype="FLOAT")

    by_file, by_array = mel().fit_transform([path]), mel().fit_transform([tone(440, seconds=2)])

    # What the resampling leaves far below the tone does not matter.
    assert np.maximum(by_file, -40) == pytest.approx(np.maximum(by_array, -40), abs=0.5)


def test_a_table_of_paths_gives_features_of_items(files):
    table = pd.DataFrame({"path": [str(path) for path in files]}, index=[7, 9])
    X = pd.DataFrame({"user": [1, 1, 2], "item": [7, 9, 7]})
    features = FeatureTable(table, make_pipeline(mel(), StandardScaler()))

    model = HybridRecommender(2, item_features=features, max_iter=1).fit(X)

    assert len(model.recommend(1, exclude_seen=False)) == 2


def test_a_catalogue_goes_to_a_file(tmp_path):
    X = np.random.default_rng(0).standard_normal((5, RATE))
    transformer = mel().fit(X)

    mapped = transformer.transform_to_file(X, tmp_path / "songs.npy")

    assert isinstance(mapped, np.memmap)
    assert not mapped.flags.writeable
    assert np.array_equal(mapped, transformer.transform(X))


def test_memory_beside_the_result_does_not_grow_with_the_number_of_clips():
    transformer = mel().fit(np.zeros((1, RATE)))
    peaks = []
    for n_clips in (4, 64):
        X = np.zeros((n_clips, RATE), dtype=np.float32)
        tracemalloc.start()
        result = transformer.transform(X)
        peaks.append(tracemalloc.get_traced_memory()[1] - result.nbytes)
        tracemalloc.stop()

    assert peaks[1] < 2 * peaks[0] + 200_000


def test_columns_are_named_by_frame_and_band():
    transformer = mel(n_frames=2, n_mels=3).fit(np.zeros((1, 10)))

    names = transformer.get_feature_names_out()

    assert names.tolist() == [f"frame{t}_mel{b}" for t in (0, 1) for b in (0, 1, 2)]


@pytest.mark.parametrize("limits", [{"fmin": 4000.0}, {"fmax": 4001.0}])
def test_frequencies_beyond_the_sample_rate_are_named(limits):
    with pytest.raises(ValueError, match=r"fmin must lie below fmax, .*\(4000\)"):
        mel(**limits).fit(np.zeros((1, 10)))


@pytest.mark.parametrize("transformer", [mel(), AudioSummary(RATE, n_fft=1024)])
def test_what_is_no_sound_is_named(transformer, tmp_path, files):
    transformer.fit(files)
    text = tmp_path / "song.wav"
    text.write_text("this is no sound")
    with pytest.raises(ValueError, match=r"song\.wav cannot be read as audio"):
        transformer.transform([text])
    with pytest.raises(FileNotFoundError):
        transformer.transform([tmp_path / "absent.wav"])
    with pytest.raises(TypeError, match="X begins with a path or array, but also holds 3"):
        transformer.transform([files[0], 3])
    with pytest.raises(ValueError, match=r"clip 1 has shape \(2, 5\)"):
        transformer.transform([np.zeros(5), np.zeros((2, 5))])
    with pytest.raises(ValueError, match="X contains NaN: clip 0"):
        transformer.transform([np.array([0.0, np.nan])])
    # A fit refuses what a transform would.
    for clip, message in (
        (np.zeros((2, 5)), r"clip 1 has shape \(2, 5\)"),
        (np.full(5, np.nan), "X contains NaN: clip 1"),
    ):
        with pytest.raises(ValueError, match=message):
            clone(transformer).fit([np.zeros(5), clip])


@pytest.mark.parametrize("transformer", [mel(), AudioSummary(RATE, n_fft=1024)])
def test_after_a_fit_on_paths_waveforms_of_any_form_are_taken(transformer, files):
    waves = [tone(220, seconds=1.5), tone(1760, seconds=1.5)]
    transformer.fit(pd.DataFrame({"path": [str(path) for path in files]}))
    expected = transformer.transform(waves)

    for X in (np.stack(waves), pd.DataFrame(np.stack(waves)), np.stack(waves).tolist(), files):
        assert transformer.transform(X) == pytest.approx(expected, abs=1e-3)


def test_a_column_of_paths_has_a_name(files):
    column = pd.DataFrame({"path": [str(path) for path in files]})
    transformer = mel().fit(column)

    assert transformer.feature_names_in_.tolist() == ["path"]
    with pytest.raises(ValueError, match="feature names should match"):
        transformer.transform(column.rename(columns={"path": "file"}))
    assert not hasattr(transformer.fit(files), "feature_names_in_")


@pytest.mark.parametrize("kind", ["int8", "int16", "int32", "uint8", ">i2"])
def test_whole_numbers_are_scaled_as_files_of_them_are(kind, tmp_path):
    wave = tone(440, amplitude=0.5)
    full = 2.0 ** (8 * np.dtype(kind).itemsize - 1)
    whole = np.round(wave * full + (full if kind == "uint8" else 0)).astype(kind)

    spectra = mel().fit([wave]).transform([wave, whole])
    loudness = AudioSummary(RATE).fit([wave]).transform([wave, whole])[:, 3]

    audible = spectra[0] > -40
    assert spectra[1][audible] == pytest.approx(spectra[0][audible], abs=0.5)
    assert loudness[1] == pytest.approx(loudness[0], abs=0.05)
    if kind == "int16":
        soundfile.write(tmp_path / "wave.wav", whole, RATE, subtype="PCM_16")
        assert np.array_equal(mel().fit_transform([tmp_path / "wave.wav"])[0], spectra[1])
    rows = AudioSummary(RATE).fit_transform(np.stack([whole, whole]))[:, 3]
    assert rows.tolist() == [loudness[1]] * 2


def test_silence_has_any_floor():
    picture = mel(floor=-500.0).fit_transform([np.zeros(RATE)])
    assert (picture == -500).all()


def test_silence_and_a_constant_have_no_key_and_no_beat():
    summary = AudioSummary(RATE).set_output(transform="pandas")
    table = summary.fit_transform([np.zeros(RATE), np.full(RATE, 0.5), tone(440, seconds=0.5)])

    assert table["loudness"].tolist()[:2] == [-80.0, -80.0]
    assert table["tempo"].tolist()[:2] == [0.0, 0.0]
    assert table[["key", "mode"]].to_numpy().tolist() == [[-1, -1]] * 3


def test_frames_too_few_for_a_beat_give_no_tempo():
    for hop_length, is_known in ((100_000, False), (40_000, False), (32_000, True), (64, True)):
        found = AudioSummary(RATE, hop_length=hop_length).fit_transform([tone(440, seconds=0.2)])
        assert np.isfinite(found).all()
        assert (found[0, 2] > 0) == is_known


@pytest.mark.parametrize("low", [65.4, 261.6])
def test_the_key_of_a_cadence_is_found_in_all_keys_and_registers(low):
    for key, mode in itertools.product(range(0, 12, 3), (0, 1)):
        third = 3 + mode
        steps = [(0, third, 7), (5, 5 + third, 12), (7, 11, 14), (0, third, 7)]
        chords = [
            tone(*(low * 2 ** ((key + step) / 12) for step in chord), seconds=0.5, amplitude=0.2)
            for chord in steps
        ]
        assert find_key(librosa, np.concatenate(chords), RATE) == (key, mode)


@pytest.mark.parametrize("transformer", [mel(), AudioSummary(RATE)])
def test_without_librosa_the_extra_is_named(monkeypatch, transformer):
    monkeypatch.setitem(sys.modules, "librosa", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'sklearn-recsys\[audio\]'"):
        transformer.fit(np.zeros((1, 10)))


@pytest.mark.parametrize("transformer", [mel(crop="random"), AudioSummary(RATE, n_fft=1024)])
def test_a_fitted_transformer_is_saved_and_pickled(transformer, tmp_path):
    X = np.random.default_rng(0).standard_normal((3, 2 * RATE))
    expected = transformer.fit(X).transform(X)

    save(transformer, tmp_path / "model.zip")

    assert np.array_equal(load(tmp_path / "model.zip").transform(X), expected)
    assert np.array_equal(pickle.loads(pickle.dumps(transformer)).transform(X), expected)


@pytest.mark.parametrize(
    ("chord", "key", "mode"), [(C_MAJOR, 0, 1), (A_MINOR, 9, 0), ((185.0, 233.08, 277.18), 6, 1)]
)
def test_the_key_of_a_chord_is_found(chord, key, mode):
    summary = AudioSummary(RATE, n_fft=2048).set_output(transform="pandas")
    # The tonic once more, an octave below, as in a song.
    song = summary.fit_transform([tone(chord[0] / 2, *chord, amplitude=0.2)]).iloc[0]

    assert (song["key"], song["mode"]) == (key, mode)


@pytest.mark.parametrize("beats", [80, 120, 150])
def test_the_tempo_of_clicks_is_found(beats):
    wave = np.zeros(8 * RATE)
    for start in np.arange(0, len(wave) - 400, 60 / beats * RATE).astype(int):
        wave[start : start + 400] = np.random.default_rng(0).standard_normal(400)

    names = list(AudioSummary().fit([wave]).get_feature_names_out())
    found = AudioSummary(RATE, n_fft=512, hop_length=64).fit_transform([wave])[0]

    assert found[names.index("tempo")] == pytest.approx(beats, rel=0.03)


def test_loudness_and_duration_are_those_of_the_wave():
    summary = AudioSummary(RATE, n_fft=1024).set_output(transform="pandas")
    clips = [tone(440, seconds=0.5), tone(440, seconds=1, amplitude=0.05), np.zeros(100)]
    table = summary.fit_transform(clips)

    assert table["loudness"].to_numpy() == pytest.approx([-9.03, -29.03, -80.0], abs=0.01)
    assert table["duration"].tolist() == [0.5, 1.0, 0.0125]
    assert np.isfinite(table.to_numpy()).all()


def test_the_columns_are_those_of_an_echo_nest_analysis():
    track = dict.fromkeys(("time_signature", "key", "mode", "tempo", "loudness", "duration"), 1.0)
    segments = [{"pitches": [0.5] * 12, "timbre": [0.0] * 12}]
    published = read_echo_nest_analysis({"track": track, "segments": segments})

    names = AudioSummary().fit([np.zeros(10)]).get_feature_names_out()

    assert set(names) == set(published.index) - {"time_signature"}


def test_the_summary_finds_the_truth_of_a_music_world(world):
    summary = AudioSummary(world.waveforms.sample_rate, n_fft=1024, hop_length=128)
    table = summary.set_output(transform="pandas").fit_transform(world.waveforms())
    truth = world.attributes

    assert np.corrcoef(table["loudness"], truth["loudness"])[0, 1] > 0.99
    drums = world.truth.song_factors[:, world.truth.traits.index("noise")] > 0
    ratio = np.log2(table["tempo"] / truth["tempo"])
    # An eighth, a beat or two beats: whole powers of two.
    assert np.mean(np.abs(ratio - np.round(ratio))[drums] < 0.1) > 0.6
    # A melody has no tonic, so that a key and its relative, three semitones below, are alike:
    # three fifths are found from the notes themselves, a twelfth by chance.
    found, true = (3 * (1 - part["mode"]) + part["key"] for part in (table, truth))
    assert np.mean(found % 12 == true.to_numpy() % 12) > 0.45
