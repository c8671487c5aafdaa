"""Serve the jobs of one library: a line of JSON in, a line of JSON out, until the input ends.

``{"job": NAME, "with": {...}}`` loads the data of a job, ``{"run": {...}}`` does it once.
"""
# SPDX-License-Identifier: BSD-3-Clause

import importlib
import json
import os
import sys
import traceback
from importlib.metadata import version


def main() -> None:
    # What a library prints must not get among the answers.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    library, run = importlib.import_module(sys.argv[1]), None
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if "job" in request:
                run = library.JOBS[request["job"]](**request["with"])
                answer = {"versions": {name: version(name) for name in library.DISTRIBUTIONS}}
            else:
                answer = run(**request["run"])
        except Exception as error:
            traceback.print_exc()
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
