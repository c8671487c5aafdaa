"""The convolutional network over the frames of a spectrogram."""
# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Sequence
from typing import Any

__all__ = ["build_network"]

# Under the root of a mean of squares, whose slope at zero would be infinite.
_EPS = 1e-8


def build_network(
    torch: Any,
    shape: tuple[int, int],
    n_outputs: int,
    *,
    n_filters: Sequence[int],
    kernel_size: int,
    pool_sizes: Sequence[int],
    hidden_layer_sizes: Sequence[int],
    dropout: float,
) -> Any:
    """Return a network that takes (n, n_frames, n_bins) to (n, n_outputs).

    Parameters
    ----------
    torch : module
        PyTorch.
    shape : tuple of int
        Frames and bins of a spectrogram.
    n_outputs : int
        Width of the targets.
    n_filters : sequence of int
        Filters of each convolution.
    kernel_size : int
        Frames that a filter looks at.
    pool_sizes : sequence of int
        Frames of which the largest is kept, after each convolution but the last.
    hidden_layer_sizes : sequence of int
        Widths of the dense layers.
    dropout : float
        Share of the inputs of each dense layer that is set to zero in training.

    Returns
    -------
    torch.nn.Module
        With random weights.
    """
    nn = torch.nn
    n_frames, width = shape
    layers = [_transpose(torch)]
    for place, n in enumerate(n_filters):
        # Bins are channels: a filter sees all of them, and only moves along time.
        # As many frames come out as went in; PyTorch's own "same" warns of an even kernel.
        ends = ((kernel_size - 1) // 2, kernel_size // 2)
        layers += [nn.ConstantPad1d(ends, 0.0), nn.Conv1d(width, n, kernel_size), nn.ReLU()]
        # A short clip is pooled until one frame is left.
        pool = min(pool_sizes[place], n_frames) if place < len(pool_sizes) else 1
        if pool > 1:
            layers.append(nn.MaxPool1d(pool, ceil_mode=True))
            n_frames = -(-n_frames // pool)
        width = n
    layers.append(_global_pooling(torch))
    width *= 3
    for n in hidden_layer_sizes:
        layers += [nn.Dropout(dropout), nn.Linear(width, n), nn.ReLU()]
        width = n
    return nn.Sequential(*layers, nn.Dropout(dropout), nn.Linear(width, n_outputs))


def _transpose(torch: Any) -> Any:
    class Transpose(torch.nn.Module):
        """Put bins before frames, as convolutions want their channels."""

        def forward(self, x):
            return x.transpose(1, 2)

    return Transpose()


def _global_pooling(torch: Any) -> Any:
    class GlobalPooling(torch.nn.Module):
        """Take mean, maximum and root mean square of each filter over time."""

        def forward(self, x):
            root = (x.square().mean(dim=2) + _EPS).sqrt()
            return torch.cat([x.mean(dim=2), x.amax(dim=2), root], dim=1)

    return GlobalPooling()
