# SPDX-License-Identifier: GPL-2.0-only
"""What each OOM's record has of candidates, against the kernel's own table of processes in its log: who they were, the
points that follow from the table, and who is held back. And what came back of each victim's memory."""

import re
import subprocess

from guest import check_plan
from kernels import (CHARGE_BATCH, LOG_WITHOUT_CPUS_UNTIL, PAGE, PLAN_BTF, PLAN_KPROBES, RSS_PER_TASK_UNTIL,
                     machine_plan, version)
from oracles import MARK, of, read_records

TOP, SPARED, PROGRAMS = 20, 4, 10
NEVER = -1000
HEADER = re.compile(r"\[ +pid +\] +uid +(.*)")
ROW = re.compile(r"\[ *(\d+)\] +(\d+) +([-\d ]+) +([^\d ].*)$")
REAPED = re.compile(r"oom_reaper: reaped process (\d+) ")
KILLED = re.compile(r"Killed process (\d+) ")


class Table:
    """The processes that the kernel listed before one kill, or before it found nobody."""

    def __init__(self, scenario):
        self.scenario = scenario
        self.rows = {}  # by pid of the process
        self.tids = {}
        self.columns = None

    def add(self, match):
        row = dict(zip(self.columns, (int(n) for n in match[3].split())))
        row["uid"] = int(match[2])
        row["name"] = match[4]
        self.rows[row["tgid"]] = row
        self.tids[row["tgid"]] = int(match[1])


def read_tables(path):
    """By (scenario, tid of the one that was killed); None: nobody was."""
    tables, table, scenario = {}, None, ""
    for line in path.read_text("latin-1").splitlines():
        line = re.sub(r"^(<\d+>)?\[ *\d+\.\d+\] ", "", line)
        if match := MARK.match(line):
            scenario = match[2] if match[1] == "begin" else ""
        elif "invoked oom-killer" in line:
            table = Table(scenario)
        elif table and (match := HEADER.search(line)):
            # "tgid total_vm rss pgtables_bytes swapents oom_score_adj name"
            table.columns = match[1].split()[:-1]
        elif table and table.columns and (match := ROW.search(line)):
            table.add(match)
        elif table and (match := KILLED.search(line)):
            tables.setdefault((scenario, int(match[1])), table)
            table = None
        elif table and "no killable processes" in line:
            tables.setdefault((scenario, None), table)
            table = None
    return tables


def pages(row):
    return row["rss"] + row["swapents"] + row["pgtables_bytes"] // PAGE


# At a kill of the whole machine others go on running: these don't.
AT_REST = ("raised", "held-back", "other")


class Judge:
    """One trace against the tables."""

    def __init__(self, run, name, tables):
        self.results = run.results
        self.name = name
        self.records = read_records(run.folder / name)
        self.tables = tables
        self.version = version(self.records[0])
        self.cpus = 1 if self.version <= RSS_PER_TASK_UNTIL else 2
        self.seen = {}  # scenario: how many OOMs were compared

    def slack(self):
        """By how many bytes rss may differ: from 6.2 to 6.19 the table leaves out what CPUs hold back."""
        if RSS_PER_TASK_UNTIL < self.version <= LOG_WITHOUT_CPUS_UNTIL:
            return 3 * max(32, 2 * self.cpus) * self.cpus * PAGE
        return 0

    def differences(self, candidate, row, points):
        """What is wrong with one candidate, as text."""
        wrong = []
        if "points" in candidate and candidate["points"] != points:
            wrong.append(f"points {candidate['points']}, by the table {points}")
        for key, want in (("oom_score_adj", row["oom_score_adj"]), ("uid", row["uid"])):
            if candidate.get(key) != want:
                wrong.append(f"{key} {candidate.get(key)}, table {want}")
        if "rss_bytes" in candidate:
            if abs(candidate["rss_bytes"] - row["rss"] * PAGE) > self.slack():
                wrong.append(f"rss {candidate['rss_bytes']}, table {row['rss'] * PAGE}")
            for key, want in (("pgtables_bytes", row["pgtables_bytes"]), ("swap_bytes", row["swapents"] * PAGE)):
                if candidate[key] != want:
                    wrong.append(f"{key} {candidate[key]}, table {want}")
        return [f"pid {candidate['pid']}: {w}" for w in wrong]

    def compare(self, oom, table, vforked):
        """All of one OOM's candidates. `vforked`: how many use the memory of a parent that waits for them."""
        what = f"{self.name}: {table.scenario}, OOM {oom['id']}"
        got, problems = oom.get("candidates"), []
        if not self.results.check(got, f"{what}: has candidates"):
            return
        thousandth = oom["totalpages_bytes"] // PAGE // 1000
        points = {pid: pages(row) + row["oom_score_adj"] * thousandth for pid, row in table.rows.items()}
        killable = {pid for pid, row in table.rows.items() if row["oom_score_adj"] != NEVER} - vforked
        listed = got["top"] + got.get("spared", [])
        if table.scenario == "machine":
            listed = [c for c in listed if c.get("comm") in AT_REST]
        for candidate in listed:
            if row := table.rows.get(candidate["pid"]):
                problems += self.differences(candidate, row, points[candidate["pid"]])
            else:
                problems.append(f"pid {candidate['pid']} isn't in the table")
        self.results.none(problems, f"{what}: figures equal to the table's", len(listed))
        # Of the whole machine one may begin or end between the two.
        room = 2 if table.scenario == "machine" else 0
        counts = (got["count"], got["unkillable"], len(table.rows), len(table.rows) - len(killable))
        self.results.check(abs(counts[0] - counts[2]) <= room and abs(counts[1] - counts[3]) <= room,
                           f"{what}: how many, and how many unkillable", counts)
        if table.scenario != "machine":
            first = sorted((points[p] for p in killable), reverse=True)[:TOP]
            self.results.equal([c["points"] for c in got["top"]], first, f"{what}: the first ones by points")
            self.check_spared(what, got, table)
        self.check_programs(what, got, table, killable)
        for victim in oom["victims"]:
            if victim["role"] == "chosen":
                self.results.equal((got["top"][0]["pid"], got["top"][0]["points"]), (victim["pid"], victim["points"]),
                                   f"{what}: the first is the one that was chosen")
        if got.get("counted_bytes") is not None and table.scenario != "machine":
            self.results.equal(got["counted_bytes"], PAGE * sum(pages(table.rows[p]) for p in killable),
                               f"{what}: the memory of all")

    def check_programs(self, what, got, table, killable):
        """The sums by program: of all that could be killed, where they aren't all listed."""
        right = self.results.equal("programs" in got, len(killable) > TOP, f"{what}: sums by program")
        if not right or "programs" not in got:
            return
        want = {}
        for pid in killable:
            row = table.rows[pid]
            count, size = want.get(row["name"], (0, 0))
            want[row["name"]] = (count + 1, size + PAGE * pages(row))
        sums = {p["comm"]: (p["count"], p["counted_bytes"]) for p in got.get("programs", [])}
        # Of the whole machine some move, some begin or end.
        if table.scenario == "machine":
            want, sums = ({n: s for n, s in of_all.items() if n in AT_REST} for of_all in (want, sums))
        largest = dict(sorted(want.items(), key=lambda item: -item[1][1])[:PROGRAMS])
        self.results.equal(sums, largest, f"{what}: each program's processes, and their memory")
        if table.scenario != "machine":
            other = got.get("other_programs", {}).get("count", 0)
            self.results.equal(sum(s[0] for s in sums.values()) + other, len(killable),
                               f"{what}: all of them are summed up")

    def check_spared(self, what, got, table):
        top = {c["pid"] for c in got["top"]}
        held = [pages(row) for pid, row in table.rows.items() if row["oom_score_adj"] < 0 and pid not in top]
        sizes = [c["counted_bytes"] // PAGE for c in got.get("spared", []) if "counted_bytes" in c]
        want = sorted(held, reverse=True)[:SPARED]
        near = all(abs(a - b) * PAGE <= self.slack() for a, b in zip(sizes, want))
        self.results.check(len(sizes) == len(want) and near, f"{what}: the largest that are held back", (sizes, want))

    def check_all(self, vforked_of):
        for oom in of(self.records, "oom"):
            victims = [v for v in oom["victims"] if v["role"] == "chosen"]
            tid = victims[0]["tid"] if victims else None
            # Where nobody was killed, the one that can't be tells the scene.
            spared = {c["pid"] for c in oom.get("candidates", {}).get("spared", [])}
            found = [t for (_, killed), t in self.tables.items()
                     if killed == tid and t.rows and (tid or spared & t.rows.keys())]
            if len(found) != 1 or (tid is None and self.seen.get(found[0].scenario)):
                continue  # the kernel prints ten tables in five seconds
            table = found[0]
            self.seen[table.scenario] = self.seen.get(table.scenario, 0) + 1
            self.compare(oom, table, vforked_of(table))


def vforked_in(table):
    """The child of the two "tasks" of the scene: it was forked last, from the one that vforks."""
    if table.scenario != "few":
        return set()
    tasks = sorted(pid for pid, row in table.rows.items() if row["name"].startswith("tasks"))
    return set(tasks[1:2])


def check_scores(run, judge):
    """Of an OOM of the whole machine: /proc/PID/oom_score is reckoned from the same points (fs/proc/base.c)."""
    results, problems = run.results, []
    lines = (line.split() for line in (run.folder / "scores").read_text().splitlines())
    scores = {int(pid): int(score) for pid, score in lines}
    ooms = [o for o in of(judge.records, "oom") if o.get("sysrq")]
    results.equal(len(ooms), 1, f"{judge.name}: one OOM of the whole machine")
    top = ooms[0]["candidates"]["top"] if ooms else []
    total = ooms[0]["totalpages_bytes"] // PAGE if ooms else 1
    compared = [c for c in top if c["pid"] in scores]
    for c in compared:
        want = int((1000 + int(c["points"] * 1000 / total)) * 2 / 3)
        # oomtrace's own memory, and the shell's, move between the two looks
        if abs(scores[c["pid"]] - want) > (0 if c["comm"] in AT_REST else 1):
            problems.append(f"pid {c['pid']} {c['comm']}: oom_score {scores[c['pid']]}, by its points {want}")
    results.none(problems, f"{judge.name}: oom_score follows from the points", len(compared))


def check_relief(run, judge):
    """Each victim's memory is told to be back, once, and as much as memory.current has it; and what the reaper took."""
    results, name = run.results, judge.name
    reliefs = of(judge.records, "relief")
    killed = [v for oom in of(judge.records, "oom") for v in oom["victims"]
              if v["role"] in ("chosen", "group") and not v.get("repeated")]
    exits = sorted(r["pid"] for r in reliefs if r["by"] == "exit")
    results.equal(exits, sorted(v["pid"] for v in killed), f"{name}: the memory of each victim is back, once")
    log = (run.folder / "dmesg.log").read_text("latin-1")
    reaped = {int(tid) for tid in REAPED.findall(log)}
    want = sorted(v["pid"] for v in killed if v["tid"] in reaped)
    results.equal(sorted(r["pid"] for r in reliefs if r["by"] == "oom_reaper"), want,
                  f"{name}: what the kernel's reaper took")
    results.check(all(r["since_kill_ns"] > 0 for r in reliefs), f"{name}: how long it took")
    results.check(all(("usage_after_bytes" in r) == ("cgroup" in r) for r in reliefs), f"{name}: of which limit")
    victims = [r for r in reliefs if r["comm"] == "victim" and r["by"] == "exit"]
    if not results.equal(len(victims), 1, f"{name}: relief: one victim"):
        return
    before, after = (int((run.folder / f"usage.{when}").read_text()) for when in ("before", "after"))
    got = (victims[0]["usage_before_bytes"], victims[0]["usage_after_bytes"])
    room = CHARGE_BATCH * judge.cpus
    results.check(abs(got[0] - before) <= room and abs(got[1] - after) <= room,
                  f"{name}: relief: usage before and after is what memory.current has", (got, before, after))
    results.check(abs(got[0] - got[1] - before + after) <= room, f"{name}: relief: as much came back",
                  (got[0] - got[1], before - after))


def check_words(run, on_v1):
    """What one reads: the first screen, and the page."""
    results = run.results
    text = re.sub(r"\s+", " ", (run.folder / "text.out").read_text())
    results.check("chosen raised by oom_score_adj 1000, though others have more memory" in text,
                  "text: why the small one was killed", text[:3000])
    spared = r"spared though larger: held-back \(pid \d+\), 3\d\.\d MiB, held back by oom_score_adj -300"
    results.check(re.search(spared, text), "text: who was spared", text[:3000])
    largest = r"chosen the most memory of (the )?\d+ processes( that could be killed)?, 4\d\.\d MiB; next: "
    results.check(re.search(largest, text), "text: the most memory of many", text[-3000:])
    back = r"OOM \d+: the memory of victim \(pid \d+\) is back, [\d.]+ .?s after its kill: usage 2\d\.\d MiB -> "
    results.check(on_v1 or re.search(back, text), "text: when the memory was back", text[-3000:])


def check(run):
    results = run.results
    results.equal((run.folder / "timeouts").read_text(), "", "the guest waited for nothing in vain")
    tables = read_tables(run.folder / "dmesg.log")
    on_v1 = run.variant == "v1"
    scenarios = {"few", "hundred", "machine"} | (set() if on_v1 else {"relief", "none"})
    scenarios |= {"thousands"} if run_has_thousands(run) else set()
    for name, plan, target in (("machine.jsonl", machine_plan(run.label), False), ("target.jsonl", PLAN_BTF, True),
                               ("kprobes.jsonl", PLAN_KPROBES, True)):
        judge = Judge(run, name, tables)
        check_plan(results, name, judge.records[0], plan, target, usage=False if on_v1 else None)
        judge.check_all(vforked_in)
        results.equal(set(judge.seen), scenarios, f"{name}: each scene was compared")
        # That thousands are sent SIGKILL at the end of a scene need not find room; what tells of OOMs must.
        lost = {r["kind"] for r in of(judge.records, "lost")}
        results.check(lost <= {"exit", "signal", "usage"}, f"{name}: nothing of an OOM is lost", lost)
        results.equal((run.folder / f"{name}.rc").read_text().strip(), "4" if lost else "0", f"{name}: exit code")
        check_scores(run, judge)
        if not on_v1:
            check_relief(run, judge)
    check_words(run, on_v1)
    check_many(run, on_v1)


def check_many(run, on_v1):
    """Many small processes, in the text of every block, and on the page."""
    recording = run.folder / "text.out.jsonl"
    text, page = (subprocess.run([run.oomtrace, "report", *options, str(recording)], capture_output=True, check=False,
                                 text=True).stdout for options in (["-v"], ["--format", "html"]))
    size, told, shown = r"\d+\.\d MiB", False, False
    # Which of the two smaller sums comes first differs: until 6.1 a task counts its first 64 pages late (sync_mm_rss).
    smaller = [f"1 x held-back, {size}", f"101 x tasks, {size}"]
    for others in (smaller, smaller[::-1]):
        # On cgroup v1 it isn't known what is in swap.
        words = f"1 x large, {size}" + ("; " if on_v1 else f" of {size}; ") + "; ".join(others)
        told |= bool(re.search("held by +" + words.replace(" ", r"\s+"), text))
        shown |= bool(re.search("By program: " + re.sub("x ([a-z-]+)", r"× <bdi>\1</bdi>", words), page))
    run.results.check(told, "text: many of one program", text[-3000:])
    run.results.check(shown, "page: many of one program", "By program" in page)


def run_has_thousands(run):
    return '"scenario":"thousands"' in (run.folder / "who.jsonl").read_text()
