#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""report.py OOMTRACE: how fast a recording of 1,000,000 records becomes a report, and in how much memory.

The recording is 98 % records of usage, as a busy container has them; the OOMs and writes of limits between
are those of a real one (tests/golden). Exits with 1 when the text takes longer than 5 s
(200,000 records a second) or more than 64 MiB.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RECORDS = 1_000_000
GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "incident.jsonl"
FORMATS = ("text", "json", "html", "chrome-trace")


def write_recording(path):
    records = [json.loads(line) for line in GOLDEN.read_text().splitlines()]
    of = {kind: next(r for r in records if r["type"] == kind) for kind in ("session", "oom", "limit", "end")}
    began, target = of["session"]["ts_ns"], of["session"]["target"]
    place = {"cgroup_id": of["oom"]["limit_cgroup"]["id"], "cgroup": target["cgroup"],
             "container": target["container"]}
    of["usage"] = {"type": "usage", "ts_ns": 0, "time": of["oom"]["time"], **place, "usage_bytes": 0,
                   "max_bytes": 134217728, "high_bytes": "max", "pid": 399, "comm": "awk"}
    of["reclaim"] = {"type": "reclaim", "ts_ns": 0, "time": of["oom"]["time"], "kind": "limit", **place,
                     "since_ns": began, "runs": 3, "duration_ns": 1000000, "longest_ns": 500000,
                     "reclaimed_bytes": 1048576}
    with path.open("w") as out:
        for i in range(RECORDS):
            kind = ("session" if i == 0 else "end" if i == RECORDS - 1 else "oom" if i % 1000 == 999 else
                    "limit" if i % 1000 == 500 else "reclaim" if i % 50 == 49 else "usage")
            record = dict(of[kind], ts_ns=began + i * 3_600_000)
            if kind == "usage":
                record["usage_bytes"] = i * 7919 % 16384 * 4096
            elif kind in ("oom", "limit"):
                record["id"] = i // 1000 + 1
            out.write(json.dumps(record, separators=(",", ":")) + "\n")


def measure(oomtrace, form, path):
    """Returns seconds, of processor time too, and MiB resident at most."""
    began = time.monotonic()
    child = subprocess.Popen([oomtrace, "report", "--format", form, "--output", os.devnull, path])
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.monotonic() - began
    if status:
        sys.exit(f"report --format {form}: status {status}")
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main():
    oomtrace = sys.argv[1]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "recording.jsonl"
        write_recording(path)
        print(f"A recording of {RECORDS:,} records, {path.stat().st_size >> 20} MiB, on this machine:\n")
        print(f"{'format':<14} {'seconds':>8} {'CPU s':>8} {'records/s':>12} {'RSS':>10}")
        results = {}
        for form in FORMATS:
            results[form] = measure(oomtrace, form, str(path))
            seconds, cpu, mib = results[form]
            print(f"{form:<14} {seconds:8.2f} {cpu:8.2f} {RECORDS / seconds:12,.0f} {mib:6.1f} MiB")
    _, cpu, mib = results["text"]
    slow, fat = RECORDS / cpu < 200_000, mib >= 64
    print(f"\n{'FAIL' if slow else 'ok  '}  text: {RECORDS / cpu:,.0f} records a second of one CPU (at least 200,000)")
    print(f"{'FAIL' if fat else 'ok  '}  text: {mib:.1f} MiB resident (below 64)")
    print(f"{2 - slow - fat} passed, {slow + fat} failed")
    return 1 if slow or fat else 0


if __name__ == "__main__":
    sys.exit(main())
