# SPDX-License-Identifier: GPL-2.0-only
"""What oomtrace service has kept."""

import subprocess

from oracles import Victim, parse_records


def read_store(folder):
    """The records of each incident that has its name, in the order of the names."""
    incidents = []
    for path in sorted(folder.glob("*.jsonl.zst")):
        run = subprocess.run(["zstd", "-dcq", path], capture_output=True, check=True)
        incidents.append(parse_records(run.stdout, path.name))
    return incidents


def victims_of(incidents):
    """Those that the kernel logs as killed, in the order of their kills. An incident has its own; time orders them."""
    ooms = [r for records in incidents for r in records if r["type"] == "oom"]
    ooms.sort(key=lambda r: (r["ts_ns"], r["id"]))
    victims = [Victim(v, oom) for oom in ooms for v in oom["victims"]]
    return [v for v in victims if v.logged]
