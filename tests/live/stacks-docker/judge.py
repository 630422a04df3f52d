# SPDX-License-Identifier: GPL-2.0-only
"""As the suite stacks, for a program that is in its container only."""

from results import guarded
from stack_shares import check_stacks


def check(run):
    guarded(run.results, check_stacks, run, "docker", "only-here")
