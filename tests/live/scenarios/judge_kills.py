# SPDX-License-Identifier: GPL-2.0-only
"""Each kill of the machine's trace, against what the kernel counts and the workloads say."""

from kernels import CHARGE_BATCH, counts_all_kernel_memory
from oracles import Trace, read_counters

MIB = 1 << 20

# What two CPUs have charged in advance.
BATCHES = 2 * CHARGE_BATCH


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
        room = BATCHES if counts_all_kernel_memory(guest.label) else MIB
        results.check(memory and abs(usage - told) <= room, f"{scenario}: what the memory was", (usage, memory))
        results.equal(memory.get("exact", False), counts_all_kernel_memory(guest.label),
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


def is_below_low(machine):
    """Whether each zone of the record is below its low watermark, but for the small one of old devices."""
    zones = [z for z in (machine or {}).get("zones", []) if z["zone"] != "DMA" and z["high_bytes"]]
    return bool(zones) and all(z["free_bytes"] < z["low_bytes"] for z in zones)


def check_machine_wide(guest):
    results = guest.results
    victims = guest.victims("machine")
    results.check(len(victims) >= 2, "machine: at least two kills", len(victims))
    bad = [(v.oom["constraint"], v.oom.get("limit_cgroup"), v.oom["whole_machine"]) for v in victims
           if v.oom["constraint"] != "none" or v.oom.get("limit_cgroup") or not v.oom["whole_machine"]]
    results.equal(bad, [], "machine: no limit's cgroup, no constraint")
    # What others give back until it is looked at may be above the watermark again: nothing is said then.
    whys = [(is_below_low(v.oom.get("machine")), v.oom.get("machine", {}).get("why")) for v in victims]
    results.check(any(below for below, _ in whys) and
                  all(("watermark in every zone that counts" in (why or "")) == below for below, why in whys),
                  "machine: free memory is below a watermark", whys)
    limits = [oom["id"] for oom in guest.machine.ooms if oom.get("limit_cgroup") and "machine" in oom]
    results.equal(limits, [], "the machine's memory is told where it ran out alone")
