#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Sets oomtrace's kills beside the kernel log's, from what guest.sh left in a folder.

Exits with 1 if they differ in number, order or any field.
"""
import itertools
import json
import os
import re
import sys

# The kernel's line, __oom_kill_process() in mm/oom_kill.c. Sizes are kB.
KILLED = re.compile(
    r"Killed process (?P<pid>\d+) \((?P<comm>.*)\) total-vm:(?P<total_vm>\d+)kB, "
    r"anon-rss:(?P<anon_rss>\d+)kB, file-rss:(?P<file_rss>\d+)kB, "
    r"shmem-rss:(?P<shmem_rss>\d+)kB, UID:(?P<uid>\d+) pgtables:(?P<pgtables>\d+)kB "
    r"oom_score_adj:(?P<adj>-?\d+)")
MIB = 1 << 20


def log_kills(path):
    """The kernel log's kills, in order."""
    kills = []
    with open(path, encoding="utf-8", errors="replace") as log:
        for found in filter(None, map(KILLED.search, log)):
            kill = {k: v if k == "comm" else int(v) for k, v in found.groupdict().items()}
            kills.append(kill)
    return kills


def traced_kills(records):
    """oomtrace's kills, in order, each with its run: those for which the kernel logs a line."""
    for oom in records:
        if oom["type"] != "oom":
            continue
        for v in oom["victims"]:
            if v["role"] in ("chosen", "group"):
                yield oom, {
                    "pid": v["tid"],  # the kernel's "pid" is the thread it chose
                    "comm": v["comm"],
                    "total_vm": v.get("total_vm_bytes", 0) // 1024,
                    "anon_rss": v.get("anon_rss_bytes", 0) // 1024,
                    "file_rss": v.get("file_rss_bytes", 0) // 1024,
                    "shmem_rss": v.get("shmem_rss_bytes", 0) // 1024,
                    "uid": v["uid"],
                    "pgtables": v.get("pgtables_bytes", 0) // 1024,
                    "adj": v["oom_score_adj"],
                }


def side(kill):
    if not kill:
        return f"{'-':>6} {'(no such kill)':<15} {'-':>7}"
    return f"{kill['pid']:>6} {kill['comm']:<15} {kill['anon_rss']:>7}"


def compare(traced, logged):
    """Prints the table; returns the number of rows that differ."""
    print(f"{'oomtrace':^34} | {'kernel log':^30} |")
    print(f"{'':>3} {'pid':>6} {'comm':<15} {'anon kB':>7} | {'pid':>6} {'comm':<15} {'anon kB':>7} |")
    different = 0
    for i, (ours, theirs) in enumerate(itertools.zip_longest(traced, logged), 1):
        same = ours == theirs
        different += not same
        print(f"{i:>3} {side(ours)} | {side(theirs)} | {'same' if same else 'DIFFERENT'}")
        if not same and ours and theirs:
            for key in theirs:
                if ours[key] != theirs[key]:
                    print(f"      {key}: oomtrace {ours[key]}, kernel log {theirs[key]}")
    return different


def size(limit):
    return f"{limit / MIB:g} MiB" if isinstance(limit, int) else str(limit)


def show_steps(records, kills):
    """Each write of memory.max, with the kills inside it and those that came of it later."""
    writes = [r for r in records if r["type"] == "limit" and r["file"] == "memory.max"]
    print(f"{'memory.max':>10}   kills: {'in the write':>14} {'after it':>10}")

    def row(limit, inside, write_id):
        after = sum(oom["cause"].get("limit_id") == write_id and oom["cause"]["kind"] != "inside-write"
                    for oom, _ in kills)
        print(f"{size(limit):>10}          {inside:>14} {after:>10}")

    if writes:
        row(writes[0]["old_max_bytes"], "-", None)
    for write in writes:
        row(write["new_max_bytes"], write["kills"], write["id"])


def show_end(kills, records, state):
    first, victim = kills[0]
    print(f"The first process, {victim['comm']}, died at a limit of "
          f"{size(first['limit_cgroup']['max_bytes'])}.")
    death = [oom for oom, _ in kills if any(v["init"] for v in oom["victims"])]
    if death:
        print(f"The container's init was killed at a limit of "
              f"{size(death[-1]['limit_cgroup']['max_bytes'])}, and the container with it.")
    gone = [r for r in records if r["type"] == "exit" and r["target_gone"]]
    print(f"oomtrace:       exit code {gone[-1].get('exit_code') if gone else '(not seen)'}"
          f"{', killed by the OOM killer' if gone and gone[-1].get('oom_victim') else ''}")
    print(f"docker inspect: ExitCode {state['ExitCode']}, "
          f"OOMKilled {str(state['OOMKilled']).lower()}")
    return bool(death) and gone and gone[-1].get("exit_code") == state["ExitCode"]


def main(folder):
    def path(name):
        return os.path.join(folder, name)

    with open(path("oomtrace.jsonl"), encoding="utf-8") as lines:
        records = [json.loads(line) for line in lines]
    with open(path("inspect.json"), encoding="utf-8") as file:
        state = json.load(file)[0]["State"]
    kills = list(traced_kills(records))
    logged = log_kills(path("dmesg.log"))

    print("Each kill that oomtrace told of, beside the kernel's:\n")
    different = compare([kill for _, kill in kills], logged)
    print(f"\noomtrace told of {len(kills)} kills, the kernel log of {len(logged)}; "
          f"{different} are different.")
    print("Compared: pid, comm, total-vm, anon-rss, file-rss, shmem-rss, UID, pgtables,\n"
          "oom_score_adj, and the order.\n")
    if not kills:
        print("Nothing was killed: the experiment has failed.")
        return 1
    show_steps(records, kills)
    print()
    agree = show_end(kills, records, state)
    print(f"\nRecording (JSON Lines): {path('oomtrace.jsonl')}\n"
          f"kernel log:             {path('dmesg.log')}")
    return 0 if agree and not different else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
