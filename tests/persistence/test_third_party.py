"""Classes that are not the library's own: what the caller vouches for, and what skops reads."""
# SPDX-License-Identifier: BSD-3-Clause

import builtins
import importlib
import io
import json
import sys
import zipfile

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import Ridge
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import (
    FunctionTransformer,
    KBinsDiscretizer,
    OneHotEncoder,
    PolynomialFeatures,
    StandardScaler,
)

from sklearn_recsys.base import BaseRecommender, RecommenderTags
from sklearn_recsys.exceptions import UnsafeFileError
from sklearn_recsys.interactions import FeatureTable
from sklearn_recsys.persistence import load, save
from sklearn_recsys.persistence._archive import write_archive
from sklearn_recsys.pipeline import make_recommender_pipeline
from sklearn_recsys.preprocessing import ConfidenceWeighter

FILMS = pd.DataFrame({"kind": ["a", "b", "a"], "year": [1.0, 2, 4]}, index=["u", "v", "w"])


class FlatRecommender(BaseRecommender):
    """Score every pair alike."""

    def __init__(self, level=1.0):
        self.level = level

    def _fit(self, interactions):
        self.level_ = np.float32(self.level)

    def _score(self, rows):
        return np.full((len(rows), len(self.items_)), self.level_)

    def __recommender_tags__(self):
        return RecommenderTags(personalized=False, fold_in="none")


class Halver(TransformerMixin, BaseEstimator):
    """Halve the values of a table."""

    def fit(self, X, y=None):
        self.factor_ = 0.5
        return self

    def transform(self, X):
        return X.assign(plays=X["plays"] * self.factor_)


class Settings:
    """Hold a value, and no more."""

    def __init__(self, value):
        self.value = value


class Loud:
    """Tell if its state is set by a method of its own."""

    def __setstate__(self, state):
        raise AssertionError("this was run")


class Slotted:
    """Keep its state elsewhere."""

    __slots__ = ("value",)


NAME = f"{FlatRecommender.__module__}.FlatRecommender"


def test_a_recommender_of_ones_own_is_loaded_if_the_caller_vouches_for_it(path, plays):
    model = FlatRecommender(2.5).fit(plays)
    save(model, path)

    for trusted in ([FlatRecommender], (FlatRecommender, "os.system")):
        loaded = load(path, trusted=trusted)

        assert type(loaded) is FlatRecommender
        pd.testing.assert_frame_equal(loaded.recommend(), model.recommend())
    with pytest.raises(UnsafeFileError, match=r"FlatRecommender'.* pass trusted="):
        load(path)


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package that makes a class of a private module public."""
    folder = tmp_path / "shown_package"
    folder.mkdir()
    (folder / "__init__.py").write_text("from shown_package._inner import Shown\n")
    (folder / "_inner.py").write_text(
        "from sklearn_recsys.baseline import PopularityRecommender\n\n\n"
        "class Shown(PopularityRecommender):\n"
        "    class Inner(PopularityRecommender):\n        pass\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    yield importlib.import_module("shown_package")
    for name in ("shown_package", "shown_package._inner"):
        sys.modules.pop(name, None)


@pytest.mark.parametrize("name", ["shown_package.Shown", "shown_package._inner.Shown"])
def test_a_class_goes_by_its_public_name_and_by_its_own(name, package, path):
    save(package.Shown("value"), path)

    assert type(load(path, trusted=[name])) is package.Shown


def test_a_class_within_a_class_is_found(package, path):
    save(package.Shown.Inner("value"), path)

    assert type(load(path, trusted=["shown_package._inner.Shown.Inner"])) is package.Shown.Inner


def test_the_file_never_decides_what_is_imported(package, path, monkeypatch):
    save(package.Shown(), path)
    for name in ("shown_package", "shown_package._inner"):
        monkeypatch.delitem(sys.modules, name)

    with pytest.raises(UnsafeFileError):
        load(path, trusted=["os.path.join", "nowhere.at.all", "pandas.DataFrame", "no_dots", ""])

    assert "shown_package" not in sys.modules


@pytest.mark.parametrize("trusted", ["os.system", FlatRecommender, [1], [None]])
def test_trusted_must_be_a_list_of_names_or_classes(trusted, path):
    with pytest.raises(TypeError, match="trusted must"):
        save(ConfidenceWeighter(), path, trusted=trusted)
    save(ConfidenceWeighter(), path)
    with pytest.raises(TypeError, match="trusted must"):
        load(path, trusted=trusted)


def test_an_object_of_a_class_that_save_trusts_is_saved_by_its_attributes(path):
    estimator = ConfidenceWeighter(Settings({"a": np.arange(3)}))
    with pytest.raises(TypeError, match=r"scheme is a Settings, .* name this class in trusted="):
        save(estimator, path)
    save(estimator, path, trusted=[Settings])

    with pytest.raises(UnsafeFileError, match="Settings"):
        load(path)
    loaded = load(path, trusted=[Settings])

    assert type(loaded.scheme) is Settings
    assert loaded.scheme.value["a"].tolist() == [0, 1, 2]


@pytest.mark.parametrize(("value", "reason"), [(Loud(), "__setstate__"), (Slotted(), "slots")])
def test_an_object_whose_state_load_could_not_set_is_refused(value, reason, path):
    if isinstance(value, Slotted):
        value.value = 3
    with pytest.raises(TypeError, match=f"scheme is a .* {reason}"):
        save(ConfidenceWeighter(value), path, trusted=[Loud, Slotted])


def test_an_attribute_that_hides_a_method_is_refused(path):
    model = FlatRecommender()
    model.fit = "for purpose"

    with pytest.raises(TypeError, match="Its attribute fit hides one of its class"):
        save(model, path)


def test_no_method_of_a_trusted_class_is_run(forge, path):
    forged = forge(FlatRecommender())
    forged.nodes[-1]["class"] = f"{Loud.__module__}.Loud"
    forged.write()

    assert vars(load(path, trusted=[Loud])) == {"level": 1.0}


def test_a_transformer_of_ones_own_goes_through_skops(path, plays):
    pipeline = make_recommender_pipeline(Halver(), FlatRecommender()).fit(plays)
    save(pipeline, path)

    with pytest.raises(UnsafeFileError, match=r"Halver in the file holds what is not trusted: "):
        load(path, trusted=[FlatRecommender])
    loaded = load(path, trusted=[FlatRecommender, Halver])

    assert loaded.steps[0][1].factor_ == 0.5


@pytest.mark.parametrize(
    "transformer",
    [
        OneHotEncoder(handle_unknown="ignore", dtype=np.float32),
        StandardScaler(),
        PolynomialFeatures(2, include_bias=False),
    ],
    ids=lambda transformer: type(transformer).__name__,
)
def test_scikit_learns_transformers_of_features_come_back(transformer, path):
    column = "kind" if isinstance(transformer, OneHotEncoder) else "year"
    features = FeatureTable(FILMS, ColumnTransformer([("it", transformer, [column])]), fit_on="all")
    fitted = features.fit(["u"])
    save([features, fitted], path)

    table, loaded = load(path)

    assert repr(table) == repr(features)
    assert loaded.matrix.toarray().tolist() == fitted.matrix.toarray().tolist()
    rows = [f.transform_rows(FILMS).toarray().tolist() for f in (loaded, fitted)]
    assert rows[0] == rows[1]


def test_a_regressor_with_a_compiled_part_needs_trust_by_its_name(path):
    forest = RandomForestRegressor(3, random_state=0).fit(FILMS[["year"]], [1.0, 2, 3])
    save(forest, path)

    with pytest.raises(UnsafeFileError, match=r"pass trusted=\['sklearn.tree._tree.Tree'\]"):
        load(path)
    loaded = load(path, trusted=["sklearn.tree._tree.Tree"])

    np.testing.assert_array_equal(loaded.predict(FILMS[["year"]]), forest.predict(FILMS[["year"]]))


def test_what_skops_cannot_save_is_named(path):
    table = FeatureTable(FILMS, KBinsDiscretizer(n_bins=io.StringIO()))
    with pytest.raises(TypeError, match=r"^transformer is a KBinsDiscretizer, .* skops says"):
        save(table, path)
    with pytest.raises(TypeError, match=r"<lambda>.* which no file can name"):
        save(FeatureTable(FILMS, KBinsDiscretizer(lambda: 3)), path)
    matrix = sparse.csr_array(np.eye(3))
    with pytest.raises(TypeError, match="sparse matrix"):
        save(NearestNeighbors().fit(matrix), path)

    assert not path.exists()


def test_without_skops_one_sentence_says_how_to_install_it(path, monkeypatch):
    save(Ridge(), path)
    real_import = importlib.import_module

    def without_skops(name, *args):
        if name.startswith("skops"):
            raise ModuleNotFoundError(f"No module named {name!r}", name="skops")
        return real_import(name, *args)

    monkeypatch.setattr(importlib, "import_module", without_skops)
    for call in (lambda: save(Ridge(), path), lambda: load(path)):
        with pytest.raises(ModuleNotFoundError, match=r"pip install 'sklearn-recsys\[skops\]'"):
            call()


def test_the_library_alone_does_not_need_skops(path, plays, monkeypatch):
    real_import = builtins.__import__

    def without_skops(name, *args, **kwargs):
        if name.partition(".")[0] == "skops":
            raise AssertionError("skops was imported")
        return real_import(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without_skops)
    columns = ColumnTransformer([("log", FunctionTransformer(np.log1p), ["year"])])
    save(columns.fit(FILMS), path)

    assert load(path).transform(FILMS).shape == (3, 1)


def reforge(content, change):
    """Return what skops wrote, with some members changed."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {info.filename: archive.read(info) for info in archive.infolist()}
    stream = io.BytesIO()
    compression = change(members) or zipfile.ZIP_STORED
    with zipfile.ZipFile(stream, "w", compression) as archive:
        for name, part in members.items():
            archive.writestr(name, part)
    return stream.getvalue()


def compress(members):
    return zipfile.ZIP_DEFLATED


def enlarge(members):
    for name, content in members.items():
        members[name] = content.replace(b"(1,), }         ", b"(999999999,), } ")
    assert b"(999999999,)" in b"".join(members.values())


def add(members):
    members["../evil.py"] = b""


def deepen(members):
    members["schema.json"] = b"[" * 1_000_000


def rename(members):
    members["schema.json"] = members["schema.json"].replace(b"StandardScaler", b"MinMaxScaler")


def replace(members):
    schema = members["schema.json"].replace(b"sklearn.preprocessing._data", b"os")
    members["schema.json"] = schema.replace(b"StandardScaler", b"system")


def double(members):
    schema = json.loads(members["schema.json"])
    nested = {"__id__": "first", "content": []}
    for depth in range(60):
        same = {"__id__": nested["__id__"]}
        nested = {"__id__": f"at {depth}", "content": [nested, same]}
    parts = [nested]
    while parts:
        part = parts.pop()
        part.update({"__class__": "list", "__module__": "builtins", "__loader__": "ListNode"})
        parts += part.get("content", [])
    schema["content"]["content"]["with_mean"] = nested
    members["schema.json"] = json.dumps(schema).encode()


@pytest.mark.parametrize("change", [compress, enlarge, add, deepen, double, rename, replace])
def test_a_forged_file_of_skops_is_refused(change, forge, path):
    forged = forge(StandardScaler().fit(FILMS[["year"]].to_numpy()))
    name = forged.nodes[-1]["member"]
    forged.members[name] = reforge(forged.members[name], change)
    forged.write()

    with pytest.raises(UnsafeFileError):
        load(path)


def test_what_skops_holds_must_be_an_estimator(forge, path):
    skops = pytest.importorskip("skops.io")
    forged = forge(StandardScaler())
    forged.members[forged.nodes[-1]["member"]] = skops.dumps({"a": 1})
    forged.nodes[-1]["class"] = "builtins.dict"
    forged.write()

    with pytest.raises(UnsafeFileError, match="wrong class"):
        load(path)


def test_a_file_of_skops_alone_is_not_taken_for_one_of_save(path):
    skops = pytest.importorskip("skops.io")
    path.write_bytes(skops.dumps(StandardScaler()))

    with pytest.raises(UnsafeFileError):
        load(path)
    write_archive(path, [("manifest.json", b"[]"), ("skops/0.skops", b"")])
    with pytest.raises(UnsafeFileError, match="not one that save has written"):
        load(path)
