# SPDX-License-Identifier: GPL-2.0-only
"""Stalls, the status line on terminals, and what oomtrace keeps of many cgroups. The oracles are memory.events, the
kernel's own measure of waiting for memory (memory.pressure), and a terminal that is played here."""

import json
import re

from results import guarded

MIB = 1 << 20


class Guest:
    """What the guest left, by name of the scenario."""

    def __init__(self, run):
        self.folder, self.check = run.folder, run.results.unless

    def read(self, name):
        return (self.folder / name).read_bytes().decode("utf-8")  # \r stays

    def records(self, name, kind):
        """Those of one type. Every line of a finished trace is JSON."""
        parsed = [json.loads(line) for line in self.read(f"{name}.json").splitlines()]
        return [record for record in parsed if record["type"] == kind]

    def events(self, name, key):
        return int(re.search(rf"^{key} (\d+)$", self.read(f"{name}.events"), re.M)[1])

    @staticmethod
    def figure(text):
        print(text)


def check_end(guest, name):
    code = guest.read(f"{name}.code").strip()
    guest.check(code == "0", f"{name}: exit code {code}")
    ends = guest.records(name, "end")
    guest.check(len(ends) == 1 and ends[0]["lost"] == 0, f"{name}: the end is {ends}")
    said = guest.read(f"{name}.err").strip()
    guest.check(not said, f"{name}: stderr has {said!r}")


def check_stall(guest, name, file, limit):
    """One stall: told about once a second, each time of the same one, and its end."""
    stalls = guest.records(name, "stall")
    begun = [s for s in stalls if not s["over"]]
    guest.check(guest.events(name, "oom_kill") == 0, f"{name}: something was killed")
    guest.check(len(begun) >= 3, f"{name}: told {len(begun)} times")
    guest.check(len({s["since_ns"] for s in begun}) == 1, f"{name}: more than one stall")
    for one, two in zip(begun, begun[1:]):
        guest.check(two["ts_ns"] - one["ts_ns"] >= 1e9, f"{name}: told twice in a second")
        guest.check(two["reclaim_ns"] >= one["reclaim_ns"], f"{name}: reclaim_ns got less")
    for stall in stalls:
        guest.check(stall["cgroup"] == f"/{name}" and stall["file"] == file and stall["max_bytes"] == limit,
                    f"{name}: of {stall['cgroup']}, {file} {stall['max_bytes']}")
        guest.check(stall["duration_ns"] >= 2e9, f"{name}: told after {stall['duration_ns']} ns")
        guest.check(stall["reclaim_ns"] >= stall["duration_ns"] / 2, f"{name}: {stall['reclaim_ns']} ns of reclaim")
        guest.check(stall["usage_bytes"] >= limit * 7 / 8, f"{name}: usage {stall['usage_bytes']}")


def check_throttled(guest):
    check_stall(guest, "throttled", "memory.high", 32 * MIB)
    stalls = guest.records("throttled", "stall")
    guest.check([s["over"] for s in stalls].count(True) == 1 and stalls[-1]["over"], "throttled: not one end")
    for stall in stalls:  # of one process
        guest.check(stall["reclaim_ns"] <= stall["duration_ns"] * 1.02, f"throttled: time counts twice: {stall}")
    last = json.loads(guest.read("throttled.last"))
    waited_ns = int(guest.read("throttled.pressure")) * 1000
    # What the kernel counts goes on a little until it is read, and leaves out what isn't waiting.
    guest.check(0.5 * last["reclaim_ns"] <= waited_ns <= 2 * last["reclaim_ns"] + 5e9,
                f"throttled: {last['reclaim_ns']} ns held back, memory.pressure says {waited_ns}")
    guest.check(any(r["kind"] == "throttle" for r in guest.records("throttled", "reclaim")),
                "throttled: no throttle record")
    guest.figure(f"throttled {last['reclaim_ns'] / 1e9:.1f} s, by memory.pressure {waited_ns / 1e9:.1f} s")


def check_swapping(guest):
    reclaimed_ns = sum(r["duration_ns"] for r in guest.records("swapping", "reclaim"))
    waited_ns = int(guest.read("swapping.pressure")) * 1000
    stalls = guest.records("swapping", "stall")
    guest.check(reclaimed_ns > 0, "swapping: no reclaim")
    # The kernel weighs what each CPU saw by how busy that was.
    guest.check(waited_ns / 2 - 1e9 <= reclaimed_ns <= waited_ns * 2 + 1e9,
                f"swapping: {reclaimed_ns} ns of reclaim, {waited_ns} ns waited")
    guest.check(guest.events("swapping", "oom_kill") == 0, "swapping: something was killed")
    for stall in stalls:
        guest.check(stall["file"] == "memory.max" and stall["max_bytes"] == 32 * MIB, f"swapping: {stall}")
    guest.figure(f"swapping: {reclaimed_ns / 1e9:.1f} s of reclaim, by memory.pressure {waited_ns / 1e9:.1f} s, "
                 f"{len(stalls)} stall records")


def check_content(guest):
    guest.check(guest.events("content", "max") > 0, "content: the limit was never hit")
    guest.check(not guest.records("content", "stall"), "content: a stall")


def check_killed(guest):
    kills, counted = sum(oom["killed"] for oom in guest.records("killed", "oom")), guest.events("killed", "oom_kill")
    guest.check(kills == counted == 5, f"killed: {kills} of {counted}")
    guest.check(not guest.records("killed", "stall"), "killed: a stall")
    # A later one may have filled within a second what the one before it had left.
    guest.check(guest.records("killed", "oom")[0]["history"]["growth_bytes_per_s"] > 0, "killed: it didn't grow")
    for oom in guest.records("killed", "oom"):
        history, limit = oom["history"], oom["limit_cgroup"]
        points = history["points"]
        guest.check(history["cgroup"] == "/killed", f"killed: history of {history['cgroup']}")
        guest.check(points[-1][:3] == [oom["ts_ns"], limit["usage_bytes"], limit["max_bytes"]],
                    f"killed: the last point is {points[-1]}, the limit {limit}")
        guest.check(all(a[0] <= b[0] for a, b in zip(points, points[1:])), "killed: points out of order")
        guest.check(points[0][0] >= oom["ts_ns"] - 10e9 or len(points) == 1, "killed: a point is too old")
        guest.check("growth_bytes_per_s" in history, "killed: no growth")
        guest.check(history["failed"] >= 1, "killed: no charge was refused")
        guest.check(oom["memory"]["anon_bytes"] <= 16 * MIB, f"killed: memory {oom['memory']}")


def check_without(guest):
    ooms = guest.records("without", "oom")
    guest.check(len(ooms) == 1 and "history" not in ooms[0], "without: a history")
    for kind in "usage", "reclaim", "stall":
        guest.check(not guest.records("without", kind), f"without: {kind} records")


class Terminal:
    """As much of one as oomtrace needs. Never resized here: what was drawn before is out of reach anyway."""

    def __init__(self, text):
        self.rows, self.row, self.column = [""], 0, 0
        self.drawn = []  # what each row was when it was erased
        for match in re.finditer(r"\x1b\[([\d;]*)([A-Za-z])|[\s\S]", text):
            self.take(match)

    def take(self, match):
        char, command = match[0], match[2]
        if char == "\r":
            self.column = 0
        elif char == "\n":
            self.row += 1
            self.column = 0
            self.rows[self.row:] = self.rows[self.row:] or [""]
        elif command == "K":
            self.drawn.append(self.rows[self.row])
            self.rows[self.row] = self.rows[self.row][:self.column]
        elif command == "J":
            self.drawn.append(self.rows[self.row])
            self.rows[self.row] = self.rows[self.row][:self.column]
            del self.rows[self.row + 1:]
        elif command == "A":
            self.row = max(0, self.row - int(match[1] or 1))
        elif not command:
            row = self.rows[self.row].ljust(self.column)
            self.rows[self.row] = row[:self.column] + char + row[self.column + 1:]
            self.column += 1


def check_terminal(guest):
    text = guest.read("terminal.tty")
    # Each line of the status begins with \r, and is as wide as the terminal lets it be.
    lines = [re.sub(r"\x1b\[[\d;]*m", "", line) for line in re.findall(r"\r([^\r\n]*)\x1b\[K", text)]
    lines = [line for line in lines if " MiB" in line and "kill" in line]
    guest.check(len(lines) >= 30, f"terminal: {len(lines)} status lines")
    guest.check(max(map(len, lines)) <= 159, f"terminal: {max(map(len, lines))} columns")
    narrow = [line for line in lines if len(line) <= 39]
    guest.check(narrow and lines.index(narrow[0]) > 0, "terminal: never narrow")
    guest.check(any(90 < len(line) <= 99 for line in lines), "terminal: never of 100 columns")
    guest.check(any(len(line) > 99 for line in lines), "terminal: never wide")
    guest.check(any("1 kill " in line for line in lines) and "0 kills" in lines[0], "terminal: the kill isn't counted")
    guest.check(any(re.match(r"terminal  2\d\.\d MiB / 28\.8 MiB  \d\d%", line) for line in lines),
                "terminal: the lowered limit isn't there")
    guest.check(any("█" in line for line in lines), "terminal: no curve")
    left = [row.rstrip() for row in Terminal(text).rows]
    guest.check(not any(re.search(r"\d kills?  ", row) for row in left), f"terminal: a status line is left: {left}")
    guest.check(any("OOM 1: killed" in row for row in left), "terminal: the kill was erased")
    guest.check(any(row.startswith("    before    ") for row in left), "terminal: no curve before the kill")
    guest.check(any("setting memory.max to 32.0 MiB" in row for row in left), "terminal: the key s did nothing")
    machine = guest.read("machine.tty")
    guest.check(re.search(r"the whole machine  OOM kills and writes of memory\.max  0 kills  0:0\d  \^C ends", machine),
                "machine: no status line")
    guest.check("\x1b[1m" not in machine and "\x1b[0m" not in machine, "machine: colours with NO_COLOR")
    for name in "dumb.tty", "pipe.text":
        guest.check("\x1b" not in guest.read(name) and "0 kills  " not in guest.read(name), f"{name}: a status line")
        guest.check("0 processes killed" in guest.read(name), f"{name}: {guest.read(name)!r}")
    guest.check("    memory    it uses " in guest.read("pipe.text"), "pipe: nothing of its memory")
    guest.check("`free`" not in guest.read("pipe.text"), "pipe: what free shows is for containers")


def check_churn(guest):
    early, late = map(int, guest.read("churn.rss").split())
    seen = {record["cgroup_id"] for record in guest.records("churn", "usage")}
    guest.check(late <= 16 << 10, f"churn: {late} KiB resident")
    guest.check(late <= early + 2048, f"churn: {early} KiB resident after 500 cgroups, {late} in the end")
    guest.figure(f"churn: usage of {len(seen)} cgroups, {early} then {late} KiB resident")


def check(run):
    guest = Guest(run)
    for scenario in "throttled", "swapping", "content", "killed", "without", "churn":
        guarded(run.results, check_end, guest, scenario)
    for part in (check_throttled, check_swapping, check_content, check_killed, check_without, check_terminal,
                 check_churn):
        guarded(run.results, part, guest)
