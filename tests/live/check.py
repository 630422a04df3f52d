#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""check.py [--docker|--v1] OUTDIR KERNEL_LABEL

Judges what guest.sh (docker-guest.sh; guest.sh v1) left in OUTDIR: holds oomtrace's records
against what the kernel itself says of each kill (its log; memory.events) and against what the
workloads say of themselves. Prints a line for each check and at the end "N passed, N failed, N
skipped"; exits with 1 if anything failed.

Nothing to compare is a failure, not a success.
"""

import re
import sys
from pathlib import Path

from oracles import (Log, Results, Slack, Trace, compare_context, compare_kills, parse_records, read_counters,
                     read_records)

from recordings import check_report, check_schema, report

MIB = 1 << 20
BATCHES = 2 * 64 * 4096  # that two CPUs have charged in advance

# What the kernel of a label calls itself.
KERNELS = {
    "5.10old": r"5\.10\.0-30-",
    "5.10": r"5\.10\.",
    "6.1": r"6\.1\.",
    "6.12": r"6\.12\.",
    "6.1x": r"6\.1[678]\.",
    "backports": r"(7|[1-9]\d)\.",
    "sid": r"(7|[1-9]\d)\.",
}

# Purpose: what is attached for it, by a BTF-typed program and with --force-kprobes. The first is
# what every kernel of the matrix must get: a silent fallback is a failure.
PLAN = {
    "oom-begin": ("fentry out_of_memory", "kprobe out_of_memory"),
    "oom-end": ("fexit out_of_memory", "kretprobe out_of_memory"),
    "oom-kill": ("fentry oom_kill_process", "kprobe oom_kill_process"),
    "victim-kill": ("fentry __oom_kill_process", "kprobe __oom_kill_process"),
    "victim-mark": ("fentry mark_oom_victim", "kprobe mark_oom_victim"),
    "victim-shares-mm": ("fentry do_send_sig_info", "kprobe do_send_sig_info"),
    "exit": ("tp_btf sched_process_exit", "raw_tp sched_process_exit"),
    "cmdline": ("tp_btf sched_process_exec", "raw_tp sched_process_exec"),
    "max-write-begin": ("fentry memory_max_write", "kprobe memory_max_write"),
    "max-write-end": ("fexit memory_max_write", "kretprobe memory_max_write"),
    "high-write-begin": ("fentry memory_high_write", "kprobe memory_high_write"),
    "high-write-end": ("fexit memory_high_write", "kretprobe memory_high_write"),
    "swap-write-begin": ("fentry swap_max_write", "kprobe swap_max_write"),
    "swap-write-end": ("fexit swap_max_write", "kretprobe swap_max_write"),
    "stacks": ("fexit page_counter_try_charge", "kprobe page_counter_try_charge"),
    "reclaim": ("tp_btf mm_vmscan_memcg_reclaim_end", "raw_tp mm_vmscan_memcg_reclaim_end"),
    "reclaim-begin": ("fentry try_to_free_mem_cgroup_pages", "kprobe try_to_free_mem_cgroup_pages"),
    "throttle-begin": ("fentry mem_cgroup_handle_over_high", "kprobe mem_cgroup_handle_over_high"),
    "throttle-end": ("fexit mem_cgroup_handle_over_high", "kretprobe mem_cgroup_handle_over_high"),
    "usage-read": ("fentry memory_current_read", "kprobe memory_current_read"),
    "cgroup-online": ("fentry mem_cgroup_css_online", "kprobe mem_cgroup_css_online"),
    "charge": ("fentry page_counter_try_charge", "kprobe page_counter_try_charge"),
    "uncharge": ("fentry page_counter_uncharge", "kprobe page_counter_uncharge"),
    "cgroup-offline": ("fentry mem_cgroup_css_offline", "kprobe mem_cgroup_css_offline"),
}
PLAN_BTF = {purpose: label for purpose, (label, _) in PLAN.items()}
PLAN_KPROBES = {purpose: label for purpose, (_, label) in PLAN.items()}
# Where attaching the first fentry program waits (5.15 to 6.6), a trace of the whole machine has kprobes
# for functions, and BTF-typed programs for tracepoints.
PLAN_SHARED = {purpose: kprobe if "probe " in kprobe else btf
               for purpose, (btf, kprobe) in PLAN.items()}
PLAN_SHARED_LABELS = ("6.1",)
# These preempt tasks, and may leave out a program meanwhile: docs/causes.md.
PREEMPTING_LABELS = ("backports", "sid")
# Only with a target: how its processes end, and writes of limits that never kill.
PLAN_TARGET_ONLY = ("exit", "high-write-begin", "high-write-end", "swap-write-begin",
                    "swap-write-end")
# Only with --stacks; tests/live/stacks.py looks for it there.
PLAN_STACKS_ONLY = ("stacks",)
# Only with a target on cgroup v2, whose usage is recorded.
PLAN_USAGE_ONLY = ("reclaim-begin", "throttle-begin", "throttle-end", "usage-read", "cgroup-online",
                   "charge", "uncharge", "cgroup-offline")
# Functions that have another name from a version on.
RENAMED_FROM_6_18 = {"throttle-begin": "__mem_cgroup_handle_over_high",
                     "throttle-end": "__mem_cgroup_handle_over_high"}


def read_who(path):
    """
    What the workloads said of themselves, each in one write(). One that is killed inside of it leaves what fits
    into the file's last page, and the next one's line goes on from there.
    """
    data = path.read_bytes()
    for at in reversed(range(4096, len(data) + 1, 4096)):
        begin, rest = data.rfind(b"\n", 0, at) + 1, data[at:]
        if begin < at and (not rest or rest.startswith(b'{"scenario"')):
            data = data[:begin] + rest
    return parse_records(data, path.name)


class Guest:
    """What either guest left."""

    def __init__(self, folder, label, main):
        self.folder = folder
        self.label = label
        self.results = Results()
        self.log = Log(folder / "kmsg.log")
        self.expected = {(r["scenario"], r["key"]): r["value"]
                         for r in read_records(folder / "expect.jsonl")}
        self.main = Trace(folder / main)
        self.session = self.main.records[0]
        self.slack = Slack(self.session, self.expected[("", "cpus")])

    def rc(self, name):
        path = self.folder / f"{name}.rc"
        return int(path.read_text()) if path.exists() else None

    def error(self, name):
        path = self.folder / f"{name}.err"
        return path.read_text("utf-8", "replace") if path.exists() else None

    def output(self, name):
        path = self.folder / f"{name}.out"
        return path.read_text("utf-8", "replace") if path.exists() else None

    def kills(self, *scenarios):
        return [k for k in self.log.kills if k.scenario in scenarios]


# ---- the guest without a runtime ----

class BareGuest(Guest):
    """The guest without a container runtime, guest.sh."""

    def __init__(self, folder, label):
        super().__init__(folder, label, "machine.jsonl")
        self.who = read_who(folder / "who.jsonl")
        self.slack.holding = {w["tid"] for w in self.who if w["state"] == "holding"}
        self.machine = self.main

    def victims(self, scenario):
        """Of the machine's trace: those of its runs that have a kill of this scenario, in order."""
        return [v for v in self.machine.victims if scenario in
                {w.log.scenario for w in self.machine.victims if w.oom is v.oom and w.log}]

    def only_victim(self, scenario):
        victims = self.victims(scenario)
        self.results.equal(len(victims), 1, f"{scenario}: one victim")
        return victims[0] if victims else None

    def pids(self, scenario, role):
        return {w["pid"] for w in self.who if (w["scenario"], w["role"]) == (scenario, role)}


def exit_code(guest, name):
    """4 if its recording says that events were lost; check_loss() says whether they may."""
    path = guest.folder / (name if name.endswith(".jsonl") else f"{name}.jsonl")
    lost = path.exists() and read_records(path)[-1].get("lost")
    return 4 if lost else 0


def check_loss(guest, name, trace):
    """Nothing is lost; or, where the kernel may leave out a program, a little of OOMs and writes, which is counted."""
    results, lost, end = guest.results, trace.lost, trace.records[-1]
    bad = [r["id"] for r in trace.ooms if r.get("incomplete") or r.get("victims_missing")]
    if guest.label in PREEMPTING_LABELS and lost and set(lost) <= {"oom", "limit"}:
        results.equal(end.get("lost"), sum(lost.values()), f"{name}: what was left out is counted")
        results.check(len(bad) <= lost.get("oom", 0) and sum(lost.values()) <= len(trace.ooms) // 10,
                      f"{name}: the records that are incomplete, no more than that, and few", (bad, lost))
        return
    results.equal((end.get("lost"), lost), (0, {}), f"{name}: nothing lost")
    results.equal(bad, [], f"{name}: no record is incomplete")


def check_run(guest, traces, said=""):
    results = guest.results
    kernel = guest.session["kernel"]
    results.check(re.match(KERNELS[guest.label], kernel), f"the kernel is {guest.label}'s", kernel)
    timeouts = (guest.folder / "timeouts").read_text().split("\n")
    results.equal([t for t in timeouts if t], [], "the guest waited for nothing in vain")
    results.equal(guest.log.splats, [], "no splat in the kernel's log")
    results.equal(guest.log.unparsed, [], "every kill in the log was understood")
    results.equal(guest.log.lost_in - {"none"}, set(), "nothing missed in the kernel's log")
    for name in traces:
        results.equal(guest.rc(name), exit_code(guest, name), f"{name}: exit code")
        results.equal(guest.error(name), said, f"{name}: nothing else on stderr")


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


def machine_plan(guest):
    return PLAN_SHARED if guest.label in PLAN_SHARED_LABELS else PLAN_BTF


def check_plan(results, what, session, expected, has_target, on_v1=False):
    off = () if has_target else PLAN_TARGET_ONLY
    off += () if has_target and not on_v1 else PLAN_USAGE_ONLY
    off += PLAN_STACKS_ONLY
    want = {key: None if key in off else label for key, label in expected.items()}
    if tuple(map(int, session["kernel"].split(".")[:2])) >= (6, 18):
        for key, function in RENAMED_FROM_6_18.items():
            if want[key]:
                want[key] = f"{want[key].split()[0]} {function}"
    got = {entry["purpose"]: entry["attached"] for entry in session["plan"]}
    differ = {key: (got.get(key), want.get(key)) for key in got.keys() | want.keys()
              if got.get(key) != want.get(key)}
    results.check(not differ and got.keys() == want.keys(), f"{what}: probe plan",
                  f"(got, expected): {differ}")


def check_counters(guest):
    """memory.events of each cgroup against the victims in it."""
    results = guest.results
    problems, compared = [], 0
    for path in sorted(guest.folder.glob("events/*/**/memory.events*")):
        if not path.stat().st_size:
            continue
        scenario, *names = path.parent.relative_to(guest.folder / "events").parts
        cgroup = "/" + "/".join(names)
        # the two scenarios in /target share its cgroups
        scenarios = ("target", "machine") if scenario == "machine" else (scenario,)
        kills = [v for v in guest.machine.kills if v.log and v.log.scenario in scenarios]
        if path.name == "memory.events":
            seen = [v for v in kills if ((v.get("cgroup") or "") + "/").startswith(cgroup + "/")]
        else:
            seen = [v for v in kills if v.get("cgroup") == cgroup]
        counted = read_counters(path)["oom_kill"]
        compared += bool(counted or seen)
        if counted != len(seen):
            problems.append(f"{cgroup}: {path.name} has {counted}, oomtrace {len(seen)}")
    results.none(problems, "memory.events: oom_kill equals the kills in each cgroup", compared)


def check_cgroups(guest):
    """Where each victim was, as it said itself before."""
    cgroups = {(w["scenario"], w["tid"]): w["cgroup"] for w in guest.who}
    problems, compared = [], 0
    for victim in guest.machine.victims:
        scenario = victim.log.scenario if victim.log else None
        want = cgroups.get((scenario, victim.tid))
        if want is None:
            continue
        compared += 1
        if victim.get("cgroup") != want:
            problems.append(f"pid {victim.pid}: {victim.get('cgroup')}, not {want}")
    guest.results.none(problems, "cgroup of each victim as it saw it itself", compared)


def check_cmdlines(guest):
    """A command line may be unknown, but never another process's."""
    known = [v for v in guest.machine.victims if v.get("cmdline")]
    wrong = [f"pid {v.pid}: {v.cmdline}, from {v.get('cmdline_source')}" for v in known
             if v.cmdline[0] != "/oomtrace/workload"]
    guest.results.none(wrong, "command lines are the victims' own", len(known))


def check_lineage(guest):
    """Command lines of forks whose parents died with them, with nothing left to read in /proc."""
    results = guest.results
    results.equal(guest.rc("lineage.jsonl"), 0, "lineage.jsonl: exit code 0")
    seen = {v.pid for v in guest.victims("lineage")}
    results.equal(seen, guest.pids("lineage", "lineage") | guest.pids("lineage", "worker"),
                  "lineage: all its processes")
    results.equal(len(seen), 5, "lineage: five victims")
    for name, trace in (("machine", guest.machine), ("lineage", Trace(guest.folder / "lineage.jsonl"))):
        victims = [v for v in trace.victims if v.pid in seen]
        problems = [f"pid {v.pid}: {v.get('cmdline')}" for v in victims
                    if (v.get("cmdline") or [])[-2:] != ["lineage", "4"]]
        results.none(problems, f"lineage: each command line, in {name}.jsonl", len(victims))
        sources = {v.get("cmdline_source") for v in victims}
        results.check("ancestor" in sources and sources <= {"earlier", "parent", "ancestor"},
                      f"lineage: whose they are, in {name}.jsonl", sources)


def limit_problem(victim, path, max_bytes):
    limit = victim.oom.get("limit_cgroup", {})
    chain = [level.get("path") for level in victim.oom["chain"]]
    if limit.get("path") != path or limit.get("max_bytes") != max_bytes:
        return f"limit {limit}"
    if not limit.get("usage_bytes") or not limit.get("id"):
        return f"limit without figures: {limit}"
    if chain[0] != victim.get("cgroup") or chain[-1] != "/":
        return f"chain {chain}"
    marked = [level["path"] for level in victim.oom["chain"] if level.get("limit")]
    return "" if marked == [path] else f"marked as the limit: {marked}"


def check_limit(guest, scenario, victim, path, max_bytes):
    problem = limit_problem(victim, path, max_bytes)
    guest.results.check(not problem, f"{scenario}: the limit is {path}'s", problem)


def check_single(guest):
    """The scenarios in which one process dies by its own charge."""
    results = guest.results
    for scenario, leaf, limit in (("one", "/one", "/one"),
                                  ("ancestor", "/ancestor/child/leaf", "/ancestor"),
                                  ("removed", "/removed/at-once", "/removed/at-once")):
        victim = guest.only_victim(scenario)
        if not victim:
            continue
        results.equal((victim.get("cgroup"), victim.role, victim.oom["outcome"]),
                      (leaf, "chosen", "killed"), f"{scenario}: cgroup, role and outcome")
        results.equal(victim.oom["trigger"]["pid"], victim.pid, f"{scenario}: it asked itself")
        check_limit(guest, scenario, victim, limit, 32 * MIB)
        results.check(victim.get("points", 0) > 0, f"{scenario}: points", victim.get("points"))
        results.equal((victim.get("cmdline") or [])[-2:], ["hog", "64"], f"{scenario}: command line")
        results.check(victim.oom.get("duration_ns", 0) > 0, f"{scenario}: duration")
        results.check(victim.ppid > 0 and victim.get("init") is False, f"{scenario}: parent, init")


def check_many(guest):
    """The scenarios with several processes."""
    results = guest.results
    parts = guest.victims("parts")
    results.equal([v.comm for v in parts], ['a "b)\x1b[1mé', "fifteen-letters"],
                  "parts: hostile and longest names")
    results.check(all(v.shmem_rss_bytes and v.file_rss_bytes for v in parts),
                  "parts: shared and file pages")
    results.check(len(guest.victims("pool")) >= 2, "pool: at least two kills")
    others = [v for v in guest.victims("pool") if v.oom["trigger"]["pid"] != v.pid]
    results.check(others, "pool: a worker dies by another one's charge")

    group = guest.victims("group")
    first = [v for v in group if not v.get("repeated")]
    results.equal(len({v.oom["id"] for v in group}), 1, "group: one run")
    results.equal({v.pid for v in first}, guest.pids("group", "pool") | guest.pids("group", "worker"),
                  "group: all its processes")
    results.equal([v.role for v in group], ["chosen"] + ["group"] * (len(group) - 1), "group: roles")
    results.equal(group[0].oom["killed"] if group else None, len(first), "group: number of the killed")
    results.check(group and group[0].oom["limit_cgroup"].get("oom_group"), "group: the limit says so")

    victim = guest.only_victim("adj")
    if victim:
        results.equal(victim.oom_score_adj, 300, "adj: the killable one, with its oom_score_adj")
    victim = guest.only_victim("lower")
    if victim:
        results.equal(victim.oom["trigger"]["pid"], guest.expected[("lower", "trigger_pid")],
                      "lower: the writer of memory.max asked")
        check_limit(guest, "lower", victim, "/lower", 16 * MIB)


def check_threads(guest):
    """Processes that are more, or less, than one thread with its own memory."""
    results = guest.results
    victim = guest.only_victim("zombie")
    if victim:
        results.check(victim.tid != victim.pid, "zombie: a thread that is not the leader",
                      f"pid {victim.pid}, tid {victim.tid}")
        results.equal({(victim.pid, victim.tid)},
                      {(w["pid"], w["tid"]) for w in guest.who if w["scenario"] == "zombie"},
                      "zombie: process and thread")
        results.equal(victim.comm, "second-thread", "zombie: name of the thread")
        results.check(victim.get("anon_rss_bytes"), "zombie: figures")

    shared = guest.victims("sharemm")
    pids = guest.pids("sharemm", "sharing") | guest.pids("sharemm", "sharer")
    results.equal(sorted(v.role for v in shared), ["chosen", "shares-mm"], "sharemm: roles")
    results.equal(({v.pid for v in shared}, len(pids)), (pids, 2), "sharemm: both processes")
    results.equal(shared[0].oom["killed"] if shared else None, 2, "sharemm: number of the killed")


def check_memory(guest):
    """What the memory at a limit was is what its page counter has, where nothing is being freed."""
    results = guest.results
    for scenario in ("zombie", "sharemm"):
        oom = next((v.oom for v in guest.victims(scenario)), {})
        memory, usage = oom.get("memory", {}), oom.get("limit_cgroup", {}).get("usage_bytes", 0)
        told = sum(memory.get(f"{item}_bytes", 0) for item in ("anon", "file", "kernel", "sock"))
        # What CPUs have taken in advance is used by nothing. On 5.10 not all kernel memory is told.
        room = MIB if guest.label.startswith("5.10") else BATCHES
        results.check(memory and abs(usage - told) <= room, f"{scenario}: what the memory was", (usage, memory))
        results.equal(memory.get("exact", False), not guest.label.startswith("5.10"),
                      f"{scenario}: its memory is exact, where it can be")


def check_without_kill(guest):
    results = guest.results
    exiting = [v for v in guest.machine.victims if v.role == "exiting"]
    exiting_pids = guest.pids("exiting", "worker")
    results.equal({v.pid for v in exiting if v.pid in exiting_pids}, exiting_pids,
                  "exiting: the victim is told from a kill")
    results.equal(len(guest.kills("exiting")), 0, "exiting: the kernel logged no kill")

    # A write that lowers a limit may find nobody left to kill elsewhere too: where the last victim's
    # memory is still charged (adj, on 6.12).
    none = [o for o in guest.machine.ooms if o["outcome"] == "no-victim"
            and o.get("limit_cgroup", {}).get("path") == "/none"]
    results.check(none, "none: OOMs without a killable process")
    results.equal([o["killed"] for o in none if o["killed"] or o["victims"]], [], "none: no victims")
    results.check(guest.log.no_victim, "none: the kernel's log says so too")
    write, faults = (guest.expected[("none", key)] for key in ("write_seconds", "fault_seconds"))
    results.check(write <= 10, "none: the write of memory.max returned in time", f"{write} s")
    results.check(len(none) <= faults + write + 3, "none: at most one record a second",
                  f"{len(none)} records in {faults + write} s")


def check_machine_wide(guest):
    results = guest.results
    victims = guest.victims("machine")
    results.check(len(victims) >= 2, "machine: at least two kills", len(victims))
    bad = [(v.oom["constraint"], v.oom.get("limit_cgroup"), v.oom["whole_machine"]) for v in victims
           if v.oom["constraint"] != "none" or v.oom.get("limit_cgroup") or not v.oom["whole_machine"]]
    results.equal(bad, [], "machine: no limit's cgroup, no constraint")


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


def context(victim):
    """What two oomtraces must agree on, whatever they attached to. Times differ."""
    keys = ("pid", "tid", "ppid", "ns_pid", "comm", "uid", "oom_score_adj", "role", "repeated", "init",
            "cgroup", "points", "total_vm_bytes", "pgtables_bytes", "swap_bytes")
    found = {key: victim.get(key) for key in keys}
    found.update({key: victim.oom.get(key) for key in ("outcome", "constraint", "trigger", "killed")})
    found["limit"] = victim.oom.get("limit_cgroup", {}).get("path")
    return found


def compare_traces(ours, theirs, slack, fixed_cmdlines, killed):
    a, b = context(ours), context(theirs)
    # they look one after the other: in between, the end of a parent that was killed may come
    if {a["ppid"], b["ppid"]} & killed:
        a["ppid"] = b["ppid"]
    differ = [f"{key} {a[key]!r} / {b[key]!r}" for key in a if a[key] != b[key]]
    # whether one is in time to read it differs; what it reads must not
    lines = {tuple(v.get("cmdline")) for v in (ours, theirs) if v.get("cmdline")}
    if fixed_cmdlines and len(lines) > 1:
        differ.append(f"cmdline {' / '.join(map(str, lines))}")
    for kind in ("anon", "file", "shmem"):
        key = f"{kind}_rss_bytes"
        allowed = slack.rss(ours, kind) if slack.version <= (6, 1) else slack.between_looks(ours)
        if abs(ours.get(key, 0) - theirs.get(key, 0)) > allowed:
            differ.append(f"{key} {ours.get(key)} / {theirs.get(key)}")
    return f"pid {ours.pid}: {', '.join(differ)}" if differ else ""


def check_kprobes(guest, name="kprobes.jsonl", has_target=False, fixed_cmdlines=True):
    """The fallback, forced beside the main trace, saw the same. Programs can change their command
    lines, as stress-ng does all the time: then two traces may see different ones."""
    results = guest.results
    trace = Trace(guest.folder / name)
    check_shape(guest, name, trace)
    check_plan(results, name, trace.records[0], PLAN_KPROBES, has_target)
    results.equal([v.tid for v in trace.victims], [v.tid for v in guest.main.victims],
                  f"{name}: the same victims as by BTF programs")
    killed = {victim.pid for victim in trace.victims}
    problems = [compare_traces(ours, theirs, guest.slack, fixed_cmdlines, killed)
                for ours, theirs in zip(guest.main.victims, trace.victims)]
    results.none([p for p in problems if p], f"{name}: the same records", len(trace.victims))


def check_text(guest, name="text.out"):
    """Each kill of the JSON is in the text, and nothing in it can harm a terminal."""
    results = guest.results
    data = (guest.folder / name).read_bytes()
    results.check(not re.search(rb"[\x00-\x09\x0b-\x1f\x7f]", data), f"{name}: no control characters")
    text = data.decode("utf-8")
    missing = [v.pid for v in guest.main.victims if not re.search(rf"\b{v.pid}\b", text)]
    results.none([str(pid) for pid in missing], f"{name}: every victim", len(guest.main.victims))


# Name: exit code, and what must be said on stderr. Every one says more than that it failed.
COMMAND_LINES = {
    "no-root": (3, r"CAP_BPF.*CAP_PERFMON|root"),
    "no-cap-bpf": (3, r"missing CAP_BPF:"),
    "no-cap-perfmon": (3, r"missing CAP_PERFMON:"),
    "no-btf": (3, r"BTF"),
    "locked-down": (3, r"locked down \(confidentiality\)"),
    "cgroup-outside": (1, r"/proc.*\n.*/sys/fs/cgroup"),
    "cgroup-dots": (2, r"\.\."),
    "cgroup-missing": (1, r"not-there"),
    "pid-missing": (1, r"4000000.*no such process"),
    "container-missing": (1, r"no-such-container"),
    "until-exit-machine": (2, r"--until-exit"),
    "disk-full": (1, r"No space left on device"),
    "record-exists": (1, r"expect\.jsonl is there already and isn't empty: remove it"),
    "scope-oom-ambiguous": (1, r"(?s)0123456789ab.*01234567012"),
}
QUIET = ("duration", "caps-enough", "plan-json", "plan-text", "plan-kprobes", "by-pid",
         "by-relative-path", "by-rooted-path", "stdout-closed", "stdout-closed-self")


def check_errors(guest, table):
    results = guest.results
    for name, (code, pattern) in table.items():
        error = guest.error(f"cli/{name}") or ""
        results.equal(guest.rc(f"cli/{name}"), code, f"cli {name}: exit code")
        results.check(error.startswith("oomtrace: ") and re.search(pattern, error),
                      f"cli {name}: says what is wrong", repr(error))
        results.equal(guest.output(f"cli/{name}"), "", f"cli {name}: nothing on stdout")


def check_quiet(guest, names):
    for name in names:
        guest.results.equal((guest.rc(f"cli/{name}"), guest.error(f"cli/{name}") or ""), (0, ""),
                            f"cli {name}: quiet, 0")


def check_command_lines(guest):
    results = guest.results
    folder = guest.folder / "cli"
    check_errors(guest, COMMAND_LINES)
    check_quiet(guest, QUIET)
    for name, plan, target in (("plan-json", machine_plan(guest), None), ("plan-kprobes", PLAN_KPROBES, None),
                               ("by-pid", PLAN_BTF, "/target/in"),
                               ("by-relative-path", PLAN_BTF, "/target/in"),
                               ("by-rooted-path", PLAN_BTF, "/target/in")):
        records = read_records(folder / f"{name}.out")
        if results.check(records, f"cli {name}: a session record"):
            check_plan(results, f"cli {name}", records[0], plan, has_target=target is not None)
            results.equal(records[0]["target"].get("cgroup"), target, f"cli {name}: target")
    text = guest.output("cli/plan-text")
    results.check(all(label in text for key, label in machine_plan(guest).items()
                      if key not in PLAN_TARGET_ONLY + PLAN_USAGE_ONLY + PLAN_STACKS_ONLY),
                  "cli plan-text: what is attached", repr(text))
    records = read_records(folder / "duration.out")
    results.check(records and records[-1].get("reason") and not records[-1]["ooms"],
                  "cli duration: ends", records[-1:])


def oomtrace(guest):
    """The program that run.sh gave to the guests."""
    return str(guest.folder.parent / "oomtrace")


def check_recordings(guest):
    results, folder = guest.results, guest.folder
    check_schema(results, folder)
    check_report(results, oomtrace(guest), folder / "text.out", folder / "text.out.jsonl")
    results.equal((folder / "expect.jsonl").stat().st_size > 0, True, "nothing was recorded over")


def check_rotation(guest):
    """The two parts that are left are the end of what was printed, and nothing is missing between."""
    results, folder = guest.results, guest.folder
    whole = read_records(folder / "kprobes.jsonl")
    old, new = (read_records(folder / name) for name in ("rotated.jsonl.1", "rotated.jsonl"))
    results.check(old and new and old[0]["type"] == new[0]["type"] == "session",
                  "rotated: each part begins with its session")
    results.equal(new[0].get("part"), old[0].get("part", 1) + 1, "rotated: parts are numbered")
    parts = old[1:] + new[1:]
    results.check(len(parts) >= 10 and parts == whole[-len(parts):], "rotated: the parts are the end of the trace",
                  f"{len(parts)} records of {len(whole)}")
    size = (folder / "rotated.jsonl.1").stat().st_size
    results.check(65536 <= size < 3 * 65536, "rotated: --record-size is kept", size)


def check_killed(guest):
    results, folder = guest.results, guest.folder
    results.equal(guest.rc("killed.out"), 137, "killed: by SIGKILL")
    run = report(oomtrace(guest), "--no-summary", str(folder / "killed.jsonl"))
    results.equal(run.returncode, 0, "killed: what was recorded can be read")
    results.check(b"has no end" in run.stderr, "killed: the report says that there is no end", run.stderr)
    live = (folder / "killed.out").read_bytes()
    results.check(b"OOM 1: killed" in run.stdout and run.stdout == live, "killed: its report equals the text",
                  (run.stdout, live))


def check_full_disk(guest):
    results = guest.results
    results.equal(guest.rc("cli/record-full"), 1, "cli record-full: exit code 1")
    error = guest.error("cli/record-full") or ""
    results.check(re.fullmatch(r"oomtrace: recording to /full/rec has stopped: No space left on device\. "
                               r"Tracing goes on\.\n", error), "cli record-full: said, once", repr(error))
    results.check("nothing lost (the time is over)" in (guest.output("cli/record-full") or ""),
                  "cli record-full: the trace goes on to its end")
    size = (guest.folder / "cli/record-full.size").read_text().strip()
    results.equal(size, "0", "cli record-full: no half record is left")


def check_guest(folder, label):
    guest = BareGuest(folder, label)
    check_run(guest, ("machine.jsonl", "kprobes.jsonl", "text.out", "target.jsonl"))
    check_shape(guest, "machine", guest.machine)
    check_plan(guest.results, "machine", guest.session, machine_plan(guest), has_target=False)
    # all that follows builds on this pairing
    compare_kills(guest.results, "machine", guest.log.kills, guest.machine.kills, guest.slack)
    compare_context(guest.results, "machine", guest.machine.kills)
    for part in (check_counters, check_cgroups, check_cmdlines, check_lineage, check_single, check_many,
                 check_threads, check_memory, check_without_kill, check_machine_wide, check_tiny, check_kprobes,
                 check_text, check_command_lines, check_target, check_scopes, check_recordings, check_rotation,
                 check_killed, check_full_disk):
        guarded(guest.results, part, guest)
    return guest.results.finish()


# ---- the guest with the memory controller on cgroup v1 ----

V1_REMARK = ("oomtrace: the memory controller is on cgroup v1: kills are told, writes of limits, usage and "
             "stalls are not.\n")


def check_v1(folder, label):
    guest = BareGuest(folder, label)
    results = guest.results
    check_run(guest, ("machine.jsonl", "kprobes.jsonl", "text.out", "container.jsonl"), V1_REMARK)
    check_shape(guest, "machine", guest.machine)
    compare_kills(results, "machine", guest.log.kills, guest.machine.kills, guest.slack)
    for part in (check_v1_scenarios, check_cgroups, check_cmdlines, check_kprobes, check_text, check_recordings):
        guarded(results, part, guest)
    check_errors(guest, {"container-missing": (1, r"no-such-container")})
    return results.finish()


def check_v1_scenarios(guest):
    results = guest.results
    compare_context(results, "machine", guest.machine.kills)
    victim = guest.only_victim("one")
    if victim:
        results.equal(victim.get("cgroup"), "/one/below", "one: cgroup")
        check_limit(guest, "one", victim, "/one", 32 * MIB)
        results.equal(guest.expected[("one", "oom_kill")], 1, "one: memory.oom_control counts it")
    trace = Trace(guest.folder / "container.jsonl")
    check_shape(guest, "container", trace)
    compare_kills(results, "container", guest.kills("container"), trace.kills, guest.slack)
    last = [(e.get("exit_code"), e.get("oom_victim")) for e in trace.exits if e.get("target_gone")]
    results.equal(last, [(137, True)], "container: exit record")
    results.equal([v.get("container", {}).get("runtime") for v in trace.victims], ["docker"],
                  "container: known by its cgroup")


# ---- the guest with Docker ----

DOCKER_COMMAND_LINES = {
    "not-running": (1, r"'quits' is not running.*exit code 0"),
    "missing": (1, r"no-such-container"),
}


def check_web(guest):
    """The experiment: every kill, and the end of the container."""
    results, trace = guest.results, guest.main
    kills = guest.kills("web", "web-end")
    results.check(len(kills) >= 30, "web: at least 30 kills", len(kills))
    results.check(len(guest.kills("web-end")) >= 1, "web: the last step killed")
    check_shape(guest, "web", trace)
    check_plan(results, "web", guest.session, PLAN_BTF, has_target=True)
    compare_kills(results, "web", kills, trace.kills, guest.slack)
    compare_context(results, "web", trace.kills)
    before = [v for v in trace.kills if v.log and v.log.scenario == "web"]
    results.equal(len(before), guest.expected[("web", "frozen_kills")],
                  "web: kills up to the last step equal memory.events' oom_kill")
    results.equal(len(trace.kills), guest.expected[("web", "slice_kills")],
                  "web: all kills equal those that memory.events of system.slice counted")
    docker_id = guest.expected[("web", "id")]
    cgroup = f"/system.slice/docker-{docker_id}.scope"
    target = guest.session["target"]
    results.equal((target["kind"], target["name"], target["cgroup"], target.get("id")),
                  ("container", "web", cgroup, docker_id), "web: the session's target")
    strangers = [v.pid for v in trace.victims if v.get("cgroup") != cgroup or
                 v.get("container", {}).get("id") != docker_id or
                 v.get("container", {}).get("name") != "web"]
    results.equal(strangers, [], "web: every victim is of this container")
    results.equal({e.get("cgroup") for e in trace.exits}, {cgroup}, "web: cgroup of each exit")
    results.equal({(v.get("cmdline") or ["unknown"])[0].split("-")[0] for v in trace.victims},
                  {"stress"}, "web: every victim's command line")
    limits = {v.oom["limit_cgroup"]["max_bytes"] for v in trace.kills}
    results.check(len(limits) >= 2 and min(limits) <= 20 * MIB, "web: the limits that bound", limits)
    inits = [v for v in trace.victims if v.get("init")]
    results.equal([(v.comm, v.get("repeated")) for v in inits], [("stress-ng", None)],
                  "web: the container's init died, once")
    check_kprobes(guest, "web-kprobes.jsonl", has_target=True, fixed_cmdlines=False)
    check_text(guest, "web-prefix.out")


def check_ends(guest):
    """The exit record: what the kernel says, and what Docker says."""
    results = guest.results
    for scenario, code, oom in (("web", 137, True), ("quits", 0, False), ("killed", 137, False)):
        said = [guest.expected[(scenario, key)] for key in ("exit_code", "oom_killed")]
        results.equal(said, [code, oom], f"{scenario}: exit code and OOMKilled in docker inspect")
        trace = Trace(guest.folder / f"{scenario}.jsonl")
        last = [e for e in trace.exits if e.get("target_gone")]
        results.equal([e.get("exit_code") for e in last], [code], f"{scenario}: exit code, by the kernel")
        results.equal([e.get("oom_victim") for e in last], [oom], f"{scenario}: killed by the OOM killer")
        results.equal([(e.get("runtime", {}).get("exit_code"), e.get("runtime", {}).get("oom_killed"))
                       for e in last], [(code, oom)], f"{scenario}: exit code and OOMKilled, by Docker")
        results.equal([e.get("container", {}).get("name") for e in last], [scenario],
                      f"{scenario}: name in the exit record")
        if not oom:
            results.equal(len(trace.ooms), 0, f"{scenario}: no OOM")


def check_docker_command_lines(guest):
    results = guest.results
    check_errors(guest, DOCKER_COMMAND_LINES)
    ids = guest.expected[("ambiguous", "ids")]
    pattern = "(?s)" + "".join(f"(?=.*{docker_id})" for docker_id in ids)
    results.check(len(ids) >= 2, "cli ambiguous: two ids", ids)
    check_errors(guest, {"ambiguous": (1, pattern)})
    check_quiet(guest, ("by-name", "by-id", "by-prefix"))
    for name in ("by-name", "by-id", "by-prefix"):
        records = read_records(guest.folder / "cli" / f"{name}.out")
        target = records[0]["target"] if records else {}
        results.equal((target.get("id"), target.get("container", {}).get("name")),
                      (guest.expected[("alive", "id")], "alive"), f"cli {name}: finds it")


def check_docker_recordings(guest):
    check_schema(guest.results, guest.folder)
    check_report(guest.results, "build/static/oomtrace", guest.folder / "web-prefix.out",
                 guest.folder / "web-prefix.out.jsonl")


def check_docker(folder, label):
    guest = Guest(folder, label, "web.jsonl")
    check_run(guest, ("web.jsonl", "web-kprobes.jsonl", "web-prefix.out", "quits.jsonl", "killed.jsonl"))
    for part in (check_web, check_ends, check_docker_command_lines, check_docker_recordings):
        guarded(guest.results, part, guest)
    return guest.results.finish()


def guarded(results, part, *args):
    """A record that lacks what we need is a failure of that part, not the end of the check."""
    try:
        part(*args)
    except (KeyError, IndexError, OSError, ValueError, TypeError) as error:
        results.check(False, f"{part.__name__}", f"{type(error).__name__}: {error}")


def main():
    args = sys.argv[1:]
    check = {"--docker": check_docker, "--v1": check_v1}.get(args[0] if args else "")
    if check:
        args.pop(0)
    else:
        check = check_guest
    if len(args) != 2:
        print(__doc__.splitlines()[0], file=sys.stderr)
        return 2
    try:
        return check(Path(args[0]), args[1])
    except (OSError, ValueError, IndexError, KeyError) as error:
        print(f"FAIL what the guest left can't be read: {error!r}")
        print("0 passed, 1 failed, 0 skipped")
        return 1


if __name__ == "__main__":
    sys.exit(main())
