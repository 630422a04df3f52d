#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""check-layers.py [USER]: checks the includes of user/ against the order of its folders.

A folder may include the folders before it in ORDER, and none after it. An include names the path from
user/, so each line shows the direction.
"""
import re
import sys
from pathlib import Path

ORDER = ["base", "host", "containers", "record", "jsonl", "kmsg", "target", "trace", "model", "stacks",
         "limit", "output", "report", "service", "terminal", "commands"]
# Stand-ins for the static link, which include nothing of ours.
BESIDE = {"static"}
# What isn't in user/, and the folders that may include it: the events as the kernel side sends them,
# and the programs that send them. All other folders see records.
OUTSIDE = {
    "event.h": {"host", "record", "target", "trace", "model", "stacks"},
    "first.skel.h": {"trace"},
    "oomtrace.skel.h": {"trace"},
}


def complaint(folder, name):
    """What is wrong with this include, or None."""
    if name in OUTSIDE:
        return None if folder in OUTSIDE[name] else "only " + ", ".join(sorted(OUTSIDE[name])) + " may"
    other = name.split("/")[0]
    if other not in ORDER:
        return "it isn't named by its path from user/"
    if ORDER.index(other) > ORDER.index(folder):
        return f"{other}/ comes after {folder}/"
    return None


def main():
    user = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).resolve().parents[2] / "user")
    files = sorted(p for p in user.rglob("*.[ch]") if p.relative_to(user).parts[0] not in BESIDE)
    bad = []
    for path in files:
        file = path.relative_to(user)
        if file.parts[0] not in ORDER:
            bad.append(f"{file}: its folder has no place in the order")
            continue
        for name in re.findall(r'^\s*#\s*include\s*"([^"]+)"', path.read_text(), re.M):
            why = complaint(file.parts[0], name)
            if why:
                bad.append(f"{file} includes {name}: {why}")
    for line in bad:
        print(line)
    print(f"{len(files)} files checked, {len(bad)} includes against the order")
    return 1 if bad or not files else 0


sys.exit(main())
