"""Choose the default settings of ALSRecommender, and see what they are worth on the test parts.

Run it as ``python tests/benchmarks/als_defaults.py [N]``: N random settings (200 by default) are
scored on a validation part of the training interactions of each data set, with and without its
values; the settings whose worst share of a set's best score is highest come first. Then the
defaults are scored on the test parts, beside implicit's if it is installed. The data sets are in
the folder that SKLEARN_RECSYS_DATA names.
"""
# SPDX-License-Identifier: BSD-3-Clause

import os
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

from sklearn_recsys.datasets import load_hetrec_lastfm, load_movielens
from sklearn_recsys.decomposition import ALSRecommender
from sklearn_recsys.metrics import make_ranking_scorer
from sklearn_recsys.model_selection import train_test_split_by_user

DATA = Path(os.environ.get("SKLEARN_RECSYS_DATA", "../shared/data"))
SPACE = {
    "reg": (1, 2, 3, 5, 7, 10, 30),
    "alpha": (0.005, 0.01, 0.02, 0.1, 0.5, 1),
    "unobserved_weight": (0.03, 0.1, 0.2, 0.3, 0.5, 1),
    "reg_exponent": (0.0, 0.5, 1.0),
}
N_JOBS = os.cpu_count()


def main() -> None:
    n_settings = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    tables = dict(load_tables())
    splits = {
        name: train_test_split_by_user(X, test_size=0.2, random_state=42)
        for name, X in tables.items()
    }
    print(search(splits, draw_settings(n_settings)).head(25).to_string(), end="\n\n")
    print(compare_on_test_parts(splits).to_string())


def load_tables():
    """Yield each data set with its values, and without."""
    sources = {
        "ml-100k": load_movielens(DATA / "ml-100k" / "ml-100k.zip").X,
        "ml-1m": load_movielens(DATA / "ml-1m" / "ml-1m.zip").X,
        "lastfm-2k": load_hetrec_lastfm(
            DATA / "hetrec2011-lastfm-2k" / "hetrec2011-lastfm-2k.zip"
        ).X,
    }
    for name, X in sources.items():
        yield name, X.iloc[:, :2]
        yield f"{name}, values", X.iloc[:, :3]


def draw_settings(n: int) -> list[dict]:
    rng = np.random.default_rng(0)
    drawn = {tuple(rng.choice(values) for values in SPACE.values()) for _ in range(n)}
    return [dict(zip(SPACE, map(float, setting), strict=True)) for setting in sorted(drawn)]


def search(splits: dict, settings: list[dict]) -> pd.DataFrame:
    """Return nDCG@10 of each setting on each validation part, the most robust setting first."""
    scorer = make_ranking_scorer("ndcg@10")
    rows = pd.DataFrame(settings)
    for name, (train, _) in splits.items():
        fit_part, validation = train_test_split_by_user(train, test_size=0.2, random_state=0)
        started = time.perf_counter()
        scores = []
        for setting in settings:
            model = ALSRecommender(**setting, random_state=0, n_jobs=N_JOBS).fit(fit_part)
            scores.append(scorer(model, validation))
        rows[name] = scores
        print(f"{name}: {time.perf_counter() - started:.0f} s", file=sys.stderr)
    names = list(splits)
    shares = rows[names] / rows[names].max()
    rows["worst share"], rows["mean share"] = shares.min(axis=1), shares.mean(axis=1)
    return rows.sort_values("worst share", ascending=False, ignore_index=True).round(4)


def compare_on_test_parts(splits: dict) -> pd.DataFrame:
    scorer = make_ranking_scorer("ndcg@10")
    rows = {}
    for name, (train, test) in splits.items():
        model = ALSRecommender(random_state=0, n_jobs=N_JOBS).fit(train)
        rows[name] = {"defaults": scorer(model, test), "implicit": score_implicit(model, test)}
    return pd.DataFrame.from_dict(rows, orient="index").round(4)


def score_implicit(model: ALSRecommender, test: pd.DataFrame) -> float:
    """Return the score of implicit's default settings, its vectors put into our model."""
    try:
        from implicit.als import AlternatingLeastSquares
    except ImportError:
        return np.nan
    theirs = AlternatingLeastSquares(random_state=0, use_gpu=False)
    theirs.fit(model.interactions_, show_progress=False)
    model.user_factors_, model.item_factors_ = theirs.user_factors, theirs.item_factors
    return make_ranking_scorer("ndcg@10")(model, test)


if __name__ == "__main__":
    main()
