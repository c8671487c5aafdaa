"""The play counts of Audioscrobbler are read as released, broken lines and all."""
# SPDX-License-Identifier: BSD-3-Clause

import gzip

import pytest

from sklearn_recsys.datasets import load_audioscrobbler
from sklearn_recsys.exceptions import DataWarning

FILES = {
    "user_artist_data.txt": "1059637 1000010 238\n1059637 1027859 1\n2102019 1000010 11\n",
    "artist_data.txt": "1000010\tAndré Visior\n1027859\tAndre Visior\n",
    "artist_alias.txt": "1027859\t1000010\n1018110\t1018110\n",
    "README.txt": "Licence: by-nc-sa\n",
}


def make_folder(folder, files):
    for name, text in files.items():
        (folder / name).write_bytes(text.encode())
    return folder


def test_the_three_files_are_read_as_published(tmp_path):
    data = load_audioscrobbler(make_folder(tmp_path, FILES))

    assert list(data) == ["X", "users", "artists", "items", "aliases", "DESCR"]
    assert data["items"] is data.artists
    assert data.X.to_numpy().tolist() == [
        [1059637, 1000010, 238],
        [1059637, 1027859, 1],
        [2102019, 1000010, 11],
    ]
    assert data.users["user_id"].tolist() == [1059637, 2102019]
    assert data.artists["name"].tolist() == ["André Visior", "Andre Visior"]
    assert data.aliases.to_numpy().tolist() == [[1027859, 1000010], [1018110, 1018110]]
    assert FILES["README.txt"] == data.DESCR


def test_wrong_ids_are_put_right_where_asked(tmp_path):
    data = load_audioscrobbler(make_folder(tmp_path, FILES), correct_ids=True)

    assert data.X["artist_id"].tolist() == [1000010, 1000010, 1000010]
    assert str(data.X["artist_id"].dtype) == "int64"


def test_compressed_files_with_longer_names_are_found(tmp_path):
    for name, text in FILES.items():
        longer = name.replace(".txt", "_small.txt.gz")
        (tmp_path / longer).write_bytes(gzip.compress(text.encode()))

    assert len(load_audioscrobbler(tmp_path).X) == 3


def test_broken_lines_of_the_small_tables_are_left_out_and_counted(tmp_path):
    too_large = f"{2**63}\tE\n"  # for the ids of X, which are 64 bits wide
    artists = f"1\tA\nno tab\n2\t \n\n3\tB\nx\tC\n4\tTab\tinside\n{too_large}"
    files = {**FILES, "artist_data.txt": artists, "artist_alias.txt": "\t5\n1\t3\n"}

    with (
        pytest.warns(DataWarning, match=r"artist_data.txt: 4 lines .* \(lines 2, 3, 6, 8\)"),
        pytest.warns(DataWarning, match=r"artist_alias.txt: 1 lines .* \(lines 1\)"),
    ):
        data = load_audioscrobbler(make_folder(tmp_path, files))

    assert data.artists["artist_id"].tolist() == [1, 3, 4]
    assert data.aliases.to_numpy().tolist() == [[1, 3]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1 2 3\n1 2\n", "user_artist_data.txt, line 2: expected 3 columns"),
        ("1 2 3\n1 2 3 4\n", "line 2: expected 3 columns .* got 4"),
        ("1 2 3\n1 two 3\n", "line 2: expected a whole number as artist_id, got 'two'"),
        ("1\t2\t3\n", "line 1: expected 3 columns .* got 1"),
        ("", "line 1: .* it has no rows"),
    ],
)
def test_a_damaged_line_of_plays_is_named(tmp_path, text, message):
    with pytest.raises(ValueError, match=message):
        load_audioscrobbler(make_folder(tmp_path, {**FILES, "user_artist_data.txt": text}))


def test_a_missing_file_and_one_too_many_are_told(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"user_artist_data.txt is missing .* found no fi"):
        load_audioscrobbler(tmp_path)
    make_folder(tmp_path, {**FILES, "artist_data_small.txt": ""})
    with pytest.raises(ValueError, match=r"one file artist_data\*.txt, found artist_data.txt, art"):
        load_audioscrobbler(tmp_path)


@pytest.mark.data
def test_the_real_excerpt_has_the_published_facts(real_data):
    data = load_audioscrobbler(real_data("audioscrobbler-small"))

    assert (len(data.X), len(data.users), len(data.artists)) == (49_481, 50, 30_537)
    assert (data.X["artist_id"].nunique(), len(data.aliases)) == (30_677, 587)
    assert round(data.X["artist_id"].isin(data.artists["artist_id"]).mean(), 3) == 0.997
    assert "by-nc-sa" in data.DESCR
