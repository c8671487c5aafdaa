"""Errors and warnings of the library."""
# SPDX-License-Identifier: BSD-3-Clause

__all__ = ["DataWarning", "UnknownIdError"]


class DataWarning(UserWarning):
    """Warn about the data: legal, but probably not what was meant."""


class UnknownIdError(ValueError):
    """Raise for an id that was not seen in ``fit`` and is in no feature table.

    A ``ValueError`` rather than a ``KeyError``, so that scikit-learn's searches with
    ``error_score`` treat it as any other bad input and its message prints unquoted.
    """
