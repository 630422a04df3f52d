#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Usage: near-limit.py DIR

Prints what near-limit-guest.sh has left in DIR: the time from the mark to the first instruction of the hook's own, and
from there to the kill. Exits with 1 when a hook with --freeze took longer than 50 ms, or came after the kill."""
import json
import pathlib
import statistics
import sys

AT_MOST_MS = 50
LOOK_BACK_NS = 100_000_000


def growth(usages, near):
    """MiB a second, in the tenth of a second before the mark."""
    before = [u for u in usages if near["ts_ns"] - LOOK_BACK_NS <= u["ts_ns"] < near["ts_ns"]]
    span = near["ts_ns"] - before[0]["ts_ns"]
    return (near["usage_bytes"] - before[0]["usage_bytes"]) / (1 << 20) / (span / 1e9)


def line(what, values, unit):
    print(f"  {what:44} {min(values):8.2f} {statistics.median(values):8.2f} {max(values):8.2f} {unit}")


def judge(folder, which):
    records = [json.loads(text) for text in (folder / f"{which}.jsonl").read_text().splitlines()]
    by_type = {kind: [r for r in records if r["type"] == kind] for kind in ("near-limit", "hook", "usage", "oom")}
    nears, hooks = by_type["near-limit"], by_type["hook"]
    begun = [int(text) for text in (folder / f"{which}.begun").read_text().split()]
    kills = [oom["ts_ns"] for oom in by_type["oom"]]
    if not len(nears) == len(hooks) == len(begun) == len(kills) > 0:
        print(f"{which}: {len(nears)} marks, {len(hooks)} hooks, {len(begun)} begun, {len(kills)} kills")
        return False
    took = [(at - near["ts_ns"]) / 1e6 for at, near in zip(begun, nears)]
    left = [(kill - at) / 1e6 for kill, at in zip(kills, begun)]
    print(f"{which}: {len(nears)} runs{'' if which == 'free' else ' with --freeze'}; least, median, most")
    line("growth before the mark", [growth(by_type["usage"], near) for near in nears], "MiB/s")
    line("from the mark to exec of the hook", [h["since_event_ns"] / 1e6 for h in hooks], "ms")
    line("from the mark to the hook's first instruction", took, "ms")
    line("from there to the kill", left, "ms")
    good = max(took) <= AT_MOST_MS and min(left) > 0
    print(f"  within {AT_MOST_MS} ms: {sum(t <= AT_MOST_MS for t in took)} of {len(took)}; "
          f"before the kill: {sum(t > 0 for t in left)} of {len(left)}"
          f"{'' if which == 'free' else '  ok' if good else '  FAIL'}")
    return good or which == "free"


def main():
    folder = pathlib.Path(sys.argv[1])
    results = [judge(folder, which) for which in ("frozen", "free")]
    sys.exit(0 if all(results) else 1)


main()
