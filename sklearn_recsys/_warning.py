"""Warn at the caller's line, however deep in the library the reason is found."""
# SPDX-License-Identifier: BSD-3-Clause

import sys
import warnings

__all__ = ["warn_caller"]

# A recommender within a search or an ensemble is fitted by these, at nobody's line.
_TRANSPARENT = {"sklearn_recsys", "sklearn", "joblib"}


def warn_caller(message: str, category: type[Warning]) -> None:
    """Issue a warning that points at the innermost line which is not of the library.

    scikit-learn and joblib count as the library, since they fit what is given to a search and the
    members of an ensemble. A fixed `stacklevel` would point elsewhere for each way there.

    Parameters
    ----------
    message : str
        What is told.
    category : type of Warning
        Its kind, such as `sklearn_recsys.exceptions.DataWarning`.
    """
    # Not skip_file_prefixes, which Python 3.11 does not have.
    level, frame = 2, sys._getframe(1)
    while frame.f_back is not None:
        name = frame.f_globals.get("__name__") or ""
        if name.partition(".")[0] not in _TRANSPARENT:
            break
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level)
