"""What the networks share: devices, threads, seeds, and weights as plain arrays.

- ``resolve_device(torch, device)``: the ``torch.device`` of ``"auto"``, ``"cpu"``, ``"cuda"``, …
- ``with hold_torch(torch, device=…, seed=…, n_jobs=…):`` run a block with its own random numbers
  and its own number of threads; the caller's are as before when it ends.
- ``state_to_arrays(module)``: a module's weights as a dict of NumPy arrays, which is what a fitted
  estimator keeps.
- ``arrays_to_state(torch, module, arrays)``: put them back, and return the module.

All take the module ``torch`` as an argument, as :func:`~sklearn_recsys._optional.require` returns
it in ``fit``: importing this file loads nothing.
"""
# SPDX-License-Identifier: BSD-3-Clause

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from sklearn_recsys._kernels import count_threads

__all__ = ["arrays_to_state", "hold_torch", "resolve_device", "state_to_arrays"]


def resolve_device(torch: Any, device: str) -> Any:
    """Return the device that a name stands for.

    Parameters
    ----------
    torch : module
        PyTorch.
    device : str
        ``"auto"`` takes the first GPU of CUDA where there is one and else the CPU; other names
        are PyTorch's: ``"cpu"``, ``"cuda"``, ``"cuda:1"``.

    Returns
    -------
    torch.device
        One that is there.

    Raises
    ------
    ValueError
        If the name is none of these, or this computer has no such device.
    """
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if device.partition(":")[0] not in {"cpu", "cuda"}:
        raise ValueError(f"device must be 'auto', 'cpu', 'cuda' or 'cuda:1', got {device!r}.")
    try:
        chosen = torch.device(device)
        # A GPU that is not there fails only when something is put on it.
        torch.empty(1, device=chosen)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).partition("\n")[0]
        raise ValueError(
            f"device={device!r} cannot be used on this computer ({reason}). Pass 'auto' to take "
            "a GPU where there is one, or 'cpu'."
        ) from error
    return chosen


@contextlib.contextmanager
def hold_torch(torch: Any, *, device: Any, seed: int, n_jobs: int | None) -> Iterator[None]:
    """Run a block with random numbers and threads of its own.

    Parameters
    ----------
    torch : module
        PyTorch.
    device : torch.device
        Where the block computes: its random numbers are seeded and restored, too.
    seed : int
        Seed of PyTorch's random numbers within the block, 0 to 2**63 - 1. Initial weights and
        dropout draw from the global generator and take no other.
    n_jobs : int or None
        Threads of the CPU: None means 1 unless a ``joblib.parallel_config`` says otherwise.

    Yields
    ------
    None
        The block runs; on the way out the number of threads and the state of the random numbers
        are what they were.
    """
    n_before = torch.get_num_threads()
    # Without its argument fork_rng saves the state of, and so initialises, every GPU there is.
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        try:
            torch.set_num_threads(count_threads(n_jobs))
            # torch.manual_seed would seed every GPU, and those that are not saved stay seeded.
            torch.default_generator.manual_seed(seed)
            if device.type == "cuda":
                with torch.cuda.device(device):
                    torch.cuda.manual_seed(seed)
            # cuDNN's fastest convolutions add in no fixed order.
            with torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True):
                yield
        finally:
            torch.set_num_threads(n_before)


def state_to_arrays(module: Any) -> dict[str, np.ndarray]:
    """Return a module's parameters and buffers as NumPy arrays.

    Parameters
    ----------
    module : torch.nn.Module
        On any device.

    Returns
    -------
    dict of str to ndarray
        Copies, under the names of the module's ``state_dict``.
    """
    state = module.state_dict()
    return {name: np.array(tensor.detach().cpu().numpy()) for name, tensor in state.items()}


def arrays_to_state(torch: Any, module: Any, arrays: dict[str, np.ndarray]) -> Any:
    """Give a module the weights that `state_to_arrays` returned.

    Parameters
    ----------
    torch : module
        PyTorch.
    module : torch.nn.Module
        Of the same sizes; it is changed.
    arrays : dict of str to ndarray
        Left as they are; read-only and memory-mapped ones will do.

    Returns
    -------
    torch.nn.Module
        The same module.

    Raises
    ------
    RuntimeError
        If a name or a shape is not the module's.
    """
    # Copies: PyTorch warns of read-only arrays, and would write into the estimator's.
    state = {name: torch.from_numpy(np.array(array)) for name, array in arrays.items()}
    module.load_state_dict(state)
    return module
