# SPDX-License-Identifier: GPL-2.0-only
"""A new user finds what was killed; what the unit allows itself, it needs: with one right less something is lost."""

import json
import re

from oracles import read_records
from results import guarded

# What is lost is one of these, by a word in what `seen` says.
VARIANTS = ["CAP_SYS_ADMIN", "CAP_SYSLOG", "CAP_SYS_PTRACE", "CAP_DAC_READ_SEARCH", "CAP_BPF", "CAP_SETUID",
            "CAP_SETPCAP", "CAP_CHECKPOINT_RESTORE", "ProtectKernelLogs", "PrivateUsers",
            "debug", "privileged", "AF_UNIX", "DeviceAllow", "system.slice", "User"]


def keys(value, path=""):
    """The keys of a record, whatever is in them."""
    if isinstance(value, dict):
        return {p for key, v in value.items() for p in keys(v, f"{path}.{key}")}
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return {p for v in value for p in keys(v, path + "[]")}
    return {path}


def seen(folder):
    """What there is to see in what a variant has left, as a set of words."""
    records = read_records(folder / "records")
    found = {f"plan {p['purpose']}: {p['attached']}" for r in records if r["type"] == "session" for p in r["plan"]}
    for r in records:
        if r["type"] in ("oom", "relief", "kernel-log"):
            found |= {r["type"] + key for key in keys(r)}
        if r["type"] == "oom":
            found |= {f"container {v['container'].get('name')}" for v in r["victims"] if v.get("container")}
            found |= {f"command line {' '.join(v['cmdline'])[:20]}" if isinstance(v.get("cmdline"), list)
                      else f"command line {v.get('cmdline')[:20]}" for v in r["victims"] if v.get("cmdline")}
        if r["type"] == "stack":
            found.add("names of kernel functions" if "out_of_memory" in str(r) else "stack")
            found |= {"names of programs"} if re.search(r"user.*(tail|busybox|workload)", str(r)) else set()
    hook = folder / "hook"
    if hook.exists():
        found |= {"hook", "hook in a cgroup of its own" if "oomtrace-hook" in hook.read_text() else ""}
    for line in (folder / "processes").read_text().splitlines() if (folder / "processes").exists() else []:
        p = dict(re.findall(r"(\w+):\t(\S*)", line))
        found.add(f"{p['Name']}: user {p['Uid']}, bounded by {p['CapBnd']}")
    return {word for word in found if word}


def check_new_user(run, results):
    said = {name: (run.folder / f"cli/new-{name}.out").read_text()
            for name in ("list", "json", "last", "web", "unit", "service")}
    for name in (*said, "page", "page-last"):
        code, err = ((run.folder / f"cli/new-{name}.{kind}").read_text() for kind in ("rc", "err"))
        results.equal((code, err), ("0\n", ""), f"new user: {name}")
    ends = [json.loads(line) for line in (run.folder / "expect.jsonl").read_text().splitlines()]
    results.equal([e["value"] for e in ends if e["scenario"] == "new-user"], [0, 0],
                  "new user: the unit starts, and stops")
    listed = [json.loads(line) for line in said["json"].splitlines()]
    results.equal([(e.get("container"), e.get("unit"), e["cgroup"]) for e in listed][-1:],
                  [(None, "report.service", "/system.slice/report.service")], "new user: the unit's kill is listed")
    results.check(re.fullmatch(r"\S+  report\.service lost [^\n]*\n", said["unit"]) and
                  said["service"].startswith("report.service lost 1 process"),
                  "new user: the unit is found by its name", said["unit"] + said["service"])
    results.equal([e["container"] for e in listed[:-1]], ["web"] * (len(listed) - 1), "new user: the container's, too")
    results.check("docker web" in said["list"] and "  report.service" in said["list"] and
                  max(map(len, said["list"].splitlines())) <= 80, "new user: the list, in 80 columns", said["list"])
    results.check("report.service lost 1 process to the OOM killer" in " ".join(said["last"].split()),
                  "new user: the last one", said["last"])
    results.check("its own limit of 64.0 MiB" in " ".join(said["web"].split()), "new user: the container's",
                  said["web"])
    results.equal((run.folder / "new-modes").read_text(), "640\n", "new user: the folder's group may read incidents")
    page = (run.folder / "new-web.html").read_text()
    results.check("docker web" in page and len(page) > 10000, "new user: the page", len(page))


def check(run):
    results = run.results
    guarded(results, check_new_user, run, results)
    # What isn't there in both is by chance.
    whole = {word.replace("container again", "container none") for word in seen(run.folder / "again")} & \
        seen(run.folder / "none")
    results.equal((run.folder / "none/result").read_text(), "success\n", "the unit as it is: runs")
    results.equal((run.folder / "none/sight").read_text(), "hidden\n",
                  "the unit as it is: nobody sees other processes")
    for word in ("hook in a cgroup of its own", "container mine", "container none", "names of kernel functions"):
        results.check(word in whole, f"the unit as it is: {word}", sorted(whole))
    for name in VARIANTS:
        guarded(results, check_variant, run, results, name, whole)


def check_variant(run, results, name, whole):
    folder = run.folder / name
    ended = (folder / "result").read_text().strip()
    lost = {w.replace(f"container {'none'}", "container") for w in whole} - \
        {w.replace(f"container {name}", "container") for w in seen(folder)}
    shown = "; ".join(sorted(lost)[:8])
    results.check(ended != "success" or lost, f"without it ({name}) the service ends with {ended}, without: {shown}",
                  "nothing is lost")
