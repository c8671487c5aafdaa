"""Networks leave the caller's threads and random numbers alone, and their weights are arrays."""
# SPDX-License-Identifier: BSD-3-Clause

import contextlib

import numpy as np
import pytest

from sklearn_recsys.neural_network._torch import (
    arrays_to_state,
    hold_torch,
    resolve_device,
    state_to_arrays,
)

torch = pytest.importorskip("torch", reason="needs the extra 'neural'")
CPU = torch.device("cpu")


@pytest.fixture
def two_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def test_a_block_draws_the_numbers_of_its_seed_and_leaves_the_callers():
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)

    drawn = []
    for seed in (5, 5, 6):
        with hold_torch(torch, device=CPU, seed=seed, n_jobs=1):
            drawn.append(torch.rand(2).tolist())

    assert drawn[0] == drawn[1] != drawn[2]
    assert torch.equal(torch.rand(3), expected)


def test_a_block_on_the_cpu_leaves_the_random_numbers_of_gpus_alone(monkeypatch):
    def seed(number):
        pytest.fail("a GPU was seeded")

    for name in ("manual_seed", "manual_seed_all"):
        monkeypatch.setattr(torch.cuda, name, seed)

    with hold_torch(torch, device=CPU, seed=5, n_jobs=1):
        drawn = torch.rand(2)

    assert torch.equal(drawn, torch.rand(2, generator=torch.Generator().manual_seed(5)))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("name", ["cpu", "cuda"])
def test_the_callers_random_numbers_on_a_gpu_are_as_before(name):
    torch.cuda.manual_seed_all(1)
    expected = torch.rand(3, device="cuda")
    torch.cuda.manual_seed_all(1)

    drawn = []
    for _ in range(2):
        with hold_torch(torch, device=torch.device(name), seed=5, n_jobs=1):
            drawn.append(torch.rand(3, device=name).tolist())

    assert drawn[0] == drawn[1]
    assert torch.equal(torch.rand(3, device="cuda"), expected)


def test_a_block_runs_on_its_threads_and_gives_the_callers_back(two_threads):
    with hold_torch(torch, device=CPU, seed=0, n_jobs=None):
        assert torch.get_num_threads() == 1

    assert torch.get_num_threads() == 2


def test_a_block_that_fails_gives_threads_and_random_numbers_back(two_threads):
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)

    with contextlib.suppress(KeyboardInterrupt), hold_torch(torch, device=CPU, seed=0, n_jobs=1):
        torch.rand(1)
        raise KeyboardInterrupt

    assert torch.get_num_threads() == 2
    assert torch.equal(torch.rand(3), expected)


def test_weights_go_into_arrays_and_back():
    first, second = torch.nn.Linear(3, 2), torch.nn.Linear(3, 2)
    arrays = state_to_arrays(first)
    for array in arrays.values():
        array.flags.writeable = False

    restored = arrays_to_state(torch, second, arrays)

    assert restored is second
    assert torch.equal(second.weight, first.weight)
    assert {type(array) for array in arrays.values()} == {np.ndarray}
    with torch.no_grad():
        second.weight.zero_()
    assert np.array_equal(arrays["weight"], first.weight.detach().numpy())


def test_the_arrays_are_copies_of_the_weights():
    module = torch.nn.Linear(3, 2)
    arrays = state_to_arrays(module)
    before = arrays["bias"].copy()

    with torch.no_grad():
        module.bias += 1

    assert np.array_equal(arrays["bias"], before)


def test_weights_of_another_network_are_refused():
    with pytest.raises(RuntimeError, match="size mismatch"):
        arrays_to_state(torch, torch.nn.Linear(3, 2), state_to_arrays(torch.nn.Linear(4, 2)))


def test_auto_takes_a_device_that_is_there():
    torch.empty(1, device=resolve_device(torch, "auto"))


def test_the_cpu_is_a_device():
    assert resolve_device(torch, "cpu") == CPU


def test_a_device_that_is_not_there_is_an_error_that_names_what_to_pass():
    with pytest.raises(ValueError, match=r"device='cuda:99' cannot be used .* Pass 'auto'"):
        resolve_device(torch, "cuda:99")


@pytest.mark.parametrize("name", ["gpu", "", "meta"])
def test_a_device_that_is_none_is_an_error_that_lists_those_there_are(name):
    with pytest.raises(ValueError, match=f"device must be 'auto', 'cpu'.*, got '{name}'"):
        resolve_device(torch, name)
