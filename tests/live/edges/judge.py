# SPDX-License-Identifier: GPL-2.0-only
"""Judges what guest.sh left. The oracles are the numbers of cgroups that the script made, and its hogs."""

import json
import re

MANY, ROOM = 4200, 4096  # of guest.sh; and for how many cgroups there is room when one was there at the start


def records(run, name):
    with open(run.folder / f"{name}.json", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def check_end(run, name, told, lost):
    """The losses of each kind, the exit code, and that the hog was told, at its own limit."""
    hog = int((run.folder / f"{name}.pid").read_text())
    ooms = [r for r in told if r["type"] == "oom"]
    run.results.equal([[v["pid"] for v in oom["victims"]] for oom in ooms], [[hog]], f"{name}: the kill")
    run.results.equal([oom["cause"]["kind"] for oom in ooms], ["limit-unchanged"], f"{name}: its cause")
    counts = {}
    for r in told:
        if r["type"] == "lost":
            counts[r["kind"]] = counts.get(r["kind"], 0) + r["count"]
    run.results.equal(counts, lost, f"{name}: lost")
    code = (run.folder / f"{name}.code").read_text().strip()
    run.results.equal(code, "4" if lost else "0", f"{name}: exit code")


def check_gone(run, name, above):
    told = records(run, name)
    session, end = told[0], told[-1]
    run.results.check(not (run.folder / f"{name}.late").exists(), f"{name}: it wasn't attached yet")
    run.results.equal((session.get("kills_while_attaching"), session.get("kills_counted_in")), (1, above),
                      f"{name}: the kill is counted above")
    gone = [r for r in told if r["type"] == "exit" and r.get("target_gone")]
    run.results.equal([r["cgroup"] for r in gone], [session["target"]["cgroup"]], f"{name}: the target is gone")
    run.results.equal({r["kind"]: r["count"] for r in told if r["type"] == "lost"}, {"kill": 1}, f"{name}: lost")
    run.results.equal((end["type"], end["lost"]), ("end", 1), f"{name}: the end")
    run.results.equal((run.folder / f"{name}.code").read_text().strip(), "4", f"{name}: exit code")
    text = re.sub(r"\s+", " ", (run.folder / f"{name}.txt").read_text())
    run.results.check("because the target was gone by then" in text, f"{name}: the report says so")


def check(run):
    check_end(run, "deep", records(run, "deep"), {})
    made = records(run, "made")
    left_out = [r["count"] for r in made if r["type"] == "lost" and r["kind"] == "cgroup-usage"]
    # The kernel keeps room for some more: one a CPU at least.
    run.results.check(left_out and 0 < sum(left_out) <= MANY + 1 - ROOM, "made: cgroups left out", f"{left_out}")
    check_end(run, "made", made, {"cgroup-usage": sum(left_out)})
    many = records(run, "many")
    check_end(run, "many", many, {})
    cgroups = {r["cgroup_id"] for r in many if r["type"] == "usage"}
    run.results.equal(len(cgroups), MANY + 1, "many: cgroups whose usage is told")
    check_gone(run, "gone-root", "/")
    check_gone(run, "gone-above", "/above")
