"""Who imports whom, and how long a function may be: read from the code itself."""
# SPDX-License-Identifier: BSD-3-Clause

import ast
import sys
import tomllib
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import sklearn_recsys

PACKAGE = Path(sklearn_recsys.__file__).parent
PYPROJECT = PACKAGE.parent / "pyproject.toml"
MODULES = sorted(PACKAGE.rglob("*.py"))

MAX_BODY_LINES = 30
MAX_FILE_LINES = 400

# Each layer may import those below it, never its own siblings.
FOUNDATION = {"exceptions", "_optional", "_warning", "_kernels"}
GATE = {"interactions", "metrics", "datasets"}
TOOLS = {"metrics._scorer", "preprocessing", "feature_extraction", "model_selection"}
MODELS = {
    "adapters",
    "baseline",
    "content",
    "decomposition",
    "linear_model",
    "neighbors",
    "neural_network",
}
# These receive recommenders as parameters, so they import no model either.
COMPOSERS = {"ensemble", "pipeline"}
REPORTS = {"inspection", "persistence"}

# The room of metrics has two halves: functions of arrays, and the scorer that reads tables.
SCORER = {
    "metrics._background",
    "metrics._debiased",
    "metrics._groups",
    "metrics._lists",
    "metrics._measuring",
    "metrics._names",
    "metrics._ranking_scorer",
    "metrics._scorer",
    "metrics._test_set",
    "metrics._truth",
    "metrics._unwrapping",
}

BELOW_MODELS = FOUNDATION | GATE | TOOLS | {"base"}
MAY_IMPORT = {
    **dict.fromkeys(FOUNDATION, frozenset()),
    "_kernels": {"exceptions"},
    **dict.fromkeys(GATE, FOUNDATION),
    **dict.fromkeys(TOOLS, FOUNDATION | GATE),
    "model_selection": FOUNDATION | GATE | {"metrics._scorer"},
    "base": FOUNDATION | {"interactions", "metrics", "metrics._scorer"},
    **dict.fromkeys(MODELS, BELOW_MODELS),
    **dict.fromkeys(COMPOSERS, BELOW_MODELS),
    **dict.fromkeys(REPORTS, BELOW_MODELS | MODELS | COMPOSERS),
    "testing": BELOW_MODELS | MODELS | COMPOSERS | REPORTS,
    "cli": BELOW_MODELS | MODELS | COMPOSERS | REPORTS,
    "__main__": {"cli"},
    "": set(),
}

# scikit-learn requires them too, at whatever version it needs.
OF_SCIKIT_LEARN = {"joblib", "threadpoolctl"}
OPTIONAL = {
    "base": {"faiss"},
    "datasets": {"pyarrow"},
    "feature_extraction": {"librosa"},
    "inspection": {"matplotlib"},
    "model_selection": {"matplotlib", "optuna"},
    "neural_network": {"torch"},
    "persistence": {"skops"},
    "testing": {"hypothesis", "pytest", "polars", "pyarrow"},
    "adapters": {"lightfm", "implicit"},
}


def dotted(path):
    """Return a module's dotted name below the package: ``metrics._ranking``."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def unit(module):
    """Return the room that a module belongs to; the scorer is a unit of its own."""
    return "metrics._scorer" if module in SCORER else module.partition(".")[0]


@cache
def tree(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path):
    """Yield each absolute (module, name) that a file imports, wherever in the file."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, None) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{dotted(path)} has a relative import"
            yield from ((node.module, alias.name) for alias in node.names)


@cache
def origins(room):
    """Map each name that a room's ``__init__`` gathers to the module it comes from."""
    init = PACKAGE / room / "__init__.py"
    return dict(map(reversed, imports(init))) if init.exists() else {}


def own_imports(path):
    """Yield the modules of this package that a file imports, without the package's name."""
    for module, name in imports(path):
        package, _, rest = module.partition(".")
        if package != "sklearn_recsys":
            continue
        if not rest:
            yield name or ""
        else:
            origin = origins(rest).get(name, module)
            yield origin.removeprefix("sklearn_recsys.")


def third_party(path):
    names = {module.partition(".")[0] for module, _ in imports(path)}
    return names - sys.stdlib_module_names - {"sklearn_recsys"}


def functions(path):
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def body_lines(function):
    body = function.body
    if ast.get_docstring(function, clean=False) is not None:
        body = body[1:]
    return body[-1].end_lineno - body[0].lineno + 1 if body else 0


def allowed_libraries(path, required):
    """Return the third-party libraries that a module may import."""
    allowed = {"numpy", "scipy"} if unit(dotted(path)) in FOUNDATION else required
    places = path.relative_to(PACKAGE).with_suffix("").parts
    return allowed.union(OF_SCIKIT_LEARN, *(OPTIONAL.get(place, ()) for place in places))


def test_a_module_imports_only_from_the_layers_below_it():
    offenders = set()
    for path in MODULES:
        here = unit(dotted(path))
        for module in own_imports(path):
            # A room's list of public names may gather from the whole room.
            gathered = path.name == "__init__.py" and module.startswith(f"{here}.")
            if not gathered and unit(module) not in MAY_IMPORT[here] | {here}:
                offenders.add((dotted(path), module))

    assert offenders == set()


def test_no_modules_import_each_other_in_a_circle():
    graph = {dotted(path): set(own_imports(path)) for path in MODULES if path.name != "__init__.py"}

    TopologicalSorter(graph).prepare()  # raises a CycleError that names the circle


@pytest.mark.skipif(not PYPROJECT.exists(), reason="reads the requirements of the source tree")
def test_a_module_imports_only_the_libraries_that_its_room_may_use():
    project = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]
    required = {Requirement(text).name for text in project["dependencies"]}
    required = {"sklearn" if name == "scikit-learn" else name for name in required}

    found = {
        dotted(path): third_party(path) - allowed_libraries(path, required) for path in MODULES
    }

    assert {module: libraries for module, libraries in found.items() if libraries} == {}


def test_every_function_body_is_short():
    lengths = {
        (dotted(path), function.name): body_lines(function)
        for path in MODULES
        for function in functions(path)
    }

    assert {key: lines for key, lines in lengths.items() if lines > MAX_BODY_LINES} == {}


def test_every_file_is_short():
    lengths = {dotted(path): len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}

    assert {module: lines for module, lines in lengths.items() if lines > MAX_FILE_LINES} == {}


def test_every_file_opens_with_one_line_and_names_the_licence():
    def opens_well(path):
        text = path.read_text(encoding="utf-8")
        return text.startswith('"""') and "\n# SPDX-License-Identifier: BSD-3-Clause\n" in text

    assert [dotted(path) for path in MODULES if not opens_well(path)] == []


def test_every_room_has_its_place_in_the_map():
    assert {unit(dotted(path)) for path in MODULES} <= set(MAY_IMPORT)


def test_no_room_is_called_utils():
    words = {"utils", "_utils", "helpers", "_helpers"}

    assert {path.stem for path in PACKAGE.rglob("*")} & words == set()
