# SPDX-License-Identifier: GPL-2.0-only
"""The machine's memory in an OOM's record, against the Mem-Info that the kernel logs a moment later."""

import re

ZONE = re.compile(r"Node (?P<node>\d+) (?P<zone>\w+) free:(?P<free>\d+)kB (?:boost:(?P<boost>\d+)kB )?"
                  r"min:(?P<min>\d+)kB low:(?P<low>\d+)kB high:(?P<high>\d+)kB .*managed:(?P<managed>\d+)kB")
FREE_SWAP = re.compile(r"Free swap  = (\d+)kB")
TOTAL_SWAP = re.compile(r"Total swap = (\d+)kB")
# Until the kernel logs it, others may have freed or taken some.
FREE_SLACK_KIB = 4 * 1024
FIXED = ("min", "low", "high", "managed")


def logged_zones(text):
    """Those of each Mem-Info, in order: {(node, zone): {what: KiB}}."""
    reports = []
    for part in text.split("Mem-Info:")[1:]:
        zones = {}
        for match in ZONE.finditer(part):
            zones[int(match["node"]), match["zone"]] = {k: int(match[k]) for k in ("free", *FIXED)}
        reports.append((zones, [int(m[1]) for m in (FREE_SWAP.search(part), TOTAL_SWAP.search(part)) if m]))
    return reports


def check_machine(results, what, machine, report):
    """The record's `machine` has the zones that the kernel printed, with the same watermarks."""
    zones, swap = report
    got = {(z["node"], z["zone"]): {k: z[f"{k}_bytes"] // 1024 for k in ("free", *FIXED)} for z in machine["zones"]}
    fixed = ({key: [z[k] for k in FIXED] for key, z in side.items()} for side in (got, zones))
    results.check(zones, f"{what}: the kernel logged zones")
    results.equal(*fixed, f"{what}: zones, watermarks and sizes are the kernel's")
    differ = {key: (got[key]["free"], zone["free"]) for key, zone in zones.items()
              if key in got and abs(got[key]["free"] - zone["free"]) > FREE_SLACK_KIB}
    results.check(not differ, f"{what}: free memory of each zone, as the kernel logs it a moment later", differ)
    if swap:
        results.equal(machine.get("swap_total_bytes", 0) // 1024, swap[1], f"{what}: swap")
    results.check(machine.get("slab_unreclaimable_bytes", 0) > 0, f"{what}: unreclaimable slab", machine)
