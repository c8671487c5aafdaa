"""The files of a data set are found in archives and folders, and damage and attacks are told."""
# SPDX-License-Identifier: BSD-3-Clause

import gzip
import io
import tarfile
import zipfile

import pytest

from sklearn_recsys.datasets._published import _archive
from sklearn_recsys.datasets._published._archive import Archive


def make_zip(path, files, method=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def make_tar(path, files):
    with tarfile.open(path, "w:gz") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


def make_folder(path, files):
    for name, data in files.items():
        file = path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("make", "name"), [(make_zip, "a.zip"), (make_tar, "a.tar.gz"), (make_folder, "a")]
)
def test_a_member_is_found_by_its_bare_name(tmp_path, make, name):
    path = make(tmp_path / name, {"data/plays.tsv": b"1\t2\n", "README.txt": b"Terms"})

    archive = Archive(path, expected="plays.tsv", folders=("data",))

    assert archive.names == ["README.txt", "plays.tsv"]
    assert archive.read("plays.tsv") == b"1\t2\n"
    assert archive.read_text("README.txt", "utf-8") == "Terms"
    assert not archive.is_single_file


def test_a_compressed_file_stands_for_the_plain_one(tmp_path):
    single = tmp_path / "plays.txt.gz"
    single.write_bytes(gzip.compress(b"1 2 3\n"))

    alone, inside = Archive(single, expected=""), Archive(tmp_path, expected="")

    assert (alone.only(), inside.only()) == ("plays.txt", "plays.txt")
    assert alone.is_single_file
    assert alone.read("plays.txt") == inside.read("plays.txt") == b"1 2 3\n"


def test_beside_its_compressed_copy_the_plain_file_is_read(tmp_path):
    (tmp_path / "plays.txt").write_bytes(b"plain")
    (tmp_path / "plays.txt.gz").write_bytes(gzip.compress(b"packed"))

    assert Archive(tmp_path, expected="").read("plays.txt") == b"plain"


def test_of_two_members_with_one_name_the_upper_is_read(tmp_path):
    path = make_zip(tmp_path / "a.zip", {"x/old/plays.tsv": b"old", "x/plays.tsv": b"new"})

    assert Archive(path, expected="").read("plays.tsv") == b"new"


def test_two_members_of_one_name_side_by_side_are_refused(tmp_path):
    path = make_zip(tmp_path / "a.zip", {"x/plays.tsv": b"1", "y/plays.tsv": b"2"})

    with pytest.raises(ValueError, match=r"more than once in .*: x/plays.tsv, y/plays.tsv; keep"):
        Archive(path, expected="").read("plays.tsv")


@pytest.mark.parametrize("kind", [tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE])
def test_what_is_no_file_does_not_take_the_place_of_one_of_its_name(tmp_path, kind):
    info, other = tarfile.TarInfo("plays.tsv"), tarfile.TarInfo("plays.tsv")
    info.size, other.type, other.linkname = 2, kind, "elsewhere.tsv"
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as archive:
        archive.addfile(info, io.BytesIO(b"1\n"))
        archive.addfile(other)

    assert Archive(tmp_path / "a.tar.gz", expected="plays.tsv").read("plays.tsv") == b"1\n"


def test_a_name_that_leads_out_of_the_archive_is_only_a_name(tmp_path):
    path = make_zip(tmp_path / "a.zip", {"../../etc/plays.tsv": b"1"})

    assert Archive(path, expected="").read("plays.tsv") == b"1"
    assert list(tmp_path.iterdir()) == [path]


def test_a_missing_path_and_a_missing_member_are_told(tmp_path):
    path = make_zip(tmp_path / "a.zip", {"songs.csv": b""})

    with pytest.raises(FileNotFoundError, match=r"b.zip' does not exist; expected plays.tsv"):
        Archive(tmp_path / "b.zip", expected="plays.tsv")
    with pytest.raises(
        FileNotFoundError, match=r"plays.tsv is missing .* expected plays.tsv, found songs.csv"
    ):
        Archive(path, expected="plays.tsv").read("plays.tsv")


def test_where_one_file_is_wanted_two_are_named(tmp_path):
    path = make_zip(tmp_path / "a.zip", {"a.csv": b"", "b.csv": b""})

    with pytest.raises(ValueError, match=r"must hold one file, plays.tsv; found a.csv, b.csv"):
        Archive(path, expected="plays.tsv").only()


@pytest.mark.parametrize(
    ("make", "name", "form"), [(make_zip, "a.zip", "zip"), (make_tar, "a.tar.gz", "gz")]
)
@pytest.mark.parametrize("share", [0.01, 0.5, 0.97])
def test_an_archive_that_was_cut_short_is_told(tmp_path, make, name, form, share):
    noise = bytes(range(256)) * 64 + gzip.compress(bytes(range(256)) * 999)
    path = make(tmp_path / name, {"x/plays.tsv": noise})
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])

    with pytest.raises(ValueError, match=rf"not a whole {form} archive .* download it again"):
        Archive(path, expected="").read("plays.tsv")


def test_a_compressed_file_that_was_cut_short_is_told(tmp_path):
    path = tmp_path / "plays.tsv.gz"
    path.write_bytes(gzip.compress(bytes(range(256)) * 999)[:-9])

    with pytest.raises(ValueError, match=r"not a whole gz archive \(plays.tsv: .* download it"):
        Archive(path, expected="").read("plays.tsv")


def test_a_page_in_place_of_an_archive_is_told(tmp_path):
    path = tmp_path / "ml-1m.zip"
    path.write_bytes(b"<!DOCTYPE html><title>404</title>")

    with pytest.raises(ValueError, match=r"not a whole zip archive \(it begins with b'<!DOCTYPE"):
        Archive(path, expected="")


def test_a_member_under_a_password_is_told(tmp_path):
    path = make_zip(tmp_path / "a.zip", {"plays.tsv": b"1"}, zipfile.ZIP_STORED)
    content = bytearray(path.read_bytes())
    content[6] |= 1  # the flag, in the local and in the central header
    content[content.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)

    with pytest.raises(ValueError, match=r"\(plays.tsv: .*password"):
        Archive(path, expected="").read("plays.tsv")


@pytest.mark.parametrize(("make", "name"), [(make_zip, "a.zip"), (make_tar, "a.tar.gz")])
def test_a_member_that_would_grow_beyond_measure_is_refused(tmp_path, monkeypatch, make, name):
    monkeypatch.setattr(_archive, "_HARMLESS", 1000)
    path = make(tmp_path / name, {"plays.tsv": bytes(1_000_000)})

    with pytest.raises(ValueError, match=r"plays.tsv in .* from \d+ to 1000000 bytes, which no"):
        Archive(path, expected="")


def test_a_compressed_file_that_grows_beyond_measure_is_stopped(tmp_path, monkeypatch):
    monkeypatch.setattr(_archive, "_HARMLESS", 1000)
    path = tmp_path / "plays.tsv.gz"
    path.write_bytes(gzip.compress(bytes(10_000_000)))

    with pytest.raises(ValueError, match=r"plays.tsv unpacks to more than 200 times its size"):
        Archive(path, expected="").read("plays.tsv")


def test_a_small_table_that_is_not_small_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(_archive, "_MAX_TABLE", 10)
    (tmp_path / "README").write_bytes(b"12345678901")

    with pytest.raises(ValueError, match=r"README in .* is larger than any such file"):
        Archive(tmp_path, expected="").read("README")
