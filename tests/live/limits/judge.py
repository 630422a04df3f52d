# SPDX-License-Identifier: GPL-2.0-only
"""Every kill has the right cause, every write of a limit is told as it was, and however oomtrace ended the old limit
stood again. The oracles are the kernel's log, memory.events and what the scripts know of their own writes."""

from judge_causes import Causes
from judge_ends import check_ends
from limit_traces import Expected, LimitTrace, check_timeouts, kernel_kills
from results import guarded


def check(run):
    results = run.results
    check_timeouts(run)
    expected, log = Expected(run.folder), kernel_kills(run)
    causes, whole = Causes(run, expected, log), LimitTrace(run, "t.jsonl")
    tried, right = causes.check_causes(whole, log)
    results.equal(right, tried, "every kill of the log is attributed rightly")
    guarded(results, causes.check_events)
    guarded(results, causes.check_scenarios, whole)
    causes.check_causes(LimitTrace(run, "t-kprobes.jsonl"), log)
    for name in ("self-self-set.jsonl", "self-self-ramp.jsonl", "self-self-parent.jsonl", "above.jsonl"):
        trace = LimitTrace(run, name)
        causes.check_causes(trace, causes.until_end(trace, whole))
    for scenario in ("self-set", "self-ramp", "self-parent"):
        guarded(results, causes.check_steps, scenario, whole)
    guarded(results, check_ends, run, expected.values[""]["slow"])
