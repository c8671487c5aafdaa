"""The choice between the compiled kernels and their twins."""
# SPDX-License-Identifier: BSD-3-Clause

import os
import subprocess
import sys

import numpy as np
import pytest

from sklearn_recsys import _kernels
from sklearn_recsys._kernels import _backend, reference
from sklearn_recsys.exceptions import PerformanceWarning


@pytest.fixture
def restored():
    previous = _backend._chosen
    yield
    _kernels.use_backend(previous)


def gram():
    factors, answer = np.eye(8, dtype=np.float32), np.empty((8, 8), np.float32)
    _kernels.factor_gram(factors, answer, n_threads=1)
    return answer


@pytest.mark.usefixtures("restored")
def test_a_back_end_is_used_until_another_is_chosen(native, monkeypatch):
    calls = []
    monkeypatch.setattr(reference, "factor_gram", lambda *args, **kwargs: calls.append(args))

    _kernels.use_backend("numpy")
    gram()
    assert len(calls) == 1
    assert _kernels.backend() == "numpy"

    _kernels.use_backend(None)
    gram()
    assert len(calls) == 1
    assert _kernels.backend() == "native"


@pytest.mark.usefixtures("restored")
def test_an_unknown_back_end_is_refused():
    with pytest.raises(ValueError, match=r"backend must be one of .*'numpy'.*got 'cuda'"):
        _kernels.use_backend("cuda")


@pytest.mark.usefixtures("restored")
def test_without_compiled_kernels_the_first_use_says_so_in_one_sentence(monkeypatch):
    monkeypatch.setattr(_backend, "_native", None)
    monkeypatch.setattr(_backend, "_MODULES", {"numpy": reference})
    monkeypatch.setattr(_backend, "_warned", False)
    _kernels.use_backend(None)

    with pytest.warns(PerformanceWarning, match=r"without its compiled kernels.*g\+\+.*pip"):
        gram()
    gram()  # a second warning would be an error


@pytest.mark.usefixtures("restored")
def test_who_asks_for_numpy_is_not_warned(monkeypatch):
    monkeypatch.setattr(_backend, "_native", None)
    monkeypatch.setattr(_backend, "_warned", False)
    _kernels.use_backend("numpy")

    np.testing.assert_array_equal(gram(), np.eye(8))


def test_every_kernel_has_a_twin_of_the_same_name(native):
    about_itself = {"HAVE_OPENMP", "instruction_set", "instruction_sets", "use_instruction_set"}
    kernels = {name for name in vars(native) if not name.startswith("_")} - about_itself

    assert kernels
    assert kernels <= set(reference.__all__)


def test_an_instruction_set_that_the_processor_lacks_is_refused(native):
    assert native.instruction_set() in native.instruction_sets()
    assert native.instruction_sets()[-1] == "baseline"
    with pytest.raises(ValueError, match="no kernels for sse9"):
        native.use_instruction_set("sse9")


def test_subnormal_numbers_survive_the_import_of_the_compiled_kernels(native):
    # Code linked with -ffast-math sets flush-to-zero for the whole process.
    assert np.float32(1e-40) * np.float32(0.5) > 0


@pytest.mark.skipif(
    "SKLEARN_RECSYS_REQUIRE_NATIVE" not in os.environ,
    reason="SKLEARN_RECSYS_REQUIRE_NATIVE demands compiled kernels; it is not set",
)
def test_where_compiled_kernels_are_demanded_they_are_installed():
    code = "from sklearn_recsys import _kernels; print(_kernels.backend())"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)

    assert answer.stdout.strip() == "native", answer.stderr
