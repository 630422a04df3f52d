# SPDX-License-Identifier: GPL-2.0-only
"""Each run of a target that comes back: its kill, its end, its return, with its number; and nothing of others."""

from guest import Guest, check_run
from oracles import Trace, compare_kills

RUNS = 6
# Runs in which nothing happens before oomtrace follows them (guest.sh).
FOLLOWED = (1, 2, 4, 6)


def missed_runs(trace):
    """On a busy machine a run can be over before oomtrace looks: then it is counted as lost."""
    return trace.lost.get("run", 0)


def check_restarts(guest):
    results = guest.results
    trace = Trace(guest.folder / "restarts.jsonl")
    kills, missed, lost = guest.kills("restarts"), missed_runs(trace), trace.lost.get("kill", 0)
    told = {v.tid for v in trace.kills}
    results.equal(len(kills), RUNS + 1, "restarts: the kernel's log has a kill for each run, and one beside")
    results.equal(len(trace.kills) + missed + lost, RUNS, "restarts: each kill is told, or counted as lost")
    results.check({kills[n - 1].pid for n in FOLLOWED} <= told, "restarts: the kill of each run that was followed",
                  [k.pid for k in kills])
    results.equal({v.get("cgroup") for v in trace.victims}, {"/services/web"}, "restarts: the target's alone")
    starts = [r["run"] for r in trace.records if r["type"] == "start"]
    ends = [r.get("run") for r in trace.records if r["type"] == "exit" and r.get("target_gone")]
    results.check(set(FOLLOWED) <= set(ends), "restarts: the runs that were followed", ends)
    results.equal(ends, [1] + starts, "restarts: each start has its end, with the same number")
    results.equal((len(ends) + missed, ends[-1:]), (RUNS, [RUNS]), "restarts: all runs, by their numbers")
    compare_kills(results, "restarts", [k for k in kills[:RUNS] if k.pid in told], trace.kills, guest.slack)
    results.equal(trace.end.get("lost"), missed + lost, "restarts: nothing else lost")


def check_until_exit(guest):
    results = guest.results
    trace = Trace(guest.folder / "until-exit.jsonl")
    results.equal(guest.rc("until-exit.jsonl"), 0, "until-exit: ends with its target")
    results.equal(trace.end.get("reason"), "the cgroup is empty", "until-exit: and says so")
    results.equal(len(trace.kills), 1, "until-exit: one kill")


def check_refused(guest):
    results = guest.results
    last = [r for r in Trace(guest.folder / "refused.jsonl").records if r.get("target_gone")]
    count = guest.expected[("refused", "count")]
    results.check(count > 0, "refused: the limit of processes was reached", count)
    results.equal([r.get("refusals") for r in last], [[{"file": "pids.max", "max": 4, "count": count}]],
                  "refused: how often, as the kernel counts")


def check(run):
    guest = Guest(run, "restarts.jsonl")
    check_run(guest, ("restarts.jsonl", "refused.jsonl", "at-once.out"), may_lose=True)
    check_restarts(guest)
    check_until_exit(guest)
    check_refused(guest)
    guest.results.equal((guest.folder / "at-once.out").read_text().count("is gone (run 1)"), 1,
                        "at-once: the target is said to have gone")
