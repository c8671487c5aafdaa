"""The data of the benchmarks, as arrays of codes in files that every worker reads."""
# SPDX-License-Identifier: BSD-3-Clause

import os
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from workers.features import load_tables

from sklearn_recsys.datasets import load_movielens
from sklearn_recsys.model_selection import train_test_split_by_user

__all__ = ["SHAPES", "find_data", "find_features", "movielens", "write_shape"]

# Users, items, rows; exponent and shift of the popularity by rank, spread of the users' activity.
# The most popular item is chosen by half of the users of "20M", and by a fifth of those of
# "Last.fm", as in the data sets that they stand for.
SHAPES = {
    "20M": (138_000, 27_000, 20_000_000, 0.8, 20, 1.0),
    "Last.fm": (360_000, 290_000, 17_500_000, 0.9, 10, 0.3),
    "1M": (20_000, 10_000, 1_000_000, 0.8, 10, 0.8),
    "tiny": (120, 60, 1_500, 0.8, 5, 0.3),
}
USERS_AT_ONCE = 10_000
# Of "tiny" one row in five is held out, of the other drawn shapes none.
HELD_OUT = {"tiny": 5}
# Of "ML-1M, signs": ratings from here on are liked, those below are disliked.
LEAST_LIKED = 4


def find_data(name: str, cache: Path) -> str:
    """Return the path of a shape's file, which is written unless it is there already."""
    path = cache / "data" / f"{name}.npz"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        print(f"writing the data {name}", file=sys.stderr, flush=True)
        if name in READERS:
            write_shape(path, *READERS[name]())
        else:
            pairs, shape = draw(*SHAPES[name])
            held_out = np.arange(len(pairs[0])) % HELD_OUT.get(name, sys.maxsize) == 1
            write_shape(path, pairs[:, ~held_out], pairs[:, held_out], shape)
    return str(path)


def find_features(name: str, cache: Path) -> str:
    """Return the path of the features of a shape's users and items, written if need be.

    Beside the columns of the tables, it has the features that our transformers make of them.
    """
    path = cache / "data" / f"{name.partition(',')[0]}, features.npz"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        columns = describe_movielens() if name in READERS else draw_columns(*SHAPES[name][:2])
        save_whole(path, columns)
        for parameter, table in load_tables(str(path)).items():
            features = table.fit(table.ids()).transform(table.ids())
            for part in ("data", "indices", "indptr", "shape"):
                columns[f"{parameter}_{part}"] = np.asarray(getattr(features, part))
        save_whole(path, columns)
    return str(path)


def write_shape(path: Path, train, test, shape: tuple[int, int], values=None) -> None:
    arrays = {"users": train[0], "items": train[1], "test_users": test[0], "test_items": test[1]}
    arrays = {key: np.asarray(codes, np.int32) for key, codes in arrays.items()}
    if values is not None:
        arrays["values"] = np.asarray(values, np.float32)
    save_whole(path, arrays | {"n_users": shape[0], "n_items": shape[1]})


def save_whole(path: Path, arrays: dict) -> None:
    # A run that was stopped leaves no file that looks whole.
    unfinished = path.with_suffix(".part.npz")
    np.savez(unfinished, **arrays)
    unfinished.replace(path)


def movielens():
    """Return MovieLens-1M with its tables of users and movies."""
    beside = Path(__file__).resolve().parents[4] / "shared" / "data"
    root = Path(os.environ.get("SKLEARN_RECSYS_DATA", beside))
    return load_movielens(root / "ml-1m" / "ml-1m.zip")


def read_movielens():
    """Return the project's usual split of MovieLens-1M, every rating a positive."""
    train, test, shape = split_movielens()
    return train[:2], test[:2], shape


def read_signs():
    """Return the same split with likes and dislikes, of which the likes are to be found."""
    train, test, shape = split_movielens()
    return train[:2], test[:2, test[2] >= LEAST_LIKED], shape, np.sign(train[2] - LEAST_LIKED + 0.5)


def split_movielens():
    X = movielens().X.iloc[:, :3]
    codes = {name: pd.factorize(X[name], sort=True)[0] for name in X.columns[:2]}
    X = pd.DataFrame(codes).assign(rating=X.iloc[:, 2])
    train, test = train_test_split_by_user(X, test_size=0.2, random_state=42)
    shape = tuple(int(values.max()) + 1 for values in codes.values())
    return train.to_numpy().T, test.to_numpy().T, shape


# What is read; all others of the shapes are drawn.
READERS = {"ML-1M": read_movielens, "ML-1M, signs": read_signs}


def describe_movielens() -> dict[str, np.ndarray]:
    """Return the columns of the users and of the rated films, in the order of their codes."""
    found = movielens()
    users = found.users.set_index("user_id").sort_index()
    rated = np.unique(found.X["movie_id"])
    genres = found.movies.set_index("movie_id").loc[rated, "genre"]
    texts = {name: users[name].to_numpy().astype(str) for name in ("gender", "occupation")}
    return texts | {"age": users["age"].to_numpy(), "genre": genres.to_numpy().astype(str)}


def draw_columns(n_users: int, n_items: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(1)
    genres = rng.choice([f"genre {number}" for number in range(6)], size=(n_items, 2))
    return {
        "gender": rng.choice(["F", "M"], size=n_users),
        "occupation": rng.choice(["artist", "writer", "farmer"], size=n_users),
        "age": rng.integers(15, 70, size=n_users),
        "genre": np.array(["|".join(pair) for pair in genres]),
    }


def draw(n_users, n_items, n_rows, exponent, shift, spread):
    """Draw distinct pairs of user and item."""
    rng = np.random.default_rng(0)
    activity = rng.lognormal(sigma=spread, size=n_users)
    # More than wanted, for the pairs that are drawn twice; the surplus is dropped at the end.
    wanted = np.ceil(activity * (1.35 * n_rows / activity.sum())).astype(np.int64)
    # The codes of items are not in the order of their popularity.
    code_of_rank = rng.permutation(n_items)
    power = 1 - exponent
    least, largest = (1 + shift) ** power, (n_items + 1 + shift) ** power
    pairs = []
    for start in range(0, n_users, USERS_AT_ONCE):
        counts = wanted[start : start + USERS_AT_ONCE]
        # The inverse of the integral of (rank + shift) ** -exponent.
        places = (least + (largest - least) * rng.random(counts.sum())) ** (1 / power) - 1 - shift
        ranks = np.clip(places.astype(np.int64), 0, n_items - 1)
        users = np.repeat(np.arange(start, start + len(counts)), counts)
        drawn = np.sort(users * n_items + code_of_rank[ranks])
        pairs.append(drawn[np.append(True, drawn[1:] != drawn[:-1])])
    pairs = np.concatenate(pairs)
    lots = rng.random(len(pairs))
    pairs = pairs[lots <= np.partition(lots, n_rows - 1)[n_rows - 1]]
    return np.array(np.divmod(pairs, n_items), np.int32), (n_users, n_items)
