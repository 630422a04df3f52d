#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""How long the HTML report of an hour takes to make and to open: bench.py OOMTRACE. Our goal: open in 2 s."""
import statistics
import subprocess
import sys
import tempfile
import time

from chromium import Page
from recording import make

GOAL_S = 2
TRIES = 5


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        recording, html = f"{folder}/hour.jsonl", f"{folder}/hour.html"
        made = make("web", seconds=3600, kills=300, usage_per_s=20)
        made.save(recording)
        began = time.monotonic()
        subprocess.run([sys.argv[1], "report", "--format", "html", "--output", html, recording], check=True)
        took = time.monotonic() - began
        with Page() as page:
            page.size(1100, 900)
            opened = [page.open(html) for _ in range(TRIES)]
    print(f"HTML report of an hour, {len(made.lines)} records, {made.kills} kills: made in {took:.2f} s, "
          f"opened in {statistics.median(opened):.2f} s (slowest of {TRIES}: {max(opened):.2f} s; goal {GOAL_S} s)")
    sys.exit(statistics.median(opened) > GOAL_S)


if __name__ == "__main__":
    main()
