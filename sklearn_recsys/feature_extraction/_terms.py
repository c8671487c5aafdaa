"""Read the terms of a cell: a text, weighted terms, or a list of such."""
# SPDX-License-Identifier: BSD-3-Clause

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from sklearn_recsys.interactions._ids import list_some

__all__ = ["merge_documents", "read_document", "split_cell"]


def split_cell(cell: Any) -> list[Any]:
    """Return the documents of a cell."""
    return list(cell) if isinstance(cell, (list, tuple, np.ndarray)) else [cell]


def read_document(
    document: Any, analyze: Callable[[str], list[str]], row: int
) -> Mapping[str, float]:
    """Return the terms of a document with their counts or weights."""
    if isinstance(document, str):
        return Counter(analyze(document))
    if isinstance(document, Mapping):
        return _read_weights(document, row)
    if document is None or document is pd.NA or document != document:  # NaN
        raise ValueError(
            f"X contains NaN: the text is missing in row {row}. Use an empty text for an item of "
            "which nothing is written."
        )
    raise TypeError(
        "X must hold texts, dictionaries {term: weight} or lists of such, but row "
        f"{row} holds {document!r}: pass the column of texts."
    )


def _read_weights(document: Mapping[Any, Any], row: int) -> dict[str, float]:
    # A struct of Arrow has every key in every row, most of them null.
    weights = {term: weight for term, weight in document.items() if weight is not None}
    strange = [term for term in weights if not isinstance(term, str)]
    if strange:
        raise TypeError(f"Terms must be text, but row {row} has {list_some(strange)}.")
    wrong = [term for term, weight in weights.items() if not 0 <= weight < np.inf]
    if wrong:
        raise ValueError(
            f"Weights of terms must be finite and not negative, but those of {list_some(wrong)} "
            f"in row {row} are {list_some(weights[term] for term in wrong)}."
        )
    return {term: float(weight) for term, weight in weights.items() if weight > 0}


def merge_documents(documents: list[Mapping[str, float]], *, equal: bool) -> dict[str, float]:
    """Return the weights of an item's terms: sums over its documents, or over their shares."""
    if len(documents) == 1:
        return dict(documents[0])
    lengths = [sum(document.values()) for document in documents]
    mean = sum(lengths) / max(1, sum(length > 0 for length in lengths))
    merged: Counter[str] = Counter()
    for document, length in zip(documents, lengths, strict=True):
        scale = mean / length if equal and length > 0 else 1.0
        merged.update({term: weight * scale for term, weight in document.items()})
    return dict(merged)
