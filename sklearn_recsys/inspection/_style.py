"""How all figures look: colours that colour-blind people tell apart, markers, quiet axes."""
# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

from sklearn_recsys._optional import require

__all__ = ["INK", "as_text", "finish", "label_of", "look", "new_axes", "show_legend", "title_of"]

# Okabe and Ito's, without yellow, which is too pale for lines.
_COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#7F7F7F")
_MARKERS = "os^Dv<P"
_DASHES = ("-", "--", "-.", ":")

# What stands for the data themselves, and not for a recommender.
INK = "#5a5b5c"

_LABELS = {"ndcg": "nDCG", "map": "MAP", "mrr": "MRR", "auc": "AUC", "f1": "F1"}


def new_axes(ax: Any = None) -> Any:
    """Return the axes to draw on: new ones where there are none."""
    pyplot = require("matplotlib.pyplot", extra="plot")
    return pyplot.subplots(layout="constrained")[1] if ax is None else ax


def look(place: int, kwargs: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return how the curve at a place among several looks; `kwargs` are the caller's wishes."""
    cbook, lines = (require(f"matplotlib.{part}", extra="plot") for part in ("cbook", "lines"))
    wishes = cbook.normalize_kwargs(kwargs or {}, lines.Line2D)
    turn = place // len(_COLORS)
    return {
        "color": _COLORS[place % len(_COLORS)],
        "marker": _MARKERS[place % len(_MARKERS)],
        "linestyle": _DASHES[turn % len(_DASHES)],
        "markersize": 4,
        **wishes,
    }


def finish(ax: Any, *, title: str, xlabel: str, ylabel: str) -> None:
    """Say what is seen, and draw no more than is needed for it."""
    ax.set(xlabel=xlabel, ylabel=ylabel)
    ax.set_title(title, fontsize="medium")
    ax.grid(alpha=0.25, linewidth=0.6)
    ax.set_axisbelow(True)
    ax.spines[["top", "right"]].set_visible(False)


def show_legend(ax: Any, **options: Any) -> Any:
    """Say what is what, in small print."""
    small = {"frameon": False, "fontsize": "small", "title_fontsize": "small"}
    return ax.legend(**{**small, **options})


def as_text(name: str) -> str:
    """Return a name as matplotlib draws it letter by letter.

    It would read what is between two dollars as a formula, and leave names that begin with an
    underscore out of the legend.
    """
    return (" " if name.startswith("_") else "") + name.replace("$", r"\$")


def label_of(metric: str) -> str:
    """Return a metric's name as it is written in texts: "ndcg@10" is nDCG@10."""
    family, at, k = metric.partition("@")
    return _LABELS.get(family, family.replace("_", " ")) + at + k


def title_of(metric: str) -> str:
    """Return a metric's name as a title begins with it."""
    label = label_of(metric)
    return label if metric.partition("@")[0] in _LABELS else label[0].upper() + label[1:]
