"""The command line."""
# SPDX-License-Identifier: BSD-3-Clause

from sklearn_recsys.cli._main import main

__all__ = ["main"]
