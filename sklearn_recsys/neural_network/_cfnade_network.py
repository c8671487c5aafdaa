"""Train a CF-NADE in PyTorch, which comes as an argument: importing this file loads nothing."""
# SPDX-License-Identifier: BSD-3-Clause

from typing import Any, NamedTuple

import numpy as np

from sklearn_recsys.neural_network._cfnade_state import NadeWeights

__all__ = ["NadeNetwork", "Split", "ordinal_cost"]

# Standard deviation of the first weights: large enough for hidden units to differ, small enough
# for those of a user with a thousand ratings not to saturate.
_START = 0.05


class Split(NamedTuple):
    """Ratings of some users: those that go in, and those that are to be predicted."""

    input_rows: np.ndarray  # int64, ascending
    input_cols: np.ndarray
    input_levels: np.ndarray
    target_rows: np.ndarray
    target_cols: np.ndarray
    target_levels: np.ndarray
    target_weights: np.ndarray  # float32, what the cost of each counts
    n_rows: int


class NadeNetwork:
    """Hold the weights as tensors, and compute costs that PyTorch can differentiate.

    Parameters
    ----------
    torch : module
        PyTorch.
    log_odds : ndarray of shape (n_items, n_levels)
        Biases to start from: the logarithm of each level's share over that of the level before.
    n_components : int
        Hidden units.
    n_factors : int or None
        Length of the items' vectors, if it is another one.
    activation : {"tanh", "relu"}
    ordinal_weight : float
        Share of the ordinal cost.
    device : torch.device
    """

    def __init__(
        self, torch, log_odds, *, n_components, n_factors, activation, ordinal_weight, device
    ):
        self._torch, self._device = torch, device
        self._activate = {"tanh": torch.tanh, "relu": torch.relu}[activation]
        self._ordinal_weight = ordinal_weight
        n_items, n_levels = log_odds.shape
        k = n_components if n_factors is None else n_factors
        self.shape = n_items, n_levels, k
        # Each is laid out as it is looked up: rows of levels and items, and rows of items.
        self.input_factors = self._draw(n_levels, n_items * k)
        self.output_factors = self._draw(n_items, n_levels * k)
        self.hidden_biases = torch.zeros(n_components, device=device, requires_grad=True)
        start = torch.as_tensor(log_odds, dtype=torch.float32, device=device)
        self.output_biases = start.clone().requires_grad_()
        self.input_projection = self.output_projection = None
        if n_factors is not None:
            # Of length 1 on average: the projected vectors are as large as if they were drawn so.
            self.input_projection = self._draw(k, n_components, scale=k**-0.5)
            self.output_projection = self._draw(n_components, k, scale=n_components**-0.5)

    def _draw(self, *shape: int, scale: float = _START) -> Any:
        # Drawn on the CPU: a seed gives the same start on every device.
        drawn = scale * self._torch.randn(*shape)
        return drawn.to(self._device).requires_grad_()

    @property
    def weights(self) -> list[Any]:
        """Return what weight decay shrinks."""
        projections = self.input_projection, self.output_projection
        factors = [self.input_factors, self.output_factors]
        return factors + [tensor for tensor in projections if tensor is not None]

    @property
    def biases(self) -> list[Any]:
        """Return what it leaves alone."""
        return [self.hidden_biases, self.output_biases]

    def cost(self, split: Split) -> Any:
        """Return the weighted sum of the costs of the targets, given the inputs."""
        scores = self.weigh_targets(self._hide(split), split)
        levels = self._move(split.target_levels)
        costs = self._mix_costs(scores, levels)
        return (costs * self._move(split.target_weights)).sum()

    def _mix_costs(self, scores: Any, levels: Any) -> Any:
        share, cost = self._ordinal_weight, 0.0
        if share > 0:
            cost = share * ordinal_cost(self._torch, scores, levels)
        if share < 1:
            nll = self._torch.nn.functional.cross_entropy(scores, levels, reduction="none")
            cost = cost + (1 - share) * nll
        return cost

    def _hide(self, split: Split) -> Any:
        """Return the hidden units (n_rows, n_components): g(c + sum_j W^{r_j})."""
        n_items, n_levels, k = self.shape
        counts = np.bincount(split.input_rows, minlength=split.n_rows)
        offsets = np.cumsum(counts) - counts
        # A rating carries its own level and all below it.
        table = self._add_below(self.input_factors).view(n_levels * n_items, k)
        codes = self._move(split.input_levels * n_items + split.input_cols)
        added = self._torch.nn.functional.embedding_bag(
            codes, table, self._move(offsets), mode="sum"
        )
        if self.input_projection is not None:
            added = added @ self.input_projection
        return self._activate(added + self.hidden_biases)

    def weigh_targets(self, hidden: Any, split: Split) -> Any:
        """Return the scores (n_targets, n_levels) of the levels of the targets."""
        # Looked up as embeddings: their gradient is summed in one order, whatever the threads.
        embedding = self._torch.nn.functional.embedding
        states = hidden if self.output_projection is None else hidden @ self.output_projection
        states = embedding(self._move(split.target_rows), states)
        cols = self._move(split.target_cols)
        factors = embedding(cols, self.output_factors).view(len(cols), *self.shape[1:])
        # A product of small matrices for each target, and its gradient, would take twice as long.
        scores = (factors * states[:, None]).sum(2) + embedding(cols, self.output_biases)
        return scores.cumsum(1)

    def _add_below(self, factors: Any) -> Any:
        """Return rows of levels with those of all lower levels added."""
        # A product of matrices takes half the time of cumsum and its gradient.
        ones = self._torch.ones(len(factors), len(factors), device=self._device)
        return ones.tril() @ factors

    def _move(self, array: np.ndarray) -> Any:
        return self._torch.from_numpy(np.ascontiguousarray(array)).to(self._device)

    def to_arrays(self) -> NadeWeights:
        """Return the weights as NumPy arrays, level by level, summed up over lower levels."""
        n_items, n_levels, k = self.shape
        projections = self.input_projection, self.output_projection
        outputs = self.output_factors.view(n_items, n_levels, k).cumsum(1)
        return NadeWeights(
            _as_array(self._add_below(self.input_factors).view(n_levels, n_items, k)),
            _as_array(self.hidden_biases),
            _as_array(outputs.transpose(0, 1)),
            _as_array(self.output_biases.cumsum(1).T),
            *(None if part is None else _as_array(part) for part in projections),
        )


def ordinal_cost(torch: Any, scores: Any, levels: Any) -> Any:
    """Return -log of the probability of the ranking that each level implies.

    Given level k of n, it is preferred to k - 1, that to k - 2 and so on down to 1, and it is
    preferred to k + 1, that to k + 2 and so on up to n. Each is drawn from those that are left
    on its side.

    Parameters
    ----------
    torch : module
        PyTorch.
    scores : tensor of shape (n, n_levels)
    levels : tensor of shape (n,), dtype int64

    Returns
    -------
    tensor of shape (n,)
    """
    below = torch.logcumsumexp(scores, 1) - scores
    above = torch.logcumsumexp(scores.flip(1), 1).flip(1) - scores
    codes = torch.arange(scores.shape[1], device=scores.device)
    counts_below = codes <= levels[:, None]
    counts_above = codes >= levels[:, None]
    return (below * counts_below + above * counts_above).sum(1)


def _as_array(tensor: Any) -> np.ndarray:
    return np.array(tensor.detach().cpu().numpy(), order="C")
