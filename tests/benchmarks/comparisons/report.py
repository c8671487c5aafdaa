"""The results as a file that a later run adds to, and as a table."""
# SPDX-License-Identifier: BSD-3-Clause

import json
import os
import platform
import re
from dataclasses import asdict
from datetime import date
from pathlib import Path

from comparisons.harness import Bench, Row

import sklearn_recsys
from sklearn_recsys import _kernels

__all__ = ["describe_machine", "introduce", "merge_results", "write_table"]

HEADER = (
    "| goal | job | peer | ours s | inner s | peer s | result | wanted | verdict | quality |\n"
    "|---|---|---|---|---|---|---|---|---|---|"
)


def describe_machine(bench: Bench) -> dict:
    """Describe what the figures depend on, and nothing that names the machine."""
    info = Path("/proc/cpuinfo")
    found = re.search(r"model name\s*:\s*(.+)", info.read_text()) if info.exists() else None
    return {
        "processor": found[1] if found else platform.machine(),
        "cores": os.cpu_count(),
        "load": [round(average, 1) for average in os.getloadavg()],
        "python": platform.python_version(),
        "sklearn_recsys": f"{sklearn_recsys.__version__}, {_kernels.backend()} kernels",
        "libraries": dict(sorted(bench.versions.items())),
    }


def introduce(bench: Bench) -> str:
    """Return one line on what the figures of this run depend on."""
    machine = describe_machine(bench)
    versions = {}
    for each in machine["libraries"].values():
        versions |= each
    names = "".join(f", {name} {version}" for name, version in sorted(versions.items()))
    return (
        f"{date.today()}, {machine['processor']}, {machine['cores']} cores, load "
        f"{machine['load'][0]}, Python {machine['python']}, sklearn_recsys "
        f"{machine['sklearn_recsys']}{names}."
    )


def merge_results(path: Path, goal: str, text: str, rows: list[Row], bench: Bench) -> dict:
    """Replace one goal's results in the file, and return all of them."""
    results = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    results[goal] = {
        "goal": text,
        "date": str(date.today()),
        "pairs": bench.pairs,
        "machine": describe_machine(bench),
        "rows": [asdict(row) | {"verdict": row.verdict} for row in rows],
    }
    results = dict(sorted(results.items(), key=lambda result: int(result[0][1:])))
    path.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    return results


def write_table(path: Path, results: dict) -> None:
    machine = next(reversed(results.values()))["machine"]
    libraries = {}
    for each in results.values():
        libraries |= each["machine"]["libraries"]
    days = sorted({each["date"] for each in results.values()})
    # Ours last, since its versions of NumPy and the like are those of most peers.
    versions = {}
    for name in sorted(libraries, key=lambda name: name == "ours"):
        versions |= libraries[name]
    names = ", ".join(f"{name} {version}" for name, version in sorted(versions.items()))
    lines = [
        f"{' to '.join(dict.fromkeys([days[0], days[-1]]))}, {machine['processor']}, "
        f"{machine['cores']} cores, Python {machine['python']}, sklearn_recsys "
        f"{machine['sklearn_recsys']}, {names}.\n",
        HEADER,
    ]
    lines += [as_line(row) for each in results.values() for row in each["rows"]]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def as_line(row: dict) -> str:
    is_memory = "extra MB" in row["job"]
    times = [figure(row[key], is_memory) for key in ("ours", "ours_inner", "other")]
    cells = [row["goal"], row["job"], row["peer"] or "-", *times, result(row), wanted(row)]
    return "| " + " | ".join([*cells, row["verdict"], row["quality"] or "-"]) + " |"


def figure(value: float | None, is_memory: bool) -> str:
    if value is None:
        return "-"
    return f"{value:.0f} MB" if is_memory else f"{value:.3f}"


def result(row: dict) -> str:
    if not row["ratio"] or not row["quality_is_equal"]:
        return "-"
    middle, least, largest = row["ratio"]
    if least == largest:
        return f"{middle:.2f}{unit_of(row)}"
    return f"{middle:.3f}{unit_of(row)} [{least:.3f} .. {largest:.3f}]"


def wanted(row: dict) -> str:
    if row["bound"] is None:
        return "-"
    sign = "≥" if row["kind"] == "peer / ours" else "≤"
    return f"{sign} {row['bound']:.3g}{unit_of(row)}"


def unit_of(row: dict) -> str:
    return {"s": " s", "MB": " MB", "peer / ours": " times"}.get(row["kind"], "")
