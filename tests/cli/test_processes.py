"""The command line behaves in a shell: pipes, Ctrl-C, full disks, a quick start."""
# SPDX-License-Identifier: BSD-3-Clause

import os
import signal
import subprocess
import sys
from importlib import metadata

import pytest

from sklearn_recsys.cli import main

COMMAND = [sys.executable, "-m", "sklearn_recsys"]

needs_signals = pytest.mark.skipif(os.name != "posix", reason="sends a signal of POSIX")


def start(*arguments, **options):
    return subprocess.Popen([*COMMAND, *arguments], stderr=subprocess.PIPE, text=True, **options)


def test_help_comes_without_loading_pandas():
    code = (
        "import sys\n"
        "from sklearn_recsys.cli import main\n"
        "try:\n    main(['--help'])\n"
        "except SystemExit:\n    print({'numpy', 'pandas', 'sklearn'} & set(sys.modules))\n"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert all(name in done.stdout for name in ["compare", "recommend", "similar", "describe"])
    assert done.stdout.endswith("set()\n")


def test_the_version_is_told():
    done = subprocess.run([*COMMAND, "--version"], capture_output=True, text=True, check=True)

    assert done.stdout == f"sklearn-recsys {metadata.version('sklearn-recsys')}\n"


@pytest.mark.parametrize("command", ["compare", "recommend", "similar", "describe"])
def test_every_command_explains_its_options(capsys, command):
    with pytest.raises(SystemExit, match="0"):
        main([command, "--help"])

    assert "--no-header" in capsys.readouterr().out


@needs_signals
def test_a_reader_that_leaves_early_is_no_error(table):
    # More than a pipe holds, so that writing fails whenever the reader leaves.
    rows = [f"user{user},item{(user * 7 + n) % 90}" for user in range(900) for n in range(9)]
    words = ["--all-users", "--model", "popularity", "--n-items", "20"]

    with start("recommend", table(["user,item", *rows]), *words, stdout=subprocess.PIPE) as process:
        first = process.stdout.readline()
        process.stdout.close()
        err = process.stderr.read()

    assert first.split() == ["user", "rank", "item", "score"]
    assert process.returncode == 141
    assert "Error" not in err


@needs_signals
def test_control_c_ends_without_a_traceback():
    # What a shell runs in the background ignores the signal, and so do the children of that.
    code = (
        "import signal, sys; from sklearn_recsys.cli import main; "
        "signal.signal(signal.SIGINT, signal.default_int_handler); sys.exit(main(['compare']))"
    )
    words = [sys.executable, "-c", code]

    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as process:
        process.stderr.readline()
        process.send_signal(signal.SIGINT)
        err = process.stderr.read()

    assert process.returncode == 130
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("error", "code", "last"),
    [
        (KeyboardInterrupt(), 130, ""),
        (MemoryError(), 2, "error: there is not enough memory for this table."),
    ],
)
def test_what_stops_a_command_is_no_traceback(pairs, monkeypatch, capsys, error, code, last):
    def stop(_):
        raise error

    monkeypatch.setattr("sklearn_recsys.cli._describe.run", stop)

    assert main(["describe", pairs]) == code
    assert capsys.readouterr().err.strip() == last


@pytest.mark.slow
@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")
def test_a_full_disk_is_one_sentence(pairs):
    with open("/dev/full", "w") as full:
        words = [*COMMAND, "recommend", pairs, "--user", "u1"]
        done = subprocess.run(words, stdout=full, stderr=subprocess.PIPE, text=True, check=False)

    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == (
        "error: cannot write the result: No space left on device."
    )
