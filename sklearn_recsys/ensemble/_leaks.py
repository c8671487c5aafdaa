"""Find members that have learned from what is held out to judge them."""
# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy import sparse

from sklearn_recsys._warning import warn_caller
from sklearn_recsys.ensemble._source import asked
from sklearn_recsys.exceptions import DataWarning
from sklearn_recsys.interactions._validation import Interactions

__all__ = ["warn_of_leaks"]


def warn_of_leaks(
    members: dict[str, Any],
    interactions: Interactions,
    held_out: sparse.csr_array,
    users: np.ndarray,
    *,
    what: str,
) -> None:
    """Warn of members that were fitted before, to pairs which are held out for others.

    Parameters
    ----------
    members : dict of str to estimator
        Fitted to what is not held out, unless they are frozen.
    interactions : Interactions
        Whose codes are those of `held_out` and `users`.
    held_out : csr_array of shape (n_users, n_items)
    users : ndarray of shape (n_chosen,)
        Codes of the users whose pairs are looked at.
    what : str
        What is learned from these pairs, in the plural.
    """
    wanted = held_out[users]
    ids = interactions.users.ids[users]
    shares = {}
    for name, member in members.items():
        met = (_count_met(model, ids, interactions, wanted) for model in _find_models(member))
        shares[name] = max(met) / wanted.nnz
    leaks = ", ".join(f"{name!r} ({share:.0%})" for name, share in shares.items() if share)
    if leaks:
        warn_caller(
            f"{what} will trust {leaks} too much, since members that are fitted already have "
            "learned from that share of the pairs held out to judge them: give the recommenders "
            "as they are, not frozen.",
            DataWarning,
        )


def _find_models(member: Any) -> Iterator[Any]:
    """Yield the recommender that is asked or, of an ensemble, those of its members."""
    model = asked(member)
    if not hasattr(model, "recommenders_"):
        yield model
        return
    for part in model.recommenders_:
        yield from _find_models(part)


def _count_met(
    model: Any, ids: np.ndarray, interactions: Interactions, wanted: sparse.csr_array
) -> int:
    """Return how many of some users' pairs a model has among its interactions."""
    rows = model._user_index.encode(ids)
    places = np.flatnonzero(rows >= 0)
    own = model.interactions_[rows[places]]
    n_items = wanted.shape[1]
    cols = interactions.items.encode(model.items_).astype(np.int64)[own.indices]
    keys = np.repeat(places, np.diff(own.indptr)) * n_items + cols
    pairs = np.repeat(np.arange(len(ids)), np.diff(wanted.indptr)) * n_items + wanted.indices
    # An item that only the model knows would be taken for the last of the user before.
    return int(np.isin(pairs, keys[cols >= 0]).sum())
