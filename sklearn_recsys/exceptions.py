"""Errors and warnings of the library."""
# SPDX-License-Identifier: BSD-3-Clause

__all__ = [
    "DataWarning",
    "EvaluationWarning",
    "FormatVersionError",
    "PerformanceWarning",
    "UnknownIdError",
    "UnsafeFileError",
]


class DataWarning(UserWarning):
    """Warn about the data: legal, but probably not what was meant."""


class EvaluationWarning(UserWarning):
    r"""Warn that an evaluation says something else than it seems to say.

    The message begins with a code in brackets, such as ``[EVAL002]``, which the user guide explains
    and by which one kind is silenced:
    ``warnings.filterwarnings("ignore", message=r"\[EVAL002\]")``.
    """

    @property
    def code(self) -> str:
        """The code that the message begins with, or "" where there is none."""
        text = str(self)
        return text[1 : text.index("]")] if text.startswith("[") and "]" in text else ""


class PerformanceWarning(UserWarning):
    """Warn that something works, but much more slowly than it could."""


class UnknownIdError(ValueError):
    """Raise for an id that was not seen in ``fit`` and is in no feature table.

    A ``ValueError`` rather than a ``KeyError``, so that scikit-learn's searches with
    ``error_score`` treat it as any other bad input and its message prints unquoted.
    """


class FormatVersionError(ValueError):
    """Raise for a saved file whose format is newer than this version of the library knows.

    Nothing but the version has been read then: upgrade sklearn-recsys, or save the model again
    with the version that is installed here.
    """


class UnsafeFileError(ValueError):
    """Raise for a file that is damaged, was not written by ``save``, or holds what is not trusted.

    Nothing in the file has been run then, and its size bounds the memory that reading it took.
    """
