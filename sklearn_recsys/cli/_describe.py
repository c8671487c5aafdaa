"""Tell what is in a table of interactions."""
# SPDX-License-Identifier: BSD-3-Clause

import argparse
from dataclasses import replace

from sklearn_recsys.cli._data import read, remarks_said
from sklearn_recsys.cli._output import format_of, object_lines, write_lines, write_result
from sklearn_recsys.cli._titles import count_items
from sklearn_recsys.interactions import describe_interactions

__all__ = ["run"]


def run(options: argparse.Namespace) -> None:
    """Report what is in the table; as CSV a line, and as JSON an entry, for each figure."""
    with remarks_said() as remarks:
        X, _ = read(options, n_columns=4, on_missing="drop")
    description = describe_interactions(X, items=count_items(options, X.iloc[:, 1].unique()))
    # What was left out when the table was read is part of the report.
    description = replace(description, notes=(*remarks, *description.notes))
    form = format_of(options)
    if form == "table":
        write_lines(str(description).splitlines(), options)
        return
    figures = description.to_frame()
    if form == "json":
        write_lines(object_lines(dict(figures.itertuples(index=False))), options)
    else:
        write_result(figures, options)
