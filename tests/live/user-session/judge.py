# SPDX-License-Identifier: GPL-2.0-only
"""Each whole-machine OOM leaves all processes of oomtrace alive, and its recording has the kill."""

from limit_traces import check_timeouts
from oracles import Log, Trace, read_records

SIGKILLED = 137
LATE, NEVER = -500, -1000


def check_session(run, session, kills):
    results, n = run.results, session["n"]
    before = dict(session["before"])
    before.pop("oomtrace-args", None)  # it ends by itself, soon after the beginning
    results.check("oomtrace" in before and "oomtrace-maps" in before, f"{n}: oomtrace and its helpers run", before)
    results.check(before.get("oomtrace") == LATE and max(before.values()) <= 0,
                  f"{n}: none keeps the 200 of the session", before)
    results.check(before.keys() <= dict(session["after"]).keys(), f"{n}: all of them outlive it", session)
    results.equal(session["status"], SIGKILLED, f"{n}: the program that took the memory was killed")
    trace = Trace(run.folder / f"oom-{n}.jsonl")
    results.equal([v.tid for v in trace.kills], [k.pid for k in kills], f"{n}: the kills are the kernel log's")
    results.equal({o["constraint"] for o in trace.ooms}, {"none"}, f"{n}: of the whole machine")
    results.equal((trace.end.get("type"), trace.end.get("lost")), ("end", 0), f"{n}: to its end, nothing lost")


def check(run):
    check_timeouts(run)
    expected = {r["key"]: r["value"] for r in read_records(run.folder / "expect.jsonl")}
    log, sessions = Log(run.folder / "kmsg.log"), read_records(run.folder / "sessions.jsonl")
    run.results.equal(len(sessions), expected["ooms"], "as many OOMs as were asked for")
    for session in sessions:
        kills = [k for k in log.kills if k.scenario == f"oom-{session['n']}"]
        run.results.check(kills, f"{session['n']}: the kernel's log has a kill")
        check_session(run, session, kills)
    run.results.equal([k.comm for k in log.kills if k.comm.startswith("oomtrace")], [], "oomtrace is no victim")
