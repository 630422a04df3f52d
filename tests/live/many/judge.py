# SPDX-License-Identifier: GPL-2.0-only
"""Every kill is the kernel log's, and has the history of whichever cgroup it was; nothing else of usage is written, and
memory stays in its bounds."""

from guest import Guest, check_plan, check_run
from kernels import PLAN_KPROBES, all_plan
from oracles import Trace, compare_kills

MIB = 1 << 20
RSS_MAX_KIB = 32 * 1024
LIMIT = 16 * MIB


def check_history(results, name, oom, cgroup):
    history = oom.get("history") or {}
    points = history.get("points", [])
    results.equal((oom["limit_cgroup"]["path"], history.get("cgroup")), (cgroup, cgroup),
                  f"{name}: the history of {cgroup}")
    times = [p[0] for p in points]
    usage = [p[1] for p in points]
    results.check(len(points) >= 3 and times == sorted(times) and times[-1] <= oom["ts_ns"] and
                  times[0] >= oom["ts_ns"] - 10_000_000_000, f"{name}: {cgroup}: points in the ten seconds before",
                  (oom["ts_ns"], points))
    results.check(usage and LIMIT - MIB <= usage[-1] <= LIMIT and any(u < LIMIT * 3 // 4 for u in usage),
                  f"{name}: {cgroup}: usage grows up to the limit", usage)


def check_trace(guest, name, plan, cgroups):
    results = guest.results
    trace = Trace(guest.folder / f"{name}.jsonl")
    session = trace.records[0]
    results.equal(session["target"], {"kind": "all"}, f"{name}: the target")
    check_plan(results, name, session, plan, has_target=False, usage=True)
    compare_kills(results, name, guest.kills(name), trace.kills, guest.slack)
    results.equal(len(trace.ooms), len(cgroups), f"{name}: an OOM for each that was killed")
    for oom, cgroup in zip(trace.ooms, cgroups):
        check_history(results, name, oom, cgroup)
    results.equal([r["type"] for r in trace.records if r["type"] in ("usage", "reclaim", "exit", "start")], [],
                  f"{name}: no usage is written")
    results.equal(trace.end.get("lost"), 0, f"{name}: nothing lost")
    rss = guest.folder / f"{name}.rss"
    if rss.exists():
        results.check(0 < int(rss.read_text()) <= RSS_MAX_KIB, f"{name}: resident memory", rss.read_text())
    return trace


def check_kept(guest):
    """Files were begun and removed after privileges were dropped; the newest tell of the last kills."""
    results = guest.results
    files = sorted(guest.folder.glob("kept-*.jsonl"))
    traces = [Trace(path) for path in files]
    ooms = [oom for trace in traces for oom in trace.ooms]
    told = Trace(guest.folder / "kprobes.jsonl").ooms
    parts = [t.records[0].get("part", 1) for t in traces]
    results.equal({t.records[0]["type"] for t in traces}, {"session"}, "kept: each begins with the session")
    results.check(parts[-1] > 1 and parts == list(range(parts[-1] + 1 - len(files), parts[-1] + 1)) and
                  len(files) == min(parts[-1], 4), "kept: the newest four, or all", (files, parts))
    results.equal(traces[-1].records[-1]["type"], "end", "kept: the last has the end")
    results.equal(ooms, told[len(told) - len(ooms):], "kept: the last OOMs, with their histories")
    results.check(ooms, "kept: an OOM at least", ooms)


def check_wait(guest):
    results = guest.results
    trace = Trace(guest.folder / "wait.jsonl")
    said = "oomtrace: waiting for the cgroup '/sys/fs/cgroup/wait/late'.\n"
    results.equal((guest.rc("wait.jsonl"), guest.said("wait.jsonl")), (0, said), "wait: says what it waits for")
    compare_kills(results, "wait", guest.kills("wait"), trace.kills, guest.slack)
    results.equal(len(trace.ooms), 2, "wait: a kill in each run")
    for oom in trace.ooms:
        check_history(results, "wait", oom, "/wait/late")
    results.equal([r["run"] for r in trace.records if r["type"] == "exit" and r.get("target_gone")], [1],
                  "wait: the end of the first run")
    starts = [r for r in trace.records if r["type"] == "start"]
    results.check(len(starts) == 1 and starts[0]["run"] == 2 and 0 < starts[0].get("pause_ns", 0) < 600_000_000_000,
                  "wait: the second run, and the pause before it", starts)
    results.equal(trace.end.get("lost"), 0, "wait: nothing lost")
    results.equal((guest.rc("never.jsonl"), (guest.folder / "never.jsonl").read_text(), guest.error("never.jsonl")),
                  (0, "", "oomtrace: waiting for the cgroup '/sys/fs/cgroup/never'.\n"
                          "oomtrace: interrupted before the target was there.\n"), "wait: in vain")


def check(run):
    guest = Guest(run, "all.jsonl")
    check_run(guest, ("all.jsonl", "kprobes.jsonl", "room.jsonl"))
    all_killed = [f"/all/k{n}" for n in range(1, 5)] + ["/all/pod"]
    trace = check_trace(guest, "all", all_plan(guest.label), all_killed)
    guest.results.equal(trace.end.get("recorders_given_up"), None, "all: no flight recorder was given up")
    check_trace(guest, "kprobes", PLAN_KPROBES, ["/kprobes/k1", "/kprobes/pod"])
    check_kept(guest)
    check_wait(guest)
    check_trace(guest, "room", all_plan(guest.label), ["/room/k1"])
