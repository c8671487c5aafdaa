"""Say in words of the shell what the library says in words of Python."""
# SPDX-License-Identifier: BSD-3-Clause

import re

__all__ = ["reword"]

_OPTIONS = {
    r'; names of events are read by columns=\{"event": …\}': "; "
    "describe counts names of events by --columns USER,ITEM,event=COLUMN",
    r"^(columns|sep|encoding|query|header): ": r"--\1: ",
    r"pass positions such as \[0, 1\], or header=True": "give positions such as 1,2, or --header",
    r"pass positions\.": "give positions, such as 1,2.",
    r"by columns=\[…\]|with columns=\[…\]": "with --columns",
    r'[Pp]ass on_missing="drop"': "give --drop-missing",
    r"[Pp]ass sep=": "give --sep",
    r"quoting=False": "--no-quotes",
    r"Pass the encoding it has: ": "Give the encoding it has: ",
    r"[Pp]ass encoding=": "give encoding=",
    r'encoding="([^"]*)" \(or "([^"]*)"\)': r"--encoding \1 (or \2)",
    r'encoding="([^"]*)"': r"--encoding \1",
    r"pass zipfile.ZipFile\(path\).open\(…\)": "unpack it and name one of them",
    r"^columns names ": "--columns names ",
    r"\btest_size=": "--test-size ",
    r"\btest_size\b": "--test-size",
}


def reword(message: str) -> str:
    """Return a message on one line, with options in the place of parameters."""
    message = " ".join(message.split())
    # Positions count from 1 here, as they do for cut and awk.
    message = re.sub(r"columns 0 to (\d+), got (\d+)", _count_from_one, message)
    for pattern, text in _OPTIONS.items():
        message = re.sub(pattern, text, message)
    return message


def _count_from_one(match: re.Match[str]) -> str:
    last, got = map(int, match.groups())
    return f"columns 1 to {last + 1}, got {got + 1}"
