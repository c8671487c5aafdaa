"""Run a command, and turn what is wrong with its input into one sentence."""
# SPDX-License-Identifier: BSD-3-Clause

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from typing import TextIO

from sklearn_recsys.cli._arguments import parser
from sklearn_recsys.cli._progress import say
from sklearn_recsys.cli._wording import reword

__all__ = ["main"]

# What argparse itself exits with when the arguments are wrong.
_EXIT_WRONG_INPUT = 2
# What a shell reports of a process that one of these signals ended: 128 and the signal's number.
_EXIT_INTERRUPTED = 130
_EXIT_BROKEN_PIPE = 141


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code.

    Parameters
    ----------
    arguments : sequence of str or None, default=None
        The words after ``python -m sklearn_recsys``; None takes those of the process.

    Returns
    -------
    int
        0; 2 where the arguments or the file cannot be used; 130 after Ctrl-C; 141 where the reader
        of the output has gone, as ``head`` does.
    """
    try:
        return _run(parser().parse_args(arguments))
    except KeyboardInterrupt:
        return _EXIT_INTERRUPTED
    except BrokenPipeError:
        _drop_output(sys.__stdout__, sys.__stderr__)
        return _EXIT_BROKEN_PIPE


def _run(options: argparse.Namespace) -> int:
    try:
        # These load pandas and scikit-learn, which --help does without.
        from sklearn_recsys.cli._output import check_output

        check_output(options)
        importlib.import_module(options.module).run(options)
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        _drop_output(sys.__stdout__)  # a full disk would be met again at exit
        say(f"error: cannot write the result: {error.strerror}.")
    except MemoryError:
        say("error: there is not enough memory for this table.")
    except (ImportError, TypeError, ValueError) as error:
        say(f"error: {reword(str(error))}")
    else:
        return 0
    return _EXIT_WRONG_INPUT


def _drop_output(*streams: TextIO | None) -> None:
    """Send to nowhere what the interpreter would still flush to broken streams at its exit."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in streams:
        if stream is not None:
            os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
