"""Every estimator of the library comes back with the same answers."""
# SPDX-License-Identifier: BSD-3-Clause

import datetime as dt
import importlib
import inspect
import json
import subprocess
import sys
import uuid
import warnings
import zipfile
from importlib.util import find_spec

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.stats
import sklearn
from sklearn.base import BaseEstimator, clone
from sklearn.compose import ColumnTransformer
from sklearn.exceptions import InconsistentVersionWarning
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    HalvingRandomSearchCV,
    KFold,
    RandomizedSearchCV,
)
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer

import sklearn_recsys
from sklearn_recsys.base import BaseRecommender
from sklearn_recsys.baseline import (
    BaselineRecommender,
    PopularityRecommender,
    RandomRecommender,
)
from sklearn_recsys.decomposition import SVDRecommender
from sklearn_recsys.feature_extraction import GenreTfidf
from sklearn_recsys.interactions import FeatureTable
from sklearn_recsys.metrics import make_ranking_scorer
from sklearn_recsys.model_selection import (
    ColdItemKFold,
    InteractionKFold,
    LeaveLastOut,
    TemporalSplit,
    UserKFold,
)
from sklearn_recsys.neighbors import ItemKNNRecommender
from sklearn_recsys.persistence import load, save
from sklearn_recsys.pipeline import RecommenderPipeline, make_recommender_pipeline
from sklearn_recsys.preprocessing import AgeBinner, ConfidenceWeighter

RECOMMENDERS = [
    BaselineRecommender(3.0, item_shrinkage=0.0),
    ItemKNNRecommender(n_neighbors=3),
    ItemKNNRecommender("tversky", alpha=0.9, beta=0.1, aggregate="mean", prune="both"),
    PopularityRecommender("value"),
    RandomRecommender(random_state=np.random.RandomState(5)),
    SVDRecommender(4, random_state=0),
    SVDRecommender(2, algorithm="arpack", random_state=3),
]
FILMS = pd.DataFrame(
    {"genre": ["a|b", "b", "c"], "age": [20, 33, 50], "year": [1.0, 2, 3]}, index=["u", "v", "w"]
)
ID_TYPES = {
    "integers": int,
    "text": lambda code: f"née {code}",
    "times": lambda code: pd.Timestamp("2020-01-01") + pd.Timedelta(int(code), "D"),
    "dates": lambda code: dt.date(2020, 1, 1 + int(code)),
    "tuples": lambda code: (int(code), "a"),
    "universal": lambda code: uuid.UUID(int=int(code)),
    "bytes": lambda code: bytes([int(code)]),
    "fractions": lambda code: code + 0.5,
    "truth": lambda code: bool(code % 2),
}


def public_classes():
    for room in sklearn_recsys.__all__:
        module = None if room[0] == "_" else importlib.import_module(f"sklearn_recsys.{room}")
        for name in getattr(module, "__all__", ()):
            member = getattr(module, name)
            if inspect.isclass(member) and issubclass(member, BaseEstimator):
                yield member


CLASSES = [cls for cls in public_classes() if not inspect.isabstract(cls)]


def plays_of(make_id):
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 12, size=(100, 2))
    rows = [(make_id(u), make_id(i), float(v)) for (u, i), v in zip(codes, rng.integers(1, 6, 100))]  # noqa: B905
    return pd.DataFrame(rows, columns=["who", "what", "how much"])


def assert_same_answers(loaded, model, plays):
    pd.testing.assert_frame_equal(loaded.recommend(n_items=4), model.recommend(n_items=4))
    np.testing.assert_array_equal(loaded.predict(plays), model.predict(plays))
    items, users = model.items_.tolist(), model.users_.tolist()
    if model.items_.dtype.kind == "M":
        items, users = list(pd.DatetimeIndex(model.items_)), list(pd.DatetimeIndex(model.users_))
    for method, ids in (("similar_items", items), ("similar_users", users)):
        if hasattr(model, method):
            asked = [getattr(m, method)(ids) for m in (loaded, model)]
            pd.testing.assert_frame_equal(*asked)
    if hasattr(model, "explain"):
        explained = [m.explain(users[0], items[0]) for m in (loaded, model)]
        pd.testing.assert_frame_equal(*explained)
    if model.__recommender_tags__().fold_in != "none":
        folded = [m.recommend(history=plays.head(9)) for m in (loaded, model)]
        pd.testing.assert_frame_equal(*folded)


def plain(text):
    """Return a repr without the addresses of objects that have no better one."""
    return " ".join(part.partition(" at 0x")[0] for part in text.split("\n"))


@pytest.mark.parametrize("make_id", ID_TYPES.values(), ids=ID_TYPES)
@pytest.mark.parametrize("recommender", RECOMMENDERS, ids=lambda r: plain(str(r)))
def test_a_fitted_recommender_answers_as_before(recommender, make_id, path):
    plays = plays_of(make_id)
    model = clone(recommender).fit(plays)

    save(model, path)
    loaded = load(path)

    assert type(loaded) is type(model)
    assert vars(loaded).keys() == vars(model).keys()
    assert plain(repr(loaded)) == plain(repr(model))
    assert loaded.users_ is loaded._user_index.ids
    assert_same_answers(loaded, model, plays)


@pytest.mark.parametrize(
    "cls", [c for c in CLASSES if c is not RecommenderPipeline], ids=lambda c: c.__name__
)
def test_an_estimator_that_is_not_fitted_keeps_its_parameters(cls, path):
    required = [
        name
        for name, parameter in inspect.signature(cls).parameters.items()
        if parameter.default is parameter.empty and parameter.kind is not parameter.VAR_KEYWORD
    ]
    estimator = cls(**dict.fromkeys(required))

    save(estimator, path)
    loaded = load(path)

    assert type(loaded) is cls
    assert repr(loaded.get_params()) == repr(estimator.get_params())
    assert repr(loaded) == repr(estimator)


def test_every_recommender_of_the_library_can_be_fitted_saved_and_loaded(path):
    plays = plays_of(int)
    for cls in CLASSES:
        signature = inspect.signature(cls).parameters.values()
        needs_none = all(p.default is not p.empty for p in signature)
        if cls.__module__.startswith("sklearn_recsys.neural_network") and not find_spec("torch"):
            continue
        if issubclass(cls, BaseRecommender) and needs_none:
            model = cls().fit(plays)
            save(model, path)

            pd.testing.assert_frame_equal(load(path).recommend(), model.recommend())


@pytest.mark.parametrize(
    ("transformer", "column"),
    [(GenreTfidf(), "genre"), (AgeBinner((25, 40)), ["age"]), (AgeBinner(output="label"), ["age"])],
    ids=str,
)
def test_a_fitted_transformer_transforms_as_before(transformer, column, path):
    fitted = clone(transformer).fit(FILMS[column])

    save(fitted, path)
    loaded = load(path)

    expected, found = fitted.transform(FILMS[column]), load(path).transform(FILMS[column])
    dense = [m.toarray() if hasattr(m, "toarray") else m for m in (found, expected)]
    np.testing.assert_array_equal(*dense)
    names = loaded.get_feature_names_out().tolist()
    assert names == fitted.get_feature_names_out().tolist()


def test_every_transformer_of_interactions_transforms_as_before(path):
    plays = plays_of(int).assign(when=np.arange(100.0))
    names = importlib.import_module("sklearn_recsys.preprocessing").__all__
    for cls in CLASSES:
        signature = inspect.signature(cls).parameters.values()
        needs_none = all(p.default is not p.empty for p in signature)
        if cls.__name__ in names and needs_none:
            fitted = cls().fit(plays)
            save(fitted, path)
            loaded = load(path)

            assert vars(loaded).keys() == vars(fitted).keys()
            tables = [np.asarray(t.transform(plays)) for t in (loaded, fitted)]
            np.testing.assert_array_equal(*tables)


@pytest.mark.parametrize("container", [pd.DataFrame, pl.DataFrame, "pyarrow"], ids=str)
def test_a_feature_table_keeps_its_table_in_its_container(container, path):
    table = pd.DataFrame({"film": ["u", "v"], "year": [1.0, 2]})
    if container is not pd.DataFrame:
        table = pl.DataFrame(table.to_dict("list"))
        table = table.to_arrow() if container == "pyarrow" else table
    features = FeatureTable(table, id_column="film")

    save(features, path)
    loaded = load(path)

    assert type(loaded.table) is type(table)
    assert repr(loaded) == repr(features)
    fitted = [f.fit(["u"]).matrix.toarray().tolist() for f in (loaded, features)]
    assert fitted[0] == fitted[1]


def test_a_feature_table_of_a_mapping_stays_one(path):
    features = FeatureTable({"tea": {"sweet": 0.5}, "jam": ["red", "sweet"]}, missing="zero")

    save(features, path)

    assert load(path).table == features.table
    assert load(path).get_params() == features.get_params()


def test_fitted_features_come_back(path):
    columns = ColumnTransformer(
        [("genre", GenreTfidf(), "genre"), ("year", "passthrough", ["year"])]
    )
    features = FeatureTable(FILMS, columns).fit(["u", "v"])

    save(features, path)
    loaded = load(path)

    assert loaded.feature_names == features.feature_names
    asked = [f.transform(["w", "u"]).toarray().tolist() for f in (loaded, features)]
    assert asked[0] == asked[1]
    rows = [f.transform_rows(FILMS.head(1)).toarray().tolist() for f in (loaded, features)]
    assert rows[0] == rows[1]


@pytest.mark.parametrize(
    "transformer",
    [
        ColumnTransformer(
            [
                ("genre", GenreTfidf(), "genre"),
                ("age", AgeBinner(), ["age"]),
                ("year", "passthrough", ["year"]),
                ("log", FunctionTransformer(np.log1p), ["year"]),
            ],
            remainder="drop",
        ),
        make_pipeline(ColumnTransformer([("age", AgeBinner(), ["age"])]), FunctionTransformer()),
        FeatureUnion([("a", ColumnTransformer([("age", AgeBinner(), ["age"])])), ("b", "drop")]),
        ColumnTransformer([("age", AgeBinner(), [1])]).set_output(transform="pandas"),
    ],
    ids=lambda transformer: type(transformer).__name__,
)
def test_what_scikit_learn_composes_transforms_as_before(transformer, path):
    fitted = clone(transformer).fit(FILMS)

    save(fitted, path)
    loaded = load(path)

    assert repr(loaded) == repr(fitted)
    expected, found = fitted.transform(FILMS), loaded.transform(FILMS)
    assert type(found) is type(expected)
    np.testing.assert_array_equal(np.asarray(found), np.asarray(expected))
    clone(loaded).fit(FILMS)


@pytest.mark.parametrize("compose", [make_recommender_pipeline, make_pipeline])
def test_a_pipeline_weighs_and_recommends_as_before(compose, path):
    plays = plays_of(str)
    pipeline = compose(ConfidenceWeighter("log"), ItemKNNRecommender(n_neighbors=3)).fit(plays)

    save(pipeline, path)
    loaded = load(path)

    assert type(loaded) is type(pipeline)
    assert isinstance(loaded, Pipeline)
    np.testing.assert_array_equal(loaded.predict(plays), pipeline.predict(plays))
    if compose is make_recommender_pipeline:
        histories = [p.recommend(history=plays.head(9)) for p in (loaded, pipeline)]
        pd.testing.assert_frame_equal(*histories)


def test_a_frozen_recommender_stays_frozen(path):
    plays = plays_of(int)
    frozen = FrozenEstimator(PopularityRecommender().fit(plays))

    save(frozen, path)

    assert load(path).fit(plays, None).recommend().equals(frozen.recommend())


PIPELINE = make_recommender_pipeline(ConfidenceWeighter(), ItemKNNRecommender())
GRID = {"itemknnrecommender__n_neighbors": [2, 100]}
RANDOM = {
    "itemknnrecommender__shrinkage": scipy.stats.loguniform(1e-2, 10),
    "itemknnrecommender__similarity": ["cosine", "bm25"],
}
ONE = make_ranking_scorer("ndcg@5")
SEARCHES = {
    "grid": GridSearchCV(
        PIPELINE,
        GRID,
        scoring=make_ranking_scorer("ndcg@5", "recall@5"),
        refit="ndcg@5",
        cv=InteractionKFold(3),
    ),
    "grid of estimators": GridSearchCV(
        PIPELINE,
        [
            GRID,
            {"itemknnrecommender": [ItemKNNRecommender(n_neighbors=None), PopularityRecommender()]},
        ],
        cv=KFold(3, shuffle=True, random_state=np.random.RandomState(0)),
    ),
    "grid of splits": GridSearchCV(
        PIPELINE,
        GRID,
        scoring={"a": ONE},
        refit="a",
        cv=list(InteractionKFold(2).split(plays_of(int))),
    ),
    "not refitted": GridSearchCV(PIPELINE, GRID, scoring=ONE, cv=3, refit=False),
    "random": RandomizedSearchCV(
        PIPELINE, RANDOM, n_iter=3, scoring=ONE, cv=InteractionKFold(2), random_state=0
    ),
    "halving grid": HalvingGridSearchCV(PIPELINE, GRID, scoring=ONE, cv=InteractionKFold(2)),
    "halving random": HalvingRandomSearchCV(
        PIPELINE, RANDOM, scoring=ONE, cv=InteractionKFold(2), random_state=0
    ),
}


@pytest.mark.parametrize("search", SEARCHES.values(), ids=SEARCHES)
def test_a_search_keeps_its_results_and_its_best_model(search, path):
    plays = plays_of(int)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of halving, that the training scores are undefined
        search = clone(search).fit(plays)

    save(search, path)
    loaded = load(path)

    assert vars(loaded).keys() == vars(search).keys()
    assert plain(repr(loaded)) == plain(repr(search))
    for name, column in search.cv_results_.items():
        assert repr(loaded.cv_results_[name]) == repr(column)
    if search.refit:
        assert repr(loaded.best_params_) == repr(search.best_params_)
        np.testing.assert_array_equal(loaded.predict(plays), search.predict(plays))
    clone(loaded)


@pytest.mark.parametrize(
    "splitter",
    [
        InteractionKFold(3, random_state=np.random.default_rng(0)),
        UserKFold(2, shuffle=False),
        ColdItemKFold(),
        LeaveLastOut(2),
        TemporalSplit(2, test_size=0.25),
    ],
    ids=lambda splitter: type(splitter).__name__,
)
def test_a_splitter_splits_as_before(splitter, path):
    plays = plays_of(int).assign(when=range(100))

    save(splitter, path)
    loaded = load(path)

    for found, expected in zip(loaded.split(plays), splitter.split(plays), strict=True):
        assert [part.tolist() for part in found] == [part.tolist() for part in expected]


def test_what_two_parts_of_a_search_share_stays_shared(path):
    search = GridSearchCV(PIPELINE, GRID, scoring=ONE, cv=InteractionKFold(2))
    search.features = FeatureTable(FILMS)
    search.estimator_of_features = clone(search.features)

    save(search, path)
    loaded = load(path)

    assert loaded.features.table is loaded.estimator_of_features.table
    assert loaded.features is not loaded.estimator_of_features


def test_requests_for_metadata_are_kept(path):
    with sklearn.config_context(enable_metadata_routing=True):
        model = PopularityRecommender().set_fit_request(sample_weight=True)

    save(model, path)
    loaded = load(path)

    assert repr(loaded._metadata_request) == repr(model._metadata_request)


@pytest.mark.slow
def test_a_new_process_loads_a_model_without_having_imported_its_room(path):
    model = ItemKNNRecommender(n_neighbors=3).fit(plays_of(str))
    save(model, path)
    code = (
        "import sys; from sklearn_recsys.persistence import load; "
        "print(load(sys.argv[1]).recommend(n_items=3).to_json())"
    )

    run = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True
    )

    assert run.stdout.strip() == model.recommend(n_items=3).to_json()


def test_the_file_says_what_wrote_it(path):
    save(PopularityRecommender(), path)

    with zipfile.ZipFile(path) as archive:
        manifest = json.loads(archive.read("manifest.json"))

    assert manifest["format"] == "sklearn_recsys"
    assert manifest["format_version"] == 1
    assert manifest["versions"]["scikit-learn"] == sklearn.__version__
    assert manifest["versions"]["numpy"] == np.__version__
    assert "sklearn-recsys" in manifest["versions"]


def test_numpy_alone_reads_the_arrays_of_a_file(path, plays):
    model = SVDRecommender(3, random_state=0).fit(plays)
    save(model, path)

    with zipfile.ZipFile(path) as archive:
        arrays = [np.load(archive.open(n)) for n in archive.namelist() if n.endswith(".npy")]

    assert any(np.array_equal(array, model.user_factors_) for array in arrays)


def test_scikit_learns_own_warning_tells_of_another_version_of_it(forge, path):
    for estimator, n_warnings in ((make_pipeline(GenreTfidf()), 1), (GenreTfidf(), 0)):
        forged = forge(estimator)
        forged.manifest["versions"]["scikit-learn"] = "1.0"
        forged.write()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")

            load(path)

        assert [warning.category for warning in caught] == [InconsistentVersionWarning] * n_warnings
        assert all(warning.filename == __file__ for warning in caught)


def test_a_parameter_that_is_newer_than_the_file_has_its_default(forge, path, plays):
    model = PopularityRecommender("value").fit(plays)
    forged = forge(model)
    node = forged.nodes[-1]
    place = node["names"].index("verbose")
    del node["names"][place], node["values"][place]
    forged.write()

    assert load(path).get_params() == model.get_params()


def test_only_an_estimator_can_be_saved(path):
    for value in (None, "model", 3, PopularityRecommender):
        with pytest.raises(TypeError, match="must be an estimator"):
            save(value, path)
    with pytest.raises(TypeError, match="The estimator is the module numpy"):
        save(np, path)


def test_a_lambda_deep_in_a_pipeline_is_named_by_its_steps(path):
    table = FeatureTable(FILMS, FunctionTransformer(lambda rows: rows))
    pipeline = Pipeline([("hybrid", PopularityRecommender(table))])

    with pytest.raises(TypeError, match=r"^hybrid\.by\.transformer\.func is the function <lambda>"):
        save(pipeline, path)
    columns = ColumnTransformer([("genre", GenreTfidf(lambda: 1), "genre")])
    with pytest.raises(TypeError, match=r"^transformer\.genre\.sep is the function <lambda>"):
        save(FeatureTable(FILMS, columns), path)
    search = GridSearchCV(pipeline, {"a": [1, print]}, cv=iter([]))
    with pytest.raises(TypeError, match=r"^estimator\.hybrid\.by\.transformer\.func"):
        save(search, path)
    search = GridSearchCV(PIPELINE, {"a": [1, print]}, cv=iter([]))
    with pytest.raises(TypeError, match=r"cv is a list_iterator|param_grid\['a'\]\[1\] is the"):
        save(search, path)
