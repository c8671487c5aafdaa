"""What is in a table is told in text, as CSV and as JSON."""
# SPDX-License-Identifier: BSD-3-Clause

import io
import json

import pandas as pd
import pytest

from sklearn_recsys.interactions import describe_interactions


def test_the_report_is_the_library_s(ratings, run):
    out, err = run("describe", ratings)

    assert out == f"{describe_interactions(pd.read_csv(ratings))}\n"
    assert err.startswith("data: ")


def test_json_is_an_object_of_figures(ratings, run):
    out = run("describe", ratings, "--format", "json").out

    figures = json.loads(out, parse_constant=pytest.fail)
    expected = describe_interactions(pd.read_csv(ratings))
    assert figures["n_users"] == expected.n_users == 20
    assert figures["density"] == expected.density


def test_csv_is_a_line_for_each_figure(ratings, run):
    found = pd.read_csv(io.StringIO(run("describe", ratings, "--format", "csv").out))

    frame = describe_interactions(pd.read_csv(ratings)).to_frame()
    assert found.shape == frame.shape
    assert found["statistic"].tolist() == frame["statistic"].tolist()


def test_without_a_file_generated_films_are_described(run):
    assert "movie_id" in run("describe").out


@pytest.mark.parametrize("option", ["--user", "--items", "--n-items", "--model", "--metric"])
def test_options_of_other_commands_are_refused(ratings, misuse, option):
    assert f"unrecognized arguments: {option} 1" in misuse("describe", ratings, option, "1")
