# SPDX-License-Identifier: GPL-2.0-only
"""Each service's end names who ended it: systemd, a program that kills for want of memory, a process, the kernel."""

import json
import subprocess

from kernels import NO_CGROUP_KILL
from oracles import of, read_records

SIGKILL, SIGTERM, SIGXCPU, SIGSYS = 9, 15, 24, 31
SYSTEMD = 1
NOT_THE_KERNELS = "a program that kills when memory is short; it wasn't the kernel's OOM killer"

# name: the signal that ended the main process, how it was sent (SIGKILL alone), who sent it ("sender": as the script
# knows; "main": itself), and what the verdict says.
ENDS = {
    "stopped": (SIGTERM, None, SYSTEMD, "sent by systemd (pid 1)", "as systemd stops a unit"),
    "late": (SIGKILL, "kill", SYSTEMD, "after SIGTERM, which it ignored",
             "as systemd stops a unit when its TimeoutStopSec is over"),
    "killed": (SIGKILL, "kill", SYSTEMD, "sent by systemd (pid 1)", "as systemctl kill -s KILL does"),
    "policy": (SIGTERM, None, SYSTEMD, "before that it lost 1 process to the OOM killer: its own limit of 32.0 MiB",
               "as systemd stops a unit after an OOM kill in it (OOMPolicy=stop)"),
    "inside": (SIGKILL, "kill", "main", "but was not OOM-killed: SIGKILL was sent by sh",
               "in /system.slice/inside.service"),
    "outside": (SIGKILL, "kill", "sender", "but was not OOM-killed: SIGKILL was sent by bash",
                "in /system.slice/"),
    "group": (SIGKILL, "cgroup.kill", "sender", "by a write to cgroup.kill by bash",),
    "parent": (0, None, None, "ended with exit code 0",),
    "rlimit": (SIGKILL, "rlimit", "main", "it had used up its time on the CPU (RLIMIT_CPU or RLIMIT_RTTIME)",),
    "xcpu": (SIGXCPU, None, None, "was ended by SIGXCPU (exit code 152): as for CPU time above its RLIMIT_CPU",),
    "seccomp": (SIGSYS, None, None, "as for a system call that its seccomp filter doesn't allow",),
    "strict": (SIGKILL, None, None, "no SIGKILL to it was seen: seccomp's strict mode ends a process so",),
    "asked": (SIGTERM, None, "sender", "sent by earlyoom", NOT_THE_KERNELS),
    "forced": (SIGKILL, "kill", "sender", "sent by earlyoom", "after SIGTERM, which it ignored", NOT_THE_KERNELS),
    "pressed": (SIGKILL, "kill", "sender", "sent by systemd-oomd", NOT_THE_KERNELS),
}
# What systemd says became of the unit.
RESULTS = {"policy": "oom-kill", "late": "timeout", "pressed": "oom-kill", "parent": "success", "stopped": "success"}


def who(expected, name, sender):
    return expected[(name, sender)] if isinstance(sender, str) else sender


def check_end(results, expected, name, end):
    signal, way, sender = ENDS[name][:3]
    status = (end.get("pid"), end.get("signal") or 0)
    results.equal(status, (expected[(name, "main")], signal), f"{name}: its main process, and the signal that ended it")
    killer, stop = end.get("killer", {}), end.get("stop", {})
    results.equal(killer.get("way"), way, f"{name}: the way of SIGKILL")
    if way:
        results.equal(killer.get("sender", {}).get("pid"), who(expected, name, sender), f"{name}: the sender")
    elif sender:
        results.equal((stop.get("signal"), stop.get("sender", {}).get("pid")), (signal, who(expected, name, sender)),
                      f"{name}: the sender of the signal")
    else:
        results.equal((killer, stop), ({}, {}), f"{name}: nobody sent anything")


def check_service(run, expected, name):
    results, records = run.results, read_records(run.folder / f"{name}.out.jsonl")
    ends = [r for r in of(records, "exit") if r["target_gone"]]
    if results.equal(len(ends), 1, f"{name}: its end is told once"):
        check_end(results, expected, name, ends[0])
    verdict = " ".join((run.folder / f"{name}.out").read_text().split())
    for words in ENDS[name][3:]:
        results.check(words in verdict, f"{name}: {words}", verdict)
    results.equal((run.folder / f"{name}.out.rc").read_text().strip(), "0", f"{name}: exit code")
    counts = records[-1].get("kernel_events", {})
    kills = 1 if name == "policy" else 0
    results.check(counts.get("oom_kill") == kills or not counts.get("whole"), f"{name}: oom_kill of memory.events",
                  counts)
    if name in RESULTS:
        results.equal(expected[(name, "result")], RESULTS[name], f"{name}: what systemd says")


def check_parent(results, expected, folder):
    kills = [(r["pid"], r.get("way"), r["sender"]["pid"])
             for r in of(read_records(folder / "parent.out.jsonl"), "sigkill")]
    results.equal(kills, [(expected[("parent", "orphan")], "parent-death", expected[("parent", "main")])],
                  "parent: the child got SIGKILL at its parent's death")


def check_machine(run, expected):
    """Without a target only these programs' signals are told."""
    results, records = run.results, read_records(run.folder / "machine.jsonl")
    kills = {(r["sender"]["comm"], r["sender"]["pid"], r["pid"]) for r in of(records, "sigkill")}
    asked = [(r["killer"], r["pid"], r["signal"]) for r in of(records, "user-kill")]
    main = {name: expected[(name, "main")] for name in ("asked", "forced", "pressed")}
    results.check({("earlyoom", expected[("forced", "sender")], main["forced"]),
                   ("systemd-oomd", expected[("pressed", "sender")], main["pressed"])} <= kills,
                  "the whole machine: SIGKILL by earlyoom and systemd-oomd", kills)
    results.equal({comm for comm, _, _ in kills}, {"earlyoom", "systemd-oomd"}, "the whole machine: by nobody else")
    results.equal(asked, [("earlyoom", main["asked"], "SIGTERM")],
                  "the whole machine: SIGTERM by earlyoom, where it isn't ignored")
    results.equal(sum(r["killed"] for r in of(records, "oom")), 1, "the whole machine: the kernel killed one")


def check_logs(run, expected):
    """What the two log is told as theirs."""
    results = run.results
    report = subprocess.run([run.oomtrace, "report", "--format", "json", str(run.folder / "killers.log")],
                            capture_output=True, check=False)
    document = json.loads(report.stdout)
    found = [r for r in document["others"] if r["type"] == "user-kill"]
    early = [(r.get("signal"), r.get("pid"), r.get("comm")) for r in found if r["killer"] == "earlyoom"]
    results.check(("SIGTERM", expected[("forced", "main")], "memory") in early, "the journal: earlyoom", found)
    oomd = [r for r in found if r["killer"] == "systemd-oomd"]
    results.check(any(r.get("cgroup") == "/pressed.slice/pressed.service" and "memory pressure" in r.get("reason", "")
                      for r in oomd), "the journal: systemd-oomd, and its reason", found)
    results.equal(document["totals"]["ooms"], 0, "the journal: none of these is the kernel's")


def check(run):
    results = run.results
    expected = {(r["scenario"], r["key"]): r["value"] for r in read_records(run.folder / "expect.jsonl")}
    results.equal((run.folder / "timeouts").read_text(), "", "the guest waited for nothing in vain")
    for name in ENDS:
        if name != "group" or run.label not in NO_CGROUP_KILL:
            check_service(run, expected, name)
    check_parent(results, expected, run.folder)
    check_machine(run, expected)
    check_logs(run, expected)
