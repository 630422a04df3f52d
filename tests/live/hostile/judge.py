# SPDX-License-Identifier: GPL-2.0-only
"""Judges what guest.sh left. The oracles are the kernel's count of kills, and that each scenario knows the cause."""

import json

CAUSES = {"inside": {"inside-write"}, "grown": {"limit-unchanged"}, "log": {"limit-unchanged"}}
# What a flood may cost: records of the flood, and the cgroups of those.
MAY_BE_LOST = {"limit", "cgroup"}


def check_scenario(run, name):
    results = run.results
    with open(run.folder / f"{name}.json", encoding="utf-8") as file:
        records = [json.loads(line) for line in file]
    events = dict(line.split() for line in (run.folder / f"{name}.events").read_text().splitlines())
    ooms = [r for r in records if r["type"] == "oom" and r["limit_cgroup"]["path"] == f"/{name}"]
    victims = sum(v["role"] == "chosen" for oom in ooms for v in oom["victims"])
    results.equal(victims, int(events["oom_kill"]), f"{name}: kills, by the kernel")
    results.check(victims >= int(run.folder.joinpath("kills").read_text()), f"{name}: there were kills", victims)
    # In the thread of the workload it is the limit that is being lowered, if that write was seen.
    here = [oom for oom in ooms if oom["victims"] and (name != "inside" or oom["trigger"]["comm"] == "sh")]
    results.equal({oom["cause"]["kind"] for oom in here}, CAUSES[name], f"{name}: the cause of each")
    print(f"{name}: causes of {len(here)} of {len(ooms)} OOMs judged")
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
