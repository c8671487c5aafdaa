"""The play counts of Last.fm are read as published: quotes, torn rows and empty names."""
# SPDX-License-Identifier: BSD-3-Clause

import gzip
import io
import tarfile

import numpy as np
import pandas as pd
import pytest

from sklearn_recsys.baseline import PopularityRecommender
from sklearn_recsys.datasets import load_hetrec_lastfm, load_lastfm_360k
from sklearn_recsys.exceptions import DataWarning

PLAYS = "usersha1-artmbid-artname-plays.tsv"
PROFILES = "usersha1-profile.tsv"
ANN = "00000c289a1829a808ac09c00daf10bc3c4e223b"
BOB = "00001411dc427966b17297bf4d69e7e193135d89"
MUSE = "9c9f1380-2516-4fc9-a3e6-f9f61941d090"
ROWS = (
    f"{ANN}\tf2fb0ff0-5679-42ec-a55c-15109ce6e320\tdie Ärzte\t1099\n"
    f"{ANN}\t\tnull\t30\n"
    f'{ANN}\t\t"weird al" yankovic\t7\n'
    f'{BOB}\t\t"bamba\t6\n'
    f"{BOB}\t\tmuse\t5\n"
    f"{BOB}\t{MUSE}\tmuse\t4\n"
    f"{BOB}\t\t007\t1\n"
)
PROFILE_ROWS = (
    f"{ANN}\tf\t\tGermany\tFeb 1, 2007\n{BOB}\tm\t23\t\tSep 20, 2008\n"
    f"{'c' * 40}\t\t-1337\tUnited States\t\n"
)


def make_360k(folder, rows=ROWS, profiles=PROFILE_ROWS):
    folder.mkdir(exist_ok=True)
    (folder / PLAYS).write_bytes(rows.encode())
    if profiles is not None:
        (folder / PROFILES).write_bytes(profiles.encode())
    return folder


def test_plays_are_read_with_names_as_published(tmp_path):
    data = load_lastfm_360k(make_360k(tmp_path))

    assert list(data) == ["X", "users", "artists", "items", "rejected", "DESCR"]
    assert data["items"] is data.artists
    assert data.X.astype(object).to_numpy().tolist() == [
        [ANN, "die Ärzte", 1099],
        [ANN, "null", 30],
        [ANN, '"weird al" yankovic', 7],
        [BOB, '"bamba', 6],
        [BOB, "muse", 5],
        [BOB, "muse", 4],
        [BOB, "007", 1],
    ]
    assert data.X.dtypes.astype(str).tolist() == ["category", "category", "int64"]
    assert len(data.rejected) == 0
    assert "non-commercial" in data.DESCR


def test_an_artist_stands_once_with_the_first_id_of_her_name(tmp_path):
    artists = load_lastfm_360k(make_360k(tmp_path)).artists.set_index("artist")

    assert artists.index.tolist() == [
        '"bamba',
        '"weird al" yankovic',
        "007",
        "die Ärzte",
        "muse",
        "null",
    ]
    assert artists.loc["muse", "musicbrainz_id"] == MUSE
    assert artists["musicbrainz_id"].notna().sum() == 2


def test_profiles_have_missing_values_where_nothing_can_be_read(tmp_path):
    broken = "sep 20, 2008\tm\t\t\t\nno profile\n"
    users = load_lastfm_360k(make_360k(tmp_path, profiles=PROFILE_ROWS + broken)).users

    assert list(users.columns) == ["user_id", "gender", "age", "country", "signup"]
    assert users["user_id"].tolist() == [ANN, BOB, "c" * 40]
    assert users["gender"].isna().tolist() == [False, False, True]
    assert users["age"].isna().tolist() == [True, False, False]
    assert users["age"].dropna().tolist() == [23, -1337]
    assert users["country"].isna().tolist() == [False, True, False]
    assert users["signup"].dt.strftime("%Y-%m-%d").tolist()[:2] == ["2007-02-01", "2008-09-20"]
    assert users["signup"].isna().tolist() == [False, False, True]


def test_rows_without_artist_or_listener_are_kept_out_and_counted(tmp_path):
    rows = f"sep 20, 2008\t{MUSE}\tturbostaat\t12\n{ANN}\t{MUSE}\t\t3\n"

    with pytest.warns(
        DataWarning,
        match=r"plays.tsv: 2 rows .* 1 whose user_id is no SHA-1 hash \('sep 20, 2008'\), 1 with",
    ):
        data = load_lastfm_360k(make_360k(tmp_path, rows + ROWS))

    assert len(data.X) == 7
    assert data.rejected.index.tolist() == [0, 1]
    assert list(data.rejected.columns) == ["user_id", "musicbrainz_id", "artist", "plays"]
    assert data.rejected["plays"].tolist() == [12, 3]
    assert set(data.X["user_id"].cat.categories) == {ANN, BOB}
    assert "turbostaat" not in set(data.X["artist"].cat.categories) | set(data.artists["artist"])
    assert "" not in set(data.X["artist"].cat.categories)


def test_archive_folder_and_single_file_give_the_same(tmp_path):
    expected = load_lastfm_360k(make_360k(tmp_path / "lastfm-dataset-360K"))
    with tarfile.open(tmp_path / "whole.tar.gz", "w:gz") as archive:
        for name, text in ((PROFILES, PROFILE_ROWS), (PLAYS, ROWS), ("README.txt", "Terms")):
            info = tarfile.TarInfo(f"lastfm-dataset-360K/{name}")
            info.size = len(text.encode())
            archive.addfile(info, io.BytesIO(text.encode()))
    (tmp_path / "top.tsv.gz").write_bytes(gzip.compress(ROWS.replace("\n", "\r\n").encode()))

    whole = load_lastfm_360k(tmp_path / "whole.tar.gz")
    single = load_lastfm_360k(tmp_path / "top.tsv.gz")

    for data in (whole, single, load_lastfm_360k(tmp_path)):
        pd.testing.assert_frame_equal(data.X, expected.X)
        pd.testing.assert_frame_equal(data.artists, expected.artists)
    pd.testing.assert_frame_equal(whole.users, expected.users)
    assert single.users.to_dict("list") == {"user_id": [ANN, BOB]}
    assert whole.DESCR == "Terms"


def test_a_recommender_takes_them_as_they_are(tmp_path):
    data = load_lastfm_360k(make_360k(tmp_path))

    lists = PopularityRecommender().fit(data.X).recommend([ANN])

    assert sorted(lists["artist"]) == ['"bamba', "007", "muse"]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (f"{ANN}\t\tmuse\t1\n{ANN}\t\tmuse\n", r"plays.tsv, line 2: expected 4 columns .* got 3"),
        (f"{ANN}\t\tmuse\t1\n{ANN}\t\ta\tb\t2\n", r"line 2: expected 4 columns .* got 5"),
        (f"{ANN}\t\tmuse\tmany\n", r"line 1: expected a whole number as plays, got 'many'"),
        ("", r"line 1: .* it has no rows"),
    ],
)
def test_a_damaged_line_is_named(tmp_path, rows, message):
    with pytest.raises(ValueError, match=message):
        load_lastfm_360k(make_360k(tmp_path, rows))


def test_a_folder_without_plays_is_told(tmp_path):
    with pytest.raises(FileNotFoundError, match=rf"{PLAYS} is missing .* found no files"):
        load_lastfm_360k(tmp_path)


HETREC = {
    "user_artists.dat": "userID\tartistID\tweight\r\n2\t51\t13883\r\n4\t52\t11690\r\n",
    "artists.dat": (
        'id\tname\turl\tpictureURL\n51\t"Duran" Duran\thttp://www.last.fm/music/Duran\thttp://x.jpg\n'
        "52\tSigur Rós\thttp://www.last.fm/music/Sigur\t\n"
    ),
    "tags.dat": "tagID\ttagValue\r\n1\tmétal\r\n2\tnull\r\n",
    "user_taggedartists.dat": (
        "userID\tartistID\ttagID\tday\tmonth\tyear\r\n2\t52\t1\t1\t4\t2009\r\n4\t99\t2\t1\t9\t1956\r\n"
    ),
    "user_friends.dat": "userID\tfriendID\r\n2\t4\r\n4\t2\r\n",
}


def make_hetrec(folder, **changed):
    folder.mkdir(exist_ok=True)
    for name, text in {**HETREC, **changed}.items():
        encoding = "latin-1" if name == "tags.dat" else "utf-8"
        (folder / name).write_bytes(text.encode(encoding))
    return folder


def test_hetrec_files_are_read_each_in_its_own_encoding(tmp_path):
    data = load_hetrec_lastfm(make_hetrec(tmp_path))

    assert data["items"] is data.artists
    assert data.X.to_dict("list") == {
        "user_id": [2, 4],
        "artist_id": [51, 52],
        "plays": [13883, 11690],
    }
    assert data.users.to_dict("list") == {"user_id": [2, 4]}
    assert data.artists["name"].tolist() == ['"Duran" Duran', "Sigur Rós"]
    assert data.artists["picture_url"].tolist() == ["http://x.jpg", ""]
    assert data.tags.to_dict("list") == {"tag_id": [1, 2], "tag": ["métal", "null"]}
    assert data.friends.to_dict("list") == {"user_id": [2, 4], "friend_id": [4, 2]}
    dates = data.user_tagged_artists["date"]
    assert dates.tolist() == [pd.Timestamp("2009-04-01"), pd.Timestamp("1956-09-01")]


def test_the_hetrec_readme_is_kept_where_it_is_there(tmp_path):
    folder = make_hetrec(tmp_path, **{"readme.txt": "Cite us"})

    assert load_hetrec_lastfm(folder).DESCR == "Cite us"


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("user_artists.dat", "weight", "plays", "line 1: expected the header userID, artistID, we"),
        ("user_artists.dat", "4\t52\t", "4\t", "line 3: expected 3 columns"),
        ("user_artists.dat", "11690", "", "line 3: expected a whole number as weight, got ''"),
        ("artists.dat", "52\tSigur Rós\t", "52 Sigur Rós\t", "line 3: expected 4 columns .* got 3"),
        ("tags.dat", "2\tnull", "2", "line 3: expected 2 columns"),
        ("user_taggedartists.dat", "1\t9\t1956", "31\t9\t1956", "line 3: expected a date .* 31, 9"),
        (
            "user_friends.dat",
            "4\t2\r\n",
            "4\tfour\r\n",
            "line 3: expected a whole number as fri",
        ),
        ("user_friends.dat", HETREC["user_friends.dat"], "", "line 1: expected the header"),
    ],
)
def test_a_damaged_hetrec_line_is_named(tmp_path, file, old, new, message):
    assert old in HETREC[file]
    folder = make_hetrec(tmp_path, **{file: HETREC[file].replace(old, new)})

    with pytest.raises(ValueError, match=message) as caught:
        load_hetrec_lastfm(folder)

    assert str(caught.value).startswith(file)


@pytest.mark.data
def test_the_real_hetrec_archive_has_the_published_facts(real_data):
    data = load_hetrec_lastfm(real_data("hetrec2011-lastfm-2k") / "hetrec2011-lastfm-2k.zip")

    assert (len(data.X), len(data.users), len(data.artists)) == (92_834, 1_892, 17_632)
    assert (len(data.tags), len(data.friends)) == (11_946, 25_434)
    assert len(data.user_tagged_artists) == 186_479
    assert data.X["artist_id"].isin(data.artists["artist_id"]).all()
    tagged = data.user_tagged_artists["artist_id"]
    unknown = ~tagged.isin(data.artists["artist_id"])
    assert (tagged.nunique(), tagged[unknown].nunique(), unknown.sum()) == (12_523, 390, 1_538)
    assert {1956, 1957, 1979} <= set(data.user_tagged_artists["date"].dt.year)
    assert data.artists["name"].str.contains('"', regex=False).any()
    pairs = np.sort(data.friends.to_numpy(), axis=1)
    assert len(np.unique(pairs, axis=0)) == 12_717
