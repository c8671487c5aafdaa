"""Tell what is in a table of interactions."""
# SPDX-License-Identifier: BSD-3-Clause

import argparse

from sklearn_recsys.cli._data import read
from sklearn_recsys.cli._output import format_of, object_lines, write_lines, write_result
from sklearn_recsys.interactions import describe_interactions

__all__ = ["run"]


def run(options: argparse.Namespace) -> None:
    """Report what is in the table; as CSV a line, and as JSON an entry, for each figure."""
    X, _ = read(options, n_columns=4)
    description = describe_interactions(X)
    form = format_of(options)
    if form == "table":
        write_lines(str(description).splitlines(), options)
        return
    figures = description.to_frame()
    if form == "json":
        write_lines(object_lines(dict(figures.itertuples(index=False))), options)
    else:
        write_result(figures, options)
