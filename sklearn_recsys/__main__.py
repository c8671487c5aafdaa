"""Run the command line: python -m sklearn_recsys."""
# SPDX-License-Identifier: BSD-3-Clause

import sys

from sklearn_recsys.cli import main

if __name__ == "__main__":
    sys.exit(main())
