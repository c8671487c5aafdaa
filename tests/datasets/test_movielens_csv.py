"""The MovieLens archives of CSV files are read as GroupLens publishes them."""
# SPDX-License-Identifier: BSD-3-Clause

import zipfile

import pandas as pd
import pytest

from sklearn_recsys.datasets import load_movielens

FILES = {
    "README.txt": "Summary\n=======\nThis dataset (ml-latest-small) describes 5-star rating.\n",
    "ratings.csv": (
        "userId,movieId,rating,timestamp\n"
        "2,1,4.0,964982703\n"
        "1,193609,0.5,964981247\n"
        "1,3,4.5,964982224\n"
    ),
    "movies.csv": (
        "movieId,title,genres\n"
        "1,Toy Story (1995),Adventure|Animation|Children|Comedy|Fantasy\n"
        '3,"American President, The (1995)",Comedy|Drama|Romance\n'
        '4,"""Great Performances"" Cats (1998)",Musical\n'
        "5,Amélie (Fabuleux destin d'Amélie Poulain) (2001) ,Comedy\n"
        "193609,Babylon 5,(no genres listed)\n"
    ),
    "links.csv": "movieId,imdbId,tmdbId\n1,0114709,862\n3,0112346,\n",
    "tags.csv": (
        'userId,movieId,tag,timestamp\n1,3,"funny, ""warm""",1445714994\n2,1,null,1445714996\n'
    ),
}
FILES_10M = {
    "README.html": "<html><title>MovieLens 10M/100k Data Set README</title></html>",
    "ratings.dat": "1::122::5::838985046\n1::185::4.5::838983525\n2::122::0.5::868245777\n",
    "movies.dat": (
        "122::Boomerang (1992)::Comedy|Romance\n"
        "185::Misérables, Les :: the Film (1995)::Drama|War\n"
    ),
    "tags.dat": "15::122::excellent!::1215184630\n20::185::a::b::1188263867\n",
}


def as_folder(path, files):
    path.mkdir(exist_ok=True)
    for name, text in files.items():
        (path / name).write_bytes(text.encode())
    return path


def test_a_folder_of_csv_files_gives_the_published_tables(tmp_path):
    data = load_movielens(as_folder(tmp_path, FILES))

    assert list(data) == ["X", "users", "movies", "items", "tags", "links", "DESCR"]
    assert data["items"] is data.movies
    assert list(data.X.columns) == ["user_id", "movie_id", "rating", "timestamp"]
    assert data.X.dtypes.astype(str).tolist() == ["int64", "int64", "float64", "int64"]
    assert data.X.to_numpy().tolist()[1] == [1, 193609, 0.5, 964981247]
    assert data.users.to_dict("list") == {"user_id": [1, 2]}
    assert FILES["README.txt"] == data.DESCR


def test_titles_lose_their_quotes_and_give_name_and_year(tmp_path):
    movies = load_movielens(as_folder(tmp_path, FILES)).movies

    assert list(movies.columns) == ["movie_id", "title", "name", "year", "genre"]
    assert movies["title"].tolist()[1:3] == [
        "American President, The (1995)",
        '"Great Performances" Cats (1998)',
    ]
    assert movies["name"].tolist() == [
        "Toy Story",
        "American President, The",
        '"Great Performances" Cats',
        "Amélie (Fabuleux destin d'Amélie Poulain)",
        "Babylon 5",
    ]
    assert movies["year"].tolist()[:4] == [1995, 1995, 1998, 2001]
    assert movies["year"].isna().tolist()[4]
    assert movies["genre"].iloc[4] == "(no genres listed)"


def test_links_keep_their_zeros_and_tags_their_text(tmp_path):
    data = load_movielens(as_folder(tmp_path, FILES))

    assert data.links["imdb_id"].tolist() == ["0114709", "0112346"]
    assert data.links["tmdb_id"].isna().tolist() == [False, True]
    assert str(data.links["tmdb_id"].dtype) == "Int64"
    assert list(data.tags.columns) == ["user_id", "movie_id", "tag", "timestamp"]
    assert data.tags["tag"].tolist() == ['funny, "warm"', "null"]


def test_zip_crlf_byte_order_mark_and_own_columns_change_nothing(tmp_path):
    expected = load_movielens(as_folder(tmp_path / "ml-latest-small", FILES))
    changed = {name: "\ufeff" + text.replace("\n", "\r\n") for name, text in FILES.items()}
    lines = FILES["ratings.csv"].splitlines()
    own = ["mood,userId,movieId,rating,timestamp", *(f'"a, b",{line}' for line in lines[1:])]
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for name, text in changed.items():
            archive.writestr(f"ml-25m/{name}", text)

    for path in (
        tmp_path,
        tmp_path / "a.zip",
        as_folder(tmp_path / "own", {**FILES, "ratings.csv": "\n".join(own)}),
    ):
        data = load_movielens(path)
        for key in ("X", "users", "movies", "tags", "links"):
            pd.testing.assert_frame_equal(data[key], expected[key])


def test_tags_links_readme_and_times_may_be_missing(tmp_path):
    files = {"ratings.csv": "userId,movieId,rating\n1,3,4.5\n", "movies.csv": FILES["movies.csv"]}

    data = load_movielens(as_folder(tmp_path, files))

    assert list(data.X.columns) == ["user_id", "movie_id", "rating"]
    assert list(data) == ["X", "users", "movies", "items", "DESCR"]
    assert "Harper" in data.DESCR


def test_a_file_of_tags_may_have_none(tmp_path):
    header = FILES["tags.csv"].partition("\n")[0]

    tags = load_movielens(as_folder(tmp_path, {**FILES, "tags.csv": header})).tags

    assert tags.shape == (0, 4)


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("ratings.csv", "", "line 1: expected a header with userId, movieId, rating; userId"),
        ("ratings.csv", "userId,movieId\n1,3\n", "line 1: .* rating missing, got 'userId,movieId'"),
        ("ratings.csv", "userId,movieId,rating\n", "line 2: .* got none: it has no rows"),
        ("ratings.csv", "userId,movieId,rating\n1,3,5\n1,3\n", "line 3: expected 3 columns"),
        ("ratings.csv", "userId,movieId,rating\n1,3,good\n", "line 2: expected a finite number as"),
        (
            "ratings.csv",
            "userId,movieId,rating\nx,3,5\n",
            "line 2: expected a whole number as use",
        ),
        ("movies.csv", "movieId,title,genres\n1,A (1990),Drama\n2,B\n", "line 3: expected 3 col"),
        ("movies.csv", "movieId,title,genres\n1,A, The,Drama\n", "line 2: expected 3 columns"),
        ("movies.csv", 'movieId,title,genres\n1,"A,Drama\n', "line 2: unexpected end of data"),
        ("links.csv", "movieId,imdbId,tmdbId\n1,01,x\n", "line 2: expected a whole number or noth"),
        ("tags.csv", "userId,movieId,tag,timestamp\n1,2,b\n", "line 2: expected 4 columns"),
    ],
)
def test_a_damaged_line_is_named(tmp_path, file, text, message):
    with pytest.raises(ValueError, match=message) as caught:
        load_movielens(as_folder(tmp_path, {**FILES, file: text}))

    assert str(caught.value).startswith(file)


def test_films_that_are_missing_are_told(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"movies.csv is missing .* found ratings.csv"):
        load_movielens(as_folder(tmp_path, {"ratings.csv": FILES["ratings.csv"]}))


def test_10m_has_half_stars_tags_and_no_people(tmp_path):
    data = load_movielens(as_folder(tmp_path, FILES_10M))

    assert list(data) == ["X", "users", "movies", "items", "tags", "DESCR"]
    assert data.X.dtypes.astype(str).tolist() == ["int64", "int64", "float64", "int64"]
    assert data.X["rating"].tolist() == [5.0, 4.5, 0.5]
    assert data.users.to_dict("list") == {"user_id": [1, 2]}
    assert data.movies["name"].tolist() == ["Boomerang", "Misérables, Les :: the Film"]
    assert data.tags["tag"].tolist() == ["excellent!", "a::b"]
    assert data.DESCR.startswith("<html>")


def test_in_10m_text_that_is_not_utf_8_is_told(tmp_path):
    folder = as_folder(tmp_path, FILES_10M)
    (folder / "movies.dat").write_bytes("185::Misérables (1995)::Drama\n".encode("latin-1"))

    with pytest.raises(ValueError, match=r"movies.dat, line 1: expected utf-8 text"):
        load_movielens(folder)


def test_two_sets_in_one_folder_are_refused(tmp_path):
    as_folder(tmp_path / "ml-20m", FILES)
    as_folder(tmp_path / "ml-25m", FILES)

    with pytest.raises(ValueError, match=r"ratings.csv is there more than once .* keep one data"):
        load_movielens(tmp_path)
