"""A generated film world: the data set that examples and tests run on without a download."""
# SPDX-License-Identifier: BSD-3-Clause

from numbers import Integral, Real

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.utils import Bunch
from sklearn.utils._param_validation import Interval, validate_params

from sklearn_recsys._kernels import starts_of_runs
from sklearn_recsys.datasets._generated._film_world import (
    Films,
    Tastes,
    draw_films,
    draw_tastes,
    draw_users,
)

__all__ = ["make_interactions"]

# People come to the service between the first instant of 2000 and that of 2003.
_OPENING, _CLOSING = 946_684_800, 1_041_379_200
_DAY = 86_400
_YEAR = 365.25 * _DAY
_MAX_SESSIONS = 8
# Users x films that are weighed at once: 16 MB an array.
_BLOCK_CELLS = 2_000_000


@validate_params(
    {
        "n_users": [Interval(Integral, 1, None, closed="left")],
        "n_items": [Interval(Integral, 2, None, closed="left")],
        "n_interactions": [Interval(Integral, 1, None, closed="left")],
        "taste": [Interval(Real, 0, None, closed="left")],
        "random_state": [
            Interval(Integral, 0, None, closed="left"),
            np.random.Generator,
            None,
        ],
    },
    prefer_skip_nested_validation=True,
)
def make_interactions(
    n_users: int = 1000,
    n_items: int = 1200,
    n_interactions: int = 80_000,
    *,
    taste: float = 1.0,
    random_state: int | np.random.Generator | None = 0,
) -> Bunch:
    """Generate film ratings with people, films, genres and times, all of one believable world.

    People are drawn first: their age and sex set which genres they lean to, a personal draw does
    the rest. Films have genres, a year, a quality and a place in a small space of styles that no
    column shows. A person then sees popular films and films to her taste, and rates what she has
    seen. Personalised models therefore beat popularity, collaborative models beat genres, genres
    and ages beat chance, and ratings can be told better than by means. Use it wherever a published
    data set cannot be shipped; conclusions about real people need real data (see
    :func:`load_movielens`). Time is O(n_users · n_items), memory O(n_interactions + n_users +
    n_items).

    Parameters
    ----------
    n_users : int, default=1000
        Number of people, each with at least one rating.
    n_items : int, default=1200
        Number of films in the item table, at least 2. A few of them may have no rating.
    n_interactions : int, default=80_000
        Number of ratings: at least `n_users`, at most half of all (user, film) pairs.
    taste : float, default=1.0
        How strongly her taste decides what a person sees. At 0 only popularity and chance do; the
        larger it is, the better her films can be told from one another.
    random_state : int, numpy.random.Generator or None, default=0
        Seed. The same integer gives the same tables; tested with NumPy 1.26 and 2.4.

    Returns
    -------
    data : sklearn.utils.Bunch
        X : DataFrame of shape (n_interactions, 4)
            `user_id`, `movie_id`, `rating` (1 to 5) and `timestamp` (seconds since 1970), all
            int64, in random order; no pair occurs twice.
        users : DataFrame of shape (n_users, 5)
            `user_id`, `gender`, `age` in years, `occupation` and `zip` (text).
        movies : DataFrame of shape (n_items, 3)
            `movie_id`, `title` with the year, `genre` joined by ``|``.
        items : DataFrame
            The same table as `movies`, under the name that all data sets share: ``data["items"]``.
        DESCR : str
            What the tables hold.

    Raises
    ------
    ValueError
        If a size is too small, `n_interactions` exceeds half of all pairs, or `taste` is negative.

    See Also
    --------
    load_movielens : Real films and ratings, from an archive on disk.

    Notes
    -----
    Person u sees film i with utility

        v_ui = log p_i + hype_ui + taste · (g_u · G_i + w_u · z_i + nostalgia_ui)

    where p_i follows a Zipf-Mandelbrot law, g_u are her leanings to the genres G_i, w_u and z_i
    lie in the space of styles, nostalgia prefers films of her twentieth year and hype new ones.
    Her films are drawn without replacement, each next one with probability proportional to
    exp(v_ui): those with the smallest E_ui · exp(-v_ui) for exponential E_ui [1]_. No film is
    seen before its year. Her rating is 3.5, plus the film's quality, her leniency, her taste for
    the film and chance, rounded.

    References
    ----------
    .. [1] P. Efraimidis and P. Spirakis, "Weighted random sampling with a reservoir",
       Information Processing Letters 97(5), 2006, algorithm A-ES.

    Examples
    --------
    >>> from sklearn_recsys.datasets import make_interactions
    >>> data = make_interactions(n_users=50, n_items=80, n_interactions=600)
    >>> data.X.shape, data.users.shape, data.movies.shape
    ((600, 4), (50, 5), (80, 3))
    >>> list(data.X.columns)
    ['user_id', 'movie_id', 'rating', 'timestamp']
    >>> bool(data.X["movie_id"].isin(data.movies["movie_id"]).all())
    True
    """
    most = n_users * n_items // 2
    if not n_users <= n_interactions <= most:
        raise ValueError(
            f"n_interactions must lie between n_users ({n_users}) and half of all pairs ({most}), "
            f"got {n_interactions}: ask for another number of interactions, users or items."
        )
    rng = np.random.default_rng(random_state)
    users, films = draw_users(rng, n_users), draw_films(rng, n_items)
    tastes = draw_tastes(rng, users, films)
    sessions = _draw_sessions(rng, n_users)
    counts = _draw_counts(rng, n_interactions, sessions, films)
    rows, cols = _choose(rng, counts, sessions, films, tastes, taste)
    X = pd.DataFrame(
        {
            "user_id": users["user_id"].to_numpy()[rows],
            "movie_id": films.table["movie_id"].to_numpy()[cols],
            "rating": _rate(rng, rows, cols, films, tastes),
            "timestamp": _time(rng, rows, sessions, films.release[cols]),
        }
    )
    # In random order, so that plain KFold on rows keeps most users and films in training.
    X = X.iloc[np.argsort(rng.random(len(X)), kind="stable")].reset_index(drop=True)
    movies, descr = films.table, _describe(X, users, films.table)
    return Bunch(X=X, users=users, movies=movies, items=movies, DESCR=descr)


def _draw_sessions(rng: np.random.Generator, n_users: int) -> NDArray[np.int64]:
    """Return when each person sat down to rate, ascending; the first time may stand repeatedly."""
    start = _OPENING + rng.random(n_users) * (_CLOSING - _OPENING - 30 * _DAY)
    end = np.minimum(start + rng.standard_exponential(n_users) * 120 * _DAY, _CLOSING - _DAY)
    # Most have one to three sessions, and most of their ratings fall into the first.
    n_later = np.minimum(rng.standard_exponential(n_users) * 2, _MAX_SESSIONS - 1).astype(np.int64)
    share = np.where(
        np.arange(_MAX_SESSIONS) < n_later[:, None], rng.random((n_users, _MAX_SESSIONS)), 0.0
    )
    share = np.sort(share, axis=1)
    return (start[:, None] + share * (end - start)[:, None]).astype(np.int64)


def _draw_counts(
    rng: np.random.Generator, total: int, sessions: NDArray[np.int64], films: Films
) -> NDArray[np.int64]:
    """Return how many films each person rates: skewed, within what she can have seen."""
    n_users, n_items = len(sessions), len(films.release)
    released = np.searchsorted(np.sort(films.release), sessions[:, -1], side="right")
    mean = total / n_users
    most = np.minimum(released, int(np.ceil(max(1.5 * mean, 0.4 * n_items))))
    weights = np.exp(rng.standard_normal(n_users))
    counts = np.full(n_users, max(1, int(mean / 4)))
    while (left := total - counts.sum()) > 0:
        open_ = counts < most
        share = np.where(open_, weights, 0.0) / weights[open_].sum() * left
        grown = np.minimum(counts + np.floor(share).astype(np.int64), most)
        if (grown == counts).all():
            # Less than one each is left: the most active take it.
            grown[np.argsort(-share, kind="stable")[: min(left, open_.sum())]] += 1
        counts = grown
    return counts


def _choose(
    rng: np.random.Generator,
    counts: NDArray[np.int64],
    sessions: NDArray[np.int64],
    films: Films,
    tastes: Tastes,
    strength: float,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the row and column codes of the films seen, sorted by row, best first."""
    n_items, last = len(films.release), sessions[:, -1]
    # Hype halves in eight months; a product, exp(-t_user) · exp(t_film), as far as both matter.
    hype_users = 1.2 * np.exp(-(last - _OPENING) / _YEAR)
    hype_items = np.exp((films.release - _OPENING) / _YEAR)
    block = max(1, _BLOCK_CELLS // n_items)
    cols = []
    for start in range(0, len(counts), block):
        of = slice(start, start + block)
        utility = strength * (tastes.of_users[of] @ tastes.of_items.T)
        utility += films.log_popularity + hype_users[of, None] * hype_items
        # The logarithm of E · exp(-v) (algorithm A-ES); films still to come never win.
        key = np.log(rng.standard_exponential(utility.shape)) - utility
        key[films.release > last[of, None]] = np.inf
        most = counts[of].max()
        ahead = np.argpartition(key, most - 1, axis=1)[:, :most]
        order = np.argsort(np.take_along_axis(key, ahead, axis=1), axis=1, kind="stable")
        ranked = np.take_along_axis(ahead, order, axis=1)
        cols.append(ranked[np.arange(most) < counts[of, None]])
    return np.repeat(np.arange(len(counts)), counts), np.concatenate(cols)


def _rate(
    rng: np.random.Generator,
    rows: NDArray[np.int64],
    cols: NDArray[np.int64],
    films: Films,
    tastes: Tastes,
) -> NDArray[np.int64]:
    liking = np.einsum("ij,ij->i", tastes.of_users[rows], tastes.of_items[cols])
    liking -= liking.mean()
    spread = liking.std()
    # A world of one film a user can leave nothing to compare.
    liking /= spread if spread > 0 else 1.0
    leniency = rng.standard_normal(len(tastes.of_users))
    rating = 3.5 + 0.35 * films.quality[cols] + 0.35 * leniency[rows] + 0.8 * liking
    rating += 0.55 * rng.standard_normal(len(rows))
    return np.clip(np.rint(rating), 1, 5).astype(np.int64)


def _time(
    rng: np.random.Generator,
    rows: NDArray[np.int64],
    sessions: NDArray[np.int64],
    release: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Return when each film was rated: in a session after its release, a few seconds apart."""
    too_early = (sessions[rows] < release[:, None]).sum(axis=1)
    chosen = too_early + rng.random(len(rows)) * (_MAX_SESSIONS - too_early)
    begin = sessions[rows, chosen.astype(np.int64)]
    order = np.lexsort((rng.random(len(rows)), begin, rows))
    gaps = 3 + (rng.standard_exponential(len(rows)) * 25).astype(np.int64)
    elapsed = np.cumsum(gaps)
    first = np.flatnonzero(starts_of_runs(rows[order]) | starts_of_runs(begin[order]))
    before = np.repeat(elapsed[first], np.diff(np.append(first, len(rows))))
    timestamp = np.empty(len(rows), dtype=np.int64)
    timestamp[order] = begin[order] + elapsed - before
    return timestamp


def _describe(X: pd.DataFrame, users: pd.DataFrame, items: pd.DataFrame) -> str:
    density = len(X) / (len(users) * len(items))
    return f"""Generated film ratings

{len(X)} ratings of {len(items)} films by {len(users)} people ({density:.1%} of all pairs), drawn at
random by sklearn_recsys.datasets.make_interactions; people, films and ratings are invented.

X      user_id, movie_id, rating (1 to 5), timestamp (seconds since 1970), in random order
users  user_id, gender, age (years), occupation, zip (text)
movies movie_id, title with the year, genre (names of MovieLens joined by "|", a few films
       have "(no genres listed)")

Ids have gaps. Popularity follows a power law, activity is log-normal. What people see depends on
popularity, on how new a film is, and on a taste of which age, sex and genres tell a part.
"""
