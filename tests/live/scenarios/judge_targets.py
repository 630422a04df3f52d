# SPDX-License-Identifier: GPL-2.0-only
"""Traces of a cgroup, of a container, and one that loses events."""

from guest import check_plan, check_shape
from kernels import PLAN_BTF
from oracles import Trace, compare_kills


def check_target(guest):
    """A cgroup as target: the kills in it, all of them, and no others."""
    results = guest.results
    trace = Trace(guest.folder / "target.jsonl")
    check_shape(guest, "target", trace)
    check_plan(results, "target", trace.records[0], PLAN_BTF, has_target=True)
    results.equal(trace.records[0]["target"].get("cgroup"), "/target/in", "target: session")
    inside = [v.log for v in guest.machine.kills if v.get("cgroup") == "/target/in" and v.log]
    results.equal({k.scenario for k in inside}, {"target", "machine"},
                  "target: killed by an ancestor's limit and by the whole machine")
    outside = [v for v in guest.victims("target") if v.get("cgroup") == "/target/out"]
    results.equal(len(outside), 1, "target: its sibling had a kill")
    compare_kills(results, "target", inside, trace.kills, guest.slack)
    paths = {v.oom["limit_cgroup"]["path"] for v in trace.kills if "limit_cgroup" in v.oom}
    results.equal(paths, {"/target"}, "target: the limit that bound is the ancestor's")
    results.equal({e.get("cgroup") for e in trace.exits}, {"/target/in"}, "target: cgroup of each exit")


def check_scopes(guest):
    results = guest.results
    for scenario, status, killed in (("scope-oom", 137, True), ("scope-exit", 3, False)):
        name = f"{scenario}.jsonl"
        trace = Trace(guest.folder / name)
        check_shape(guest, scenario, trace)
        results.equal(guest.rc(name), 0, f"{scenario}: oomtrace ended by itself with 0")
        results.equal(guest.expected[(scenario, "status")], status, f"{scenario}: exit status")
        container = trace.records[0]["target"].get("container", {})
        results.equal((container.get("runtime"), container.get("id", "")[:12]),
                      ("docker", "0123456789ab"), f"{scenario}: container from its cgroup's name")
        last = [e for e in trace.exits if e.get("target_gone")]
        results.equal([e.get("exit_code") for e in last], [status], f"{scenario}: exit record")
        results.equal([e.get("oom_victim") for e in last], [killed], f"{scenario}: oom_victim")
        if killed:
            compare_kills(results, scenario, guest.kills(scenario), trace.kills, guest.slack)
            results.equal([v.get("init") for v in trace.victims], [True], f"{scenario}: the init died")
        else:
            results.equal(len(trace.victims), 0, f"{scenario}: no kill")


def check_tiny(guest):
    """Loss is counted: what came and what was lost are together what the kernel killed."""
    results = guest.results
    trace = Trace(guest.folder / "tiny.jsonl")
    total = len(guest.kills("tiny"))
    lost = trace.lost.get("victim", 0)
    results.equal(guest.rc("tiny.jsonl"), 4, "tiny: exit code 4")
    results.check(trace.end.get("type") == "end" and trace.end.get("lost", 0) > 0,
                  "tiny: the end record has the loss", trace.end)
    results.equal(trace.end.get("lost"), sum(trace.lost.values()), "tiny: sum over the kinds")
    results.check(lost and total > 5, "tiny: victims were lost", f"{lost} of {total}")
    results.equal(len(trace.kills) + lost, total, "tiny: delivered and lost victims are all kills")
    known = {k.pid for k in guest.kills("tiny")}
    results.check({v.tid for v in trace.kills} <= known, "tiny: what came is right")
