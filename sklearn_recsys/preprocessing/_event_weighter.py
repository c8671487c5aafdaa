"""Turn the names of events into numbers."""
# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Mapping
from numbers import Real
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from sklearn.utils._param_validation import Interval, StrOptions

from sklearn_recsys.interactions._columns import n_columns, take_column
from sklearn_recsys.interactions._ids import list_some
from sklearn_recsys.interactions._validation import InteractionColumns, read_columns
from sklearn_recsys.preprocessing._weighter import BaseWeighter

__all__ = ["EventWeighter"]


class EventWeighter(BaseWeighter):
    r"""Replace a value column of event names by the weight of each kind of event.

    People play, save, share and skip; how much each tells of their taste is for you to say, or
    for a search to find. Choose it for a log with a row for each event: (user, item, event[,
    time]). A recommender adds up the rows of a pair, so that three plays and a save become one
    confidence. O(rows) in time and memory.

    Parameters
    ----------
    weights : dict of str to float
        The weight of each kind of event. Negative: a sign of dislike, which not every model takes.
        Zero: the item was seen and is not recommended again, but is no sign of liking.
    unknown : "raise" or float, default="raise"
        Refuse an event that `weights` does not name, or give it this weight.

    Attributes
    ----------
    n_features_in_ : int
        Number of columns of the table seen in ``fit``.
    feature_names_in_ : ndarray of shape (n_features_in_,), dtype object
        Names of these columns, if all are text.

    Raises
    ------
    TypeError
        If `X` is sparse: it cannot hold names.
    ValueError
        If there is no third column or it does not hold text, an event or an id is missing, or an
        event is unknown (up to five are named): name it in `weights` or pass a number as
        `unknown`. If ``transform`` gets another number of columns than ``fit``.

    See Also
    --------
    ConfidenceWeighter : Turn counts into confidences.
    TimeDecayWeighter : Let old events count less; it may follow this step.

    Notes
    -----
    The row (u, i, e, …) becomes (u, i, w(e), …). In the model the value of a pair is
    :math:`v_{ui} = \sum w(e)` over its rows, of any sign: a play and a skip of equal size leave a
    zero, which still marks the item as seen.

    Names must be text: codes of events that are numbers would be taken for values by a scorer or
    a splitter that reads the same table. Where a row stands for several equal events, pass their
    number as ``sample_weight`` of the recommender, which counts a row of weight k as k rows. Scores
    of a pipeline read held-out events by its transformers, too: those of a positive weight are
    relevant.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn_recsys.interactions import matrix_from_interactions
    >>> from sklearn_recsys.preprocessing import EventWeighter
    >>> log = pd.DataFrame(
    ...     [["ann", "Undo", "play"], ["ann", "Undo", "save"], ["ann", "Bad", "skip"]],
    ...     columns=["user", "song", "event"],
    ... )
    >>> weighted = EventWeighter({"play": 1, "save": 3, "skip": -1}).fit_transform(log)
    >>> weighted
      user  song  event
    0  ann  Undo    1.0
    1  ann  Undo    3.0
    2  ann   Bad   -1.0
    >>> matrix_from_interactions(weighted)[0].toarray()
    array([[-1.,  4.]], dtype=float32)
    """

    _parameter_constraints: ClassVar[dict] = {
        "weights": [Mapping],
        "unknown": [StrOptions({"raise"}), Interval(Real, None, None, closed="neither")],
    }

    def __init__(self, weights: Mapping[str, float], *, unknown: str | float = "raise") -> None:
        self.weights = weights
        self.unknown = unknown

    def _read(self, X: Any) -> InteractionColumns:
        _check_weights(self.weights)
        if n_columns(X) < 3:
            raise ValueError(
                f"X has {n_columns(X)} columns, but the name of an event was expected in the third "
                "(user, item, event[, time])."
            )
        # In the place of y, the weights are checked as any values are.
        return read_columns(X, self._weigh_events(take_column(X, 2)))

    def _weigh(self, X: Any, columns: InteractionColumns) -> np.ndarray:
        return columns.values

    def _weigh_events(self, events: np.ndarray) -> np.ndarray:
        missing = np.flatnonzero(pd.isna(events))
        if len(missing):
            raise ValueError(
                f"Input X contains NaN: the event is missing in {len(missing)} row(s), such as row "
                f"{missing[0]}. Drop these rows, such as by filter_missing, or name the events."
            )
        codes, names = pd.factorize(events)
        others = [name for name in names if not isinstance(name, str)]
        if others:
            raise ValueError(
                "Expected names of events (text) in the third column of X, but found "
                f"{list_some(others)}: map codes to names first. A column of numbers needs no "
                "EventWeighter."
            )
        unknown = [name for name in names if name not in self.weights]
        if unknown and self.unknown == "raise":
            raise ValueError(
                f"The third column of X holds {len(unknown)} event(s) that weights does not name: "
                f"{list_some(unknown)}. Known are {list_some(self.weights)}. Add them to weights, "
                "or pass unknown=0.0 to count them as seen only."
            )
        weights = [float(self.weights.get(name, self.unknown)) for name in names]
        return np.array(weights)[codes]


def _check_weights(weights: Mapping[str, float]) -> None:
    if not weights:
        raise ValueError("weights must name at least one event, got an empty mapping.")
    wrong = {
        name: weight
        for name, weight in weights.items()
        if not (isinstance(name, str) and isinstance(weight, Real) and np.isfinite(weight))
    }
    if wrong:
        raise ValueError(
            "weights must map names of events (text) to finite numbers, but holds "
            f"{list_some(wrong.items())}."
        )
