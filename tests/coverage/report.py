#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""report.py BUILD [LIVE]: which lines of user/ were reached, by folder and file.

BUILD: what make COVERAGE=1 has built, with the counts that the unit tests left beside the objects. LIVE: a folder
below which guests of the live tests left theirs (GCOV_PREFIX). A line counts once, however often it was
compiled. Files of headers count where they have code.
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path


def lines_of(counts: Path, notes: Path):
    """(file, line, whether it was reached) of all that an object was compiled from."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(notes, f"{folder}/object.gcno")
        if counts:
            shutil.copy(counts, f"{folder}/object.gcda")
        run = subprocess.run(["gcov", "--json-format", "--stdout", "object.gcno"], cwd=folder, capture_output=True,
                             check=False)
    if run.returncode or not run.stdout.strip():
        sys.exit(f"report.py: gcov can't read {counts or notes}: {run.stderr.decode(errors='replace').strip()}")
    for text in run.stdout.decode().splitlines():
        for file in json.loads(text)["files"]:
            name = os.path.normpath(file["file"])
            if name.startswith("user/"):
                for line in file["lines"]:
                    yield name, line["line_number"], line["count"] > 0


def objects(build: Path, live: Path):
    """(kind, counts, notes); counts are None for what nothing has run."""
    for notes in sorted(build.rglob("*.gcno")):
        if "user" not in notes.relative_to(build).parts:
            continue
        counts = notes.with_suffix(".gcda")
        yield "unit", counts if counts.exists() and "static" not in notes.parts else None, notes
    if live:
        for counts in sorted(live.rglob("*.gcda")):
            # GCOV_PREFIX puts the whole path of the object below it.
            inside = str(counts).rpartition(str(build.resolve()))[2].lstrip("/")
            yield "live", counts, (build / inside).with_suffix(".gcno")


def percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:6.1f}" if whole else "     -"


def main() -> None:
    build = Path(sys.argv[1])
    live = Path(sys.argv[2]) if len(sys.argv) > 2 else None
    known = defaultdict(set)
    reached = {"unit": defaultdict(set), "live": defaultdict(set)}
    todo = list(objects(build, live))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for (kind, _, _), lines in zip(todo, pool.map(lambda o: list(lines_of(o[1], o[2])), todo)):
            for name, line, hit in lines:
                known[name].add(line)
                if hit:
                    reached[kind][name].add(line)

    groups = defaultdict(list)
    for name in sorted(known):
        groups[os.path.dirname(name)].append(name)

    def row(label, names):
        total = sum(len(known[name]) for name in names)
        unit = sum(len(reached["unit"][name]) for name in names)
        guests = sum(len(reached["live"][name]) for name in names)
        both = sum(len(reached["unit"][name] | reached["live"][name]) for name in names)
        print(f"{label:36} {total:6} {percent(unit, total)} {percent(guests, total)} {percent(both, total)}")

    print(f"{'file':36} {'lines':>6} {'unit %':>6} {'live %':>6} {'both %':>6}")
    for name in sorted(known):
        row(name, [name])
    print(f"\n{'folder':36} {'lines':>6} {'unit %':>6} {'live %':>6} {'both %':>6}")
    for folder, names in sorted(groups.items()):
        row(folder, names)
    row("all of user/", sorted(known))


if __name__ == "__main__":
    main()
