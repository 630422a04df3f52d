# SPDX-License-Identifier: GPL-2.0-only
"""What the verdict says of each end, and which next step of each cause."""

import json
import re
import subprocess

from kernels import NO_CGROUP_KILL, counts_all_kernel_memory
from oracles import of, read_records

# name: the exit code, the kernel's count of kills, and words of the verdict
ENDS = {
    "limit": (137, 1, "was OOM-killed: its own limit of 32.0 MiB"),
    "bus": (135, 0, "was ended by SIGBUS (exit code 135): as for memory of a file that is too short"),
    "cache": (3, 0, "nothing in it was OOM-killed: its memory limit, or one below, was reached"),
    "nothing": (3, 0, "nothing in it was OOM-killed, and it never reached"),
    "own": (137, 0, "by itself: no signal ended its init, but a shell gives that code when SIGKILL ended what it ran"),
    "passes": (137, 1, "before that it lost 1 process to the OOM killer: its own limit of 32.0 MiB"),
    "pids": (2, 0, "its limit of 4 processes and threads (pids.max) was reached"),
    "address": (134, 0, "MiB, and RLIMIT_AS allows 64.0 MiB: a request for more may have failed"),
    "data": (3, 0, "nothing in it was OOM-killed, and it never reached"),
    "huge": (135, 0, "its limit of 4.0 MiB of huge pages (hugetlb.2MB.max) was reached"),
    "refused": (2, 1, "before that it lost 1 process to the OOM killer: its own limit of 32.0 MiB"),
    "group": (137, 0, "but was not OOM-killed: SIGKILL was sent to its whole cgroup, by a write to cgroup.kill by"),
    "throttled": (143, 0, "before that it was stuck at its memory.high of 16.0 MiB"),
}
# Up to 6.15 sched_process_exit comes when a process has let go of its memory.
HAS_MEMORY_AT_EXIT = {"5.10": False, "5.10old": False, "6.1": False, "6.1x": False, "6.12": False}
# name: the rule of a step that must be there, and words of it
STEPS = {
    "undo": ("undo-write", "lowered the limit", "to 16.0 MiB when usage was"),
    "above": ("ancestor", "the limit of 48.0 MiB of /above was hit",),
    "shared-limit": ("ancestor", "the limit of 48.0 MiB of /shared-limit was hit: the cgroup of the victim had",
                     "of its own 40.0 MiB", "look at /shared-limit/api, under the same limit, which had",
                     "and grew by"),
    "exempt": ("exempt", "raise the limit of 12.0 MiB of /exempt",),
    "shared": ("shared", "are in tmpfs (such as /dev/shm) or shared memory",),
    "growth": ("growth", "/s when the kill came: no limit near this one would have held for long",),
    "largest": ("largest", "it needs less memory, or a higher limit",),
    "many": ("many", "processes of worker have",),
    "held": ("held-back", "kept (pid ", "but its oom_score_adj -900 lets others be killed"),
    "kernel": ("kernel", "page tables"),
    "steps": ("smaller-steps", "smaller steps"),
    "high": ("memory-high", "stood still at its memory.high of 16.0 MiB",),
    "machine": ("machine", "the whole machine ran out of memory, and workload", "a limit"),
}


def verdict_of(run, name):
    report = subprocess.run([run.oomtrace, "report", "--format", "json", str(run.folder / f"{name}.out.jsonl")],
                            capture_output=True, check=False)
    return json.loads(report.stdout)["verdict"]


def check_end(run, name):
    results, (code, kills, words) = run.results, ENDS[name]
    records = read_records(run.folder / f"{name}.out.jsonl")
    ends = [r.get("exit_code") for r in of(records, "exit") if r["target_gone"]]
    results.equal(ends, [code], f"{name}: exit code")
    counted = records[-1].get("kernel_events", {}).get("oom_kill")
    results.equal((sum(r["killed"] for r in of(records, "oom")), counted), (kills, kills), f"{name}: kills")
    text = " ".join(s["text"] for s in verdict_of(run, name))
    results.check(words in text, f"{name}: {words}", text)


def check_refused(run):
    """What limits of other kinds refused beside an OOM: as often as the kernel counted."""
    results, text = run.results, " ".join(s["text"] for s in verdict_of(run, "refused"))
    pids, huge = [int(line.split()[1]) for line in (run.folder / "refused.events").read_text().splitlines()
                  if line.startswith("max ")]
    for words, count in (("4 processes and threads (pids.max)", pids),
                         ("4.0 MiB of huge pages (hugetlb.2MB.max)", huge)):
        words = f"its limit of {words} was reached {count} time" + "s" * (count > 1)
        results.check(count and words in text, f"refused: {words}", text)
    end = [r for r in of(read_records(run.folder / "refused.out.jsonl"), "exit") if r["target_gone"]][0]
    results.equal({r["file"]: (r["max"], r["count"]) for r in end.get("refusals", [])},
                  {"pids.max": (4, pids), "hugetlb.2MB.max": (4 << 20, huge)}, "refused: the record")


def check_resource_limits(run):
    """Close to the limit, from the kernel's own figures; of one that exits only where it has its memory until then."""
    results = run.results
    for name, key, most in (("address", "address_space", 64 << 20), ("data", "data", 32 << 20)):
        end = [r for r in of(read_records(run.folder / f"{name}.out.jsonl"), "exit") if r["target_gone"]][0]
        text = " ".join(s["text"] for s in verdict_of(run, name))
        if name == "data" and not HAS_MEMORY_AT_EXIT.get(run.label, True):
            results.check(key not in end and "RLIMIT_DATA" not in text, f"{name}: not known", (end, text))
            continue
        limit = end.get(key, {"bytes": 0, "max_bytes": 0})
        results.equal(limit["max_bytes"], most, f"{name}: the limit")
        results.check(most - (512 << 10) < limit["bytes"] <= most, f"{name}: what it had", limit)
        results.check("a request for more may have failed" in text, f"{name}: the verdict", text)


def check_step(run, name):
    results, (rule, *words) = run.results, STEPS[name]
    steps = [s for s in verdict_of(run, name) if s["kind"] == "step"]
    found = [s["text"] for s in steps if s.get("rule") == rule]
    if results.equal(len(found), 1, f"{name}: the step {rule}"):
        for word in words:
            results.check(word in found[0], f"{name}: {word}", found[0])
    text = " ".join((run.folder / f"{name}.out").read_text().split())
    results.check(found and " ".join(found[0].split()) in text, f"{name}: the live run prints it", (found, text))


def check_children(run):
    """Of two cgroups below a limit one grew; a process of the other was killed for it."""
    results, name = run.results, "shared-limit"
    oom = of(read_records(run.folder / f"{name}.out.jsonl"), "oom")[0]
    children = oom.get("children", {"largest": []})
    results.equal((children.get("count"), children.get("read")), (2, 2), f"{name}: what shares the limit")
    if not results.equal([c["cgroup"] for c in children["largest"]], [f"/{name}/api", f"/{name}/web"],
                         f"{name}: the largest first"):
        return
    api, web = children["largest"]
    level = oom["chain"][0]
    results.equal((web.get("exact"), web["usage_bytes"], web["max_bytes"]), (True, level["usage_bytes"], 40 << 20),
                  f"{name}: the victim's, as at the kill")
    peak = int((run.folder / "shared-limit.peak").read_text())
    results.check("exact" not in api and 20 << 20 <= api["usage_bytes"] <= peak, f"{name}: the other's", (api, peak))
    results.check(api["usage_bytes"] - api.get("before_bytes", api["usage_bytes"]) > 8 << 20, f"{name}: it grew", api)
    results.check(abs(children.get("rest_bytes", 0) - (8 << 20)) < 3 << 19, f"{name}: what one left",
                  children)
    text = " ".join((run.folder / f"{name}.out").read_text().split())
    results.check(re.search(r"; [89]\.\d MiB of none of them", text), f"{name}: the text tells of it", text)
    results.check("shared by api" in text and "web (where it was killed)" in text, f"{name}: the text", text)


def check_tmpfs(run):
    """Files that hold shared memory: in mounts of the machine, and in those that only the cgroup's processes see."""
    results = run.results
    for name, files in (("shared", {"/tmp/shared/left": 24}),
                        ("tmpfs", {"/tmp/shared/in/a file": 20, "/tmp/shared/few": 2})):
        tmpfs = of(read_records(run.folder / f"{name}.out.jsonl"), "oom")[0].get("tmpfs", {"largest": []})
        got = {f["path"]: f["bytes"] for f in tmpfs["largest"]}
        results.equal({path: got.get(path) for path in files}, {path: mib << 20 for path, mib in files.items()},
                      f"{name}: the files in tmpfs")
        text = " ".join((run.folder / f"{name}.out").read_text().split())
        first, size = next(iter(files.items()))
        results.check(f"in tmpfs {first} {size}.0 MiB" in text, f"{name}: the text has the largest first", text)
        results.check(f"first at {first}, a file of {size}.0 MiB" in text, f"{name}: so has the step", text)
        results.check(tmpfs.get("count", 0) >= len(files) and tmpfs.get("bytes", 0) >= sum(files.values()) << 20,
                      f"{name}: their sum", tmpfs)
        results.equal({f["path"]: f.get("machine") for f in tmpfs["largest"] if f["path"] in files},
                      dict.fromkeys(files, name == "shared" or None), f"{name}: whether others see them")


def check(run):
    results = run.results
    results.equal((run.folder / "timeouts").read_text(), "", "the guest waited for nothing in vain")
    for name in ENDS:
        if name != "group" or run.label not in NO_CGROUP_KILL:
            check_end(run, name)
    check_resource_limits(run)
    check_refused(run)
    for name in STEPS:
        if name != "kernel" or counts_all_kernel_memory(run.label):
            check_step(run, name)
    check_children(run)
    check_tmpfs(run)
    text = " ".join((run.folder / "shared.out").read_text().split())
    nobodys = r"shmem about 2\d\.\d MiB of the shared memory are resident in no process"
    results.check(re.search(nobodys, text), "shared: of nobody", text)
    machine = of(read_records(run.folder / "machine.out.jsonl"), "oom")[0].get("machine", {})
    results.check("watermark in every zone that counts" in machine.get("why", ""), "machine: why", machine)
