"""The report: the figures of the scorer, on a page that needs nothing else."""
# SPDX-License-Identifier: BSD-3-Clause

import os
import re
import warnings
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import make_pipeline

from sklearn_recsys.baseline import PopularityRecommender
from sklearn_recsys.exceptions import DataWarning
from sklearn_recsys.feature_extraction import GenreTfidf
from sklearn_recsys.inspection import _report, evaluation_report
from sklearn_recsys.inspection._svg import draw
from sklearn_recsys.interactions import FeatureTable
from sklearn_recsys.metrics import make_ranking_scorer
from sklearn_recsys.model_selection import InteractionKFold, compare_recommenders
from sklearn_recsys.preprocessing import ConfidenceWeighter

VOID = {"meta", "br", "path", "use", "image"}


class Outline(HTMLParser):
    """Read a page: whether its tags are closed, which ids and links it has, what it says."""

    def __init__(self, page):
        super().__init__()
        self.open, self.ids, self.links, self.texts = [], [], [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.ids += [found["id"]] if "id" in found else []
        self.links += [v for k, v in attrs if k in ("src", "href", "xlink:href")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data.strip())


@pytest.fixture(scope="module")
def genres(films):
    transformer = ColumnTransformer([("of", GenreTfidf(use_idf=False), "genre")])
    return FeatureTable(films.movies, transformer, id_column="movie_id")


@pytest.fixture(scope="module")
def groups(films):
    return films.users.set_index("user_id")["gender"]


@pytest.fixture(scope="module")
def report(models, parts, genres, groups):
    return evaluation_report(models, parts[1], k=5, item_features=genres, user_groups=groups)


@pytest.fixture(scope="module")
def page(report):
    return report.to_html()


@pytest.fixture
def undrawn(monkeypatch):
    """Leave out the drawings, which take most of the time."""
    monkeypatch.setattr(_report, "draw", lambda *args, label, **options: "<svg></svg>")


def test_scores_are_those_of_the_scorer(report, models, parts, genres):
    scorer = make_ranking_scorer(*report.scores.columns, item_features=genres)

    assert list(report.scores.columns[:5]) == ["ndcg@5", "recall@5", "precision@5", "mrr@5", "auc"]
    for name, model in models.items():
        expected = scorer(model, parts[1])
        np.testing.assert_allclose(report.scores.loc[name], list(expected.values()))


def test_intervals_are_of_what_judges_single_users(report):
    assert "catalogue_coverage@5" not in report.intervals
    for metric, ends in report.intervals.items():
        assert (ends["low"] <= report.scores[metric]).all()
        assert (report.scores[metric] <= ends["high"]).all()


def test_differences_are_tested_on_the_same_users(report, models, parts):
    scorer = make_ranking_scorer("ndcg@5")
    per_user = {
        name: scorer.report(model, parts[1]).per_user["ndcg@5"] for name, model in models.items()
    }

    assert len(report.tests) == 3
    for row in report.tests.itertuples():
        expected = stats.ttest_rel(per_user[row.better], per_user[row.worse])
        assert row.p_value == pytest.approx(expected.pvalue)


def test_groups_have_the_means_of_their_users(report, models, parts, groups):
    per_user = make_ranking_scorer("ndcg@5").report(models["SVD"], parts[1]).per_user["ndcg@5"]

    expected = per_user.groupby(groups.reindex(per_user.index)).mean()

    found = report.groups["SVD"]
    np.testing.assert_allclose(found["ndcg@5"].loc[expected.index], expected)
    assert found["n_users"].sum() == len(per_user)


def test_facts_are_counted(report, parts):
    train, test = parts

    assert report.facts["users in training"] == str(train["user_id"].nunique())
    assert report.facts["pairs in training"].startswith(f"{len(train):,} (")
    assert report.facts["held-out rows"] == str(len(test))
    assert report.models["SVD"] == "SVDRecommender(n_components=4, random_state=0)"
    assert report.remarks == []


def test_the_page_has_all_figures_and_numbers(report, page):
    said = " ".join(Outline(page).texts)

    for text in (*report.displays, *report.models, *report.facts, "Differences", "Groups of users"):
        assert text in said
    assert f"{report.scores.loc['SVD', 'ndcg@5']:.4f}" in said
    assert page.count("<svg ") == len(report.displays) == 7
    assert list(report.displays) == [
        "Precision and recall",
        "nDCG by length of list",
        "Long tail",
        "Accuracy against coverage",
        "Scores of relevant and of other pairs",
        "Calibration",
        "Map of SVD",
    ]


def test_the_page_is_well_formed_and_needs_no_other_file(page):
    outline = Outline(page)

    assert outline.open == []
    assert len(set(outline.ids)) == len(outline.ids)
    outside = [link for link in outline.links if not link.startswith(("#", "data:"))]
    assert outside == []
    assert {link[1:] for link in outline.links if link[0] == "#"} <= set(outline.ids)
    assert set(re.findall(r"url\(#([^)]+)\)", page)) <= set(outline.ids)
    assert re.findall(r"@import|url\((?!#)|<script", page) == []


def test_figures_take_the_colours_of_the_page(page):
    assert "currentColor" in page
    assert "#010203" not in page
    assert "prefers-color-scheme:dark" in page
    assert 'name="viewport"' in page


def test_a_notebook_gets_the_same_without_a_document_around_it(report, page):
    assert report._repr_html_() in page
    assert report._repr_html_().startswith('<div class="skr">')
    assert repr(report) == "<EvaluationReport of 3 recommender(s) by 12 metrics>"


def test_the_same_numbers_make_the_same_drawing(report):
    display = report.displays["Long tail"]

    drawings = {draw(display, label="tail", prefix="x", height=2) for _ in range(2)}

    assert len(drawings) == 1


def test_names_are_drawn_letter_by_letter(models, parts):
    names = [r"$\nonsense$ for $5", "_hidden", "<a & b>"]
    estimators = dict(zip(names, models.values(), strict=True))

    page = evaluation_report(estimators, parts[1], metrics=["ndcg@3"]).to_html()

    texts = [text.split(":")[0] for text in Outline(page).texts]
    for name in names:
        # In the legends of at least two figures, besides the tables.
        assert sum(name in text for text in texts) >= 5


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.12345, "0.1235"), (-0.5, "&minus;0.5000"), (-1e-9, "0.0000"), (12.34, "12.3")],
)
def test_numbers_are_written_for_people(value, text):
    assert _report._number(value) == text


def test_names_are_no_markup(models, parts, undrawn):
    name = '<b>"A" & B</b>'
    report = evaluation_report({name: models["SVD"]}, parts[1], metrics=["ndcg@2"], title="<i>")

    page = report.to_html()
    assert "<b>" not in page
    assert "<i>" not in page
    assert name in Outline(page).texts


def test_only_the_metrics_that_are_asked_for_are_listed(models, parts):
    report = evaluation_report(models, parts[1], metrics=["recall@3", "novelty@4"], k=4)

    assert list(report.scores) == ["recall@3", "novelty@4"]
    assert report.displays["Recall by length of list"].k.tolist() == [1, 2, 3, 4]
    assert "Calibration" not in report.displays
    assert report.groups == {}


def test_histories_that_are_cut_leave_no_scores_of_pairs(models, parts):
    report = evaluation_report(
        {"SVD": models["SVD"]}, parts[1], metrics=["ndcg@3"], scorer_params={"fold_in": 0.5}
    )

    assert "Scores of relevant and of other pairs" not in report.displays
    assert "fold_in=0.5" in report.footer


def test_items_that_nobody_knows_leave_no_scores_of_pairs(models, parts):
    unknown = parts[1].assign(movie_id=parts[1]["movie_id"] + 1000)

    report = evaluation_report(models, unknown, metrics=["ndcg@3", "ndcg@3"])

    assert report.scores["ndcg@3"].tolist() == [0, 0, 0]
    assert "Scores of relevant and of other pairs" not in report.displays


def test_other_catalogues_share_no_long_tail(models, parts):
    fewer = PopularityRecommender().fit(parts[0][parts[0]["movie_id"] > 5])

    report = evaluation_report({**models, "fewer": fewer}, parts[1], metrics=["ndcg@3"])

    assert "Long tail" not in report.displays
    assert report.facts["items in training"].count("/") == 1


def test_what_is_warned_of_is_on_the_page_and_said(models, parts, undrawn):
    strangers = parts[1].assign(user_id=parts[1]["user_id"] + 1000)
    mixed = pd.concat([strangers, parts[1][parts[1]["user_id"] < 10]])

    with pytest.warns(DataWarning, match="test users are unknown"):
        report = evaluation_report({"SVD": models["SVD"]}, mixed, metrics=["ndcg@3"])

    assert len(report.remarks) == 1
    assert "test users are unknown" in " ".join(Outline(report.to_html()).texts)


def test_what_the_linter_finds_is_on_the_page(models, parts, undrawn):
    train, test = parts
    rated = test.assign(rating=3)

    report = evaluation_report(
        {"SVD": models["SVD"]},
        test,
        X_train=train,
        metrics=["precision@3"],
        scorer_params={"exclude_seen": False},
    )
    clean = evaluation_report({"SVD": models["SVD"]}, rated[test.columns], X_train=train, k=3)

    assert [remark.partition(":")[0] for remark in report.remarks] == [
        "Seen items are not masked (EVAL004)"
    ]
    assert "EVAL004" in report.to_html()
    assert clean.remarks == []


def test_a_comparison_over_splits_is_on_the_page(models, parts, undrawn):
    comparison = compare_recommenders(
        {name: clone(model) for name, model in models.items()},
        parts[0],
        cv=InteractionKFold(2),
        metrics=["ndcg@3", "catalogue_coverage@3"],
    )

    report = evaluation_report(models, parts[1], metrics=["ndcg@3"], comparison=comparison)

    said = " ".join(Outline(report.to_html()).texts)
    table = comparison.summary()
    assert "Fitted to 2 splits anew" in said
    for name in models:
        for metric in ("ndcg@3", "ndcg@3_low", "catalogue_coverage@3"):
            assert f"{table.loc[name, metric]:.4f}" in said


def test_pipelines_are_described_by_their_steps(parts):
    pipeline = make_pipeline(ConfidenceWeighter(), PopularityRecommender()).fit(
        parts[0].assign(plays=2.0)
    )

    report = evaluation_report(
        {"weighted": pipeline}, parts[1].assign(plays=1.0), metrics=["ndcg@3"]
    )

    assert "ConfidenceWeighter()" in report.models["weighted"]


@pytest.mark.parametrize("metric", ["auc", "catalogue_coverage@10", "ndcg_gap@10"])
def test_the_first_metric_judges_single_users_at_k(models, parts, metric):
    with pytest.raises(ValueError, match="first of the metrics must judge single users at k"):
        evaluation_report(models, parts[1], metrics=[metric])


def test_no_metric_is_no_evaluation(models, parts):
    with pytest.raises(ValueError, match="metrics is empty"):
        evaluation_report(models, parts[1], metrics=[])


def test_a_saved_page_is_whole_and_replaces_what_was_there(report, page, tmp_path):
    target = tmp_path / "report.html"
    target.write_text("old", encoding="utf-8")

    report.save(target)

    assert target.read_text(encoding="utf-8") == page
    assert os.listdir(tmp_path) == ["report.html"]


def test_a_page_that_cannot_be_written_leaves_the_old_one(report, tmp_path, monkeypatch):
    target = tmp_path / "report.html"
    target.write_text("old", encoding="utf-8")

    def fail(*args):
        raise OSError("disk full")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        report.save(target)

    assert target.read_text(encoding="utf-8") == "old"
    assert os.listdir(tmp_path) == ["report.html"]


def test_a_place_that_is_no_file_is_named(report, tmp_path):
    with pytest.raises(IsADirectoryError, match="is a folder: name a file in it"):
        report.save(tmp_path)
    with pytest.raises(FileNotFoundError, match="does not exist: make it first"):
        report.save(tmp_path / "no" / "report.html")


def test_drawing_leaves_the_callers_matplotlib_alone(report):
    pyplot = pytest.importorskip("matplotlib.pyplot")
    before = dict(pyplot.rcParams)

    report.displays["Long tail"].plot()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        report.to_html()

    assert dict(pyplot.rcParams) == before
