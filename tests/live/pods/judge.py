# SPDX-License-Identifier: GPL-2.0-only
"""A container of a pod, killed and made again: each start and end by its name, with its number, until the pod goes."""

import subprocess

from guest import Guest, check_run, check_shape
from oracles import Trace, compare_context, compare_kills
from results import guarded

RUNS = 3
NAME, SIDE = "shop/web-0/app", "shop/web-0/side"


def container(record):
    got = record.get("container") or {}
    return got.get("runtime"), got.get("id"), got.get("name")


def ends_of(trace, name):
    return [r for r in trace.exits if r.get("target_gone") and container(r)[2] == name]


def verdict(guest, name):
    report = subprocess.run([guest.run.oomtrace, "report", guest.folder / name], capture_output=True, text=True,
                            check=False).stdout
    return report.partition("\n\n")[0].replace("\n", " ")


def check_kills(guest, name, kills, ids):
    """Two of each start: a child of its init, then its init."""
    results, trace = guest.results, Trace(guest.folder / name)
    check_shape(guest, name, trace)
    compare_kills(results, name, kills, trace.kills, guest.slack)
    compare_context(results, name, trace.kills)
    results.equal([container(v.record) for v in trace.kills],
                  [("containerd", i, NAME) for i in ids for _ in range(2)], f"{name}: the victims' container")
    return trace


def check_runs(results, name, trace, ids):
    ends = ends_of(trace, NAME)
    results.equal([(e["run"], container(e)[1], e.get("exit_code"), e.get("oom_victim")) for e in ends],
                  [(n + 1, i, 137, True) for n, i in enumerate(ids)], f"{name}: each end, with its number")
    starts = [r for r in trace.records if r["type"] == "start" and r["run"] > 1]
    results.equal([(r["run"], container(r)) for r in starts],
                  [(n + 1, ("containerd", i, NAME)) for n, i in enumerate(ids) if n],
                  f"{name}: each return, with its number and the new id")
    results.check(all(r.get("pause_ns", 0) > 0 for r in starts), f"{name}: the pause before each return",
                  [r.get("pause_ns") for r in starts])


def check_by_name(guest, kills, ids):
    results = guest.results
    trace = check_kills(guest, "name.jsonl", kills, ids)
    results.equal(container(trace.records[0]["target"]), ("containerd", ids[0], NAME), "name.jsonl: the target")
    check_runs(results, "name.jsonl", trace, ids)
    results.equal(trace.end.get("reason"), "the pod is gone", "name.jsonl: it ends with the pod")
    told = verdict(guest, "name.jsonl")
    results.check(told.startswith(f"containerd {NAME} ended 3 times, 3 of them OOM-killed; it lost 6 processes in 6 "
                                  "OOMs to the OOM killer: its own limit of 32.0 MiB"), "name.jsonl: the verdict", told)


def check_by_pattern(guest, kills, ids):
    results = guest.results
    trace = check_kills(guest, "pattern.jsonl", kills, ids)
    check_runs(results, "pattern.jsonl", trace, ids)
    results.equal([(e["run"], container(e)[1], e.get("oom_victim", False)) for e in ends_of(trace, SIDE)],
                  [(1, guest.expected[("pods", "side")], False)], "pattern.jsonl: the other container's one end")
    told = verdict(guest, "pattern.jsonl")
    results.check(f"containerd {NAME} ended 3 times, 3 of them OOM-killed; it lost 6 processes in 6 OOMs" in told,
                  "pattern.jsonl: the verdict", told)


def check_by_pod(guest, kills, ids):
    results = guest.results
    trace = check_kills(guest, "pod.jsonl", kills, ids)
    target = trace.records[0]["target"]
    results.equal((target["cgroup"], (target.get("container") or {}).get("runtime")),
                  (guest.expected[("pods", "parent")], "kubernetes-pod"), "pod.jsonl: the target is the pod's cgroup")
    results.equal(len([e for e in trace.exits if e.get("target_gone")]), 1, "pod.jsonl: it ends once, with the pod")
    told = verdict(guest, "pod.jsonl")
    results.check(f"containerd {NAME} was OOM-killed: its own limit of 32.0 MiB" in told and
                  "they were in 3 containers of that name" in told, "pod.jsonl: the verdict", told)


def check_by_id(guest, kills, ids):
    """An id is one container's: what is made in its place has another."""
    results = guest.results
    trace = check_kills(guest, "id.jsonl", kills[:2], ids[:1])
    results.equal(trace.end.get("reason"), "the container is gone", "id.jsonl: it ends with that container")


def check_machine(guest, kills, ids):
    check_kills(guest, "machine.jsonl", kills, ids)
    told = verdict(guest, "machine.jsonl")
    guest.results.check(f"containerd {NAME} was OOM-killed: its own limit of 32.0 MiB" in told and
                        "they were in 3 containers of that name" in told,
                        "machine.jsonl: the verdict", told)


def check(run):
    guest = Guest(run, "machine.jsonl")
    results = guest.results
    check_run(guest, ("machine.jsonl", "name.jsonl", "pod.jsonl", "pattern.jsonl", "id.jsonl"))
    ids, kills = guest.expected[("pods", "ids")], guest.kills("pods")
    results.equal((len(set(ids)), len(kills)), (RUNS, 2 * RUNS), "three containers, two kills in each")
    results.equal([guest.expected[("pods", f"status{n}")] for n in range(1, RUNS + 1)], ["137 OOMKilled"] * RUNS,
                  "what the runtime says of each")
    for part in (check_by_name, check_by_pattern, check_by_pod, check_by_id, check_machine):
        guarded(results, part, guest, kills, ids)
