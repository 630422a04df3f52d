# SPDX-License-Identifier: GPL-2.0-only
"""SIGINT and SIGTERM end it within two seconds, beside what ending takes when nothing holds it up."""

import re

MOST_MS = 2000
SITUATIONS = ("pipe", "helper", "runtime")
# A signal is the ordinary end. What hangs at a full pipe can't end so: exit code 1, by the watchdog.
CODES = {"plain": "0", "pipe": "1", "helper": "0", "runtime": "0"}


def check(run):
    results, folder = run.results, run.folder
    slow = float((folder / "slow").read_text())
    results.equal((folder / "timeouts").read_text(), "", "the guest waited for nothing in vain")
    ends = {}
    for line in (folder / "ends").read_text().splitlines():
        what, signal, took_ms, code = line.split()
        ends[what, signal] = int(took_ms)
        results.equal(code, CODES[what], f"{what}, {signal}: the exit code")
    for signal in ("INT", "TERM"):
        for what in SITUATIONS:
            most_ms = (MOST_MS + ends["plain", signal]) * slow
            took_ms = ends.get((what, signal))
            results.check(took_ms is not None and took_ms <= most_ms,
                          f"{what}, {signal}: gone after {took_ms} ms, of at most {most_ms:.0f}")
    lost = [int(n) for n in re.findall(r"at least (\d+) events were lost until then", (folder / "err").read_text())]
    results.check(len(lost) == 2 and min(lost) > 10, "pipe: what was lost is said, too, by the watchdog", lost)
    said = (folder / "cli/unanswered.err").read_text()
    results.check("didn't answer" in said and "no container is called" not in said,
                  "a runtime that is silent: the container isn't said not to be there", said)
    results.equal((folder / "cli/unanswered.rc").read_text().strip(), "1", "and the exit code is 1")
    # All kills are there, whatever the runtime does.
    results.equal((folder / "ooms").read_text().split(), ["6", "6"], "six kills beside a silent runtime, twice")
