# SPDX-License-Identifier: GPL-2.0-only
"""Judges what guest.sh left. The oracles are the kernel's log, and what the other node had free."""

import json
import re

from machine_memory import check_machine, logged_zones

# How the process was bound: the kernel's word in the log, the record's, and the report's.
BOUND = {"pinned": ("CONSTRAINT_CPUSET", "cpuset", "the memory nodes of a cpuset were out of memory"),
         "bound": ("CONSTRAINT_MEMORY_POLICY", "mempolicy", "the memory nodes of a memory policy were out of memory")}


def check_memory(results, name, oom, logged):
    """Only the node that it may use counts, and that is below its watermark."""
    machine = oom.get("machine", {"zones": []})
    check_machine(results, name, machine, logged)
    results.equal({zone["node"] for zone in machine["zones"]}, {1}, f"{name}: the zones of its node alone")
    results.check("watermark in every zone that counts: node 1" in machine.get("why", ""), f"{name}: why", machine)


def check_largest(run, name, oom):
    """The cgroups with the most memory: the two that hold theirs all the while, and not the one that they are in."""
    largest = oom.get("machine", {}).get("largest_cgroups", {"cgroups": []})
    usage = {c["cgroup"]: c["usage_bytes"] for c in largest["cgroups"]}
    for held in ("large", "small"):
        want = int((run.folder / f"held.{held}").read_text())
        run.results.check(abs(usage.get(f"/held/{held}", 0) - want) < 1 << 20, f"{name}: what /held/{held} has",
                          (usage, want))
    run.results.check("/held" not in usage, f"{name}: nothing counts twice", usage)
    sizes = [c["usage_bytes"] for c in largest["cgroups"]]
    run.results.equal(sizes, sorted(sizes, reverse=True), f"{name}: the largest first")
    run.results.check(largest.get("after_ns", 0) > 0 and "cut" not in largest, f"{name}: read after the kill, all",
                      largest)


def check_trace(run, name, how, logged):
    with open(run.folder / f"{name}.json", encoding="utf-8") as file:
        records = [json.loads(line) for line in file]
    ooms = [r for r in records if r["type"] == "oom"]
    hog = int((run.folder / f"{how}.pid").read_text())
    run.results.equal([(oom["constraint"], oom["cause"]["kind"]) for oom in ooms], [(BOUND[how][1], "whole-machine")],
                      f"{name}: constraint and cause")
    run.results.equal([[v["pid"] for v in oom["victims"]] for oom in ooms], [[hog]], f"{name}: the victim")
    check_memory(run.results, name, ooms[0], logged)
    check_largest(run, name, ooms[0])
    text = re.sub(r"\s+", " ", (run.folder / f"{name}.txt").read_text())
    run.results.check(BOUND[how][2] in text, f"{name}: the report says which")
    run.results.check("the whole machine was out of memory" not in text, f"{name}: and not that it was the machine's")
    largest = (r"/held/large: 6\d\.\d MiB .*/held/small: 2\d\.\d MiB .*the largest of \d+ that have none below them, "
               r"read [\d.]+ .?s later")
    run.results.check(re.search(largest, text), f"{name}: the report names the largest", text)
    run.results.equal((run.folder / f"{name}.code").read_text().strip(), "0", f"{name}: exit code")


def check(run):
    log = (run.folder / "dmesg.log").read_text(encoding="utf-8", errors="replace")
    run.results.equal(re.findall(r"oom-kill:constraint=(\w+)", log), [kind for kind, _, _ in BOUND.values()],
                      "the kernel's log")
    for how, logged in zip(BOUND, logged_zones(log)):
        free = int((run.folder / f"{how}.node").read_text())
        run.results.check(free > 200 << 10, f"{how}: the other node had room", f"{free} KiB")
        for name in (f"{how}-machine", f"{how}-cgroup"):
            check_trace(run, name, how, logged)
