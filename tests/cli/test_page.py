"""The user guide shows what the commands print."""
# SPDX-License-Identifier: BSD-3-Clause

import doctest
import re
import shlex
from pathlib import Path

import pytest

from sklearn_recsys._kernels import backend
from sklearn_recsys.cli import main

PAGE = Path(__file__).parents[2] / "docs" / "user_guide" / "command_line.md"

pytestmark = pytest.mark.skipif(not PAGE.exists(), reason="reads the source tree's documentation")


def sessions():
    """Yield each command of the page with what it is said to print."""
    text = PAGE.read_text(encoding="utf-8")
    for block in re.findall(r"```console\n(.*?)```", text, flags=re.DOTALL):
        for session in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, printed = session.partition("\n")
            yield shlex.split(command), printed


def check(found, expected):
    checker = doctest.OutputChecker()
    assert checker.check_output(expected, found, doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)


@pytest.mark.parametrize(
    "slow", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["quick", "compare"]
)
def test_the_commands_print_what_the_page_shows(tmp_path, monkeypatch, capsys, slow):
    if slow and backend() == "numpy":
        pytest.skip("SLIM's search takes minutes without compiled kernels")
    monkeypatch.chdir(tmp_path)
    n_run = 0
    for (program, *words), printed in sessions():
        if program == "cat":
            (tmp_path / words[0]).write_text(printed, encoding="utf-8")
        elif ("compare" in words) == slow:
            is_refused = printed.startswith("error: ")
            assert main(words[2:]) == (2 if is_refused else 0)
            out, err = capsys.readouterr()
            check(err.splitlines()[-1] if is_refused else out, printed)
            n_run += 1

    assert n_run >= (1 if slow else 5)
