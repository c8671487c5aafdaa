"""The sound of a generated song: a melody and a beat, synthesised when asked for."""
# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr

from sklearn_recsys.datasets._generated._music_words import TRAIT_NAMES

__all__ = ["Sounds", "Waveforms", "draw_sounds"]

_N_HARMONICS = 8
_MAJOR, _MINOR = (0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10)
# 55 Hz is an A; its key counts from C.
_LOWEST, _KEY_OF_LOWEST = 110.0, 9


class Sounds(NamedTuple):
    """What the synthesiser is told, an entry a song."""

    tempo: NDArray[np.float64]  # beats a minute
    time_signature: NDArray[np.int64]
    semitone: NDArray[np.int64]  # of the tonic above 110 Hz
    is_major: NDArray[np.bool_]
    rolloff: NDArray[np.float64]  # harmonic h has amplitude h ** -rolloff
    decay: NDArray[np.float64]  # seconds until a note has fallen to 1 / e
    noise: NDArray[np.float64]  # amplitude of the drum beside the melody's
    rise: NDArray[np.float64]  # probability that the melody steps upwards
    loudness: NDArray[np.float64]  # root mean square in decibels below full scale

    def table(self, song_ids: NDArray[np.int64]) -> pd.DataFrame:
        """Return the attributes that an analysis of the sound would name."""
        return pd.DataFrame(
            {
                "song_id": song_ids,
                "time_signature": self.time_signature,
                "key": (self.semitone + _KEY_OF_LOWEST) % 12,
                "mode": self.is_major.astype(np.int64),
                "tempo": self.tempo.round(2),
                "loudness": self.loudness.round(2),
            }
        )


def draw_sounds(rng: np.random.Generator, traits: NDArray[np.float64]) -> Sounds:
    """Draw how songs of these traits sound."""
    n_songs = len(traits)
    # Standard normal traits as places between 0 and 1, where ends are as common as the middle.
    place = dict(zip(TRAIT_NAMES, ndtr(traits).T, strict=True))
    # The mode follows the contour, not without exceptions.
    is_major = rng.random(n_songs) < ndtr(1.5 * traits[:, TRAIT_NAMES.index("contour")])
    return Sounds(
        tempo=66 * 2 ** (1.4 * place["tempo"]),
        time_signature=np.where(rng.random(n_songs) < 0.85, 4, 3),
        semitone=np.rint(24 * place["register"]).astype(np.int64),
        is_major=is_major,
        rolloff=2.2 - 1.7 * place["brightness"],
        decay=0.6 * 0.06 ** place["attack"],
        noise=1.2 * place["noise"] ** 2,
        rise=0.1 + 0.8 * place["contour"],
        # Low enough for peaks that seldom reach full scale.
        loudness=-20 + 4 * place["noise"] + 2 * rng.standard_normal(n_songs),
    )


class Waveforms:
    """Synthesise the songs of a music world when they are asked for.

    Parameters
    ----------
    song_ids : ndarray of shape (n_songs,)
        Ascending.
    sounds : Sounds
        An entry a song.
    sample_rate : int
        Samples a second.
    duration : float
        Seconds.
    seed : int
        Of what chance adds to a song: it sounds the same whenever it is asked for.
    """

    def __init__(
        self,
        song_ids: NDArray[np.int64],
        sounds: Sounds,
        *,
        sample_rate: int,
        duration: float,
        seed: int,
    ) -> None:
        self.song_ids, self.sounds = song_ids, sounds
        self.sample_rate, self.duration, self.seed = sample_rate, duration, seed

    def __call__(self, songs: Any = None) -> NDArray[np.float32]:
        """Return the sound of some songs, or of all.

        Parameters
        ----------
        songs : int or list of int, default=None
            Ids; None is all, which may take much memory: ask for a few hundred at a time.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_songs, n_samples), dtype float32
            Within -1 and 1; one song's for one id.

        Raises
        ------
        ValueError
            If an id is not a song's.
        """
        wanted = self.song_ids if songs is None else np.atleast_1d(np.asarray(songs))
        places = np.searchsorted(self.song_ids, wanted)
        known = np.isin(wanted, self.song_ids)
        if not known.all():
            strange = wanted[~known][:5].tolist()
            raise ValueError(f"songs must hold ids of this world's songs, but holds {strange}.")
        n_samples = round(self.duration * self.sample_rate)
        result = np.empty((len(wanted), n_samples), dtype=np.float32)
        for row, place in enumerate(places):
            result[row] = self._synthesise(int(place), n_samples)
        return result[0] if np.ndim(songs) == 0 and songs is not None else result

    def _synthesise(self, place: int, n_samples: int) -> NDArray[np.float64]:
        # A generator a song, so that a song does not depend on those before it.
        rng = np.random.default_rng([self.seed, place])
        sound = Sounds(*(values[place] for values in self.sounds))
        beat = 60 / float(sound.tempo)
        # The clip begins anywhere in a bar.
        time = np.arange(n_samples) / self.sample_rate + beat * sound.time_signature * rng.random()
        mix = self._melody(rng, sound, time, beat / 2)
        mix += self._drum(rng, sound, time, beat)
        mix += 0.01 * rng.standard_normal(n_samples)
        return _limit(mix, 10 ** (float(sound.loudness) / 20))

    def _melody(
        self, rng: np.random.Generator, sound: Any, time: NDArray[np.float64], length: float
    ) -> NDArray[np.float64]:
        note = (time / length).astype(np.int64)
        since = time - note * length
        steps = np.where(rng.random(note[-1] + 1) < sound.rise, 1, -1)
        scale: Sequence[int] = _MAJOR if sound.is_major else _MINOR
        # Within one octave of the tonic; a step beyond an end begins at the other.
        semitones = np.take(scale, np.cumsum(steps) + rng.integers(7), mode="wrap")
        pitch = _LOWEST * 2 ** ((sound.semitone + semitones + 0.2 * rng.standard_normal()) / 12)
        angle = 2 * np.pi * pitch[note] * since
        # sin(h x) = 2 cos(x) sin((h - 1) x) - sin((h - 2) x) costs a product, not a sine.
        cosine, last, this = 2 * np.cos(angle), np.zeros_like(angle), np.sin(angle)
        tilt = sound.rolloff + 0.15 * rng.standard_normal()
        tone = np.zeros_like(angle)
        for h in range(1, _N_HARMONICS + 1):
            audible = h * pitch < self.sample_rate / 2
            tone += (audible * float(h) ** -tilt)[note] * this
            last, this = this, cosine * this - last
        # Five milliseconds in and out keep notes from clicking.
        edges = np.minimum(1, np.minimum(since, length - since) / 0.005)
        return edges * np.exp(-since / sound.decay) * tone

    def _drum(
        self, rng: np.random.Generator, sound: Any, time: NDArray[np.float64], beat: float
    ) -> NDArray[np.float64]:
        count = (time / beat).astype(np.int64)
        accent = np.where(count % sound.time_signature == 0, 1.0, 0.6)
        envelope = sound.noise * accent * np.exp(-(time - count * beat) / 0.04)
        return envelope * rng.standard_normal(len(time))


def _limit(mix: NDArray[np.float64], root: float) -> NDArray[np.float64]:
    """Return a sound of this root mean square, its peaks bent by a limiter."""
    gain = root / np.sqrt(np.mean(mix**2))
    sound = np.tanh(gain * mix)
    # Bending takes up to 2 decibels away, which three or four rounds give back.
    for _ in range(20):
        found = np.sqrt(np.mean(sound**2))
        if found > 0.9999 * root:
            break
        gain *= root / found
        sound = np.tanh(gain * mix)
    return sound
