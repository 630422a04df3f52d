# SPDX-License-Identifier: GPL-2.0-only
"""Limits of a real container, lowered by the runtime and by oomtrace: every kill has the right cause."""

from limit_traces import Expected, LimitTrace, cause_by_trigger, check_timeouts, kernel_kills


def killed(trace):
    """(run, victim) of each kill."""
    return [(o, v) for o in trace.ooms for v in o["victims"] if v["role"] != "exiting" and not v.get("repeated")]


def update_cause_good(trace, oom, lowering, updated_at):
    cause = oom.get("cause", {})
    if oom["ts_ns"] < updated_at - 1e7:
        return cause.get("kind") == "limit-unchanged"
    if cause.get("kind") == "inside-write":
        write = trace.by_id[cause["limit_id"]]
        return write["writer"]["tid"] == oom["trigger"]["tid"] and write["file"] == "memory.max"
    return cause.get("kind") == "limit-lowered" and cause.get("limit_id") in lowering


def check_update(run, expected, log):
    """Every kill is inside a write by the runtime, or at the limit that one has lowered."""
    results, trace, values = run.results, LimitTrace(run, "update.jsonl"), expected.values["update"]
    for write in trace.limits:
        print(f"update: write {write['id']} by {write['writer']['comm']}: {write['file']} {write['old_max_bytes']} -> "
              f"{write['new_max_bytes']}, usage {write['usage_before_bytes']} -> {write['usage_after_bytes']}, "
              f"{write['kills']} kills, result {write['result']}")
    lowering = {w["id"]: w for w in trace.limits if w["file"] == "memory.max" and w["new_max_bytes"] == 96 << 20
                and w["old_max_bytes"] == 256 << 20 and not w["writer"]["self"] and w["writer"]["comm"]}
    results.check(lowering, "update: a write that lowers the limit")
    for oom, victim in killed(trace):
        results.check(update_cause_good(trace, oom, lowering, values["updated_at"]),
                      f"update: kill of {victim['pid']}: its cause", (oom.get("cause"), oom["trigger"]))
    pids = sorted(v["pid"] for _, v in killed(trace))
    results.equal((pids, len(pids)), (sorted(log["update"]), values["kills"]),
                  "update: the kills are the log's, and as many as memory.events has")


def check_ramp(run, expected, log):
    results, trace, values = run.results, LimitTrace(run, "ramp.jsonl"), expected.values["ramp"]
    steps = [s for r in trace.all if r["type"] == "steps" for s in r["steps"]]
    inside, after = (sum(s[key] for s in steps) for key in ("killed_inside", "killed_after"))
    # Before the first change of the limit a kill belongs to no step.
    first = min((w["ts_ns"] - w["duration_ns"] for w in trace.limits), default=0)
    before = sum(o["killed"] for o in trace.ooms if o["ts_ns"] < first)
    right = sum(o["killed"] for o in trace.ooms
                if (o["cause"]["kind"], o["cause"].get("limit_id")) == cause_by_trigger(trace, o))
    told = sum(o["killed"] for o in trace.ooms)
    print(f"ramp: {len(steps)} steps: {inside} killed inside, {after} after, {before} before the first; "
          f"memory.events {values['kills']}, log {len(log['ramp'])}; container: {values['exit_code']}")
    results.check(len(steps) >= 8, "ramp: steps enough", len(steps))
    results.equal(values["exit_code"], 137, "ramp: the container was killed")
    results.equal((values["kills"], len(log["ramp"]), right), (told, told, told),
                  "ramp: memory.events, the log and the causes that are right, against the kills told")
    results.equal(inside + after + before, told, "ramp: the table's kills")
    ends = [r for r in trace.all if r["type"] == "exit" and r.get("target_gone")]
    results.equal([e.get("exit_code") for e in ends], [137], "ramp: the exit record")


def check(run):
    check_timeouts(run)
    expected, log = Expected(run.folder), kernel_kills(run)
    check_update(run, expected, log)
    check_ramp(run, expected, log)
