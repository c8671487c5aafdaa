"""Show how far a fit is, and let scikit-learn's callbacks take part in it."""
# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable, Iterator
from typing import Any

from sklearn_recsys.interactions._validation import read_columns

try:
    from sklearn.callback import CallbackSupportMixin, with_callbacks
except ImportError:  # scikit-learn < 1.9 has no callbacks

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """Stand in for a base class that is not there."""

    def with_callbacks(method: Callable[..., Any]) -> Callable[..., Any]:
        """Return the method as it is."""
        return method


__all__ = ["IterativeMixin", "Progress"]


class IterativeMixin(CallbackSupportMixin):
    """Give a recommender with a `max_iter` scikit-learn's callbacks, one task an iteration.

    It stands before the base class; the model runs its iterations in a `Progress`.
    """

    @with_callbacks
    def fit(self, X, y=None, sample_weight=None):
        """Learn from a table of interactions.

        Parameters
        ----------
        X : table of shape (n_interactions, n_columns)
            pandas or polars DataFrame, pyarrow Table, array or list of rows. Columns by position:
            user id, item id, value (1.0 when absent), time; further columns are ignored.
        y : array-like of shape (n_interactions,), default=None
            Values that replace the value column.
        sample_weight : array-like of shape (n_interactions,), default=None
            Non-negative weights; an integer weight equals that many repeated rows, and rows of
            weight zero are dropped.

        Returns
        -------
        self : object
            Fitted recommender. A fit that fails, or that Ctrl-C ends, leaves the model as it was.

        Raises
        ------
        TypeError
            If `X` is sparse or its ids cannot be ordered.
        ValueError
            If an id is missing, a value is not finite (or negative where the model's tags do not
            allow it), or a parameter is out of range.
        """
        if not getattr(self, "_skl_callbacks", None):
            return super().fit(X, y, sample_weight)
        self._validate_params()
        # Scorers of scikit-learn's callbacks want a target: that is the value column.
        data = {"X": X, "y": (lambda: read_columns(X).values) if y is None else y}
        context = self._init_callback_context(max_subtasks=self.max_iter)
        self._watched_data = data
        try:
            context.call_on_fit_task_begin(estimator=self, **data)
            super().fit(X, y, sample_weight)
            context.call_on_fit_task_end(estimator=self, reconstruction_attributes={}, **data)
        finally:
            del self._watched_data
        return self


class Progress:
    """Iterate over the steps of a fit, with a bar if `verbose` is positive, and callbacks if any.

    Parameters
    ----------
    estimator : recommender
        What is fitted; its `verbose` and its callbacks are looked at.
    n_steps : int
        The largest number of steps.

    Notes
    -----
    It is entered, iterated over once, and told of each step's end by `report`::

        with Progress(self, self.max_iter) as progress:
            for _ in progress:
                loss = …
                progress.report(lambda: {"item_factors_": …}, loss=loss)
    """

    def __init__(self, estimator: Any, n_steps: int) -> None:
        self._estimator, self._n_steps = estimator, n_steps
        self._root = getattr(estimator, "_callback_fit_ctx", None)
        self._data = getattr(estimator, "_watched_data", {})
        self._task: Any = None
        self._stopped = False
        self._bar: Any = None

    def __enter__(self) -> "Progress":
        if getattr(self._estimator, "verbose", 0):
            from tqdm.auto import tqdm  # only those who want a bar wait for it

            # disable=None: where no terminal is, a bar would be a line for each step.
            name = type(self._estimator).__name__
            self._bar = tqdm(total=self._n_steps, desc=name, disable=None, leave=True)
        return self

    def __exit__(self, *_: Any) -> None:
        if self._bar is not None:
            self._bar.close()

    def __iter__(self) -> Iterator[int]:
        for step in range(self._n_steps):
            if self._root is not None:
                self._task = self._root.subcontext(task_name="iteration")
                self._task.call_on_fit_task_begin(estimator=self._estimator, **self._data)
            yield step
            if self._stopped:
                return

    def report(self, fitted: Callable[[], dict[str, Any]], **figures: float) -> None:
        """End a step: show its figures, and let the callbacks look at it and stop the fit.

        Parameters
        ----------
        fitted : callable
            Returns the attributes of the model as if the fit had ended here; only called if a
            callback asks for them.
        **figures : float
            What the bar shows beside the number of steps.
        """
        if self._bar is not None:
            self._bar.set_postfix(figures, refresh=False)
            self._bar.update()
        if self._task is not None:
            self._stopped = self._task.call_on_fit_task_end(
                estimator=self._estimator, reconstruction_attributes=fitted, **self._data
            )
