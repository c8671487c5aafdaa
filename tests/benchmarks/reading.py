"""Measure read_interactions: seconds and peak memory by format, and of the gate on what it returns.

Run it as ``python tests/benchmarks/reading.py FOLDER [ROWS]``; it writes its files (about 4 GB for
the 20 million rows of the default) into the folder, and leaves them there for another run. Each
measure is taken in a process of its own.
"""
# SPDX-License-Identifier: BSD-3-Clause

import csv
import ctypes
import gzip
import os
import platform
import re
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

import sklearn_recsys
from sklearn_recsys.datasets import read_interactions
from sklearn_recsys.interactions._validation import validate_interactions

N_ROWS = 20_000_000
N_USERS, N_ITEMS = 200_000, 50_000
ROWS_AT_A_TIME = 1_000_000
FILES = (
    "integers.csv",
    "text.csv",
    "quoted.csv",
    "movielens.dat",
    "integers.csv.gz",
    "integers.parquet",
    "text.parquet",
)


def main() -> None:
    if sys.argv[1:2] == ["--measure"]:
        measure(Path(sys.argv[2]))
        return
    folder = Path(sys.argv[1])
    n_rows = int(sys.argv[2]) if len(sys.argv) > 2 else N_ROWS
    folder.mkdir(parents=True, exist_ok=True)
    print(describe_machine(), end="\n\n")
    print("| file | MB | read s | result MB | peak MB | gate s | gate peak MB |")
    print("|---|---|---|---|---|---|---|", flush=True)
    for name in FILES:
        path = folder / f"{n_rows}_{name}"
        if not path.exists():
            write(path, name, n_rows)
        subprocess.run([sys.executable, __file__, "--measure", path], check=True)


def describe_machine() -> str:
    load = ", ".join(f"{average:.1f}" for average in os.getloadavg())
    return (
        f"{date.today()}, {os.cpu_count()} cores ({platform.machine()}), load {load}, "
        f"sklearn_recsys {sklearn_recsys.__version__}, NumPy {np.__version__}, pandas "
        f"{pd.__version__}, Python {platform.python_version()}"
    )


def measure(path: Path) -> None:
    """Read a file, encode it, and print how long both took and how far the process grew."""
    import_late(path)
    before = reset_peak()
    started = time.perf_counter()
    X = read_interactions(path)
    seconds = time.perf_counter() - started
    peak = peak_memory() - before
    size = X.memory_usage(deep=True).sum() / 2**20
    before = reset_peak()
    started = time.perf_counter()
    validate_interactions(X)
    gate = time.perf_counter() - started
    gate_peak = peak_memory() - before
    name = path.name.partition("_")[2]
    print(
        f"| {name} | {path.stat().st_size / 2**20:.0f} | {seconds:.1f} | {size:.0f} | {peak:.0f} "
        f"| {gate:.1f} | {gate_peak:.0f} |",
        flush=True,
    )


def import_late(path: Path) -> None:
    if path.suffix == ".parquet":
        import pyarrow.parquet  # noqa: F401 - its 60 MB are not the table's


def reset_peak() -> float:
    """Return the resident size in MB, and count the peak from here on; this is Linux's way."""
    # What the C library keeps of freed memory would hide what comes next.
    ctypes.CDLL(None).malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5")
    return status("VmRSS")


def peak_memory() -> float:
    """Return the largest resident size in MB; getrusage would count the parent's too."""
    return status("VmHWM")


def status(field: str) -> float:
    found = re.search(rf"{field}:\s*(\d+) kB", Path("/proc/self/status").read_text())
    return int(found[1]) / 1024


def write(path: Path, name: str, n_rows: int) -> None:
    """Write the same plays in one of the formats."""
    form, _, kind = name.partition(".")
    if kind == "parquet":
        write_parquet(path, form, n_rows)
        return
    is_movielens = form == "movielens"
    sep = "\x1f" if is_movielens else ","
    quoting = csv.QUOTE_NONNUMERIC if form == "quoted" else csv.QUOTE_MINIMAL
    for start in range(0, n_rows, ROWS_AT_A_TIME):
        X = make_plays(start, form in ("text", "quoted"), min(ROWS_AT_A_TIME, n_rows - start))
        header = not start and not is_movielens
        text = X.to_csv(index=False, sep=sep, header=header, quoting=quoting)
        data = text.replace("\x1f", "::").encode()
        with (gzip.open if kind.endswith("gz") else open)(path, "ab" if start else "wb") as file:
            file.write(data)


def write_parquet(path: Path, form: str, n_rows: int) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    writer = None
    for start in range(0, n_rows, ROWS_AT_A_TIME):
        X = make_plays(start, form == "text", min(ROWS_AT_A_TIME, n_rows - start))
        table = pa.Table.from_pandas(X, preserve_index=False)
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table)
    writer.close()


def make_plays(start: int, is_text: bool, n_rows: int) -> pd.DataFrame:
    """Draw plays of which a row depends on its number only through the block it is in."""
    rng = np.random.default_rng(start)
    users = rng.integers(N_USERS, size=n_rows)
    # Popularity falls with the square root of the rank.
    items = (rng.random(n_rows) ** 2 * N_ITEMS).astype(np.int64)
    X = pd.DataFrame({"user": users, "item": items})
    if is_text:
        X["user"] = np.array([f"user-{u * 7919:010x}" for u in range(N_USERS)])[users]
        X["item"] = np.array([f"SO{i * 104729:014d}" for i in range(N_ITEMS)])[items]
    X["rating"] = rng.integers(1, 11, size=n_rows) / 2
    X["timestamp"] = rng.integers(978_300_000, 1_700_000_000, size=n_rows)
    return X


if __name__ == "__main__":
    main()
