"""Random numbers for the start of a fit."""
# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np
from sklearn.utils import check_random_state

__all__ = ["make_generator"]


def make_generator(random_state: Any) -> np.random.Generator:
    """Return a generator from one of scikit-learn's kinds of seeds."""
    # A Generator draws float32 in half the time of a RandomState.
    return np.random.default_rng(check_random_state(random_state).randint(np.iinfo(np.int32).max))
