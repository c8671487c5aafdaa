"""Lay a report out as HTML that needs no other file."""
# SPDX-License-Identifier: BSD-3-Clause

import html
from collections.abc import Iterable, Sequence
from typing import NamedTuple

__all__ = ["Figure", "Section", "as_fragment", "as_page", "bold", "figures", "table"]

# The colours follow the reader's system; in a notebook, too, since the report has a ground of its
# own.
_STYLE = """
.skr{--ground:#fff;--text:#1b1f24;--ink:#5a5b5c;--faint:#d8dce1;--soft:#f4f6f8;--sans:system-ui,
-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;color-scheme:light dark;
background:var(--ground);color:var(--text);font:16px/1.5 var(--sans);padding:1rem}
@media(prefers-color-scheme:dark){.skr{--ground:#15181c;--text:#e6e8eb;--ink:#a9adb3;
--faint:#3a4048;--soft:#1f242a}}
.skr *{box-sizing:border-box}
.skr>*{max-width:72rem;margin-left:auto;margin-right:auto}
.skr h1{font-size:1.6rem;line-height:1.2;margin:.5rem auto}
.skr h2{font-size:1.2rem;margin:2rem auto .5rem;border-bottom:1px solid var(--faint)}
.skr h3{font-size:1rem;margin:0 0 .25rem}
.skr p{margin:.25rem auto .5rem}
.skr .wide{overflow-x:auto;margin-bottom:.75rem}
.skr table{border-collapse:collapse;font-size:.875rem;color:inherit;background:none;margin:0}
.skr td,.skr th{padding:.3rem .6rem;text-align:right;border-bottom:1px solid var(--faint);
vertical-align:top;font-variant-numeric:tabular-nums;background:none;color:inherit}
.skr thead th{border-bottom-width:2px;vertical-align:bottom;overflow-wrap:break-word;max-width:9rem}
.skr tr>:first-child{text-align:left;font-weight:400;position:sticky;left:0;
background:var(--ground);min-width:6.5rem;max-width:11rem;overflow-wrap:break-word}
.skr td.text{text-align:left;overflow-wrap:anywhere;min-width:9rem}
.skr small{color:var(--ink)}
.skr .range{white-space:nowrap}
.skr .figures{display:grid;gap:1.5rem;
grid-template-columns:repeat(auto-fit,minmax(min(100%,26rem),1fr))}
.skr figure{margin:0;min-width:0}
.skr figcaption{font-size:.875rem;color:var(--ink)}
.skr svg{width:100%;height:auto;stroke-linejoin:round;stroke-linecap:butt}
.skr .note{background:var(--soft);border-left:4px solid #e69f00;padding:.5rem .75rem}
.skr footer{margin-top:2rem;font-size:.8rem;color:var(--ink);overflow-wrap:anywhere}
@media print{.skr{padding:0}.skr figure{break-inside:avoid}}
"""

Cell = str
"""HTML: what is not meant to be markup has been escaped."""


class Section(NamedTuple):
    """Hold a heading and pieces of HTML below it."""

    heading: str
    pieces: Sequence[str]


class Figure(NamedTuple):
    """Hold a drawing and what is to be seen in it."""

    title: str
    svg: str
    caption: str


def as_fragment(title: str, sections: Iterable[Section], footer: str) -> str:
    """Return a report as one element, for notebooks."""
    parts = [f"<style>{_STYLE}</style>", f"<h1>{html.escape(title)}</h1>"]
    for section in sections:
        parts += [f"<h2>{html.escape(section.heading)}</h2>", *section.pieces]
    parts.append(f"<footer>{html.escape(footer)}</footer>")
    return f'<div class="skr">{"".join(parts)}</div>'


def as_page(title: str, fragment: str) -> str:
    """Return a fragment as a whole page."""
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(title)}</title>"
        "<style>body{margin:0}html{color-scheme:light dark}"
        "@media(prefers-color-scheme:dark){body{background:#15181c}}</style></head>"
        f"<body>{fragment}</body></html>\n"
    )


def table(
    header: Sequence[Cell], rows: Iterable[Sequence[Cell]], *, text_columns: Sequence[int] = ()
) -> str:
    """Return a table whose first column names the rows; it scrolls where it is too wide."""
    head = "".join(f'<th scope="col">{cell}</th>' for cell in header)
    body = []
    for name, *cells in rows:
        marks = (' class="text"' if i in text_columns else "" for i in range(1, len(cells) + 1))
        row = "".join(f"<td{mark}>{cell}</td>" for mark, cell in zip(marks, cells, strict=True))
        body.append(f'<tr><th scope="row">{name}</th>{row}</tr>')
    top = f"<thead><tr>{head}</tr></thead>" if any(header) else ""
    return f'<div class="wide"><table>{top}<tbody>{"".join(body)}</tbody></table></div>'


def bold(cell: Cell) -> Cell:
    """Return a cell that stands out."""
    return f"<strong>{cell}</strong>"


def figures(drawn: Iterable[Figure]) -> str:
    """Return figures side by side, as many as there is room for."""
    return f'<div class="figures">{"".join(map(_figure, drawn))}</div>'


def _figure(figure: Figure) -> str:
    title, caption = html.escape(figure.title), html.escape(figure.caption)
    return f"<figure><h3>{title}</h3>{figure.svg}<figcaption>{caption}</figcaption></figure>"
