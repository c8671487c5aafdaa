"""Read the arguments, and turn what is wrong with them into one sentence."""
# SPDX-License-Identifier: BSD-3-Clause

import argparse
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pandas as pd
from sklearn.exceptions import UndefinedMetricWarning

from sklearn_recsys.cli._compare import Comparison, Entry, compare
from sklearn_recsys.cli._output import describe_user, show_leaderboard, show_recommendations
from sklearn_recsys.cli._progress import say
from sklearn_recsys.cli._read import read_interactions
from sklearn_recsys.datasets import make_interactions
from sklearn_recsys.exceptions import DataWarning
from sklearn_recsys.interactions import interactions_from_matrix
from sklearn_recsys.interactions._validation import validate_interactions

__all__ = ["main"]

# What argparse itself exits with when the arguments are wrong.
_EXIT_WRONG_INPUT = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code.

    Parameters
    ----------
    arguments : sequence of str or None, default=None
        The words after ``python -m sklearn_recsys``; None takes those of the process.

    Returns
    -------
    int
        0, or 2 where the arguments or the file cannot be used.
    """
    options = _parser().parse_args(arguments)
    run: Callable[[argparse.Namespace], int] = options.run
    return run(options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m sklearn_recsys", description="Recommenders under the scikit-learn contract."
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _add_compare(commands)
    return parser


def _add_compare(commands: Any) -> None:
    text = (
        "Tune each recommender on a part of every user's interactions, rank them by what they find "
        "of the rest, and let the best recommend for one user."
    )
    parser = commands.add_parser(
        "compare", help="rank the recommenders on a table", description=text
    )
    _add_data_arguments(parser)
    _add_comparison_arguments(parser)
    parser.set_defaults(run=_run_compare, header=None)


def _add_data_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "file",
        nargs="?",
        metavar="FILE",
        help="table of user, item[, value[, …]] with one interaction a line, divided by comma, "
        "semicolon, tab or |; without it, generated film ratings are used",
    )
    parser.add_argument(
        "--no-header",
        action="store_const",
        const=False,
        dest="header",
        help="the first line of FILE is data (otherwise that is found out)",
    )


def _add_comparison_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--user", help="whom to recommend to (default: the first user)")
    parser.add_argument(
        "--n-items", type=_positive, default=10, help="length of that list (default: 10)"
    )
    parser.add_argument(
        "--metric",
        default="ndcg@10",
        help="what to tune and rank by, such as recall@20, map@10 or auc (default: ndcg@10)",
    )
    parser.add_argument(
        "--test-size",
        type=float,
        default=0.2,
        help="share of each user's interactions to hold out (default: 0.2)",
    )
    parser.add_argument(
        "--random-state", type=_natural, default=0, help="seed of splits and models (default: 0)"
    )


def _positive(text: str) -> int:
    return _integer(text, least=1)


def _natural(text: str) -> int:
    return _integer(text, least=0)


def _integer(text: str, *, least: int) -> int:
    try:
        number = int(text)
    except ValueError:
        number = least - 1
    if number < least:
        raise argparse.ArgumentTypeError(f"must be an integer of at least {least}, got {text!r}")
    return number


def _run_compare(options: argparse.Namespace) -> int:
    try:
        X, titles = _load(options)
        user = _find_user(X, options.user)
        comparison, entries = _compare(X, options)
    except OSError as error:
        say(f"error: cannot read {options.file}: {error.strerror}.")
        return _EXIT_WRONG_INPUT
    except (TypeError, ValueError) as error:
        say(f"error: {error}")
        return _EXIT_WRONG_INPUT
    show_leaderboard(entries, comparison)
    with _known_remarks():
        best = entries[0].refit(X)
    describe_user(X, user, titles)
    show_recommendations(best, user, options.n_items, titles)
    return 0


def _compare(X: pd.DataFrame, options: argparse.Namespace) -> tuple[Comparison, list[Entry]]:
    comparison = Comparison.prepare(
        X, metric=options.metric, test_size=options.test_size, random_state=options.random_state
    )
    with _known_remarks():
        return comparison, compare(comparison)


@contextmanager
def _known_remarks() -> Iterator[None]:
    """Silence what has been said when the table was read, or is an error here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        warnings.simplefilter("ignore", UndefinedMetricWarning)
        yield


def _load(options: argparse.Namespace) -> tuple[pd.DataFrame, pd.Series | None]:
    """Return the interactions, and the titles of the items where there are some."""
    if options.file is None:
        data = make_interactions(random_state=0)
        say("data: generated film ratings")
        return _check(data.X), data.movies.set_index("movie_id")["title"]
    X, has_header = read_interactions(options.file, header=options.header)
    names = ", ".join(map(str, X.columns))
    hint = "the first line; --no-header if that is data" if has_header else "there is no header"
    say(f"data: {options.file}, columns {names} ({hint})")
    return _check(X), None


def _check(X: pd.DataFrame) -> pd.DataFrame:
    """Return the table with one row for each pair of user and item, and say what is in it."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        # Which model can use negative values is decided later; here only the table counts.
        found = validate_interactions(X, None, None, duplicates="sum", allow_negative=True)
    for warning in caught:
        say(f"warning: {warning.message}")
    say(f"{len(X)} interactions of {len(found.users)} users with {len(found.items)} items")
    if not found.n_merged:
        return X
    # One row a play: a pair on both sides of the split would be known before it is asked for.
    say(f"merged: {found.n_merged} rows that repeat a pair of user and item; values are summed")
    merged = interactions_from_matrix(found.matrix, found.users.ids, found.items.ids)
    return merged.set_axis([*X.columns, "value"][:3], axis=1)


def _find_user(X: pd.DataFrame, name: str | None) -> Any:
    """Return the id that is written like `name`, or the first id."""
    ids = sorted(X.iloc[:, 0].unique().tolist())
    if name is None:
        return ids[0]
    by_name = {str(user): user for user in ids}
    if name not in by_name:
        some = ", ".join(list(by_name)[:5])
        raise ValueError(
            f"--user {name} is not among the {len(ids)} users of column {X.columns[0]}, "
            f"such as {some}."
        )
    return by_name[name]
