#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""check.py OOMTRACE RECORDING: --check holds the recording against logs that are written from it as the kernel of
6.1 would have done, whole and with a fault each."""
import json
import subprocess
import sys
import tempfile
from pathlib import Path

HEAD = ("{comm} invoked oom-killer: gfp_mask={mask:#x}({gfp}), order={order}, oom_score_adj=0",
        "CPU: 0 PID: {tid} Comm: {comm} Not tainted {kernel} #1 SMP",
        "Call Trace:", " <TASK>", " dump_stack_lvl+0x44/0x5c", " oom_kill_process.cold+0xb/0x10",
        " out_of_memory+0x1fd/0x4c0", " {frame}+0x1/0x2", " </TASK>")
KILLED = ("{what}: Killed process {tid} ({comm}) total-vm:{total_vm_bytes}kB, anon-rss:{anon_rss_bytes}kB, "
          "file-rss:{file_rss_bytes}kB, shmem-rss:{shmem_rss_bytes}kB, UID:{uid} pgtables:{pgtables_bytes}kB "
          "oom_score_adj:{oom_score_adj}")
SIZES = ("total_vm_bytes", "anon_rss_bytes", "file_rss_bytes", "shmem_rss_bytes", "pgtables_bytes")


def escaped(name):
    """As /dev/kmsg has it."""
    return "".join(chr(b) if 32 <= b < 127 and b != 92 else f"\\x{b:02x}" for b in name.encode())


def texts(oom, kernel):
    """What the kernel prints of one OOM."""
    trigger, limit = oom["trigger"], oom.get("limit_cgroup")
    frame = "memory_max_write" if oom["cause"]["kind"] == "inside-write" else "handle_mm_fault"
    yield from (line.format(mask=trigger["gfp_mask"], gfp=trigger["gfp"], order=trigger["order"], tid=trigger["tid"],
                            comm=escaped(trigger["comm"]), kernel=kernel, frame=frame) for line in HEAD)
    chosen = oom["victims"][0]
    if limit:
        yield f"memory: usage {limit['usage_bytes'] // 1024}kB, limit {limit['max_bytes'] // 1024}kB, failcnt 9"
    whose = f"oom_memcg={limit['path']}" if limit else "global_oom"
    yield (f"oom-kill:constraint=CONSTRAINT_{oom['constraint'].upper()},nodemask=(null),cpuset=/,mems_allowed=0,"
           f"{whose},task_memcg={chosen['cgroup']},task={escaped(chosen['comm'])},pid={chosen['pid']},"
           f"uid={chosen['uid']}")
    for i, victim in enumerate(v for v in oom["victims"] if v["role"] in ("chosen", "group")):
        if i == 1:
            yield f"Tasks in {limit['path']} are going to be killed due to memory.oom.group set"
        facts = {key: victim[key] // 1024 if key in SIZES else victim[key] for key in
                 (*SIZES, "tid", "uid", "oom_score_adj")}
        if not victim.get("repeated"):
            yield KILLED.format(what="Memory cgroup out of memory" if limit else "Out of memory",
                                comm=escaped(victim["comm"]), **facts)


def log_of(records, seconds):
    """The whole log, whose clock is this much behind the recording's."""
    lines = []
    for oom in (r for r in records if r["type"] == "oom" and r["outcome"] == "killed"):
        for i, text in enumerate(texts(oom, records[0]["kernel"])):
            at = oom["ts_ns"] / 1e9 - seconds + i * 1e-6
            lines.append(f"[{at:12.6f}] {text}")
    return lines


class Check:
    def __init__(self, oomtrace, recording, folder):
        self.oomtrace, self.recording, self.folder = oomtrace, recording, Path(folder)
        self.failed = self.tried = 0

    def run(self, args, lines):
        log = self.folder / "log"
        log.write_text("\n".join(lines) + "\n")
        run = subprocess.run([self.oomtrace, "report", *args, str(log)], capture_output=True, text=True, check=False)
        return run.returncode, run.stdout, run.stderr

    def expect(self, what, lines, code, args=None, fields=(), **totals):
        """Its exit code, some of the totals, and what differs."""
        got_code, out, err = self.run(["-f", "json", f"--check={args or self.recording}"], lines)
        document = json.loads(out)
        found = {key: document["totals"][key.replace("_", "-")] for key in totals}
        named = [d["field"] for kill in document["kills"] for d in kill.get("differences", []) if not d["close"]]
        self.say(what, (got_code, found, named, err), (code, totals, list(fields), ""))
        return document

    def say(self, what, got, want):
        self.tried += 1
        if got != want:
            self.failed += 1
            print(f"{what}: {got} instead of {want}")


def changed(lines, at, old, new):
    assert old in lines[at], (lines[at], old)
    return [*lines[:at], lines[at].replace(old, new), *lines[at + 1:]]


def check_faults(check, log, kills):
    last = max(i for i, line in enumerate(log) if "Killed process" in line)
    first = min(i for i, line in enumerate(log) if "Killed process" in line)
    kill = log[last]
    anon = int(kill.split("anon-rss:")[1].split("kB")[0])
    for field, old, new in (("total_vm_bytes", "total-vm:", "total-vm:1"), ("uid", "UID:0", "UID:7"),
                            ("pgtables_bytes", "pgtables:", "pgtables:1"), ("comm", "(workload)", "(other)"),
                            ("oom_score_adj", "oom_score_adj:", "oom_score_adj:7")):
        check.expect(f"another {field}", changed(log, last, old, new), 5, fields=[field], different=1, same=kills - 1)
    check.expect("resident memory, a little", changed(log, last, f"anon-rss:{anon}kB", f"anon-rss:{anon + 8}kB"), 0,
                 close=1, same=kills - 1)
    check.expect("resident memory, much", changed(log, last, f"anon-rss:{anon}kB", f"anon-rss:{anon + 8000}kB"), 5,
                 fields=["anon_rss_bytes"], different=1)
    limit = max(i for i, line in enumerate(log[:last]) if "memory: usage" in line)
    check.expect("another limit", changed(log, limit, "limit ", "limit 1"), 5, fields=["max_bytes"], different=1)
    frame = min(i for i, line in enumerate(log) if "handle_mm_fault" in line)
    check.expect("another cause", changed(log, frame, "handle_mm_fault", "memory_max_write"), 5, fields=["cause"],
                 different=1)
    check.expect("a frame that is left over", [*log[:frame], log[frame].replace("handle", "? memory_max_write+0x1/0x2"),
                                               *log[frame:]], 0, different=0)
    check.expect("a kill that the log lacks", log[:last] + log[last + 1:], 5, only_recording=1, only_log=0)
    stranger = kill.replace("Killed process ", "Killed process 9")
    check.expect("a kill that the recording lacks", [*log[:last + 1], stranger, *log[last + 1:]], 5, only_log=1,
                 only_recording=0)
    before = "[    1.000000] " + log[first].split("] ", 1)[1]
    after = "[99999.000000] " + log[first].split("] ", 1)[1]
    check.expect("kills at other times", [before, *log, after], 0, outside=2, only_log=0, same=kills)
    other = [line.replace("6.1.0", "5.9.9") for line in log[:first + 1]]
    document = check.expect("a kill of another kernel", [*log, *(line.replace("Killed process ", "Killed process 9")
                                                                 for line in other)], 0, outside=1, same=kills)
    check.say("why it is outside", [k["why"] for k in document["kills"] if "why" in k], ["of another kernel"])


def check_inputs(check, log, records):
    """What there has to be, in any order, and a recording of one cgroup alone."""
    path = check.recording
    code, out, _ = check.run(["--check", path], log)
    check.say("text", (code, out.count("| same\n")), (0, sum("Killed process" in line for line in log)))
    for args in ([path, "--check"], ["--check", path, "--until", "1h"]):
        check.say(f"{args}", check.run(args, log)[0], 0)
    code, _, err = check.run(["--check"], log)
    check.say("no recording", (code, "--check needs a recording" in err), (2, True))
    code, _, err = check.run(["--check", "-f", "html", path], log)
    check.say("html", (code, "--check goes with" in err), (2, True))
    code, _, err = check.run([f"--check={path}", f"--check={path}"], log)
    check.say("twice", (code, "--check: " in err), (2, True))
    code, out, err = check.run(["--check", path], ["[    1.000000] Linux version 6.1.0"])
    check.say("a log without a kill", (code, "ONLY IN THE RECORDING" in out, "no OOM of the kernel" in err),
              (5, True, True))
    later = check.folder / "later.jsonl"
    ooms = [r for r in records if r["type"] == "oom"]
    # What comes with an OOM of the part before may stand at the head of the part after.
    early = next(r for r in records if r["type"] not in ("session", "oom", "lost", "end"))
    early = dict(early, ts_ns=ooms[39]["ts_ns"] - 1000)
    later.write_text("".join(json.dumps(r) + "\n"
                             for r in [dict(records[0], part=2), early, *ooms[40:], records[-1]]))
    kills = sum("Killed process" in line for line in log_of([records[0], *ooms[40:]], 0))
    check.expect("a later part", log, 0, args=later, same=kills, only_log=0)
    part = check.folder / "part.jsonl"
    session = dict(records[0], target={"kind": "cgroup", "cgroup": "/storm"})
    ooms = [r for r in records if r["type"] != "session" and
            (r["type"] != "oom" or any(v["cgroup"] == "/storm" for v in r["victims"]))]
    part.write_text("".join(json.dumps(r) + "\n" for r in [session, *ooms]))
    mine = sum(v["role"] in ("chosen", "group") for r in ooms if r["type"] == "oom" for v in r["victims"])
    check.expect("of one cgroup", log, 0, args=part, same=mine, only_log=0,
                 outside=sum("Killed process" in line for line in log) - mine)
    # Of several targets: those that it says to have followed.
    session = dict(records[0], target={"kind": "many", "name": "--cgroup /st*"})
    start = {"type": "start", "ts_ns": session["ts_ns"], "time": session["time"], "run": 1, "cgroup": "/storm",
             "cgroup_id": 7}
    part.write_text("".join(json.dumps(r) + "\n" for r in [session, start, *ooms]))
    check.expect("of several targets", log, 0, args=part, same=mine, only_log=0,
                 outside=sum("Killed process" in line for line in log) - mine)


def main():
    records = [json.loads(line) for line in Path(sys.argv[2]).read_text().splitlines()]
    log = log_of(records, 0.031)
    kills = sum("Killed process" in line for line in log)
    with tempfile.TemporaryDirectory() as folder:
        check = Check(sys.argv[1], sys.argv[2], folder)
        document = check.expect("the same", log, 0, same=kills, close=0, different=0, only_recording=0, only_log=0,
                                outside=0)
        offset = document["log_clock_offset_ns"]
        check.say("the clocks are apart", 20000000 < offset < 40000000, True)
        check.expect("clocks that are hours apart", log_of(records, -40000), 0, same=kills, only_log=0)
        check_faults(check, log, kills)
        check_inputs(check, log, records)
    print(f"{check.tried} checks, {check.failed} failed")
    return int(bool(check.failed or not check.tried))


if __name__ == "__main__":
    sys.exit(main())
