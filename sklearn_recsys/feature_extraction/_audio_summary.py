"""Sum a song's sound up in a few numbers."""
# SPDX-License-Identifier: BSD-3-Clause

from numbers import Integral
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin, _fit_context
from sklearn.utils import Tags
from sklearn.utils._param_validation import Interval
from sklearn.utils.validation import check_is_fitted

from sklearn_recsys._optional import require
from sklearn_recsys.feature_extraction._echo_nest import STATISTICS, summarise_frames
from sklearn_recsys.feature_extraction._key import UNKNOWN_KEY, find_key
from sklearn_recsys.feature_extraction._waveforms import read_waveforms

__all__ = ["AudioSummary"]

_NAMES = ("key", "mode", "tempo", "loudness", "duration", *STATISTICS)
_SILENCE = 1e-4  # root mean square of -80 decibels


class AudioSummary(TransformerMixin, BaseEstimator):
    r"""Compute key, mode, tempo, loudness and mean timbre of waveforms or files of audio.

    The columns are those of :func:`read_echo_nest_analysis` but for the time signature, computed
    from the sound by librosa. Songs close in them sound alike; with a
    :class:`~sklearn.preprocessing.StandardScaler` behind it, this makes vectors to compare songs
    by, or features for a regression on item factors. Choose
    :class:`MelSpectrogram` where what matters is an order in time. A clip takes
    O(n_samples · log n_fft), and the key 30 ms more, or 100 ms of half a minute; memory is
    O(n_samples) of one clip. It needs librosa:
    ``pip install 'sklearn-recsys[audio]'``.

    Parameters
    ----------
    sample_rate : int, default=22050
        Samples a second of the arrays; files are brought to it.
    n_fft : int, default=2048
        Samples of a frame. More resolve tones better and moments worse.
    hop_length : int, default=512
        Samples from one frame to the next. Fewer tell tempos more finely.

    Attributes
    ----------
    n_features_in_ : int
        Samples of a row of `X`; 1 for paths and clips of several lengths.
    feature_names_in_ : ndarray of shape (n_features_in_,), dtype object
        Names of the columns, if `X` was a DataFrame.

    Raises
    ------
    ModuleNotFoundError
        If librosa is not installed.
    ValueError
        If `X` holds NaN or a file cannot be decoded.

    See Also
    --------
    read_echo_nest_analysis : Read the same from an analysis that others have made.
    MelSpectrogram : Show the sound itself.

    Notes
    -----
    The key is the one of 24 whose profile [1]_ correlates best with the mean of a constant-Q
    chroma, in which loud tones weigh more than soft ones; a key and its relative, such as C major
    and A minor, have the same tones, and are told apart by which of them weigh most. The tempo is
    that of the strongest period of the onsets, so that it may be twice or half of what a listener
    taps. Loudness is 20 · log10 of the deviation, -80 for silence and for a constant, of which
    key and mode are -1, unknown, and the tempo is 0; so are key and mode of clips shorter than 0.8
    seconds, and the tempo where a frame lasts over four seconds. Pitches are chroma of
    `n_fft`, 1 for the strongest of a frame, in which low tones a semitone apart are not told apart.
    Timbre is the first twelve mel-frequency cepstral coefficients.

    References
    ----------
    .. [1] C. Krumhansl, "Cognitive foundations of musical pitch", Oxford University Press, 1990.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_recsys.feature_extraction import AudioSummary
    >>> time = np.arange(22050) / 22050
    >>> chord = sum(np.sin(2 * np.pi * f * time) for f in (523.3, 659.3, 784.0)) / 6  # C major
    >>> summary = AudioSummary().set_output(transform="pandas")
    >>> summary.fit_transform([chord])[["key", "mode", "duration"]]  # doctest: +SKIP
       key  mode  duration
    0  0.0   1.0       1.0
    """

    _parameter_constraints: ClassVar[dict] = {
        "sample_rate": [Interval(Integral, 1, None, closed="left")],
        "n_fft": [Interval(Integral, 16, None, closed="left")],
        "hop_length": [Interval(Integral, 1, None, closed="left")],
    }

    def __init__(self, sample_rate=22050, *, n_fft=2048, hop_length=512):
        self.sample_rate = sample_rate
        self.n_fft = n_fft
        self.hop_length = hop_length

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any = None) -> "AudioSummary":
        """Look at the input's form; the sound itself teaches nothing.

        Parameters
        ----------
        X : array-like of shape (n_clips, n_samples), or sequence of paths or of arrays
            Waveforms between -1 and 1, or whole numbers of 8, 16 or 32 bits, which are brought
            there; or files of audio: a list, series or column of paths.
        y : ignored
            There for pipelines.

        Returns
        -------
        self : object
            Fitted transformer.
        """
        require("librosa", extra="audio")
        read_waveforms(self, X, reset=True)
        return self

    def transform(self, X: Any) -> NDArray[np.float64]:
        """Return the summaries of clips.

        Parameters
        ----------
        X : array-like or sequence of paths or of arrays
            As in ``fit``.

        Returns
        -------
        ndarray of shape (n_clips, 53), dtype float64
            `key` (0 is C, -1 unknown), `mode` (1 is major, -1 unknown), `tempo` (beats a minute, 0
            if unknown), `loudness` (decibels), `duration` (seconds), then mean and deviation of 12
            pitches, and of 12 values of timbre.
        """
        check_is_fitted(self)
        librosa = require("librosa", extra="audio")
        waves = read_waveforms(self, X, reset=False)
        return np.array([self._summarise(librosa, wave) for wave in waves])

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[Any]:
        """Return the names of the output columns.

        Parameters
        ----------
        input_features : ignored
            There for pipelines.

        Returns
        -------
        ndarray of shape (53,), dtype object
            Those of ``transform``.
        """
        check_is_fitted(self)
        return np.array(_NAMES, dtype=object)

    def _summarise(self, librosa: Any, wave: NDArray[np.float32]) -> NDArray[np.float64]:
        duration = len(wave) / self.sample_rate
        # A constant is no sound.
        wave = wave - wave.mean(dtype=np.float64).astype(np.float32)
        root = float(np.sqrt(np.mean(wave.astype(np.float64) ** 2)))
        is_silent = root <= _SILENCE
        key = UNKNOWN_KEY if is_silent else find_key(librosa, wave, self.sample_rate)
        wave = np.pad(wave, (0, max(0, self.n_fft - len(wave))))  # at least one frame
        frames = {"n_fft": self.n_fft, "hop_length": self.hop_length}
        power = np.abs(librosa.stft(wave, **frames)) ** 2
        chroma = librosa.feature.chroma_stft(S=power, sr=self.sample_rate, tuning=0.0)
        mel = librosa.feature.melspectrogram(S=power, sr=self.sample_rate, n_mels=40)
        decibels = librosa.power_to_db(mel, top_db=80.0)
        timbre = librosa.feature.mfcc(S=decibels, n_mfcc=12)
        onsets = librosa.onset.onset_strength(S=decibels, sr=self.sample_rate)
        tempo = 0.0 if is_silent else self._find_tempo(librosa, onsets)
        loudness = 20 * np.log10(max(root, _SILENCE))
        attributes = [*key, tempo, loudness, duration]
        return np.concatenate([attributes, summarise_frames(chroma.T, timbre.T)])

    def _find_tempo(self, librosa: Any, onsets: NDArray[np.floating]) -> float:
        # librosa compares onsets with those of the eight seconds before.
        if 8 * self.sample_rate < 2 * self.hop_length:
            return 0.0
        of_time = {"sr": self.sample_rate, "hop_length": self.hop_length}
        return float(librosa.feature.tempo(onset_envelope=onsets, **of_time)[0])

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.transformer_tags.preserves_dtype = ["float64"]
        return tags
