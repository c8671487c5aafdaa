"""The MovieLens archives without headers are read as GroupLens publishes them."""
# SPDX-License-Identifier: BSD-3-Clause

import re
import zipfile

import pandas as pd
import pytest

from sklearn_recsys.datasets import load_movielens

README_1M = """SUMMARY

These files contain 5 anonymous ratings.

- Age is chosen from the following ranges:

\t*  1:  "Under 18"
\t* 18:  "18-24"

- Occupation is chosen from the following choices:

\t*  0:  "other" or not specified
\t*  7:  "executive/managerial"
\t* 10:  "K-12 student"
\t* 16:  "self-employed"

MOVIES FILE DESCRIPTION
"""
MOVIES_1M = """1::Toy Story (1995)::Animation|Children's|Comedy
73::Misérables, Les (1995)::Drama|Musical
2692::Run Lola Run (Lola rennt) (1998)::Action|Crime|Romance
3000::Odd: A Title :: With Separators (2000)::(no genres listed)
"""
USERS_1M = """1::F::1::10::48067
2::M::56::16::70072
4::M::45::7::02460
5::M::18::0::98107-2117
"""
RATINGS_1M = """1::2692::5::978300760
1::1::3::978302109
2::73::4::978298413
4::73::1::978294008
5::3000::2::978246162
"""
GENRES_100K = [
    "unknown",
    "Action",
    "Adventure",
    "Animation",
    "Children's",
    "Comedy",
    "Crime",
    "Documentary",
    "Drama",
    "Fantasy",
    "Film-Noir",
    "Horror",
    "Musical",
    "Mystery",
    "Romance",
    "Sci-Fi",
    "Thriller",
    "War",
    "Western",
]


def files_1m(**changed):
    files = {
        "README": README_1M,
        "movies.dat": MOVIES_1M,
        "users.dat": USERS_1M,
        "ratings.dat": RATINGS_1M,
    }
    return {**files, **changed}


def item_100k(movie, title, *genres):
    flags = "|".join("1" if genre in genres else "0" for genre in GENRES_100K)
    return f"{movie}|{title}|01-Jan-1995||http://us.imdb.com/M/title-exact?{movie}|{flags}\n"


def files_100k(**changed):
    files = {
        "README": "MovieLens data sets were collected by the GroupLens Research Project.\n",
        "u.data": "196\t242\t3\t881250949\n186\t302\t5\t891717742\n196\t302\t1\t881250950\n",
        "u.user": "186|24|M|technician|V3N4P\n196|53|F|other|02460\n",
        "u.genre": "".join(f"{g}|{code}\n" for code, g in enumerate(GENRES_100K)) + "\n",
        "u.item": item_100k(242, "Kolya (1996)", "Comedy")
        + item_100k(267, "unknown", "unknown")
        + item_100k(302, "Précis: a Film (1986) ", "Drama", "Romance")
        + item_100k(303, "Land Before Time III (1995) (V)", "Animation", "Children's"),
    }
    return {**files, **changed}


def as_folder(path, files):
    path.mkdir(exist_ok=True)
    for name, text in files.items():
        (path / name).write_bytes(text.encode("latin-1"))
    return path


def as_zip(path, files, *, inside):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{inside}/", "")
        for name, text in files.items():
            archive.writestr(f"{inside}/{name}", text.encode("latin-1"))
    return path


def test_a_1m_folder_gives_the_published_tables(tmp_path):
    data = load_movielens(as_folder(tmp_path / "ml-1m", files_1m()))
    assert list(data) == ["X", "users", "movies", "items", "DESCR"]
    assert data["items"] is data.movies
    assert data.X.to_numpy().tolist()[0] == [1, 2692, 5, 978300760]
    assert list(data.X.columns) == ["user_id", "movie_id", "rating", "timestamp"]
    assert set(data.X.dtypes.astype(str)) == {"int64"}
    assert data.users.to_numpy().tolist() == [
        [1, "F", 1, "K-12 student", "48067"],
        [2, "M", 56, "self-employed", "70072"],
        [4, "M", 45, "executive/managerial", "02460"],
        [5, "M", 18, "other", "98107-2117"],
    ]
    assert data.DESCR == README_1M


def test_titles_are_split_at_the_last_parentheses_and_keep_accents_and_separators(tmp_path):
    movies = load_movielens(as_folder(tmp_path, files_1m())).movies
    assert movies["title"].tolist() == [
        "Toy Story (1995)",
        "Misérables, Les (1995)",
        "Run Lola Run (Lola rennt) (1998)",
        "Odd: A Title :: With Separators (2000)",
    ]
    assert movies["name"].tolist() == [
        "Toy Story",
        "Misérables, Les",
        "Run Lola Run (Lola rennt)",
        "Odd: A Title :: With Separators",
    ]
    assert movies["year"].tolist() == [1995, 1995, 1998, 2000]
    assert movies["genre"].tolist()[0] == "Animation|Children's|Comedy"


@pytest.mark.parametrize(("files", "inside"), [(files_1m, "ml-1m"), (files_100k, "ml-100k")])
def test_zip_folder_parent_folder_and_crlf_give_the_same(tmp_path, files, inside):
    expected = load_movielens(as_folder(tmp_path / inside, files()))
    crlf = {name: text.replace("\n", "\r\n") for name, text in files().items()}
    others = [
        tmp_path,
        str(as_zip(tmp_path / "whole.zip", files(), inside=inside)),
        as_zip(tmp_path / "crlf.zip", crlf, inside=inside),
    ]
    for path in others:
        data = load_movielens(path)
        for key in ("X", "users", "movies"):
            pd.testing.assert_frame_equal(data[key], expected[key])


def test_a_100k_folder_gives_the_published_tables(tmp_path):
    data = load_movielens(as_folder(tmp_path, files_100k()))
    assert data.X.to_numpy().tolist()[1] == [186, 302, 5, 891717742]
    assert list(data.users.columns) == ["user_id", "gender", "age", "occupation", "zip"]
    assert data.users.to_numpy().tolist()[0] == [186, "M", 24, "technician", "V3N4P"]
    assert data.users["zip"].tolist()[1] == "02460"
    assert data.movies["genre"].tolist() == [
        "Comedy",
        "unknown",
        "Drama|Romance",
        "Animation|Children's",
    ]
    assert data.movies["title"].tolist()[2] == "Précis: a Film (1986) "
    assert data.movies["name"].tolist() == [
        "Kolya",
        "unknown",
        "Précis: a Film",
        "Land Before Time III",
    ]
    assert data.movies["year"].isna().tolist() == [False, True, False, False]
    assert data.movies["year"].dropna().tolist() == [1996, 1986, 1995]


def test_another_ratings_file_can_be_named(tmp_path):
    files = files_100k(**{"u1.base": "196\t242\t3\t881250949\n"})
    data = load_movielens(as_folder(tmp_path, files), ratings="u1.base")
    assert len(data.X) == 1


def test_ratings_without_times_are_taken_only_where_the_published_file_is_missing(tmp_path):
    untimed = "1::1::3\n2::73::4\n"
    files = files_1m(**{"ratings_without_timestamp.dat": untimed})
    assert len(load_movielens(as_folder(tmp_path / "both", files)).X) == 5
    del files["ratings.dat"]
    data = load_movielens(as_folder(tmp_path / "one", files))
    assert list(data.X.columns) == ["user_id", "movie_id", "rating"]
    assert data.X.to_numpy().tolist() == [[1, 1, 3], [2, 73, 4]]


def test_a_path_that_does_not_exist_is_told(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"ml-9m.zip' does not exist; expected u.data, "):
        load_movielens(tmp_path / "ml-9m.zip")


@pytest.mark.parametrize("found", [{}, {"prices.csv": "a,b"}, {**files_1m(), **files_100k()}])
def test_a_wrong_archive_is_told_with_what_was_looked_for(tmp_path, found):
    with pytest.raises(ValueError, match=r"looked for u.data, .* ratings.csv, .*, found "):
        load_movielens(as_folder(tmp_path, found))


@pytest.mark.parametrize(
    ("files", "missing"),
    [
        (files_1m, "users.dat"),
        (files_1m, "ratings.dat"),
        (files_1m, "README"),
        (files_100k, "u.item"),
        (files_100k, "u.genre"),
    ],
)
def test_a_missing_file_is_named_with_what_was_found(tmp_path, files, missing):
    kept = {name: text for name, text in files().items() if name != missing}
    with pytest.raises(FileNotFoundError, match=rf"{missing} is missing in .* found \w+"):
        load_movielens(as_folder(tmp_path, kept))


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("ratings.dat", "4::73::1::978294008", "4::73::1", "line 4: expected 4 columns"),
        ("ratings.dat", "1::1::3", "1::1::3::3", "line 2: expected 4 columns .* got 5"),
        ("ratings.dat", "2::73::4", "2::73::4.5", "line 3: expected a whole number as rating"),
        ("ratings.dat", "5::3000::2", f"5::{10**30}::2", "line 5: .* number as movie_id"),
        ("ratings.dat", "1::2692::5::978300760", "1::2692", "line 1: expected 3 columns .* got 2"),
        ("ratings.dat", RATINGS_1M, "", "line 1: expected 3 columns .* got none: it has no rows"),
        ("users.dat", "2::M::56", "2::M", "line 2: expected 5 columns"),
        ("users.dat", "4::M::45", "4::M::old", "line 3: expected a whole number as age"),
        ("users.dat", "::16::", "::20::", re.escape("occupations [20], which README does not")),
        ("movies.dat", "73::Mis", "73:Mis", "line 2: expected 3 columns .* got 2"),
        ("movies.dat", "73::Mis", "x::Mis", "line 2: expected a whole number as movie_id"),
    ],
)
def test_a_damaged_line_is_named(tmp_path, file, old, new, message):
    files = files_1m()
    assert old in files[file]
    files[file] = files[file].replace(old, new)
    with pytest.raises(ValueError, match=message) as caught:
        load_movielens(as_folder(tmp_path, files))
    assert str(caught.value).startswith(file)


def test_a_short_line_of_100k_is_named(tmp_path):
    files = files_100k()
    files["u.item"] += "304|Cut (1990)|01-Ja"
    with pytest.raises(ValueError, match=r"u.item, line 5: expected 24 columns .* got 3"):
        load_movielens(as_folder(tmp_path, files))


def test_a_zip_that_was_cut_short_is_told(tmp_path):
    whole = as_zip(tmp_path / "ml-1m.zip", files_1m(), inside="ml-1m").read_bytes()
    (tmp_path / "cut.zip").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match=r"is not a whole zip archive .* download it again"):
        load_movielens(tmp_path / "cut.zip")


def test_a_zip_with_a_damaged_member_is_told(tmp_path):
    path = as_zip(tmp_path / "ml-1m.zip", files_1m(), inside="ml-1m")
    content = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        member = archive.getinfo("ml-1m/ratings.dat")
    # Past the 30 bytes of the local header and the name.
    position = member.header_offset + 30 + len(member.filename) + member.compress_size // 2
    content[position] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"whole zip archive \(ratings.dat: "):
        load_movielens(path)


@pytest.mark.data
def test_the_real_1m_archive_has_the_published_facts(real_data):
    data = load_movielens(real_data("ml-1m") / "ml-1m.zip")
    assert len(data.X) == 1_000_209
    assert data.X.iloc[0, :3].tolist() == [1, 1193, 5]
    assert data.X.iloc[-1, 0] == 6040
    assert data.X["rating"].value_counts().sort_index().tolist() == [
        56_174,
        107_557,
        261_197,
        348_971,
        226_310,
    ]
    assert data.X["movie_id"].nunique() == 3706
    assert not data.X.duplicated(["user_id", "movie_id"]).any()
    assert (len(data.movies), data.movies["movie_id"].max()) == (3883, 3952)
    assert not data.movies["year"].isna().any()
    assert "Run Lola Run (Lola rennt)" in set(data.movies["name"])
    assert data.movies["genre"].str.split("|").explode().drop_duplicates().tolist() == [
        "Animation",
        "Children's",
        "Comedy",
        "Adventure",
        "Fantasy",
        "Romance",
        "Drama",
        "Action",
        "Crime",
        "Thriller",
        "Horror",
        "Sci-Fi",
        "Documentary",
        "War",
        "Musical",
        "Mystery",
        "Film-Noir",
        "Western",
    ]
    assert "may not redistribute the data" in data.DESCR


@pytest.mark.data
def test_the_real_1m_users_have_the_published_facts(real_data):
    users = load_movielens(real_data("ml-1m") / "ml-1m.zip").users
    assert len(users) == 6040
    assert users["gender"].value_counts().to_dict() == {"M": 4331, "F": 1709}
    assert users["occupation"].nunique() == 21
    assert sorted(users["age"].unique()) == [1, 18, 25, 35, 45, 50, 56]
    bins = pd.cut(users["age"], [0, 25, 30, 45, 120]).value_counts(sort=False)
    assert bins.tolist() == [3421, 0, 1743, 876]
    assert users.iloc[0].tolist() == [1, "F", 1, "K-12 student", "48067"]
    assert users.iloc[1].tolist() == [2, "M", 56, "self-employed", "70072"]
    assert users.iloc[3].tolist() == [4, "M", 45, "executive/managerial", "02460"]


@pytest.mark.data
def test_the_four_column_format_is_read_from_the_real_archive(real_data):
    file = "ratings_timestamped_subset.dat"
    X = load_movielens(real_data("ml-1m") / "ml-1m.zip", ratings=file).X
    assert X.shape == (114_441, 4)
    assert X.iloc[0].tolist() == [1, 1193, 5, 978_300_760]


@pytest.mark.data
def test_the_real_100k_archive_has_the_published_facts(real_data):
    data = load_movielens(real_data("ml-100k") / "ml-100k.zip")
    assert data.X.shape == (100_000, 4)
    assert data.X.iloc[0].tolist() == [196, 242, 3, 881_250_949]
    assert (len(data.users), len(data.movies)) == (943, 1682)
    assert (data.X["user_id"].nunique(), data.X["movie_id"].nunique()) == (943, 1682)
    assert data.users["occupation"].nunique() == 21
    assert data.movies.loc[data.movies["year"].isna(), "title"].tolist() == ["unknown"]
    assert data.movies["genre"].iloc[0] == "Animation|Children's|Comedy"
    assert len(load_movielens(real_data("ml-100k") / "ml-100k.zip", ratings="u1.base").X) == 80_000
