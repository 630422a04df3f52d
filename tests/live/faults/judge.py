# SPDX-License-Identifier: GPL-2.0-only
"""Whatever process of oomtrace is killed or stopped, at whatever stage: the old limit stands again, oomtrace ends when
it is asked to, its exit code and its messages say what happened, and nothing of it is left running."""

from limit_traces import check_timeouts
from oracles import Log, read_records

OLD = "268435456"
DONE, FAILED, KILLED, TERMINATED = 0, 1, 137, 143
# Milliseconds until oomtrace has ended, beside what that takes when nothing is wrong, and until the limit stands. A
# helper that hangs is waited for, but not for ever.
END_MS, HUNG_MS, RESTORED_MS = 2000, 6000, 3000
REPLACED = "the process that puts the limit back had died; another has taken its place"
BPF, SYS_PTRACE, CHECKPOINT_RESTORE = 1 << 39, 1 << 19, 1 << 40
# The processes, and the capabilities that each has while it traces (SECURITY.md).
PROCESSES = {"oomtrace": BPF, "oomtrace-guard": 0, "oomtrace-ask": 0,
             "oomtrace-maps": SYS_PTRACE | CHECKPOINT_RESTORE, "oomtrace-syms": 0, "oomtrace-syms+": 0,
             "oomtrace-tmpfs": SYS_PTRACE}
FILTERED = "2"  # SECCOMP_MODE_FILTER, in /proc/PID/status
# What a disk that is full, a pipe that is full, and a search that was broken off end with.
FAILING = ("disk", "pipe")


class Faults:
    """The runs, and what oomtrace said in each."""

    def __init__(self, run):
        self.results, self.folder = run.results, run.folder
        self.runs = read_records(run.folder / "faults.jsonl")
        self.expected = {r["key"]: r["value"] for r in read_records(run.folder / "expect.jsonl")}
        self.slow = float(self.expected["slow"])
        self.plain_ms = next(r["end_ms"] for r in self.runs if r["name"] == "look")

    def said(self, name):
        return (self.folder / "said" / name).read_text("utf-8", "replace")

    def cli(self, name):
        folder = self.folder / "cli"
        return int((folder / f"{name}.rc").read_text()), (folder / f"{name}.err").read_text("utf-8", "replace")


def codes(run):
    """The exit codes that are right. Those of the runs on a terminal are the terminal's."""
    killed = run["way"] == "leave" and run["hit"]
    if run["stage"] == "find-min":
        return {KILLED} if killed else {FAILED}  # it was interrupted
    if killed:
        # At the end it may have been through before.
        return {KILLED, DONE} if run["stage"] == "ending" else {KILLED}
    if run["process"] in FAILING:
        return {FAILED}
    if run["stage"] in ("start", "random"):
        return {DONE, TERMINATED}  # it may not have come to asking for the signal
    return {DONE}


def check_run(faults, run):
    results, said = faults.results, faults.said(run["name"])
    what = run["name"]
    results.equal(run["after"], run["before"], f"{what}: the old limit stands again")
    # A guard that somebody has stopped can't see that the signal ended oomtrace before oomtrace listened to signals.
    stays = run["rc"] == TERMINATED and (run["process"], run["way"]) == ("oomtrace-guard", "STOP")
    results.check(run["left"] == "" or (stays and run["left"] == "oomtrace-guard"),
                  f"{what}: nothing is left running", run["left"])
    results.check(run["alive"], f"{what}: the workload lives")
    if not what.startswith("keys-"):
        results.check(run["rc"] in codes(run), f"{what}: exit code", f"{run['rc']}; stderr: {said!r}")
    hangs = run["way"] in ("STOP", "stop-main")
    limit = (faults.plain_ms + (HUNG_MS if hangs else END_MS)) * faults.slow
    results.check(run["end_ms"] <= limit, f"{what}: ended within {limit:.0f} ms", run["end_ms"])
    limit += RESTORED_MS * faults.slow
    results.check(run["restored_ms"] <= limit, f"{what}: restored within {limit:.0f} ms", run["restored_ms"])
    if run["stage"] in ("attached", "changing", "find-min") and not what.startswith("keys-") and \
            (run["process"], run["way"]) == ("oomtrace-guard", "KILL"):
        results.check(REPLACED in said, f"{what}: says so", said)


def check_stages(faults):
    """Each process was there to be hit at each stage but the first, in which some haven't been started."""
    hit = {(r["stage"], r["process"], r["way"]) for r in faults.runs if r["hit"]}
    stages = {r["stage"] for r in faults.runs}
    wanted = set(faults.expected["stages"].split())
    faults.results.check(wanted <= stages, "there are runs of each stage", stages)
    for stage in wanted & {"attached", "changing"}:
        for process in PROCESSES:
            ways = {way for s, p, way in hit if (s, p) == (stage, process)}
            want = {"leave", "stop-main"} if process == "oomtrace" else {"KILL", "STOP"}
            faults.results.check(want <= ways, f"{stage}: {process} was killed once and stopped once", ways)


def check_random(faults):
    results, runs = faults.results, [r for r in faults.runs if r["stage"] == "random"]
    hit = [r for r in runs if r["hit"]]
    put_back = [r for r in runs if r["after"] == OLD]
    print(f"seed {faults.expected['seed']}: one process killed or stopped at a random moment, in {len(runs)} runs; "
          f"hit in {len(hit)}: " + ", ".join(f"{r['process']} {r['way']} {r['moment']}" for r in hit))
    results.equal((len(runs), len(put_back)), (faults.expected["faults"],) * 2,
                  "random: the limit was put back in all runs")
    results.check(2 * len(hit) > len(runs), "random: most runs hit a process", len(hit))
    results.equal([r["name"] for r in runs if r["rc"] == DONE and r["after"] != OLD], [],
                  "random: exit code 0 only where the limit was put back")


def check_others(faults):
    results, expected = faults.results, faults.expected
    for name in ("both-KILL", "both-INT"):
        results.equal(expected[name], int(OLD), f"{name}: the limit of the cgroup below")
    results.equal(expected["no-guard"], {"rc": FAILED, "after": OLD}, "no-guard: nothing is changed")
    results.check("can't be started" in faults.said("no-guard"), "no-guard: says why", faults.said("no-guard"))
    results.equal(faults.said("no-room").count("there can't be another yet"), 1, "no-room: says so once")
    results.check("disk-record" in {r["name"] for r in faults.runs}, "there were full disks")
    results.check("No space left on device" in faults.said("disk-record"), "disk-record: says why",
                  faults.said("disk-record"))
    results.check("No space left on device" in faults.said("disk-folded"), "disk-folded: says why",
                  faults.said("disk-folded"))
    code, said = faults.cli("report-full")
    results.check(code == FAILED and "No space left on device" in said, "report-full: says why", (code, said))
    results.equal(expected["report-left"].split(), ["full"], "report-full: no half of a report is left")
    for option in ("record", "folded"):
        code, said = faults.cli(f"fifo-{option}")
        results.check(code == FAILED and "/tmp/fifo" in said, f"fifo-{option}: refused", (code, said))
        results.equal(expected[f"fifo-{option}"], OLD, f"fifo-{option}: the limit is as it was")
        code, said = faults.cli(f"ro-{option}")
        results.check(code == FAILED and "Read-only file system" in said, f"ro-{option}: refused", (code, said))
        results.equal(expected[f"ro-{option}"], OLD, f"ro-{option}: the limit is as it was")
    results.equal(expected["hup"], True, "hup: the end of a terminal is the end")
    results.equal(expected["goes"], {"rc": DONE, "after": "104857600", "left": ""},
                  "goes: a new cgroup of the old one's name keeps its own limit")
    warned = [name for name in ("oomtrace-KILL", "oomtrace-STOP") if "psi=1" in faults.said(f"find-min-{name}")]
    results.equal(len(warned), 0 if expected["psi"] else 2, "find-min: warns where the kernel has no PSI")
    results.equal(expected["restore"], {"rc": DONE, "after": "62914560", "told": 1},
                  "restore: put back though it kills, and the kill is counted")
    results.equal(expected["keys-off"], {"rc": DONE, "after": OLD}, "keys-off: a key changes nothing")
    got, said = expected["reader-goes"], faults.said("reader-goes")
    results.check(got["rc"] == FAILED and got["after"] != "62914560", "reader-goes: not restored is never 0", got)
    results.check("NOT RESTORED" in said and "--restore" in said, "reader-goes: says so, and how", said)


def check(run):
    results = run.results
    check_timeouts(run)
    faults = Faults(run)
    rights = [line.split() for line in (run.folder / "rights").read_text().splitlines()]
    # Of each thread: a system call that is refused in one of them must be in all.
    results.equal({name: (max(int(caps, 16) for caps in threads[::3]), set(threads[1::3]), set(threads[2::3]))
                   for name, *threads in rights},
                  {name: (caps, {"1"}, {FILTERED}) for name, caps in PROCESSES.items()},
                  "the processes of oomtrace, their rights, and their filters of system calls")
    for record in faults.runs:
        check_run(faults, record)
    check_stages(faults)
    check_random(faults)
    others = faults.expected["others"] == "yes"
    if others:
        check_others(faults)
    kills = [k.scenario for k in Log(run.folder / "kmsg.log").kills]
    results.equal(kills, ["restore"] if others else [], "nothing else was killed by the OOM killer")
