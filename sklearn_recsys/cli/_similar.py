"""Fit one recommender and list the items most like others."""
# SPDX-License-Identifier: BSD-3-Clause

import argparse

from sklearn_recsys.cli._ids import find_ids
from sklearn_recsys.cli._models import fit, know, require_tag
from sklearn_recsys.cli._output import write_result
from sklearn_recsys.cli._progress import say
from sklearn_recsys.cli._titles import add_titles

__all__ = ["run"]


def run(options: argparse.Namespace) -> None:
    """List the items most like those asked for."""
    if options.load is None:
        require_tag(options, "similar_items", "cannot tell which items are alike")
    known = know(options)
    items = find_ids(options.item, known.items, option="--item", column=known.item_name)
    model = fit(options, known)
    if not hasattr(model, "similar_items"):
        raise ValueError(f"{options.load} holds {model}, which cannot tell which items are alike.")
    found = model.similar_items(items, options.n_items)
    item, similar = found.columns[:2]
    for asked in items:
        title = "" if known.titles is None else f" ({known.titles.get(asked, 'without title')})"
        n_found = int((found[item] == asked).sum())
        say(f"similar to {asked}{title}: {n_found} items")
    table = add_titles(found[[item, "rank", similar, "score"]], similar, known.titles)
    write_result(table, options)
