"""Sphinx settings, and the pages that are generated from the package itself."""
# SPDX-License-Identifier: BSD-3-Clause

import inspect
import os
import re
import sys
from pathlib import Path

from docutils import nodes

DOCS = Path(__file__).parent
sys.path.insert(0, str(DOCS))

import api_reference  # noqa: E402
import capabilities  # noqa: E402
import changes  # noqa: E402
import chooser  # noqa: E402
import speed  # noqa: E402

import sklearn_recsys  # noqa: E402

project = "sklearn-recsys"
copyright = "the sklearn-recsys developers"
author = "the sklearn-recsys developers"
release = version = sklearn_recsys.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "numpydoc",
    "myst_parser",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = [
    "_build",
    "benchmarks",
    "changes.d",
    "api/generated/*.md",
    "auto_examples/*.ipynb",
]
templates_path = ["_templates"]

default_role = "literal"
autosummary_generate = True
autodoc_typehints = "none"
numpydoc_class_members_toctree = False
numpydoc_show_class_members = False

myst_enable_extensions = ["dollarmath", "colon_fence"]
myst_heading_anchors = 3

# Examples on published data run where these are found; elsewhere they are shown without output.
data = os.environ.setdefault("SKLEARN_RECSYS_DATA", str(DOCS.resolve().parents[1] / "shared/data"))
on_data = [
    example.stem
    for example in (DOCS.parent / "examples").glob("*.py")
    if "SKLEARN_RECSYS_DATA" in example.read_text(encoding="utf-8")
]
shown_only = "" if Path(data).is_dir() else rf"(?<!{')(?<!'.join(on_data)})"

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "auto_examples",
    "filename_pattern": rf"{shown_only}\.py$",
    "doc_module": ("sklearn_recsys",),
    "backreferences_dir": "api/generated/backreferences",
    "show_memory": False,
    "show_signature": False,
    "download_all_examples": False,
    "write_computation_times": False,
    "image_scrapers": ("matplotlib",),
}

# A reference that leads nowhere is an error. scikit-learn's own names are not looked up, so that
# the build needs no network.
nitpicky = True
nitpick_ignore_regex = [("py:.*", r"sklearn\..*")]

html_theme = "pydata_sphinx_theme"
html_title = f"sklearn-recsys {version}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_theme_options = {
    "logo": {"text": "sklearn-recsys"},
    "show_prev_next": False,
    "navbar_end": ["theme-switcher"],
}
html_sidebars = {"changes": [], "index": []}

# Everything generated lies under docs/api, which git ignores.
api_reference.write_api_pages(DOCS / "api")
generated = DOCS / "api" / "generated"
generated.mkdir(exist_ok=True)
benchmarks = DOCS / "benchmarks"
peers = speed.read_results(benchmarks / "peers.json")
for name, text in {
    "capabilities.md": capabilities.table(),
    "measured.md": chooser.measured(benchmarks / "reproductions.md"),
    "peers.md": speed.tables(peers),
    "speed.svg": speed.draw(peers),
    "unreleased.md": changes.render(changes.read_fragments(DOCS / "changes.d"), "Unreleased"),
    "which_recommender.svg": chooser.chart(),
}.items():
    (generated / name).write_text(text, encoding="utf-8")


def _skip_inherited(app, what, name, obj, skip, options):
    """Leave out what comes from scikit-learn: its texts refer to scikit-learn's own pages."""
    function = obj.fget if isinstance(obj, property) else inspect.unwrap(obj)
    module = getattr(function, "__module__", None) or ""
    return True if callable(function) and not module.startswith("sklearn_recsys") else skip


def _escape_shapes(app, what, name, obj, options, lines):
    """Keep ``n_features_in_`` in a shape from being read as a link to a target."""
    for number, line in enumerate(lines):
        if not line.lstrip().startswith((">>>", "...")):
            lines[number] = re.sub(r"\([\w ,*+]+\)", _escape_shape, line)


def _escape_shape(shape):
    return re.sub(r"_(?=[,)])", r"\\_", shape.group())


def _strip_blocks(app, doctree):
    """Take off the empty line that ends a block of examples, and that a doctest needs."""
    for block in doctree.findall(nodes.literal_block):
        text = block.astext().rstrip()
        if block.rawsource == block.astext():  # no markup within
            block.rawsource = text
            block[:] = [nodes.Text(text)]


def _unlink_metrics(app, doctree):
    """Take the links off names such as nDCG@10, which look like addresses of mail."""
    for link in list(doctree.findall(nodes.reference)):
        if link.get("refuri", "").startswith("mailto:"):
            link.replace_self(link.children)


def setup(app):
    """Connect the corrections; that of shapes has to come before numpydoc's."""
    app.connect("doctree-read", _strip_blocks)
    app.connect("doctree-read", _unlink_metrics)
    app.connect("autodoc-skip-member", _skip_inherited)
    app.connect("autodoc-process-docstring", _escape_shapes, priority=100)
