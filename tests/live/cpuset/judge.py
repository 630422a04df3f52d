# SPDX-License-Identifier: GPL-2.0-only
"""Judges what guest.sh left. The oracles are the kernel's log, and what the other node had free."""

import json
import re

from machine_memory import check_machine, logged_zones


def check_memory(results, name, oom, log):
    """Only the node that it may use counts, and that is below its watermark."""
    check_machine(results, name, oom.get("machine", {"zones": []}), logged_zones(log)[0])
    machine = oom.get("machine", {})
    results.equal({zone["node"] for zone in machine.get("zones", [])}, {1}, f"{name}: the zones of its node alone")
    results.check("watermark in every zone that counts: node 1" in machine.get("why", ""), f"{name}: why", machine)


def check_trace(run, name, log):
    with open(run.folder / f"{name}.json", encoding="utf-8") as file:
        records = [json.loads(line) for line in file]
    ooms = [r for r in records if r["type"] == "oom"]
    hog = int((run.folder / "hog.pid").read_text())
    run.results.equal([(oom["constraint"], oom["cause"]["kind"]) for oom in ooms], [("cpuset", "whole-machine")],
                      f"{name}: constraint and cause")
    run.results.equal([[v["pid"] for v in oom["victims"]] for oom in ooms], [[hog]], f"{name}: the victim")
    check_memory(run.results, name, ooms[0], log)
    text = re.sub(r"\s+", " ", (run.folder / f"{name}.txt").read_text())
    run.results.check("the memory nodes of a cpuset were out of memory" in text, f"{name}: the report says which")
    run.results.check("the whole machine was out of memory" not in text, f"{name}: and not that it was the machine's")
    run.results.equal((run.folder / f"{name}.code").read_text().strip(), "0", f"{name}: exit code")


def check(run):
    log = (run.folder / "dmesg.log").read_text(encoding="utf-8", errors="replace")
    run.results.equal(re.findall(r"oom-kill:constraint=(\w+)", log), ["CONSTRAINT_CPUSET"], "the kernel's log")
    free = int((run.folder / "nodes").read_text())
    run.results.check(free > 200 << 10, "the other node had room", f"{free} KiB")
    for name in ("machine", "pinned"):
        check_trace(run, name, log)
