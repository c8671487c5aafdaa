"""The example of the README gives the same in a Jupyter notebook."""
# SPDX-License-Identifier: BSD-3-Clause

import doctest
import re
from pathlib import Path

import pytest

README = Path(__file__).parents[1] / "README.md"

pytestmark = [
    pytest.mark.skipif(not README.exists(), reason="reads the source tree's README"),
    pytest.mark.slow,
]


def read_cells():
    """Return pairs of the source of a cell and what the README prints below it."""
    block = re.search(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), flags=re.DOTALL)
    cells, lines = [], []
    for example in doctest.DocTestParser().get_examples(block.group(1)):
        lines.append(example.source)
        if example.want:
            cells.append(("".join(lines), example.want))
            lines = []
    return [*cells, ("best", None)]  # what a notebook shows of a fitted pipeline


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    """Run the cells in one kernel, and return what each of them shows, by its kind."""
    nbclient = pytest.importorskip("nbclient", reason="needs the extra dev")
    nbformat = pytest.importorskip("nbformat", reason="needs the extra dev")
    pytest.importorskip("ipykernel", reason="needs the extra dev")
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [nbformat.v4.new_code_cell(source) for source, _ in read_cells()]
    # Elsewhere, so that the library is what is installed, not the folder of its sources.
    resources = {"metadata": {"path": str(tmp_path_factory.mktemp("notebook"))}}
    nbclient.NotebookClient(
        notebook, timeout=60, kernel_name="python3", resources=resources
    ).execute()
    return [cell.outputs for cell in notebook.cells]


def test_a_notebook_shows_what_the_readme_prints(outputs):
    wanted = [want for _, want in read_cells()[:-1]]
    shown = [cell[-1]["data"]["text/plain"] + "\n" for cell in outputs[:-1]]

    # Only line breaks may differ: a notebook breaks long dictionaries elsewhere.
    assert len(wanted) > 2
    assert [text.split() for text in shown] == [text.split() for text in wanted]


def test_a_cell_shows_its_result_and_nothing_else(outputs):
    kinds = [[output["output_type"] for output in cell] for cell in outputs]

    assert kinds == [["execute_result"]] * len(outputs)


def test_a_notebook_shows_tables_and_a_fitted_pipeline_as_html(outputs):
    *_, table, pipeline = (cell[-1]["data"] for cell in outputs)

    assert "<table" in table["text/html"]
    assert "sk-top-container" in pipeline["text/html"]
