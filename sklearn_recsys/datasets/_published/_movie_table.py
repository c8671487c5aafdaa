"""The table of films that all MovieLens archives lead to."""
# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import pandas as pd

__all__ = ["movie_table"]

# The year stands last; television and video films of ML-100K have a mark behind it.
_TITLE = r"^\s*(?P<name>.*?)\s*\((?P<year>\d{4})\)\s*(?:\(T?V\))?\s*$"


def movie_table(ids: list[int], titles: list[str], genres: list[str]) -> pd.DataFrame:
    """Return films by id, with the title as published and split into name and year."""
    title = pd.Series(titles, dtype=object)
    parts: Any = title.str.extract(_TITLE)
    return pd.DataFrame(
        {
            "movie_id": pd.Series(ids, dtype="int64"),
            "title": titles,
            "name": parts["name"].where(parts["name"].notna(), title.str.strip()).tolist(),
            "year": pd.to_numeric(parts["year"]).astype("Int64"),
            "genre": [genre or "(no genres listed)" for genre in genres],
        }
    )
