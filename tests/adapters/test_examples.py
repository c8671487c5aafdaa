"""The examples in the documentation of adapters, which need both libraries."""
# SPDX-License-Identifier: BSD-3-Clause

import doctest
import inspect
import re
from pathlib import Path

import pytest
from threadpoolctl import threadpool_limits

from sklearn_recsys.adapters import ImplicitAdapter, LightFMAdapter

PAGE = Path(__file__).parents[2] / "docs" / "user_guide" / "adapters.md"


def run(text, name):
    """Run the examples of a text, and return how many there were and how many failed."""
    pytest.importorskip("implicit", reason="needs the extra implicit")
    pytest.importorskip("lightfm", reason="needs the extra lightfm")
    example = doctest.DocTestParser().get_doctest(text, {}, name, None, 0)
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    with threadpool_limits(1, user_api="blas"):  # or implicit warns of BLAS threads
        return doctest.DocTestRunner(optionflags=flags, verbose=False).run(example)


@pytest.mark.skipif(not PAGE.exists(), reason="reads the source tree's documentation")
def test_the_examples_of_the_page_give_what_they_print():
    blocks = re.findall(r"```pycon\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)

    results = run("\n".join(blocks), PAGE.name)

    assert results.attempted > 10
    assert results.failed == 0


@pytest.mark.parametrize("adapter", [ImplicitAdapter, LightFMAdapter])
def test_the_examples_of_an_adapter_give_what_they_print(adapter):
    # Skipped where docstrings are run, as the libraries need not be there.
    results = run(inspect.getdoc(adapter).replace("# doctest: +SKIP", ""), adapter.__name__)

    assert results.attempted > 4
    assert results.failed == 0
