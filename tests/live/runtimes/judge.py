# SPDX-License-Identifier: GPL-2.0-only
"""A container of each runtime: found by each of its names, told by its name, its init's end and its returns."""

import subprocess

from guest import Guest, check_run, check_shape
from oracles import Trace, compare_context, compare_kills, read_records
from results import guarded

MIB = 1 << 20
# What the records call the runtime, and whether a name goes with the id. The cgroups of those that have ids of any form
# say nothing of a container: a trace of the machine has none for them.
RUNTIMES = {
    "podman_root": ("podman", True, True),
    "podman_user": ("podman", True, True),
    "crun": ("oci", False, True),
    "containerd": ("containerd", False, False),
    "nspawn": ("systemd-nspawn", False, True),
    "lxc": ("lxc", False, True),
}


def container(record):
    got = record.get("container") or {}
    return got.get("runtime"), got.get("id"), got.get("name")


def check_found(guest, runtime, want):
    results = guest.results
    words = ["name"] if want[1] == guest.expected[(runtime, "name")] else ["name", "id", "short"]
    for word in words:
        name = f"cli/{runtime}-{word}"
        results.equal((guest.rc(name), guest.error(name)), (0, ""), f"{runtime}: found by its {word}, quietly")
        records = read_records(guest.folder / f"{name}.out")
        results.equal(container(records[0]["target"]) if records else None, want,
                      f"{runtime}: the session's container, by its {word}")


def check_report(guest, runtime, want):
    """The verdict's first line names it, with the runtime's own name, and says how its init ended."""
    results = guest.results
    report = subprocess.run([guest.run.oomtrace, "report", guest.folder / f"{runtime}.jsonl"], capture_output=True,
                            text=True, check=False).stdout
    first = report.splitlines()[0] if report else ""
    shown = f"{want[0]} {want[2] or want[1]} " if want else guest.expected[(runtime, "cgroup")]
    results.check(first.startswith(shown) and "was OOM-killed" in first, f"{runtime}: the verdict", first)
    results.check("its own limit of 32.0 MiB" in first and "2 processes in 2 OOMs killed" in first,
                  f"{runtime}: the verdict's limit and number", first)


def check_runtime(guest, runtime):
    results = guest.results
    kind, has_name, in_path = RUNTIMES[runtime]
    name, full_id = guest.expected[(runtime, "name")], guest.expected[(runtime, "id")]
    want = (kind, full_id, name if has_name else None)
    check_found(guest, runtime, want)
    trace, kills = Trace(guest.folder / f"{runtime}.jsonl"), guest.kills(runtime)
    check_shape(guest, runtime, trace)
    results.equal(len(kills), 2, f"{runtime}: two kills in the kernel's log")
    compare_kills(results, runtime, kills, trace.kills, guest.slack)
    compare_context(results, runtime, trace.kills)
    in_tree = want if in_path else (None, None, None)
    results.equal([container(v.record) for v in trace.kills], [in_tree] * 2, f"{runtime}: the victims' container")
    results.equal([v.get("init") for v in trace.kills], [False, True], f"{runtime}: its init died last")
    last = [e for e in trace.exits if e.get("target_gone")]
    results.equal([(e.get("exit_code"), e.get("oom_victim"), container(e)) for e in last], [(137, True, want)],
                  f"{runtime}: its end")
    tids = {k.pid for k in kills}
    machine = [container(v.record) for v in guest.main.kills if v.tid in tids]
    results.equal(machine, [in_tree] * 2, f"{runtime}: in the trace of the machine")
    check_report(guest, runtime, want if in_path else None)


def check_raised(guest):
    results = guest.results
    old, raised = [32 * MIB] * 2, [128 * MIB] * 2
    got = [guest.expected[("raised", key)] for key in ("before", "during", "after")]
    results.equal(got, [old, raised, old], "raised: both of crun's limits, raised and put back")
    results.equal(guest.expected[("raised", "result")], 0, "raised: what needs more than the old limit ran")
    results.equal(guest.kills("raised"), [], "raised: no kill")


def check_restarts(guest):
    results = guest.results
    trace = Trace(guest.folder / "restarts.jsonl")
    compare_kills(results, "restarts", guest.kills("restarts"), trace.kills, guest.slack)
    ends = [e for e in trace.exits if e.get("target_gone")]
    results.equal([(e.get("run"), e.get("exit_code"), e.get("oom_victim")) for e in ends],
                  [(n, 137, True) for n in (1, 2, 3)], "restarts: three ends, each killed by the OOM killer")
    results.equal([r["run"] for r in trace.records if r["type"] == "start"], [2, 3], "restarts: two returns")
    results.equal({v.get("container", {}).get("name") for v in trace.victims}, {"restarts"},
                  "restarts: the container's name, whichever run")


def check(run):
    guest = Guest(run, "machine.jsonl")
    check_run(guest, ("machine.jsonl", *(f"{runtime}.jsonl" for runtime in RUNTIMES), "restarts.jsonl"))
    for runtime in RUNTIMES:
        guarded(guest.results, check_runtime, guest, runtime)
    for part in (check_raised, check_restarts):
        guarded(guest.results, part, guest)
