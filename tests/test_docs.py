"""The documentation agrees with the code."""
# SPDX-License-Identifier: BSD-3-Clause

import doctest
import importlib
import importlib.util
import re
import sys
from datetime import date
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

import sklearn_recsys

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", DOCS / "index.md", *sorted(DOCS.rglob("user_guide/*.md"))]

pytestmark = pytest.mark.skipif(not DOCS.exists(), reason="reads the source tree's documentation")


def load(name):
    """Import a module that the documentation is built with."""
    spec = importlib.util.spec_from_file_location(f"_docs_{name}", DOCS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look up where they were defined
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(DOCS)  # they import each other, as in Sphinx
        spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def api_reference():
    return load("api_reference")


@pytest.fixture(scope="module")
def chooser():
    return load("chooser")


@pytest.fixture(scope="module")
def speed():
    return load("speed")


@pytest.fixture(scope="module")
def changes():
    return load("changes")


def test_every_room_is_in_the_api_reference_once(api_reference):
    listed = [room.name for room in api_reference.ROOMS]

    assert sorted(listed) == sorted(name for name in sklearn_recsys.__all__ if name[0] != "_")


def test_the_api_reference_holds_every_public_name_and_no_other(api_reference):
    listed = {room.name: sorted(room.names) for room in api_reference.ROOMS}

    public = {name: importlib.import_module(f"sklearn_recsys.{name}").__all__ for name in listed}

    assert listed == {name: sorted(names) for name, names in public.items()}


def test_an_api_page_lists_the_names_of_its_room(api_reference, tmp_path):
    api_reference.write_api_pages(tmp_path)

    page = (tmp_path / "exceptions.rst").read_text(encoding="utf-8")
    assert "   UnknownIdError" in page.splitlines()
    assert "   exceptions" in (tmp_path / "index.rst").read_text(encoding="utf-8").splitlines()


def test_the_capability_table_has_a_row_for_every_recommender():
    capabilities = load("capabilities")

    rows = capabilities.table().splitlines()[2:]

    names = [re.match(r"\| \[(\w+)\]", row).group(1) for row in rows]
    assert names == [recommender.__name__ for recommender in capabilities.recommenders()]
    assert {"PopularityRecommender", "ItemKNNRecommender", "SVDRecommender"} <= set(names)


def test_every_changelog_fragment_has_a_known_type_and_a_text(changes):
    assert any(changes.read_fragments(DOCS / "changes.d").values())


def test_a_fragment_of_an_unknown_type_is_named(changes, tmp_path):
    (tmp_path / "faster.speed.md").write_text("Faster.\n", encoding="utf-8")

    with pytest.raises(ValueError, match=r"faster\.speed\.md is no changelog fragment"):
        changes.read_fragments(tmp_path)


def test_a_release_moves_the_fragments_above_the_older_versions(changes, tmp_path):
    folder = tmp_path / "docs" / "changes.d"
    folder.mkdir(parents=True)
    (folder / "README.md").write_text("# Fragments\n", encoding="utf-8")
    (folder / "knn.feature.md").write_text("Neighbours,\nat last.\n", encoding="utf-8")
    changelog = tmp_path / "CHANGELOG.md"
    changelog.write_text("# Changelog\n\nNewest first.\n\n## 0.1 (2024-01-01)\n", encoding="utf-8")

    changes.release(tmp_path, "0.2", date(2025, 2, 3))

    assert changelog.read_text(encoding="utf-8") == (
        "# Changelog\n\nNewest first.\n\n"
        "## 0.2 (2025-02-03)\n\n### New\n\n- Neighbours,\n  at last.\n"
        "\n## 0.1 (2024-01-01)\n"
    )
    assert [path.name for path in folder.iterdir()] == ["README.md"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_examples_of_a_page_give_what_they_print(page):
    blocks = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    text = "\n".join(blocks)
    example = doctest.DocTestParser().get_doctest(text, {}, page.name, str(page), 0)

    results = doctest.DocTestRunner(optionflags=flags, verbose=False).run(example)

    assert results.failed == 0


def test_the_readme_and_most_pages_have_examples():
    assert ">>> " in (ROOT / "README.md").read_text(encoding="utf-8")
    assert sum(">>> " in page.read_text(encoding="utf-8") for page in PAGES) > len(PAGES) / 2


def test_every_recommender_but_chance_is_in_the_chart(chooser):
    shown = {answer.name for rung in chooser.RUNGS for answer in rung.answers}

    recommenders = {recommender.__name__ for recommender in load("capabilities").recommenders()}

    assert recommenders - shown == {"RandomRecommender", "PopularityRecommender"}


def test_the_chart_sends_nobody_to_a_model_that_cannot_do_what_it_is_asked_for(chooser):
    models = {model.__name__: model for model in load("capabilities").recommenders()}

    wrong = [
        answer.name
        for rung in chooser.RUNGS
        for answer in rung.answers
        if answer.name in models and not rung.tags(models[answer.name]().__recommender_tags__())
    ]

    assert wrong == []


def test_the_chart_is_drawn_with_a_link_to_a_page_for_every_answer(chooser):
    root = ET.fromstring(chooser.chart())

    links = [link.get("href") for link in root.iter("{http://www.w3.org/2000/svg}a")]

    assert len(links) == 1 + sum(len(rung.answers) for rung in chooser.RUNGS)
    assert all((DOCS / "user_guide" / link).with_suffix(".md").exists() for link in links)


def test_the_measured_table_holds_the_figures_of_the_leaderboards(chooser):
    rows = chooser.measured(DOCS / "benchmarks" / "reproductions.md").splitlines()

    board = (DOCS / "benchmarks" / "reproductions.md").read_text(encoding="utf-8")
    line = re.search(r"## MovieLens-1M.*?`(SLIMRecommender.*?)\n", board, flags=re.DOTALL).group(1)
    searched, _, defaults, seconds, _ = re.findall(r"\| ([\d.]+)", line)
    (row,) = [row for row in rows if row.startswith("| [SLIM")]
    expected = [f"{float(defaults):.3f}"[1:], f"{float(searched):.3f}"[1:], seconds]
    assert row.split(" | ")[1:4] == expected


def test_the_performance_page_has_a_row_for_every_measured_job(speed):
    results = speed.read_results(DOCS / "benchmarks" / "peers.json")

    text = speed.tables(results)

    for goal in results.values():
        assert all(f"\n| {row['job']} | {row['peer'] or ''} |" in text for row in goal["rows"])


def test_a_speed_is_the_inverse_of_a_ratio_of_times(speed):
    row = {"kind": "ours / peer", "ratio": [0.5, 0.25, 1.0]}

    assert speed._speed(row) == (2.0, 1.0, 4.0)
    assert speed._speed(row | {"kind": "peer / ours"}) == (0.5, 0.25, 1.0)


def test_a_link_that_leads_nowhere_is_found(tmp_path):
    (tmp_path / "data.csv").write_text("", encoding="utf-8")
    (tmp_path / "a.html").write_text(
        '<h1 id="top of it">A</h1><a href="b.html#there">1</a><a href="#top%20of%20it">2</a>'
        '<a href="data.csv">3</a><a href="https://example.org/gone">4</a>'
        '<a href="b.html#gone">5</a><a href="c.html">6</a><img src="gone.png">',
        encoding="utf-8",
    )
    (tmp_path / "b.html").write_text('<p id="there"><a href="a.html">A</a></p>', encoding="utf-8")

    broken = load("check_links").broken_links(tmp_path)

    assert broken == ["a.html: b.html#gone", "a.html: c.html", "a.html: gone.png"]
