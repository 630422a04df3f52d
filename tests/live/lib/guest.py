# SPDX-License-Identifier: GPL-2.0-only
"""What a guest left, and what holds for every trace in it."""

import re

from kernels import KERNELS, PREEMPTING, expected_plan
from oracles import Log, Slack, Trace, read_records

RSS_MAX_KIB = 16 * 1024  # of an oomtrace without stacks
# A helper that doesn't answer for long is given up. On a busy machine it may be slow.
GIVEN_UP = "oomtrace: the process that finds the names of functions has failed; stacks are addresses from now on.\n"
# Nor does a trace wait for long for what runs already.
NOT_READ = re.compile(r"oomtrace: the command lines? of \d+ process(?:es)? could not be read in time: "
                      r"the machine is busy, or something in the kernel holds them up\.\n")


class Guest:
    """What a guest left that has traces, a kernel log with marks, and expectations."""

    def __init__(self, run, main):
        self.run = run
        self.folder, self.label, self.results = run.folder, run.label, run.results
        self.log = Log(self.folder / "kmsg.log")
        self.expected = {(r["scenario"], r["key"]): r["value"]
                         for r in read_records(self.folder / "expect.jsonl")}
        self.main = Trace(self.folder / main)
        self.session = self.main.records[0]
        self.slack = Slack(self.session, self.expected[("", "cpus")])

    def text(self, name):
        """A file's text, or None: what ends by itself may not have been started."""
        path = self.folder / name
        return path.read_text("utf-8", "replace") if path.exists() else None

    def rc(self, name):
        text = self.text(f"{name}.rc")
        return None if text is None else int(text)

    def error(self, name):
        return self.text(f"{name}.err")

    def said(self, name):
        """What an oomtrace said on stderr, without what only says, once, that the machine is busy."""
        text = self.error(name)
        text = text and NOT_READ.sub("", text, count=1)
        return text.replace(GIVEN_UP, "") if text and self.expected[("", "slow")] > 1 else text

    def output(self, name):
        return self.text(f"{name}.out")

    def kills(self, *scenarios):
        return [k for k in self.log.kills if k.scenario in scenarios]


def exit_code(guest, name, may_lose):
    """4 if its recording says that events were lost, where they may be: check_loss() says how many."""
    path = guest.folder / (name if name.endswith(".jsonl") else f"{name}.jsonl")
    lost = path.exists() and read_records(path)[-1].get("lost")
    return 4 if lost and (may_lose or guest.label in PREEMPTING) else 0


def check_loss(guest, name, trace):
    """Nothing is lost; or, where the kernel may leave out a program, a little of kills and writes, which is counted."""
    results, lost, end = guest.results, trace.lost, trace.records[-1]
    bad = [r["id"] for r in trace.ooms if r.get("incomplete") or r.get("victims_missing")]
    if guest.label in PREEMPTING and lost and set(lost) <= {"oom", "victim", "limit", "kill"}:
        results.equal(end.get("lost"), sum(lost.values()), f"{name}: what was left out is counted")
        results.check(len(bad) <= lost.get("oom", 0) and sum(lost.values()) <= len(trace.ooms) // 10,
                      f"{name}: the records that are incomplete, no more than that, and few", (bad, lost))
        return
    results.equal((end.get("lost"), lost), (0, {}), f"{name}: nothing lost")
    results.equal(bad, [], f"{name}: no record is incomplete")


def check_run(guest, traces, said="", may_lose=False):
    results = guest.results
    kernel = guest.session["kernel"]
    results.check(re.match(KERNELS[guest.label], kernel), f"the kernel is {guest.label}'s", kernel)
    timeouts = (guest.folder / "timeouts").read_text().split("\n")
    results.equal([t for t in timeouts if t], [], "the guest waited for nothing in vain")
    results.equal(guest.log.splats, [], "no splat in the kernel's log")
    results.equal(guest.log.unparsed, [], "every kill in the log was understood")
    results.equal(guest.log.lost_in - {"none"}, set(), "nothing missed in the kernel's log")
    for name in traces:
        results.equal(guest.rc(name), exit_code(guest, name, may_lose), f"{name}: exit code")
        heard = guest.said(name)
        if ".verbose." in name:  # which says what is attached for each purpose, a line each
            heard = re.sub(r"(?m)^    [a-z-]+ +\S.*\n", "", heard)
        results.equal(heard, said, f"{name}: nothing else on stderr")


def check_shape(guest, name, trace):
    """The frame that each recording has."""
    results = guest.results
    first, end = trace.records[0], trace.records[-1]
    results.equal((first["type"], end["type"]), ("session", "end"), f"{name}: session to end")
    results.equal(first.get("schema"), 1, f"{name}: schema")
    times = [r["ts_ns"] for r in trace.ooms]
    results.equal(times, sorted(times), f"{name}: records in the order of time")
    killed = sum(not v.get("repeated") for v in trace.victims if v.role != "exiting")
    results.equal((end.get("ooms"), end.get("kills")), (len(trace.ooms), killed),
                  f"{name}: totals of the end record")
    check_loss(guest, name, trace)


def check_plan(results, what, session, plan, has_target, usage=None):
    want = expected_plan(session, plan, has_target, usage=usage)
    got = {entry["purpose"]: entry["attached"] for entry in session["plan"]}
    differ = {key: (got.get(key), want.get(key)) for key in got.keys() | want.keys()
              if got.get(key) != want.get(key)}
    results.check(not differ and got.keys() == want.keys(), f"{what}: probe plan",
                  f"(got, expected): {differ}")


def check_end(results, name, records):
    """A recording of which nothing was lost."""
    end = records[-1]
    results.equal((records[0]["type"], end["type"], end.get("lost")), ("session", "end", 0),
                  f"{name}: from session to end, nothing lost")
