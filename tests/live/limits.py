#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""limits.py FOLDER: judges what limits-guest.sh left: every kill has the right cause, every write of a
limit is told as it was, and however oomtrace ended the old limit stood again. The oracles are the
kernel's log, memory.events and what the scripts know of their own writes. Exits with 1 if anything
differs.

limits.py --docker FOLDER: the same for docker-limits-guest.sh.
limits.py --overkill FOLDER...: a table of what overkill-guest.sh left."""
import collections
import json
import os
import re
import sys

failures = []


def fail(text):
    failures.append(text)


def records(path):
    try:
        with open(path) as file:
            return [json.loads(line) for line in file if line.endswith("}\n")]
    except FileNotFoundError:
        return []


def pages(value):
    """A limit as the kernel has it: whole pages."""
    if value == "max":
        return value
    number = re.fullmatch(r"(\d+)([KM]?)", value)
    if not number:
        return None
    size = int(number[1]) * {"": 1, "K": 1 << 10, "M": 1 << 20}[number[2]]
    return size // 4096 * 4096


class Expected:
    def __init__(self, folder):
        self.folder = folder
        self.values = collections.defaultdict(dict)
        self.writes = collections.defaultdict(list)
        for line in records(f"{folder}/expect.jsonl"):
            if line["key"] == "write":
                self.writes[line["scenario"]].append(line["value"])
            else:
                self.values[line["scenario"]][line["key"]] = line["value"]

    def scenarios(self):
        return [name for name in self.values if name]


def kernel_kills(folder):
    """The pids of the log's "Killed process" lines, by scenario."""
    kills, scenario = collections.defaultdict(list), None
    with open(f"{folder}/kmsg.log") as file:
        for line in file:
            if line == "LOST\n":
                fail("lines of the kernel's log were lost")
            mark = re.match(r"oomtrace-test: (begin|end) (\S+)", line)
            if mark:
                scenario = mark[2] if mark[1] == "begin" else None
            killed = re.search(r"Killed process (\d+) ", line)
            if killed:
                kills[scenario].append(int(killed[1]))
    return kills


def events_value(folder, scenario, key):
    try:
        with open(f"{folder}/events/{scenario}/t/{scenario}/memory.events") as file:
            return dict(line.split() for line in file).get(key)
    except FileNotFoundError:
        return None


def nonblock_kills_later(release):
    return tuple(map(int, re.match(r"(\d+)\.(\d+)", release).groups())) >= (6, 16)


class Trace:
    """What one oomtrace said."""

    def __init__(self, folder, name):
        self.name = name
        self.all = records(f"{folder}/{name}")
        self.limits = [r for r in self.all if r["type"] == "limit"]
        self.ooms = [r for r in self.all if r["type"] == "oom"]
        self.by_id = {r["id"]: r for r in self.limits}
        self.missed = set()  # pids of writers whose write's return a kretprobe has missed
        lost = {r["kind"]: r["count"] for r in self.all if r["type"] == "lost"}
        self.lost_writes = lost.get("limit", 0)
        # A kernel that preempts tasks may leave out the programs that tell of a run, and counts that: docs/causes.md.
        # A kill that isn't told is found by comparing.
        if not self.all or self.all[-1]["type"] != "end" or self.all[-1]["lost"] != sum(lost.values()) or \
                not lost.keys() <= {"limit", "oom"}:
            fail(f"{name}: no end, or events were lost: {lost}")

    def may_miss_returns(self):
        """A kretprobe of an older kernel takes as many calls at a time as there are CPUs; a kernel that preempts
        tasks may leave out a program, and counts that: docs/causes.md."""
        return "kretprobe" in json.dumps(self.all[0]["plan"]) or len(self.missed) < self.lost_writes

    def release(self):
        return self.all[0]["kernel"]

    def kills(self, scenario):
        """(run, victim) of each kill in the scenario's cgroup."""
        return [(oom, victim) for oom in self.ooms for victim in oom["victims"]
                if (victim["cgroup"] + "/").startswith(f"/t/{scenario}/")
                and victim["role"] != "exiting" and not victim.get("repeated")]

    def killed_after(self, ts_ns, scenario):
        return [victim["pid"] for oom, victim in self.kills(scenario) if oom["ts_ns"] > ts_ns]

    def find_write(self, write, racing):
        """Where several write one file at once, "new" is what it was when this one returned."""
        return [r for r in self.limits
                if r["cgroup"] == write["cgroup"] and r["file"] == write["file"]
                and r["writer"]["pid"] == write["pid"]
                and (r["result"] < 0 if pages(write["value"]) is None else r["result"] >= 0
                     and (racing or r["new"] == pages(write["value"])))]


def check_writes(trace, scenario, writes):
    """Every write that the script made is told once, as it was made. Returns them by name."""
    found = {}
    for write in writes:
        told = trace.find_write(write, scenario == "race")
        if not told and scenario in ("race", "left-over") and trace.may_miss_returns():
            trace.missed.add(write["pid"])
            continue
        if len(told) != 1:
            fail(f"{trace.name}: {scenario}: write {write['name']} told {len(told)} times")
            continue
        found[write["name"]] = told[0]
        if told[0]["writer"]["comm"] != write["comm"]:
            fail(f"{trace.name}: {scenario}: writer is {told[0]['writer']['comm']}, not {write['comm']}")
    before = {}
    for told in trace.limits:
        if not (told["cgroup"] + "/").startswith(f"/t/{scenario}/"):
            continue
        key = told["cgroup"], told["file"]
        # Writes that overlap each have what the limit was when they began.
        if scenario != "race" and told["old"] != before.get(key, told["old"]):
            fail(f"{trace.name}: {scenario}: write {told['id']}: old is {told['old']}, was {before[key]}")
        before[key] = told["new"]
        inside = sum(oom["killed"] for oom in trace.ooms if oom.get("cause", {}).get("limit_id") == told["id"]
                     and oom["cause"]["kind"] == "inside-write")
        if told["kills"] != inside:
            fail(f"{trace.name}: {scenario}: write {told['id']}: kills is {told['kills']}, {inside} were told")
    return found


def cause_by_trigger(trace, oom):
    """What the cause must be where kills come from several writers or from growth too: the thread in
    which the killer ran tells whether it was a write, and else what the limit's latest one did."""
    for write in trace.limits:
        begin = write["ts_ns"] - write["duration_ns"]
        if write["writer"]["tid"] == oom["trigger"]["tid"] and begin <= oom["ts_ns"] <= write["ts_ns"]:
            if write["cgroup"] != oom["limit_cgroup"]["path"]:
                return "the cgroup of another's write", None
            return "inside-write", write["id"]
    if oom["trigger"]["pid"] in trace.missed and oom["cause"].get("limit_id") not in trace.by_id:
        return "inside-write", oom["cause"].get("limit_id")
    earlier = [w for w in trace.limits if w["cgroup"] == oom["limit_cgroup"]["path"]
               and w["file"] == "memory.max" and w["ts_ns"] - w["duration_ns"] <= oom["ts_ns"]]
    if not earlier:
        return "limit-unchanged", None
    last = max(earlier, key=lambda w: w["ts_ns"] - w["duration_ns"])
    limit = oom["limit_cgroup"]["max_bytes"]
    # It can be gone by the time of the kill: the kernel looks for room only before it chooses.
    lowered = limit != "max" and limit < last["usage_before_bytes"]
    return "limit-lowered" if lowered else "limit-unchanged", last["id"]


def expected_cause(trace, scenario, oom, kills, writes):
    kind = kills["kind"]
    if kind == "own-write":  # by the thread that was killed, and over by then
        told = writes.get(str(oom["trigger"]["pid"]))
        limit_id = oom["cause"].get("limit_id")
        missed = oom["trigger"]["pid"] in trace.missed and limit_id not in trace.by_id
        return "limit-lowered", told["id"] if told else limit_id if missed else None
    if kind == "by-trigger":
        return cause_by_trigger(trace, oom)
    if kind == "nonblock":
        kind = "limit-lowered" if nonblock_kills_later(trace.release()) else "inside-write"
    write = writes.get(kills["write"])
    return kind, write and write["id"]


def check_causes(trace, expected, log):
    """Returns how many kills there were, and how many of them have the right cause."""
    tried = right = 0
    kinds = collections.Counter()
    for scenario in expected.scenarios():
        values = expected.values[scenario]
        if trace.name.startswith("self-") and trace.name != f"self-{scenario}.jsonl":
            continue
        if trace.name == "above.jsonl" and scenario != "ancestors":
            continue
        writes = check_writes(trace, scenario, expected.writes[scenario])
        kills = trace.kills(scenario)
        pids = sorted(v["pid"] for _, v in kills)
        if pids != sorted(log[scenario]):
            fail(f"{trace.name}: {scenario}: killed {pids}, by the kernel's log {sorted(log[scenario])}")
        tried += len(log[scenario])
        if "kills" not in values:
            if kills:
                fail(f"{trace.name}: {scenario}: kills where there can be none")
            continue
        if not kills:
            fail(f"{trace.name}: {scenario}: nothing was killed")
        for oom, victim in kills:
            cause = oom.get("cause", {})
            want = expected_cause(trace, scenario, oom, values["kills"], writes)
            if (cause.get("kind"), cause.get("limit_id")) != want or \
                    cause.get("since_ns", 1e18) < values.get("since_s", 0) * 1e9:
                fail(f"{trace.name}: {scenario}: kill of {victim['pid']}: cause {cause}, should be {want}")
            else:
                right += 1
                kinds[cause["kind"]] += 1
    if trace.missed:
        print(f"{trace.name}: {len(trace.missed)} writes that overlapped others were not told")
    print(f"{trace.name}: {tried} kills tried, {right} attributed rightly: "
          + ", ".join(f"{n} {kind}" for kind, n in sorted(kinds.items())))
    return tried, right


def check_scenarios(folder, trace, expected, log):
    later = nonblock_kills_later(trace.release())
    for scenario in expected.scenarios():
        told = events_value(folder, scenario, "oom_kill")
        if told is not None and int(told) != len(log[scenario]):
            fail(f"{scenario}: memory.events has oom_kill {told}, the log {len(log[scenario])} kills")
    for name, write in check_writes(trace, "reclaim-only", expected.writes["reclaim-only"]).items():
        if write["kills"] or write["ooms"] or not write["reclaimed_bytes"] or \
                write["usage_after_bytes"] > write["new"]:
            fail(f"reclaim-only: {write}")
    if [o for o in trace.ooms if o.get("limit_cgroup", {}).get("path") in ("/t/reclaim-only", "/t/others")]:
        fail("an OOM where there was none")
    others = check_writes(trace, "others", expected.writes["others"])
    if "swap" not in others and "no_swap_max" not in expected.values["others"]:
        fail("others: memory.swap.max")
    for write in others.values():
        if write["kills"] or write["ooms"]:
            fail(f"others: {write}")
    for write in check_writes(trace, "nonblock", expected.writes["nonblock"]).values():
        if later != (write["kills"] == 0 and write["reclaimed_bytes"] == 0):
            fail(f"nonblock: {write}")
        if later != (expected.values["nonblock"]["after_write"] == 0):
            fail("nonblock: when it killed")
    if expected.values["lowered"]["after_write"]:
        fail("lowered: the write killed, it should have reclaimed only")


def until_end(trace, whole, log):
    """The log's kills without those that came when the trace had ended, as the trace of the whole run has it."""
    if not trace.all:
        return log
    end_ns = trace.all[-1]["ts_ns"]
    return collections.defaultdict(list, {
        scenario: [pid for pid in pids if pid not in whole.killed_after(end_ns, scenario)]
        for scenario, pids in log.items()})


def check_steps(folder, scenario, expected, whole):
    """The sums of oomtrace's table of its own changes are memory.events'."""
    trace = Trace(folder, f"self-{scenario}.jsonl")
    tables = [r for r in trace.all if r["type"] == "steps"]
    if len(tables) != 1:
        fail(f"{scenario}: {len(tables)} tables")
        return
    steps = tables[0]["steps"]
    killed = sum(s["killed_inside"] + s["killed_after"] for s in steps)
    told = events_value(folder, scenario, "oom_kill")
    print(f"{scenario}: {len(steps)} steps, {sum(s['killed_inside'] for s in steps)} killed inside writes, "
          f"{sum(s['killed_after'] for s in steps)} after; memory.events: oom_kill {told}, "
          f"oom {events_value(folder, scenario, 'oom')}")
    # Before its first change, and after it has put the limit back, kills belong to no step.
    end = tables[0]["ts_ns"]
    limits = [r for r in trace.all if r["type"] == "limit"]
    first = min((w["ts_ns"] - w["duration_ns"] for w in limits), default=end)
    outside = sum(o["killed"] for o in trace.all if o["type"] == "oom" and not first <= o["ts_ns"] <= end)
    late = len(whole.killed_after(trace.all[-1]["ts_ns"], scenario))
    if killed + outside + late != int(told):
        fail(f"{scenario}: the table has {killed} kills, {late} came later, memory.events {told}")
    if expected.values[scenario]["old"] != "max" or tables[0]["outcome"] != "restored":
        fail(f"{scenario}: the limit is {expected.values[scenario]['old']}, {tables[0]['outcome']}")
    return killed


def outcome(folder, name):
    return [r["outcome"] for r in records(f"{folder}/{name}") if r["type"] == "steps"]


OLD = "268435456"


def check_ends(folder):
    ends = {r["end"]: r for r in records(f"{folder}/ends.jsonl")}
    for name, end in ends.items():
        if "want" in end and end["after"] != end["want"]:
            fail(f"{name}: memory.max is {end['after']}, should be {end['want']}")
    for name in ("end-INT", "end-TERM", "end-HUP", "end-two", "end-max"):
        if ends[name]["rc"] != 0 or outcome(folder, name) != ["restored"]:
            fail(f"{name}: {ends[name]}, {outcome(folder, name)}")
    if not any("somebody else" in text for text in outcome(folder, "end-other")):
        fail(f"end-other: {outcome(folder, 'end-other')}")
    if ends["end-keep"]["after"] == OLD or not any("as asked" in t for t in outcome(folder, "end-keep")):
        fail(f"end-keep: {ends['end-keep']}, {outcome(folder, 'end-keep')}")
    with open(f"{folder}/cli/two.err") as file:
        if ends["two"]["rc"] == 0 or "another oomtrace" not in file.read():
            fail(f"two: {ends['two']}")
    for name in ("end-full", "end-fills"):
        if ends[name]["rc"] != 1:
            fail(f"{name}: {ends[name]}")
    if not ends["end-fills"]["bytes"]:
        fail("end-fills: nothing was written before the disk was full")
    kills = [end for name, end in ends.items() if name.startswith("SIGKILL-")]
    good = [k for k in kills if k["result"] and k["result"]["wrong_ms"] <= 1000 and k["result"]["after"] == OLD]
    for kill in kills:
        if kill not in good:
            fail(f"{kill}")
    late = max((k["result"]["wrong_ms"] for k in kills if k["result"]), default=0)
    print(f"{len(ends) - len(kills)} other ends; {len(kills)} by SIGKILL, "
          f"{sum(1 for k in kills if k['result'] and k['result']['before'] != OLD)} of them with the limit changed: "
          f"old limit within 1 s {len(good)} times, the latest after {late:.0f} ms")
    if not kills:
        fail("no SIGKILL")


def judge(folder):
    expected, log = Expected(folder), kernel_kills(folder)
    if os.path.getsize(f"{folder}/timeouts"):
        with open(f"{folder}/timeouts") as file:
            fail("waited in vain: " + "; ".join(file.read().splitlines()))
    whole = Trace(folder, "t.jsonl")
    tried, right = check_causes(whole, expected, log)
    check_scenarios(folder, whole, expected, log)
    check_causes(Trace(folder, "t-kprobes.jsonl"), expected, log)
    for name in ("self-self-set.jsonl", "self-self-ramp.jsonl", "self-self-parent.jsonl", "above.jsonl"):
        trace = Trace(folder, name)
        check_causes(trace, expected, until_end(trace, whole, log))
    for scenario in ("self-set", "self-ramp", "self-parent"):
        check_steps(folder, scenario, expected, whole)
    check_ends(folder)
    for text in failures:
        print(f"FAIL {text}")
    print(f"{tried} kills tried, {right} attributed rightly; {len(failures)} failures")
    return 1 if failures or tried != right else 0


def check_docker_update(folder, expected, log):
    """Every kill is inside a write by the runtime, or at the limit that one has lowered."""
    trace = Trace(folder, "update.jsonl")
    values = expected.values["update"]
    right = 0
    for write in trace.limits:
        print(f"update: write {write['id']} by {write['writer']['comm']}: {write['file']} {write['old']} -> "
              f"{write['new']}, usage {write['usage_before_bytes']} -> {write['usage_after_bytes']}, "
              f"{write['kills']} kills, result {write['result']}")
    lowering = {w["id"]: w for w in trace.limits if w["file"] == "memory.max" and w["new"] == 96 << 20
                and w["old"] == 256 << 20 and not w["writer"]["self"] and w["writer"]["comm"]}
    if not lowering:
        fail("update: no write that lowers the limit")
    kills = [(o, v) for o in trace.ooms for v in o["victims"] if v["role"] != "exiting" and not v.get("repeated")]
    for oom, victim in kills:
        cause = oom.get("cause", {})
        if oom["ts_ns"] < values["updated_at"] - 1e7:
            good = cause.get("kind") == "limit-unchanged"
        elif cause.get("kind") == "inside-write":
            write = trace.by_id[cause["limit_id"]]
            good = write["writer"]["tid"] == oom["trigger"]["tid"] and write["file"] == "memory.max"
        else:
            good = cause.get("kind") == "limit-lowered" and cause.get("limit_id") in lowering
        right += good
        print(f"update: kill of {victim['pid']}: {cause}, trigger {oom['trigger']['comm']}")
        if not good:
            fail(f"update: kill of {victim['pid']}: {cause}, trigger {oom['trigger']}")
    if sorted(v["pid"] for _, v in kills) != sorted(log["update"]) or len(kills) != values["kills"]:
        fail(f"update: {len(kills)} kills told, memory.events {values['kills']}, log {len(log['update'])}")
    return len(log["update"]), right


def check_docker_ramp(folder, expected, log):
    trace = Trace(folder, "ramp.jsonl")
    values = expected.values["ramp"]
    tables = [r for r in trace.all if r["type"] == "steps"]
    steps = tables[0]["steps"] if tables else []
    killed = sum(s["killed_inside"] + s["killed_after"] for s in steps)
    inside = sum(s["killed_inside"] for s in steps)
    # Before the first change of the limit a kill belongs to no step.
    first = min((w["ts_ns"] - w["duration_ns"] for w in trace.limits), default=0)
    before = sum(o["killed"] for o in trace.ooms if o["ts_ns"] < first)
    right = sum(o["killed"] for o in trace.ooms
                if (o["cause"]["kind"], o["cause"].get("limit_id")) == cause_by_trigger(trace, o))
    told = sum(o["killed"] for o in trace.ooms)
    print(f"ramp: {len(steps)} steps: {inside} killed inside, {killed - inside} after, {before} before the first; "
          f"memory.events {values['kills']}, log {len(log['ramp'])}; container: {values['exit_code']}")
    if len(steps) < 8 or values["exit_code"] != 137:
        fail("ramp: too short, or the container lives")
    if not told == values["kills"] == len(log["ramp"]) == right or killed + before != told:
        fail(f"ramp: {told} kills told, {right} of them rightly, {killed} in the table")
    ends = [r for r in trace.all if r["type"] == "exit" and r.get("target_gone")]
    if [e.get("exit_code") for e in ends] != [137]:
        fail(f"ramp: ends {ends}")
    return len(log["ramp"]), right


def judge_docker(folder):
    expected, log = Expected(folder), kernel_kills(folder)
    if os.path.getsize(f"{folder}/timeouts"):
        with open(f"{folder}/timeouts") as file:
            fail("waited in vain: " + "; ".join(file.read().splitlines()))
    counts = [check_docker_update(folder, expected, log), check_docker_ramp(folder, expected, log)]
    for text in failures:
        print(f"FAIL {text}")
    tried, right = map(sum, zip(*counts))
    print(f"{tried} kills tried, {right} attributed rightly; {len(failures)} failures")
    return 1 if failures or tried != right else 0


def overkill(folders):
    """One line per kernel and case: over all tries, how many kills were needed, how many there were."""
    for folder in folders:
        all_records = records(f"{folder}/overkill.jsonl")
        if not all_records:
            continue
        writes = [r for r in all_records if r["type"] == "limit" and r["new"] != "max"]
        steps = {s["limit_id"]: s for r in all_records if r["type"] == "steps" for s in r["steps"]}
        with open(f"{folder}/overkill.txt") as file:
            lines = [re.match(r"(.*): (\d+) (\d+)", line).groups() for line in file]
        if len(lines) != len(writes):
            print(f"{folder}: {len(lines)} writes made, {len(writes)} told")
        cases = collections.defaultdict(list)
        for (case, kills, ooms), write in zip(lines, writes):
            step = steps.get(write["id"], {})
            if int(kills) != write["kills"] or step.get("killed_inside") != write["kills"]:
                print(f"{folder}: {case}: oomtrace has {write['kills']}, {step}, memory.events {kills}")
            cases[case].append((step.get("needed"), write["kills"], int(ooms), write["ooms"]))
        for case, tries in cases.items():
            columns = [" ".join(map(str, column)) for column in zip(*tries)]
            print(f"| {all_records[0]['kernel']} | {case} | " + " | ".join(columns) + " |")


if __name__ == "__main__":
    if sys.argv[1] == "--overkill":
        overkill(sys.argv[2:])
    elif sys.argv[1] == "--docker":
        sys.exit(judge_docker(sys.argv[2]))
    else:
        sys.exit(judge(sys.argv[1]))
