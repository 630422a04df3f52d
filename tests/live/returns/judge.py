# SPDX-License-Identifier: GPL-2.0-only
"""Each run of a target that comes back: its kill, its end, its return, with its number; and nothing of others."""

from guest import Guest, check_run
from oracles import Trace, compare_kills

RUNS = 6


def check_restarts(guest):
    results = guest.results
    trace = Trace(guest.folder / "restarts.jsonl")
    kills = guest.kills("restarts")
    results.equal(len(kills), RUNS + 1, "restarts: the kernel's log has a kill for each run, and one beside")
    compare_kills(results, "restarts", kills[:RUNS], trace.kills, guest.slack)
    results.equal({v.get("cgroup") for v in trace.victims}, {"/services/web"}, "restarts: the target's alone")
    told = [(r["type"], r.get("run")) for r in trace.records
            if r["type"] == "start" or (r["type"] == "exit" and r.get("target_gone"))]
    expected = [("exit", 1)]
    for run in range(2, RUNS + 1):
        expected += [("start", run), ("exit", run)]
    results.equal(told, expected, "restarts: each end and each start, with its number")
    ids = {r["cgroup_id"] for r in trace.records if r["type"] == "start"}
    results.equal(len(ids), RUNS - 1, "restarts: each is another cgroup")
    results.equal(trace.end.get("lost"), 0, "restarts: nothing lost")
    text = (guest.folder / "restarts.out").read_text()
    results.equal([text.count(f"is gone (run {n})") for n in range(1, RUNS + 1)], [1] * RUNS,
                  "restarts: each end, in the text")
    results.equal([text.count(f"is back (run {n})") for n in range(2, RUNS + 1)], [1] * (RUNS - 1),
                  "restarts: each start, in the text")


def check_until_exit(guest):
    results = guest.results
    trace = Trace(guest.folder / "until-exit.jsonl")
    results.equal(guest.rc("until-exit.jsonl"), 0, "until-exit: ends with its target")
    results.equal(trace.end.get("reason"), "the cgroup is empty", "until-exit: and says so")
    results.equal(len(trace.kills), 1, "until-exit: one kill")


def check(run):
    guest = Guest(run, "restarts.jsonl")
    check_run(guest, ("restarts.jsonl", "restarts.out", "at-once.out"))
    check_restarts(guest)
    check_until_exit(guest)
    guest.results.equal((guest.folder / "at-once.out").read_text().count("is gone (run 1)"), 1,
                        "at-once: the target is said to have gone")
