"""Whenever a process dies while it saves, the file is the old model or the new one, whole."""
# SPDX-License-Identifier: BSD-3-Clause

import builtins
import errno
import os
import subprocess
import sys
import textwrap

import numpy as np
import pytest

from sklearn_recsys.baseline import PopularityRecommender
from sklearn_recsys.exceptions import UnsafeFileError
from sklearn_recsys.persistence import load, save
from sklearn_recsys.preprocessing import ConfidenceWeighter

# Forks a child for each moment: before the n-th call of a function that touches the disk, the child
# kills itself.
DRIVER = """
import os, signal, sys
import numpy as np
from sklearn_recsys.persistence import _archive, load, save
from sklearn_recsys.preprocessing import ConfidenceWeighter

path, old, new = sys.argv[1], np.zeros(1000), np.ones(300_000)

def dying_at(moment):
    calls = iter(range(10**9))
    def before(function):
        def call(*args, **kwargs):
            if next(calls) == moment:
                os.kill(os.getpid(), signal.SIGKILL)
            return function(*args, **kwargs)
        return call
    return before

class Dying:
    def __init__(self, file, before):
        self._file, self._before = file, before
    def __getattr__(self, name):
        attribute = getattr(self._file, name)
        return self._before(attribute) if name in ("write", "flush", "seek") else attribute
    def __enter__(self):
        return self
    def __exit__(self, *error):
        return self._file.__exit__(*error)

def save_and_die(moment):
    before = dying_at(moment)
    for name in ("fsync", "replace", "stat", "chmod"):
        setattr(os, name, before(getattr(os, name)))
    # Unbuffered, so that what was written before the end is in the file.
    _archive.open = lambda path, mode: Dying(open(path, mode, buffering=0), before)
    save(ConfidenceWeighter(new), path)

outcomes = set()
for moment in range(500):
    save(ConfidenceWeighter(old), path)
    child = os.fork()
    if not child:
        save_and_die(moment)
        os._exit(0)
    died = os.waitpid(child, 0)[1] != 0
    found = load(path).scheme
    assert np.array_equal(found, old) or np.array_equal(found, new)
    outcomes.add((died, found[0]))
    if not died:
        break
print(moment, sorted(map(str, outcomes)))
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills forked processes")
def test_a_process_killed_at_any_moment_leaves_the_old_model_or_the_new_one(path):
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(DRIVER), str(path)],
        capture_output=True,
        text=True,
        check=True,
    )

    n_moments, _, outcomes = run.stdout.partition(" ")
    assert int(n_moments) > 20
    # Killed before the file took its place, killed after, and not killed at all.
    assert outcomes.count("(True, ") == 2
    assert outcomes.count("(False, ") == 1


class FullDisk:
    """A file on a disk that is full after some bytes."""

    def __init__(self, file, room):
        self._file, self._room = file, room

    def __getattr__(self, name):
        return getattr(self._file, name)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return self._file.__exit__(*error)

    def write(self, content):
        self._room -= len(memoryview(content).cast("B"))
        if self._room < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        return self._file.write(content)


@pytest.mark.parametrize("room", [0, 100, 1000, 50_000])
def test_a_full_disk_leaves_the_old_model_and_nothing_else(room, path, monkeypatch):
    save(ConfidenceWeighter("old"), path)
    real_open = builtins.open
    small = "sklearn_recsys.persistence._archive.open"
    monkeypatch.setattr(small, lambda *args: FullDisk(real_open(*args), room), raising=False)

    with pytest.raises(OSError, match="No space left"):
        save(ConfidenceWeighter(np.zeros(10_000)), path)

    monkeypatch.undo()
    assert load(path).scheme == "old"
    assert os.listdir(path.parent) == [path.name]


def test_what_cannot_be_saved_leaves_the_old_model_and_nothing_else(path):
    save(ConfidenceWeighter("old"), path)

    with pytest.raises(TypeError, match="scheme is the function <lambda>"):
        save(ConfidenceWeighter(lambda: None), path)

    assert load(path).scheme == "old"
    assert os.listdir(path.parent) == [path.name]


@pytest.mark.skipif(os.name != "posix", reason="modes and links of files")
def test_a_file_keeps_its_mode_and_a_link_its_target(path, tmp_path):
    save(PopularityRecommender(), path)
    path.chmod(0o640)
    link = tmp_path / "link"
    link.symlink_to(path)

    save(ConfidenceWeighter(), link)

    assert link.is_symlink()
    assert path.stat().st_mode & 0o777 == 0o640
    assert isinstance(load(path), ConfidenceWeighter)


@pytest.mark.skipif(os.name != "posix", reason="modes of files")
def test_a_new_file_has_the_mode_that_files_have(path, tmp_path):
    (tmp_path / "other").touch()

    save(PopularityRecommender(), path)

    assert path.stat().st_mode == (tmp_path / "other").stat().st_mode


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        save(PopularityRecommender(), tmp_path / "nowhere" / "model")


def test_a_name_in_the_working_directory_is_enough(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    save(PopularityRecommender("value"), "model")

    assert load("model").by == "value"


def test_a_path_may_be_bytes_and_no_number(tmp_path):
    path = os.fsencode(tmp_path / "model")
    save(PopularityRecommender("value"), path)

    assert load(path).by == "value"
    with pytest.raises(TypeError, match="not int"):
        load(0)


def test_the_file_that_is_refused_is_named(tmp_path):
    (tmp_path / "model").write_bytes(b"something else")

    with pytest.raises(UnsafeFileError) as caught:
        load(tmp_path / "model")
    assert str(tmp_path) in caught.value.__notes__[0]


def test_equal_models_make_equal_files(tmp_path):
    for name in "ab":
        save(ConfidenceWeighter({"text", "in", "a", "set", "of", "words"}), tmp_path / name)

    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
