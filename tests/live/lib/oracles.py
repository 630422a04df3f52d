# SPDX-License-Identifier: GPL-2.0-only
"""What the live tests have in common: oomtrace's records, the kernel's log, and their comparison."""

import json
import re

from kernels import FAULT_AROUND_PAGES, LOG_WITHOUT_CPUS_UNTIL, RSS_PER_TASK_UNTIL, TASK_RSS_PAGES, version

KILLED = re.compile(
    r"^(?P<message>.*): Killed process (?P<pid>\d+) \((?P<comm>.*)\) total-vm:(?P<total_vm>\d+)kB,"
    r" anon-rss:(?P<anon>\d+)kB, file-rss:(?P<file>\d+)kB, shmem-rss:(?P<shmem>\d+)kB,"
    r" UID:(?P<uid>\d+) pgtables:(?P<pgtables>\d+)kB oom_score_adj:(?P<adj>-?\d+)"
)
INVOKED = re.compile(
    r"^(?P<comm>.*) invoked oom-killer: gfp_mask=(?P<mask>0x[0-9a-f]+)\((?P<names>[^)]*)\),"
    r" order=(?P<order>-?\d+), oom_score_adj=(?P<adj>-?\d+)"
)
CONSTRAINT = re.compile(
    r"^oom-kill:constraint=CONSTRAINT_(?P<constraint>\w+),.*?,"
    r"(?:oom_memcg=(?P<limit>/.*)|global_oom),task_memcg=(?P<memcg>/.*),task=(?P<task>.*),"
    r"pid=(?P<pid>\d+),uid=(?P<uid>\d+)$"
)
SPLAT = re.compile(
    r"BUG:|WARNING:|Oops|general protection|rcu: INFO|detected stall|blocked for more than|Kernel panic"
)
MARK = re.compile(r"^oomtrace-test: (begin|end) (\S+)")


def read_records(path):
    """The records of a JSON Lines file. Raises ValueError on a bad one."""
    return parse_records(path.read_bytes(), path.name)


def parse_records(data, name):
    records = []
    if data and not data.endswith(b"\n"):
        raise ValueError(f"{name}: the last line is cut")
    for number, line in enumerate(data.decode("utf-8").splitlines(), 1):
        try:
            records.append(json.loads(line))
        except ValueError as error:
            raise ValueError(f"{name}:{number}: {error}: {line[:200]}") from error
    return records


def of(records, kind, cgroup=None):
    """Those of one kind, and of one cgroup."""
    return [r for r in records if r["type"] == kind and cgroup in (None, r.get("cgroup"))]


# ---- the kernel's log ----

def unescape_kmsg(text):
    r"""/dev/kmsg shows what isn't printable as \xNN; it is UTF-8 if it is anything."""
    raw = re.sub(rb"\\x([0-9a-f]{2})", lambda m: bytes([int(m[1], 16)]), text.encode("latin-1"))
    return raw.decode("utf-8", "replace")


class LogKill:
    """One "Killed process" line, with what the log says of the run it belongs to, if it does."""

    def __init__(self, match, scenario, invoked, constraint):
        self.pid = int(match["pid"])
        self.comm = unescape_kmsg(match["comm"])
        self.message = match["message"]
        self.kib = {key: int(match[key]) for key in ("total_vm", "anon", "file", "shmem", "pgtables")}
        self.uid = int(match["uid"])
        self.adj = int(match["adj"])
        self.scenario = scenario
        self.invoked = invoked
        self.constraint = constraint


class Log:
    """The kernel's log, as `workload kmsg` or dmesg give it."""

    def __init__(self, path):
        self.kills = []
        self.splats = []
        self.lost_in = set()  # scenarios in which the reader could not keep up
        self.unparsed = []
        self.no_victim = 0
        scenario, invoked, constraint = "", None, None
        for line in path.read_text("latin-1").splitlines():
            line = re.sub(r"^(<\d+>)?\[ *\d+\.\d+\] ", "", line)
            if line == "LOST":
                self.lost_in.add(scenario)
            elif match := MARK.match(line):
                scenario = match[2] if match[1] == "begin" else ""
            elif match := KILLED.match(line):
                self.kills.append(LogKill(match, scenario, invoked, constraint))
                # what follows in the same run is killed with it: a memory.oom.group
                invoked = constraint = None
            elif "Killed process" in line:
                self.unparsed.append(line)
            elif match := INVOKED.match(line):
                invoked, constraint = match, None
            elif match := CONSTRAINT.match(line):
                constraint = match
            elif "no killable processes" in line:
                self.no_victim += 1
                invoked = constraint = None
            elif "already exiting" in line:
                invoked = constraint = None
            elif SPLAT.search(line) and "Spectre V2" not in line:
                self.splats.append(line)


# ---- oomtrace's records ----

class Victim:
    """A victim with the run it belongs to."""

    def __init__(self, record, oom):
        self.record = record
        self.oom = oom
        self.log = None  # the line of the kernel's log that belongs to it

    def __getattr__(self, name):
        return self.record[name]

    @property
    def logged(self):
        """Whether the kernel logs and counts this one as a kill."""
        return self.record["role"] in ("chosen", "group")

    def get(self, name, default=None):
        return self.record.get(name, default)


class Trace:
    """What one oomtrace said."""

    def __init__(self, path):
        self.records = read_records(path)
        self.ooms = [r for r in self.records if r["type"] == "oom"]
        self.victims = [Victim(v, oom) for oom in self.ooms for v in oom["victims"]]
        self.kills = [v for v in self.victims if v.logged]
        self.exits = [r for r in self.records if r["type"] == "exit"]
        self.lost = {r["kind"]: r["count"] for r in self.records if r["type"] == "lost"}
        self.end = self.records[-1] if self.records else {}


class Slack:
    """By how many bytes a figure of the log may differ from oomtrace's, and why."""

    def __init__(self, session, cpus):
        self.version = version(session)
        self.cpus = cpus
        self.page = session["page_size"]
        self.holding = set()  # tids of processes that said that they do nothing any more

    def at_rest(self, victim):
        """Whether its memory was the same for all who looked: no other CPU ran it meanwhile."""
        return self.alone(victim) or victim.tid in self.holding

    def alone(self, victim):
        """Whether nobody else could change its memory: it asked for more itself, and shares it with none."""
        shared = any(v["role"] == "shares-mm" for v in victim.oom["victims"])
        return (self.cpus == 1 or
                not shared and victim.oom.get("trigger", {}).get("pid") == victim.pid)

    def between_looks(self, victim):
        """What it may gain or lose between two looks at exact sums."""
        return 0 if self.at_rest(victim) else TASK_RSS_PAGES * self.page

    def rss(self, victim, kind):
        """`kind`: anon, file or shmem."""
        if self.version <= RSS_PER_TASK_UNTIL:
            # Each thread holds back some pages until it has 64 or exits. A victim that sleeps on
            # another CPU is woken by its SIGKILL, and may hand its pages over between our look at
            # its mm, when it is marked, and the kernel's, when it is logged, a moment later.
            # What it counts to 64 are faults, and one on a file maps the pages around it, too.
            faults_pages = 1 if kind == "anon" else FAULT_AROUND_PAGES
            return 0 if self.alone(victim) else TASK_RSS_PAGES * faults_pages * self.page
        if self.version <= LOG_WITHOUT_CPUS_UNTIL:
            # Each CPU holds back some pages, up to percpu_counter_batch (lib/percpu_counter.c).
            # oomtrace adds them, this kernel's log does not.
            return max(32, 2 * self.cpus) * self.cpus * self.page
        return self.between_looks(victim)


def compare_kill(kill, victim, slack):
    """What differs between a line of the log and a victim, as text; empty when they agree."""
    differ = []
    expected = {
        "tid": kill.pid,
        "comm": kill.comm,
        "uid": kill.uid,
        "oom_score_adj": kill.adj,
        "total_vm_bytes": kill.kib["total_vm"] * 1024,
        "pgtables_bytes": kill.kib["pgtables"] * 1024,
    }
    for key, want in expected.items():
        if victim.get(key) != want:
            differ.append(f"{key} {victim.get(key)!r}, log {want!r}")
    for key in ("anon", "file", "shmem"):
        got = victim.get(f"{key}_rss_bytes")
        want = kill.kib[key] * 1024
        if got is None or abs(got - want) > slack.rss(victim, key):
            differ.append(f"{key}_rss_bytes {got!r}, log {want}")
    if differ:
        return f"{kill.scenario or 'log'} pid {kill.pid}: " + ", ".join(differ)
    return ""


def compare_kills(results, what, kills, victims, slack):
    """One to one, in order. Gives each victim its line of the log."""
    got = [v.tid for v in victims]
    want = [k.pid for k in kills]
    if not results.check(got == want and want, f"{what}: the same kills in the same order "
                         f"({len(want)} in the log)", f"oomtrace has {got}, the log {want}"):
        return False
    problems = []
    for kill, victim in zip(kills, victims):
        victim.log = kill
        if problem := compare_kill(kill, victim, slack):
            problems.append(problem)
    return results.none(problems, f"{what}: figures equal to the kernel's log", len(kills))


def compare_context(results, what, victims):
    """Who asked for memory, by which limit: where the log, which is rate-limited there, has it."""
    triggers, limits, compared = [], [], [0, 0]
    for victim in victims:
        oom, log = victim.oom, victim.log
        trigger = oom.get("trigger", {})
        if log and log.invoked:
            compared[0] += 1
            # kernels differ in the order of the flags, not in their names
            got = (trigger.get("comm"), sorted((trigger.get("gfp") or "").split("|")),
                   trigger.get("gfp_mask"), trigger.get("order"))
            want = (unescape_kmsg(log.invoked["comm"]), sorted(log.invoked["names"].split("|")),
                    int(log.invoked["mask"], 16), int(log.invoked["order"]))
            if got != want:
                triggers.append(f"{log.scenario}: {got}, log {want}")
        if log and log.constraint:
            compared[1] += 1
            got = (oom.get("constraint"), oom.get("limit_cgroup", {}).get("path"),
                   victim.get("cgroup"), victim.get("pid"))
            line = log.constraint
            # the log has the pid of the process that was chosen, not of its thread that was killed
            want = (line["constraint"].lower(), line["limit"] and unescape_kmsg(line["limit"]),
                    unescape_kmsg(line["memcg"]), int(line["pid"]))
            if got != want:
                limits.append(f"{log.scenario}: {got}, log {want}")
    results.none(triggers, f"{what}: trigger and gfp flags equal to the log's", compared[0])
    results.none(limits, f"{what}: constraint and cgroups equal to the log's", compared[1])


def read_counters(path):
    return {name: int(value) for name, value in
            (line.split() for line in path.read_text().splitlines())}
