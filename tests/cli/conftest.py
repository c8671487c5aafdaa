"""Tables and commands that the tests of the command line share."""
# SPDX-License-Identifier: BSD-3-Clause

import re

import pytest

from sklearn_recsys.cli import main


@pytest.fixture
def table(tmp_path):
    """Return a function that writes lines into a file and returns its path."""

    def write(lines, name="table.csv", encoding="utf-8"):
        path = tmp_path / name
        path.write_text("".join(f"{line}\n" for line in lines), encoding=encoding)
        return str(path)

    return write


@pytest.fixture
def two_tastes():
    """Return pairs in which even users like even items; one item of each taste is left out."""
    return [
        (f"u{user}", f"i{item}")
        for user in range(24)
        for item in range(user % 2, 20, 2)
        if item // 2 != user % 10
    ]


@pytest.fixture
def pairs(table, two_tastes):
    """Return the path of a table of the two tastes."""
    return table(["person,film", *map(",".join, two_tastes)])


@pytest.fixture
def ratings(table):
    """Return the path of a table of ratings, in which ids are integers and even users are alike."""
    lines = [
        f"{user},{item},{1 + (user * item) % 5}"
        for user in range(1, 21)
        for item in range(100, 120)
        if (user + item) % 2 == 0 and item % 10 != user % 10
    ]
    return table(["user_id,movie_id,rating", *lines], name="ratings.csv")


@pytest.fixture
def run(capsys):
    """Return a function that runs a command that must succeed; it returns both outputs."""

    def run(*arguments):
        assert main([str(argument) for argument in arguments]) == 0
        return capsys.readouterr()

    return run


@pytest.fixture
def refusal(capsys):
    """Return a function that runs a command that must fail, and returns its line of error."""

    def run(*arguments):
        assert main([str(argument) for argument in arguments]) == 2
        out, err = capsys.readouterr()
        (line,) = re.findall(r"^error: (.*)$", err, flags=re.MULTILINE)
        assert out == ""
        assert "Traceback" not in err
        return line

    return run


@pytest.fixture
def misuse(capsys):
    """Return a function that runs a command with wrong options, and returns what argparse says."""

    def run(*arguments):
        with pytest.raises(SystemExit, match="2"):
            main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        assert out == ""
        return err.splitlines()[-1]

    return run
