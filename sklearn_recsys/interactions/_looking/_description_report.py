"""Lay figures out as aligned text, and as an HTML table for notebooks."""
# SPDX-License-Identifier: BSD-3-Clause

import html
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Block", "as_html", "as_text", "format_number", "format_share"]

_WIDTH = 79

# Grey at 40 % and inherited colours are readable on a white page and on a black one.
_STYLE = """
.sklearn-recsys-description {display: flex; flex-wrap: wrap; gap: 0 2.5em; color: inherit}
.sklearn-recsys-description > * {flex-basis: 100%; margin: .3em 0}
.sklearn-recsys-description > table {flex-basis: auto; align-self: flex-start}
.sklearn-recsys-description table {border-collapse: collapse; background: none; color: inherit}
.sklearn-recsys-description caption {text-align: left; font-weight: bold; color: inherit}
.sklearn-recsys-description tr {background: none}
.sklearn-recsys-description td, .sklearn-recsys-description th {
  text-align: right; padding: .15em .5em; color: inherit; background: none;
  border-bottom: 1px solid rgba(128, 128, 128, .4); font-variant-numeric: tabular-nums}
.sklearn-recsys-description tr > :first-child {text-align: left; font-weight: normal}
"""


@dataclass(frozen=True)
class Block:
    """Hold one table of a report, all of whose cells are text.

    Attributes
    ----------
    heading : str
        What the table is about.
    rows : sequence of sequence of str
        A label and figures, as many in each row.
    header : sequence of str or None
        Names of the columns, the labels' included.
    """

    heading: str
    rows: Sequence[Sequence[str]]
    header: Sequence[str] | None = None


def as_text(title: str, blocks: Sequence[Block], notes: Sequence[str]) -> str:
    """Return a report in lines of less than 80 columns."""
    lines = [_shorten(title, _WIDTH)]
    # The figures of all tables without a header stand below each other.
    plain = [row for block in blocks if block.header is None for row in block.rows]
    widths = _measure(plain)
    for block in blocks:
        lines += ["", block.heading]
        if block.header is None:
            lines += [_align(row, widths) for row in block.rows]
        else:
            rows = [block.header, *block.rows]
            lines += [_align(row, _measure(rows)) for row in rows]
    if notes:
        lines += ["", "Notes"]
    for note in notes:
        lines += textwrap.wrap(note, _WIDTH, initial_indent="  - ", subsequent_indent="    ")
    return "\n".join(lines)


def as_html(title: str, blocks: Sequence[Block], notes: Sequence[str]) -> str:
    """Return a report as a piece of HTML that needs nothing else; all text is escaped."""
    parts = [f"<style>{_STYLE}</style>", f"<div><b>{html.escape(title)}</b></div>"]
    for block in blocks:
        rows = [_html_row("td", row) for row in block.rows]
        if block.header is not None:
            rows.insert(0, _html_row("th", block.header))
        caption = f"<caption>{html.escape(block.heading)}</caption>"
        parts.append(f"<table>{caption}{''.join(rows)}</table>")
    if notes:
        parts.append(f"<ul>{''.join(f'<li>{html.escape(note)}</li>' for note in notes)}</ul>")
    return f'<div class="sklearn-recsys-description">{"".join(parts)}</div>'


def format_number(number: float) -> str:
    """Return a whole number with its thousands apart, another to four digits."""
    if number != number:
        return "-"
    if abs(number) >= 1e12:
        return f"{number:.4g}"
    if float(number).is_integer():
        return f"{int(number):,}"
    return f"{number:,.1f}" if abs(number) >= 1000 else f"{number:.4g}"


def format_share(share: float) -> str:
    """Return a share in per cent."""
    if share != share:
        return "-"
    # Matrices of interactions are so sparse that two decimals may show nothing.
    digits = 2 if share == 0 or share >= 1e-3 else 5
    return f"{share:.{digits}%}".replace("%", " %")


def _measure(rows: Sequence[Sequence[str]]) -> list[int]:
    columns: dict[int, int] = {}
    for row in rows:
        for place, cell in enumerate(row):
            columns[place] = max(columns.get(place, 0), len(cell))
    return list(columns.values())


def _align(row: Sequence[str], widths: Sequence[int]) -> str:
    label, *figures = row
    cells = [label.ljust(widths[0])]
    cells += [cell.rjust(width) for cell, width in zip(figures, widths[1:], strict=False)]
    return ("  " + "  ".join(cells)).rstrip()


def _shorten(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"


def _html_row(tag: str, cells: Sequence[str]) -> str:
    return f"<tr>{''.join(f'<{tag}>{html.escape(cell)}</{tag}>' for cell in cells)}</tr>"
