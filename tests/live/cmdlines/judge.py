# SPDX-License-Identifier: GPL-2.0-only
"""Judges what guest.sh left. The oracles are the kernel's count of kills, and who asked for memory in its log."""

import json
import re


def check_trace(run, name, left_out):
    with open(run.folder / f"{name}.json", encoding="utf-8") as file:
        records = [json.loads(line) for line in file]
    end = records[-1]
    run.results.equal((end["type"], end.get("ooms"), end.get("lost")), ("end", 0, 0), f"{name}: came to its end")
    run.results.equal((run.folder / f"{name}.code").read_text().strip(), "0", f"{name}: exit code")
    said = (run.folder / f"{name}.err").read_text()
    run.results.equal("could not be read in time" in said, left_out, f"{name}: says whether one could not be read")


def check_kept(run):
    """It was executed while oomtrace looked on, and was killed by a write of its limit, so not in its own context."""
    records = [json.loads(line) for line in (run.folder / "kept.json").read_text().splitlines()]
    victims = [v for r in records if r["type"] == "oom" for v in r["victims"]]
    run.results.equal([(v.get("cmdline"), v.get("cmdline_source")) for v in victims],
                      [(["./target", "hold", "24"], "earlier")], "kept: the victim's command line")
    run.results.equal((run.folder / "kept.code").read_text().strip(), "0", "kept: exit code")


def check(run):
    results = run.results
    facts = json.loads("{" + (run.folder / "facts").read_text().rstrip().rstrip(",") + "}")
    swapped, pages = re.match(r"(\d+) of (\d+) pages", facts["swapped-target"]).groups()
    results.check(swapped == pages, "swapped: the command line was swapped out", facts["swapped-target"])
    for name in ("swapped-machine", "swapped-cgroup"):
        check_trace(run, name, False)
    results.equal((facts["swapped-before"], facts["swapped-after"]), ("0", "0"), "swapped: nobody was killed")
    # The control: without it nothing would follow from that.
    results.equal(facts["swapped-read"], "1", "swapped: whoever reads it has somebody killed")
    # And whoever wrote the limit of "kept".
    log = (run.folder / "dmesg.log").read_text(encoding="utf-8", errors="replace")
    results.equal(set(re.findall(r"(\S+) invoked oom-killer", log)), {"head", "sh"}, "swapped: who that was")
    check_kept(run)
    if facts["locked"] == "yes":
        for name in ("locked-machine", "locked-cgroup"):
            check_trace(run, name, True)
        results.equal(facts["locked-still"], "yes", "locked: the lock was held to the end")
