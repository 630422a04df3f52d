# SPDX-License-Identifier: GPL-2.0-only
"""What oomtrace report makes of a guest's kernel log, beside what oomtrace recorded there live."""

import collections
import json
import re
import subprocess

from oracles import parse_records
from recordings import is_recording

KILLED = re.compile(r"Killed process (\d+) \(.*\) total-vm:(\d+)kB")
# The log's own lines since boot, before which nothing is missing.
FIRST = "Linux version "
# Of a terminal's colours, which a log that isn't escaped can't be told from.
COLOUR = re.compile("\x1b\\[[0-9;]*m")
NS_PER_S = 1000000000


def report(oomtrace, *args):
    """The document that it prints, and its exit code."""
    run = subprocess.run([oomtrace, "report", "-f", "json", *map(str, args)], capture_output=True, check=False)
    return run.returncode, json.loads(run.stdout) if run.stdout else None


def logged_kills(text):
    """The pids that the kernel logs as killed. A group's first victim is logged again, wherever the group has it."""
    kills, again = [], None
    for line in text.splitlines():
        if "are going to be killed due to memory.oom.group set" in line and kills:
            again = kills[-1]
        if "invoked oom-killer" in line:
            again = None
        if found := KILLED.search(line):
            if found.groups() == again:
                again = None
            else:
                kills.append(found.groups())
    return [int(pid) for pid, _ in kills]


def check_incidents(run, log):
    """Every line of a kill is a victim of an incident, and there are no others."""
    lines = collections.Counter(logged_kills(log.read_text("latin-1")))
    _, document = report(run.oomtrace, log)
    told = collections.Counter(v["pid"] for oom in document["incidents"] for v in oom["victims"])
    run.results.equal(told, lines, f"{log.name}: report has each of the {lines.total()} kills")


def was_changing(records, difference, kill):
    """Whether the limit was being written while the kernel printed its report."""
    if difference["field"] != "max_bytes":
        return False
    path, ts_ns = kill["log"]["limit_cgroup"], kill["recording"]["ts_ns"]
    return any(r["type"] == "limit" and r["cgroup"] == path and r["ts_ns"] > ts_ns - NS_PER_S
               and r["ts_ns"] - r["duration_ns"] < ts_ns + NS_PER_S
               and difference["log"] in (r["old_max_bytes"], r["new_max_bytes"]) for r in records)


def is_colour(difference):
    return difference["field"] in ("comm", "trigger.comm") and \
        COLOUR.sub("", difference["recording"]) == difference["log"]


def kill_problems(records, kills):
    """What a log and a recording tell differently, but for what they can't know better."""
    for kill in kills:
        for difference in kill.get("differences", []):
            if not (difference["close"] or is_colour(difference) or was_changing(records, difference, kill)):
                yield f"line {kill['log']['lines'][1]}: {difference}"


def cause_problems(kills):
    """A frame of a write that the kernel isn't sure of, without one of a charge, is a write all the same."""
    for kill in kills:
        inside, cause = kill["log"].get("inside_write"), kill["recording"].get("cause")
        if inside is not None and bool(inside) != (cause == "inside-write"):
            yield f"line {kill['log']['lines'][1]}: inside_write {inside}, live {cause}"


class Compared:
    """Sums over the recordings of a folder."""

    def __init__(self):
        self.kills = self.causes = self.writes = self.reports = self.recorded = 0
        self.problems, self.missing = [], []


def lost_in_other_parts(path):
    """Of a recording that was cut into parts: a loss may be found, and be told, in a later part than the kill's."""
    parts = path.parent.glob(f"{path.name.partition('.jsonl')[0]}.jsonl*")
    return sum(r["count"] for part in parts if part != path and is_recording(part)
               for r in parse_records(part.read_bytes().rpartition(b"\n")[0] + b"\n", part.name) if r["type"] == "lost")


def compare(run, log, path, sums):
    records = parse_records(path.read_bytes().rpartition(b"\n")[0] + b"\n", path.name)
    code, document = report(run.oomtrace, f"--check={path}", log)
    totals, kills = document["totals"], document["kills"]
    pairs = [k for k in kills if "recording" in k and "log" in k]
    agrees = not (totals["different"] or totals["only-recording"] or totals["only-log"])
    if code not in (0, 4) and agrees or code == 0 and not agrees:
        sums.problems.append(f"{path.name}: exit code {code} with {totals}")
    sums.recorded += sum(r["killed"] for r in records if r["type"] == "oom")
    sums.kills += len(pairs)
    # A report has a call trace, which is what tells.
    sums.reports += sum(k["log"]["lines"][1] - k["log"]["lines"][0] > 20 and "cause" in k["recording"]
                        for k in pairs)
    told = [k for k in pairs if k["log"].get("inside_write") is not None and "cause" in k["recording"]]
    sums.causes += len(told)
    sums.writes += sum(k["recording"]["cause"] == "inside-write" for k in told)
    sums.problems += [f"{path.name}: {p}" for p in kill_problems(records, pairs)]
    # Where events are lost, those of the write may be.
    if not totals["lost"]:
        sums.problems += [f"{path.name}: {p}" for p in cause_problems(told)]
    only = [k for k in kills if k["result"] in ("only-recording", "only-log")]
    if len(only) > totals["lost"] + lost_in_other_parts(path):
        sums.missing += [f"{path.name}: {k['result']}: {k.get('log', k.get('recording'))}" for k in only]


def check_log_report(run):
    """The guest's whole log beside each of its recordings."""
    log = run.folder / "dmesg.log"
    text = log.read_text("latin-1")
    if not KILLED.search(text):
        return
    check_incidents(run, log)
    if FIRST not in text[:65536]:
        run.results.skip("report --check", "the log's beginning was overwritten")
        return
    sums = Compared()
    for path in sorted(run.folder.glob("**/*.jsonl*")):
        if is_recording(path):
            compare(run, log, path, sums)
    # No recording of this guest has a kill. If one has, no pair is a failure.
    if not sums.recorded:
        return
    run.results.none(sums.problems, "report --check: the log and the recordings tell the same", sums.kills)
    run.results.none(sums.missing, "report --check: no kill is in one of them alone", sums.kills)
    run.results.unless(sums.causes or not sums.reports, "report --check: no cause was compared")
    print(f"     {sums.causes} causes compared, {sums.writes} of them inside a write of the limit")
