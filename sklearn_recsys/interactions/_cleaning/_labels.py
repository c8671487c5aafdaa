"""Write the labels of items in one way."""
# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal, overload

import numpy as np
import pandas as pd

from sklearn_recsys.interactions._cleaning._label_text import (
    collapse_whitespace,
    fold_case,
    lower_case,
    replace_punctuation,
    strip_accents,
    unify_unicode,
)
from sklearn_recsys.interactions._cleaning._report import hand_over
from sklearn_recsys.interactions._column_edits import replace_column, replace_labels
from sklearn_recsys.interactions._columns import column_position, require_table, take_ids
from sklearn_recsys.interactions._ids import as_id_array, list_some
from sklearn_recsys.interactions._parameters import require_bool, require_choice

__all__ = ["LabelReport", "normalize_labels", "read_labels"]


@dataclass(frozen=True)
class LabelReport:
    """Count how many labels changed, and which became the same.

    Labels that fall together are the point of writing labels in one way, and its danger: look at
    `merged` before going on.

    Parameters
    ----------
    n_labels_before, n_labels_after : int
        Number of distinct labels.
    n_changed : int
        Number of distinct labels that are written in another way now.
    n_missing : int
        Number of missing labels, which stay missing.
    merged : DataFrame or None, default=None
        The labels that fell together: ``label``, ``normalized`` and ``n_rows``.

    See Also
    --------
    normalize_labels : Returns one with ``return_report=True``.

    Examples
    --------
    >>> from sklearn_recsys.interactions import normalize_labels
    >>> _, report = normalize_labels(["die Ärzte", "Die Ärzte", None], return_report=True)
    >>> print(report)
    normalize_labels: 2 of 2 labels changed, 1 label left (1 fell together with another),
    1 row without a label
    >>> report.merged
           label normalized  n_rows
    0  die Ärzte  die ärzte       1
    1  Die Ärzte  die ärzte       1
    """

    n_labels_before: int
    n_labels_after: int
    n_changed: int
    n_missing: int
    merged: pd.DataFrame | None = field(default=None, compare=False, repr=False)

    @property
    def n_merged(self) -> int:
        """Number of labels that became the same as another one."""
        return self.n_labels_before - self.n_labels_after

    def __str__(self) -> str:
        return (
            f"normalize_labels: {self.n_changed} of {_count(self.n_labels_before, 'label')} "
            f"changed, {_count(self.n_labels_after, 'label')} left ({self.n_merged} fell together "
            f"with another), {_count(self.n_missing, 'row')} without a label"
        )


@overload
def normalize_labels(
    labels: Any,
    *,
    column: str | int | None = ...,
    case: str | None = ...,
    unicode_form: str | None = ...,
    whitespace: bool = ...,
    accents: bool = ...,
    punctuation: bool = ...,
    verbose: int = ...,
    return_report: Literal[False] = ...,
) -> Any: ...
@overload
def normalize_labels(
    labels: Any,
    *,
    column: str | int | None = ...,
    case: str | None = ...,
    unicode_form: str | None = ...,
    whitespace: bool = ...,
    accents: bool = ...,
    punctuation: bool = ...,
    verbose: int = ...,
    return_report: Literal[True],
) -> tuple[Any, LabelReport]: ...
def normalize_labels(
    labels: Any,
    *,
    column: str | int | None = None,
    case: str | None = "lower",
    unicode_form: str | None = "NFC",
    whitespace: bool = True,
    accents: bool = True,
    punctuation: bool = True,
    verbose: int = 0,
    return_report: bool = False,
) -> Any:
    """Write labels in one way, so that equal names are equal.

    "The Beatles", "the beatles" and "The  Beatles " are one band; where labels are the ids, they
    are three items. The defaults change only how a name is written, and keep its letters: "die
    Ärzte" becomes "die ärzte", not "die arzte". Rows whose labels fall together are all kept, as
    recommenders merge repeated pairs in ``fit``. The work is done once per distinct label.

    Parameters
    ----------
    labels : sequence of str, Series, or table
        Labels, or with `column` a table: interactions, or a table of items.
    column : str, int or None, default=None
        Name or position of the column of labels in a table. In interactions whose items are
        named by their labels it is 1.
    case : {"lower", "fold"} or None, default="lower"
        Lower the case; or fold it, which also makes "ß" "ss"; or keep it.
    unicode_form : {"NFC", "NFKC"} or None, default="NFC"
        Write "é" as one character, whether it came as one or two. NFKC makes full-width letters,
        ligatures and such plain as well.
    whitespace : bool, default=True
        Write each run of white space as one space, and remove it at both ends.
    accents : bool, default=True
        Keep accents; False makes "beyoncé" "beyonce", and "die ärzte" "die arzte".
    punctuation : bool, default=True
        Keep punctuation; False leaves out apostrophes and puts a space for other marks.
    verbose : int, default=0
        Print the report if positive.
    return_report : bool, default=False
        Return the report as well.

    Returns
    -------
    labels : list, ndarray, Series or table
        A container like the one given, any other sequence as an array of objects. Missing labels
        stay missing, and text such as "null" or "nan" stays text. A step that would leave nothing
        of a label, such as the punctuation of "!!!", is left out for it.
    LabelReport
        What changed, if `return_report` is true.

    Raises
    ------
    TypeError
        If a label is not text: convert the column first.
    ValueError
        If there is no such column, a table comes without `column`, or a step is unknown.

    See Also
    --------
    find_near_duplicate_labels : Find labels that still differ but may mean the same.
    merge_items : Merge ids whose labels are the same.

    Examples
    --------
    >>> from sklearn_recsys.interactions import normalize_labels
    >>> normalize_labels(["die Ärzte", " Guns  N' Roses", "null", None])
    ['die ärzte', "guns n' roses", 'null', None]
    >>> normalize_labels(["die Ärzte", " Guns  N' Roses"], accents=False, punctuation=False)
    ['die arzte', 'guns n roses']
    >>> normalize_labels([["ann", "Undo"], ["bob", "UNDO"]], column=1)
    [['ann', 'undo'], ['bob', 'undo']]
    """
    _check_steps(case, unicode_form, whitespace, accents, punctuation)
    codes, distinct = read_labels(labels, column)
    steps = _choose_steps(case, unicode_form, whitespace, accents, punctuation)
    texts = _apply(steps, distinct.tolist())
    report = _count_labels(codes, distinct, texts)
    values = np.array([*texts, None], dtype=object)[codes]
    return hand_over(_put_back(labels, column, values), report, verbose, return_report)


def read_labels(labels: Any, column: str | int | None) -> tuple[np.ndarray, np.ndarray]:
    """Return the code of each label, -1 where it is missing, and the distinct labels.

    Raises
    ------
    TypeError
        If a label is not text.
    ValueError
        If there is no such column, or a table comes without one.
    """
    if column is None:
        values = _read_sequence(labels)
    else:
        table = require_table(labels, min_columns=1, min_rows=0, name="labels")
        values = take_ids(table, column_position(table, column, parameter="column"))
    try:
        codes, found = pd.factorize(values)
    except TypeError as error:
        raise TypeError(f"Labels must be text: {error}.") from error
    distinct = np.asarray(found, dtype=object)
    others = [label for label in distinct.tolist() if not isinstance(label, str)]
    if others:
        raise TypeError(
            f"Labels must be text, but {len(others)} are not: {list_some(others)}. Convert the "
            "column to text, or name the column of the labels (column=)."
        )
    return codes, distinct


def _check_steps(case: str | None, unicode_form: str | None, *switches: bool) -> None:
    if case is not None:
        require_choice(case, "case", ("lower", "fold"))
    if unicode_form is not None:
        require_choice(unicode_form, "unicode_form", ("NFC", "NFKC"))
    for name, switch in zip(("whitespace", "accents", "punctuation"), switches, strict=True):
        require_bool(switch, name)


def _choose_steps(
    case: str | None, unicode_form: str | None, whitespace: bool, accents: bool, punctuation: bool
) -> list[Callable[[list[str]], list[str]]]:
    steps: list[Callable[[list[str]], list[str]]] = []
    if unicode_form is not None:
        steps.append(partial(unify_unicode, form=unicode_form))
    if case is not None:
        steps.append(lower_case if case == "lower" else fold_case)
    if not accents:
        steps.append(strip_accents)
    if not punctuation:
        steps.append(replace_punctuation)
    if whitespace:
        steps.append(collapse_whitespace)
    return steps


def _apply(steps: list[Callable[[list[str]], list[str]]], labels: list[str]) -> list[str]:
    texts = labels
    for step in steps:
        texts = step(texts)
    # Beyond ASCII one step may undo another, such as a lowered letter that is composed anew.
    again = [i for i, text in enumerate(texts) if text != labels[i] and not text.isascii()]
    if again:
        for i, text in zip(again, _apply(steps, [texts[i] for i in again]), strict=True):
            texts[i] = text
    return texts


def _read_sequence(labels: Any) -> Any:
    if isinstance(labels, (str, bytes)):
        raise TypeError(f"A sequence of labels was expected, got the single label {labels!r}.")
    nested = isinstance(labels, (list, tuple)) and any(isinstance(v, (list, tuple)) for v in labels)
    if nested or hasattr(labels, "column_names") or len(getattr(labels, "shape", (0,))) != 1:
        raise ValueError("A table of labels was given: name the column that holds them (column=).")
    if hasattr(labels, "iloc"):
        return take_ids(labels.to_frame(), 0)
    return as_id_array(labels).astype(object)


def _count_labels(codes: np.ndarray, distinct: np.ndarray, texts: list[str]) -> LabelReport:
    normalized = np.array(texts, dtype=object)
    groups, kinds = pd.factorize(normalized)
    together = np.flatnonzero(np.bincount(groups, minlength=len(kinds))[groups] > 1)
    together = together[np.argsort(groups[together], kind="stable")]
    n_rows = np.bincount(codes[codes >= 0], minlength=len(distinct))
    merged = pd.DataFrame(
        {
            "label": distinct[together],
            "normalized": normalized[together],
            "n_rows": n_rows[together],
        }
    )
    n_changed = sum(old != new for old, new in zip(distinct, texts, strict=True))
    return LabelReport(len(distinct), len(kinds), n_changed, int((codes < 0).sum()), merged)


def _put_back(labels: Any, column: str | int | None, values: np.ndarray) -> Any:
    if column is not None:
        table = require_table(labels, min_columns=1, min_rows=0, name="labels")
        return replace_column(table, column_position(table, column, parameter="column"), values)
    return replace_labels(labels, values)


def _count(n: int, what: str) -> str:
    return f"{n} {what}{'s' * (n != 1)}"
