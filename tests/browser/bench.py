#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""How long the HTML report of an hour takes to make and to open, and how large it is, with 300 kills and with
10,000: bench.py OOMTRACE. Our goals: it opens in 2 s and has less than 5 MB."""
import os
import statistics
import subprocess
import sys
import tempfile
import time

from chromium import Page
from recording import make

GOAL_S = 2
GOAL_BYTES = 5_000_000
TRIES = 5


def measure(oomtrace: str, folder: str, kills: int, usage_per_s: int) -> bool:
    recording, html = f"{folder}/{kills}.jsonl", f"{folder}/{kills}.html"
    made = make("web", seconds=3600, kills=kills, usage_per_s=usage_per_s)
    made.save(recording)
    began = time.monotonic()
    subprocess.run([oomtrace, "report", "--format", "html", "--output", html, recording], check=True)
    took = time.monotonic() - began
    with Page() as page:
        page.size(1100, 900)
        opened = [page.open(html) for _ in range(TRIES)]
    size = os.path.getsize(html)
    print(f"HTML report of an hour, {len(made.lines)} records, {made.kills} kills: made in {took:.2f} s, "
          f"{size / 1e6:.2f} MB (goal {GOAL_BYTES / 1e6:.0f}), opened in {statistics.median(opened):.2f} s "
          f"(slowest of {TRIES}: {max(opened):.2f} s; goal {GOAL_S} s)")
    return statistics.median(opened) <= GOAL_S and size < GOAL_BYTES


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        good = [measure(sys.argv[1], folder, kills, usage_per_s) for kills, usage_per_s in ((300, 20), (10_000, 5))]
    sys.exit(not all(good))


if __name__ == "__main__":
    main()
