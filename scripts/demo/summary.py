#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Sums up the experiment, from what guest.sh left in a folder: oomtrace's kills beside the kernel log's, by
oomtrace report --check; each write of the limit with its kills; and how the container ended.

summary.py OOMTRACE FOLDER: exits with 1 if oomtrace and the kernel, or oomtrace and Docker, differ.
"""
import json
import os
import subprocess
import sys

MIB = 1 << 20


def size(limit):
    return f"{limit / MIB:g} MiB" if isinstance(limit, int) else str(limit)


def killed(oom):
    return [v for v in oom["victims"] if v["role"] in ("chosen", "group")]


def show_steps(records, ooms):
    """Each write of memory.max, with the kills inside it and those that came of it later."""
    writes = [r for r in records if r["type"] == "limit" and r["file"] == "memory.max"]
    print(f"{'memory.max':>10}   kills: {'in the write':>14} {'after it':>10}")

    def row(limit, inside, write_id):
        after = sum(len(killed(oom)) for oom in ooms
                    if oom["cause"].get("limit_id") == write_id and oom["cause"]["kind"] != "inside-write")
        print(f"{size(limit):>10}          {inside:>14} {after:>10}")

    if writes:
        row(writes[0]["old_max_bytes"], "-", None)
    for write in writes:
        row(write["new_max_bytes"], write["kills"], write["id"])


def show_end(ooms, records, state):
    first = ooms[0]
    print(f"The first process, {killed(first)[0]['comm']}, died at a limit of "
          f"{size(first['limit_cgroup']['max_bytes'])}.")
    death = [oom for oom in ooms if any(v["init"] for v in oom["victims"])]
    if death:
        print(f"The container's init was killed at a limit of "
              f"{size(death[-1]['limit_cgroup']['max_bytes'])}, and the container with it.")
    gone = [r for r in records if r["type"] == "exit" and r["target_gone"]]
    print(f"oomtrace:       exit code {gone[-1].get('exit_code') if gone else '(not seen)'}"
          f"{', killed by the OOM killer' if gone and gone[-1].get('oom_victim') else ''}")
    print(f"docker inspect: ExitCode {state['ExitCode']}, "
          f"OOMKilled {str(state['OOMKilled']).lower()}")
    return bool(death) and gone and gone[-1].get("exit_code") == state["ExitCode"]


def main(oomtrace, folder):
    def path(name):
        return os.path.join(folder, name)

    with open(path("oomtrace.jsonl"), encoding="utf-8") as lines:
        records = [json.loads(line) for line in lines]
    with open(path("inspect.json"), encoding="utf-8") as file:
        state = json.load(file)[0]["State"]
    ooms = [r for r in records if r["type"] == "oom" and killed(r)]

    print("Each kill that oomtrace recorded, beside the kernel log's (oomtrace report --check):\n", flush=True)
    same = subprocess.run([oomtrace, "report", "--check", path("oomtrace.jsonl"), path("dmesg.log")],
                          check=False).returncode == 0
    print()
    if not ooms:
        print("Nothing was killed: the experiment has failed.")
        return 1
    show_steps(records, ooms)
    print()
    agree = show_end(ooms, records, state)
    print(f"\nRecording (JSON Lines): {path('oomtrace.jsonl')}\n"
          f"kernel log:             {path('dmesg.log')}")
    return 0 if agree and same else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
