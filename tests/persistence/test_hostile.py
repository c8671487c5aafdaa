"""A file that was damaged or forged gives a clear error: it is never run, nor fills the memory."""
# SPDX-License-Identifier: BSD-3-Clause

import gc
import io
import json
import os
import pickle
import re
import struct
import tracemalloc
import zipfile

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse
from sklearn.compose import ColumnTransformer
from sklearn.model_selection import GridSearchCV
from sklearn.preprocessing import OneHotEncoder

from sklearn_recsys.baseline import PopularityRecommender
from sklearn_recsys.decomposition import SVDRecommender
from sklearn_recsys.exceptions import FormatVersionError, UnsafeFileError
from sklearn_recsys.feature_extraction import GenreTfidf
from sklearn_recsys.interactions import FeatureTable
from sklearn_recsys.metrics import make_ranking_scorer
from sklearn_recsys.model_selection import InteractionKFold
from sklearn_recsys.neighbors import ItemKNNRecommender
from sklearn_recsys.persistence import load, save
from sklearn_recsys.persistence._archive import write_archive
from sklearn_recsys.pipeline import make_recommender_pipeline
from sklearn_recsys.preprocessing import ConfidenceWeighter

HUGE = 10**18


class Evil:
    """Tell if it was ever unpickled."""

    def __reduce__(self):
        return os.mkdir, ("unpickled",)


def refuse(path, match=None, error=UnsafeFileError, **options):
    """Assert that a file is refused, in little memory, whether it is mapped or not."""
    for mmap_mode in (None, "r"):
        with pytest.raises(error, match=match) as caught:
            load(path, mmap_mode=mmap_mode, **options)
        assert isinstance(caught.value, ValueError)


def npy(header, content=b""):
    """Return an array in NumPy's format with any header."""
    text = header.encode() + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + content


def zipped(members, compression=zipfile.ZIP_STORED):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return stream.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK",
        b"no archive at all",
        pickle.dumps(Evil()),
        b"PK\x05\x06" + bytes(18),
        zipped([("readme.txt", "hello")]),
        zipped([("manifest.json", "{}")]),
        zipped([("manifest.json", "null")]),
        zipped([("manifest.json", "not json")]),
        zipped([("manifest.json", b"\xff\xfe")]),
        zipped([("manifest.json", "[" * 1_000_000)]),
        zipped([("manifest.json", '{"a":' * 1_000_000)]),
        zipped([("manifest.json", '{"format": ' + "9" * 1_000_000)]),
    ],
    ids=range(13),
)
def test_what_is_no_saved_model_is_refused(content, path, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    path.write_bytes(content)

    refuse(path)

    assert not (tmp_path / "unpickled").exists()


def test_a_missing_file_and_a_directory_give_the_errors_of_the_system(path):
    with pytest.raises(FileNotFoundError):
        load(path)
    path.mkdir()
    with pytest.raises(IsADirectoryError):
        load(path)
    with pytest.raises(IsADirectoryError, match="name a file in it"):
        save(PopularityRecommender(), path)


def test_a_folder_that_does_not_exist_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"folder of .*model\.zip does not exist: make it"):
        save(PopularityRecommender(), tmp_path / "none" / "model.zip")


def test_a_newer_format_is_named_before_anything_else_is_looked_at(forge, path):
    forged = forge(PopularityRecommender())
    forged.manifest = {"format": "sklearn_recsys", "format_version": 2, "whatever": 1}
    forged.members["arrays/0.npy"] = b"of a new kind"
    forged.write()

    refuse(path, "format version 2, .* up to 1: run pip install --upgrade", FormatVersionError)


@pytest.mark.parametrize("version", [0, -1, True, "1", 1.0, None, [1]])
def test_a_version_that_is_none_is_refused(version, forge, path):
    forged = forge(PopularityRecommender())
    forged.manifest["format_version"] = version
    forged.write()

    refuse(path, "as the version of its format")


def test_an_older_format_is_migrated(forge, path, monkeypatch):
    forge(PopularityRecommender("value"))
    persist = "sklearn_recsys.persistence._persist"
    monkeypatch.setattr(f"{persist}._VERSION", 3)
    monkeypatch.setitem(
        load.__globals__["_MIGRATIONS"], 1, lambda m: {**m, "format_version": 2, "nodes": None}
    )
    nodes = [{"kind": "list", "items": [1, 2]}]
    monkeypatch.setitem(
        load.__globals__["_MIGRATIONS"], 2, lambda m: {**m, "format_version": 3, "nodes": nodes}
    )

    assert load(path) == [1, 2]


def rezip(path, change, compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path) as archive:
        members = [(info.filename, archive.read(info)) for info in archive.infolist()]
    path.write_bytes(zipped(change(members), compression))


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda m: [*m, ("../evil.py", b"")], "does not write"),
        (lambda m: [*m, ("/etc/passwd", b"")], "does not write"),
        (lambda m: [*m, ("arrays/../../x.npy", b"")], "does not write"),
        (lambda m: [*m, ("arrays\\x.npy", b"")], "does not write|directory"),
        (lambda m: [*m, ("arrays/99.npy", b"")], "stray"),
        (lambda m: [*m, ("arrays/٣.npy", b"")], None),
        (lambda m: m[1:], "manifest"),
        (lambda m: m[:-1], "lacks"),
    ],
)
def test_members_other_than_those_of_the_manifest_are_refused(change, match, path, plays):
    save(PopularityRecommender().fit(plays), path)
    rezip(path, change)

    refuse(path, match)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_member_that_is_there_twice_is_refused(path, plays):
    save(PopularityRecommender().fit(plays), path)
    rezip(path, lambda members: [*members, members[0]])

    refuse(path, "overlap, repeat")


def test_compressed_members_are_refused_unread(path):
    save(ConfidenceWeighter(np.zeros(10**7, np.int8)), path)
    rezip(path, lambda members: members, zipfile.ZIP_DEFLATED)
    assert path.stat().st_size < 20_000

    refuse(path, "compressed")


def test_a_member_used_twice_is_refused(forge, path):
    forged = forge(ConfidenceWeighter([np.zeros(10), np.zeros(10)]))
    first, second = (node for node in forged.nodes if node["kind"] == "array")
    second["member"] = first["member"]
    forged.write()

    refuse(path, "uses it twice")


def test_bytes_before_the_archive_are_refused(path):
    save(PopularityRecommender(), path)
    path.write_bytes(b"#!/bin/sh\n" + path.read_bytes())

    refuse(path)


@pytest.mark.parametrize("field", ["flags", "name", "crc", "size", "method"])
def test_a_directory_that_contradicts_the_members_is_refused(field, path):
    offset, values = {
        "flags": (8, b"\x01\x00"),
        "name": (46, b"X"),
        "crc": (16, b"\0\0\0\0"),
        "size": (20, struct.pack("<LL", 2**32 - 2, 2**32 - 2)),
        "method": (10, b"\x08\x00"),
    }[field]
    save(PopularityRecommender(), path)
    content = bytearray(path.read_bytes())
    start = content.index(b"PK\x01\x02") + offset
    content[start : start + len(values)] = values
    path.write_bytes(content)

    refuse(path)


HEADERS = {
    "larger than the file": f"{{'descr': '<f8', 'fortran_order': False, 'shape': ({HUGE},), }}",
    "overflowing": "{'descr': '<f8', 'fortran_order': False, 'shape': (4294967296, 4294967296), }",
    "wrapping to nothing": (
        "{'descr': '<f8', 'fortran_order': False, 'shape': (2305843009213693952, 8), }"
    ),
    "negative": "{'descr': '<f8', 'fortran_order': False, 'shape': (-1,), }",
    "empty but huge": f"{{'descr': '<f8', 'fortran_order': False, 'shape': (0, {10**19 - 1}), }}",
    "many dimensions": f"{{'descr': '<f8', 'fortran_order': False, 'shape': ({'0, ' * 40}), }}",
    "of nothing": f"{{'descr': '<U0', 'fortran_order': False, 'shape': ({HUGE},), }}",
    "of objects": "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }",
    "of a structure": "{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (0,), }",
    "of wide text": "{'descr': '<U999999999', 'fortran_order': False, 'shape': (0,), }",
    "of an unknown type": "{'descr': '<f1', 'fortran_order': False, 'shape': (0,), }",
    "with code": "{'descr': __import__('os').getcwd(), 'fortran_order': False, 'shape': (0,), }",
    "without a shape": "{'descr': '<f8', 'fortran_order': False, }",
    "of many digits": f"{{'descr': '<f8', 'fortran_order': False, 'shape': ({'1' * 1900}x), }}",
    "of many brackets": "(" * 1900,
    "that is too long": " " * 60_000,
    "empty": "",
}


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS)
def test_an_array_with_a_forged_header_is_refused(header, forge, path):
    forged = forge(ConfidenceWeighter(np.arange(3.0)))
    forged.members["arrays/0.npy"] = npy(header)
    forged.write()

    refuse(path)


@pytest.mark.parametrize(
    "content", [b"", b"\x93NUMPY", b"\x93NUMPY\x01\x00\xff\xff", pickle.dumps(1)]
)
def test_an_array_without_a_header_is_refused(content, forge, path):
    forged = forge(ConfidenceWeighter(np.arange(3.0)))
    forged.members["arrays/0.npy"] = content
    forged.write()

    refuse(path, "header")


@pytest.mark.parametrize(
    ("array", "wrong"),
    [
        (np.array([True, False]), np.array([7, 0], np.uint8)),
        (np.array(["a"]), np.array([0x110000], np.uint32)),
    ],
    ids=["truth", "character"],
)
def test_values_that_numpy_itself_would_stumble_over_are_refused(array, wrong, forge, path):
    forged = forge(ConfidenceWeighter(array))
    content = forged.members["arrays/0.npy"]
    forged.members["arrays/0.npy"] = content[: -wrong.nbytes] + wrong.tobytes()
    forged.write()

    refuse(path, "impossible values")


MATRIX = sparse.csr_array(np.array([[1, 0, 2], [0, 5, 0]], np.float32))


@pytest.mark.parametrize(
    ("part", "values"),
    [
        ("indices", np.array([0, 3, 1], np.int32)),
        ("indices", np.array([0, -1, 1], np.int32)),
        ("indices", np.array([0, 2], np.int32)),
        ("indices", np.array([0, 2, 1], np.int64)),
        ("indices", np.array([0, 2, 1], ">i4")),
        ("indices", np.array([0, 2, 1], np.int16)),
        ("indices", np.array([0, 2, 1], np.float64)),
        ("indices", np.array([[0, 2, 1]], np.int32)),
        ("indptr", np.array([0, 2, 4], np.int32)),
        ("indptr", np.array([0, 4, 3], np.int32)),
        ("indptr", np.array([1, 2, 3], np.int32)),
        ("indptr", np.array([0, 3], np.int32)),
        ("indptr", np.array([], np.int32)),
        ("data", np.array([1.0, 2.0], np.float32)),
        ("data", np.array(["a", "b", "c"])),
    ],
)
def test_a_sparse_matrix_that_points_out_of_itself_is_refused(part, values, forge, path):
    forged = forge(ConfidenceWeighter(MATRIX))
    stream = io.BytesIO()
    np.save(stream, values)
    forged.members[forged.node(kind="sparse")[part]] = stream.getvalue()
    forged.write()

    refuse(path, "wrong (data|indices|indptr)")


@pytest.mark.parametrize("shape", [[2], [2, 2], [HUGE, 3], [-2, 3], [2, "3"], [2, True], None])
def test_a_sparse_matrix_of_a_forged_shape_is_refused(shape, forge, path):
    forged = forge(ConfidenceWeighter(MATRIX))
    forged.node(kind="sparse")["shape"] = shape
    forged.write()

    refuse(path)


@pytest.mark.parametrize(
    "name",
    [
        "os.system",
        "builtins.eval",
        "subprocess.Popen",
        "sklearn_recsys.neighbors._item_knn.ItemKNNRecommender",
        "sklearn_recsys.interactions._ids.IdIndex",
        "sklearn_recsys.base.BaseRecommender",
        "sklearn_recsys.interactions.filter_k_core",
        "sklearn_recsys.datasets.fetch_movielens",
        "sklearn_recsys.testing.World",
        "sklearn_recsys.persistence.save",
        "sklearn_recsys.exceptions.DataWarning",
        "sklearn_recsys.__version__.x",
        "sklearn_recsys..x",
        "sklearn.linear_model.Ridge",
        "sklearn.pipeline.make_pipeline",
        "",
        ".",
        "..",
    ],
)
def test_a_class_that_nobody_vouches_for_is_refused_by_name(name, forge, path):
    forged = forge(PopularityRecommender())
    forged.node(kind="object")["class"] = name
    forged.write()

    refuse(path, "pass trusted=")


@pytest.mark.parametrize("kind", ["type", "function", "ufunc", "distribution"])
@pytest.mark.parametrize(
    "name", ["os.system", "builtins.eval", "eval", "rv_continuous", "fromstring"]
)
def test_a_function_or_type_other_than_the_known_is_refused(kind, name, forge, path):
    forged = forge(ConfidenceWeighter(np.log1p))
    (place,) = (n for n, node in enumerate(forged.nodes) if node["kind"] == "ufunc")
    extra = {"args": [], "keywords": [], "values": []} if kind == "distribution" else {}
    forged.nodes[place] = {"kind": kind, "name": name, **extra}
    forged.write()

    refuse(path)


@pytest.mark.parametrize(
    "name",
    [
        "__class__",
        "__dict__",
        "__init__",
        "__reduce__",
        "__sklearn_tags__",
        "fit",
        "predict",
        "recommend",
        "similar_items",
        "_repr_html_",
        "_parameter_constraints",
        "not an identifier",
        "",
    ],
)
def test_an_attribute_that_hides_what_a_class_does_is_refused(name, forge, path):
    forged = forge(PopularityRecommender())
    forged.node(kind="object")["names"][0] = name
    forged.write()

    refuse(path, "replace parts of the class")


def test_an_attribute_given_twice_is_refused(forge, path):
    forged = forge(PopularityRecommender())
    forged.node(kind="object")["names"] = ["by", "by"]
    forged.write()

    refuse(path, "names")


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("users_", "text"),
        ("items_", None),
        ("interactions_", 3),
        ("popularity_", 3),
        ("_tie_order", None),
        ("_names", "ab"),
        ("_user_index", []),
        ("user_factors_", None),
        ("item_factors_", 1.5),
        ("item_biases_", True),
    ],
)
def test_a_model_whose_parts_do_not_fit_is_refused(attribute, value, forge, path, plays):
    forged = forge(SVDRecommender(2).fit(plays))
    model = forged.nodes[-1]
    model["values"][model["names"].index(attribute)] = value
    forged.write()

    refuse(path)


def test_a_model_with_codes_beyond_its_items_is_refused(forge, path, plays):
    model = PopularityRecommender().fit(plays)
    model._tie_order = model._tie_order + 1
    forge(model)

    refuse(path, "wrong _tie_order")


def test_a_model_with_too_short_arrays_is_refused(path, plays):
    for name in ("popularity_", "user_factors_", "item_factors_", "user_biases_", "item_biases_"):
        model = SVDRecommender(2, random_state=0).fit(plays)
        setattr(model, name, getattr(model, name)[:-1])
        save(model, path)

        refuse(path, f"wrong {name}")


def test_a_pipeline_whose_steps_are_none_is_refused(forge, path):
    forged = forge(make_recommender_pipeline(ConfidenceWeighter(), PopularityRecommender()))
    pipeline = forged.nodes[-1]
    steps = pipeline["values"][pipeline["names"].index("steps")]["at"]
    forged.nodes[steps] = {"kind": "tuple", "items": [*forged.nodes[steps]["items"], 5]}
    forged.write()

    refuse(path, "wrong steps")


@pytest.mark.parametrize(
    "nodes",
    [
        None,
        [],
        [1],
        [{}],
        [{"kind": "list", "items": [{"at": 0}]}],
        [{"kind": "list", "items": [{"at": 1}]}, {"kind": "list", "items": []}],
        [{"kind": "list", "items": [{"at": -1}]}],
        [{"kind": "list", "items": [[1]]}],
        [{"kind": "list", "items": [{"other": 0}]}],
        [{"kind": "list", "items": []}, {"kind": "list", "items": []}],
        [{"kind": "list"}],
        [{"kind": "eval", "items": []}],
        [{"kind": ["list"]}],
        [{"kind": "list", "items": []}, {"kind": "set", "items": [{"at": 0}]}],
        [{"kind": "list", "items": []}, {"kind": "dict", "keys": [{"at": 0}], "values": [1]}],
        [{"kind": "dict", "keys": [1], "values": []}],
        [{"kind": "int", "hex": "eval"}],
        [{"kind": "float", "name": "1e5"}],
        [{"kind": "bytes", "hex": "0"}],
        [{"kind": "complex", "parts": ["a", "b"]}],
        [{"kind": "numpy", "dtype": "|O", "hex": "00"}],
        [{"kind": "numpy", "dtype": "<f8", "hex": "00"}],
        [{"kind": "numpy", "dtype": "|b1", "hex": "07"}],
        [{"kind": "dtype", "name": "O,O"}],
        [{"kind": "missing", "name": "eval"}],
        [{"kind": "date", "iso": "yesterday"}],
        [{"kind": "datetime", "iso": "2020-01-01", "fold": 0, "zone": "../../etc/passwd"}],
        [{"kind": "datetime", "iso": "2020-01-01", "fold": 0, "zone": "Europe"}],
        [{"kind": "datetime", "iso": "2020-01-01", "fold": 2, "zone": None}],
        [{"kind": "timedelta", "parts": [10**12, 0, 0]}],
        [{"kind": "uuid", "hex": "0"}],
        [{"kind": "decimal", "text": "one"}],
        [{"kind": "slice", "parts": [1]}],
        [{"kind": "range", "parts": [0, 1, 0]}],
        [{"kind": "objects", "shape": [HUGE], "items": []}],
        [{"kind": "objects", "shape": [0] * 65, "items": []}],
        [{"kind": "ranking scorer", "metrics": ["accuracy"], "options": None}],
        [{"kind": "range index", "parts": [0, 1, 0], "name": None}],
        [{"kind": "array", "member": "manifest.json"}],
        [{"kind": "array", "member": "../x"}],
        [{"kind": "skops", "class": "x", "member": "manifest.json"}],
    ],
    ids=lambda nodes: json.dumps(nodes)[:60],
)
def test_a_forged_graph_is_refused(nodes, forge, path):
    forged = forge(PopularityRecommender())
    forged.manifest["nodes"] = nodes
    forged.write()

    refuse(path)


def test_lists_that_would_grow_without_end_are_refused(forge, path):
    forged = forge(PopularityRecommender())
    forged.manifest["nodes"] = [
        {"kind": "tuple", "items": [{"at": place - 1}] * 2 if place else []} for place in range(64)
    ]
    forged.nodes.append({"kind": "set", "items": [{"at": 63}]})
    forged.write()

    refuse(path, "sane size")


DEEP = 50_000


@pytest.mark.parametrize("kind", ["list", "objects", "slice"])
def test_an_object_deeper_than_python_can_free_is_refused(kind, forge, path):
    forged = forge(PopularityRecommender())
    fields = {
        "list": lambda at: {"items": [at]},
        "objects": lambda at: {"shape": [1], "items": [at]},
        "slice": lambda at: {"parts": [at, None, None]},
    }[kind]
    nests = [{"kind": kind, **fields({"at": place})} for place in range(DEEP)]
    forged.manifest["nodes"] = [{"kind": "list", "items": []}, *nests]
    forged.write()

    refuse(path, "sane size")


def test_a_chain_of_doubled_lists_takes_no_memory(forge, path):
    forged = forge(PopularityRecommender())
    doubled = [{"kind": "list", "items": [{"at": n}, {"at": n}]} for n in range(DEEP)]
    forged.manifest["nodes"] = [{"kind": "list", "items": []}, *doubled]
    forged.write()
    size = path.stat().st_size

    tracemalloc.start()
    try:
        refuse(path, "sane size")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 30 * size


def test_a_long_tuple_that_is_shared_often_is_refused(forge, path):
    forged = forge(PopularityRecommender())
    forged.manifest["nodes"] = [
        {"kind": "tuple", "items": [0] * 100_000},
        {"kind": "tuple", "items": [{"at": 0}] * 100_000},
        {"kind": "set", "items": [{"at": 1}]},
    ]
    forged.write()

    refuse(path, "sane size")


@pytest.mark.parametrize("shape", [[2**63 - 1] * 300_000, [1] * 33, [2**63], [-1], [1.0], "1"])
def test_a_shape_of_objects_that_is_none_is_refused(shape, forge, path):
    forged = forge(PopularityRecommender())
    forged.manifest["nodes"] = [{"kind": "objects", "shape": shape, "items": [None]}]
    forged.write()

    refuse(path, "wrong shape")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no pipes")
def test_a_device_or_pipe_is_neither_read_nor_replaced(path):
    os.mkfifo(path)

    with pytest.raises(OSError, match="is a device or a pipe: name a file"):
        load(path)
    with pytest.raises(OSError, match="is a device or a pipe: name a file"):
        save(PopularityRecommender(), path)


def test_a_zone_that_names_a_file_is_refused(forge, path):
    forged = forge(ConfidenceWeighter(pd.Timestamp("2020-01-01", tz="UTC")))
    for zone in ("dateutil//etc/passwd", "/etc/passwd", "../UTC", ""):
        forged.node(kind="timestamp")["zone"] = zone
        forged.write()

        refuse(path, "time zone")


@pytest.mark.parametrize(
    ("generator", "part", "field", "value"),
    [
        (np.random.RandomState(0), "state", "pos", 10**6),
        (np.random.RandomState(0), "state", "pos", -1),
        (np.random.Generator(np.random.Philox(0)), None, "buffer_pos", -(2**31)),
        (np.random.Generator(np.random.Philox(0)), None, "bit_generator", "eval"),
    ],
)
def test_a_random_state_that_points_out_of_its_buffer_is_refused(
    generator, part, field, value, forge, path
):
    forged = forge(ConfidenceWeighter(generator))
    (state,) = (n for n in forged.nodes if n["kind"] == "dict" and field in n["keys"])
    state["values"][state["keys"].index(field)] = value
    forged.write()

    refuse(path, "wrong state")


def test_a_seed_with_a_huge_pool_is_refused(forge, path):
    forged = forge(ConfidenceWeighter(np.random.default_rng(0)))
    (seed,) = (n for n in forged.nodes if n["kind"] == "dict" and "pool_size" in n["keys"])
    seed["values"][seed["keys"].index("pool_size")] = 2**31 - 1
    forged.write()

    refuse(path, "wrong seed")


FRAME = pd.DataFrame(
    {
        "text": ["a", "b"],
        "category": pd.Categorical(["x", "y"]),
        "number": pd.array([1, None], "Int64"),
    }
)


@pytest.mark.parametrize(
    ("kind", "field", "array"),
    [
        ("categorical", "codes", np.array([0, 2], np.int8)),
        ("categorical", "codes", np.array([0, -2], np.int8)),
        ("categorical", "codes", np.array([0.0, 1.0])),
        ("categorical", "codes", np.array([0], np.int8)),
        ("nullable", "mask", np.array([True])),
        ("nullable", "mask", np.array([0, 1], np.int8)),
        ("text", "ends", np.array([2, 1])),
        ("text", "ends", np.array([1, 2**62])),
        ("text", "ends", np.array([2**62, -(2**62)])),
        ("text", "ends", np.array([1])),
        ("text", "characters", np.array([255, 255], np.uint8)),
        ("text", "characters", np.array([97], np.uint8)),
    ],
)
def test_a_column_with_forged_parts_is_refused(kind, field, array, forge, path):
    forged = forge(ConfidenceWeighter(FRAME))
    forged.members[forged.node(kind=kind)[field]] = _saved(array)
    forged.write()

    refuse(path)


def _saved(array):
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


@pytest.mark.parametrize("container", ["polars", "pyarrow"])
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("names", ["a", "a"]),
        ("names", ["a"]),
        ("types", ["Object", "List"]),
        ("types", ["os.system", "Int64"]),
        ("units", ["years", "years"]),
        ("zones", ["dateutil//etc/passwd", "../UTC"]),
        ("values", [1, None]),
        ("values", []),
        ("missing", ["x", True]),
    ],
)
def test_a_forged_table_is_refused(container, field, value, forge, path):
    table = pl.DataFrame({"number": [1, None], "text": ["a", None]})
    forged = forge(ConfidenceWeighter(table if container == "polars" else table.to_arrow()))
    (node,) = (node for node in forged.nodes if node["kind"].endswith(" table"))
    node[field] = value
    forged.write()

    refuse(path)


@pytest.mark.parametrize("dtype", [pl.Date, pl.Datetime("ms"), pl.Duration("us")], ids=str)
def test_times_over_which_polars_would_panic_are_refused(dtype, forge, path):
    times = pl.DataFrame({"when": [1]}).cast(dtype)
    forged = forge(ConfidenceWeighter(times))
    largest = np.array([2**31 - 1], np.int32) if dtype == pl.Date else np.array([2**62])
    forged.members[forged.nodes[0]["member"]] = _saved(largest)
    forged.write()

    refuse(path, "wrong values")
    with pytest.raises(TypeError, match=r"scheme\['when'\] .* years 1 to 9999"):
        save(ConfidenceWeighter(pl.DataFrame({"when": largest}).cast(dtype)), path)


def test_columns_of_a_table_must_be_equally_long(forge, path):
    forged = forge(ConfidenceWeighter(pl.DataFrame({"a": [1, 2], "b": [1.5, 2.5]})))
    member = forged.nodes[0]["member"]
    forged.members[member] = _saved(np.arange(3))
    forged.write()

    refuse(path, "wrong values")


def test_a_file_cut_anywhere_is_refused(path, plays):
    save(ItemKNNRecommender(n_neighbors=3).fit(plays), path)
    content = path.read_bytes()
    for length in range(0, len(content), 97):
        path.write_bytes(content[:length])

        refuse(path)


def small_models(plays):
    features = pd.DataFrame(
        {"genre": ["a|b", "b", "c"], "kind": pd.Categorical(["p", "q", "p"])}, index=[0, 1, 2]
    )
    columns = [("genre", GenreTfidf(), "genre"), ("kind", OneHotEncoder(), ["kind"])]
    search = GridSearchCV(
        make_recommender_pipeline(ConfidenceWeighter(), ItemKNNRecommender()),
        {"itemknnrecommender__n_neighbors": [2, 5]},
        scoring=make_ranking_scorer("ndcg@5"),
        cv=InteractionKFold(2, random_state=np.random.default_rng(0)),
    )
    return {
        "neighbours": ItemKNNRecommender(n_neighbors=3).fit(plays),
        "factors": SVDRecommender(3, random_state=np.random.RandomState(0)).fit(plays),
        "table": FeatureTable(features, ColumnTransformer(columns)),
        "search": search.fit(plays),
    }


def mutate(content, rng):
    """Return bytes with one thing wrong."""
    changed = bytearray(content)
    place, length = rng.integers(len(content)), rng.integers(1, 60)
    kind = rng.integers(6)
    if kind == 0:
        changed[place] ^= 1 << rng.integers(8)
    elif kind == 1:
        del changed[place:]
    elif kind == 2:
        changed[place:place] = rng.bytes(length)
    elif kind == 3:
        del changed[place : place + length]
    elif kind == 4:
        changed[place : place + 4] = rng.bytes(4)
    else:
        changed[place:place] = changed[rng.integers(len(content)) :][:length]
    return bytes(changed)


def attempt(path):
    """Return what a file holds, or None if it is refused as it should be."""
    try:
        return load(path)
    except (UnsafeFileError, FormatVersionError):
        return None


@pytest.mark.slow
@pytest.mark.parametrize("name", ["neighbours", "factors", "table", "search"])
def test_random_damage_is_noticed_or_harmless(name, path, plays):
    model = small_models(plays)[name]
    save(model, path)
    content, rng = path.read_bytes(), np.random.default_rng(0)
    answers = answer(model, plays)
    for _ in range(600):
        path.write_bytes(mutate(content, rng))

        loaded = attempt(path)

        assert loaded is None or answer(loaded, plays) == answers


def answer(model, plays):
    if isinstance(model, FeatureTable):
        return repr(model), model.table.to_dict()
    scores = model.predict(plays).tolist()
    return re.sub("0x[0-9A-F]+", "", repr(model)), scores


FORGED_VALUES = [
    None,
    True,
    0,
    -1,
    2**62,
    1e300,
    "",
    "os.system",
    "sklearn_recsys.IdIndex",
    "__class__",
    "fit",
    "<f8",
    [],
    [1],
    {"at": 0},
    {"at": 5},
    "arrays/0.npy",
    "skops/1.skops",
]


def forge_at_random(forged, rng):
    """Change a field of the manifest, or some bytes of an array."""
    name = list(forged.members)[rng.integers(len(forged.members))]
    if name != "manifest.json" and rng.random() < 0.4:
        content = bytearray(forged.members[name])
        for _ in range(rng.integers(1, 4)):
            content[rng.integers(len(content))] = rng.choice([0, 1, 127, 128, 255, 53])
        forged.members[name] = bytes(content)
        return
    node = forged.nodes[rng.integers(len(forged.nodes))]
    other = forged.nodes[rng.integers(len(forged.nodes))]
    field = list(node)[rng.integers(len(node))]
    value = FORGED_VALUES[rng.integers(len(FORGED_VALUES))]
    items = node[field]
    if isinstance(items, list) and items and rng.random() < 0.6:
        items[rng.integers(len(items))] = value
    elif rng.random() < 0.3:
        node[field] = other.get(field, value)
    else:
        node[field] = value


@pytest.mark.slow
@pytest.mark.parametrize("name", ["neighbours", "factors", "table", "search"])
@pytest.mark.filterwarnings("ignore")  # what a forged object warns of is not the question
def test_a_random_forgery_is_refused_or_loads(name, forge, path, plays):
    model, rng = small_models(plays)[name], np.random.default_rng(0)
    forged = forge(model)
    original = json.dumps(forged.manifest), dict(forged.members)
    for _ in range(400):
        forged.manifest, forged.members = json.loads(original[0]), dict(original[1])
        forge_at_random(forged, rng)
        forged.write()

        attempt(path)  # whatever else it raises fails the test


def test_a_refused_file_takes_no_more_memory_than_it_is_large(forge, path):
    forged = forge(ConfidenceWeighter(np.zeros(10**6)))
    forged.nodes.append({"kind": "list", "items": [{"at": 0}, {"at": 1}]})
    forged.nodes.append({"kind": "objects", "shape": [HUGE], "items": [{"at": 2}]})
    forged.write()
    gc.collect()
    tracemalloc.start()
    try:
        with pytest.raises(UnsafeFileError):
            load(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert peak < 2 * path.stat().st_size


def test_a_manifest_that_is_too_large_is_not_parsed(path, monkeypatch):
    monkeypatch.setattr("sklearn_recsys.persistence._persist._MAX_MANIFEST", 1000)
    write_archive(path, [("manifest.json", b" " * 1001)])

    refuse(path, "1001 bytes")
