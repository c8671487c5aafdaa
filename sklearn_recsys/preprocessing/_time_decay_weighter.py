"""Let old interactions count less."""
# SPDX-License-Identifier: BSD-3-Clause

from datetime import timedelta
from numbers import Real
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from sklearn_recsys.interactions._times import read_times
from sklearn_recsys.interactions._validation import InteractionColumns
from sklearn_recsys.preprocessing._weighter import BaseWeighter

__all__ = ["TimeDecayWeighter"]

_MICROSECOND = pd.Timedelta(1, "us")


class TimeDecayWeighter(BaseWeighter):
    r"""Halve the value of an interaction for every half-life that has passed since.

    Without it a play of ten years ago says as much as one of today. Choose it where tastes or the
    catalogue move on, and find the half-life with a ``TemporalSplit``: a split at random rewards
    remembering the past. It is for models of implicit feedback. A model of ratings would read the
    decayed value as a lower rating: give it the decay as ``sample_weight`` instead. O(rows) in
    time and memory.

    Parameters
    ----------
    half_life : float, str, timedelta, pandas.Timedelta or numpy.timedelta64
        Age, above 0, at which an interaction counts half. For a time column of numbers a number in
        its unit (``30 * 86400`` is 30 days in seconds); for one of datetimes a duration such as
        ``"30D"``. Higher values forget more slowly.
    now : float, datetime-like, str or None, default=None
        The time from which age is counted, a number or a datetime as the time column is; None
        takes the latest time given to ``fit``. A later one makes all weights smaller alike.

    Attributes
    ----------
    now_ : float or pandas.Timestamp
        The time from which age is counted; without a time zone it is in UTC.
    n_features_in_ : int
        Number of columns of the table seen in ``fit``.
    feature_names_in_ : ndarray of shape (n_features_in_,), dtype object
        Names of these columns, if all are text.

    Raises
    ------
    TypeError
        If `half_life` or `now` is a number and the times are datetimes, or the other way round:
        the message says what to pass. If `X` is sparse: convert it with
        ``interactions_from_matrix``.
    ValueError
        If `half_life` is not above 0, if there is no time column (the fourth), or a time, an id or
        a value is missing or infinite: drop these rows. If ``transform`` gets another number of
        columns than ``fit``, so a ``history=`` needs times too.

    See Also
    --------
    ConfidenceWeighter : Looks at the value alone.
    sklearn_recsys.model_selection.TemporalSplit : Train before a point in time, test after it.

    Notes
    -----
    With the value v and the time t of an interaction, the half-life h and the time `now_`, the
    weight is

    .. math:: w = v \cdot 2^{-\max(0,\; \mathrm{now} - t) / h} .

    An interaction later than `now_`, as held-out rows and new histories are, keeps its value: the
    reference stays where ``fit`` put it, so that no row's weight depends on what is held out.
    Zeros and signs are kept; a positive weight never becomes zero, however old. Times with a zone
    are read as UTC, those without one as they are. To decay and weigh otherwise, chain the two:
    after the decay a value is no longer a count, so a ``ConfidenceWeighter("log")`` stands best
    before it.

    There is no default, since the best half-life depends on the data. On MovieLens-100K, 30 days
    were a little better than no decay, and a few days much worse (user guide, "Preprocessing").

    References
    ----------
    Y. Ding, X. Li, Time Weight Collaborative Filtering, CIKM 2005, section 4 (exponential decay
    by half-life).

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn_recsys.preprocessing import TimeDecayWeighter
    >>> plays = pd.DataFrame(
    ...     [["ann", "Undo", 8.0, "2024-01-01"], ["ann", "Bad", 8.0, "2024-01-31"],
    ...      ["bob", "Bad", 4.0, "2024-03-01"]],
    ...     columns=["user", "song", "plays", "day"],
    ... ).astype({"day": "datetime64[s]"})
    >>> TimeDecayWeighter("30D").fit_transform(plays)
      user  song  plays        day
    0  ann  Undo    2.0 2024-01-01
    1  ann   Bad    4.0 2024-01-31
    2  bob   Bad    4.0 2024-03-01
    """

    # Of several types, one of which NumPy takes for an integer: _as_duration checks them.
    _parameter_constraints: ClassVar[dict] = {
        "half_life": "no_validation",
        "now": "no_validation",
    }

    def __init__(self, half_life: Any, *, now: Any = None) -> None:
        self.half_life = half_life
        self.now = now

    def _learn(self, X: Any, columns: InteractionColumns) -> None:
        times = self._read_times(X)
        if self.now is None:
            latest = times.max()
            self.now_ = pd.Timestamp(latest) if times.dtype.kind == "M" else float(latest)
        else:
            self.now_ = _as_time(self.now, datetimes=times.dtype.kind == "M")

    def _weigh(self, X: Any, columns: InteractionColumns) -> np.ndarray:
        times, half_life = self._read_times(X), _as_duration(self.half_life)
        if isinstance(half_life, pd.Timedelta):
            times, half_life = _as_microseconds(times), half_life / _MICROSECOND
            now = _as_microseconds(np.datetime64(self.now_))
        else:
            now = self.now_
        # An age beyond the largest float, or so many half-lives, is as good as infinite.
        with np.errstate(over="ignore"):
            age = np.maximum(now - times.astype(np.float64), 0.0)
            return columns.values * np.exp2(-age / half_life)

    def _read_times(self, X: Any) -> np.ndarray:
        """Return the times if they are such as the half-life can be compared with."""
        times = read_times(X)
        datetimes = times.dtype.kind == "M"
        duration = _as_duration(self.half_life)
        if datetimes == isinstance(duration, float):
            raise TypeError(
                f"half_life={self.half_life!r} is a number, but the time column (the fourth) of X "
                'holds datetimes: pass a duration such as "30D" or pandas.Timedelta(days=30).'
                if datetimes
                else f"half_life={self.half_life!r} is a duration, but the time column (the "
                "fourth) of X holds numbers: pass a number in their unit, such as 30 * 86400 for "
                "30 days in seconds, or convert the column with pandas.to_datetime."
            )
        if not datetimes and not np.isfinite(times.astype(np.float64)).all():
            raise ValueError(
                "Input X contains infinity: the time column (the fourth) must hold finite "
                "numbers. Drop such rows first."
            )
        return times


def _as_microseconds(times: Any) -> Any:
    # Nanoseconds would limit the years to 1678 to 2262.
    return times.astype("datetime64[us]").astype(np.int64)


def _as_duration(half_life: Any) -> float | pd.Timedelta:
    """Return a half-life as a positive float, or as a Timedelta."""
    duration: float | pd.Timedelta
    if isinstance(half_life, str | timedelta | np.timedelta64):
        duration = _as_timedelta(half_life)
        positive = duration > pd.Timedelta(0)
    elif isinstance(half_life, Real):
        duration = float(half_life)
        positive = 0 < duration < np.inf
    else:
        raise TypeError(
            'half_life must be a positive number or a duration, such as 86400.0, "30D" or '
            f"pandas.Timedelta(days=30), got {half_life!r}."
        )
    if not positive:
        raise ValueError(f"half_life must be above 0 and finite, got {half_life!r}.")
    return duration


def _as_timedelta(duration: Any) -> pd.Timedelta:
    # pandas takes "30" for 30 nanoseconds.
    if isinstance(duration, str) and _is_number(duration):
        raise ValueError(
            f"half_life={duration!r} has no unit: pass a number for a time column of numbers, or "
            f'name the unit, as in "{duration.strip()}D", for one of datetimes.'
        )
    try:
        return pd.Timedelta(duration)
    except ValueError as error:
        raise ValueError(
            f'half_life={duration!r} is no duration such as "30D" or "12h": '
            f"{str(error).rstrip('.')}."
        ) from error


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _as_time(now: Any, *, datetimes: bool) -> float | pd.Timestamp:
    """Return the parameter `now` as the kind of time that the table holds."""
    if isinstance(now, Real) == datetimes:
        kinds = ("datetimes", "such a time") if datetimes else ("numbers", "a number")
        raise TypeError(
            f"now={now!r} is not of the kind of the time column (the fourth) of X, which holds "
            f"{kinds[0]}: pass {kinds[1]}, or None for the latest time of fit."
        )
    if not datetimes:
        return _finite(float(now), now)
    try:
        time = pd.Timestamp(now)
    except (TypeError, ValueError) as error:
        raise ValueError(f"now={now!r} is no datetime: {str(error).rstrip('.')}.") from error
    # As the times of the table: in UTC, without a zone.
    return _finite(time if time.tz is None else time.tz_convert(None), now)


def _finite(time: Any, now: Any) -> Any:
    if pd.isna(time) or time in (np.inf, -np.inf):
        raise ValueError(f"now must be a finite number or a datetime, got {now!r}.")
    return time
