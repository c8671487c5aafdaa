"""The examples on the page about adapters, which need both libraries."""
# SPDX-License-Identifier: BSD-3-Clause

import doctest
import re
from pathlib import Path

import pytest
from threadpoolctl import threadpool_limits

PAGE = Path(__file__).parents[2] / "docs" / "user_guide" / "adapters.md"

pytestmark = pytest.mark.skipif(not PAGE.exists(), reason="reads the source tree's documentation")


def test_the_examples_of_the_page_give_what_they_print():
    pytest.importorskip("implicit", reason="needs the extra implicit")
    pytest.importorskip("lightfm", reason="needs the extra lightfm")
    blocks = re.findall(r"```pycon\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    example = doctest.DocTestParser().get_doctest("\n".join(blocks), {}, PAGE.name, str(PAGE), 0)
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS

    with threadpool_limits(1, user_api="blas"):  # or implicit warns of BLAS threads
        results = doctest.DocTestRunner(optionflags=flags, verbose=False).run(example)

    assert results.attempted > 10
    assert results.failed == 0
