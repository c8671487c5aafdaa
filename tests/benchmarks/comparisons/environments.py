"""One virtual environment for each peer, made once and kept in the cache folder."""
# SPDX-License-Identifier: BSD-3-Clause

import subprocess
import sys
from pathlib import Path

__all__ = ["PEERS", "Unavailable", "find_python", "make_environment"]

PEERS = {
    "of_implicit": ["implicit==0.7.3", "threadpoolctl"],
    "of_irspack": ["irspack==0.5.2", "threadpoolctl"],
    "of_lightfm": ["lightfm-next==1.19.0", "threadpoolctl"],
    "of_rectools": ["rectools==0.19.0"],
    "of_sparse_dot_topn": ["sparse_dot_topn==1.2.0", "psutil"],
}


class Unavailable(Exception):
    """A peer cannot be installed or does not run here."""


def find_python(worker: str, cache: Path) -> Path:
    """Return the interpreter for a worker; ours and scikit-learn's is the one that runs this."""
    if worker not in PEERS:
        return Path(sys.executable)
    return make_environment(cache / "environments" / worker, PEERS[worker])


def make_environment(folder: Path, requirements: list[str]) -> Path:
    """Return the interpreter of an environment, which is made unless it is there already."""
    python, done = folder / "bin" / "python", folder / "requirements.txt"
    wanted = "\n".join(requirements)
    if done.exists() and done.read_text(encoding="utf-8") == wanted:
        return python
    subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
    install = [python, "-m", "pip", "install", "--quiet", *requirements]
    outcome = subprocess.run(install, capture_output=True, text=True, check=False)
    if outcome.returncode:
        reason = outcome.stderr.strip().splitlines()[-1:]
        raise Unavailable(f"{requirements[0]} cannot be installed: {' '.join(reason)}")
    done.write_text(wanted, encoding="utf-8")
    return python
