# SPDX-License-Identifier: GPL-2.0-only
"""Real containers: every kill, the end of each, and what oomtrace says where it can't be done."""

import json
import re
import subprocess

from command_lines import check_errors, check_quiet
from compare import check_kprobes, check_text
from guest import Guest, check_plan, check_run, check_shape
from kernels import PLAN_BTF
from oracles import Trace, compare_context, compare_kills, read_records
from results import guarded

MIB = 1 << 20

DOCKER_COMMAND_LINES = {
    "not-running": (1, r"'quits' is not running.*exit code 0"),
    "missing": (1, r"no-such-container"),
    "misspelt": (1, r"no container is called 'alvie'[^?]*\nDid you mean 'alive'\?\n"),
    "slash": (1, r"a cgroup's path goes with --cgroup; the container would be '--container alive'"),
    "unit": (1, r"is a unit of systemd, no container: give '--cgroup /system.slice/docker-[0-9a-f]{64}.scope'"),
}


def check_web(guest):
    """The experiment: every kill, and the end of the container."""
    results, trace = guest.results, guest.main
    kills = guest.kills("web", "web-end")
    results.check(len(kills) >= 30, "web: at least 30 kills", len(kills))
    results.check(len(guest.kills("web-end")) >= 1, "web: the last step killed")
    check_shape(guest, "web", trace)
    check_plan(results, "web", guest.session, PLAN_BTF, has_target=True)
    compare_kills(results, "web", kills, trace.kills, guest.slack)
    compare_context(results, "web", trace.kills)
    before = [v for v in trace.kills if v.log and v.log.scenario == "web"]
    results.equal(len(before), guest.expected[("web", "frozen_kills")],
                  "web: kills up to the last step equal memory.events' oom_kill")
    results.equal(len(trace.kills), guest.expected[("web", "slice_kills")],
                  "web: all kills equal those that memory.events of system.slice counted")
    docker_id = guest.expected[("web", "id")]
    cgroup = f"/system.slice/docker-{docker_id}.scope"
    target = guest.session["target"]
    results.equal((target["kind"], target["name"], target["cgroup"], target.get("id")),
                  ("container", "web", cgroup, docker_id), "web: the session's target")
    strangers = [v.pid for v in trace.victims if v.get("cgroup") != cgroup or
                 v.get("container", {}).get("id") != docker_id or
                 v.get("container", {}).get("name") != "web"]
    results.equal(strangers, [], "web: every victim is of this container")
    results.equal({e.get("cgroup") for e in trace.exits}, {cgroup}, "web: cgroup of each exit")
    results.equal({(v.get("cmdline") or ["unknown"])[0].split("-")[0] for v in trace.victims},
                  {"stress"}, "web: every victim's command line")
    limits = {v.oom["limit_cgroup"]["max_bytes"] for v in trace.kills}
    results.check(len(limits) >= 2 and min(limits) <= 20 * MIB, "web: the limits that bound", limits)
    inits = [v for v in trace.victims if v.get("init")]
    results.equal([(v.comm, v.get("repeated")) for v in inits], [("stress-ng", None)],
                  "web: the container's init died, once")
    check_kprobes(guest, "web-kprobes.brief.out.jsonl", has_target=True, fixed_cmdlines=False)
    check_text(guest, "web-prefix.verbose.out")


def check_ends(guest):
    """The exit record: what the kernel says, and what Docker says."""
    results = guest.results
    for scenario, code, oom in (("web", 137, True), ("quits", 0, False), ("killed", 137, False)):
        said = [guest.expected[(scenario, key)] for key in ("exit_code", "oom_killed")]
        results.equal(said, [code, oom], f"{scenario}: exit code and OOMKilled in docker inspect")
        trace = Trace(guest.folder / f"{scenario}.jsonl")
        last = [e for e in trace.exits if e.get("target_gone")]
        results.equal([e.get("exit_code") for e in last], [code], f"{scenario}: exit code, by the kernel")
        results.equal([e.get("oom_victim") for e in last], [oom], f"{scenario}: killed by the OOM killer")
        results.equal([(e.get("runtime", {}).get("exit_code"), e.get("runtime", {}).get("oom_killed"))
                       for e in last], [(code, oom)], f"{scenario}: exit code and OOMKilled, by Docker")
        results.equal([e.get("container", {}).get("name") for e in last], [scenario],
                      f"{scenario}: name in the exit record")
        if not oom:
            results.equal(len(trace.ooms), 0, f"{scenario}: no OOM")


# What the verdict of each recording says; docs/notes/thirty-ends.md has it, too.
VERDICTS = {
    "web": r"docker web \(.*\) was OOM-killed: its own limit of ",
    "quits": r"docker quits \(.*\) ended with exit code 0$",
    "killed": r"docker killed \(.*\) ended with exit code 137, but was not OOM-killed: SIGKILL was sent by ",
    "restarts": r"docker restarts \(.*\) ended 6 times, 6 of them OOM-killed",
    "again": r"docker again ended 2 times, 1 of them OOM-killed; it lost 1 process to the OOM killer: its own limit",
}


# How the workload of "web" fills its memory, and so which of these its init is killed by, is chance.
CAUSES = {"inside-write": "inside that write", "limit-lowered": "lowered",
          "limit-unchanged": "into which the workload grew"}


def check_reason(run, said):
    """The reason of the OOM that killed its init, and how many had that one."""
    trace = Trace(run.folder / "web.jsonl")
    init = next(r["pid"] for r in trace.records if r["type"] == "exit" and r.get("target_gone"))
    ooms = [oom for oom in trace.ooms if oom["victims"]]
    killer = next(oom for oom in ooms if any(v["pid"] == init for v in oom["victims"]))
    kind, limit = killer["cause"]["kind"], killer["limit_cgroup"]["max_bytes"]
    run.results.check(CAUSES[kind] in said, f"web: the verdict has the reason {kind}", said)
    alike = sum(o["cause"]["kind"] == kind and o["limit_cgroup"]["max_bytes"] == limit for o in ooms)
    if kind == "limit-unchanged" and alike < len(ooms):
        run.results.check(f" {alike} of the OOMs for that reason" in said, "web: how many OOMs had that reason",
                          (alike, said))


def check_verdicts(run):
    for name, words in VERDICTS.items():
        report = subprocess.run([run.oomtrace, "report", "--format", "json", str(run.folder / f"{name}.jsonl")],
                                capture_output=True, check=False)
        said = [s["text"] for s in json.loads(report.stdout)["verdict"]]
        if run.results.check(said and re.match(words, said[0]), f"{name}: the verdict", said) and name == "web":
            check_reason(run, said[0])


def check_passes_on(guest):
    """A shell that gives the 137 of an OOM-killed command ended by itself."""
    results, trace = guest.results, Trace(guest.folder / "passes-on.jsonl")
    compare_kills(results, "passes-on", guest.kills("passes-on"), trace.kills, guest.slack)
    last = [e for e in trace.exits if e.get("target_gone")]
    results.equal([(v.comm, v.get("init")) for v in trace.victims], [("tail", False)],
                  "passes-on: who was killed")
    results.equal([(e.get("exit_code"), e.get("signal")) for e in last],
                  [(guest.expected[("passes-on", "exit_code")], None)], "passes-on: the init's own exit")
    text = " ".join((guest.folder / "cli/passes-on.out").read_text().split())
    results.check("ended with exit code 137, by itself: no signal ended its init" in text and
                  "before that it lost 1 process to the OOM killer" in text, "passes-on: the verdict", text)


def check_restarts(guest):
    """Each of the runs of a container with a restart policy: its kill and its end."""
    results = guest.results
    trace = Trace(guest.folder / "restarts.jsonl")
    results.equal(len(guest.kills("restarts")), 6, "restarts: six kills in the kernel's log")
    compare_kills(results, "restarts", guest.kills("restarts"), trace.kills, guest.slack)
    results.equal({v.get("container", {}).get("name") for v in trace.victims}, {"restarts"},
                  "restarts: the container's name, whichever run")
    ends = [e for e in trace.exits if e.get("target_gone")]
    results.equal([(e.get("run"), e.get("exit_code"), e.get("oom_victim")) for e in ends],
                  [(n, 137, True) for n in range(1, 7)], "restarts: six ends, each killed by the OOM killer")
    results.equal([r["run"] for r in trace.records if r["type"] == "start"], [2, 3, 4, 5, 6],
                  "restarts: five returns")
    results.equal(ends[-1].get("runtime", {}).get("exit_code") if ends else None,
                  guest.expected[("restarts", "exit_code")], "restarts: Docker's word on the last end")


def check_again(guest):
    """The container that was made under the name of one that was removed, with another id."""
    results = guest.results
    trace = Trace(guest.folder / "again.jsonl")
    ids = [guest.expected[("again", key)] for key in ("first", "id")]
    compare_kills(results, "again", guest.kills("again"), trace.kills, guest.slack)
    ends = [e for e in trace.exits if e.get("target_gone")]
    results.equal([(e.get("run"), e["container"]["id"], e.get("exit_code"), e.get("oom_victim", False)) for e in ends],
                  [(1, ids[0], 137, False), (2, ids[1], 137, True)], "again: two ends, the second by the OOM killer")
    results.equal([(r["run"], r["container"]["id"], r["container"]["name"]) for r in trace.records
                   if r["type"] == "start"], [(2, ids[1], "again")], "again: one return, with the new id")


def check_stopped(guest):
    """Docker's daemon stands still: what is known without it is told, and nobody waits for it."""
    results, kills = guest.results, guest.kills("stopped")
    results.check(len(kills) >= 2, "stopped: two kills at least in the kernel's log", len(kills))
    for name, names in (("stopped", {"stopped"}), ("stopped-unasked", {None, "stopped"})):
        trace = Trace(guest.folder / f"{name}.jsonl")
        compare_kills(results, name, kills, trace.kills, guest.slack)
        containers = [v.get("container", {}) for v in trace.victims]
        results.equal({c.get("id") for c in containers}, {guest.expected[("stopped", "id")]}, f"{name}: the id")
        results.none([c for c in containers if c.get("name") not in names], f"{name}: the name", len(containers))
    last = [e for e in Trace(guest.folder / "stopped.jsonl").exits if e.get("target_gone")]
    results.equal([(e.get("exit_code"), e.get("oom_victim"), e.get("runtime")) for e in last], [(137, True, None)],
                  "stopped: the end, without Docker's word")


def check_docker_command_lines(guest):
    results = guest.results
    check_errors(guest, DOCKER_COMMAND_LINES)
    ids = guest.expected[("ambiguous", "ids")]
    pattern = "(?s)" + "".join(f"(?=.*{docker_id})" for docker_id in ids)
    results.check(len(ids) >= 2, "cli ambiguous: two ids", ids)
    check_errors(guest, {"ambiguous": (1, pattern)})
    check_quiet(guest, ("by-name", "by-id", "by-prefix"))
    for name in ("by-name", "by-id", "by-prefix"):
        records = read_records(guest.folder / "cli" / f"{name}.out")
        target = records[0]["target"] if records else {}
        results.equal((target.get("id"), target.get("container", {}).get("name")),
                      (guest.expected[("alive", "id")], "alive"), f"cli {name}: finds it")


def check(run):
    guest = Guest(run, "web.jsonl")
    check_run(guest, ("web.jsonl", "web-kprobes.brief.out", "web-prefix.verbose.out", "quits.jsonl",
                      "passes-on.jsonl", "killed.jsonl", "restarts.jsonl", "again.jsonl", "stopped.jsonl",
                      "stopped-unasked.jsonl"))
    for part in (check_web, check_passes_on, check_ends, check_restarts, check_again, check_stopped,
                 check_docker_command_lines):
        guarded(guest.results, part, guest)
    guarded(guest.results, check_verdicts, run)
