# SPDX-License-Identifier: GPL-2.0-only
"""Every kill has the right cause, and every write of a limit is told as it was."""

import collections

from kernels import nonblock_kills_later
from limit_traces import LimitTrace, cause_by_trigger, events_value


class Causes:
    """What the script knows, the kernel's log and the checks on both."""

    def __init__(self, run, expected, log):
        self.run, self.results, self.folder = run, run.results, run.folder
        self.expected, self.log = expected, log

    def fail(self, text):
        self.results.check(False, text)

    def check_writes(self, trace, scenario):
        """Every write that the script made is told once, as it was made. Returns them by name."""
        found = {}
        for write in self.expected.writes[scenario]:
            told = trace.find_write(write)
            if not told and scenario in ("race", "left-over") and trace.may_miss_returns():
                trace.missed.add(write["pid"])
                continue
            if not self.results.equal(len(told), 1, f"{trace.name}: {scenario}: write {write['name']} is told once"):
                continue
            found[write["name"]] = told[0]
            if told[0]["writer"]["comm"] != write["comm"]:
                self.fail(f"{trace.name}: {scenario}: writer is {told[0]['writer']['comm']}, not {write['comm']}")
        self.check_chain(trace, scenario)
        return found

    def check_chain(self, trace, scenario):
        """Each write begins where the one before it has ended, and has the kills that were told inside of it."""
        before = {}
        for told in trace.limits:
            if not (told["cgroup"] + "/").startswith(f"/t/{scenario}/"):
                continue
            key, what = (told["cgroup"], told["file"]), f"{trace.name}: {scenario}: write {told['id']}"
            # Writes that overlap each have what the limit was when they began.
            if scenario != "race" and told["old_max_bytes"] != before.get(key, told["old_max_bytes"]):
                self.fail(f"{what}: old_max_bytes is {told['old_max_bytes']}, was {before[key]}")
            before[key] = told["new_max_bytes"]
            inside = sum(oom["killed"] for oom in trace.ooms if oom.get("cause", {}).get("limit_id") == told["id"]
                         and oom["cause"]["kind"] == "inside-write")
            if told["kills"] != inside:
                self.fail(f"{what}: kills is {told['kills']}, {inside} were told")

    def expected_cause(self, trace, oom, kills, writes):
        kind = kills["kind"]
        if kind == "own-write":  # by the thread that was killed, and over by then
            told = writes.get(str(oom["trigger"]["pid"]))
            limit_id = oom["cause"].get("limit_id")
            missed = oom["trigger"]["pid"] in trace.missed and limit_id not in trace.by_id
            return "limit-lowered", told["id"] if told else limit_id if missed else None
        if kind == "by-trigger":
            return cause_by_trigger(trace, oom)
        if kind == "nonblock":
            kind = "limit-lowered" if nonblock_kills_later(trace.release()) else "inside-write"
        write = writes.get(kills["write"])
        return kind, write and write["id"]

    def check_scenario(self, trace, scenario, log, kinds):
        """The kills of one scenario, against the kernel's log, and the cause of each."""
        values, writes = self.expected.values[scenario], self.check_writes(trace, scenario)
        kills, what = trace.kills(scenario), f"{trace.name}: {scenario}"
        self.results.equal(sorted(v["pid"] for _, v in kills), sorted(log[scenario]),
                           f"{what}: killed are those of the kernel's log")
        if "kills" not in values:
            if kills:
                self.fail(f"{what}: kills where there can be none")
            return
        if not kills:
            self.fail(f"{what}: nothing was killed")
        for oom, victim in kills:
            cause = oom.get("cause", {})
            want = self.expected_cause(trace, oom, values["kills"], writes)
            good = (cause.get("kind"), cause.get("limit_id")) == want and \
                cause.get("since_ns", 1e18) >= values.get("since_s", 0) * 1e9
            if self.results.check(good, f"{what}: kill of {victim['pid']}: its cause",
                                  f"{cause}, should be {want}"):
                kinds[cause["kind"]] += 1

    def check_causes(self, trace, log):
        """Says how many kills there were, and how many of them have the right cause."""
        kinds, tried = collections.Counter(), 0
        for scenario in self.expected.scenarios():
            if trace.name.startswith("self-") and trace.name != f"self-{scenario}.jsonl":
                continue
            if trace.name == "above.jsonl" and scenario != "ancestors":
                continue
            self.check_scenario(trace, scenario, log, kinds)
            tried += len(log[scenario])
        if trace.missed:
            print(f"{trace.name}: {len(trace.missed)} writes that overlapped others were not told")
        right = sum(kinds.values())
        print(f"{trace.name}: {tried} kills tried, {right} attributed rightly: "
              + ", ".join(f"{n} {kind}" for kind, n in sorted(kinds.items())))
        return tried, right

    def check_events(self):
        """memory.events of each scenario against the kernel's log."""
        for scenario in self.expected.scenarios():
            told = events_value(self.folder, scenario, "oom_kill")
            if told is not None:
                self.results.equal(int(told), len(self.log[scenario]),
                                   f"{scenario}: oom_kill of memory.events is the kills in the log")

    def check_scenarios(self, trace):
        """Writes that kill nothing, or later."""
        expected, later = self.expected, nonblock_kills_later(trace.release())
        for write in self.check_writes(trace, "reclaim-only").values():
            if write["kills"] or write["ooms"] or not write["reclaimed_bytes"] or \
                    write["usage_after_bytes"] > write["new_max_bytes"]:
                self.fail(f"reclaim-only: {write}")
        if [o for o in trace.ooms if o.get("limit_cgroup", {}).get("path") in ("/t/reclaim-only", "/t/others")]:
            self.fail("an OOM where there was none")
        others = self.check_writes(trace, "others")
        if "swap" not in others and "no_swap_max" not in expected.values["others"]:
            self.fail("others: memory.swap.max")
        for write in others.values():
            if write["kills"] or write["ooms"]:
                self.fail(f"others: {write}")
        for write in self.check_writes(trace, "nonblock").values():
            if later != (write["kills"] == 0 and write["reclaimed_bytes"] == 0):
                self.fail(f"nonblock: {write}")
            if later != (expected.values["nonblock"]["after_write"] == 0):
                self.fail("nonblock: when it killed")
        if expected.values["lowered"]["after_write"]:
            self.fail("lowered: the write killed, it should have reclaimed only")

    def until_end(self, trace, whole):
        """The log's kills without those that came when the trace had ended, as the trace of the whole run has it."""
        end_ns = trace.all[-1]["ts_ns"]
        return collections.defaultdict(list, {
            scenario: [pid for pid in pids if pid not in whole.killed_after(end_ns, scenario)]
            for scenario, pids in self.log.items()})

    def check_steps(self, scenario, whole):
        """The sums of oomtrace's table of its own changes are memory.events'."""
        trace = LimitTrace(self.run, f"self-{scenario}.jsonl")
        tables = [r for r in trace.all if r["type"] == "steps"]
        if not self.results.equal(len(tables), 1, f"{scenario}: one table"):
            return
        steps = tables[0]["steps"]
        killed = sum(s["killed_inside"] + s["killed_after"] for s in steps)
        told = events_value(self.folder, scenario, "oom_kill")
        print(f"{scenario}: {len(steps)} steps, {sum(s['killed_inside'] for s in steps)} killed inside writes, "
              f"{sum(s['killed_after'] for s in steps)} after; memory.events: oom_kill {told}, "
              f"oom {events_value(self.folder, scenario, 'oom')}")
        # Before its first change, and after it has put the limit back, kills belong to no step.
        end = tables[0]["ts_ns"]
        first = min((w["ts_ns"] - w["duration_ns"] for w in trace.limits), default=end)
        outside = sum(o["killed"] for o in trace.ooms if not first <= o["ts_ns"] <= end)
        late = len(whole.killed_after(trace.all[-1]["ts_ns"], scenario))
        self.results.equal(killed + outside + late, int(told), f"{scenario}: the table's kills, {outside} outside of "
                           f"its steps and {late} that came later are memory.events'")
        self.results.equal((self.expected.values[scenario]["old"], tables[0]["outcome"]), ("max", "restored"),
                           f"{scenario}: the old limit stands again")
