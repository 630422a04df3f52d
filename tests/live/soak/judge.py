# SPDX-License-Identifier: GPL-2.0-only
"""Memory that stays bounded, and records that are all there."""

from guest import RSS_MAX_KIB, check_end
from oracles import of, read_counters, read_records
from results import guarded

GROWTH_MAX_KIB = 1024   # of the second half over the first


def check_memory(results, folder, name):
    looks = [list(map(int, line.split())) for line in (folder / f"{name}.rss").read_text().splitlines()]
    if not results.check(len(looks) >= 4, f"{name}: its memory was looked at", len(looks)):
        return
    rss = [kib for _, kib in looks]
    half = len(rss) // 2
    first, second = max(rss[:half]), max(rss[half:])
    seconds = looks[-1][0] - looks[0][0]
    results.check(second <= first + GROWTH_MAX_KIB, f"{name}: resident memory doesn't grow: at most {first} KiB in "
                  f"the first half of {seconds} s, {second} KiB in the second")
    if name != "stacks":
        results.check(max(rss) <= RSS_MAX_KIB, f"{name}: resident memory, at most {RSS_MAX_KIB} KiB", max(rss))


def check_records(results, folder, name, kills):
    records = read_records(folder / f"{name}.jsonl")
    check_end(results, name, records)
    results.equal(sum(len(r["victims"]) for r in of(records, "oom")), kills,
                  f"{name}: as many victims as memory.events counts")
    results.equal((folder / f"{name}.rc").read_text(), "0\n", f"{name}: exit code")


def check(run):
    folder, results = run.folder, run.results
    kills, rounds = read_counters(folder / "memory.events")["oom_kill"], int((folder / "rounds").read_text())
    results.check(kills >= rounds > 0, f"{kills} kills in {rounds} rounds")
    for name in ("machine", "usage", "stacks"):
        guarded(results, check_memory, results, folder, name)
        guarded(results, check_records, results, folder, name, kills)
    results.check((folder / "stacks.folded").stat().st_size, "stacks: there are some")
