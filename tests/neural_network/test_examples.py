"""The examples of the page about networks, which need PyTorch."""
# SPDX-License-Identifier: BSD-3-Clause

import doctest
import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "user_guide" / "neural_network.md"


@pytest.mark.skipif(not PAGE.exists(), reason="reads the source tree's documentation")
def test_the_examples_of_the_page_give_what_they_print():
    pytest.importorskip("torch", reason="needs the extra 'neural'")
    blocks = re.findall(r"```pycon\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    text = "\n".join(blocks)
    example = doctest.DocTestParser().get_doctest(text, {}, PAGE.name, None, 0)
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS

    results = doctest.DocTestRunner(optionflags=flags, verbose=False).run(example)

    assert results.attempted > 4
    assert results.failed == 0
