"""Neural networks, which need PyTorch once they are fitted."""
# SPDX-License-Identifier: BSD-3-Clause

from sklearn_recsys.neural_network._audio_cnn import AudioCNNRegressor
from sklearn_recsys.neural_network._cfnade import CFNADERecommender

__all__ = ["AudioCNNRegressor", "CFNADERecommender"]
