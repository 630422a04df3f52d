#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""soak.py FOLDER: judges what soak-guest.sh left: memory that stays bounded, and records that are all there.
Exits with 1 if anything differs."""
import pathlib
import sys

from oracles import Results, read_records

RSS_MAX_KIB = 16 * 1024  # without stacks
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
    end = records[-1]
    results.equal((records[0]["type"], end["type"], end.get("lost")), ("session", "end", 0),
                  f"{name}: from session to end, nothing lost")
    results.equal(sum(len(r["victims"]) for r in records if r["type"] == "oom"), kills,
                  f"{name}: as many victims as memory.events counts")
    results.equal((folder / f"{name}.rc").read_text(), "0\n", f"{name}: exit code")


def main():
    folder, results = pathlib.Path(sys.argv[1]), Results()
    events = dict(line.split() for line in (folder / "memory.events").read_text().splitlines())
    kills, rounds = int(events["oom_kill"]), int((folder / "rounds").read_text())
    results.check(kills >= rounds > 0, f"{kills} kills in {rounds} rounds")
    for name in ("machine", "usage", "stacks"):
        check_memory(results, folder, name)
        check_records(results, folder, name, kills)
    results.check((folder / "stacks.folded").stat().st_size, "stacks: there are some")
    return results.finish()


if __name__ == "__main__":
    sys.exit(main())
