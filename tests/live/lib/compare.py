# SPDX-License-Identifier: GPL-2.0-only
"""A trace beside another of the same kills, as JSON by kprobes or as text."""

import re

from guest import check_plan, check_shape
from kernels import PLAN_KPROBES, PREEMPTING, RSS_PER_TASK_UNTIL
from oracles import Trace


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
        allowed = slack.rss(ours, kind) if slack.version <= RSS_PER_TASK_UNTIL else slack.between_looks(ours)
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
    killed = {victim.pid for victim in trace.victims}
    # Where the kernel leaves out kprobes' programs: as much as is counted as lost, which check_shape() keeps small.
    lost = sum(trace.lost.values()) if guest.label in PREEMPTING else 0
    pairs = zip(guest.main.victims, trace.victims)
    if lost:
        theirs = {v.tid: v for v in trace.victims}
        pairs = [(v, theirs[v.tid]) for v in guest.main.victims if v.tid in theirs]
        apart = {v.tid for v in guest.main.victims} ^ theirs.keys()
        results.check(len(apart) <= lost, f"{name}: the same victims as by BTF programs, but for lost ones", apart)
    else:
        results.equal([v.tid for v in trace.victims], [v.tid for v in guest.main.victims],
                      f"{name}: the same victims as by BTF programs")
    problems = [compare_traces(ours, theirs, guest.slack, fixed_cmdlines, killed) for ours, theirs in pairs]
    problems = [p for p in problems if p]
    results.check(len(problems) <= lost, f"{name}: the same records", (problems, lost))


def check_text(guest, name="text.out"):
    """Each process that the kernel chose is in the text, and nothing in it can harm a terminal."""
    results = guest.results
    data = (guest.folder / name).read_bytes()
    results.check(not re.search(rb"[\x00-\x09\x0b-\x1f\x7f]", data), f"{name}: no control characters")
    text = data.decode("utf-8")
    chosen = [v.pid for v in guest.main.victims if v.role == "chosen"]
    missing = [pid for pid in chosen if not re.search(rf"\b{pid}\b", text)]
    results.none([str(pid) for pid in missing], f"{name}: every victim", len(chosen))
