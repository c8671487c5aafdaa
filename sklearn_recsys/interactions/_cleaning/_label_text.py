"""Rewrite lists of labels: the steps of ``normalize_labels`` and of the search for duplicates.

Each function takes a list of distinct labels and returns one of the same length. A label of which
a step would leave nothing, such as the band "!!!" without punctuation, stays as it is.
"""
# SPDX-License-Identifier: BSD-3-Clause

import unicodedata
from collections.abc import Callable, Iterable

__all__ = [
    "collapse_whitespace",
    "fold_case",
    "lower_case",
    "replace_punctuation",
    "squeeze",
    "strip_accents",
    "unify_unicode",
]

# Only accents of the alphabets that can do without: those of Indian and Japanese scripts are
# letters of their own.
_ACCENTS = dict.fromkeys(range(0x300, 0x370))
# The typewriter's, single quotation marks, the modifier letter, grave and acute accents.
_APOSTROPHES = "'\u2019\u2018\u02bc`\u00b4"


def lower_case(labels: list[str]) -> list[str]:
    """Lower the case of all letters; "ß" stays."""
    return [label.lower() for label in labels]


def fold_case(labels: list[str]) -> list[str]:
    """Lower the case and write out what differs only by it: "ß" becomes "ss"."""
    return [label.casefold() for label in labels]


def unify_unicode(labels: list[str], form: str) -> list[str]:
    """Write equal characters in one way, by a Unicode normal form."""
    return [label if label.isascii() else _normalize(form, label) for label in labels]


def collapse_whitespace(labels: list[str]) -> list[str]:
    """Write each run of white space as one space, and none at the ends."""
    return _keep_some(lambda label: " ".join(label.split()), labels)


def strip_accents(labels: list[str]) -> list[str]:
    """Take accents and diaeresis off letters."""
    return _keep_some(_strip_accents, labels)


def replace_punctuation(labels: list[str]) -> list[str]:
    """Leave out apostrophes, and put a space for any other punctuation mark."""
    table: dict[int, str | None] = dict.fromkeys(_characters(labels, "P"), " ")
    table.update(dict.fromkeys(map(ord, _APOSTROPHES)))
    return _keep_some(lambda label: " ".join(label.translate(table).split()), labels)


def squeeze(labels: list[str]) -> list[str]:
    """Leave only letters, digits and the marks that belong to letters; "&" is read as "and"."""
    table: dict[int, str | None] = dict.fromkeys(_characters(labels, "PSZC"))
    table[ord("&")] = "and"
    return _keep_some(lambda label: label.translate(table), labels)


def _characters(labels: Iterable[str], categories: str) -> list[int]:
    """Return the code points of some Unicode categories that occur in the labels."""
    alphabet = set().union(*labels)
    return [ord(letter) for letter in alphabet if unicodedata.category(letter)[0] in categories]


def _strip_accents(label: str) -> str:
    if label.isascii():
        return label
    return _normalize("NFC", _normalize("NFD", label).translate(_ACCENTS))


def _keep_some(step: Callable[[str], str], labels: list[str]) -> list[str]:
    return [step(label) or label for label in labels]


def _normalize(form: str, label: str) -> str:
    return unicodedata.normalize(form, label)  # type: ignore[arg-type]
