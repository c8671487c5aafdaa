"""Drawings in SVG whose colours are those of the page, light or dark."""
# SPDX-License-Identifier: BSD-3-Clause

from html import escape

__all__ = ["Drawing"]


class Drawing:
    """Gather shapes, and write them as one element that stands in a page by itself."""

    def __init__(self, width: int, height: int, title: str) -> None:
        self.width = width
        self.height = height
        self.title = title
        self.parts: list[str] = []

    def box(self, x, y, width, height, kind, lines=(), link=None) -> None:
        """Draw a rectangle with lines of (distance from its top, text, kind), or a link of it."""
        middle = x + width / 2
        shapes = [
            f'<rect class="{kind}" x="{x}" y="{y}" width="{width}" height="{height}" rx="6"/>'
        ]
        for below, text, kind_of_text in lines:
            start = middle if "middle" in kind_of_text else x + 8
            shapes.append(as_text(start, y + below, text, kind_of_text))
        opening, closing = (f'<a href="{escape(link)}">', "</a>") if link else ("", "")
        self.parts.append(opening + "".join(shapes) + closing)

    def text(self, x, y, text, kind=""):
        self.parts.append(as_text(x, y, text, kind))

    def line(self, x1, y1, x2, y2, kind="line"):
        self.path(f"M{x1:g} {y1:g} L{x2:g} {y2:g}", kind)

    def path(self, path, kind="line"):
        self.parts.append(f'<path class="{kind}" d="{path}"/>')

    def svg(self, style: str = "") -> str:
        """Return the drawing; its colours and letters are in ``_static/site.css``."""
        size = f'viewBox="0 0 {self.width} {self.height}"'
        head = f'<svg class="drawing" role="group" xmlns="http://www.w3.org/2000/svg" {size}'
        title = f"<title>{escape(self.title)}</title>"
        return "\n".join([f'{head} style="{style}">', title, *self.parts, "</svg>", ""])


def as_text(x, y, text, kind):
    return f'<text class="{kind}" x="{x:g}" y="{y:g}">{escape(text)}</text>'
