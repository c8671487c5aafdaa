"""Every public name is documented, completely and in numpydoc's form."""
# SPDX-License-Identifier: BSD-3-Clause

import doctest
import functools
import importlib
import inspect

import pytest
from numpydoc.docscrape import get_doc_object
from numpydoc.validate import validate
from sklearn.base import BaseEstimator

import sklearn_recsys

ROOMS = [name for name in sklearn_recsys.__all__ if not name.startswith("_")]

# numpydoc's rules that bind every public docstring.
RULES = {
    "GL03",  # no double blank lines
    "GL06",  # only numpydoc's sections
    "GL07",  # in their order
    "GL08",  # there is a docstring
    "SS01",  # there is a summary
    "SS02",  # it starts with a capital
    "SS03",  # and ends with a full stop
    "SS04",
    "SS06",  # and fits in one line
    "PR01",  # each parameter is documented
    "PR02",  # and no other
    "PR03",  # in the signature's order
    "PR04",  # with a type
    "PR07",  # and a description
    "PR10",  # and spaces around its colon
    "YD01",  # what is yielded is documented
    "SA04",  # See Also says why
}
RULES_OF_NAMES = RULES | {
    "ES01",  # intuition and when to choose it
    "EX01",  # an example
    "SS05",  # the summary is an imperative
}
RULES_OF_FUNCTIONS = RULES_OF_NAMES | {"RT01"}

# Their examples need another library or the network: tests of their rooms run what can be run.
NOT_RUN = {
    "AudioCNNRegressor",
    "AudioSummary",
    "CFNADERecommender",
    "ImplicitAdapter",
    "LightFMAdapter",
    "MelSpectrogram",
    "check_recommender",  # takes some seconds
    "fetch_hetrec_lastfm",
    "fetch_lastfm_360k",
    "fetch_movielens",
    "fetch_taste_profile",
}


def public_names():
    for room in ROOMS:
        for name in importlib.import_module(f"sklearn_recsys.{room}").__all__:
            yield f"sklearn_recsys.{room}.{name}"


def resolve(path):
    """Return the object of ``sklearn_recsys.room.name`` or ``sklearn_recsys.room.name.method``."""
    package, room, *names = path.split(".")
    return functools.reduce(getattr, names, importlib.import_module(f"{package}.{room}"))


def faults(path, rules):
    found = validate(path)["errors"]
    doc = get_doc_object(resolve(path))
    excused = {"RT01"} if doc["Yields"] else set()
    if inspect.isabstract(resolve(path)):
        excused.add("EX01")  # a base class is shown by its subclasses
    return [f"{code}: {text}" for code, text in found if code in rules - excused]


def own_methods(cls):
    """Return the public methods that this package defines, not those of scikit-learn."""
    methods = inspect.getmembers(cls, lambda member: callable(member) or _is_property(member))
    return [name for name, member in methods if name[0] != "_" and _is_ours(member)]


def _is_property(member):
    return isinstance(member, property)


def _is_ours(member):
    function = member.fget if _is_property(member) else inspect.unwrap(member)
    return (getattr(function, "__module__", None) or "").startswith("sklearn_recsys")


NAMES = list(public_names())
CLASSES = [path for path in NAMES if inspect.isclass(resolve(path))]
FUNCTIONS = [path for path in NAMES if inspect.isroutine(resolve(path))]
ERRORS = [path for path in CLASSES if issubclass(resolve(path), Exception)]
METHODS = [f"{path}.{name}" for path in CLASSES for name in own_methods(resolve(path))]
ESTIMATORS = [path for path in CLASSES if issubclass(resolve(path), BaseEstimator)]


@pytest.mark.parametrize("path", sorted({*CLASSES} - {*ERRORS}))
def test_a_class_says_what_it_is_and_takes_and_shows_an_example(path):
    assert faults(path, RULES_OF_NAMES - {"SS05"}) == []


@pytest.mark.parametrize("path", FUNCTIONS)
def test_a_function_says_what_it_does_takes_and_returns_and_shows_an_example(path):
    assert faults(path, RULES_OF_FUNCTIONS) == []


@pytest.mark.parametrize("path", sorted({*CLASSES, *FUNCTIONS} - {*ERRORS}))
def test_the_example_of_a_name_runs(path):
    if inspect.isabstract(resolve(path)):
        pytest.skip("a base class is shown by its subclasses")

    examples = doctest.DocTestParser().get_examples(inspect.getdoc(resolve(path)))

    skipped = [example for example in examples if example.options.get(doctest.SKIP)]
    calls = [example for example in examples if not example.source.startswith(("import", "from"))]
    assert calls != []
    assert skipped == [] or path.rpartition(".")[2] in NOT_RUN


@pytest.mark.parametrize("path", ERRORS)
def test_an_error_says_when_it_is_raised(path):
    assert faults(path, RULES) == []


@pytest.mark.parametrize("path", METHODS)
def test_a_method_documents_what_it_takes_and_returns(path):
    assert faults(path, RULES | {"RT01"}) == []


@pytest.mark.parametrize("path", ESTIMATORS)
def test_an_estimator_lists_what_it_learns(path):
    if inspect.isabstract(resolve(path)):
        pytest.skip("an abstract base learns what its subclasses learn")

    documented = [name for name, _, _ in get_doc_object(resolve(path))["Attributes"]]

    assert [name for name in documented if name.endswith("_")] != []


def documented_defaults(path):
    """Return the default of each parameter whose docstring names one."""
    return {
        name: eval(kind.partition("default=")[2])  # our own docstrings
        for names, kind, _ in get_doc_object(resolve(path))["Parameters"]
        for name in names.split(", ")
        if "default=" in kind
    }


@pytest.mark.parametrize("path", sorted({*NAMES, *METHODS} - {*ERRORS}))
def test_a_documented_default_is_the_default(path):
    documented = documented_defaults(path)

    actual = inspect.signature(resolve(path)).parameters if documented else {}

    assert {name: actual[name].default for name in documented} == documented


def test_every_public_name_is_a_class_or_a_function():
    assert set(NAMES) == {*CLASSES, *FUNCTIONS}
