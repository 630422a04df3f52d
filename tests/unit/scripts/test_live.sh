#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Usage: test_live.sh
# The runner and the judges of the live tests, without a virtual machine: what they say when something is wrong.
set -u
export LC_ALL=C

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd) || exit 1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

ROOT=$root WORK=$work python3 -B - <<'PYTHON'
import contextlib
import importlib.machinery
import importlib.util
import io
import os
import subprocess
import sys
from pathlib import Path

live, work = Path(os.environ["ROOT"]) / "tests/live", Path(os.environ["WORK"])
sys.path.insert(0, str(live / "lib"))
from kernel_log import own_ooms
from suites import Suite, SuiteError, all_suites

failed = 0


def expect(ok, what):
    global failed
    if not ok:
        failed = 1
        print("FAIL", what)


def by(comm, function):
    stamp = "[   20.925363][  T123] "
    return [stamp + line for line in (
        f"{comm} invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0", "Call Trace:", " <TASK>",
        " dump_header+0x4c/0x22b", " ? memory_max_write+0x1/0x2", f" {function}+0x20/0x30",
        "memory: usage 32768kB, limit 32768kB, failcnt 19")]


# A fault in another's memory kills; the write of a limit is what oomtrace was asked for.
expect(own_ooms(by("oomtrace", "exc_page_fault")), "oomtrace kills by a fault")
expect(own_ooms(by("oomtrace-syms", "exc_page_fault")), "a helper kills by a fault")
expect(own_ooms(by("oomtrace", "exc_page_fault")[:-1]), "the log ends in the call trace")
expect(len(own_ooms(by("oomtrace", "exc_page_fault") * 2 + by("sh", "exc_page_fault"))) == 2, "each is found")
expect(not own_ooms(by("oomtrace", "memory_max_write")), "oomtrace kills by a write")
expect(not own_ooms([*by("oomtrace-syms", "exc_page_fault")[:-1], "Mem-Info:"]), "the machine is out of memory")
expect(not own_ooms(by("workload", "exc_page_fault")), "another kills")

# Every suite can be read, has all its files, and asks for kernels by their labels.
matrix = ["5.10old", "5.10", "6.1", "6.12", "6.1x", "backports", "sid"]
suites = all_suites()
expect(len(suites) >= 11, f"suites: {list(suites)}")
for suite in suites.values():
    for label in suite.labels(matrix):
        expect(label.partition("-")[0] in matrix, f"{suite.name}: no kernel is called {label}")
        expect(suite.timeout(label) >= 300, f"{suite.name}: timeout")
        for path, _ in suite.puts(label):
            expect(path.exists(), f"{suite.name}: {path} is missing")
    expect(set(suite.labels(matrix, "test")) <= set(suite.labels(matrix)), f"{suite.name}: tested elsewhere")
    expect((suite.folder / "judge.py").exists(), f"{suite.name}: no judge")
    expect(suite.values["about"], f"{suite.name}: no word on what it is about")
try:
    suites["stall"].take("memory=5", "suite:7")
    expect(False, "a key that there isn't")
except SuiteError as error:
    expect("suite:7" in str(error), f"a key that there isn't: {error}")
os.environ["OOMTRACE_SOAK"] = "60"
expect(Suite("soak").timeout("6.1") == 420, "a limit that depends on a parameter")

# What the guest didn't deliver is said, for each suite.
for name in suites:
    folder = work / "build" / name / "6.1"
    folder.mkdir(parents=True)
    judged = subprocess.run([live / "lib/judge.py", folder], capture_output=True, text=True, check=False)
    expect(judged.returncode == 1 and "Traceback" not in judged.stderr + judged.stdout, f"{name}: {judged.stderr}")
    expect("the guest didn't deliver dmesg.log" in judged.stdout.replace(f"{folder}/", ""), f"{name}: {judged.stdout}")
    expect(judged.stdout.count("the guest didn't deliver") >= 2, f"{name}: {judged.stdout}")

# A guest that ran out of time, and one that gave no verdict.
loader = importlib.machinery.SourceFileLoader("run", str(live / "run"))
run = importlib.util.module_from_spec(importlib.util.spec_from_loader("run", loader))
loader.exec_module(run)
run.OUT = work / "out"
for code, words in ((124, "ran out of time: no verdict after 9 s"), (125, "QEMU ended with 1")):
    item = run.Item(suites["stall"], "6.1")
    item.prepare()
    item.log.write_text(f"console\nvm.sh: 6.1: {words}\n")
    (item.folder / "output.log").write_text("1s: one\n7s: two\n")
    item.judge(code)
    expect((item.result, item.what) == ("FAIL", f"0 passed, 1 failed, 0 skipped: {words}; the guest said last: 7s: two"),
           f"{words}: {item.result} {item.what}")
    expect(not item.checks.exists(), f"{words}: judged")
table = io.StringIO()
with contextlib.redirect_stdout(table):
    run.show_table([item])
expect(len(run.COUNTS.findall(table.getvalue())) == 1, f"counted once: {table.getvalue()}")
sys.exit(failed)
PYTHON
