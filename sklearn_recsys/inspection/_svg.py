"""Draw Displays as SVG that is part of a page: in its colours, as wide as there is room."""
# SPDX-License-Identifier: BSD-3-Clause

import html
import io
import re
from typing import Any

from sklearn_recsys._optional import require
from sklearn_recsys.inspection._style import INK

__all__ = ["draw"]

# Stands for the page's text colour until the SVG is in the page.
_TEXT = "#010203"

# So narrow that 9 points are still readable where a telephone shows it 360 pixels wide.
_WIDTH = 4.4

_SETTINGS = {
    "axes.edgecolor": _TEXT,
    "axes.labelcolor": _TEXT,
    "font.size": 9,
    "lines.linewidth": 1.3,
    "svg.fonttype": "none",  # text stays text, in a font of the reader's
    "text.color": _TEXT,
    "xtick.color": _TEXT,
    "ytick.color": _TEXT,
}


def draw(display: Any, *, label: str, prefix: str, height: float, **kwargs: Any) -> str:
    """Return a Display as an element of HTML.

    Parameters
    ----------
    display : Display
        What to draw.
    label : str
        What those are told who cannot see it; the title of the axes is left out.
    prefix : str
        Makes the ids in the SVG differ from those of other figures of the page.
    height : float
        In inches, at a width of 4.4.
    **kwargs : dict
        Passed to the Display's ``plot``.
    """
    style, figure = (require(f"matplotlib.{part}", extra="plot") for part in ("style", "figure"))
    with style.context(["default", {**_SETTINGS, "svg.hashsalt": prefix}]):
        page = figure.Figure(figsize=(_WIDTH, height), layout="constrained", dpi=150)
        ax = page.add_subplot()
        display.plot(ax, **kwargs)
        ax.set_title("")
        text = io.StringIO()
        no_metadata = dict.fromkeys(["Date", "Creator", "Format", "Type"])
        page.savefig(text, format="svg", transparent=True, metadata=no_metadata)
    return _embed(text.getvalue(), label, prefix)


def _embed(svg: str, label: str, prefix: str) -> str:
    svg = svg[svg.index("<svg") :].replace(_TEXT, "currentColor").replace(INK, "var(--ink)")
    svg = re.sub(r"<style.*?</style>", "", svg, flags=re.DOTALL)  # would hold for the whole page
    svg = re.sub(r'\bid="', f'id="{prefix}-', svg)
    svg = re.sub(r'(url\(#|href="#)', rf"\g<1>{prefix}-", svg)
    svg = re.sub(r"'DejaVu Sans'[^;\"]*", "var(--sans)", svg)
    head, _, body = svg.partition(">")
    (box,) = re.findall(r'viewBox="[^"]+"', head)
    return f'<svg {box} role="img" aria-label="{html.escape(label)}">{body}'
