"""Run the check suite on a recommender."""
# SPDX-License-Identifier: BSD-3-Clause

import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from unittest import SkipTest

from sklearn.exceptions import ConvergenceWarning, EstimatorCheckFailedWarning, SkipTestWarning

from sklearn_recsys._optional import require
from sklearn_recsys.testing import (
    _checks_api,
    _checks_data,
    _checks_foldin,
    _checks_ids,
    _checks_invariance,
    _checks_learning,
    _checks_lists,
    _checks_neighbors,
    _checks_robustness,
)
from sklearn_recsys.testing._subject import Subject

__all__ = ["all_checks", "check_recommender", "parametrize_with_recommender_checks"]

_THEMES = (
    _checks_api,
    _checks_data,
    _checks_ids,
    _checks_lists,
    _checks_neighbors,
    _checks_invariance,
    _checks_foldin,
    _checks_learning,
    _checks_robustness,
)


@dataclass(frozen=True)
class _Check:
    """One check, called with the estimator or factory."""

    function: Callable[[Subject], None]

    @property
    def name(self) -> str:
        return self.function.__name__

    def __call__(self, estimator_or_factory: Any) -> None:
        with warnings.catch_warnings():
            # Tiny worlds and few iterations: not converging is no fault here.
            warnings.simplefilter("ignore", ConvergenceWarning)
            self.function(Subject(estimator_or_factory))


def check_recommender(
    estimator_or_factory,
    *,
    expected_failed_checks=None,
    on_skip="warn",
    on_fail="raise",
    callback=None,
):
    """Check that a recommender keeps the promises of this library.

    scikit-learn's ``check_estimator`` is necessary and far from sufficient: a model that
    recommends the same list to everyone, or what everyone has seen already, passes it. This suite
    tries properties on small generated worlds, chosen by the recommender's tags: that row order
    is irrelevant, that `recommend` and `predict` agree, that ids are never taken for positions,
    that something is learned. It takes some seconds, and the same worlds are drawn in every run.

    Parameters
    ----------
    estimator_or_factory : estimator or callable
        A recommender with the method ``__recommender_tags__``, which is cloned for each check; or
        a function that makes one from a `World`, for models that need its feature tables.
    expected_failed_checks : dict, default=None
        Names of checks that may fail, and why: ``{"check_ties": "ties go to newer items"}``.
    on_skip : {"warn"} or None, default="warn"
        Whether a check that does not apply is warned of with a ``SkipTestWarning``.
    on_fail : {"raise", "warn"} or None, default="raise"
        Whether the first failure raises, each is warned of with an
        ``EstimatorCheckFailedWarning``, or failures are only listed in the result.
    callback : callable, default=None
        Called with the items of each result as keywords; not together with ``on_fail="raise"``.

    Returns
    -------
    list of dict
        For each check: estimator, check_name, exception, status ("passed", "failed", "skipped"
        or "xfail"), expected_to_fail and expected_to_fail_reason. The exception of a skipped
        check says why it does not apply.

    Raises
    ------
    Exception
        What the first failing check raised, if `on_fail` is "raise"; its notes show the world in
        which the property fails.
    TypeError
        If given a class, or something that has no ``__recommender_tags__``.

    See Also
    --------
    parametrize_with_recommender_checks : The same as a pytest decorator.
    sklearn.utils.estimator_checks.check_estimator : Run this one as well.

    Examples
    --------
    >>> from sklearn_recsys.baseline import PopularityRecommender
    >>> from sklearn_recsys.testing import check_recommender
    >>> results = check_recommender(PopularityRecommender(), on_skip=None)  # doctest: +SKIP
    >>> {str(r["exception"]) for r in results if r["status"] == "skipped"}  # doctest: +SKIP
    {'tag explain is empty', 'tag similar_items is False', ...}
    """
    for name, value, allowed in (
        ("on_skip", on_skip, ("warn", None)),
        ("on_fail", on_fail, ("raise", "warn", None)),
    ):
        if value not in allowed:
            raise ValueError(f"{name} must be one of {allowed}, got {value!r}.")
    if on_fail == "raise" and callback is not None:
        raise ValueError("callback cannot be provided together with on_fail='raise'.")
    expected = _known(expected_failed_checks)
    Subject(estimator_or_factory).tags  # noqa: B018  # raises at once for what is no recommender
    results = []
    for check in all_checks():
        result = _run(check, estimator_or_factory, expected, on_fail=on_fail)
        if result["status"] == "skipped" and on_skip == "warn":
            message = f"Skipping {check.name}: {result['exception']}"
            warnings.warn(message, SkipTestWarning, stacklevel=2)
        if result["status"] in ("failed", "xfail") and on_fail == "warn":
            warnings.warn(EstimatorCheckFailedWarning(**result), stacklevel=2)
        results.append(result)
        if callback is not None:
            callback(**result)
    return results


def parametrize_with_recommender_checks(estimators, *, expected_failed_checks=None):
    """Decorate a pytest function to run it once for each recommender and check.

    Choose it in a test suite, where each check is then a test of its own, can be run alone with
    ``-k``, and is reported as skipped with its reason where it does not apply.

    Parameters
    ----------
    estimators : list of estimators or callables
        Recommenders, or functions that make one from a `World`.
    expected_failed_checks : callable, default=None
        Takes an estimator or function and returns a dict of names of checks that fail, and why;
        they are marked as ``xfail``.

    Returns
    -------
    decorator
        ``pytest.mark.parametrize`` of the arguments ``estimator`` and ``check``.

    See Also
    --------
    check_recommender : Runs all checks on one recommender, without pytest.

    Examples
    --------
    >>> from sklearn_recsys.baseline import PopularityRecommender
    >>> from sklearn_recsys.testing import parametrize_with_recommender_checks
    >>> @parametrize_with_recommender_checks([PopularityRecommender(by="value")])
    ... def test_recommender(estimator, check):
    ...     check(estimator)
    """
    pytest = require("pytest", extra="testing")
    params = []
    for estimator in estimators:
        Subject(estimator)  # raises at collection for what is no recommender
        expected = _known(expected_failed_checks(estimator) if expected_failed_checks else None)
        for check in all_checks():
            reason = expected.get(check.name)
            marks = () if reason is None else pytest.mark.xfail(reason=reason)
            params.append(pytest.param(estimator, check, marks=marks))
    return pytest.mark.parametrize("estimator, check", params, ids=_as_id)


def all_checks() -> list[_Check]:
    """Return the checks of all themes, in order."""
    return [_Check(function) for theme in _THEMES for function in theme.CHECKS]


def _known(expected: dict[str, str] | None) -> dict[str, str]:
    expected = {} if expected is None else expected
    unknown = sorted(set(expected) - {check.name for check in all_checks()})
    if unknown:
        raise ValueError(f"expected_failed_checks names checks that do not exist: {unknown}.")
    return expected


def _run(
    check: _Check, estimator: Any, expected: dict[str, str], *, on_fail: str | None
) -> dict[str, Any]:
    reason = expected.get(check.name)
    status: str = "passed"
    exception: Exception | None = None
    try:
        check(estimator)
    except SkipTest as skip:
        status, exception = "skipped", skip
    except Exception as error:
        if on_fail == "raise" and reason is None:
            raise
        status, exception = "failed" if reason is None else "xfail", error
    return {
        "estimator": estimator,
        "check_name": check.name,
        "exception": exception,
        "status": status,
        "expected_to_fail": reason is not None,
        "expected_to_fail_reason": reason or "Check is not expected to fail",
    }


def _as_id(value: Any) -> str:
    if isinstance(value, _Check):
        return value.name
    if not hasattr(value, "fit"):
        return getattr(value, "__name__", repr(value))
    return re.sub(r"\s+", "", str(value))
