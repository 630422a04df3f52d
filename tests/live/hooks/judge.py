# SPDX-License-Identifier: GPL-2.0-only
"""Judges what guest.sh left. The oracles are wait(2), what the script did itself, and memory.events."""

import datetime
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


def limits(write):
    """(before, after) of a write."""
    return tuple(write.get(f"{when}_max_bytes", write.get(when)) for when in ("old", "new"))


def check_forgotten(run):
    writes = [w for w in records(run, "forgotten", "limit") if w["cgroup"] == "/forgotten"]
    ooms = records(run, "forgotten", "oom")
    if not run.results.check(len(writes) == 1 and ooms, "forgotten: one write and a kill",
                             f"{len(writes)} writes, {len(ooms)} OOMs"):
        return
    run.results.check(int(read(run, "forgotten.usage")) > limits(writes[0])[1],
                      "forgotten: it was lowered below usage")
    for oom in ooms:
        cause = oom.get("cause", {})
        run.results.equal((cause.get("kind"), cause.get("limit_id")), ("limit-lowered", writes[0]["id"]),
                          "forgotten: cause")
    check_end(run, "forgotten")


def check_before(run):
    ooms = records(run, "before", "oom")
    run.results.check(ooms, "before: a kill")
    for oom in ooms:
        run.results.equal((oom["cause"]["kind"], oom["cause"].get("limit_id")), ("limit-unchanged", None),
                          "before: cause")
    session = records(run, "before", "session")[0]
    attached_ns = session["attached_ns"] + session["wall_offset_ns"]
    run.results.check(session["ts_ns"] < session["attached_ns"] <= min(oom["ts_ns"] for oom in ooms),
                      "before: attached before the kill")
    clock = datetime.datetime.fromtimestamp(attached_ns // 10**9, datetime.timezone.utc).strftime("%H:%M:%S")
    text = read(run, "before.txt")
    run.results.equal(text.count(f"unchanged since {clock}, when the trace began\n"), len(ooms),
                      "before: since when the limit is known to be unchanged")
    check_end(run, "before")


def check_drowned(run):
    ooms = records(run, "drowned", "oom")
    run.results.equal([len(oom["victims"]) for oom in ooms], [1] * 5, "drowned: OOMs, with their victims")
    run.results.check(not any(oom.get("incomplete") for oom in ooms), "drowned: nothing of an OOM is missing")
    lost = {}
    for record in records(run, "drowned", "lost"):
        lost[record["kind"]] = lost.get(record["kind"], 0) + record["count"]
    told = len(records(run, "drowned", "limit"))
    run.results.equal(told + lost.get("limit", 0), 3000, f"drowned: writes told ({told}) and lost")
    run.results.equal([kind for kind in lost if kind in ("oom", "victim", "oom-end", "memory", "kill")], [],
                      "drowned: lost of OOMs")
    run.results.equal(read(run, "drowned.code").strip(), "4", "drowned: exit code")


def check_vain(run):
    writes = records(run, "vain", "limit")
    told = [w for w in writes if limits(w)[0] == limits(w)[1]]
    counted = sum(w.get("vain_writes", 0) for w in writes)
    run.results.equal(len(told) + counted, 5000, f"vain: writes told ({len(told)}) and counted")
    run.results.check(2 <= len(told) <= 1000, "vain: few are told", str(len(told)))
    check_end(run, "vain")


def check(run):
    check_exits(run)
    check_throttle(run)
    check_forgotten(run)
    check_before(run)
    check_drowned(run)
    check_vain(run)
