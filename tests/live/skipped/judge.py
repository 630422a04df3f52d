# SPDX-License-Identifier: GPL-2.0-only
"""Judges what guest.sh left. The oracle is the kernel's own count of kills."""

import json


FIRST = 8  # traces of FIRST_KILLS each
FIRST_KILLS = 2


def check_scenario(run, name, least=20):
    """Returns how many kills were told, and how many were told as lost."""
    with open(run.folder / f"{name}.json", encoding="utf-8") as file:
        records = [json.loads(line) for line in file]
    kernel = int((run.folder / f"{name}.kernel").read_text())
    told = sum(v["role"] == "chosen" for r in records if r["type"] == "oom" for v in r["victims"])
    lost = [r for r in records if r["type"] == "lost" and r["kind"] == "kill"]
    missed = sum(r["count"] for r in lost)
    run.results.check(kernel >= least, f"{name}: kills", f"{kernel}")
    # A first run by a thread that is older than the trace may be one that was going on.
    early = sum(r.get("early_kills", 0) for r in records if r["type"] == "end")
    run.results.equal(told + missed + early, kernel,
                      f"{name}: kills told ({told}), lost ({missed}) and perhaps early ({early}), by the kernel")
    run.results.check(early <= 1, f"{name}: early kills", early)
    run.results.check(all(r["within_ns"] > 0 for r in lost), f"{name}: when they were lost")
    code = int((run.folder / f"{name}.code").read_text())
    ends = [r for r in records if r["type"] == "end"]
    run.results.equal([code], [4 if end["lost"] else 0 for end in ends], f"{name}: exit code")
    run.results.check(not missed or code == 4, f"{name}: a missed kill is no success")
    return told, missed


def check_killer(run):
    """Whoever has left the OOM killer sends SIGKILL in his own name."""
    sent = [int(pid) for pid in (run.folder / "killer.sent").read_text().split()]
    with open(run.folder / "killer.json", encoding="utf-8") as file:
        records = [json.loads(line) for line in file]
    victims = {v["pid"] for r in records if r["type"] == "oom" for v in r["victims"]}
    run.results.check(len(sent) >= 20, "killer: signals", f"{len(sent)}")
    run.results.equal(sorted(victims & set(sent)), [], "killer: whom kill(2) ended is no victim")
    told = [r["pid"] for r in records if r["type"] == "sigkill" and r["pid"] in sent]
    run.results.equal(told, sent, "killer: each SIGKILL is told, with its sender")
    ends = {r["pid"]: r["oom_victim"] for r in records if r["type"] == "exit" and r["pid"] in sent}
    run.results.check(not any(ends.values()), "killer: ends", f"{ends}")
    lost = [r for r in records if r["type"] == "lost"]
    run.results.check(lost, "killer: the kernel left out programs, or this proves nothing", f"{lost}")


def check(run):
    check_killer(run)
    told, missed = check_scenario(run, "itself")
    run.results.equal(missed, 0, "itself: BTF-typed programs miss none")
    check_scenario(run, "kprobes")
    for n in range(1, FIRST + 1):
        check_scenario(run, f"first-{n}", FIRST_KILLS)
