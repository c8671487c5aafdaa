"""Look at fitted recommenders: figures after scikit-learn's Displays, and a report of all."""
# SPDX-License-Identifier: BSD-3-Clause

from sklearn_recsys.inspection._calibration import CalibrationAtKDisplay
from sklearn_recsys.inspection._evaluation_report import evaluation_report
from sklearn_recsys.inspection._factor_map import FactorMapDisplay
from sklearn_recsys.inspection._long_tail import LongTailDisplay
from sklearn_recsys.inspection._metric_at_k import MetricAtKDisplay
from sklearn_recsys.inspection._pareto import ParetoDisplay
from sklearn_recsys.inspection._precision_recall import PrecisionRecallAtKDisplay
from sklearn_recsys.inspection._report import EvaluationReport
from sklearn_recsys.inspection._score_distribution import ScoreDistributionDisplay

__all__ = [
    "CalibrationAtKDisplay",
    "EvaluationReport",
    "FactorMapDisplay",
    "LongTailDisplay",
    "MetricAtKDisplay",
    "ParetoDisplay",
    "PrecisionRecallAtKDisplay",
    "ScoreDistributionDisplay",
    "evaluation_report",
]
