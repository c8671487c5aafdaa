"""Choose the figures of a report, and say what is to be seen in each."""
# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sklearn_recsys.inspection._calibration import CalibrationAtKDisplay
from sklearn_recsys.inspection._evidence import Evidence
from sklearn_recsys.inspection._factor_map import FactorMapDisplay
from sklearn_recsys.inspection._long_tail import LongTailDisplay
from sklearn_recsys.inspection._metric_at_k import MetricAtKDisplay
from sklearn_recsys.inspection._pareto import ParetoDisplay
from sklearn_recsys.inspection._precision_recall import PrecisionRecallAtKDisplay
from sklearn_recsys.inspection._score_distribution import ScoreDistributionDisplay, find_scored
from sklearn_recsys.inspection._style import title_of

__all__ = ["Plan", "Wishes", "plan_figures"]

# More points than this become a picture within the SVG, which a browser shows at once.
_MANY_POINTS = 1500


@dataclass(frozen=True)
class Plan:
    """Hold how a Display of a report is drawn, and what is said about it.

    Attributes
    ----------
    title : str
    display : Display
    caption : str
    height : float
        In inches, at a width of 4.4.
    options : dict
        Passed to the Display's ``plot``.
    """

    title: str
    display: Any
    caption: str
    height: float = 3.3
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Wishes:
    """Hold what the caller wants to see.

    Attributes
    ----------
    metric : str
        The first one, without ``@k``.
    lengths : sequence of int
        Of the lists that it is shown for.
    k : int
        Length of the lists of all other figures.
    item_features : FeatureTable or None
    confidence_level : float
    fold_in : bool
        Whether users are known by their histories alone, so that there are no scores of pairs.
    """

    metric: str
    lengths: Sequence[int]
    k: int
    item_features: Any
    confidence_level: float
    fold_in: bool


def plan_figures(evidence: dict[str, Evidence], wishes: Wishes) -> Iterator[Plan]:
    """Yield the figures that can be drawn."""
    yield from _plan_accuracy(evidence, wishes)
    yield from _plan_catalogue(evidence, wishes)
    cases = {name: found.case for name, found in evidence.items()}
    if not wishes.fold_in and all(len(find_scored(case)) for case in cases.values()):
        yield Plan(
            "Scores of relevant and of other pairs",
            ScoreDistributionDisplay._from_cases(cases, random_state=0),
            "Colour: held-out relevant pairs. Grey: as many pairs of the same users that were "
            "never chosen. AUC is how likely the former score higher.",
            height=0.9 + 0.6 * len(evidence),
        )
    if wishes.item_features is not None:
        display = CalibrationAtKDisplay._from_evidence(evidence, wishes.item_features, wishes.k)
        yield Plan(
            "Calibration",
            display,
            "Grey bars: what users chose before. Marks: what they are shown. The error is computed "
            "for each user, so that marks on the bars are not enough.",
            height=1.2 + 0.19 * len(display.groups),
        )
    yield from _plan_maps(evidence)


def _plan_accuracy(evidence: dict[str, Evidence], wishes: Wishes) -> Iterator[Plan]:
    yield Plan(
        "Precision and recall",
        PrecisionRecallAtKDisplay._from_evidence(evidence, range(1, wishes.k + 1)),
        f"Lists of 1 to {wishes.k} items. The curve further up and to the right has the better "
        "lists.",
    )
    yield Plan(
        f"{title_of(wishes.metric)} by length of list",
        MetricAtKDisplay._from_evidence(
            evidence, wishes.metric, wishes.lengths, wishes.confidence_level
        ),
        f"Bands are {wishes.confidence_level:.0%} intervals over users; differences between "
        "recommenders are better known than overlapping bands suggest.",
    )


def _plan_catalogue(evidence: dict[str, Evidence], wishes: Wishes) -> Iterator[Plan]:
    items = {tuple(found.case.recommender.items_) for found in evidence.values()}
    if len(items) == 1:
        yield Plan(
            "Long tail",
            LongTailDisplay._from_evidence(evidence, wishes.k),
            "Above the line of the interactions, lists are more popular than what people choose. "
            "Left of the dashed border are the fewest items that have 80 % of the interactions.",
        )
    x, y = f"catalogue_coverage@{wishes.k}", f"{wishes.metric}@{wishes.k}"
    scores = {
        name: (found.measured.scores[x], found.measured.scores[y])
        for name, found in evidence.items()
    }
    yield Plan(
        "Accuracy against coverage",
        ParetoDisplay(scores, x_metric=x, y_metric=y),
        f"{title_of(y)} and the share of the catalogue that anybody is shown. Hollow marks are "
        "beaten in both; the line is the efficient front.",
    )


def _plan_maps(evidence: dict[str, Evidence]) -> Iterator[Plan]:
    for name, found in evidence.items():
        model = found.case.recommender
        users, items = (getattr(model, f"{part}_factors_", None) for part in ("user", "item"))
        if users is None or items is None or items.shape[1] < 2:
            continue
        components = (0, 1) if items.shape[1] == 2 else "pca"
        yield Plan(
            f"Map of {name}",
            FactorMapDisplay._project(users, items, components, None),
            "Items that lie together are chosen by the same people."
            + ("" if components == (0, 1) else f" The plane shows part of {items.shape[1]} axes."),
            height=3.6,
            options={"rasterized": len(users) + len(items) > _MANY_POINTS},
        )
