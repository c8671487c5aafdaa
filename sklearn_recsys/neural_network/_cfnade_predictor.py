"""Predict ratings from the weights of a fitted CF-NADE, without PyTorch."""
# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np
from scipy import sparse

from sklearn_recsys.base import BaseRecommender
from sklearn_recsys.base._blocks import memory_batches
from sklearn_recsys.base._rankers import rank_by_factors
from sklearn_recsys.neural_network._cfnade_state import NadeWeights, expect, read_ratings, softmax
from sklearn_recsys.neural_network._rating_levels import LevelledRatings, RatingLevels

__all__ = ["NadePredictor", "describe_model"]

# Names of what is learned, in the order of NadeWeights.
_LEARNED = (
    "input_factors_",
    "hidden_biases_",
    "output_factors_",
    "output_biases_",
    "input_projection_",
    "output_projection_",
)


class NadePredictor(BaseRecommender):
    """Score by expected ratings, from the attributes that `describe_model` returns."""

    levels_: np.ndarray
    output_biases_: np.ndarray
    item_factors_: np.ndarray
    _level_bounds: np.ndarray
    _hidden_activation: str

    @property
    def _weights(self) -> NadeWeights:
        return NadeWeights(*(getattr(self, name) for name in _LEARNED))

    def _hide(self, history: sparse.csr_array) -> np.ndarray:
        """Return the hidden units (n_rows, n_components) of histories."""
        ratings = LevelledRatings.of(history, np.ones(history.nnz), self._level_bounds)
        codes = read_ratings(ratings, *self.output_biases_.shape)
        return self._weights.hide(codes, self._hidden_activation)

    def _expect_all(self, history: sparse.csr_array) -> np.ndarray:
        """Return the expected ratings (n_rows, n_items) of histories."""
        weights = self._weights
        states = weights.read_out(self._hide(history))
        n_levels, n_items = self.output_biases_.shape
        ratings = np.empty((len(states), n_items), dtype=np.float32)
        for part in memory_batches(len(states), n_items * n_levels):
            ratings[part] = expect(softmax(weights.weigh_all(states[part])), self.levels_)
        return ratings

    def _distribute(self, rows: np.ndarray, cols: np.ndarray) -> np.ndarray:
        """Return the probabilities (n_levels, n_pairs) of the levels; -1 codes what is unknown."""
        # Users are moved up by one, behind one who has rated nothing.
        distinct, inverse = np.unique(rows + 1, return_inverse=True)
        histories = _prepend_empty_row(self.interactions_)[distinct]
        weights = self._weights
        states = weights.read_out(self._hide(histories))
        scores = np.empty((len(self.levels_), len(rows)), dtype=np.float32)
        known = cols >= 0
        scores[:, known] = weights.weigh(states, inverse[known], cols[known])
        if not known.all():
            counts = np.bincount(self.interactions_.indices, minlength=len(self.items_))
            scores[:, ~known] = weights.weigh_average(states[inverse[~known]], counts)
        return softmax(scores)

    def _score(self, rows):
        return self._expect_all(self.interactions_[rows])

    def _score_history(self, history, weights):
        return self._expect_all(history)

    def _score_pairs(self, rows, cols):
        return expect(self._distribute(rows, cols), self.levels_)

    def _score_stranger(self):
        nobody = sparse.csr_array((1, len(self.items_)), dtype=np.float32)
        return self._expect_all(nobody)[0]

    def _score_unknown_items(self, rows):
        # A rating is asked for, not a rank: the best guess is the mean item, not the lowest score.
        return expect(self._distribute(rows, np.full(len(rows), -1)), self.levels_)

    def _item_ranker(self, codes):
        unit = _normalize(self.item_factors_)
        return rank_by_factors(unit[codes], unit, bound=1.0)

    def _user_ranker(self, codes):
        unit = _normalize(self._hide(self.interactions_))
        return rank_by_factors(unit[codes], unit, bound=1.0)

    def __recommender_tags__(self):
        """Tell that values are ratings."""
        tags = super().__recommender_tags__()
        tags.feedback = "explicit"
        tags.negative_values = True
        tags.similar_items = tags.similar_users = True
        return tags


def describe_model(levels: RatingLevels, activation: str, weights: NadeWeights) -> dict[str, Any]:
    """Return the attributes that a fitted model has of some weights."""
    return {
        **dict(zip(_LEARNED, weights, strict=True)),
        "item_factors_": weights.lean(levels.values),
        "levels_": levels.values,
        "_level_bounds": levels.bounds,
        "_hidden_activation": activation,  # whatever is set after the fit
    }


def _prepend_empty_row(matrix: sparse.csr_array) -> sparse.csr_array:
    indptr = np.concatenate([matrix.indptr[:1], matrix.indptr])
    shape = (matrix.shape[0] + 1, matrix.shape[1])
    return sparse.csr_array((matrix.data, matrix.indices, indptr), shape=shape)


def _normalize(vectors: np.ndarray) -> np.ndarray:
    norms = np.sqrt(np.einsum("ij,ij->i", vectors, vectors, dtype=np.float64))
    return (vectors / np.where(norms > 0, norms, 1)[:, None]).astype(np.float32)
