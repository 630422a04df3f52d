# SPDX-License-Identifier: GPL-2.0-only
"""--find-min finds what a program needs, within 5 % and 2 MiB for the program itself, and kills nothing on the way."""

import re

from oracles import read_counters, read_records

NEED = 100 << 20  # as in the suite
MOST = NEED * 105 // 100 + (2 << 20)


def check(run):
    results, folder = run.results, run.folder
    highs = (folder / "high").read_text().split()
    results.check(len(highs) == 3 and len(set(highs)) == 1, "memory.high was restored, twice", highs)
    results.equal(read_counters(folder / "memory.events")["oom_kill"], 0, "nothing was killed")
    match = re.search(r"\((\d+) bytes\)", (folder / "find-min").read_text())
    if results.check(match, "a minimum was found"):
        # What the program needs besides: what is neither its memory nor reclaimable page cache.
        results.check(NEED <= int(match[1]) <= MOST, f"found {match[1]} for {NEED} bytes of need, at most {MOST}")
    lines = (folder / "find-min.jsonl").read_text().splitlines()
    tries = sum(bool(re.fullmatch(r'\{"type":"min-try",.*"holds":(true|false)\}', line)) for line in lines)
    last = read_records(folder / "find-min.jsonl")[-1]
    got = [last.get(key) for key in ("type", "cgroup", "tries", "kills")]
    results.check(got == ["min", "/min", tries, 0] and last.get("max_bytes", 0) > 0, "the JSON's last line", last)
