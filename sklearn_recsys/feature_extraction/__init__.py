"""Features of items and users made from raw columns."""
# SPDX-License-Identifier: BSD-3-Clause

from sklearn_recsys.feature_extraction._audio_summary import AudioSummary
from sklearn_recsys.feature_extraction._echo_nest import read_echo_nest_analysis
from sklearn_recsys.feature_extraction._genre_tfidf import GenreTfidf
from sklearn_recsys.feature_extraction._mel_spectrogram import MelSpectrogram
from sklearn_recsys.feature_extraction._term_vectors import TermVectors

__all__ = [
    "AudioSummary",
    "GenreTfidf",
    "MelSpectrogram",
    "TermVectors",
    "read_echo_nest_analysis",
]
