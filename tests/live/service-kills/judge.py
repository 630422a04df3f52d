# SPDX-License-Identifier: GPL-2.0-only
"""After each SIGKILL the store can be read; no kill is in it twice; those that a life had time for are in it."""

import collections
import json
import re

from oracles import Log
from results import guarded
from stores import read_store, victims_of

NS_PER_S = 1000000000
# What a life sees within this time of its end may not be on disk: it writes several times a second, given a CPU.
UNWRITTEN_S = 3
STAMP = re.compile(r"\[ *(\d+)\.(\d{6})\] .*Killed process (\d+) ")


def logged(path):
    """(pid, ns since boot) of each kill of the log, once: one of a group is logged again."""
    found = {}
    for line in path.read_text("latin-1").splitlines():
        if match := STAMP.search(line):
            found.setdefault(int(match[3]), int(match[1]) * NS_PER_S + int(match[2]) * 1000)
    return found


def check_reads(run, results, expected):
    count = int(expected["count"])
    reads = [line.split() for line in (run.folder / "reads").read_text().splitlines()]
    numbers = [int(n) for _, n in reads]
    empty = "oomtrace: no incident has been kept yet.\n" * numbers.count(0)
    results.equal((run.folder / "unread").read_text(), empty, f"store: can be read after each of {count} SIGKILLs")
    results.equal(len(reads), count + 1, "store: was read after each SIGKILL")
    results.check(numbers == sorted(numbers) and numbers[-1] > numbers[0], "store: nothing is lost", numbers)
    results.equal((run.folder / "parts").read_text(), "", "store: nothing is left without a name")
    results.equal((expected["started"], expected["day"], expected["stopped"]), (0, 0, 0),
                  "unit: starts, goes on, stops")


def check_kills(run, results, expected):
    day = json.loads((run.folder / "day").read_text())
    results.equal(day["limits_changed"], 0, "limits are as they were")
    log, kills = logged(run.folder / "dmesg.log"), Log(run.folder / "kmsg.log").kills
    victims = victims_of(read_store(run.folder / "store"))
    twice = [key for key, n in collections.Counter((v.pid, v.oom["ts_ns"]) for v in victims
                                                   if not v.get("repeated")).items() if n > 1]
    results.none([str(key) for key in twice], "store: no kill twice", len(victims))
    stored = {v.pid for v in victims}
    # The log that has times is the kernel's own, of which the beginning may be gone.
    results.check(log and set(log) <= {k.pid for k in kills}, "the log that has times", (len(log), len(kills)))
    results.none([str(pid) for pid in sorted(stored - {k.pid for k in kills})],
                 "store: no kill that the kernel doesn't log", len(stored))
    lives = [list(map(int, line.split())) for line in (run.folder / "lives").read_text().splitlines()]
    # The log's clock isn't the one of the lives, but it is close.
    spare = UNWRITTEN_S * NS_PER_S * int(expected["slow"])
    due = {pid for pid, ns in log.items() if any(born + NS_PER_S < ns < end - spare for born, end in lives)}
    results.check(len(due) >= 20, "kills that a life had time for", len(due))
    results.none([str(pid) for pid in sorted(due - stored)], "store: has each kill that a life had time for", len(due))
    print(f"     {len(kills)} kills in the log, {len(log)} of them with a time, {len(stored)} stored, {len(due)} due "
          f"in {len(lives)} lives")


def check(run):
    expected = {"count": str(sum(1 for line in (run.folder / "reads").read_text().splitlines()
                                 if not line.startswith("last")))}
    for line in (run.folder / "expect.jsonl").read_text().splitlines():
        entry = json.loads(line)
        expected[entry["key"]] = entry["value"]
    for part in (check_reads, check_kills):
        guarded(run.results, part, run, run.results, expected)
