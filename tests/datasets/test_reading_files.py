"""Files are read from wherever they are, packed or not, and close if the reader opened them."""
# SPDX-License-Identifier: BSD-3-Clause

import bz2
import gzip
import io
import lzma
import os
import threading
import zipfile
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, HTTPServer

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sklearn_recsys.datasets import read_interactions

TEXT = b"who,what,times\n" + b"ann,tea,3\nbob,jam,1\n" * 50


def zipped(*members, text=TEXT):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for member in members:
            archive.writestr(member, text)
    return buffer.getvalue()


def as_parquet():
    buffer = io.BytesIO()
    pq.write_table(pa.table({"who": ["ann"] * 100, "what": ["tea"] * 100}), buffer)
    return buffer.getvalue()


PACKED = {
    "plain": TEXT,
    "gzip": gzip.compress(TEXT),
    "gzip in parts": gzip.compress(TEXT[:15]) + gzip.compress(TEXT[15:]),
    "bz2": bz2.compress(TEXT),
    "xz": lzma.compress(TEXT),
    "zip": zipped("plays.csv"),
    "zip of macOS": zipped("plays/", "plays/plays.csv", "__MACOSX/._plays.csv"),
    "parquet": as_parquet(),
}


class OneWay(io.RawIOBase):
    """Read like a pipe: in small parts, and never back."""

    def __init__(self, data):
        super().__init__()
        self._file = io.BytesIO(data)

    def readable(self):
        return True

    def readinto(self, buffer):
        return self._file.readinto(memoryview(buffer)[:7])


@contextmanager
def served(data, *, status=200, length=None):
    """Serve bytes under an address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(status)
            if length != "unknown":
                self.send_header("Content-Length", str(length or len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *arguments):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/plays.csv"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.mark.parametrize("packing", PACKED)
def test_what_is_packed_is_told_by_its_bytes(tmp_path, packing):
    data = PACKED[packing]
    path = tmp_path / "plays"
    path.write_bytes(data)

    for source in (str(path), path, os.fsencode(path), io.BytesIO(data), OneWay(data)):
        X = read_interactions(source)
        assert X.shape[0] == 100
        assert X.iloc[0].tolist() == ["ann", "tea", 3][: X.shape[1]]


@pytest.mark.parametrize("packing", PACKED)
def test_an_address_is_read(packing):
    with served(PACKED[packing]) as url:
        assert len(read_interactions(url)) == 100


def test_a_download_of_unknown_length_is_read():
    with served(TEXT, length="unknown") as url:
        assert len(read_interactions(url)) == 100


def test_a_download_that_ends_early_is_no_shorter_table():
    with (
        served(TEXT, length=2 * len(TEXT)) as url,
        pytest.raises(ValueError, match="cut short on its way"),
    ):
        read_interactions(url)


def test_an_address_without_a_file_is_named():
    with (
        served(b"gone", status=404) as url,
        pytest.raises(OSError, match=r"plays\.csv cannot be read: HTTP Error 404"),
    ):
        read_interactions(url)


def test_a_server_that_does_not_answer_is_named():
    with served(b"") as url:
        pass

    with pytest.raises(OSError, match="cannot be read"):
        read_interactions(url)


@pytest.mark.parametrize("packing", ["plain", "gzip", "zip", "parquet"])
def test_a_file_that_the_caller_opened_stays_open(tmp_path, packing):
    (tmp_path / "plays").write_bytes(PACKED[packing])

    with open(tmp_path / "plays", "rb") as file:
        read_interactions(file)
        assert not file.closed


def test_a_file_open_as_text_is_read_whatever_its_encoding(tmp_path):
    (tmp_path / "plays.csv").write_bytes("who,what\nRenée,1\n".encode("latin-1"))

    with open(tmp_path / "plays.csv", encoding="latin-1") as file:
        X = read_interactions(file, encoding="utf-16")

    assert X["who"].tolist() == ["Renée"]


def test_a_file_open_as_the_wrong_text_is_named(tmp_path):
    (tmp_path / "plays.csv").write_bytes("who,what\nRenée,1\n".encode("latin-1"))

    with (
        open(tmp_path / "plays.csv", encoding="utf-8") as file,
        pytest.raises(ValueError, match=r"plays\.csv is open as utf-8 text, which it is not"),
    ):
        read_interactions(file)


def test_reading_starts_where_the_file_stands():
    file = io.BytesIO(b"# a remark\n1,2\n")
    file.readline()

    assert read_interactions(file).to_numpy().tolist() == [[1, 2]]


def test_a_file_that_does_not_exist_or_is_none_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nowhere\.csv"):
        read_interactions(tmp_path / "nowhere.csv")
    with pytest.raises(IsADirectoryError, match="Is a directory"):
        read_interactions(tmp_path)


@pytest.mark.parametrize("source", [3, None, {"a": 1}, [[1, 2]]])
def test_a_source_of_another_type_is_refused(source):
    with pytest.raises(TypeError, match="source: expected a path, an address, a file object"):
        read_interactions(source)


@pytest.mark.parametrize("answer", [None, 3])
def test_a_file_that_gives_neither_bytes_nor_text_is_refused(answer):
    class Strange:
        def read(self, size=-1):
            return answer

    with pytest.raises(TypeError, match="to give bytes or text, got"):
        read_interactions(Strange())


@pytest.mark.parametrize("url", ["http://[::1", "http://a b/x", f"http://{'a' * 100}.org/"])
def test_an_address_that_is_none_is_named(url):
    with pytest.raises(OSError, match="cannot be read"):
        read_interactions(url)


def test_blank_lines_without_end_are_passed_over():
    class Blank(io.RawIOBase):
        left = 2**27
        start = b"user,item\n1,2\n"

        def readable(self):
            return True

        def readinto(self, buffer):
            size = min(len(buffer), self.left)
            buffer[:size] = (self.start + b"\n" * size)[:size]
            self.left, self.start = self.left - size, self.start[size:]
            return size

    X = read_interactions(Blank())

    assert X.to_numpy().tolist() == [[1, 2]]


def test_a_damaged_parquet_file_is_read_or_refused():
    stream = io.BytesIO()
    ids = [f"u{code % 50}" for code in range(2000)]
    pq.write_table(pa.table({"u": ids, "i": range(2000)}), stream)
    content, rng = stream.getvalue(), np.random.default_rng(0)

    for place in range(0, len(content), 5):
        damaged = bytearray(content)
        damaged[place] ^= int(rng.integers(1, 256))
        with suppress(ValueError):
            assert len(read_interactions(io.BytesIO(damaged))) > 0


@pytest.mark.parametrize("packing", ["gzip", "bz2", "xz", "zip", "parquet"])
@pytest.mark.parametrize("kept", [0.5, 0.9, -1])
def test_a_file_cut_short_is_no_shorter_table(packing, kept):
    data = PACKED[packing]
    data = data[: int(len(data) * kept) if kept > 0 else kept]

    with pytest.raises(ValueError, match=r"cut short|damaged"):
        read_interactions(io.BytesIO(data))


@pytest.mark.parametrize("packing", ["gzip", "bz2", "xz", "zip", "parquet"])
def test_a_damaged_file_is_named(packing):
    data = bytearray(PACKED[packing])
    place = len(data) // 2
    data[place : place + 8] = bytes(byte ^ 0xFF for byte in data[place : place + 8])

    with pytest.raises(ValueError, match=r"damaged|cannot be read|no text|not a text"):
        read_interactions(io.BytesIO(bytes(data)))


def test_an_archive_of_several_files_is_refused_with_their_names():
    with pytest.raises(ValueError, match=r"archive of 2 files \(a\.csv, b\.csv\)"):
        read_interactions(io.BytesIO(zipped("a.csv", "b.csv")))
    with pytest.raises(ValueError, match="archive of 0 files"):
        read_interactions(io.BytesIO(zipped()))
    with pytest.raises(ValueError, match="is an Excel workbook"):
        read_interactions(io.BytesIO(zipped("xl/workbook.xml", "xl/styles.xml")))


def test_an_encrypted_archive_is_named():
    data = bytearray(zipped("plays.csv"))
    directory = data.index(b"PK\x01\x02")
    data[6] |= 1
    data[directory + 8] |= 1

    with pytest.raises(ValueError, match=r"cannot be unpacked: .*password"):
        read_interactions(io.BytesIO(bytes(data)))


@pytest.mark.parametrize(
    ("start", "message"),
    [
        (b"SQLite format 3\0", "pass sqlite3.connect"),
        (b"ARROW1\0\0", "Arrow file"),
        (b"\x89HDF\r\n\x1a\n", "HDF5"),
        (b"\x28\xb5\x2f\xfd", "zstandard"),
        (b'{"user": 1, "item": 2}\n{"user": 3, "item": 4}\n', "JSON: read it with pandas"),
        (b'[{"user": 1, "item": 2}]', "JSON: read it with pandas"),
    ],
)
def test_a_known_file_that_is_no_table_is_named(start, message):
    with pytest.raises(ValueError, match=message):
        read_interactions(io.BytesIO(start + bytes(100)))


@pytest.mark.data
def test_the_ratings_of_movielens_are_read(real_data, tmp_path):
    with zipfile.ZipFile(real_data("ml-1m") / "ml-1m.zip") as archive:
        path = archive.extract("ml-1m/ratings_timestamped_subset.dat", tmp_path)
        with archive.open("ml-1m/ratings_without_timestamp.dat") as file:
            X = read_interactions(file)

    subset = read_interactions(path)

    assert X.shape == (1_000_209, 3)
    assert X["value"].mean() == pytest.approx(3.581564, abs=1e-6)
    assert (X["user"].nunique(), X["item"].nunique()) == (6040, 3706)
    assert list(subset.columns) == ["user", "item", "value", "time"]
    assert subset.shape == (114_441, 4)


@pytest.mark.data
def test_the_titles_of_movielens_need_their_encoding(real_data):
    with zipfile.ZipFile(real_data("ml-1m") / "ml-1m.zip") as archive:
        movies = archive.read("ml-1m/movies.dat")

    with pytest.raises(ValueError, match="latin-1"):
        read_interactions(io.BytesIO(movies), [0, 1])

    X = read_interactions(io.BytesIO(movies), [0, 1], encoding="latin-1", quoting=False)
    assert len(X) == 3883
    assert "City of Lost Children, The (1995)" in set(X["item"])


@pytest.mark.data
def test_the_plays_of_audioscrobbler_are_read(real_data):
    X = read_interactions(real_data("audioscrobbler-small") / "user_artist_data_small.txt.gz")

    assert X.shape == (49_481, 3)
    assert (X["user"].nunique(), X["item"].nunique()) == (50, 30_677)
    assert X.iloc[0].tolist() == [1059637, 1000010, 238]


@pytest.mark.data
def test_the_taste_profile_is_read(real_data):
    folder = real_data("taste-profile")

    X = read_interactions(folder / "10000_first_42739.txt.gz")
    sample = read_interactions(
        folder / "song_sample_10000.csv.gz", ["user_id", "song_id", "listen_count"]
    )

    assert X.shape == (42_739, 3)
    assert (X["user"].nunique(), X["item"].nunique()) == (1630, 9071)
    assert sample.shape == (10_000, 3)
    assert (sample["user_id"].nunique(), sample["song_id"].nunique()) == (8635, 5193)


@pytest.mark.parametrize("header", ["who;what;times\n", ""])
def test_the_line_that_tells_excel_the_separator_is_no_row(tmp_path, header):
    path = tmp_path / "export.csv"
    path.write_text(f"sep=;\n{header}ann;tea, green;3\nbob;jam, red;1\n")

    table = read_interactions(path)

    assert table.to_numpy().tolist() == [["ann", "tea, green", 3], ["bob", "jam, red", 1]]
