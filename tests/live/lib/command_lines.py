# SPDX-License-Identifier: GPL-2.0-only
"""Runs of oomtrace that end by themselves: exit code, and what is said where."""

import re


def check_errors(guest, table):
    results = guest.results
    for name, (code, pattern) in table.items():
        error = guest.error(f"cli/{name}") or ""
        results.equal(guest.rc(f"cli/{name}"), code, f"cli {name}: exit code")
        results.check(error.startswith("oomtrace: ") and re.search(pattern, error),
                      f"cli {name}: says what is wrong", repr(error))
        results.equal(guest.output(f"cli/{name}"), "", f"cli {name}: nothing on stdout")


def check_quiet(guest, names):
    for name in names:
        guest.results.equal((guest.rc(f"cli/{name}"), guest.said(f"cli/{name}") or ""), (0, ""),
                            f"cli {name}: quiet, 0")
