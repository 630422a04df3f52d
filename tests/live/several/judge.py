# SPDX-License-Identifier: GPL-2.0-only
"""Each kill in a target is told, with its history, and none in others; each run of each is told, with its number."""

from guest import Guest, check_plan, check_run
from kernels import PLAN_BTF, PLAN_KPROBES
from oracles import Trace, compare_kills

RUNS = 4
WEB1, DB, WEB2 = (f"/several/machine.slice/machine-{name}.scope" for name in ("web1", "db", "web2"))
# In the order of the guest's script.
KILLED = (["/several/api.service"] + [WEB1] * RUNS + ["/several/web1"] * RUNS +
          [DB, f"{WEB2}/inner", "/several/late/deep", "/several/late/wide"])
OTHERS = 3  # kills
# Whose limits are written.
LIMITED = set(KILLED) | {"/several"}
RUNS_OF = {"/several/api.service": 1, WEB1: RUNS, "/several/web1": RUNS, DB: 1, WEB2: 1,
           "/several/late/deep": 1, "/several/late/wide": 1}
SAID = ("oomtrace: waiting for the container 'db'.\n"
        "oomtrace: waiting for cgroups like '/several/late/*'.\n")
WORDS = ("--container web* --container db --cgroup /sys/fs/cgroup/several/web1 --cgroup *.service "
         "--cgroup /several/late/*")


def check_histories(results, name, trace):
    """Of a cgroup that was killed as soon as it was made, oomtrace may not have seen usage yet."""
    sure = {"/several/api.service", WEB1, "/several/web1"}
    for oom in trace.ooms:
        cgroup, history = oom["limit_cgroup"]["path"], oom.get("history")
        if not history and cgroup not in sure:
            continue
        points = (history or {}).get("points", [])
        results.equal((history or {}).get("cgroup"), cgroup, f"{name}: the history of {cgroup}")
        results.check(points and points[-1][1] >= 14 << 20 and points[0][0] >= oom["ts_ns"] - 10_000_000_000,
                      f"{name}: {cgroup}: up to the limit, in the ten seconds before", points)
        sure.discard(cgroup)
    results.equal(sure, set(), f"{name}: the kills in those that were there")


def check_near(results, name, trace):
    near = [r for r in trace.records if r["type"] == "near-limit"]
    hooks = [r for r in trace.records if r["type"] == "hook"]
    results.check("/several/api.service" in {r.get("cgroup") for r in near} <= set(KILLED),
                  f"{name}: the mark is passed in targets alone", near)
    results.equal((sorted(r.get("cgroup", "") for r in hooks), {r["result"] for r in hooks}),
                  (sorted(r.get("cgroup", "") for r in near), {"ended"}), f"{name}: and the hook is run")
    for hook in hooks:
        is_container = "/machine.slice/" in hook.get("cgroup", "")
        results.check("frozen_ns" in hook or "not_frozen" in hook if is_container else
                      "not_frozen" in hook and "frozen_ns" not in hook,
                      f"{name}: what is held still is a container", hook)


def check_runs(results, name, trace):
    starts, ends, order = {}, {}, []
    for record in trace.records:
        cgroup = record.get("cgroup")
        if record["type"] == "start":
            starts.setdefault(cgroup, []).append(record)
            order.append((cgroup, record["run"], "start"))
        elif record.get("target_gone"):
            ends.setdefault(cgroup, []).append(record)
            order.append((cgroup, record["run"], "end"))
    for cgroup, runs in RUNS_OF.items():
        numbers = list(range(1, runs + 1))
        results.equal([r["run"] for r in starts.get(cgroup, [])], numbers, f"{name}: each start of {cgroup}")
        if runs > 1:
            results.equal([r["run"] for r in ends.get(cgroup, [])], numbers, f"{name}: each end of {cgroup}")
            results.equal([step for step in order if step[0] == cgroup],
                          [(cgroup, n, what) for n in numbers for what in ("start", "end")],
                          f"{name}: {cgroup}: each ends before the next is told")
            results.check(all(0 < r.get("pause_ns", 0) < 600_000_000_000 for r in starts[cgroup][1:]),
                          f"{name}: {cgroup}: the pauses", starts[cgroup])
    results.equal(set(starts) | set(ends), set(RUNS_OF), f"{name}: and of no others")


def check_trace(guest, name, plan):
    results = guest.results
    trace = Trace(guest.folder / f"{name}.out.jsonl")
    session = trace.records[0]
    results.equal(session["target"], {"kind": "many", "name": WORDS}, f"{name}: the target")
    check_plan(results, name, session, plan, has_target=True, usage=True)
    logged = guest.kills(name)
    told = {v.tid for v in trace.kills}
    results.equal(len(logged), len(KILLED) + OTHERS, f"{name}: the kills that there were")
    compare_kills(results, name, [k for k in logged if k.pid in told], trace.kills, guest.slack)
    results.equal([v.get("cgroup") for v in trace.victims], KILLED, f"{name}: the kills in the targets, and no others")
    check_histories(results, name, trace)
    if name == "btf":
        check_near(results, name, trace)
    check_runs(results, name, trace)
    limits = [(r["cgroup"], r["new_max_bytes"]) for r in trace.records
              if r["type"] == "limit" and r["new_max_bytes"] != 16 << 20]
    results.equal(limits, [("/several", 200 << 20), ("/several/api.service", 15 << 20)],
                  f"{name}: writes of limits, of a target and above one")
    results.equal({r["cgroup"] for r in trace.records if r["type"] == "limit"}, LIMITED,
                  f"{name}: also of those that come, and of no others")
    results.equal([r["type"] for r in trace.records if r["type"] in ("usage", "reclaim")], [],
                  f"{name}: no usage is written")
    results.equal(trace.end.get("lost"), 0, f"{name}: nothing lost")


def check_cli(guest):
    results = guest.results

    def ran(name):
        text = {end: (guest.folder / "cli" / f"{name}.{end}").read_text() for end in ("rc", "out", "err")}
        return int(text["rc"]), text["out"], text["err"]

    code, out, err = ran("none")
    results.check((code, out) == (1, "") and "--cgroup '/not-there'" in err, "cli: which cgroup isn't there", err)
    code, out, err = ran("nobody")
    results.check((code, out) == (1, "") and "no container is called 'nobody'" in err, "cli: which container", err)
    code, out, err = ran("plan")
    results.check(code == 0 and "watching --cgroup /quiet --container web*" in out and "cgroup_mkdir" in out,
                  "cli: --dry-run", (out, err))


def check_service(guest):
    results = guest.results
    stored = sorted(name.split("_", 1)[1] for name in (guest.folder / "stored").read_text().split())
    lines = [line for line in (guest.folder / "service.out").read_text().split("\n") if "killed" in line]
    results.equal(stored, ["late.jsonl.zst", "web1.jsonl.zst"], "service: an incident of each target, and no other")
    results.check(any("/several/web1" in line for line in lines) and any("/several/late" in line for line in lines) and
                  not any("/several/other" in line for line in lines), "service: a line for each", lines)


def check(run):
    guest = Guest(run, "btf.out.jsonl")
    check_run(guest, ("btf.out", "kprobes.out"), said=SAID)
    check_cli(guest)
    check_trace(guest, "btf", PLAN_BTF)
    check_trace(guest, "kprobes", PLAN_KPROBES)
    check_service(guest)
