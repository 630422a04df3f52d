#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""overkill.py FOLDER...: a table of what overkill.sh left in build/live/limits/LABEL: docs/notes/overkill.md"""

import collections
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from oracles import read_records  # noqa: E402 (found by the path above)


def overkill(folders):
    """One line per kernel and case: over all tries, how many kills were needed, how many there were."""
    for folder in folders:
        all_records = read_records(Path(folder) / "overkill.jsonl")
        writes = [r for r in all_records if r["type"] == "limit" and r["new_max_bytes"] != "max"]
        steps = {s["limit_id"]: s for r in all_records if r["type"] == "steps" for s in r["steps"]}
        with open(f"{folder}/overkill.txt") as file:
            lines = [re.match(r"(.*): (\d+) (\d+)", line).groups() for line in file]
        if len(lines) != len(writes):
            print(f"{folder}: {len(lines)} writes made, {len(writes)} told")
        cases = collections.defaultdict(list)
        for (case, kills, ooms), write in zip(lines, writes):
            step = steps.get(write["id"], {})
            if int(kills) != write["kills"] or step.get("killed_inside") != write["kills"]:
                print(f"{folder}: {case}: oomtrace has {write['kills']}, {step}, memory.events {kills}")
            cases[case].append((step.get("needed"), write["kills"], int(ooms), write["ooms"]))
        for case, tries in cases.items():
            columns = [" ".join(map(str, column)) for column in zip(*tries)]
            print(f"| {all_records[0]['kernel']} | {case} | " + " | ".join(columns) + " |")


if __name__ == "__main__":
    overkill(sys.argv[1:])
