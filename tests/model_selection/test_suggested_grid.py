"""Grids that are suggested for every recommender."""
# SPDX-License-Identifier: BSD-3-Clause

import importlib
import inspect
import warnings

import pytest
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    ParameterGrid,
    RandomizedSearchCV,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import sklearn_recsys
from sklearn_recsys.base import BaseRecommender
from sklearn_recsys.baseline import RandomRecommender
from sklearn_recsys.datasets import make_interactions
from sklearn_recsys.decomposition import ALSRecommender, SVDRecommender
from sklearn_recsys.metrics import make_ranking_scorer
from sklearn_recsys.model_selection import InteractionKFold, suggested_grid
from sklearn_recsys.preprocessing import ConfidenceWeighter

# A search of more takes minutes where a fit takes seconds.
LARGEST_SMALL = 24


def recommenders():
    rooms = [importlib.import_module(f"sklearn_recsys.{n}") for n in sklearn_recsys.__all__[1:]]
    found = {getattr(room, name) for room in rooms for name in room.__all__}
    classes = {c for c in found if inspect.isclass(c) and issubclass(c, BaseRecommender)}
    return sorted((c for c in classes if not inspect.isabstract(c)), key=lambda c: c.__name__)


# Adapters and ensembles are made of others, whose own parameters are what to search.
PARTS = {"model", "recommender", "recommenders"}
OWN = [c for c in recommenders() if not PARTS & set(inspect.signature(c).parameters)]
every_recommender = pytest.mark.parametrize("recommender", OWN, ids=lambda c: c.__name__)


@pytest.fixture(scope="module")
def X():
    return make_interactions(60, 40, n_interactions=900, random_state=0).X.iloc[:, :3]


@every_recommender
def test_small_is_quick_and_the_others_lie_between_its_values(recommender):
    small, medium, large = (
        suggested_grid(recommender(), size) for size in ("small", "medium", "large")
    )
    assert len(ParameterGrid(small)) <= LARGEST_SMALL
    assert list(small) == list(medium) == list(large)
    for name, values in small.items():
        assert set(values) <= set(medium[name]) <= set(large[name])
        assert len(set(large[name])) == len(large[name])
        if all(isinstance(value, (int, float)) for value in values):
            assert min(large[name]) == min(values)
            assert max(large[name]) == max(values)
            assert {type(value) for value in large[name]} == {type(value) for value in values}


@every_recommender
def test_all_values_are_allowed(recommender):
    model = recommender()
    for name, values in suggested_grid(model, "large").items():
        for value in values:
            model.set_params(**{name: value})._validate_params()
        model = recommender()


@every_recommender
def test_the_user_guide_tells_why(recommender, pytestconfig):
    page = (pytestconfig.rootpath / "docs/user_guide/tuning.md").read_text(encoding="utf-8")
    grid = suggested_grid(recommender())
    if grid:
        (row,) = (line for line in page.splitlines() if f".{recommender.__name__}`" in line[:120])
        for name, values in grid.items():
            assert f"`{name}`" in row, name
            assert ", ".join(map(repr, values)) in row, (name, values)


def test_ratios_matter_where_bounds_are_far_apart_and_differences_elsewhere():
    class Grid(SVDRecommender):
        _suggested_grid = {  # noqa: RUF012 (as the base class has it)
            "far": [1, 100],
            "near": [0.0, 1.0],
            "some": [2.0, 5.0],
            "names": ["a", "b"],
            "whether": [False, True],
            "with_none": [1, None],
            "one": [3],
        }

    assert suggested_grid(Grid(), "medium") == {
        "far": [1, 10, 100],
        "near": [0.0, 0.5, 1.0],
        "some": [2.0, 3.5, 5.0],
        "names": ["a", "b"],
        "whether": [False, True],
        "with_none": [1, None],
        "one": [3],
    }


def test_what_is_returned_can_be_changed():
    suggested_grid(SVDRecommender())["n_components"].append(10**6)
    assert 10**6 not in suggested_grid(SVDRecommender())["n_components"]


def test_in_a_pipeline_names_begin_with_the_step():
    pipeline = make_pipeline(ConfidenceWeighter(), SVDRecommender())
    assert list(suggested_grid(pipeline)) == ["svdrecommender__n_components"]
    assert suggested_grid(RandomRecommender()) == {}


@pytest.mark.parametrize(
    "search",
    [
        lambda model, **rest: GridSearchCV(model, suggested_grid(model), **rest),
        lambda model, **rest: RandomizedSearchCV(
            model, suggested_grid(model, "large"), n_iter=3, random_state=0, **rest
        ),
        lambda model, **rest: HalvingGridSearchCV(
            model, suggested_grid(model), min_resources=300, return_train_score=False, **rest
        ),
    ],
)
def test_searches_of_scikit_learn_take_it(search, X):
    model = SVDRecommender(random_state=0)
    scorer = make_ranking_scorer("ndcg@10")
    found = search(model, cv=InteractionKFold(2), scoring=scorer).fit(X)
    assert found.best_params_["n_components"] in suggested_grid(model, "large")["n_components"]


def test_optuna_takes_it(X):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its own, of what is experimental
        integration = pytest.importorskip("optuna_integration", reason="needs the extra optuna")
        model = ALSRecommender(random_state=0, max_iter=2)
        space = suggested_grid(model, kind="optuna")
        assert {type(s).__name__ for s in space.values()} == {
            "IntDistribution",
            "FloatDistribution",
        }
        search = integration.OptunaSearchCV(
            model,
            space,
            n_trials=3,
            cv=InteractionKFold(2),
            scoring=make_ranking_scorer("ndcg@10"),
            random_state=0,
        ).fit(X)
    assert 2 <= search.best_params_["reg"] <= 15


def test_choices_stay_choices_for_optuna():
    pytest.importorskip("optuna", reason="needs the extra optuna")
    from sklearn_recsys.neighbors import ItemKNNRecommender

    space = suggested_grid(ItemKNNRecommender(), kind="optuna")
    assert set(space["similarity"].choices) == {"jaccard", "cosine", "bm25"}
    assert (space["shrinkage"].low, space["shrinkage"].high) == (0.0, 10.0)
    assert space["n_neighbors"].log


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((SVDRecommender(), "huge"), ValueError, "size must be one of"),
        ((SVDRecommender,), TypeError, r"got the class SVDRecommender: pass SVDRecommender\(\)"),
        ((StandardScaler(),), TypeError, "StandardScaler suggests no grid"),
    ],
)
def test_bad_use_is_told(arguments, error, message):
    with pytest.raises(error, match=message):
        suggested_grid(*arguments)
    with pytest.raises(ValueError, match="kind must be"):
        suggested_grid(SVDRecommender(), kind="hyperopt")
