#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""judge.py BUILD/SUITE/LABEL: judges what the guest of a suite left in this folder.

First comes what holds for every suite: recordings are as docs/schema.json has them, reports equal the
live text, oomtrace itself has never made the kernel kill, and what oomtrace report makes of the kernel's
log is what was recorded live. Then comes check(run) of the suite's own
judge.py. Prints a line for each check and at the end "N passed, N failed, N skipped"; exits with 1 if
anything failed. Nothing to compare is a failure, not a success.
"""

import importlib.util
import sys
from pathlib import Path

from kernel_log import check_own_ooms
from log_report import check_log_report
from recordings import check_recordings
from results import Run, guarded

SUITES = Path(__file__).resolve().parents[1]


def load(suite):
    """The module of the suite's judge.py, which may import others of its folder."""
    folder = SUITES / suite
    sys.path.insert(1, str(folder))
    spec = importlib.util.spec_from_file_location("suite_judge", folder / "judge.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main():
    if len(sys.argv) != 2:
        print(__doc__.splitlines()[0], file=sys.stderr)
        return 2
    folder = Path(sys.argv[1]).resolve()
    run = Run(folder, folder.name, folder.parents[1] / "oomtrace")
    for part in (check_recordings, check_own_ooms, check_log_report, load(folder.parent.name).check):
        guarded(run.results, part, run)
    return run.results.finish()


if __name__ == "__main__":
    sys.exit(main())
