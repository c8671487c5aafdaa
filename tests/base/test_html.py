"""What notebooks show of a fitted recommender."""
# SPDX-License-Identifier: BSD-3-Clause

import re
from html.parser import HTMLParser

import joblib
import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.utils import estimator_html_repr

from sklearn_recsys.baseline import PopularityRecommender, RandomRecommender
from sklearn_recsys.content import ContentRecommender
from sklearn_recsys.decomposition import ALSRecommender, HybridRecommender, SVDRecommender
from sklearn_recsys.ensemble import BlendRecommender, MMRDiversifier, RerankRecommender
from sklearn_recsys.interactions import FeatureTable
from sklearn_recsys.linear_model import EASERecommender
from sklearn_recsys.model_selection import InteractionKFold
from sklearn_recsys.neighbors import ItemKNNRecommender, UserKNNRecommender
from sklearn_recsys.pipeline import make_recommender_pipeline
from sklearn_recsys.preprocessing import ConfidenceWeighter
from sklearn_recsys.testing import make_checkerboard

X = make_checkerboard(12).interactions
MEMBERS = [("popular", PopularityRecommender()), ("svd", SVDRecommender(2, random_state=0))]
MODELS = [
    ALSRecommender(4, reg=0.1, max_iter=3, random_state=0),
    BlendRecommender(MEMBERS),
    ContentRecommender(),
    EASERecommender(),
    HybridRecommender(4, max_iter=2, random_state=0),
    ItemKNNRecommender(),
    MMRDiversifier(ItemKNNRecommender()),
    PopularityRecommender(),
    RandomRecommender(random_state=np.random.RandomState(0)),
    RerankRecommender(MEMBERS, reranker=Ridge()),
    SVDRecommender(4),
    UserKNNRecommender(),
    make_recommender_pipeline(ConfidenceWeighter(), ItemKNNRecommender()),
]

# They close themselves.
VOID = {"br", "img", "input", "hr", "path", "meta", "link"}


class Reader(HTMLParser):
    """Collect tables and text, and complain of tags that are not closed in order."""

    def __init__(self):
        super().__init__()
        self.open, self.tags, self.cells = [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        if tag in ("td", "th"):
            self.cells.append("")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] in ("td", "th"):
            self.cells[-1] += data


def read(text):
    reader = Reader()
    reader.feed(text)
    reader.close()
    assert reader.open == []
    return reader


def box_of(model):
    """Return what the library adds to scikit-learn's diagram."""
    text = model._repr_html_()
    read(text)
    start = text.find('<div class="sklearn-recsys-description">')
    return read(text[start : -len("</div>")]) if start >= 0 else None


@pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)
def test_a_fitted_recommender_shows_its_figures_and_a_sample_and_stays_as_it_was(model):
    model = sklearn.clone(model)
    assert box_of(model) is None
    model.fit(X)
    state = joblib.hash(model)

    cells = box_of(model).cells

    assert joblib.hash(model) == state
    figures = dict(zip(cells[:8:2], cells[1:8:2], strict=True))
    assert figures == {
        "users": "12",
        "items": "12",
        "interactions": "60",
        "density": "41.67 %",
    }
    expected = model.recommend(model.users_[:1], 5)
    assert cells[8:10] == ["song", "score"]
    assert cells[10::2] == expected["song"].astype(str).tolist()
    assert cells[11::2] == [f"{score:.4g}" for score in expected["score"]]


def test_the_diagram_of_scikit_learn_comes_first_and_alone_before_fit():
    model = EASERecommender()
    without_ids = re.compile(r"sk-(container|estimator)-id-\d+|id-\d+")

    assert without_ids.sub("", model._repr_html_()) == without_ids.sub(
        "", estimator_html_repr(model)
    )
    assert model.fit(X)._repr_mimebundle_()["text/html"].startswith("<div><style>")


def test_nothing_is_asked_of_a_recommender_that_is_not_fitted(monkeypatch):
    monkeypatch.setattr(EASERecommender, "recommend", None)

    assert box_of(EASERecommender()) is None
    assert box_of(make_recommender_pipeline(ConfidenceWeighter(), EASERecommender())) is None


def test_one_user_is_asked_for_five_items(monkeypatch):
    asked = []

    def recommend(self, *args, **kwargs):
        asked.append((args, kwargs))
        return plain(self, *args, **kwargs)

    plain = EASERecommender.recommend
    monkeypatch.setattr(EASERecommender, "recommend", recommend)
    model = EASERecommender().fit(X)

    model._repr_html_()

    assert asked == [(([0], 5), {})]


def test_ids_and_names_are_escaped_and_cut():
    evil = "<script>alert('x')</script>" * 5
    table = X.astype({"listener": str, "song": str}).iloc[:, :2]
    table.columns = ["<i>who</i>", "what & why"]
    table = table.assign(**{"what & why": evil + table["what & why"]})

    text = PopularityRecommender().fit(table)._repr_html_()

    box = text[text.find('<div class="sklearn-recsys-description">') :]
    assert "<script" not in box
    assert "&lt;script&gt;alert(&#x27;x&#x27;)" in box
    assert "For &lt;i&gt;who&lt;/i&gt; 0" in box
    assert all(len(cell) <= 60 for cell in read(box[: -len("</div>")]).cells)


def test_entities_known_by_features_alone_are_counted():
    users = pd.DataFrame({"age": [20.0, 30.0, 40.0]}, index=[-1, 0, 1])
    model = HybridRecommender(
        2, max_iter=1, random_state=0, user_features=FeatureTable(users, missing="zero")
    ).fit(X)

    reader = box_of(model)

    assert reader.cells[:4] == ["users", "13 (1 by features alone)", "items", "12"]
    # The first of them has no history: who has one shows more.
    assert "For listener 0" in model._repr_html_()


def test_what_it_can_do_is_told_by_its_tags():
    text = ALSRecommender(2, max_iter=1).fit(X)._repr_html_()
    for words in ("new users by their history (exact)", "explains by item", "partial_fit"):
        assert words in text
    assert "one list for everyone" in PopularityRecommender().fit(X)._repr_html_()


def test_a_user_with_nothing_left_gets_no_table():
    everything = [[user, item] for user in range(3) for item in range(4)]

    cells = box_of(PopularityRecommender().fit(everything)).cells

    assert cells[:2] == ["users", "3"]
    assert len(cells) == 8


@pytest.mark.parametrize("broken", ["recommend", "__recommender_tags__"])
def test_a_recommender_that_fails_is_shown_all_the_same(broken, monkeypatch):
    model = EASERecommender().fit(X)

    def fail(self, *args, **kwargs):
        raise RuntimeError("broken")

    monkeypatch.setattr(EASERecommender, broken, fail)

    assert "EASERecommender" in model._repr_html_()
    assert "broken" not in model._repr_html_()


def test_a_pipeline_that_ends_in_a_search_shows_what_it_found():
    search = GridSearchCV(ItemKNNRecommender(), {"n_neighbors": [2, 4]}, cv=InteractionKFold(2))
    model = make_recommender_pipeline(ConfidenceWeighter(), search).fit(X)

    assert box_of(model).cells[:2] == ["users", "12"]


def test_text_is_shown_to_those_who_want_text():
    with sklearn.config_context(display="text"):
        model = EASERecommender().fit(X)
        assert not hasattr(model, "_repr_html_")
        assert "text/html" not in model._repr_mimebundle_()
