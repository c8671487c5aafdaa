"""Turn sound into pictures of its frequencies over time."""
# SPDX-License-Identifier: BSD-3-Clause

import os
import zlib
from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.fft import rfft
from scipy.signal import get_window
from sklearn.base import BaseEstimator, TransformerMixin, _fit_context
from sklearn.utils import Tags, check_random_state
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted

from sklearn_recsys._optional import require
from sklearn_recsys.feature_extraction._waveforms import read_waveforms

__all__ = ["MelSpectrogram"]

# Cells of a block of frames that are transformed together: 16 MB of float32.
_BLOCK_CELLS = 4_000_000


class MelSpectrogram(TransformerMixin, BaseEstimator):
    r"""Make log-mel spectrograms of equal size from waveforms or files of audio.

    A spectrogram shows how much energy a sound has in each band of frequencies at each moment,
    with bands as wide as the ear's and energy in decibels. It is what a network such as
    :class:`~sklearn_recsys.neural_network.AudioCNNRegressor` looks at; for a few numbers a song,
    take :class:`AudioSummary`. A clip takes O(n_frames · n_fft · (log n_fft + n_mels)), and
    memory beside the result is 16 MB and one clip. It needs librosa:
    ``pip install 'sklearn-recsys[audio]'``.

    Parameters
    ----------
    sample_rate : int, default=22050
        Samples a second of the arrays; files are brought to it.
    n_frames : int, default=599
        Frames of a spectrogram: 28 seconds with the other defaults. Shorter clips are followed by
        silence, longer ones are cut.
    n_mels : int, default=128
        Bands of frequencies. More resolve neighbouring tones.
    n_fft : int, default=2048
        Samples of a frame. More resolve tones better and moments worse.
    hop_length : int, default=1024
        Samples from one frame to the next.
    fmin : float, default=0.0
        Lowest frequency, in hertz.
    fmax : float or None, default=None
        Highest frequency; None is half the sample rate.
    floor : float, default=-80.0
        Decibels that silence is counted as, below 0, which is about what a tone of amplitude one
        has: see the notes.
    crop : {"center", "random"}, default="center"
        Which part of a longer clip is taken: its middle, or one that is drawn for each clip.
    random_state : int, RandomState instance or None, default=None
        Seed of random parts. A clip's part depends on its samples, not on the clips beside it.

    Attributes
    ----------
    mel_filters_ : ndarray of shape (n_mels, n_fft // 2 + 1), dtype float32
        Weight of each frequency in each band.
    n_features_in_ : int
        Samples of a row of `X`; 1 for paths and clips of several lengths.
    feature_names_in_ : ndarray of shape (n_features_in_,), dtype object
        Names of the columns, if `X` was a DataFrame.

    Raises
    ------
    ModuleNotFoundError
        If librosa is not installed.
    ValueError
        If `X` holds NaN, a file cannot be decoded, or the frequencies do not fit the sample rate.

    See Also
    --------
    AudioSummary : Tempo, key, loudness and mean timbre: a row of 53 numbers.

    Notes
    -----
    With the samples x_t of a frame and a Hann window w, ::

        S_b = 10 · log10(max(Σ_f M_bf · |2 Σ_t w_t x_t e^(-2πift) / Σ_t w_t|², 10^(floor / 10)))

    where M are librosa's triangular filters with peaks of one (`norm=None`). A tone of amplitude
    one has 0 decibels at the peak of a band that one frequency of the transform falls into. Half
    of its amplitude falls to either neighbour, which adds up to 1.8 decibels in a wide band; it
    loses up to 1.4 between two frequencies in a narrow one, and up to 3 between the peaks of two
    bands, which share it. Frames begin where the clip does: nothing is reflected at its ends.

    References
    ----------
    .. [1] A. van den Oord, S. Dieleman and B. Schrauwen, "Deep content-based music
       recommendation", NIPS 2013, section 4.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_recsys.feature_extraction import MelSpectrogram
    >>> second = np.arange(8000) / 8000
    >>> tones = np.sin(2 * np.pi * np.outer([220, 880], second))
    >>> mel = MelSpectrogram(8000, n_frames=30, n_mels=16, n_fft=512, hop_length=256)
    >>> pictures = mel.fit_transform(tones)  # doctest: +SKIP
    >>> pictures.shape  # doctest: +SKIP
    (2, 480)
    >>> pictures.reshape(2, 30, 16).mean(axis=1).argmax(axis=1)  # doctest: +SKIP
    array([1, 5])
    """

    _parameter_constraints: ClassVar[dict] = {
        "sample_rate": [Interval(Integral, 1, None, closed="left")],
        "n_frames": [Interval(Integral, 1, None, closed="left")],
        "n_mels": [Interval(Integral, 1, None, closed="left")],
        "n_fft": [Interval(Integral, 2, None, closed="left")],
        "hop_length": [Interval(Integral, 1, None, closed="left")],
        "fmin": [Interval(Real, 0, None, closed="left")],
        "fmax": [Interval(Real, 0, None, closed="neither"), None],
        "floor": [Interval(Real, None, 0, closed="neither")],
        "crop": [StrOptions({"center", "random"})],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        sample_rate=22050,
        *,
        n_frames=599,
        n_mels=128,
        n_fft=2048,
        hop_length=1024,
        fmin=0.0,
        fmax=None,
        floor=-80.0,
        crop="center",
        random_state=None,
    ):
        self.sample_rate = sample_rate
        self.n_frames = n_frames
        self.n_mels = n_mels
        self.n_fft = n_fft
        self.hop_length = hop_length
        self.fmin = fmin
        self.fmax = fmax
        self.floor = floor
        self.crop = crop
        self.random_state = random_state

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any = None) -> "MelSpectrogram":
        """Prepare the filters; the sound itself teaches nothing.

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
        librosa = require("librosa", extra="audio")
        half = self.sample_rate / 2
        fmax = half if self.fmax is None else self.fmax
        if not self.fmin < fmax <= half:
            raise ValueError(
                "fmin must lie below fmax, and fmax not above half the sample rate "
                f"({half:g}): got {self.fmin} and {self.fmax}."
            )
        read_waveforms(self, X, reset=True)
        seed = check_random_state(self.random_state).randint(np.iinfo(np.int32).max)
        self._seed = int(seed)
        self.mel_filters_ = librosa.filters.mel(
            sr=self.sample_rate,
            n_fft=self.n_fft,
            n_mels=self.n_mels,
            fmin=self.fmin,
            fmax=fmax,
            norm=None,
        )
        return self

    def transform(self, X: Any) -> NDArray[np.float32]:
        """Return the spectrograms of clips.

        Parameters
        ----------
        X : array-like or sequence of paths or of arrays
            As in ``fit``.

        Returns
        -------
        ndarray of shape (n_clips, n_frames * n_mels), dtype float32
            A row a clip, frame by frame: ``reshape(-1, n_frames, n_mels)`` shows the pictures.
        """
        check_is_fitted(self)
        waves = read_waveforms(self, X, reset=False)
        result = np.empty((len(waves), self.n_frames * self.n_mels), dtype=np.float32)
        return self._fill(result, waves)

    def transform_to_file(self, X: Any, path: str | os.PathLike) -> NDArray[np.float32]:
        """Write the spectrograms of clips to a file, for catalogues that fit in no memory.

        Parameters
        ----------
        X : array-like or sequence of paths or of arrays
            As in ``fit``.
        path : path
            Where the ``.npy`` file goes; one that is there is overwritten.

        Returns
        -------
        memmap of shape (n_clips, n_frames * n_mels), dtype float32
            The file, mapped for reading, as ``AudioCNNRegressor`` takes it.
        """
        check_is_fitted(self)
        waves = read_waveforms(self, X, reset=False)
        shape = (len(waves), self.n_frames * self.n_mels)
        file = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=shape)
        self._fill(file, waves)
        file.flush()
        return np.load(path, mmap_mode="r", allow_pickle=False)

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[Any]:
        """Return the names of the output columns.

        Parameters
        ----------
        input_features : ignored
            There for pipelines.

        Returns
        -------
        ndarray of shape (n_frames * n_mels,), dtype object
            Such as ``frame3_mel17``.
        """
        check_is_fitted(self)
        names = [f"frame{t}_mel{b}" for t in range(self.n_frames) for b in range(self.n_mels)]
        return np.array(names, dtype=object)

    def _fill(self, result: NDArray[np.float32], waves: Any) -> NDArray[np.float32]:
        for row, wave in enumerate(waves):
            result[row] = self._picture(self._window(wave)).ravel()
        return result

    def _window(self, wave: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return as many samples as the frames hold."""
        n_samples = self.n_fft + (self.n_frames - 1) * self.hop_length
        spare = len(wave) - n_samples
        if spare <= 0:
            return np.pad(wave, (0, -spare))
        if self.crop == "center":
            start = spare // 2
        else:
            # Of the samples: a clip has the same part wherever it stands.
            rng = np.random.default_rng([self._seed, zlib.crc32(wave.tobytes())])
            start = int(rng.integers(spare + 1))
        return wave[start : start + n_samples]

    def _picture(self, wave: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return decibels, shape (n_frames, n_mels)."""
        window = get_window("hann", self.n_fft).astype(np.float32)
        window *= 2 / window.sum()  # a tone's amplitude, not its energy times the frame's length
        frames = np.lib.stride_tricks.sliding_window_view(wave, self.n_fft)[:: self.hop_length]
        block = max(1, _BLOCK_CELLS // self.n_fft)
        energy = np.empty((self.n_frames, self.n_mels), dtype=np.float32)
        for start in range(0, self.n_frames, block):
            of = slice(start, start + block)
            spectrum = rfft(frames[of] * window, axis=1)
            energy[of] = (spectrum.real**2 + spectrum.imag**2) @ self.mel_filters_.T
        with np.errstate(divide="ignore"):  # no energy at all is below any floor
            decibels = 10 * np.log10(energy)
        return np.maximum(decibels, self.floor)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        # Single precision, whatever comes in: twice as many songs fit in memory.
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags
