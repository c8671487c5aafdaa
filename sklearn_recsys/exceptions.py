"""Errors and warnings of the library."""
# SPDX-License-Identifier: BSD-3-Clause

__all__ = [
    "DataWarning",
    "FormatVersionError",
    "PerformanceWarning",
    "UnknownIdError",
    "UnsafeFileError",
]


class DataWarning(UserWarning):
    """Warn about the data: legal, but probably not what was meant."""


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
