# SPDX-License-Identifier: GPL-2.0-only
"""Each SIGKILL has one record, with the sender that sent it, on the way that it took."""

from guest import check_plan
from kernels import PLAN_BTF, PLAN_KPROBES, machine_plan
from oracles import of, read_records

STOP_MS = 1000  # between SIGTERM and SIGKILL of "asked-first", at least
# Pid 1 of a pid namespace: all that a trace of the whole machine tells.
INITS = ("asked-first",)


def read_cases(run):
    keys = ("name", "pid", "way", "sender", "comm", "cgroup")
    return [dict(zip(keys, line.split())) for line in (run.folder / "cases").read_text().splitlines()]


def check_case(results, what, case, records):
    found = [r for r in records if r["pid"] == int(case["pid"])]
    results.equal([r.get("way") for r in found], [case["way"]], f"{what}: one record, and its way")
    if not found or case["sender"] == "-":
        return
    sender = found[0]["sender"]
    results.equal((sender["pid"], sender.get("comm"), sender.get("cgroup"), sender["uid"]),
                  (int(case["sender"]), case["comm"], case["cgroup"], 0), f"{what}: the sender")
    results.equal(found[0].get("by_kernel", False), case["way"] in ("pid-namespace-end", "rlimit"),
                  f"{what}: whether a process asked for it")
    results.check(found[0]["cgroup"].startswith("/target"), f"{what}: the receiver's cgroup", found[0])


def check_stop(results, what, case, records):
    """SIGTERM before it, which an init without a handler ignores."""
    found = [r for r in records if r["pid"] == int(case["pid"])]
    stops = [(r["stop"]["signal"], r["stop"]["ignored"], r["stop"]["sender"])
             for r in found if "stop" in r]
    results.equal(stops, [(15, True, {"pid": int(case["sender"]), "comm": case["comm"]})], f"{what}: the stop signal")
    results.check(all(r["stop"]["before_ns"] >= STOP_MS * 1e6 for r in found if "stop" in r),
                  f"{what}: how long before", found)
    results.equal([r.get("init") for r in found], [True], f"{what}: it is an init")


def check_trace(run, name, plan, has_target, cases):
    results, records = run.results, read_records(run.folder / name)
    kills = of(records, "sigkill")
    check_plan(results, name, records[0], plan, has_target)
    results.equal(sorted(r["pid"] for r in kills), sorted(int(c["pid"]) for c in cases),
                  f"{name}: these SIGKILLs and no others")
    for case in cases:
        check_case(results, f"{name}: {case['name']}", case, kills)
        if case["name"] == "asked-first":
            check_stop(results, f"{name}: {case['name']}", case, kills)
    results.equal((run.folder / f"{name}.rc").read_text().strip(), "0", f"{name}: exit code")
    return records


def check_command_lines(results, cases, records):
    """Those of senders from outside, too, which nobody has read before."""
    by_name = {case["name"]: int(case["pid"]) for case in cases}
    for how in ("tkill", "tgkill", "sigqueue", "pidfd"):
        lines = [r["sender"].get("cmdline") for r in of(records, "sigkill") if r["pid"] == by_name[how]]
        results.equal(lines, [["./ends", "send", how, str(by_name[how])]], f"{how}: the sender's command line")


def check(run):
    results, cases = run.results, read_cases(run)
    least = 13 if run.label == "5.10" else 14
    results.equal(len(cases), least, "all cases were run")
    results.equal((run.folder / "timeouts").read_text(), "", "the guest waited for nothing in vain")
    inits = [c for c in cases if c["name"] in INITS]
    records = check_trace(run, "target.jsonl", PLAN_BTF, True, cases)
    check_trace(run, "kprobes.jsonl", PLAN_KPROBES, True, cases)
    check_trace(run, "machine.jsonl", machine_plan(run.label), False, inits)
    check_command_lines(results, cases, records)
    results.equal(sum(r["killed"] for r in of(records, "oom")), 1, "the OOM killer killed one, told by its victim")
