# SPDX-License-Identifier: GPL-2.0-only
"""Judges what guest.sh left. The oracles are wait(2), what the script did itself, and memory.events."""

import json
import os


def read(run, name):
    with open(run.folder / name, encoding="utf-8") as file:
        return file.read()


def lines(run, name):
    return [json.loads(line) for line in read(run, name).splitlines()]


def records(run, name, kind):
    return [record for record in lines(run, f"{name}.json") if record["type"] == kind]


def check_end(run, name, code=0, lost=0):
    run.results.equal(read(run, f"{name}.code").strip(), str(code), f"{name}: exit code")
    run.results.equal([end["lost"] for end in records(run, name, "end")], [lost], f"{name}: lost")


def check_exits(run):
    told = records(run, "exits", "exit")
    for one in lines(run, "exits.who"):
        what = f"exits: {one['kind']} ({one['pid']})"
        ends = [e for e in told if e["pid"] == one["pid"]]
        if not os.WIFSIGNALED(one["status"]):
            # Only those that SIGKILL ended are told.
            run.results.equal(ends, [], what)
            continue
        run.results.equal([(e["exit_code"], e["signal"]) for e in ends],
                          [(128 + os.WTERMSIG(one["status"]), os.WTERMSIG(one["status"]))], what)
        run.results.equal([e["oom_victim"] for e in ends], [one["kind"] == "zombie-hog"], f"{what}: oom_victim")
    check_end(run, "exits")


def check_throttle(run):
    told = [r for r in records(run, "throttle", "reclaim") if r["kind"] == "throttle"]
    run.results.equal(read(run, "throttle.psi"), "", "throttle: the kernel counts no stalls")
    start, end = (float(word) for word in read(run, "throttle.took").split())
    held_ns = sum(r["duration_ns"] for r in told)
    run.results.check(held_ns >= 100e6, "throttle: held back", f"{held_ns} ns")
    run.results.check(held_ns <= (end - start) * 1e9 * 1.02, "throttle: no longer than it ran",
                      f"{held_ns} ns of {end - start} s")
    check_end(run, "throttle")


def check(run):
    check_exits(run)
    check_throttle(run)
