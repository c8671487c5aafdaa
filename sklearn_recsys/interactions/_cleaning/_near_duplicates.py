"""Find labels that look like another way of writing one name."""
# SPDX-License-Identifier: BSD-3-Clause

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from sklearn_recsys.interactions._cleaning._label_text import (
    collapse_whitespace,
    fold_case,
    squeeze,
    strip_accents,
    unify_unicode,
)
from sklearn_recsys.interactions._cleaning._labels import read_labels
from sklearn_recsys.interactions._cleaning._typing_errors import find_typing_errors
from sklearn_recsys.interactions._ids import list_some
from sklearn_recsys.interactions._parameters import require_positive

__all__ = ["find_near_duplicate_labels"]

_INVERTED = re.compile(r"([^,]+), ?([^,]+)")
_ARTICLE = re.compile(r"^(the|a|an) ")


def find_near_duplicate_labels(
    labels: Any,
    *,
    column: str | int | None = None,
    counts: Any = None,
    typing_errors: bool = False,
    min_length: int = 5,
) -> pd.DataFrame:
    """List labels that may be another way of writing a more frequent one.

    A model that recommends "maroon 5" to those who like "maroon5" has not failed: to it they are
    two bands. This finds such labels, from sure to unsure, for you to look at; it changes nothing.
    Labels are compared by what is left of them after leaving out case, spaces, accents,
    punctuation, inversion and articles in turn, so the cost is O(letters): some seconds for
    300,000 labels, and a few more with `typing_errors`.

    Parameters
    ----------
    labels : sequence of str, Series, or table
        Labels, each as often as it occurs, or with `column` a table that holds them. Missing
        labels are left out.
    column : str, int or None, default=None
        Name or position of the column of labels in a table. In interactions whose items are
        named by their labels it is 1.
    counts : array-like of shape (n_labels,) or None, default=None
        How often each of `labels` occurred, such as the number of its users; None is 1 for each.
    typing_errors : bool, default=False
        Look as well for labels one letter apart: inserted, deleted, replaced, or two neighbours
        exchanged. This finds much that is no error, such as names in the singular and plural.
    min_length : int, default=5
        Least number of letters and digits of labels compared for typing errors. Raising it leaves
        out more names that are merely alike.

    Returns
    -------
    DataFrame
        A row for each label that resembles a more frequent one, and columns

        - ``label``, the more frequent one, and ``near_duplicate``;
        - ``reason``, what they differ in: "case" (or Unicode forms and runs of spaces), "spacing",
          "accents", "punctuation", "inversion" ("Beatles, The"), "article" ("Beatles"), or
          "typing"; each may include those before it;
        - ``similarity``, 1 or, for typing errors, 1 less the share of letters that differ;
        - ``label_count`` and ``near_duplicate_count``.

        Sorted by reason, then similarity, then ``near_duplicate_count``, descending. Each label
        is a near duplicate at most once, so of three spellings two are listed, but the label of
        one row may be the near duplicate of a row below: apply the rows from top to bottom. The
        user guide ("Cleaning") does so in one pass.

    Raises
    ------
    TypeError
        If a label is not text.
    ValueError
        If `counts` are not as many as the labels, missing or negative, or a table comes without
        `column`.

    See Also
    --------
    normalize_labels : Write labels in one way.
    merge_items : Merge ids whose labels are the same.

    Notes
    -----
    A proposal is no proof: "U2" and "U 2" are one band and "P.O.D." and "POD" may be two. Labels
    without letters and digits, such as "!!!", are compared by case only. Digits are never taken
    for typing errors. Of more than 64 labels that differ in the same place only neighbours in the
    order of the labels are compared.

    References
    ----------
    T. Bocek, E. Hunt and B. Stiller, Fast similarity search in large dictionaries, technical
    report, University of Zurich, 2007.

    Examples
    --------
    >>> from sklearn_recsys.interactions import find_near_duplicate_labels
    >>> bands = ["maroon 5", "maroon5", "beyoncé", "beyonce", "The Beatles", "Beatles, The", "U2"]
    >>> found = find_near_duplicate_labels(bands, counts=[900, 20, 700, 300, 1000, 4, 500])
    >>> found[["label", "near_duplicate", "reason", "near_duplicate_count"]]
             label near_duplicate     reason  near_duplicate_count
    0     maroon 5        maroon5    spacing                    20
    1      beyoncé        beyonce    accents                   300
    2  The Beatles   Beatles, The  inversion                     4
    """
    require_positive(min_length, "min_length")
    codes, distinct = read_labels(labels, column)
    # Sorted by how frequent they are, so that the first of a group is the one to compare with.
    weights, order = _sort_by_frequency(codes, distinct, counts)
    texts = distinct[order].tolist()
    leaders = np.arange(len(texts))
    pairs = []
    for reason, keys in _make_keys(texts):
        originals, duplicates = _find_equal(leaders, keys)
        pairs.append((reason, originals, duplicates, np.ones(len(originals))))
        leaders = np.setdiff1d(leaders, duplicates, assume_unique=True)
    if typing_errors:
        pairs.append(("typing", *_find_similar(leaders, texts, min_length)))
    return _tabulate(pairs, np.array(texts, dtype=object), weights)


def _sort_by_frequency(
    codes: np.ndarray, distinct: np.ndarray, counts: Any
) -> tuple[np.ndarray, np.ndarray]:
    """Return how often each label occurs, descending, and its place in `distinct`."""
    weights = np.ones(len(codes), dtype=np.int64) if counts is None else np.asarray(counts)
    if weights.shape != codes.shape or weights.dtype.kind not in "biuf":
        raise ValueError(
            f"counts must hold a number for each of the {len(codes)} labels, got "
            f"{weights.dtype} of shape {weights.shape}."
        )
    wrong = weights[~(np.isfinite(weights) & (weights >= 0))]
    if len(wrong):
        raise ValueError(f"counts must be finite and at least 0, got {list_some(wrong)}.")
    present = codes >= 0
    totals = np.bincount(codes[present], weights[present], minlength=len(distinct))
    if weights.dtype.kind != "f":
        totals = totals.astype(np.int64)
    order = np.lexsort((distinct.astype(str), -totals))
    return totals[order], order


def _make_keys(labels: list[str]) -> Iterator[tuple[str, list[str]]]:
    """Yield what is left of each label, leaving out more and more, and the last thing left out."""
    folded = fold_case(unify_unicode(labels, "NFKC"))
    folded = collapse_whitespace(unify_unicode(folded, "NFKC"))
    yield "case", folded
    joined = [label.replace(" ", "") for label in folded]
    yield "spacing", joined
    plain = strip_accents(joined)
    yield "accents", plain
    yield "punctuation", squeeze(plain)
    straight = [
        f"{match[2]} {match[1]}" if (match := _INVERTED.fullmatch(label)) else label
        for label in folded
    ]
    yield "inversion", squeeze(strip_accents(straight))
    bare = [_ARTICLE.sub("", label) or label for label in straight]
    yield "article", squeeze(strip_accents(bare))


def _find_equal(places: np.ndarray, keys: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return the first place with the same key, and the place, of all that are not the first."""
    codes, _ = pd.factorize(np.array([keys[place] for place in places], dtype=object))
    # Codes are given in the order of first appearance: a new one marks the first of its group.
    first = np.unique(codes, return_index=True)[1]
    originals = places[first][codes]
    others = originals != places
    return originals[others], places[others]


def _find_similar(
    places: np.ndarray, texts: list[str], min_length: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return for each place the first one with a similar key, the place, and how similar."""
    keys = dict(_make_keys([texts[place] for place in places]))
    squeezed = keys["punctuation"]
    pairs = find_typing_errors(squeezed, min_length)
    # Sorted by both places: the first pair of each second place has the most frequent original.
    pairs = pairs[np.lexsort((pairs[:, 0], pairs[:, 1]))]
    duplicates, first = np.unique(pairs[:, 1], return_index=True)
    originals = pairs[first, 0]
    lengths = np.array([len(key) for key in squeezed], dtype=np.int64)
    longer = np.maximum(lengths[originals], lengths[duplicates])
    return places[originals], places[duplicates], 1 - 1 / longer


def _tabulate(
    pairs: list[tuple[str, np.ndarray, np.ndarray, np.ndarray]],
    texts: np.ndarray,
    weights: np.ndarray,
) -> pd.DataFrame:
    originals, duplicates, similarity = (
        np.concatenate([pair[part] for pair in pairs]) for part in (1, 2, 3)
    )
    reasons = np.repeat([pair[0] for pair in pairs], [len(pair[1]) for pair in pairs])
    table = pd.DataFrame(
        {
            "label": texts[originals],
            "near_duplicate": texts[duplicates],
            "reason": reasons,
            "similarity": similarity,
            "label_count": weights[originals],
            "near_duplicate_count": weights[duplicates],
        }
    )
    # The pairs come from the surest reason to the least sure.
    rank = np.repeat(np.arange(len(pairs)), [len(pair[1]) for pair in pairs])
    order = np.lexsort((duplicates, -weights[duplicates], -similarity, rank))
    return table.iloc[order].reset_index(drop=True)
