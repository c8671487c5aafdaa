"""The examples of what reads sound, which need librosa."""
# SPDX-License-Identifier: BSD-3-Clause

import doctest
import inspect

import pytest

from sklearn_recsys.feature_extraction import AudioSummary, MelSpectrogram


@pytest.mark.parametrize("transformer", [AudioSummary, MelSpectrogram])
def test_the_example_of_a_transformer_of_sound_gives_what_it_prints(transformer):
    pytest.importorskip("librosa", reason="needs the extra audio")
    # Skipped where docstrings are run, as librosa need not be there.
    text = inspect.getdoc(transformer).replace("# doctest: +SKIP", "")
    example = doctest.DocTestParser().get_doctest(text, {}, transformer.__name__, None, 0)
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS

    results = doctest.DocTestRunner(optionflags=flags, verbose=False).run(example)

    assert results.attempted > 5
    assert results.failed == 0
