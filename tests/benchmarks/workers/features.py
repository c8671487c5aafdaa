"""The features of people and films that the benchmarks are about."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.preprocessing import OneHotEncoder

from sklearn_recsys.feature_extraction import GenreTfidf
from sklearn_recsys.interactions import FeatureTable
from sklearn_recsys.preprocessing import AgeBinner

__all__ = ["load_tables", "make_tables"]


def make_tables(
    users: pd.DataFrame, items: pd.DataFrame, *, fit_on: str = "seen"
) -> dict[str, FeatureTable]:
    """Return the tables by the names of a model's parameters; ids are in the index.

    A user has a gender, an occupation (one-hot) and an age (bins), an item its genres (tf-idf).
    """
    one_hot = OneHotEncoder(handle_unknown="ignore")
    of_user = ColumnTransformer(
        [("onehot", one_hot, ["gender", "occupation"]), ("age", AgeBinner(), ["age"])]
    )
    of_item = ColumnTransformer([("tfidf", GenreTfidf(), "genre")])
    return {
        "user_features": FeatureTable(users, of_user, fit_on=fit_on),
        "item_features": FeatureTable(items, of_item, fit_on=fit_on),
    }


def load_tables(path: str) -> dict[str, FeatureTable]:
    """Return the tables of a shape, whose ids are codes.

    All rows have a part in the transformers: the peers are given finished matrices.
    """
    with np.load(path) as file:
        users = pd.DataFrame({name: file[name] for name in ("gender", "occupation", "age")})
        items = pd.DataFrame({"genre": file["genre"]})
    for frame, name in ((users, "user"), (items, "item")):
        frame.index.name = name
    return make_tables(users.astype({"age": float}), items, fit_on="all")
