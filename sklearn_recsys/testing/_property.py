"""Run a property on drawn worlds, the same ones in every run."""
# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable
from typing import Any

import numpy as np

from sklearn_recsys._optional import require
from sklearn_recsys.testing.strategies import st, worlds
from sklearn_recsys.testing.worlds import World, full_world

hypothesis = require("hypothesis", extra="testing")

__all__ = ["holds"]

# Whoever runs the suite runs it often: it proves by many properties, not by many examples each.
_SETTINGS = hypothesis.settings(
    derandomize=True,
    deadline=None,
    database=None,
    print_blob=False,
    report_multiple_bugs=False,
    # Not "explain", which varies each part of a failing world and takes minutes.
    phases=(hypothesis.Phase.explicit, hypothesis.Phase.generate, hypothesis.Phase.shrink),
    suppress_health_check=list(hypothesis.HealthCheck),
)


def holds(
    prop: Callable[[World, np.random.Generator], None],
    drawn: Any = None,
    *,
    first: World | None = None,
    max_examples: int = 6,
) -> None:
    """Assert a property of (world, random generator) on one full world, then on drawn ones."""

    def property_holds(world: World, seed: int) -> None:
        prop(world, np.random.default_rng(seed))

    run = hypothesis.given(world=worlds() if drawn is None else drawn, seed=st.integers(0, 2**16))(
        property_holds
    )
    run = hypothesis.example(world=full_world() if first is None else first, seed=0)(run)
    hypothesis.settings(_SETTINGS, max_examples=max_examples)(run)()
