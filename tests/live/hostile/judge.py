# SPDX-License-Identifier: GPL-2.0-only
"""Judges what guest.sh left. The oracles are the kernel's count of kills, what the scenarios know of the cause, and
root's own notes of its writes."""

import json

CAUSES = {"grown": {"limit-unchanged"}, "log": {"limit-unchanged"}}
# What a flood may cost: records of the flood, and the cgroups of those.
MAY_BE_LOST = {"limit", "cgroup"}


def root_writes(run):
    """(time before it in s, bytes; None for no limit) of each write of root's, in order."""
    lines = (run.folder / "inside.writes").read_text().splitlines()
    return [(float(at), None if value == "max" else int(value)) for at, value in map(str.split, lines)]


def right_causes(oom, writes, limits):
    """The causes that one of these OOMs may have, by root's own notes of its writes."""
    if oom["trigger"]["comm"] == "sh":
        return {"inside-write"}
    cause, at = oom["cause"], oom["ts_ns"] / 1e9
    began = at - cause.get("since_ns", 0) / 1e9
    number = max(i for i, (before, _) in enumerate(writes) if before <= at)
    # Root notes a write before it makes it: the OOM may have come between the two.
    if number and oom["limit_cgroup"]["max_bytes"] == writes[number - 1][1]:
        number -= 1
    before, value = writes[number]
    known = limits.get(cause.get("limit_id"))
    # What is said of a write must be true of root's last one, /proc/uptime being exact to 10 ms.
    if oom["limit_cgroup"]["max_bytes"] != value or "limit_id" not in cause or began < before - 0.01 or \
            (known and known["new_max_bytes"] != value):
        return {"not-known"}
    # Of three writes in a row the second lowers the limit of a workload that has its memory.
    return {"not-known", "limit-lowered" if number % 3 == 1 else "limit-unchanged"}


def check_inside(run, records, ooms):
    """Strangers can make a write be missed. Then its OOMs have no cause, and never a wrong one."""
    writes = root_writes(run)
    limits = {r["id"]: r for r in records if r["type"] == "limit" and r["cgroup"] == "/inside"}
    told = {"inside-write": 0, "limit-lowered": 0, "limit-unchanged": 0, "not-known": 0}
    for oom in ooms:
        if not oom["victims"]:
            continue
        cause, right = oom["cause"], right_causes(oom, writes, limits)
        run.results.check(cause["kind"] in right, f"inside: the cause of OOM {oom['id']}", (cause, right))
        if cause["kind"] == "not-known":
            run.results.check("reason" in cause, f"inside: why the cause of OOM {oom['id']} isn't known", cause)
        told[cause["kind"]] = told.get(cause["kind"], 0) + 1
    print("inside: " + ", ".join(f"{count} {kind}" for kind, count in told.items()))
    run.results.check(told["inside-write"] and told["limit-unchanged"], "inside: causes are known as a rule", told)


def check_scenario(run, name):
    results = run.results
    with open(run.folder / f"{name}.json", encoding="utf-8") as file:
        records = [json.loads(line) for line in file]
    events = dict(line.split() for line in (run.folder / f"{name}.events").read_text().splitlines())
    ooms = [r for r in records if r["type"] == "oom" and r["limit_cgroup"]["path"] == f"/{name}"]
    victims = sum(v["role"] == "chosen" for oom in ooms for v in oom["victims"])
    results.equal(victims, int(events["oom_kill"]), f"{name}: kills, by the kernel")
    results.check(victims >= int(run.folder.joinpath("kills").read_text()), f"{name}: there were kills", victims)
    if name == "inside":
        check_inside(run, records, ooms)
    else:
        results.equal({oom["cause"]["kind"] for oom in ooms if oom["victims"]}, CAUSES[name],
                      f"{name}: the cause of each")
    results.check(not any(oom.get("incomplete") for oom in ooms), f"{name}: nothing of an OOM is missing")
    lost = {r["kind"] for r in records if r["type"] == "lost"}
    results.check(lost <= MAY_BE_LOST, f"{name}: nothing is lost but writes", lost)
    end = records[-1]
    code = (run.folder / f"{name}.code").read_text().strip()
    results.equal((end["type"], code), ("end", "4" if end.get("lost") else "0"), f"{name}: came to its end")
    return records


def check_log(run, records):
    """Each kill is compared with the log's line of it, or lines are said to be missed."""
    logged = [r for r in records if r["type"] == "kernel-log"]
    victims = {v["pid"] for r in records if r["type"] == "oom" for v in r["victims"]}
    compared = {r["pid"] for r in logged if "differences" in r}
    missed = sum(r.get("missed", 0) for r in logged)
    run.results.check(missed or victims <= compared, "log: each kill is found in the log, or lines are missed",
                      (victims - compared, missed))
    differ = [r for r in logged if not r.get("missed") and
              ("differences" not in r or not all(d.get("close") for d in r["differences"]))]
    run.results.equal(differ, [], "log: no difference is told where there is none")
    log = (run.folder / "dmesg.log").read_text(encoding="utf-8", errors="replace")
    run.results.check(log.count("flood: round") > 100, "log: it was flooded")


def check(run):
    for name in ("inside", "grown"):
        check_scenario(run, name)
    check_log(run, check_scenario(run, "log"))
