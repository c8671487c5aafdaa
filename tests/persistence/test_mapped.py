"""A mapped model is there at once: its arrays are views of the file."""
# SPDX-License-Identifier: BSD-3-Clause

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sklearn_recsys.decomposition import SVDRecommender
from sklearn_recsys.neighbors import ItemKNNRecommender
from sklearn_recsys.persistence import load, save
from sklearn_recsys.preprocessing import ConfidenceWeighter

LINUX = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads Linux's /proc")


def is_mapped(array):
    while array is not None:
        if isinstance(array, np.memmap):
            return True
        array = getattr(array, "base", None)
    return False


def test_dense_and_sparse_arrays_are_read_only_views_of_the_file(path, plays):
    save(SVDRecommender(3, random_state=0).fit(plays), path)

    model = load(path, mmap_mode="r")

    matrix = model.interactions_
    for array in (model.user_factors_, model.item_factors_, matrix.data, matrix.indices):
        assert type(array) is np.ndarray
        assert is_mapped(array)
        assert array.flags.aligned
        assert not array.flags.writeable
        assert array.ctypes.data % 64 == 0


def test_an_array_loaded_without_a_map_is_the_callers_own(round_trip):
    array = round_trip(np.arange(6.0))

    assert array.flags.writeable
    assert array.flags.owndata


@pytest.mark.parametrize(
    "model", [SVDRecommender(3, random_state=0), ItemKNNRecommender(n_neighbors=3)], ids=str
)
def test_a_mapped_model_gives_the_same_answers(model, path, plays):
    save(model.fit(plays), path)

    mapped = load(path, mmap_mode="r")

    pd.testing.assert_frame_equal(mapped.recommend(), model.recommend())
    pd.testing.assert_frame_equal(
        mapped.recommend(history=plays.head(9)), model.recommend(history=plays.head(9))
    )
    items = model.items_.tolist()
    pd.testing.assert_frame_equal(mapped.similar_items(items), model.similar_items(items))
    np.testing.assert_array_equal(mapped.predict(plays), model.predict(plays))


def test_a_mapped_model_outlives_the_file_and_can_be_saved_over_it(path, plays):
    model = SVDRecommender(3, random_state=0).fit(plays)
    save(model, path)
    mapped = load(path, mmap_mode="r")

    save(mapped, path)
    again = load(path)
    path.unlink()

    pd.testing.assert_frame_equal(mapped.recommend(), model.recommend())
    pd.testing.assert_frame_equal(again.recommend(), model.recommend())


def test_a_mapped_model_can_be_fitted_anew(path, plays):
    save(SVDRecommender(3, random_state=0).fit(plays), path)

    refitted = load(path, mmap_mode="r").fit(plays)

    assert refitted.user_factors_.flags.writeable


def test_checksums_are_compared_unless_the_file_is_mapped(path):
    save(ConfidenceWeighter(np.arange(1000.0)), path)
    content = bytearray(path.read_bytes())
    place = content.index(np.arange(1000.0)[500:502].tobytes())
    content[place] ^= 1
    path.write_bytes(content)

    with pytest.raises(ValueError, match=r"checksum of arrays/0\.npy is wrong"):
        load(path)
    assert load(path, mmap_mode="r").scheme[500] != 500


@pytest.mark.parametrize("mmap_mode", ["r+", "w+", "c", True, 1])
def test_no_other_way_of_mapping_is_offered(mmap_mode, path):
    save(ConfidenceWeighter(), path)

    with pytest.raises(ValueError, match='mmap_mode must be None or "r"'):
        load(path, mmap_mode=mmap_mode)


READER = """
import sys
from sklearn_recsys import neighbors
from sklearn_recsys.persistence import load

def own_memory():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("RssAnon"))

load(sys.argv[1], mmap_mode="r")  # once, for what the first call imports
before = own_memory()
model = load(sys.argv[1], mmap_mode="r")
print(own_memory() - before, float(model.scheme[-1, -1]))
"""


@LINUX
@pytest.mark.slow
def test_200_mb_take_none_of_the_memory_of_two_processes(path):
    array = np.zeros((400_000, 64))
    array[-1, -1] = 5
    save(ConfidenceWeighter(array), path)
    assert path.stat().st_size > 200_000_000

    readers = [
        subprocess.Popen(
            [sys.executable, "-c", READER, str(path)], stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]

    for reader in readers:
        used, last = reader.communicate()[0].split()
        assert reader.returncode == 0
        assert float(last) == 5
        assert int(used) < 2_000_000
