"""Each kernel is tested on its compiled form, for each instruction set, and on its twin."""
# SPDX-License-Identifier: BSD-3-Clause

import pytest

from sklearn_recsys import _kernels

try:
    from sklearn_recsys._kernels import _native
except ImportError:
    _native = None

INSTRUCTION_SETS = _native.instruction_sets() if _native else []


@pytest.fixture(params=[*INSTRUCTION_SETS, "numpy"])
def kernels(request):
    """Return the room's functions, switched to one back end for the test."""
    previous = _kernels._backend._chosen
    _kernels.use_backend("numpy" if request.param == "numpy" else "native")
    if request.param != "numpy":
        _native.use_instruction_set(request.param)
    yield _kernels
    if request.param != "numpy":
        _native.use_instruction_set(INSTRUCTION_SETS[0])
    _kernels.use_backend(previous)


@pytest.fixture
def native():
    """Return the compiled module, which refuses what its twins take."""
    if _native is None:
        pytest.skip("installed without compiled kernels")
    return _native
