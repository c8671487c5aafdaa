"""Show a fitted recommender in notebooks: what it knows, what it can do, what it recommends."""
# SPDX-License-Identifier: BSD-3-Clause

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.exceptions import NotFittedError
from sklearn.utils import estimator_html_repr

from sklearn_recsys.base._tags import RecommenderTags
from sklearn_recsys.interactions._columns import take_column
from sklearn_recsys.interactions._looking._description_report import (
    Block,
    as_html,
    format_number,
    format_share,
)
from sklearn_recsys.metrics._unwrapping import find_recommender

__all__ = ["SummaryReprMixin"]

_N_SAMPLES = 5
# Ids may be addresses or whole titles; a table of them stays narrow.
_LONGEST = 60


class SummaryReprMixin:
    """Put a summary of a fitted recommender below scikit-learn's diagram in notebooks.

    It stands before scikit-learn's base class. Nothing is computed for what is not fitted; else one
    user is recommended five items.
    """

    def _html_repr(self) -> str:
        diagram = estimator_html_repr(self)
        try:
            model = find_recommender(self)[1]
        except (NotFittedError, TypeError):
            return diagram
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return f"<div>{diagram}{_summarize(model)}</div>"
        except Exception:  # whatever a subclass does, a notebook shows its cell
            return diagram


def _summarize(model: Any) -> str:
    """Return a box with the figures of a fitted model, a sample, and its capabilities."""
    blocks = [Block("Fitted to", list(_figures(model))), *_sample(model)]
    tags = model.__recommender_tags__()
    return as_html("Summary", blocks, [" · ".join(_capabilities(tags))])


def _figures(model: Any) -> Iterator[tuple[str, str]]:
    matrix = model.interactions_
    for name, ids in (("users", model.users_), ("items", model.items_)):
        cold = getattr(model, f"is_cold_{name[:-1]}_", None)
        n_cold = 0 if cold is None else int(np.count_nonzero(cold))
        by_features = f" ({format_number(n_cold)} by features alone)" if n_cold else ""
        yield name, format_number(len(ids)) + by_features
    yield "interactions", format_number(matrix.nnz)
    yield "density", format_share(matrix.nnz / max(np.prod(matrix.shape, dtype=float), 1))


def _sample(model: Any) -> list[Block]:
    """Return a table of what one user is recommended, none where that is nothing."""
    user = model.users_[int(np.argmax(model.interactions_.indptr > 0)) - 1]
    try:
        lists = model.recommend([user], _N_SAMPLES)
    except Exception:
        return []  # the figures are still worth showing
    if not len(lists):
        return []
    items, scores = take_column(lists, 1), take_column(lists, 2)
    rows = [(_shorten(item), f"{score:.4g}") for item, score in zip(items, scores, strict=True)]
    names = [str(name) for name in lists.columns]
    return [Block(f"For {names[0]} {_shorten(user)}", rows, (names[1], "score"))]


def _capabilities(tags: RecommenderTags) -> Iterator[str]:
    """Yield in words what a model can do."""
    yield "personal lists" if tags.personalized else "one list for everyone"
    yield f"{tags.feedback} feedback"
    if tags.fold_in != "none":
        yield f"new users by their history ({tags.fold_in})"
    for who in ("users", "items"):
        if getattr(tags, f"cold_{who}"):
            yield f"new {who} by their features"
    for who in ("items", "users"):
        if getattr(tags, f"similar_{who}"):
            yield f"similar {who}"
    if tags.explain:
        yield f"explains by {' or '.join(tags.explain)}"
    if tags.negative_values:
        yield "negative values"
    if tags.partial_fit:
        yield "partial_fit"


def _shorten(value: Any) -> str:
    text = str(value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
