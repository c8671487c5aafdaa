"""The tables and the drawing of the performance page, from the results of ``peers.py``."""
# SPDX-License-Identifier: BSD-3-Clause

import json
import math
from pathlib import Path

from drawing import Drawing

__all__ = ["draw", "read_results", "tables"]

# Pixels on a phone. A bar ends at the right edge if it stands for this many times the speed.
WIDTH, ROW, LARGEST = 358, 40, 32
TIMES = "\N{MULTIPLICATION SIGN}"


def read_results(path: Path) -> dict[str, dict]:
    """Return the results of each goal."""
    return json.loads(path.read_text(encoding="utf-8"))


def tables(results: dict[str, dict]) -> str:
    """Return a sentence on all goals, and a heading and a table for each."""
    rows = [row for goal in results.values() for row in goal["rows"]]
    judged = [row["verdict"] for row in rows if row["verdict"] in ("met", "missed")]
    lines = [f"**{judged.count('met')} of {len(judged)} goals are met.** {_introduce(results)}", ""]
    for name, goal in results.items():
        lines += [f"### {name}: {goal['goal']}", "", *_table(goal), ""]
    return "\n".join(lines)


def draw(results: dict[str, dict]) -> str:
    """Return how many times as fast as its peer each job is, as SVG: medians, least and largest."""
    rows = [row for goal in results.values() for row in goal["rows"] if _is_race(row)]
    rows.sort(key=lambda row: -_speed(row)[0])
    drawing = Drawing(WIDTH, ROW * len(rows) + 30, "How many times as fast as its peer each job is")
    for times in (1, 2, 4, 8, 16, 32):
        x = _place(times)
        drawing.line(x, 16, x, ROW * len(rows) + 20, "grid")
        drawing.text(x - (10 if times > 16 else 0), 11, f"{times} {TIMES}", "note middle")
    for number, row in enumerate(rows):
        _draw_row(drawing, row, 20 + ROW * number)
    return drawing.svg(style="max-width: 46rem")


def _draw_row(drawing: Drawing, row: dict, top: int) -> None:
    middle, least, largest = _speed(row)
    start, end = sorted((_place(1), _place(middle)))
    drawing.text(2, top + 13, f"{row['goal']}  {_shorten(row['job'])}: {row['peer']}", "note")
    drawing.box(start, top + 18, round(end - start, 1), 12, "faster" if middle > 1 else "slower")
    drawing.line(_place(least), top + 24, _place(largest), top + 24)
    drawing.text(max(_place(largest), _place(1)) + 5, top + 28, f"{middle:.1f} {TIMES}", "note")


def _place(times: float) -> float:
    """Return where a speed stands: logarithmic, from half as fast to the largest."""
    share = math.log(2 * min(max(times, 0.5), LARGEST)) / math.log(2 * LARGEST)
    # Room at the right for a label of the fastest.
    return round(4 + share * (WIDTH - 40), 1)


def _is_race(row: dict) -> bool:
    """Tell whether a row compares seconds from codes on, at equal quality, with another library."""
    return (
        row["kind"] in ("ours / peer", "peer / ours")
        and bool(row["ratio"])
        and row["quality_is_equal"]
        and row["peer"] != "sgemm alone"  # a part of the work
        and "extra MB" not in row["job"]
        and "from the table" not in row["job"]
    )


def _speed(row: dict) -> tuple[float, float, float]:
    """Return how many times as fast: median, least and largest."""
    middle, least, largest = row["ratio"]
    if row["kind"] == "ours / peer":
        return 1 / middle, 1 / largest, 1 / least
    return middle, least, largest


def _shorten(job: str) -> str:
    job = job.removesuffix(": from codes on").replace(", from codes on", "")
    job = job.split(" (implicit with")[0].replace("iteration(s)", "iterations")
    return job.replace(", ML-1M", "").replace(" 10 epochs,", "").replace(", 10 epochs", "")


def _introduce(results: dict[str, dict]) -> str:
    machine = next(reversed(results.values()))["machine"]
    days = sorted({goal["date"] for goal in results.values()})
    versions = {}
    for goal in results.values():
        for each in goal["machine"]["libraries"].values():
            versions |= each
    names = ", ".join(f"{name} {version}" for name, version in sorted(versions.items()))
    return (
        f"{' to '.join(dict.fromkeys([days[0], days[-1]]))}, {machine['cores']} cores of an "
        f"{machine['processor']}, Python {machine['python']}, sklearn-recsys "
        f"{machine['sklearn_recsys']}, {names}."
    )


def _table(goal: dict) -> list[str]:
    head = "| job | peer | ours | inner | peer's | result | wanted | verdict | quality |"
    return [head, "|---" * 9 + "|", *map(_line, goal["rows"])]


def _line(row: dict) -> str:
    unit = " MB" if "extra MB" in row["job"] else " s"
    own = [_figure(row[key], unit) for key in ("ours", "ours_inner", "other")]
    result = _result(row)
    cells = [row["job"], row["peer"] or "", *own, result, _wanted(row), row["verdict"].strip("-")]
    return "| " + " | ".join([*cells, row["quality"] or ""]) + " |"


def _figure(value: float | None, unit: str) -> str:
    if value is None:
        return ""
    return f"{value:.0f}{unit}" if unit == " MB" else f"{value:.3g}{unit}"


def _result(row: dict) -> str:
    if not row["ratio"] or not row["quality_is_equal"]:
        return ""
    middle, least, largest = row["ratio"]
    spread = "" if least == largest else f" [{least:.3g} .. {largest:.3g}]"
    return f"{middle:.3g}{_unit(row)}{spread}"


def _wanted(row: dict) -> str:
    if row["bound"] is None:
        return ""
    sign = "≥" if row["kind"] == "peer / ours" else "≤"
    return f"{sign} {row['bound']:.3g}{_unit(row)}"


def _unit(row: dict) -> str:
    return {"s": " s", "MB": " MB", "peer / ours": f" {TIMES}"}.get(row["kind"], "")
