#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Usage: test_times.sh OOMTRACE
# A kill has one time, to the millisecond: in text, list, page, CSV and Chrome trace.
set -u
export LC_ALL=C
unset COLUMNS

if [[ $# -ne 1 || ! -x $1 ]]; then
	echo "usage: $0 PATH-OF-OOMTRACE" >&2
	exit 2
fi
golden=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../golden" && pwd) || exit 1
exec python3 - "$(realpath "$1")" "$golden" <<'PYTHON'
import csv
import json
import re
import subprocess
import sys
from datetime import datetime, timezone

oomtrace, golden = sys.argv[1:]
failed = 0


def report(kind, name, *more):
    command = [oomtrace, "report", "--format", kind, *more, f"{golden}/{name}"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def same(what, got, expected):
    global failed
    if got != expected:
        failed = 1
        print(f"FAIL: {what}: {sorted(got ^ expected)[:6]} in only one of them")


def of_boot(record, ns):
    """The time of day of a time of the boot clock."""
    wall_ns = ns + record["wall_offset_ns"]
    at = datetime.fromtimestamp(wall_ns // 10**9, timezone.utc)
    return f"{at:%H:%M:%S}.{wall_ns % 10**9 // 10**6:03}"


for name in ("incident.jsonl", "scenarios.jsonl"):
    text = report("text", name)
    session = json.loads(open(f"{golden}/{name}", encoding="utf-8").readline())
    brief = {(oom, time) for time, oom in
             re.findall(r"^(\d\d:\d\d:\d\d\.\d\d\d)  .*?OOM (\d+)  killed", report("text", name, "--brief"), re.M)}
    blocks = {(oom, time) for time, oom in re.findall(r"^(\d\d:\d\d:\d\d\.\d\d\d)  OOM (\d+): killed", text, re.M)}
    same(f"{name}: text", blocks & brief, blocks)
    rows = [row for row in csv.DictReader(report("csv", name).splitlines()) if row["row"] == "kill"]
    table = {(row["oom_id"], row["time"][11:23]) for row in rows}
    same(f"{name}: csv", table, brief)
    page = report("html", name)
    shown = {(oom, time) for oom, time in
             re.findall(r'<tr><td>(?:<a href="#oom-[\d-]+">)?(\d+)(?:</a>)?</td><td><time[^>]*>([\d:.]+)</time>', page)}
    same(f"{name}: the page's table of kills", shown, brief)
    marks = {(oom.split("-")[1], of_boot({"wall_offset_ns": 0}, ns))
             for ns, oom, *_ in json.loads(re.search(r'"kills":(\[.*?\]),\n"writes":', page, re.S)[1])}
    same(f"{name}: the page's chart", marks, brief)
    trace = {(str(e["args"]["oom"]), of_boot(session, round(e["ts"] * 1000)))
             for e in json.loads(report("chrome-trace", name))["traceEvents"] if e.get("cat") == "kill"}
    same(f"{name}: chrome-trace", trace, brief)
    listed = json.loads(subprocess.run([oomtrace, "list", "--output", "json", f"{golden}/{name}"], capture_output=True,
                                       text=True, check=True).stdout)
    same(f"{name}: list", {listed["time"][11:23]} & {time for _, time in brief}, {listed["time"][11:23]})
    if not brief:
        failed = 1
        print(f"FAIL: {name}: no kills in the text")
sys.exit(failed)
PYTHON
