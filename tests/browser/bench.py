#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""How long the HTML report of an hour takes to make and to open, and how large it is, with 300 kills and with
10,000: bench.py OOMTRACE. Our goals: it opens in 2 s and has less than 5 MB. The seconds that decide are those
that the page's thread computes: what else runs on the machine makes the others longer."""
import os
import resource
import statistics
import subprocess
import sys
import tempfile

from chromium import Page
from recording import make

GOAL_S = 2
GOAL_BYTES = 5_000_000
TRIES = 5


def measure(oomtrace: str, folder: str, kills: int, usage_per_s: int) -> bool:
    recording, html = f"{folder}/{kills}.jsonl", f"{folder}/{kills}.html"
    made = make("web", seconds=3600, kills=kills, usage_per_s=usage_per_s)
    made.save(recording)
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    subprocess.run([oomtrace, "report", "--format", "html", "--output", html, recording], check=True)
    took = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
    with Page() as page:
        page.size(1100, 900)
        opened, busy = [], []
        for _ in range(TRIES):
            opened.append(page.open(html))
            busy.append(page.cpu_seconds())
    size = os.path.getsize(html)
    print(f"HTML report of an hour, {len(made.lines)} records, {made.kills} kills: made in {took:.2f} s of CPU time, "
          f"{size / 1e6:.2f} MB (goal {GOAL_BYTES / 1e6:.0f}), opened in {statistics.median(opened):.2f} s "
          f"(slowest of {TRIES}: {max(opened):.2f} s), of which the page's thread computed "
          f"{statistics.median(busy):.2f} s (goal {GOAL_S} s)")
    return statistics.median(busy) <= GOAL_S and size < GOAL_BYTES


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        good = [measure(sys.argv[1], folder, kills, usage_per_s) for kills, usage_per_s in ((300, 20), (10_000, 5))]
    sys.exit(not all(good))


if __name__ == "__main__":
    main()
