"""The memory that there is, by the machine and by the control groups."""
# SPDX-License-Identifier: BSD-3-Clause

import os

import pytest

from sklearn_recsys._kernels import _memory, available_memory, require_memory

GIB = 2**30
MEMINFO = f"MemTotal: {16 * 2**20} kB\nMemFree: 1 kB\nMemAvailable: {8 * 2**20} kB\n"


@pytest.fixture
def machine(tmp_path):
    """Return a function that lays out the files of a system and gives what is available there."""

    def measure(**texts):
        for name, text in {"proc/meminfo": MEMINFO, **texts}.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return available_memory(tmp_path)

    return measure


def version_2(folder, limit, used, cached=0):
    folder = f"sys/fs/cgroup/{folder}".rstrip("/")
    return {
        f"{folder}/memory.max": f"{limit}\n",
        f"{folder}/memory.current": f"{used}\n",
        f"{folder}/memory.stat": f"anon 5\ninactive_file {cached}\n",
    }


def test_without_groups_it_is_what_the_kernel_calls_available(machine):
    assert machine() == 8 * GIB


def test_a_group_bounds_it_and_files_that_were_read_give_way(machine):
    groups = version_2("box", limit=4 * GIB, used=3 * GIB, cached=GIB)

    assert machine(**{"proc/self/cgroup": "0::/box\n"}, **groups) == 2 * GIB


def test_the_limit_of_a_group_around_the_own_one_holds_too(machine):
    groups = {**version_2("job", 2 * GIB, GIB), **version_2("job/step", "max", GIB)}

    assert machine(**{"proc/self/cgroup": "0::/job/step\n"}, **groups) == GIB


def test_a_group_whose_path_is_the_hosts_is_found_at_the_root(machine):
    groups = version_2("", limit=3 * GIB, used=GIB)

    assert machine(**{"proc/self/cgroup": "0::/kubepods/pod7\n"}, **groups) == 2 * GIB


def test_groups_of_the_first_version_are_read(machine):
    folder = "sys/fs/cgroup/memory/box"
    files = {
        f"{folder}/memory.limit_in_bytes": f"{4 * GIB}",
        f"{folder}/memory.usage_in_bytes": f"{3 * GIB}",
        f"{folder}/memory.stat": f"total_inactive_file {GIB // 2}\n",
    }
    own = "12:cpu,cpuacct:/other\n4:memory:/box\n1:name=systemd:/\n"

    assert machine(**{"proc/self/cgroup": own}, **files) == GIB + GIB // 2


def test_a_group_beyond_its_limit_leaves_nothing(machine):
    groups = version_2("box", limit=GIB, used=2 * GIB)

    assert machine(**{"proc/self/cgroup": "0::/box\n"}, **groups) == 0


def test_a_system_without_these_files_is_asked_for_its_pages(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "sysconf_names", {"SC_AVPHYS_PAGES": 1, "SC_PAGE_SIZE": 2})
    monkeypatch.setattr(os, "sysconf", {"SC_AVPHYS_PAGES": 10, "SC_PAGE_SIZE": 4096}.get)

    assert available_memory(tmp_path) == 40960


def test_it_is_unknown_where_nothing_tells(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "sysconf_names", {})

    assert available_memory(tmp_path) is None


def test_too_much_is_refused_in_one_sentence(monkeypatch):
    monkeypatch.setattr(_memory, "available_memory", lambda: 2_000_000_000)

    with pytest.raises(MemoryError) as refused:
        require_memory(3_500_000_000, "the Gram matrix of 29580 items")

    assert str(refused.value) == (
        "The Gram matrix of 29580 items would take 3.5 GB of memory, but 2.0 GB are available: "
        "free some, or work on a part of the data."
    )


@pytest.mark.parametrize("available", [None, 2_000_000_000])
def test_what_fits_or_cannot_be_known_is_let_pass(monkeypatch, available):
    monkeypatch.setattr(_memory, "available_memory", lambda: available)

    require_memory(1_900_000_000, "this")


def test_a_trifle_is_let_pass_unasked(monkeypatch):
    monkeypatch.setattr(_memory, "available_memory", lambda: 0)

    require_memory(1_000_000, "this")
