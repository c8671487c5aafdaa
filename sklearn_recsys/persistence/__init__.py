"""Save estimators to one file and load them again, without pickle and without running code."""
# SPDX-License-Identifier: BSD-3-Clause

from sklearn_recsys.persistence._persist import load, save

__all__ = ["load", "save"]
