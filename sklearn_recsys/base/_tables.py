"""Build the tables of ids that are returned."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd

from sklearn_recsys._kernels import places_in_runs
from sklearn_recsys.base._ranking import Triplets
from sklearn_recsys.interactions._ids import IdIndex

__all__ = ["as_neighbors", "as_recommendations"]


def as_recommendations(
    ranked: Triplets, users: np.ndarray, items: np.ndarray, names: tuple[str, str]
) -> pd.DataFrame:
    """Return ranked (user, item, score) triplets as a table of ids with ranks."""
    places, cols, scores = ranked
    if (places[1:] < places[:-1]).any():
        order = np.argsort(places, kind="stable")  # each user's rows are in rank order already
        places, cols, scores = places[order], cols[order], scores[order]
    return pd.DataFrame(
        {
            names[0]: users[places],
            names[1]: items[cols],
            "score": scores.astype(np.float32, copy=False),
            "rank": places_in_runs(places) + 1,
        }
    )


def as_neighbors(ranked: Triplets, codes: np.ndarray, index: IdIndex, name: str) -> pd.DataFrame:
    """Return ranked (place in codes, neighbour, score) triplets as a table of ids with ranks."""
    return as_recommendations(ranked, index.ids[codes], index.ids, (name, f"similar_{name}"))
