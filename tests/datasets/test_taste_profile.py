"""The Taste Profile is read block by block, and its songs are made distinct."""
# SPDX-License-Identifier: BSD-3-Clause

import gzip
import zipfile

import pandas as pd
import pytest

from sklearn_recsys.datasets import load_taste_profile
from sklearn_recsys.exceptions import DataWarning

ANN = "b80344d063b5ccb3212f76538f3d9e43d87dca9e"
BOB = "85c1f87fea955d09b4bec2e36aee110927aedf9a"
COVE, AGUAS = "SOAKIMP12A8C130995", "SOBBMDR12A8C13253B"
PLAYS = f"{ANN}\t{COVE}\t1\n{ANN}\t{AGUAS}\t2\n{BOB}\t{COVE}\t7\n"
HEADER = "song_id,title,release,artist_name,year\n"
SONGS = (
    HEADER + 'SOAKIMP12A8C130995,"The Cove, Live",Thicker Than Water,Jack Johnson,0\n'
    'SOBBMDR12A8C13253B,"Entre ""Dos"" Aguas",Flamenco Para Niños,Paco De Lucia,1976\n'
    "SOXXXXX12A8C1398CA,nan,,None,2003\n"
)


def write(path, text):
    path.write_bytes(text.encode())
    return path


def test_plays_alone_give_users_and_songs_by_id(tmp_path):
    data = load_taste_profile(write(tmp_path / "10000.txt", PLAYS))

    assert list(data) == ["X", "users", "songs", "items", "DESCR"]
    assert data["items"] is data.songs
    assert data.X.astype(object).to_numpy().tolist() == [
        [ANN, COVE, 1],
        [ANN, AGUAS, 2],
        [BOB, COVE, 7],
    ]
    assert data.X.dtypes.astype(str).tolist() == ["category", "category", "int64"]
    assert data.users.to_dict("list") == {"user_id": [BOB, ANN]}
    assert data.songs.to_dict("list") == {"song_id": [COVE, AGUAS]}


def test_text_gz_zip_and_crlf_give_the_same(tmp_path):
    expected = load_taste_profile(write(tmp_path / "a.txt", PLAYS)).X
    (tmp_path / "a.txt.gz").write_bytes(gzip.compress(PLAYS.encode()))
    with zipfile.ZipFile(tmp_path / "train_triplets.txt.zip", "w") as archive:
        archive.writestr("train_triplets.txt", PLAYS)
    write(tmp_path / "crlf.txt", "\ufeff" + PLAYS.replace("\n", "\r\n"))

    for name in ("a.txt.gz", "train_triplets.txt.zip", "crlf.txt"):
        pd.testing.assert_frame_equal(load_taste_profile(tmp_path / name).X, expected)


def test_songs_keep_their_text_and_miss_what_is_unknown(tmp_path):
    songs = load_taste_profile(
        write(tmp_path / "plays.txt", PLAYS), write(tmp_path / "songs.csv", SONGS)
    ).songs

    assert list(songs.columns) == ["song_id", "title", "release", "artist_name", "year"]
    assert songs["title"].tolist() == ["The Cove, Live", 'Entre "Dos" Aguas', "nan"]
    assert songs["artist_name"].tolist() == ["Jack Johnson", "Paco De Lucia", "None"]
    assert songs["release"].isna().tolist() == [False, False, True]
    assert songs["year"].isna().tolist() == [True, False, False]
    assert str(songs["year"].dtype) == "Int64"


def test_a_joined_table_gives_each_song_once_and_a_join_keeps_its_rows(tmp_path):
    header = "user_id,song_id,listen_count,title,release,artist_name,year\n"
    rows = "".join(f"{user},SOAKIMP12A8C130995,3,Cove,Water,Jack Johnson,0\n" for user in "abc")
    joined = gzip.compress((header + rows).encode())
    (tmp_path / "song_sample.csv.gz").write_bytes(joined)

    data = load_taste_profile(write(tmp_path / "plays.txt", PLAYS), tmp_path / "song_sample.csv.gz")

    assert len(data.songs) == 1
    assert len(data.X.merge(data.songs, on="song_id", how="left")) == len(data.X)


def test_of_rows_that_disagree_about_a_song_the_first_is_taken(tmp_path):
    other = "SOAKIMP12A8C130995,The Cove,Elsewhere,Jack Johnson,2003\n"

    with pytest.warns(DataWarning, match=r"songs.csv: rows of 1 songs disagree .*SOAKIMP"):
        songs = load_taste_profile(
            write(tmp_path / "plays.txt", PLAYS), write(tmp_path / "songs.csv", SONGS + other)
        ).songs

    assert songs["title"].tolist()[0] == "The Cove, Live"
    assert songs["song_id"].is_unique


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"plays.txt, line 1: .* it has no rows"),
        ("user_id\tsong_id\tlisten_count\n" + PLAYS, r"line 1: expected a whole number as plays"),
        (PLAYS.replace("\t", ","), r"line 1: expected 3 columns .* got 1"),
        (PLAYS + f"{BOB}\tSOXX\n", r"line 4: expected 3 columns .* got 2"),
    ],
)
def test_plays_that_are_not_as_published_are_told(tmp_path, text, message):
    with pytest.raises(ValueError, match=message):
        load_taste_profile(write(tmp_path / "plays.txt", text))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"songs.csv, line 1: expected a header with song_id, .* missing, got ''"),
        ("song_id,title,year\n", r"line 1: .*; release, artist_name missing, got 'song_id,title"),
        (HEADER, r"line 2: .* it has no rows"),
        (SONGS + "SOXX,Title\n", r"line 5: expected 5 columns .* got 2"),
        (SONGS + 'SOXX,"Title,A,B,1990\n', r"line 5: unexpected end of data"),
        (SONGS.replace("1976", "MCMLXXVI"), r"line 3: expected a whole number as year"),
    ],
)
def test_songs_that_are_not_as_published_are_told(tmp_path, text, message):
    plays = write(tmp_path / "plays.txt", PLAYS)
    with pytest.raises(ValueError, match=message):
        load_taste_profile(plays, write(tmp_path / "songs.csv", text))


@pytest.mark.data
def test_the_real_excerpt_has_the_published_facts(real_data):
    folder = real_data("taste-profile")
    data = load_taste_profile(
        folder / "10000_first_42739.txt.gz", folder / "song_sample_10000.csv.gz"
    )

    assert (len(data.X), len(data.users), data.X["song_id"].nunique()) == (42_739, 1_630, 9_071)
    assert (data.X["plays"].min(), data.X["plays"].max()) == (1, 796)
    first = data.X[:10_000]
    assert (first["user_id"].nunique(), first["song_id"].nunique()) == (365, 5_175)
    most = first["song_id"].value_counts()
    assert most.tolist()[:12] == [45, 32, 32, 28, 28, 27, 27, 26, 24, 23, 22, 22]
    assert len(data.songs) == 5_193
    assert len(data.X.merge(data.songs, on="song_id", how="left")) == 42_739
    known = data.X["song_id"].isin(data.songs["song_id"])
    assert round(known.mean(), 2) == 0.70
    assert round(data.X.loc[known, "song_id"].nunique() / 9_071, 2) == 0.54
    assert (data.songs["year"].dropna() > 1900).all()
