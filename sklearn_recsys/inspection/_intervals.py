"""Tell how far a mean over users would move if other users had been asked."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
from numpy.typing import NDArray

from sklearn_recsys.model_selection._intervals import bootstrap_intervals

__all__ = ["check_confidence_level", "intervals_over_users", "mean_of_defined"]

# The ends of an interval move by some 2 % of its width from seed to seed.
_N_RESAMPLES = 1999


def intervals_over_users(
    per_user: NDArray[np.float64], *, confidence_level: float
) -> NDArray[np.float64]:
    """Return the bootstrap intervals of the means of columns, of shape (n_columns, 2)."""
    check_confidence_level(confidence_level)
    return bootstrap_intervals(
        np.asarray(per_user, dtype=np.float64),
        confidence_level=confidence_level,
        n_resamples=_N_RESAMPLES,
        random_state=0,
    ).T


def mean_of_defined(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the means over users of what is not NaN; NaN where nothing is."""
    counts = (~np.isnan(values)).sum(axis=0)
    sums = np.nansum(values, axis=0)
    return np.divide(sums, counts, out=np.full(np.shape(sums), np.nan), where=counts > 0)


def check_confidence_level(confidence_level: float) -> None:
    """Raise unless a confidence level is a share between 0 and 1."""
    if not 0 < confidence_level < 1:
        raise ValueError(
            f"confidence_level must be a share between 0 and 1, got {confidence_level!r}."
        )
