# SPDX-License-Identifier: GPL-2.0-only
"""Judges what guest.sh left. The oracle is the observer itself, which knows whom it looked at."""

import json
import re


def check_scenario(run, name, cause, cgroup):
    with open(run.folder / f"{name}.json", encoding="utf-8") as file:
        records = [json.loads(line) for line in file]
    who = json.loads((run.folder / f"{name}.who").read_text())
    ooms = [record for record in records if record["type"] == "oom"]
    run.results.equal(who["dead"], 1, f"{name}: somebody in the cgroup was killed")
    victims = [v["pid"] for oom in ooms for v in oom["victims"]]
    # Two where the kernel looks for another one before the first's memory is back.
    run.results.check(victims and set(victims) <= {who["observed"], who["locker"]}, f"{name}: victims", f"{victims}")
    for oom in ooms:
        trigger = oom["trigger"]
        run.results.equal(oom["cause"], cause, f"{name}: cause")
        run.results.equal((trigger["pid"], trigger["comm"], trigger["cgroup"]), (who["pid"], "observer", cgroup),
                          f"{name}: who asked")
        run.results.equal(oom["limit_cgroup"]["path"], f"/{name}", f"{name}: whose limit")
    stacks = [len(r["kernel"]) for r in records if r["type"] == "stack" and "oom_id" in r]
    run.results.check(stacks and min(stacks) > 3, f"{name}: the trigger's stack in the kernel", f"frames {stacks}")
    code = (run.folder / f"{name}.code").read_text().strip()
    run.results.equal(code, "0", f"{name}: exit code")
    text = (run.folder / f"{name}.txt").read_text()
    said = f"observer (pid {who['pid']}), outside of the limit's cgroup, accessed memory" in " ".join(text.split())
    run.results.equal(said, cause["kind"] == "observer", f"{name}: the report names the observer")


def check_swap(run, name):
    """Swap has 8 MiB of the observed process and may take no more; the other one's 14 MiB are locked (observer.c)."""
    text = " ".join((run.folder / f"{name}.txt").read_text().split())
    found = re.search(r"swap full, too: ([\d.]+) MiB of 0 B; (?:about )?([\d.]+) MiB are locked \(mlock\)", text)
    if run.results.check(found, f"{name}: what swap could do", text):
        run.results.check(6 <= float(found[1]) <= 9 and 12.5 <= float(found[2]) <= 14.5, f"{name}: how much", found[0])


def check(run):
    for name in ("swapped", "machine", "kprobes"):
        check_swap(run, name)
    for name in ("fill", "swapped", "machine", "kprobes"):
        check_scenario(run, name, {"kind": "observer"}, "/agent")
    check_scenario(run, "neighbour", {"kind": "limit-unchanged"}, "/neighbour")
