"""The bar of a fit, and scikit-learn's callbacks."""
# SPDX-License-Identifier: BSD-3-Clause

import io
import sys

import numpy as np
import pytest
from sklearn.base import clone

from sklearn_recsys.base._progress import Progress
from sklearn_recsys.decomposition import ALSRecommender
from sklearn_recsys.metrics import make_ranking_scorer
from sklearn_recsys.testing import make_checkerboard

X = make_checkerboard(8).interactions


class Terminal(io.StringIO):
    def isatty(self):
        return True


def als(**parameters):
    return ALSRecommender(4, reg=0.1, max_iter=5, random_state=0, **parameters)


def test_a_bar_counts_the_iterations_on_a_terminal(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    als(verbose=1, compute_loss=True).fit(X)
    shown = sys.stderr.getvalue()
    assert "ALSRecommender" in shown
    assert "5/5" in shown
    assert "loss=" in shown


def test_no_bar_is_drawn_where_no_terminal_is_or_nobody_asked(monkeypatch, capsys):
    als(verbose=1).fit(X)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(sys, "stderr", Terminal())
    als().fit(X)
    assert sys.stderr.getvalue() == ""


def test_the_steps_are_counted_without_an_estimator_that_has_callbacks():
    with Progress(als(), 3) as progress:
        assert list(progress) == [0, 1, 2]


class Recorder:
    """Note what a callback is told."""

    def __init__(self, stop_after=None):
        self.events, self.scores, self.stop_after = [], [], stop_after

    def setup(self, estimator, context):
        self.events.append("setup")

    def teardown(self, estimator, context):
        self.events.append("teardown")

    def on_fit_task_begin(self, estimator, context, *, X=None):
        self.events.append(f"begin {context.task_name}")
        self.n_subtasks = context.max_subtasks or getattr(self, "n_subtasks", None)

    def on_fit_task_end(self, estimator, context, *, X=None, y=None, fitted_estimator=None):
        self.events.append(f"end {context.task_name}")
        assert len(X) == len(y)
        self.scores.append(fitted_estimator.predict(X).mean())
        return len(self.scores) == self.stop_after


class TestCallbacks:
    @pytest.fixture(autouse=True)
    def _of_scikit_learn(self):
        pytest.importorskip("sklearn.callback")

    def test_a_callback_sees_every_iteration_and_the_model_so_far(self):
        recorder = Recorder()
        model = als().set_callbacks(recorder).fit(X)
        steps = ["begin iteration", "end iteration"] * 5
        assert recorder.events == ["setup", "begin fit", *steps, "end fit", "teardown"]
        assert recorder.n_subtasks == 5
        assert recorder.scores[0] != recorder.scores[4] == recorder.scores[5]
        assert recorder.scores[5] == model.predict(X).mean()
        plain = als().fit(X)
        np.testing.assert_array_equal(model.item_factors_, plain.item_factors_)
        assert set(vars(model)) - set(vars(plain)) == {"_skl_callbacks"}

    def test_a_callback_can_stop_the_fit(self):
        model = als().set_callbacks(Recorder(stop_after=2)).fit(X)
        assert model.n_iter_ == 2
        shorter = als().set_params(max_iter=2).fit(X)
        np.testing.assert_array_equal(model.item_factors_, shorter.item_factors_)
        np.testing.assert_array_equal(model.user_factors_, shorter.user_factors_)

    def test_a_callback_is_torn_down_where_the_fit_fails(self):
        recorder = Recorder()
        model = als(early_stopping=True, validation_fraction=0.01).set_callbacks(recorder)
        with pytest.raises(ValueError, match="holds out no positive"):
            model.fit(X)
        assert recorder.events == ["setup", "begin fit", "teardown"]
        assert set(vars(model)) == {*model.get_params(), "_skl_callbacks"}

    def test_a_clone_calls_the_same_callbacks(self):
        recorder = Recorder()
        clone(als().set_callbacks(recorder)).fit(X)
        assert len(recorder.scores) == 6

    def test_scikit_learns_monitor_logs_a_score_for_each_iteration(self):
        from sklearn.callback import ScoringMonitor

        seen = make_ranking_scorer("ndcg@3", exclude_seen=False)
        monitor = ScoringMonitor(scoring={"score": seen})
        model = als().set_callbacks(monitor).fit(X)
        scores = [row["score"] for row in monitor.get_logs().data]
        assert len(scores) == 6
        assert seen(model, X) in scores
