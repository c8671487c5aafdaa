"""Minibatch descent on spectrograms, with early stopping."""
# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sklearn_recsys.base._progress import Progress
from sklearn_recsys.neural_network._clips import Clips
from sklearn_recsys.neural_network._torch import state_to_arrays

__all__ = ["Batches", "Course", "predict_batches", "train"]


class Course(NamedTuple):
    """What a training leaves."""

    weights: dict[str, NDArray[Any]]  # the best, where there is a validation part
    losses: list[float]
    validation_losses: list[float]


class Batches:
    """Bring standardised batches of clips to a device.

    Parameters
    ----------
    torch : module
        PyTorch.
    device : torch.device
        Where the network is.
    clips : Clips
        In memory or on the disk.
    means, scales : ndarray of shape (n_bins,)
        Subtracted from, and divided into, each frame.
    """

    def __init__(
        self, torch: Any, device: Any, clips: Clips, means: NDArray[Any], scales: NDArray[Any]
    ) -> None:
        self.torch, self.device, self.clips = torch, device, clips
        self._means, self._scales = means, scales

    def __call__(self, rows: NDArray[np.intp]) -> Any:
        """Return some clips as a tensor (n_rows, n_frames, n_bins)."""
        # In double precision: loud bins in single precision would lose what they differ by.
        clips = (self.clips.take(rows).astype(np.float64) - self._means) / self._scales
        return self.put(clips)

    def put(self, array: NDArray[Any]) -> Any:
        """Return an array as a tensor of single precision."""
        return self.torch.from_numpy(array.astype(np.float32)).to(self.device)


def train(
    estimator: Any,
    network: Any,
    batches: Batches,
    targets: NDArray[np.float64],
    rows: tuple[NDArray[np.intp], NDArray[np.intp]],
    rng: np.random.RandomState,
) -> Course:
    """Fit a network to scaled targets.

    Parameters
    ----------
    estimator : AudioCNNRegressor
        Its parameters are the plan.
    network : torch.nn.Module
        On the device of the batches; it is changed.
    batches : Batches
        The clips.
    targets : ndarray of shape (n_clips, n_outputs)
        Scaled.
    rows : pair of ndarray of int
        The clips to learn from, and those to validate by: none for no early stopping.
    rng : numpy.random.RandomState
        The order of the clips.

    Returns
    -------
    Course
        The weights and the losses.

    Raises
    ------
    ValueError
        If the loss is no number any more.
    """
    learnt, held = rows
    optimizer = batches.torch.optim.AdamW(
        network.parameters(), lr=estimator.learning_rate, weight_decay=estimator.reg
    )
    course = Course({}, [], [])
    best, best_step = np.inf, 0
    with Progress(estimator, estimator.max_iter) as progress:
        for step in progress:
            order = rng.permutation(learnt)
            loss = _descend(network, optimizer, batches, targets, order, estimator.batch_size)
            course.losses.append(_require_finite(loss, estimator))
            if len(held):
                loss = _validate(network, batches, targets, held, estimator.batch_size)
                course.validation_losses.append(_require_finite(loss, estimator))
            if not len(held) or loss < best - estimator.tol:
                best, best_step = loss, step
                if len(held):
                    course = course._replace(weights=state_to_arrays(network))
            progress.report(dict, loss=loss)
            if step - best_step >= estimator.n_iter_no_change:
                break
    return course if len(held) else course._replace(weights=state_to_arrays(network))


def predict_batches(
    network: Any, batches: Batches, rows: NDArray[np.intp], batch_size: int
) -> Iterator[NDArray[np.float64]]:
    """Yield the outputs for some clips, batch by batch."""
    network.eval()
    with batches.torch.no_grad():
        for start in range(0, len(rows), batch_size):
            part = rows[start : start + batch_size]
            # A full batch each time: sums of another number of rows round otherwise, and a clip's
            # output would depend on those beside it.
            clips = batches(part)
            whole = clips[np.resize(np.arange(len(part)), batch_size)]
            yield network(whole)[: len(part)].cpu().numpy().astype(np.float64)


def _descend(
    network: Any,
    optimizer: Any,
    batches: Batches,
    targets: NDArray[np.float64],
    order: NDArray[np.intp],
    batch_size: int,
) -> float:
    """Go through the clips once; return the mean loss on the way."""
    network.train()
    total = 0.0
    for start in range(0, len(order), batch_size):
        # In the order of the file, which a disk reads faster.
        rows = np.sort(order[start : start + batch_size])
        optimizer.zero_grad()
        loss = (network(batches(rows)) - batches.put(targets[rows])).square().mean()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(rows)
    return total / len(order)


def _validate(
    network: Any,
    batches: Batches,
    targets: NDArray[np.float64],
    rows: NDArray[np.intp],
    batch_size: int,
) -> float:
    outputs = np.concatenate(list(predict_batches(network, batches, rows, batch_size)))
    return float(np.mean((outputs - targets[rows]) ** 2))


def _require_finite(loss: float, estimator: Any) -> float:
    if not np.isfinite(loss):
        raise ValueError(
            f"The loss is {loss} with learning_rate={estimator.learning_rate}: lower it."
        )
    return loss
