# SPDX-License-Identifier: GPL-2.0-only
"""The scenarios: oomtrace's records against what the kernel itself says of each kill (its log; memory.events), and
against what the workloads say of themselves."""

from command_lines import check_errors
from compare import check_kprobes, check_text
from guest import Guest, check_plan, check_run, check_shape
from judge_cli import check_command_lines
from judge_kills import (check_cgroups, check_cmdlines, check_counters, check_limit, check_lineage, check_machine_wide,
                         check_many, check_memory, check_single, check_threads, check_without_kill)
from judge_recordings import check_full_disk, check_kernel_log, check_killed, check_recorded_over, check_rotation
from judge_targets import check_scopes, check_target, check_tiny
from kernels import machine_plan
from oracles import Trace, compare_context, compare_kills, parse_records
from results import guarded

MIB = 1 << 20


def read_who(path):
    """
    What the workloads said of themselves, each in one write(). One that is killed inside of it leaves what fits
    into the file's last page, and the next one's line goes on from there.
    """
    data = path.read_bytes()
    for at in reversed(range(4096, len(data) + 1, 4096)):
        begin, rest = data.rfind(b"\n", 0, at) + 1, data[at:]
        if begin < at and (not rest or rest.startswith(b'{"scenario"')):
            data = data[:begin] + rest
    return parse_records(data, path.name)


class BareGuest(Guest):
    """The guest without a container runtime, guest.sh."""

    def __init__(self, run):
        super().__init__(run, "machine.jsonl")
        self.who = read_who(self.folder / "who.jsonl")
        self.slack.holding = {w["tid"] for w in self.who if w["state"] == "holding"}
        self.machine = self.main

    def victims(self, scenario):
        """Of the machine's trace: those of its runs that have a kill of this scenario, in order."""
        return [v for v in self.machine.victims if scenario in
                {w.log.scenario for w in self.machine.victims if w.oom is v.oom and w.log}]

    def only_victim(self, scenario):
        victims = self.victims(scenario)
        self.results.equal(len(victims), 1, f"{scenario}: one victim")
        return victims[0] if victims else None

    def pids(self, scenario, role):
        return {w["pid"] for w in self.who if (w["scenario"], w["role"]) == (scenario, role)}


V1_REMARK = ("oomtrace: the memory controller is on cgroup v1: oomtrace reports kills there, but no writes of "
             "limits, no usage and no stalls.\n")


def check_v1_scenarios(guest):
    results = guest.results
    compare_context(results, "machine", guest.machine.kills)
    victim = guest.only_victim("one")
    if victim:
        results.equal(victim.get("cgroup"), "/one/below", "one: cgroup")
        check_limit(guest, "one", victim, "/one", 32 * MIB)
        results.equal(guest.expected[("one", "oom_kill")], 1, "one: memory.oom_control counts it")
    trace = Trace(guest.folder / "container.jsonl")
    check_shape(guest, "container", trace)
    compare_kills(results, "container", guest.kills("container"), trace.kills, guest.slack)
    last = [(e.get("exit_code"), e.get("oom_victim")) for e in trace.exits if e.get("target_gone")]
    results.equal(last, [(137, True)], "container: exit record")
    results.equal([v.get("container", {}).get("runtime") for v in trace.victims], ["docker"],
                  "container: known by its cgroup")


def check_v1(run):
    guest = BareGuest(run)
    results = guest.results
    check_run(guest, ("machine.jsonl", "kprobes.jsonl", "text.out", "container.jsonl"), V1_REMARK)
    check_shape(guest, "machine", guest.machine)
    compare_kills(results, "machine", guest.log.kills, guest.machine.kills, guest.slack)
    for part in (check_v1_scenarios, check_cgroups, check_cmdlines, check_kprobes, check_text,
                 check_recorded_over):
        guarded(results, part, guest)
    check_errors(guest, {"container-missing": (1, r"no-such-container")})


def check_v2(run):
    guest = BareGuest(run)
    check_run(guest, ("machine.jsonl", "kprobes.jsonl", "text.out", "target.jsonl"))
    check_shape(guest, "machine", guest.machine)
    check_plan(guest.results, "machine", guest.session, machine_plan(guest.label), has_target=False)
    # all that follows builds on this pairing
    compare_kills(guest.results, "machine", guest.log.kills, guest.machine.kills, guest.slack)
    compare_context(guest.results, "machine", guest.machine.kills)
    for part in (check_counters, check_cgroups, check_cmdlines, check_lineage, check_single, check_many,
                 check_threads, check_memory, check_without_kill, check_machine_wide, check_tiny, check_kprobes,
                 check_text, check_command_lines, check_target, check_scopes, check_recorded_over, check_rotation,
                 check_killed, check_full_disk, check_kernel_log):
        guarded(guest.results, part, guest)


def check(run):
    (check_v1 if run.variant == "v1" else check_v2)(run)
