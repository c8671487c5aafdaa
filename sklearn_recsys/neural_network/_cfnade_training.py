"""Take the steps of a CF-NADE's training: random splits of users, and the optimiser's."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np

from sklearn_recsys._kernels import cut_evenly
from sklearn_recsys.neural_network._cfnade_network import NadeNetwork, Split
from sklearn_recsys.neural_network._rating_levels import LevelledRatings

__all__ = ["NadeTraining", "log_odds", "split_users", "take_rows"]

# Numbers that a step looks up at once for the targets: 128 MiB of float32, and as much again for
# their gradients. The users of a batch that needs more are taken part by part.
_MOST_NUMBERS = 2**25
# Ratings at the shares of all items that each item is thought to have had besides.
_PRIOR = 10.0


class NadeTraining:
    """Train a network on ratings, an epoch at a time.

    Parameters
    ----------
    torch : module
        PyTorch.
    network : NadeNetwork
    ratings : LevelledRatings
    rng : numpy.random.Generator
        Draws the batches and the splits.
    batch_size : int
        Users of a step.
    learning_rate : float
        Of the first step; it falls in a straight line and would be zero after the last epoch.
    reg : float
        Decay of the weights, times the learning rate of the step.
    n_epochs : int
        Epochs over which the learning rate falls.
    """

    def __init__(self, torch, network, ratings, rng, *, batch_size, learning_rate, reg, n_epochs):
        self._network: NadeNetwork = network
        self._ratings: LevelledRatings = ratings
        self._rng = rng
        self._batch_size = batch_size
        _, n_levels, k = network.shape
        self._width = n_levels * k  # numbers that a target looks up
        self._users = np.flatnonzero(np.diff(ratings.indptr))
        groups = [
            {"params": network.weights, "weight_decay": reg},
            {"params": network.biases, "weight_decay": 0.0},
        ]
        # Fused, a step of 2 million numbers takes 2 ms instead of 8.
        self._optimizer = torch.optim.AdamW(groups, lr=learning_rate, fused=True)
        n_steps = n_epochs * -(-len(self._users) // batch_size)
        self._schedule = torch.optim.lr_scheduler.LinearLR(
            self._optimizer, start_factor=1.0, end_factor=0.0, total_iters=n_steps
        )

    def run_epoch(self) -> float:
        """Take a step for each batch of users; return the mean cost of a rating."""
        order = self._rng.permutation(self._users)
        total = weight = 0.0
        for start in range(0, len(order), self._batch_size):
            batch = np.sort(order[start : start + self._batch_size])
            counts = self._ratings.indptr[batch + 1] - self._ratings.indptr[batch]
            split = split_users(self._ratings, batch, self._rng)
            self._optimizer.zero_grad()
            for part in cut_evenly(counts * self._width, _MOST_NUMBERS):
                cost = self._network.cost(take_rows(split, part))
                cost.backward()
                total += float(cost.detach()) * counts.sum()
            weight += counts.sum()
            self._optimizer.step()
            self._schedule.step()
        return float(total / weight)


def split_users(ratings: LevelledRatings, users: np.ndarray, rng: np.random.Generator) -> Split:
    """Split the ratings of each user at random in those that go in and those to be predicted.

    Of D ratings in a random order the first d - 1 go in, d being uniform in 1 to D. The costs of
    the others count D / (D - d + 1) each, so that their sum estimates the sum over all D
    conditionals; they are multiplied by their weights, and divided by the ratings of all users.
    """
    counts = ratings.indptr[users + 1] - ratings.indptr[users]
    rows = np.repeat(np.arange(len(users)), counts)
    rank = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
    places = np.repeat(ratings.indptr[users], counts) + rank
    shuffled = places[np.lexsort((rng.random(len(rows)), rows))]
    n_inputs = rng.integers(0, counts)
    is_input = rank < n_inputs[rows]
    inputs, targets = shuffled[is_input], shuffled[~is_input]
    target_rows = rows[~is_input]
    scale = counts / (counts - n_inputs) / counts.sum()
    return Split(
        rows[is_input],
        ratings.cols[inputs],
        ratings.levels[inputs],
        target_rows,
        ratings.cols[targets],
        ratings.levels[targets],
        (scale[target_rows] * ratings.weights[targets]).astype(np.float32),
        len(users),
    )


def take_rows(split: Split, rows: slice) -> Split:
    """Return the part of a split that is of some users, who are next to each other."""
    of_inputs, of_targets = (
        slice(*np.searchsorted(ascending, (rows.start, rows.stop)))
        for ascending in (split.input_rows, split.target_rows)
    )
    return Split(
        split.input_rows[of_inputs] - rows.start,
        split.input_cols[of_inputs],
        split.input_levels[of_inputs],
        split.target_rows[of_targets] - rows.start,
        split.target_cols[of_targets],
        split.target_levels[of_targets],
        split.target_weights[of_targets],
        rows.stop - rows.start,
    )


def log_odds(ratings: LevelledRatings, n_items: int, n_levels: int) -> np.ndarray:
    """Return biases (n_items, n_levels) whose softmax, summed up, is each level's share.

    A level's bias adds to that of the level below it; the lowest one has none.
    """
    places = ratings.cols * n_levels + ratings.levels
    totals = np.bincount(places, weights=ratings.weights, minlength=n_items * n_levels)
    counts = totals.reshape(n_items, n_levels)
    # One of each level, or one that is rare would be impossible to begin with.
    shares = (counts.sum(axis=0) + 1) / (counts.sum() + n_levels)
    logs = np.log(counts + _PRIOR * shares)
    return np.diff(logs, axis=1, prepend=logs[:, :1])
