# SPDX-License-Identifier: GPL-2.0-only
"""Whatever becomes of the store, each kill is told on stdout, one sentence says what is wrong, and nothing is lost but
what had no room."""

import json
import re

from oracles import Log
from results import guarded
from stores import read_store

GOES_ON = " Tracing goes on.\n"


class Scenario:
    """What one service has said and kept."""

    def __init__(self, run, name):
        self.name = name
        self.out = (run.folder / f"{name}.out").read_text()
        self.err = (run.folder / f"{name}.err").read_text()
        self.code = int((run.folder / f"{name}.code").read_text())
        self.told = re.findall(r"/(k\d)  OOM \d+  killed", self.out)
        self.listed = [json.loads(line) for line in (run.folder / f"cli/{name}.out").read_text().splitlines()]
        self.kept = [entry["cgroup"].rsplit("/", 1)[1] for entry in self.listed]
        self.store = read_store(run.folder / "store" / name)


def check_common(run, results, s, killed):
    results.equal(s.told, killed, f"{s.name}: each kill is told, whatever becomes of the store")
    results.equal(len([k for k in Log(run.folder / "kmsg.log").kills if k.scenario == s.name]), len(killed),
                  f"{s.name}: as many as the kernel logs")
    results.equal(len(s.store), len(s.listed), f"{s.name}: what is listed is whole files")
    results.equal(s.code, 0, f"{s.name}: its end")


def cli(run, name):
    return (int((run.folder / f"cli/{name}.rc").read_text()), (run.folder / f"cli/{name}.err").read_text(),
            (run.folder / f"cli/{name}.out").read_text())


def check_full(run, results):
    s = Scenario(run, "full")
    check_common(run, results, s, ["k1", "k2", "k3"])
    results.equal(s.err, "oomtrace: an incident can't be stored: No space left on device." + GOES_ON,
                  "full: says so, once")
    results.check(s.kept[0] == "k1" and s.kept[-1] == "k3", "full: what had room is kept, also afterwards", s.kept)


def check_read_only(run, results):
    s = Scenario(run, "read-only")
    check_common(run, results, s, ["k1", "k2", "k3"])
    code, err, _ = cli(run, "read-only-start")
    results.check(code == 1 and err == "oomtrace: --store: /read-only can't be locked: Read-only file system.\n",
                  "read-only: doesn't start, and says why", (code, err))
    code, err, out = cli(run, "read-only-list")
    results.check(code == 0 and err == "" and out.count("\n") == 1, "read-only: can be listed", (code, err, out))
    results.equal(s.err, "oomtrace: an incident can't be stored: Read-only file system." + GOES_ON,
                  "read-only: says so, once")
    results.equal(s.kept, ["k1", "k3"], "read-only: what could be written is kept, also afterwards")


def check_removed(run, results):
    s = Scenario(run, "removed")
    check_common(run, results, s, ["k1", "k2", "k3"])
    results.check("oomtrace: an incident can't be stored: the store's folder was removed; a restart makes it again." +
                  GOES_ON in s.err, "removed: says so", s.err)
    results.check("--store: /removed" in s.err or "needs a restart" in s.err, "removed: SIGHUP says what to do", s.err)
    results.equal(s.kept, [], "removed: what somebody else put there isn't written to")


def check_twice(run, results):
    s = Scenario(run, "twice")
    check_common(run, results, s, ["k1"])
    code, err, _ = cli(run, "twice-second")
    results.check(code == 1 and err == "oomtrace: --store: /twice is written by another oomtrace already.\n",
                  "twice: the second doesn't start, and says why", (code, err))
    results.equal((s.err, s.kept), ("", ["k1"]), "twice: the first goes on")


def check_clock(run, results):
    s = Scenario(run, "clock")
    check_common(run, results, s, ["k1", "k2"])
    results.equal(s.err, "", "clock: nothing to say")
    results.equal(s.kept, ["k1", "k2"], "clock: set back a year, nothing is removed for its age; what was last is last")
    code, err, out = cli(run, "clock-last")
    results.check(code == 0 and err == "" and "/clock/k2 " in out, "clock: show takes it for the last, too", (err, out))
    years = {e["cgroup"].rsplit("/", 1)[1]: e["time"][:4] for e in s.listed}
    results.equal(int(years["k1"]) - int(years["k2"]), 1, "clock: each has the time that the clock had")


def check(run):
    for part in (check_full, check_read_only, check_removed, check_twice, check_clock):
        guarded(run.results, part, run, run.results)
