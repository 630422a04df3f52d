#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""kmsg.py OOMTRACE: how fast a kernel log of 1 GiB is read, and in how much memory.

The log is syslog with an OOM in every 64 MiB. Exits with 1 when less than 200 MB are read in a second of
processor time, when more than 32 MiB are resident, or when an OOM is missed.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

BYTES = 1 << 30
EVERY = 64 << 20
GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "klog" / "24-ubuntu515-systemd-writes-memory-max.log"


def quiet_block(size):
    words = ("session opened for user", "memory of process", "connection from 10.0.0.7", "unit started",
             "container /var/lib/docker/overlay2", 'level=info msg="handled"')
    lines, length = [], 0
    while length < size:
        n = len(lines)
        lines.append(f"Nov 23 15:{n // 60 % 60:02d}:{n % 60:02d} localhost app[{n % 9973}]: {words[n % 6]} "
                     f"{words[n * 7 % 6]} {n}\n")
        length += len(lines[-1])
    return "".join(lines)


def write_log(path):
    block, golden = quiet_block(4 << 20), GOLDEN.read_text()
    with path.open("w") as out:
        for i in range(BYTES // EVERY):
            for _ in range(EVERY // len(block)):
                out.write(block)
            out.write(golden.replace("Jun 16 15:09:07", f"Jun 16 15:{i:02d}:07"))
    return 2 * (BYTES // EVERY)


def main():
    oomtrace = sys.argv[1]
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        path, document = Path(folder) / "kern.log", Path(folder) / "report.json"
        ooms = write_log(path)
        size = path.stat().st_size
        child = subprocess.Popen([oomtrace, "report", "--format", "json", "--output", document, path])
        _, status, usage = os.wait4(child.pid, 0)
        found = json.loads(document.read_text())["totals"]["ooms"] if not status else 0
    seconds, resident = usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024
    speed = size / 1e6 / seconds
    print(f"kernel log of {size / 1e6:.0f} MB: {speed:.0f} MB a second of processor time, {resident:.1f} MiB, "
          f"{found} of {ooms} OOMs")
    return 1 if status or speed < 200 or resident > 32 or found != ooms else 0


if __name__ == "__main__":
    sys.exit(main())
