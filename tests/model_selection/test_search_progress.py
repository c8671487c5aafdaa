"""The bar counts fits wherever they run, and leaves the search as it would be without it."""
# SPDX-License-Identifier: BSD-3-Clause

import io
import pickle
import tempfile
from contextlib import redirect_stderr
from importlib.util import find_spec
from pathlib import Path

import joblib
import numpy as np
import pytest
from scipy.stats import loguniform
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.metrics import make_scorer, r2_score
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    RandomizedSearchCV,
)

from sklearn_recsys.linear_model import EASERecommender
from sklearn_recsys.metrics import make_ranking_scorer
from sklearn_recsys.model_selection import InteractionKFold, search_progress, suggested_grid
from sklearn_recsys.testing import make_checkerboard

X = make_checkerboard(12).interactions
GRID = {"reg": [1.0, 10.0]}
NDCG = make_ranking_scorer("ndcg@5")


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture(autouse=True)
def folder(monkeypatch, tmp_path):
    """Return where temporary files are."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def grid_search(**options):
    return GridSearchCV(EASERecommender(), GRID, cv=InteractionKFold(3), **options)


def scores_of(search):
    return {
        name: column.tolist()
        for name, column in search.cv_results_.items()
        if "test" in name or "train" in name
    }


def watch(search, *args):
    """Fit a search, and return the last state of its bar."""
    with redirect_stderr(Terminal()) as terminal, search_progress(search):
        search.fit(X, *args)
    return terminal.getvalue().replace("\n", "\r").strip("\r ").split("\r")[-1].strip()


@pytest.mark.parametrize("n_jobs", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_a_bar_counts_fits_in_this_and_in_other_processes(n_jobs):
    search = grid_search(scoring=NDCG, n_jobs=n_jobs)
    bar = watch(search)

    assert bar.startswith("GridSearchCV: 100%")
    assert "6/6" in bar
    assert scores_of(search) == scores_of(grid_search(scoring=NDCG).fit(X))


def test_a_bar_counts_fits_in_threads():
    with joblib.parallel_config("threading", n_jobs=2):
        assert "6/6" in watch(grid_search(scoring=NDCG))


@pytest.mark.parametrize(
    ("scoring", "refit"),
    [
        (None, True),
        (NDCG, True),
        (make_ranking_scorer("ndcg@5", "recall@5"), "ndcg@5"),
        ({"one": NDCG, "two": "neg_mean_absolute_error"}, "one"),
        ({"one": "neg_mean_absolute_error", "two": NDCG}, "two"),
        ("neg_mean_squared_error", True),
        (["neg_mean_squared_error", "r2"], "r2"),
        (make_scorer(r2_score), True),
    ],
)
def test_any_scoring_is_counted_once_a_fit_and_is_there_again_afterwards(scoring, refit):
    y = np.arange(len(X)) % 3 + 1.0
    search, plain = (grid_search(scoring=scoring, refit=refit) for _ in range(2))
    bar = watch(search, y)
    plain.fit(X, y)

    assert "6/6" in bar
    assert scores_of(search) == scores_of(plain)
    assert search.scoring is scoring
    assert repr(search.scorer_) == repr(plain.scorer_)
    assert type(search.scorer_) is type(plain.scorer_)


def test_scores_on_training_data_are_counted_too():
    scorer = make_ranking_scorer("ndcg@5", exclude_seen=False)

    assert "12/12" in watch(grid_search(scoring=scorer, return_train_score=True))


@pytest.mark.parametrize(
    ("space", "n_iter", "n_fits"),
    [({"reg": [1.0, 2.0, 3.0]}, 2, 6), ({"reg": loguniform(1, 10)}, 3, 9)],
)
def test_a_randomised_search_is_counted(space, n_iter, n_fits):
    search = RandomizedSearchCV(
        EASERecommender(), space, n_iter=n_iter, cv=InteractionKFold(3), random_state=0
    )

    assert f"{n_fits}/{n_fits}" in watch(search)


@pytest.mark.parametrize(
    "search",
    [
        HalvingGridSearchCV(
            EASERecommender(), GRID, cv=InteractionKFold(2), scoring=NDCG, return_train_score=False
        ),
        GridSearchCV(EASERecommender(), GRID, cv=InteractionKFold(2).split(X)),
    ],
)
def test_where_the_number_of_fits_is_not_known_they_are_only_counted(search):
    bar = watch(search)

    n_fits = 2 * len(search.cv_results_["params"])
    assert bar.startswith(f"{type(search).__name__}: {n_fits}fit")


@pytest.mark.skipif(not find_spec("optuna_integration"), reason="Optuna is not installed")
@pytest.mark.filterwarnings("ignore")  # it is experimental, and says so
def test_a_search_of_optuna_is_counted():
    from optuna.logging import WARNING, set_verbosity
    from optuna.samplers import RandomSampler
    from optuna.study import create_study
    from optuna_integration import OptunaSearchCV

    set_verbosity(WARNING)
    space = suggested_grid(EASERecommender(), kind="optuna")
    study = create_study(direction="maximize", sampler=RandomSampler(seed=0))
    search = OptunaSearchCV(
        EASERecommender(), space, cv=InteractionKFold(2), n_trials=3, scoring=NDCG, study=study
    )
    bar = watch(search)

    assert bar.startswith("OptunaSearchCV: 100%")
    assert "6/6" in bar
    assert search.scoring is NDCG


def test_the_search_is_its_own_again_after_an_error(folder):
    search = grid_search(scoring=NDCG, error_score="raise").set_params(param_grid={"reg": [-1.0]})
    with pytest.raises(ValueError, match="reg"):
        watch(search)

    assert search.scoring is NDCG
    assert list(folder.iterdir()) == []


def test_nothing_of_the_bar_is_left(folder):
    search = grid_search(scoring={"one": NDCG, "two": "r2"}, refit="one")
    watch(search, np.arange(len(X)))

    assert list(folder.iterdir()) == []
    assert b"search_progress" not in pickle.dumps(search)


def test_a_scorer_that_outlives_the_bar_still_scores(folder):
    search = grid_search(scoring=NDCG)
    with redirect_stderr(Terminal()), search_progress(search):
        assert search.scoring is not NDCG
        late = pickle.loads(pickle.dumps(search.scoring))
    model = EASERecommender().fit(X.iloc[::2])

    assert not Path(late.path).exists()
    assert late(model, X.iloc[1::2]) == NDCG(model, X.iloc[1::2])
    assert late.metrics == ("ndcg@5",)  # what else is asked of it, its scorer answers
    assert repr(late) == repr(NDCG)


def test_where_no_terminal_is_nothing_is_changed():
    search = grid_search(scoring=NDCG)
    with redirect_stderr(io.StringIO()) as log, search_progress(search) as same:
        assert same is search
        assert search.scoring is NDCG

    assert log.getvalue() == ""


def test_what_has_no_scoring_is_refused():
    with (
        pytest.raises(TypeError, match="has a scoring, such as GridSearchCV; got EASE"),
        search_progress(EASERecommender()),
    ):
        pass
