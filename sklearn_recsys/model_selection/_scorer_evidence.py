"""What a scorer of the caller's own asks of a recommender: found by watching it once."""
# SPDX-License-Identifier: BSD-3-Clause

import copy
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from sklearn.pipeline import Pipeline

from sklearn_recsys.interactions._columns import Table, take_column, take_ids, take_rows
from sklearn_recsys.interactions._ids import IdIndex, as_id_array, is_single_id
from sklearn_recsys.interactions._validation import read_columns
from sklearn_recsys.metrics._unwrapping import unwrap
from sklearn_recsys.model_selection._findings import Finding
from sklearn_recsys.model_selection._model_evidence import pick_users, recommender_of, share_known
from sklearn_recsys.model_selection._split_evidence import MOST_SEEN_AGAIN

__all__ = ["find_in_scorer"]

Twist = Callable[[np.ndarray], np.ndarray]
Scores = dict[str, float]

# Candidates are few where they are less than this share of the catalogue.
_FEW = 0.5
# Lists of candidates differ between users if together they name so many times the items of one.
_DIFFERENT = 1.5
# Zeros beside the positives are drawn if each user has as many, and this many or more.
_LEAST_DRAWN = 5


@dataclass
class _Watch:
    """Note what a recommender is asked, and answer with a twist."""

    twist: Twist = np.asarray  # as they are
    mask: bool = False
    pairs: list[tuple[Any, Any]] = field(default_factory=list)
    candidates: list[tuple[Any, Any]] = field(default_factory=list)
    asked_unmasked: bool = False


def find_in_scorer(scorer: Any, estimator: Any, test: Table, y: Any = None) -> Iterator[Finding]:
    """Yield what is wrong with what a scorer asks, as far as a few test users show it.

    A score is one of ranking if it stays the same under any increasing function of the
    predictions, and does not when these are turned around.
    """
    rows = np.flatnonzero(_are_of(take_ids(test, 0), pick_users(test)))
    part = take_rows(test, rows)
    y = None if y is None else np.asarray(y)[rows]
    plain = _Watch()
    scores = _run(scorer, estimator, part, y, plain)
    if not scores:
        return
    model = recommender_of(estimator)
    asked = plain.candidates
    if plain.pairs and _ranks_predictions(scorer, estimator, part, y, scores):
        asked = asked + plain.pairs
    code = _classify(asked, part, y, model) if asked else None
    if code is not None:
        yield Finding(code, _MESSAGES[code])
    # Where test pairs come back (music), seen items are rightly not masked.
    if plain.asked_unmasked and share_known(model, part) < MOST_SEEN_AGAIN:
        masked = _run(scorer, estimator, part, y, _Watch(mask=True))
        if any(masked.get(name, -np.inf) > score for name, score in scores.items()):
            yield Finding("EVAL004", _MESSAGES["EVAL004"])


_MESSAGES = {
    "EVAL001": (
        "The scorer ranks the test items of a user among a few others that were drawn, not in the "
        "catalogue: almost any model places them high, and a better one may look worse. Rank all "
        "items: make_ranking_scorer."
    ),
    "EVAL003": (
        "The scorer ranks only the items that a user has rated in the test part. A recommender "
        "has to find them among all others, and that it does so does not show. Rank all items: "
        "make_ranking_scorer."
    ),
    "EVAL004": (
        "The scorer asks for lists with exclude_seen=False, and a score rises once seen items are "
        "left out: they take places in which they can be no hit. Leave exclude_seen=True."
    ),
}


def _run(scorer: Any, estimator: Any, test: Table, y: Any, watch: _Watch) -> Scores:
    """Return the scores by name, none where the scorer fails."""
    # Whoever scores with scikit-learn's metrics gives the values for a target.
    targets = [y] if y is not None else [None, lambda: read_columns(test).values]
    for target in targets:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                spy = _spy_on(estimator, watch)
                found = scorer(spy, test, target() if callable(target) else target)
            found = found if isinstance(found, Mapping) else {"score": found}
            return {name: float(score) for name, score in found.items()}
        except Exception:
            continue  # a scorer that fails is not the linter's business
    return {}


def _spy_on(estimator: Any, watch: _Watch) -> Any:
    """Return a copy of an estimator that notes what its recommender is asked."""
    estimator = unwrap(estimator)
    spy = copy.copy(estimator)
    if isinstance(estimator, Pipeline):
        name, last = estimator.steps[-1]
        spy.steps = [*estimator.steps[:-1], (name, _spy_on(last, watch))]
        return spy
    own = type(estimator)

    def predict(self, X):
        watch.pairs.append((take_ids(X, 0), take_ids(X, 1)))
        return watch.twist(np.asarray(own.predict(self, X), dtype=np.float64))

    def recommend(self, users=None, n_items=10, *, exclude_seen=True, **options):
        watch.asked_unmasked |= not exclude_seen
        if options.get("candidates") is not None:
            _note_candidates(watch, users, options["candidates"])
        exclude_seen = exclude_seen or watch.mask
        return own.recommend(self, users, n_items, exclude_seen=exclude_seen, **options)

    methods = {"predict": predict, "recommend": recommend, "__module__": own.__module__}
    spy.__class__ = type(own.__name__, (own,), methods)
    return spy


def _note_candidates(watch: _Watch, users: Any, candidates: Any) -> None:
    shape = getattr(candidates, "shape", None)
    if shape is not None and len(shape) == 2:
        watch.candidates.append((take_column(candidates, 0), take_column(candidates, 1)))
    elif users is not None and (is_single_id(users) or len(users) == 1):
        user = users if is_single_id(users) else next(iter(users))
        items = as_id_array(candidates)
        watch.candidates.append((np.repeat(as_id_array([user]), len(items)), items))


def _ranks_predictions(scorer: Any, estimator: Any, test: Table, y: Any, scores: Scores) -> bool:
    """Tell whether the order of the predictions decides a score, and nothing but the order."""

    def stretch(values: np.ndarray) -> np.ndarray:  # keeps every order and every tie
        return 7 * np.sign(values) * np.sqrt(np.abs(values))

    stretched = _run(scorer, estimator, test, y, _Watch(twist=stretch))
    turned = _run(scorer, estimator, test, y, _Watch(twist=np.negative))
    return any(
        np.isclose(stretched.get(name, np.nan), score, rtol=1e-9)
        and not np.isclose(turned.get(name, score), score, rtol=1e-9)
        for name, score in scores.items()
    )


def _classify(
    asked: list[tuple[Any, Any]], test: Table, y: Any, model: Any
) -> Literal["EVAL001", "EVAL003"] | None:
    """Tell what pairs were ranked: those of the test part, a few drawn ones, or neither."""
    users, test_rows = IdIndex.factorize(take_ids(test, 0), "user")
    items = IdIndex(model.items_, "item").union(IdIndex.factorize(take_ids(test, 1), "item")[0].ids)
    width = len(items)
    parts = [(users.encode(u).astype(np.int64), items.encode(i)) for u, i in asked]
    rows, cols = (np.concatenate([part[side] for part in parts]) for side in range(2))
    known = (rows >= 0) & (cols >= 0)
    ranked = np.unique(rows[known] * width + cols[known])
    rated = test_rows.astype(np.int64) * width + items.encode(take_ids(test, 1))
    values = read_columns(test, y).values
    n_ranked = np.median(np.bincount(ranked // width)[np.unique(ranked // width)])
    if n_ranked >= _FEW * len(model.items_):
        return None
    if np.isin(ranked, rated).all():
        return "EVAL001" if _are_drawn(test_rows, values) else "EVAL003"
    if len(np.unique(ranked % width)) < _DIFFERENT * n_ranked:
        return None  # the same items for everyone: what is on offer
    # A first stage that chooses candidates leaves some users without any of what they want.
    wanted = rated[(values > 0) & np.isin(rated // width, ranked // width)]
    found = np.intersect1d(wanted, ranked)
    return "EVAL001" if np.isin(wanted // width, found // width).all() else None


def _are_drawn(users: np.ndarray, values: np.ndarray) -> bool:
    """Tell whether each user has equally many zeros beside her positives."""
    zeros = np.bincount(users[values == 0], minlength=users.max() + 1)
    return bool(zeros.min() >= _LEAST_DRAWN and zeros.min() == zeros.max())


def _are_of(column: Any, ids: np.ndarray) -> np.ndarray:
    """Mark the rows of some users."""
    return IdIndex(ids, "user").encode(column) >= 0
