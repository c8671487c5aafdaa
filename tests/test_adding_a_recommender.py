"""The recommender that the documentation shows works as it is printed there."""
# SPDX-License-Identifier: BSD-3-Clause

import doctest
import importlib
import re
import sys
from pathlib import Path

import numpy as np
import pytest

PAGE = Path(__file__).parents[1] / "docs" / "adding_a_recommender.md"
MAX_LINES = 120

pytestmark = pytest.mark.skipif(not PAGE.exists(), reason="reads the source tree's documentation")


def blocks():
    return re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)


@pytest.fixture(scope="module")
def recommender(tmp_path_factory):
    """Return the class of the file that the page shows; pickling needs it to be a module."""
    folder = tmp_path_factory.mktemp("shown")
    (folder / "shown_association.py").write_text(blocks()[0], encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        yield importlib.import_module("shown_association").AssociationRecommender
        sys.modules.pop("shown_association")


def test_a_recommender_is_one_short_file():
    assert len(blocks()[0].splitlines()) < MAX_LINES


@pytest.mark.slow
# scikit-learn's checks fit arrays that look like matrices, which is remarked.
@pytest.mark.filterwarnings("ignore:X has .* columns of numbers")
def test_the_examples_of_the_page_give_what_they_print(recommender):
    text = "\n".join(blocks()[1:])
    names = {"AssociationRecommender": recommender}
    example = doctest.DocTestParser().get_doctest(text, names, PAGE.name, str(PAGE), 0)

    results = doctest.DocTestRunner(verbose=False).run(example)

    assert results.attempted > 10
    assert results.failed == 0


@pytest.mark.parametrize("lift", [0.0, 0.3, 1.0])
def test_a_rule_is_as_strong_as_counting_says(recommender, lift):
    rng = np.random.default_rng(0)
    pairs = sorted({(int(u), int(i)) for u, i in rng.integers(0, 8, size=(30, 2))})
    liked = {item: {u for u, i in pairs if i == item} for _, item in pairs}
    items = sorted(liked)

    model = recommender(lift, min_support=2).fit(pairs)

    expected = np.zeros((len(items), len(items)))
    for row, i in enumerate(items):
        for col, j in enumerate(items):
            both = len(liked[i] & liked[j])
            if i != j and both >= 2:
                expected[row, col] = both / (len(liked[i]) * len(liked[j]) ** lift)
    np.testing.assert_allclose(model.item_similarity_.toarray(), expected, rtol=1e-6)
