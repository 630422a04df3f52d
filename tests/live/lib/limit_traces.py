# SPDX-License-Identifier: GPL-2.0-only
"""Traces of limits: writes, kills and their causes, and what a script knows of both."""

import collections
import json
import re

from oracles import read_records


def pages(value):
    """A limit as the kernel has it: whole pages."""
    if value == "max":
        return value
    number = re.fullmatch(r"(\d+)([KM]?)", value)
    if not number:
        return None
    size = int(number[1]) * {"": 1, "K": 1 << 10, "M": 1 << 20}[number[2]]
    return size // 4096 * 4096


class Expected:
    """What the guest's script knows of its own writes, by scenario."""

    def __init__(self, folder):
        self.values = collections.defaultdict(dict)
        self.writes = collections.defaultdict(list)
        for line in read_records(folder / "expect.jsonl"):
            if line["key"] == "write":
                self.writes[line["scenario"]].append(line["value"])
            else:
                self.values[line["scenario"]][line["key"]] = line["value"]

    def scenarios(self):
        return [name for name in self.values if name]


def kernel_kills(run):
    """The pids of the log's "Killed process" lines, by scenario."""
    kills, scenario, lost = collections.defaultdict(list), None, 0
    for line in (run.folder / "kmsg.log").read_text("utf-8", "replace").splitlines():
        lost += line == "LOST"
        if mark := re.match(r"oomtrace-test: (begin|end) (\S+)", line):
            scenario = mark[2] if mark[1] == "begin" else None
        if killed := re.search(r"Killed process (\d+) ", line):
            kills[scenario].append(int(killed[1]))
    run.results.check(not lost, "no lines of the kernel's log were lost", lost)
    return kills


def check_timeouts(run):
    waits = (run.folder / "timeouts").read_text().splitlines()
    run.results.check(not waits, "the guest waited for nothing in vain", "; ".join(waits))


def events_value(folder, scenario, key):
    path = folder / f"events/{scenario}/t/{scenario}/memory.events"
    return dict(line.split() for line in path.read_text().splitlines()).get(key) if path.exists() else None


class LimitTrace:
    """What one oomtrace said."""

    def __init__(self, run, name):
        self.name = name
        self.all = read_records(run.folder / name)
        self.limits = [r for r in self.all if r["type"] == "limit"]
        self.ooms = [r for r in self.all if r["type"] == "oom"]
        self.by_id = {r["id"]: r for r in self.limits}
        self.missed = set()  # pids of writers whose write's return a kretprobe has missed
        lost = {r["kind"]: r["count"] for r in self.all if r["type"] == "lost"}
        self.lost_writes = lost.get("limit", 0)
        # A kernel that preempts tasks may leave out the programs that tell of a run, and counts that: docs/causes.md.
        # A kill that isn't told is found by comparing.
        if not self.all or self.all[-1]["type"] != "end" or self.all[-1]["lost"] != sum(lost.values()) or \
                not lost.keys() <= {"limit", "oom"}:
            run.results.check(False, f"{name}: no end, or events were lost", lost)

    def may_miss_returns(self):
        """A kretprobe of an older kernel takes as many calls at a time as there are CPUs; a kernel that preempts
        tasks may leave out a program, and counts that: docs/causes.md."""
        return "kretprobe" in json.dumps(self.all[0]["plan"]) or len(self.missed) < self.lost_writes

    def release(self):
        return self.all[0]["kernel"]

    def kills(self, scenario):
        """(run, victim) of each kill in the scenario's cgroup."""
        return [(oom, victim) for oom in self.ooms for victim in oom["victims"]
                if (victim["cgroup"] + "/").startswith(f"/t/{scenario}/")
                and victim["role"] != "exiting" and not victim.get("repeated")]

    def killed_after(self, ts_ns, scenario):
        return [victim["pid"] for oom, victim in self.kills(scenario) if oom["ts_ns"] > ts_ns]

    def find_write(self, write):
        """What a write set is told also where others write the same file before it returns."""
        return [r for r in self.limits
                if r["cgroup"] == write["cgroup"] and r["file"] == write["file"]
                and r["writer"]["pid"] == write["pid"]
                and (r["result"] < 0 if pages(write["value"]) is None else r["result"] >= 0
                     and r["new_max_bytes"] == pages(write["value"]))]


def cause_by_trigger(trace, oom):
    """What the cause must be where kills come from several writers or from growth too: the thread in
    which the killer ran tells whether it was a write, and else what the limit's latest one did."""
    for write in trace.limits:
        begin = write["ts_ns"] - write["duration_ns"]
        if write["writer"]["tid"] == oom["trigger"]["tid"] and begin <= oom["ts_ns"] <= write["ts_ns"]:
            if write["cgroup"] != oom["limit_cgroup"]["path"]:
                return "the cgroup of another's write", None
            return "inside-write", write["id"]
    if oom["trigger"]["pid"] in trace.missed and oom["cause"].get("limit_id") not in trace.by_id:
        return "inside-write", oom["cause"].get("limit_id")
    # One that began while the OOM killer ran isn't the cause of that.
    earlier = [w for w in trace.limits if w["cgroup"] == oom["limit_cgroup"]["path"] and w["file"] == "memory.max"
               and w["ts_ns"] - w["duration_ns"] <= oom.get("started_ns", oom["ts_ns"])]
    if not earlier:
        return "limit-unchanged", None
    last = max(earlier, key=lambda w: w["ts_ns"] - w["duration_ns"])
    limit = last["new_max_bytes"]
    lowered = limit != "max" and limit < last["usage_before_bytes"]
    return "limit-lowered" if lowered else "limit-unchanged", last["id"]
