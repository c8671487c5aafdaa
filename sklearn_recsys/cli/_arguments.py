"""What can be written on the command line; nothing here loads a library, so help is quick."""
# SPDX-License-Identifier: BSD-3-Clause

import argparse
import csv
import sys
from collections.abc import Callable, Iterator
from typing import Any

__all__ = ["parser"]

# What stands before the third of the columns where that one names events.
_EVENT = "event="
_ROLES_WITH_EVENTS = ("user", "item", "event", "time")


class _Names:
    """Hold the names of the recommenders, which are looked up when they are needed."""

    def __iter__(self) -> Iterator[str]:
        from sklearn_recsys.cli._models import recommenders

        return iter(recommenders())

    def __contains__(self, name: object) -> bool:
        return name in tuple(self)


class _Version(argparse.Action):
    """Show the version that is installed."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        from importlib import metadata  # half of the time that --help takes

        sys.stdout.write(f"sklearn-recsys {metadata.version('sklearn-recsys')}\n")
        parser.exit()


def parser() -> argparse.ArgumentParser:
    """Return the parser of all commands; `module` of what it returns names the command's module."""
    root = argparse.ArgumentParser(
        prog="python -m sklearn_recsys",
        description="Recommenders under the scikit-learn contract.",
        allow_abbrev=False,
    )
    root.add_argument("--version", action=_Version, nargs=0, help="show the version and exit")
    commands = root.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _add_compare(commands)
    _add_recommend(commands)
    _add_similar(commands)
    _add_describe(commands)
    return root


def _add_command(commands: Any, name: str, summary: str, text: str) -> argparse.ArgumentParser:
    # With abbreviations, a command that has no --item would take it for --items.
    command: argparse.ArgumentParser = commands.add_parser(
        name, help=summary, description=text, allow_abbrev=False
    )
    command.set_defaults(module=f"sklearn_recsys.cli._{name}", items=None, save=None)
    return command


def _add_compare(commands: Any) -> None:
    text = (
        "Tune each recommender on a part of every user's interactions, rank them by what they find "
        "of the rest, and let the best recommend for one user."
    )
    command = _add_command(commands, "compare", "rank the recommenders on a table", text)
    _add_data(command)
    _add_titles(command)
    command.add_argument("--user", metavar="ID", help="whom to recommend to (default: the first)")
    _add_length(command)
    command.add_argument(
        "--metric",
        default="ndcg@10",
        help="what to tune and rank by, such as recall@20, map@10 or auc (default: ndcg@10)",
    )
    command.add_argument(
        "--test-size",
        type=float,
        default=0.2,
        metavar="SHARE",
        help="share of each user's interactions to hold out (default: 0.2)",
    )
    _add_seed(command)
    _add_output(command, "; csv and json hold the leaderboard alone")
    _add_save(command)


def _add_recommend(commands: Any) -> None:
    text = "Fit a recommender to a table of interactions and list the best items for users."
    command = _add_command(commands, "recommend", "list the best items for users", text)
    _add_data(command)
    _add_titles(command)
    whom = command.add_mutually_exclusive_group(required=True)
    whom.add_argument(
        "--user", action="append", metavar="ID", help="whom to recommend to; may be repeated"
    )
    whom.add_argument("--all-users", action="store_true", help="recommend to everyone in FILE")
    _add_length(command)
    _add_model(command)
    command.add_argument(
        "--exclude-seen",
        action="store_true",
        default=True,
        help="leave out what the user has interacted with (default)",
    )
    command.add_argument(
        "--include-seen", action="store_false", dest="exclude_seen", help="keep it in the list"
    )
    command.add_argument(
        "--on-unknown",
        choices=("raise", "popular", "skip"),
        default="raise",
        help="a user who is not in FILE is an error, gets the popular items, or is left out "
        "(default: raise)",
    )
    _add_seed(command)
    _add_output(command)
    _add_saved(command)


def _add_similar(commands: Any) -> None:
    text = "Fit a recommender to a table of interactions and list the items most like others."
    command = _add_command(commands, "similar", "list the items most like others", text)
    _add_data(command)
    _add_titles(command)
    command.add_argument(
        "--item",
        action="append",
        required=True,
        metavar="ID",
        help="whose neighbours to list; may be repeated",
    )
    _add_length(command)
    _add_model(command)
    _add_seed(command)
    _add_output(command)
    _add_saved(command)


def _add_describe(commands: Any) -> None:
    text = (
        "Tell how many users, items and interactions a table has, and how they are spread. Rows in "
        "which something is missing are counted and left out."
    )
    command = _add_command(commands, "describe", "tell what is in a table", text)
    _add_data(command, columns=_columns_or_events)
    _add_catalogue(command.add_argument_group("catalogue"), "all of which count, with a row or not")
    _add_output(command)


def _add_data(
    command: argparse.ArgumentParser,
    *,
    columns: Callable[[str], list[str] | dict[str, str]] | None = None,
) -> None:
    """Add the options about FILE; `columns` reads the ones chosen, if names of events may be."""
    group = command.add_argument_group("data")
    group.add_argument(
        "file",
        nargs="?",
        metavar="FILE",
        help="table of user, item[, value[, time]]: text with one interaction a line, packed or "
        "not, parquet, SQLite, or - for standard input; without it, generated film ratings are "
        "used",
    )
    group.add_argument(
        "--columns",
        type=columns or _columns,
        metavar="USER,ITEM[,VALUE[,TIME]]",
        help="the columns of FILE to read, by name or by position, the first being 1 (default: "
        "the first ones)" + "; event=COLUMN in the place of VALUE counts events" * bool(columns),
    )
    group.add_argument(
        "--query", metavar="SQL", help="what to read from an SQLite FILE: SQL or a table's name"
    )
    group.add_argument(
        "--drop-missing",
        action="store_true",
        help="leave out rows without user, item or value, rather than stop"
        + ", as is always done here" * bool(columns),
    )
    _add_layout(group)


def _add_layout(group: Any) -> None:
    group.add_argument(
        "--header",
        action=argparse.BooleanOptionalAction,
        help="whether the first line of FILE holds names (otherwise that is found out)",
    )
    group.add_argument(
        "--sep",
        type=_separator,
        default="auto",
        help=r"what divides the columns, such as :: or \t (default: found out)",
    )
    group.add_argument(
        "--encoding",
        type=_encoding,
        default="utf-8",
        help="encoding of the files (default: utf-8)",
    )
    group.add_argument(
        "--no-quotes",
        action="store_false",
        dest="quoting",
        help="double quotes in FILE are part of the texts",
    )


def _add_titles(command: argparse.ArgumentParser) -> None:
    group = command.add_argument_group("titles")
    _add_catalogue(group, "with their titles")
    group.add_argument(
        "--title",
        metavar="COLUMN",
        help="its column with the titles, by name or position (default: the first other one)",
    )


def _add_catalogue(group: Any, purpose: str) -> None:
    group.add_argument("--items", metavar="TABLE", help=f"table with one item a line, {purpose}")
    group.add_argument(
        "--item-id",
        metavar="COLUMN",
        help="its column with the items' ids in FILE, by name or position (default: 1)",
    )


def _add_length(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--n-items", type=_positive, default=10, metavar="N", help="length of a list (default: 10)"
    )


def _add_model(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--model",
        choices=_Names(),
        metavar="NAME",
        help="what to fit: %(choices)s (default: item-knn)",
    )


def _add_seed(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--random-state",
        type=_natural,
        default=0,
        metavar="SEED",
        help="seed of what is left to chance (default: 0)",
    )


def _add_output(command: argparse.ArgumentParser, remark: str = "") -> None:
    group = command.add_argument_group("result")
    group.add_argument(
        "--format",
        choices=("table", "csv", "json"),
        help=f"how to write the result (default: by the ending of --output, else table){remark}",
    )
    group.add_argument("--output", metavar="PATH", help="where to write it (default: the screen)")


def _add_saved(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--load", metavar="MODEL", help="a recommender that --save has kept, in the place of FILE"
    )
    _add_save(command)


def _add_save(command: argparse.ArgumentParser) -> None:
    command.add_argument("--save", metavar="MODEL", help="keep the fitted recommender in this file")


def _columns(text: str) -> list[str]:
    columns = _columns_or_events(text)
    if isinstance(columns, dict):
        raise argparse.ArgumentTypeError(
            f"must have no {_EVENT}{columns['event']}, as names of events are for describe alone: "
            "leave it out to count each row as 1"
        )
    return columns


def _columns_or_events(text: str) -> list[str] | dict[str, str]:
    """Return the columns in their order, or by their roles if the third names events."""
    # A name may hold a comma where it is quoted, as in the file's own header.
    names = [name.strip() for name in next(csv.reader([text], skipinitialspace=True), [])]
    bare = [name.removeprefix(_EVENT) for name in names]
    if not 2 <= len(names) <= 4 or not all(bare):
        raise argparse.ArgumentTypeError(
            f"must be two to four names or positions, as user,item,value, got {text!r}"
        )
    if "0" in bare:
        raise argparse.ArgumentTypeError(f"must be positions from 1, got {text!r}")
    if len(set(bare)) < len(bare):
        raise argparse.ArgumentTypeError(f"must be different columns, got {text!r}")
    if (names[:2], names[3:]) != (bare[:2], bare[3:]):
        raise argparse.ArgumentTypeError(f"must have {_EVENT} before the third only, got {text!r}")
    has_events = names != bare
    return dict(zip(_ROLES_WITH_EVENTS, bare, strict=False)) if has_events else names


def _separator(text: str) -> str:
    # A shell hands over \t as two characters.
    if not text or set(text) & set('"\r\n\0'):
        raise argparse.ArgumentTypeError(
            f"must be one or more characters, no quote or line end, got {text!r}"
        )
    return text.replace(r"\t", "\t")


def _encoding(text: str) -> str:
    try:
        "".encode(text)
    except (LookupError, ValueError) as error:
        raise argparse.ArgumentTypeError(
            f"must be an encoding of text, such as utf-8, latin-1 or cp1252, got {text!r}"
        ) from error
    return text


def _positive(text: str) -> int:
    return _integer(text, least=1)


def _natural(text: str) -> int:
    return _integer(text, least=0)


def _integer(text: str, *, least: int) -> int:
    try:
        number = int(text)
    except ValueError:
        number = least - 1
    # What counts rows and seeds is 32 bits wide further down.
    if not least <= number < 2**31:
        raise argparse.ArgumentTypeError(f"must be an integer of at least {least}, got {text!r}")
    return number
