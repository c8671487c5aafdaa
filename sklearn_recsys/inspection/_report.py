"""Hold what an evaluation found, and show it as one page."""
# SPDX-License-Identifier: BSD-3-Clause

import html
import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import cached_property

import numpy as np
import pandas as pd

from sklearn_recsys.inspection._page import (
    Figure,
    Section,
    as_fragment,
    as_page,
    bold,
    figures,
    table,
)
from sklearn_recsys.inspection._plans import Plan
from sklearn_recsys.inspection._style import label_of
from sklearn_recsys.inspection._svg import draw
from sklearn_recsys.model_selection import RecommenderComparison

__all__ = ["EvaluationReport"]

# Of which more is plainly better. Of novelty or coverage that depends on what one is after.
_BETTER = {
    *("precision", "recall", "capped_recall", "f1", "hit_rate", "ndcg", "map", "mrr", "auc"),
    *("ips_ndcg", "ips_recall", "head_recall", "tail_recall"),
}

_EXPLAINED = (
    "<p>Below a mean over users stand the ends of its interval. The best is bold in rows of which "
    "more is plainly better; of the others it depends on what is wanted.</p>"
)


class EvaluationReport:
    """Hold the figures and Displays of an evaluation, and make one HTML page of them.

    Made by :func:`evaluation_report`, which says what is in it. A notebook shows it; the page of
    :meth:`save` needs no other file and no network, and adapts to telephones, to dark screens and
    to paper. Matplotlib is needed when the page is made, not before. Costs what the figures cost
    to draw, some tenths of a second each.

    Parameters
    ----------
    title : str
        Heading of the page.
    facts : dict of str to str
        What was evaluated.
    models : dict of str to str
        Each recommender and its settings.
    scores : DataFrame of shape (n_recommenders, n_metrics)
        Means over users, or of all lists together.
    intervals : dict of str to DataFrame of shape (n_recommenders, 2)
        Ends of the intervals, ``low`` and ``high``, of each metric that judges single users.
    tests : DataFrame or None
        A row for each pair of recommenders, as of
        :meth:`~sklearn_recsys.model_selection.RecommenderComparison.tests`.
    groups : dict of str to DataFrame
        Scores of groups of users, by recommender.
    comparison : RecommenderComparison or None
        Of the same recommenders on several splits.
    plans : list of Plan
        What is drawn.
    remarks : list of str
        What was warned of.
    footer : str
        How all of it was made.

    Attributes
    ----------
    scores, intervals, tests, groups, comparison, facts, models, remarks, title, footer : object
        As above.
    displays : dict of str to Display
        The Displays by the titles of their figures, to be drawn again: ``displays[…].plot()``.

    See Also
    --------
    evaluation_report : Makes it.

    Examples
    --------
    >>> from sklearn_recsys.baseline import PopularityRecommender
    >>> from sklearn_recsys.datasets import make_interactions
    >>> from sklearn_recsys.inspection import evaluation_report
    >>> from sklearn_recsys.model_selection import train_test_split_by_user
    >>> X = make_interactions(n_users=60, n_items=80, n_interactions=1500).X
    >>> train, test = train_test_split_by_user(X, random_state=0)
    >>> report = evaluation_report({"popular": PopularityRecommender().fit(train)}, test)
    >>> report.scores.loc["popular", ["ndcg@10", "catalogue_coverage@10"]].round(2).tolist()
    [0.46, 0.38]
    >>> report.to_html()[:15]
    '<!DOCTYPE html>'
    """

    def __init__(
        self,
        *,
        title: str,
        facts: dict[str, str],
        models: dict[str, str],
        scores: pd.DataFrame,
        intervals: dict[str, pd.DataFrame],
        tests: pd.DataFrame | None,
        groups: dict[str, pd.DataFrame],
        comparison: RecommenderComparison | None = None,
        plans: Sequence[Plan],
        remarks: Sequence[str],
        footer: str,
    ) -> None:
        self.title = title
        self.facts, self.models = facts, models
        self.scores, self.intervals, self.tests = scores, intervals, tests
        self.groups, self.comparison = groups, comparison
        self.remarks, self.footer = list(remarks), footer
        self.displays = {plan.title: plan.display for plan in plans}
        self._plans = plans

    def to_html(self) -> str:
        """Return the page.

        Returns
        -------
        str
            A whole HTML document, with all figures in it.

        Raises
        ------
        ModuleNotFoundError
            If matplotlib is not installed.
        """
        return as_page(self.title, self._fragment)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the page to a file, which is replaced at once or not at all.

        Parameters
        ----------
        path : str or path-like
            Name of the file, such as ``"report.html"``.

        Raises
        ------
        FileNotFoundError
            If its folder does not exist.
        IsADirectoryError
            If it is a folder.
        ModuleNotFoundError
            If matplotlib is not installed.
        """
        target = os.path.realpath(os.fspath(path))
        folder = os.path.dirname(target)
        if os.path.isdir(target):
            raise IsADirectoryError(f"{path} is a folder: name a file in it.")
        if not os.path.isdir(folder):
            raise FileNotFoundError(f"The folder {folder} of {path} does not exist: make it first.")
        page = self.to_html()
        temporary = os.path.join(folder, f".report-{secrets.token_hex(8)}.tmp")
        try:
            with open(temporary, "x", encoding="utf-8") as file:
                file.write(page)
            os.replace(temporary, target)
        except BaseException:
            with suppress(OSError):
                os.unlink(temporary)
            raise

    def __repr__(self) -> str:
        n_models, n_metrics = self.scores.shape
        return f"<EvaluationReport of {n_models} recommender(s) by {n_metrics} metrics>"

    def _repr_html_(self) -> str:
        return self._fragment

    @cached_property
    def _fragment(self) -> str:
        return as_fragment(self.title, self._sections(), self.footer)

    def _draw(self) -> list[Figure]:
        return [
            Figure(
                plan.title,
                draw(
                    plan.display,
                    label=plan.title,
                    prefix=f"skr{number}",
                    height=plan.height,
                    **plan.options,
                ),
                plan.caption,
            )
            for number, plan in enumerate(self._plans)
        ]

    def _sections(self) -> Iterator[Section]:
        if self.remarks:
            notes = [f'<p class="note">{html.escape(remark)}</p>' for remark in self.remarks]
            yield Section("Remarks", notes)
        yield Section("Scores", [self._score_table(), _EXPLAINED])
        yield Section("Figures", [figures(self._draw())])
        if self.tests is not None and len(self.tests):
            yield Section("Differences", list(self._differences(self.tests)))
        if self.groups:
            yield Section("Groups of users", [self._group_table()])
        if self.comparison is not None:
            yield Section("Across splits", list(self._across_splits(self.comparison)))
        facts = ((html.escape(name), html.escape(value)) for name, value in self.facts.items())
        yield Section("Data", [table([], facts)])
        models = ((html.escape(name), _code(text)) for name, text in self.models.items())
        yield Section("Recommenders", [table([], models, text_columns=[1])])

    def _score_table(self) -> str:
        header = ["", *(html.escape(name) for name in self.scores.index)]
        rows = []
        for metric in map(str, self.scores.columns):
            values = self.scores[metric].to_numpy(dtype=np.float64)
            best = np.nanmax(values, initial=-np.inf) if _is_better(metric) else np.nan
            cells = [
                self._score(metric, name, value)
                for name, value in zip(self.scores.index, values, strict=True)
            ]
            marked = (
                bold(cell) if value == best else cell
                for cell, value in zip(cells, values, strict=True)
            )
            rows.append([html.escape(label_of(metric)), *marked])
        return table(header, rows)

    def _score(self, metric: str, name: str, value: float) -> str:
        if metric not in self.intervals:
            return _number(value)
        return _with_range(value, *self.intervals[metric].loc[name])

    def _differences(self, tests: pd.DataFrame) -> Iterator[str]:
        metric = html.escape(label_of(str(self.scores.columns[0])))
        yield (
            f"<p>{metric} of the same users under two recommenders: an interval without 0 and a "
            "small p mean that the difference is no accident of who was asked. p is adjusted for "
            "the number of pairs.</p>"
        )
        rows = [
            [
                html.escape(f"{row['better']} over {row['worse']}"),
                _number(row["difference"]),
                _range(row["low"], row["high"]),
                _p_value(row["p_adjusted"]),
            ]
            for _, row in tests.iterrows()
        ]
        yield table(["", "difference", "interval", "p"], rows)

    def _group_table(self) -> str:
        metric = str(self.scores.columns[0])
        first = next(iter(self.groups.values()))
        names = [html.escape(name) for name in self.groups]
        header = [html.escape(label_of(metric)), "users", *names]
        rows = (
            [
                html.escape(str(group)),
                f"{int(first.loc[group, 'n_users']):,}",
                *(_number(found[metric].get(group, np.nan)) for found in self.groups.values()),
            ]
            for group in first.index
        )
        return table(header, rows)

    def _across_splits(self, comparison: RecommenderComparison) -> Iterator[str]:
        n_folds = comparison.per_fold.index.get_level_values(1).nunique()
        yield (
            f"<p>Fitted to {n_folds} splits anew. Tied are those that a test of "
            f"{html.escape(label_of(comparison.metrics[0]))} cannot tell from the best.</p>"
        )
        metrics = [html.escape(label_of(metric)) for metric in comparison.metrics]
        header = ["", *metrics, "tied with best", "fit (s)", "score (s)", "memory (MB)"]
        rows = []
        for name, row in comparison.summary().iterrows():
            scores = (
                _with_range(*row[[metric, f"{metric}_low", f"{metric}_high"]])
                for metric in comparison.metrics
            )
            costs = row["fit_time"], row["score_time"], row["peak_memory"] / 1e6
            tied = {True: "yes", False: "no"}.get(row["tied_with_best"], "")
            rows.append([html.escape(str(name)), *scores, tied, *(f"{x:.2f}" for x in costs)])
        yield table(header, rows)


def _is_better(metric: str) -> bool:
    return metric.partition("@")[0] in _BETTER


def _number(value: float) -> str:
    """Return a score with a proper minus, or a dash where there is none."""
    if np.isnan(value):
        return "&ndash;"
    digits = 4 if abs(value) < 10 else 1
    text = f"{round(value, digits) + 0.0:.{digits}f}"  # no minus before zeros
    return text.replace("-", "&minus;")


def _with_range(value: float, low: float, high: float) -> str:
    text = _number(value)
    return text if np.isnan(low) else f"{text}<br><small>{_range(low, high)}</small>"


def _range(low: float, high: float) -> str:
    return f'<span class="range">{_number(low)} &ndash; {_number(high)}</span>'


def _p_value(p: float) -> str:
    return "&lt; 0.001" if p < 0.001 else _number(p)


def _code(text: str) -> str:
    return f"<code>{html.escape(text)}</code>"
