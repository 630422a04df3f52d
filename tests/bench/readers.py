#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""readers.py OOMTRACE FOLDER...: what readers of kernel logs tell of the logs NAME.log, held against NAME.json.

The others are not run: each is its published rule, written anew, and gets the kernel's bare text of each line.
docs/notes/kernel-log-readers.md has the rules and the results.
"""
import collections
import json
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit" / "kmsg"))
import klog  # noqa: E402 (found by the path above)

KILLED = re.compile(r"Killed process (\d+),?[^(]*\((.+?)\)(?=,| total-vm| vsz|$)")
CHOICE = re.compile(r"oom-kill:constraint=\w+,.*,oom_memcg=(.*),task_memcg=(.*),task=(.*),pid=(\d+),uid=\d+")
LIMIT = re.compile(r"Task in (.*) killed as a result of limit of (.*)")
FIGURES = re.compile(r"Killed process \d+.* total-vm:\d+kB, anon-rss:\d+kB, file-rss:\d+kB")

Kill = collections.namedtuple("Kill", "pid comm limit cgroup")


def from_invoked(lines):
    """cAdvisor: a kill is what comes after "invoked oom-killer:", up to the first line that names the process."""
    kills, reading, limit, cgroup = [], False, None, None
    for line in lines:
        if not reading:
            reading, limit, cgroup = "invoked oom-killer:" in line, None, None
        elif found := CHOICE.search(line):
            kills.append(Kill(int(found[4]), found[3], found[1], found[2]))
            reading = False
        elif found := KILLED.search(line):
            kills.append(Kill(int(found[1]), found[2], limit, cgroup))
            reading = False
        elif found := LIMIT.search(line):
            cgroup, limit = found[1], found[2]
    return kills


def from_kill_lines(lines):
    """node-problem-detector: each line of a kill with figures."""
    return [Kill(int(found[1]), found[2], None, None) for line in lines
            if FIGURES.search(line) and (found := KILLED.search(line))]


def texts(path):
    """The lines without what logs put before them, as /dev/kmsg would give them."""
    for line in path.read_text("utf-8", "replace").splitlines():
        if found := re.search(r'"(?:MESSAGE|msg)" ?: ?("(?:[^"\\]|\\.)*")', line):
            line = json.loads(found[1])
        line = re.sub(r"\x1b\[[0-9;]*m|\r", "", line)
        line = re.sub(r"^.*?kernel: ", "", line)
        yield re.sub(r"^(\[[^\]]*\] ?)+", "", line)


def truths(truth):
    """(first victim's pid, name, limit, its cgroup, pids of all) of each incident; without a kill no pid."""
    for incident in truth["incidents"]:
        first = (incident.get("victims") or [{}])[0]
        yield (Kill(first.get("pid"), first.get("comm"), (incident.get("limit") or {}).get("cgroup"),
                    incident.get("victim_cgroup")), {v["pid"] for v in incident.get("victims") or []})


def score(kills, truth):
    """Incidents of which the reader has a kill; those of which it has all that it tells right; kills that are none."""
    found = right = 0
    known = set()
    for expected, pids in truths(truth):
        known |= pids
        mine = [k for k in kills if k.pid in pids]
        found += bool(mine)
        right += any(k.pid == expected.pid and k.comm == expected.comm and k.limit == expected.limit
                     and k.cgroup == expected.cgroup for k in mine)
    return found, right, sum(k.pid not in known for k in kills)


def own_score(oomtrace, path, truth):
    """oomtrace: right is each field of the truth, of which there are many more."""
    told = [klog.as_truth(o) for o in json.loads(klog.report(oomtrace, "--format", "json", str(path)))["incidents"]]
    expected = truth["incidents"]
    right = sum(not klog.differences({k: e[k] for k in e if k != "ambiguous"}, t, "") for e, t in zip(expected, told))
    return min(len(told), len(expected)), right, max(0, len(told) - len(expected))


def main():
    oomtrace, folders = sys.argv[1], sys.argv[2:]
    totals = {name: [0, 0, 0] for name in ("oomtrace report", "after 'invoked'", "kill lines")}
    incidents = logs = 0
    for path in sorted(log for folder in folders for log in Path(folder).glob("*.log")):
        truth = json.loads(path.with_suffix(".json").read_text())
        lines = list(texts(path))
        incidents, logs = incidents + len(truth["incidents"]), logs + 1
        scores = (own_score(oomtrace, path, truth), score(from_invoked(lines), truth),
                  score(from_kill_lines(lines), truth))
        for total, one in zip(totals.values(), scores):
            total[:] = [a + b for a, b in zip(total, one)]
    print(f"{logs} logs, {incidents} incidents\n{'reader':16} {'found':>6} {'right':>6} {'false':>6}")
    for name, (found, right, false) in totals.items():
        print(f"{name:16} {found:6} {right:6} {false:6}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
