"""How often does a comparison find a difference where there is none?

Two recommenders that are equally good by construction are compared on many generated worlds. The
test should cry wolf in 5 % of them. Run: ``python tests/benchmarks/false_alarms.py``.
"""
# SPDX-License-Identifier: BSD-3-Clause

import argparse
from functools import cache

import numpy as np
from scipy import stats

from sklearn_recsys.baseline import PopularityRecommender, RandomRecommender
from sklearn_recsys.datasets import make_interactions
from sklearn_recsys.decomposition import ALSRecommender
from sklearn_recsys.model_selection import InteractionKFold, compare_recommenders
from sklearn_recsys.model_selection._comparing._intervals import bootstrap_intervals

MODELS = {
    "random lists, 2 seeds": [RandomRecommender(random_state=seed) for seed in range(2)],
    "random lists, 4 seeds (Holm)": [RandomRecommender(random_state=seed) for seed in range(4)],
    "ALS, 2 seeds": [ALSRecommender(8, random_state=seed) for seed in range(2)],
}


def main() -> None:
    """Print the rate of false alarms of each set of equal models, and of overlapping intervals."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=400)
    n_worlds = parser.parse_args().worlds
    for name, models in MODELS.items():
        alarms = [find_alarm(models, world) for world in range(n_worlds)]
        print(f"{name}: {share(sum(alarms), n_worlds)}")
    covered = [covers(world) for world in range(n_worlds)]
    print(
        f"95 % intervals of popularity that cover its mean over 20,000 users: "
        f"{share(sum(covered), n_worlds)}"
    )


def find_alarm(models: list, world: int) -> bool:
    """Tell whether any pair of equal models is said to differ."""
    X = make_interactions(n_users=150, n_items=100, n_interactions=3000, random_state=world).X
    named = {str(place): model for place, model in enumerate(models)}
    # Another seed in each world, so that luck is not always on one side.
    for place, model in enumerate(models):
        model.set_params(random_state=1000 * place + world)
    comparison = compare_recommenders(
        named, X, cv=InteractionKFold(2), metrics="ndcg@10", n_resamples=2
    )
    return bool((comparison.tests()["p_adjusted"] <= 0.05).any())


def covers(world: int) -> bool:
    """Tell whether the interval from 150 users holds the mean over all users."""
    scores, truth = population()
    rng = np.random.default_rng(world)
    sample = rng.choice(scores, 150)
    low, high = bootstrap_intervals(
        sample[:, None], confidence_level=0.95, n_resamples=999, random_state=world
    )
    return bool(low[0] <= truth <= high[0])


@cache
def population() -> tuple[np.ndarray, float]:
    """Return the scores of many users, and their mean."""
    X = make_interactions(n_users=20_000, n_items=300, n_interactions=400_000).X
    comparison = compare_recommenders(
        [PopularityRecommender()], X, cv=InteractionKFold(2), metrics="ndcg@10", n_resamples=2
    )
    scores = comparison.per_user.to_numpy()[:, 0]
    return scores, float(scores.mean())


def share(count: int, n: int) -> str:
    """Return a share with its exact 95 % interval."""
    interval = stats.binomtest(count, n).proportion_ci()
    return f"{count / n:.3f} [{interval.low:.3f}, {interval.high:.3f}]"


if __name__ == "__main__":
    main()
