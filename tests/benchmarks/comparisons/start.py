"""P9: what a fresh process waits for, and what an installation takes."""
# SPDX-License-Identifier: BSD-3-Clause

import os
import re
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from comparisons.environments import Unavailable, make_environment
from comparisons.harness import N_THREADS, ROOT, Bench, Row, failed, note, spread
from comparisons.shapes import find_data

__all__ = ["measure_start"]

IMPORT = """
import sklearn
from time import perf_counter
started = perf_counter()
{statement}
print(perf_counter() - started)
"""
FIRST_FIT = """
from time import perf_counter
import numpy as np, pandas as pd
with np.load({path!r}) as data:
    X = pd.DataFrame({{"user": data["users"], "item": data["items"]}})
from sklearn_recsys.decomposition import ALSRecommender
model = ALSRecommender(64, max_iter=1, random_state=0, n_jobs={n_threads})
seconds = []
for _ in range(3):
    started = perf_counter()
    model.fit(X)
    seconds.append(perf_counter() - started)
print(seconds[0] - min(seconds[1:]))
"""


def measure_start(bench: Bench) -> list[Row]:
    note("P9: wheel, imports, first fit")
    with TemporaryDirectory() as folder:
        try:
            build = Row("P9", "build of the wheel, with the download of its tools", "", "s", None)
            wheel = build_wheel(build, Path(folder))
            python = install(wheel, bench.cache)
        except Unavailable as error:
            return [failed(build, error)]
        size = wheel.stat().st_size / 2**20
        sizes = [
            Row("P9", "size of the wheel", "", "MB", None, (size, size, size)),
            weigh_installed(python),
        ]
    return [*measure_scripts(bench, python), *sizes, build]


def measure_scripts(bench: Bench, python: Path) -> list[Row]:
    path = find_data("ML-1M", bench.cache)
    scripts = [
        ("import sklearn_recsys, after import sklearn", "import sklearn_recsys", 0.1),
        (
            "import of ALSRecommender, after import sklearn",
            "from sklearn_recsys.decomposition import ALSRecommender",
            None,
        ),
    ]
    rows = []
    for job, statement, bound in scripts:
        row = Row("P9", job, "", "s", bound)
        rows.append(repeat(bench, row, python, IMPORT.format(statement=statement)))
    # Compilation at first use would take seconds; a fifth of one is for lazy imports.
    row = Row("P9", "first fit in a process beyond the second, ALS, ML-1M", "", "s", 0.2)
    script = FIRST_FIT.format(path=path, n_threads=N_THREADS)
    return [*rows, repeat(bench, row, python, script)]


def repeat(bench: Bench, row: Row, python: Path, script: str) -> Row:
    """Run a script that prints its seconds in fresh processes; the first of them does not count."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    command, seconds = [python, "-c", script], []
    for _ in range(bench.pairs + 1):
        outcome = subprocess.run(
            command, capture_output=True, text=True, env=environment, cwd="/", check=False
        )
        if outcome.returncode:
            return failed(row, Unavailable(outcome.stderr.strip().splitlines()[-1]))
        seconds.append(float(outcome.stdout))
    row.ratio = spread(seconds[1:])
    return row


def build_wheel(row: Row, folder: Path) -> Path:
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", folder, ROOT]
    environment = os.environ | {"SKLEARN_RECSYS_REQUIRE_NATIVE": "1"}
    started = time.perf_counter()
    outcome = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if outcome.returncode:
        raise Unavailable(outcome.stderr.strip().splitlines()[-1])
    row.ratio = spread([time.perf_counter() - started])
    (wheel,) = folder.glob("*.whl")
    return wheel


def install(wheel: Path, cache: Path) -> Path:
    needed = ["numpy", "scipy", "pandas", "scikit-learn"]
    python = make_environment(cache / "environments" / "ours", needed)
    pip = [python, "-m", "pip", "install", "--quiet", "--force-reinstall", "--no-deps", wheel]
    subprocess.run(pip, check=True, capture_output=True)
    return python


def weigh_installed(python: Path) -> Row:
    """Add up the package's own files, compiled bytecode included."""
    packages = next(python.parents[1].glob("lib/python*/site-packages"))
    files = [
        file
        for file in packages.rglob("*")
        if re.match("sklearn_recsys", file.relative_to(packages).parts[0]) and file.is_file()
    ]
    size = sum(file.stat().st_size for file in files) / 2**20
    return Row("P9", "installed size of our own", "", "MB", 10, (size, size, size))
