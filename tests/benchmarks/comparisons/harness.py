"""Let two processes take turns at the same job, and compare what they answer."""
# SPDX-License-Identifier: BSD-3-Clause

import json
import os
import re
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from comparisons.environments import Unavailable, find_python

__all__ = [
    "Bench",
    "Row",
    "Worker",
    "alternate",
    "compare",
    "failed",
    "note",
    "spread",
    "use_inner",
]

WORKERS = Path(__file__).resolve().parents[1] / "workers"
ROOT = Path(__file__).resolve().parents[3]
# Of the processors' threads, on both sides.
N_THREADS = 2


@dataclass
class Bench:
    """Hold what every goal is measured with."""

    cache: Path
    pairs: int = 5
    quick: bool = False
    versions: dict[str, dict[str, str]] = field(default_factory=dict)

    @contextmanager
    def workers(self, *names_and_jobs):
        """Start workers, one for each (name, job, arguments), and stop them at the end."""
        started = []
        try:
            for name, job, arguments in names_and_jobs:
                started.append(Worker(name, find_python(name, self.cache)))
                self.versions[name] = started[-1].load(job, arguments)
            yield started
        finally:
            for worker in started:
                worker.stop()


class Worker:
    """Speak with a process that does jobs of one library."""

    def __init__(self, name: str, python: Path):
        self.name = name
        self.errors = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115
        environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
        if python == Path(sys.executable):
            environment["PYTHONPATH"] = str(ROOT)
        self.process = subprocess.Popen(
            [python, WORKERS / "serve.py", name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            text=True,
            env=environment,
        )

    def load(self, job: str, arguments: dict) -> dict:
        return self.ask({"job": job, "with": arguments})["versions"]

    def run(self, **options) -> dict:
        return self.ask({"run": options})

    def ask(self, request: dict) -> dict:
        try:
            print(json.dumps(request), file=self.process.stdin, flush=True)
            answer = json.loads(self.process.stdout.readline() or "{}")
        except BrokenPipeError:
            answer = {}
        if answer and "error" not in answer:
            return answer
        self.errors.seek(0)
        print(self.errors.read(), file=sys.stderr, flush=True)
        reason = answer.get("error", "its process ended")
        raise Unavailable(f"{self.name}: {reason}")

    def stop(self) -> None:
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()
        self.errors.close()


def alternate(ours: Worker, peer: Worker, options, peer_options=None, *, pairs: int, warm=True):
    """Return the answers of `pairs` pairs of runs, back to back, each side first in turn.

    `options` are a dictionary, or a function from the pair's number to one.
    """
    sides = [(ours, options), (peer, options if peer_options is None else peer_options)]
    answers = []
    for pair in range(-1 if warm else 0, pairs):
        found = {}
        for worker, given in sides if pair % 2 else sides[::-1]:
            chosen = given(max(pair, 0)) if callable(given) else given
            found[worker] = worker.run(**chosen)
        if pair >= 0:
            answers.append((found[ours], found[peer]))
    return answers


@dataclass
class Row:
    """Hold one line of the results.

    `kind` says what the ratio is: "ours / peer" or "peer / ours", or a unit where there is no
    peer. A bound is the largest ratio allowed, or for "peer / ours" the smallest; None where the
    line only informs.
    """

    goal: str
    job: str
    peer: str
    kind: str
    bound: float | None
    ratio: tuple[float, float, float] | None = None
    ours: float | None = None
    ours_inner: float | None = None
    other: float | None = None
    quality: str = ""
    quality_is_equal: bool = True
    problem: str = ""

    @property
    def verdict(self) -> str:
        if self.problem:
            return f"not measured: {self.problem}"
        if not self.quality_is_equal:
            return "failed: the quality differs"
        if self.bound is None:
            return "-"
        is_least = self.kind == "peer / ours"
        met = self.ratio[0] >= self.bound if is_least else self.ratio[0] <= self.bound
        return "met" if met else "missed"


def compare(row: Row, answers: list, *, measure: str = "seconds", inner=True) -> Row:
    """Fill a row in with the ratios of the pairs."""
    ours = [mine[measure] for mine, _ in answers]
    other = [theirs[measure] for _, theirs in answers]
    pairs = list(zip(ours, other, strict=True))
    is_upside_down = row.kind == "peer / ours"
    row.ratio = spread([b / a if is_upside_down else a / b for a, b in pairs])
    row.ours, row.other = median(ours), median(other)
    if inner and f"inner_{measure}" in answers[0][0]:
        row.ours_inner = median(mine[f"inner_{measure}"] for mine, _ in answers)
    return row


def use_inner(answers: list) -> list:
    """Take the part of our answers that starts from codes, as the peers do."""
    inner = [name for name in ("seconds", "extra_mb") if f"inner_{name}" in answers[0][0]]
    return [
        (mine | {name: mine[f"inner_{name}"] for name in inner}, theirs) for mine, theirs in answers
    ]


def spread(values: list[float]) -> tuple[float, float, float]:
    """Return the median, the least and the largest."""
    return median(values), min(values), max(values)


def failed(row: Row, error: Exception) -> Row:
    # The results are published: they say nothing of where things lie on this machine.
    row.problem = re.sub(r" ?\(?/[\w./+-]+\)?", "", " ".join(str(error).split()))[:200]
    return row


def note(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
