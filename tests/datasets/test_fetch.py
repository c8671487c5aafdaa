"""From an address to the tables: archives in the published form, from a server on this machine."""
# SPDX-License-Identifier: BSD-3-Clause

import gzip
import io
import shutil
import tarfile
import warnings
import zipfile
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pandas as pd
import pytest

from sklearn_recsys.datasets import (
    clear_data_home,
    fetch_hetrec_lastfm,
    fetch_lastfm_360k,
    fetch_movielens,
    fetch_taste_profile,
    get_data_home,
)
from sklearn_recsys.datasets._download import _fetch_movielens, _fetch_music
from sklearn_recsys.exceptions import DataWarning

ONCE = MappingProxyType({"n_retries": 0, "timeout": 5.0})


def make_zip(files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return buffer.getvalue()


SMALL = make_zip(
    {
        "ml-latest-small/ratings.csv": "userId,movieId,rating,timestamp\n1,3,4.5,964982703\n",
        "ml-latest-small/movies.csv": "movieId,title,genres\n3,Heat (1995),Action|Crime\n",
        "ml-latest-small/links.csv": "movieId,imdbId,tmdbId\n3,0113277,949\n",
        "ml-latest-small/tags.csv": "userId,movieId,tag,timestamp\n1,3,heist,1445714994\n",
        "ml-latest-small/README.txt": "The publisher's own words.\n",
    }
)
MILLION = make_zip(
    {
        "ml-1m/ratings.dat": "1::3::5::978300760\n",
        "ml-1m/movies.dat": "3::Heat (1995)::Action|Crime\n",
        "ml-1m/users.dat": "1::F::25::12::02460\n",
        "ml-1m/README": 'Occupation is chosen from the following choices:\n\t* 12: "programmer"\n',
    }
)
HETREC = make_zip(
    {
        "user_artists.dat": "userID\tartistID\tweight\r\n2\t51\t13883\r\n",
        "artists.dat": "id\tname\turl\tpictureURL\n51\tDuran Duran\thttp://last.fm/dd\t\n",
        "tags.dat": "tagID\ttagValue\r\n16\tnew wave\r\n",
        "user_taggedartists.dat": "userID\tartistID\ttagID\tday\tmonth\tyear\n"
        "2\t51\t16\t1\t4\t2009\n",
        "user_friends.dat": "userID\tfriendID\n2\t275\n275\t2\n",
    }
)


def make_lastfm_360k(rows):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        data = "".join(rows).encode()
        member = tarfile.TarInfo("lastfm-dataset-360K/usersha1-artmbid-artname-plays.tsv")
        member.size = len(data)
        archive.addfile(member, io.BytesIO(data))
    return buffer.getvalue()


ANN = 40 * "a"


@pytest.fixture
def no_counts(monkeypatch):
    """Let the tables of a fixture be shorter than the published ones."""
    for name in ("_LASTFM_360K", "_HETREC_LASTFM"):
        monkeypatch.setattr(_fetch_music, name, replace(getattr(_fetch_music, name), n_rows={}))
    for variant, source in _fetch_music._TASTE_PROFILE.items():
        monkeypatch.setitem(_fetch_music._TASTE_PROFILE, variant, replace(source, n_rows={}))


# Each data set, all the way.


def test_movielens_is_fetched_once(server, serve, tmp_path):
    serve("ml-latest-small.zip", SMALL)

    for _ in range(2):
        films = fetch_movielens(data_home=tmp_path, base_url=f"{server.url}/mirror", **ONCE)

    joined = films.X.merge(films.movies, on="movie_id")
    assert joined[["user_id", "rating", "name"]].values.tolist() == [[1, 4.5, "Heat"]]
    assert films.tags["tag"].tolist() == ["heist"]
    assert [path for path, _ in server.requests] == [
        "/mirror/ml-latest-small.zip",
        "/mirror/ml-latest-small.zip.md5",
    ]


def test_last_fm_is_fetched(server, serve, tmp_path, no_counts):
    serve("lastfm-dataset-360K.tar.gz", make_lastfm_360k([f"{ANN}\t\tdie Ärzte\t1099\n"]))

    plays = fetch_lastfm_360k(data_home=tmp_path, base_url=server.url, **ONCE)

    assert plays.X.astype(object).values.tolist() == [[ANN, "die Ärzte", 1099]]


def test_hetrec_is_fetched(server, serve, tmp_path, no_counts):
    serve("hetrec2011-lastfm-2k.zip", HETREC)

    plays = fetch_hetrec_lastfm(data_home=tmp_path, base_url=server.url, **ONCE)

    assert plays.X.merge(plays.artists, on="artist_id")["name"].tolist() == ["Duran Duran"]


def test_the_excerpt_of_the_taste_profile_is_fetched_with_its_songs(
    server, serve, tmp_path, no_counts
):
    serve("10000.txt", b"ann\tSOBONKR\t4\n")
    serve("song_data.csv", b"song_id,title,release,artist_name,year\nSOBONKR,Stay,Debut,Bjork,0\n")

    plays = fetch_taste_profile(data_home=tmp_path, base_url=server.url, **ONCE)

    assert plays.X.merge(plays.songs, on="song_id")["title"].tolist() == ["Stay"]


def test_the_whole_taste_profile_is_fetched(server, serve, tmp_path, no_counts):
    serve("train_triplets.txt.zip", make_zip({"train_triplets.txt": "ann\tSOBONKR\t4\n"}))

    plays = fetch_taste_profile("full", data_home=tmp_path, base_url=server.url, **ONCE)

    assert plays.X["plays"].tolist() == [4]


@pytest.mark.parametrize("variant", sorted(_fetch_movielens._N_ROWS))
def test_each_variant_of_movielens_has_the_publishers_address(variant, tmp_path):
    address = rf"https://files\.grouplens\.org/datasets/movielens/ml-{variant}\.zip"

    with pytest.raises(FileNotFoundError, match=address):
        fetch_movielens(variant, data_home=tmp_path, download_if_missing=False)


@pytest.mark.parametrize(
    ("fetch", "address"),
    [
        (fetch_lastfm_360k, "https://zenodo.org/records/6090214/files/lastfm-dataset-360K.tar.gz"),
        (
            fetch_hetrec_lastfm,
            "https://files.grouplens.org/datasets/hetrec2011/hetrec2011-lastfm-2k.zip",
        ),
        (fetch_taste_profile, "https://static.turi.com/datasets/millionsong/10000.txt"),
    ],
)
def test_each_data_set_has_an_address_and_a_reader(fetch, address, tmp_path):
    with pytest.raises(FileNotFoundError, match="give any copy of it to load_") as raised:
        fetch(data_home=tmp_path, download_if_missing=False)

    assert address in str(raised.value)
    assert list(tmp_path.iterdir()) == []


# The terms of use.


def test_the_terms_are_shown_once_and_always_in_descr(server, serve, tmp_path, capsys):
    serve("ml-latest-small.zip", SMALL)
    settings = {"data_home": tmp_path, "base_url": server.url, "verbose": 0, **ONCE}

    first = fetch_movielens(**settings)
    shown_first = capsys.readouterr().err
    second = fetch_movielens(**settings)
    shown_then = capsys.readouterr().err

    terms = "MovieLens latest-small. Provided by GroupLens for research"
    assert shown_first.startswith(terms)
    assert "Harper and J. A. Konstan" in shown_first
    assert shown_then == ""
    assert first.DESCR == second.DESCR
    assert f"{shown_first}\nThe publisher's own words.\n" == first.DESCR


def test_the_terms_are_shown_for_a_file_put_there_by_hand(tmp_path, capsys):
    folder = tmp_path / "movielens"
    folder.mkdir()
    (folder / "ml-latest-small.zip").write_bytes(SMALL)

    for _ in range(2):
        fetch_movielens(data_home=tmp_path, download_if_missing=False)

    assert capsys.readouterr().err.count("MovieLens latest-small. Provided by") == 1


def test_each_data_home_has_its_own_notice(server, serve, tmp_path, capsys):
    serve("ml-latest-small.zip", SMALL)

    for name in ("one", "two"):
        fetch_movielens(data_home=tmp_path / name, base_url=server.url, verbose=0, **ONCE)

    assert capsys.readouterr().err.count("Provided by GroupLens") == 2


# The counts.


def test_fewer_rows_than_published_are_warned_about_at_the_callers_line(server, serve, tmp_path):
    serve("ml-1m.zip", MILLION)

    with pytest.warns(DataWarning, match=r"X has 1 rows, 1,000,209 are published") as caught:
        fetch_movielens("1m", data_home=tmp_path, base_url=server.url, **ONCE)

    message = str(caught[0].message)
    assert "users has 1 rows, 6,040 are published; movies has 1 rows, 3,883" in message
    assert repr(str(tmp_path / "movielens" / "ml-1m.zip")) in message
    assert Path(caught[0].filename).name == Path(__file__).name


def test_rows_that_a_reader_keeps_out_count_as_published(server, serve, tmp_path, monkeypatch):
    source = replace(_fetch_music._LASTFM_360K, n_rows={"X": 2})
    monkeypatch.setattr(_fetch_music, "_LASTFM_360K", source)
    rows = [f"{ANN}\t\tu2\t31\n", "sep 20, 2008\t\tu2\t1\n"]
    serve("lastfm-dataset-360K.tar.gz", make_lastfm_360k(rows))

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        plays = fetch_lastfm_360k(data_home=tmp_path, base_url=server.url, **ONCE)

    assert len(plays.X) == 1
    assert [str(warning.message) for warning in caught if "published" in str(warning.message)] == []


@pytest.mark.data
@pytest.mark.parametrize(
    ("directory", "file", "folder", "fetch", "variant"),
    [
        ("ml-1m", "ml-1m.zip", "movielens", fetch_movielens, ("1m",)),
        ("ml-100k", "ml-100k.zip", "movielens", fetch_movielens, ("100k",)),
        (
            "hetrec2011-lastfm-2k",
            "hetrec2011-lastfm-2k.zip",
            "hetrec_lastfm",
            fetch_hetrec_lastfm,
            (),
        ),
    ],
)
def test_real_data_have_as_many_rows_as_published(
    real_data, tmp_path, directory, file, folder, fetch, variant
):
    source = real_data(directory) / file
    (tmp_path / folder).mkdir()
    shutil.copy(source, tmp_path / folder)

    data = fetch(*variant, data_home=tmp_path, download_if_missing=False)

    assert isinstance(data.X, pd.DataFrame)


# What goes wrong.


def test_a_mirror_without_the_file_is_an_error_with_its_address(server, tmp_path):
    with pytest.raises(ConnectionError, match=rf"{server.url}/ml-latest-small\.zip .* 404"):
        fetch_movielens(data_home=tmp_path, base_url=server.url, **ONCE)


@pytest.mark.parametrize("base_url", ["file:///data", "ftp://host/data", "/data", ""])
def test_a_mirror_must_be_on_the_web(tmp_path, base_url):
    with pytest.raises(ValueError, match=r"base_url: expected the http:// or https:// address"):
        fetch_movielens(data_home=tmp_path, base_url=base_url)


@pytest.mark.parametrize(
    "parameters",
    [
        {"variant": "2m"},
        {"data_home": 3},
        {"download_if_missing": "no"},
        {"n_retries": -1},
        {"n_retries": 1.5},
        {"delay": -0.1},
        {"timeout": 0.0},
        {"base_url": 3},
        {"verbose": "loud"},
    ],
)
def test_a_wrong_parameter_is_named(parameters):
    with pytest.raises(ValueError, match=rf"The '{next(iter(parameters))}' parameter of fetch_"):
        fetch_movielens(**parameters)


def test_a_table_cut_short_on_the_server_is_told_by_its_reader(server, serve, tmp_path):
    serve("10000.txt", b"ann\tSOBONKR\t4\nbob\tSOB")
    serve("song_data.csv", b"song_id,title,release,artist_name,year\n")

    with pytest.raises(ValueError, match=r"10000\.txt, line 2"):
        fetch_taste_profile(data_home=tmp_path, base_url=server.url, **ONCE)


# The folder of the data sets.


def test_the_folder_is_in_the_home_folder_unless_told_otherwise(tmp_path, monkeypatch):
    monkeypatch.delenv("SKLEARN_RECSYS_DATA_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))

    assert get_data_home() == str(tmp_path / "sklearn_recsys_data")
    assert get_data_home("~/mine") == str(tmp_path / "mine")

    monkeypatch.setenv("SKLEARN_RECSYS_DATA_HOME", str(tmp_path / "ours"))
    assert get_data_home() == str(tmp_path / "ours")
    assert get_data_home(tmp_path / "mine") == str(tmp_path / "mine")
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "mine",
        "ours",
        "sklearn_recsys_data",
    ]


def test_the_test_data_of_this_library_are_not_the_data_home(tmp_path, monkeypatch):
    monkeypatch.delenv("SKLEARN_RECSYS_DATA_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv("SKLEARN_RECSYS_DATA", str(tmp_path / "tests"))

    assert get_data_home() == str(tmp_path / "sklearn_recsys_data")


def test_a_user_without_a_home_is_told_what_to_give(monkeypatch):
    def have_none(path):
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("SKLEARN_RECSYS_DATA_HOME", raising=False)
    monkeypatch.setattr(Path, "expanduser", have_none)

    with pytest.raises(OSError, match=r"data_home: .* is unknown here .* as data_home"):
        get_data_home()


def test_a_file_in_the_place_of_the_folder_is_an_error(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("", encoding="utf-8")

    with pytest.raises(OSError, match=r"data_home: .*file.* cannot be written"):
        get_data_home(blocked)


def test_clearing_deletes_what_was_fetched_and_nothing_else(server, serve, tmp_path):
    serve("ml-latest-small.zip", SMALL)
    fetch_movielens(data_home=tmp_path, base_url=server.url, **ONCE)
    mine = [tmp_path / "notes.txt", tmp_path / "movielens" / "my.json", tmp_path / "mine" / "my"]
    mine[2].parent.mkdir()
    for path in mine:
        path.write_text("[1]", encoding="utf-8")

    clear_data_home(tmp_path)

    assert sorted(path for path in tmp_path.rglob("*") if path.is_file()) == sorted(mine)


def test_clearing_deletes_broken_downloads_and_empty_folders(server, serve, tmp_path):
    home = tmp_path / "home"
    serve("10000.txt", b"ann\tSOBONKR\t4\n" * 1000).faults.append(
        lambda handler, served: handler.send(served, n_bytes=9000)
    )
    with pytest.raises(ConnectionError):
        fetch_taste_profile(data_home=home, base_url=server.url, **ONCE)
    (home / "taste_profile" / "10000.txt.lock").touch()
    assert (home / "taste_profile" / "10000.txt.part").stat().st_size == 9000

    clear_data_home(home)
    assert not home.exists()
    clear_data_home(home)


def test_a_compressed_table_is_not_taken_for_a_table(server, serve, tmp_path):
    serve("10000.txt", gzip.compress(b"ann\tSOBONKR\t4\n"))

    with pytest.raises(OSError, match="expected a table with tabs"):
        fetch_taste_profile(data_home=tmp_path, base_url=server.url, **ONCE)
