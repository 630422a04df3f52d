# SPDX-License-Identifier: GPL-2.0-only
"""Recordings: in parts, cut off by SIGKILL, and on a full disk."""

import re

from oracles import read_records
from recordings import report


def check_recorded_over(guest):
    guest.results.equal((guest.folder / "expect.jsonl").stat().st_size > 0, True, "nothing was recorded over")


def check_rotation(guest):
    """The two parts that are left are the end of what was printed, and nothing is missing between."""
    results, folder = guest.results, guest.folder
    whole = read_records(folder / "kprobes.jsonl")
    old, new = (read_records(folder / name) for name in ("rotated.jsonl.1", "rotated.jsonl"))
    results.check(old and new and old[0]["type"] == new[0]["type"] == "session",
                  "rotated: each part begins with its session")
    results.equal(new[0].get("part"), old[0].get("part", 1) + 1, "rotated: parts are numbered")
    parts = old[1:] + new[1:]
    results.check(len(parts) >= 10 and parts == whole[-len(parts):], "rotated: the parts are the end of the trace",
                  f"{len(parts)} records of {len(whole)}")
    size = (folder / "rotated.jsonl.1").stat().st_size
    results.check(65536 <= size < 3 * 65536, "rotated: --record-size is kept", size)


def check_killed(guest):
    results, folder = guest.results, guest.folder
    results.equal(guest.rc("killed.out"), 137, "killed: by SIGKILL")
    run = report(guest.run.oomtrace, "--no-summary", str(folder / "killed.jsonl"))
    results.equal(run.returncode, 0, "killed: what was recorded can be read")
    results.check(b"has no end" in run.stderr, "killed: the report says that there is no end", run.stderr)
    live = (folder / "killed.out").read_bytes()
    results.check(b"OOM 1: killed" in run.stdout and run.stdout == live, "killed: its report equals the text",
                  (run.stdout, live))


def check_full_disk(guest):
    results = guest.results
    results.equal(guest.rc("cli/record-full"), 1, "cli record-full: exit code 1")
    error = guest.error("cli/record-full") or ""
    results.check(re.fullmatch(r"oomtrace: recording to /full/rec has stopped: No space left on device\. "
                               r"Tracing goes on\.\n", error), "cli record-full: said, once", repr(error))
    # Between the two may stand what the kernel's skips leave unknown.
    results.check(re.search(r"nothing lost.*\(the time is over\)", guest.output("cli/record-full") or ""),
                  "cli record-full: the trace goes on to its end")
    size = (guest.folder / "cli/record-full.size").read_text().strip()
    results.equal(size, "0", "cli record-full: no half record is left")


def check_kernel_log(guest):
    """--kernel-log: each kill has its line of the log, which tells the same; of the whole machine also the zones."""
    records = read_records(guest.folder / "text.out.jsonl")
    found = [r for r in records if r["type"] == "kernel-log" and "missed" not in r]
    ooms = {r["id"]: r for r in records if r["type"] == "oom" and r["outcome"] == "killed"}
    alone = [str(r) for r in found if "oom_id" not in r or "log" not in r]
    guest.results.none(alone, "--kernel-log: no kill is in the log or the trace alone", len(found))
    pairs = {r["oom_id"]: r for r in found if "oom_id" in r and "log" in r}
    differ = [f"OOM {number}: {d}" for number, r in pairs.items() for d in r["differences"] if not d["close"]]
    guest.results.none(differ, "--kernel-log: log and trace tell the same", len(pairs))
    guest.results.check(ooms.keys() <= pairs.keys(), "--kernel-log: each OOM has its line", ooms.keys() - pairs.keys())
    # 7.3 now and then leaves a function out of the call trace, behind a tracer's trampoline: whose memory it was isn't
    # certain then.
    zones = [r["machine"]["zones"] for number, r in pairs.items()
             if ooms[number]["whole_machine"] and r["log"]["dump"] == "full" and "ambiguous" not in r]
    guest.results.check(zones and all(zones), "--kernel-log: zones of an OOM of the whole machine", zones)
