"""The tournament: five kinds of recommenders in native grid searches on MovieLens-1M.

Run it as ``python tests/benchmarks/tournament.py [--n-jobs 2] [--rounds 1] [--parts EASE,ALS]``;
tournament.md in the output folder tells the seconds and the best nDCG@10 of each part, with the
work that candidates share and without. All rows are positive; three random folds of interactions;
every user with a held-out row is scored. implicit, RecTools and lightfm-next took 616 s for the
same on another machine of two cores: 24 s for the neighbours, 96 s EASE, 82 s ALS, about 410 s
WARP; ``--peers`` measures lightfm-next's part again here, on one fold and one setting, times 12.
"""
# SPDX-License-Identifier: BSD-3-Clause

import argparse
import os
import sys
import time
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

from hybrid_movielens import adapt, describe, provide_lightfm  # noqa: E402
from main_job import describe_machine  # noqa: E402
from peers import default_cache  # noqa: E402
from sklearn.model_selection import GridSearchCV, ParameterGrid, ShuffleSplit  # noqa: E402

from sklearn_recsys.baseline import PopularityRecommender  # noqa: E402
from sklearn_recsys.datasets import load_movielens  # noqa: E402
from sklearn_recsys.decomposition import ALSRecommender, HybridRecommender  # noqa: E402
from sklearn_recsys.interactions import share_work  # noqa: E402
from sklearn_recsys.linear_model import EASERecommender  # noqa: E402
from sklearn_recsys.metrics import make_ranking_scorer  # noqa: E402
from sklearn_recsys.model_selection import InteractionKFold  # noqa: E402
from sklearn_recsys.neighbors import ItemKNNRecommender  # noqa: E402

ELSEWHERE = {"popularity": None, "neighbours": 24, "EASE": 96, "ALS": 82, "WARP": 410}
SCORER = make_ranking_scorer("ndcg@10")
EPOCHS = 20


def main(arguments: list[str] | None = None) -> None:
    options = read_options(arguments)
    data = load_movielens(options.data / "ml-1m" / "ml-1m.zip")
    X = data.X.iloc[:, :2]
    entrants = make_entrants(describe(data, fit_on="all"), options.n_jobs)
    entrants = {name: entrants[name] for name in options.parts}
    searches = {(name, shares): [] for name in entrants for shares in (True, False)}
    for _ in range(options.rounds):
        for name, (model, grid) in entrants.items():
            for shares in (True, False):
                with share_work(shares):
                    searches[name, shares].append(search(model, grid, X))
                print(name, shares, searches[name, shares][-1], flush=True)
    lines = [as_line(name, searches, len(entrants[name][1])) for name in entrants]
    total = [sum(median_seconds(searches[n, s]) for n in entrants) for s in (True, False)]
    lines.append(f"| all | | **{total[0]:.1f}** | {total[1]:.1f} | | {total_elsewhere(entrants)} |")
    if options.peers:
        lines.append(measure_lightfm(data, X, options))
    head = [
        f"{describe_machine()}, {options.n_jobs} threads\n",
        "Seconds of GridSearchCV, three folds, without the refit; nDCG@10 of the best setting. "
        "*Elsewhere*: implicit, RecTools, lightfm-next on another machine.\n",
        "| part | settings | s | s, nothing shared | nDCG@10 | s elsewhere |",
        "|---|---|---|---|---|---|",
    ]
    options.output.mkdir(parents=True, exist_ok=True)
    text = "\n".join([*head, *lines, ""])
    (options.output / "tournament.md").write_text(text, encoding="utf-8")
    print(text)


def read_options(arguments: list[str] | None) -> argparse.Namespace:
    data = os.environ.get("SKLEARN_RECSYS_DATA", ROOT.parent / "shared" / "data")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--parts", type=lambda text: text.split(","), default=list(ELSEWHERE))
    parser.add_argument("--n-jobs", type=int, default=2, help="threads")
    parser.add_argument("--rounds", type=int, default=1, help="medians of so many searches")
    parser.add_argument("--peers", action="store_true", help="measure lightfm-next, too")
    parser.add_argument("--data", type=Path, default=Path(data))
    parser.add_argument("--cache", type=Path, default=default_cache(), help="kept between runs")
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "benchmarks")
    return parser.parse_args(arguments)


def make_entrants(tables: dict, n_jobs: int) -> dict:
    """Return the parts: a recommender, and settings to search."""
    als = ALSRecommender(64, reg_exponent=0.0, max_iter=15, random_state=0, n_jobs=n_jobs)
    warp = HybridRecommender(32, max_iter=EPOCHS, random_state=0, n_jobs=n_jobs, **tables)
    settings = {
        "popularity": (PopularityRecommender(), {}),
        "neighbours": (
            ItemKNNRecommender(n_jobs=n_jobs),
            {"similarity": ["cosine", "bm25"], "n_neighbors": [50, 100, 200]},
        ),
        "EASE": (EASERecommender(n_jobs=n_jobs), {"reg": [100.0, 250.0, 500.0, 1000.0]}),
        "ALS": (
            als.set_params(unobserved_weight=1.0),
            {"reg": [3.0, 10.0, 30.0, 100.0], "alpha": [0.5, 2.0]},
        ),
        "WARP": (warp, {"learning_rate": [0.03, 0.05], "user_reg": [0.0, 0.3]}),
    }
    return {name: (model, list(expand(grid))) for name, (model, grid) in settings.items()}


def expand(grid: dict):
    """Yield settings as a grid of one each, for what depends on another parameter."""
    for setting in ParameterGrid(grid):
        if "user_reg" in setting:
            setting["item_reg"] = setting["user_reg"]
        yield {name: [value] for name, value in setting.items()}


def search(model, grid: list, X) -> tuple[float, float]:
    """Return the seconds of a search and its best score."""
    found = GridSearchCV(model, grid, scoring=SCORER, cv=InteractionKFold(3), refit=False)
    started = time.perf_counter()
    found.fit(X)
    return time.perf_counter() - started, float(found.cv_results_["mean_test_score"].max())


def median_seconds(runs: list) -> float:
    return median(seconds for seconds, _ in runs)


def as_line(name: str, searches: dict, n_settings: int) -> str:
    shared, alone = searches[name, True], searches[name, False]
    same = {score for _, score in [*shared, *alone]}
    assert len(same) == 1, f"{name}: shared work changes the score: {same}"
    elsewhere = ELSEWHERE[name] or ""
    return (
        f"| {name} | {n_settings} | {median_seconds(shared):.1f} | {median_seconds(alone):.1f} | "
        f"{same.pop():.4f} | {elsewhere} |"
    )


def total_elsewhere(entrants: dict) -> int:
    return sum(ELSEWHERE[name] or 0 for name in entrants)


def measure_lightfm(data, X, options) -> str:
    """Fit and score one setting of WARP with features on a third held out, times twelve."""
    provide_lightfm(options.cache)
    train, test = next(ShuffleSplit(1, test_size=1 / 3, random_state=0).split(X))
    model = adapt(EPOCHS, **describe(data, fit_on="all"), n_jobs=options.n_jobs)
    started = time.perf_counter()
    model.fit(X.iloc[train])
    fitted = time.perf_counter()
    score = SCORER(model, X.iloc[test])
    seconds = 12 * (time.perf_counter() - started)
    return (
        f"| WARP by lightfm-next | 4 | {seconds:.0f} (12 x one; of it fits "
        f"{12 * (fitted - started):.0f}) | | {score:.4f} | |"
    )


if __name__ == "__main__":
    main()
