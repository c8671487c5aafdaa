"""Show how far a search over parameters is."""
# SPDX-License-Identifier: BSD-3-Clause

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from typing import Any

from sklearn.metrics import check_scoring, get_scorer
from sklearn.model_selection import ParameterGrid, check_cv

__all__ = ["search_progress"]

# Seconds between two looks at what is done: what people see as at once.
_INTERVAL = 0.1


@contextmanager
def search_progress(search):
    """Show a bar while a search is fitted: of its fits, how many are scored.

    For long searches in a terminal or a notebook, with any number of jobs, in threads or processes.
    Results are those without it. Where nobody looks, in a script whose output goes to a file, no
    bar is drawn and nothing is changed. Costs some 50 microseconds a fit.

    Parameters
    ----------
    search : search over parameters
        scikit-learn's ``GridSearchCV``, ``RandomizedSearchCV`` or a halving search, or another
        estimator that scores fits by its parameter `scoring`, such as Optuna's
        ``OptunaSearchCV``. Inside the ``with`` its `scoring` is a scorer that counts.

    Yields
    ------
    search
        The same object, to be fitted.

    Raises
    ------
    TypeError
        If `search` has no `scoring`.

    See Also
    --------
    sklearn_recsys.model_selection.suggested_grid : What to search.

    Notes
    -----
    scikit-learn has no place for such a bar before its callbacks (version 1.9), and joblib tells
    only parallel runs how far they are. What each fit passes through, wherever it runs, is the
    scorer: it adds a byte to a temporary file, whose size is looked at ten times a second. Fits
    that fail are not scored, so not counted; nor is the last one, to all rows. Workers on another
    machine count nothing. The number of fits of a halving search is not known before.

    Examples
    --------
    >>> from sklearn.model_selection import GridSearchCV
    >>> from sklearn_recsys.datasets import make_interactions
    >>> from sklearn_recsys.linear_model import EASERecommender
    >>> from sklearn_recsys.model_selection import InteractionKFold, search_progress
    >>> X = make_interactions(50, 40, 500).X
    >>> search = GridSearchCV(EASERecommender(), {"reg": [10.0, 100.0]}, cv=InteractionKFold(3))
    >>> with search_progress(search):
    ...     search = search.fit(X)
    >>> sorted(search.best_params_)
    ['reg']
    """
    from tqdm.auto import tqdm  # only those who want a bar wait for it

    if not hasattr(search, "scoring"):
        raise TypeError(
            "search_progress needs a search over parameters that has a scoring, such as "
            f"GridSearchCV; got {type(search).__name__}."
        )
    # disable=None: where no terminal is, a bar would be a line for each step.
    name, total = type(search).__name__, _count_fits(search)
    with tqdm(total=total, desc=name, unit="fit", disable=None) as bar:
        if bar.disable:
            yield search
            return
        with TemporaryDirectory() as folder:
            path = Path(folder, "scored")
            path.touch()
            with _counting(search, path), _watching(path, bar):
                yield search


class _CountingScorer:
    """Score, and add a byte to a file."""

    def __init__(self, scorer: Any, path: Path) -> None:
        self.scorer, self.path = scorer, path

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return self.scorer(*args, **kwargs)
        finally:
            _append(self.path)

    def __getattr__(self, name: str) -> Any:
        # What scikit-learn asks of scorers; not what pickle asks of a half-built copy.
        if name.startswith("__") or name in ("scorer", "path"):
            raise AttributeError(name)
        return getattr(self.scorer, name)

    def __repr__(self) -> str:
        return repr(self.scorer)


@contextmanager
def _counting(search: Any, path: Path) -> Iterator[None]:
    """Let a search count its scores inside, and have its own scorer again afterwards."""
    own = search.scoring
    search.scoring = _wrap(search, path)
    try:
        yield
    finally:
        search.scoring = own
        if hasattr(search, "scorer_"):
            search.scorer_ = _unwrap(search.scorer_)


def _wrap(search: Any, path: Path) -> Any:
    """Return a search's scoring, with one scorer that counts."""
    scoring = search.scoring
    if isinstance(scoring, (list, tuple, set)):
        scoring = {name: get_scorer(name) for name in scoring}
    if isinstance(scoring, Mapping):
        first = next(iter(scoring), None)
        return {
            name: _CountingScorer(_read(scorer), path) if name == first else scorer
            for name, scorer in scoring.items()
        }
    if scoring is None:
        return _CountingScorer(check_scoring(search.estimator), path)
    return _CountingScorer(_read(scoring), path)


def _read(scorer: Any) -> Any:
    return get_scorer(scorer) if isinstance(scorer, str) else scorer


def _unwrap(scorer: Any) -> Any:
    if isinstance(scorer, Mapping):
        return {name: _unwrap(each) for name, each in scorer.items()}
    return scorer.scorer if isinstance(scorer, _CountingScorer) else scorer


@contextmanager
def _watching(path: Path, bar: Any) -> Iterator[None]:
    """Move a bar to the size of a file, now and then and at the end."""
    done = Event()

    def look() -> None:
        n_new = path.stat().st_size - bar.n
        if n_new:  # or the same bar would be drawn ten times a second
            bar.update(n_new)

    def watch() -> None:
        while not done.wait(_INTERVAL):
            look()

    thread = Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
        look()


def _append(path: Path) -> None:
    try:
        # Appended bytes of several processes do not overwrite each other.
        file = os.open(path, os.O_WRONLY | os.O_APPEND)
    except OSError:
        return  # on another machine, or after the end: nobody counts
    try:
        os.write(file, b".")
    finally:
        os.close(file)


def _count_fits(search: Any) -> int | None:
    """Return how many scores a search will ask for, None where that is not known."""
    cv = getattr(search, "cv", None)
    try:
        if hasattr(search, "param_grid") and not hasattr(search, "factor"):
            n_candidates = len(ParameterGrid(search.param_grid))
        else:
            n_candidates = _count_draws(search)
        # What can be read only once must not be read here.
        n_splits = 0 if hasattr(cv, "__next__") else check_cv(cv).get_n_splits()
    except (AttributeError, TypeError, ValueError):
        return None
    rounds = 2 if getattr(search, "return_train_score", False) else 1
    return n_candidates * n_splits * rounds or None


def _count_draws(search: Any) -> int:
    """Return how many settings a randomised search draws: no more than there are."""
    n_draws = search.n_trials if hasattr(search, "n_trials") else search.n_iter
    try:
        return min(n_draws, len(ParameterGrid(search.param_distributions)))
    except TypeError:  # distributions have no end
        return n_draws
