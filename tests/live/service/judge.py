# SPDX-License-Identifier: GPL-2.0-only
"""Every kill that the service could see is in the store once, as the kernel has it, and the service is a good unit."""

import json
import re
import subprocess

from oracles import Log, read_records
from results import guarded

NAMES = ["one", "two", "three", "four"]


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def check_store(run, results, expected, kills):
    listed = lines(run.folder / "cli/list-json.out")
    results.equal([(e["container"], e["kills"], e["cause"]) for e in listed],
                  [(name, 1, "limit-unchanged") for name in NAMES], "store: each incident, once, in order")
    results.equal(len(kills), len(NAMES), "store: as many kills as the kernel has logged")
    results.equal([e["cut"] for e in listed], [False, True, False, False],
                  "store: the incident in which the service was killed breaks off")
    for e in listed:
        results.check("was OOM-killed" in e["verdict"] or "lost 1 process" in e["verdict"],
                      f"store: the verdict of {e['container']}", e["verdict"])
        results.check(re.fullmatch(r"/var/lib/oomtrace/\d{4}-\d\d-\d\dT\d{6}Z_%s_[0-9a-f]{8}\.jsonl\.zst"
                                   % e["container"], e["file"]), "store: the file's name", e["file"])
    text = (run.folder / "cli/list.out").read_text().splitlines()
    results.equal(len(text), len(NAMES), "list: a line each")
    results.equal(len((run.folder / "cli/list-two.out").read_text().splitlines()), 1, "list: of one container")
    results.check("four" in (run.folder / "cli/last.out").read_text(), "show last: the last",
                  (run.folder / "cli/last.out").read_text())
    two = json.loads((run.folder / "cli/two.out").read_text())
    results.equal([v["pid"] for i in two["incidents"] for v in i["victims"]], [kills[1].pid],
                  "show two: the kernel's victim")
    curves = [r.get("history", {}) for r in lines(run.folder / "cli/curve.out") if r["type"] == "oom"]
    results.check(curves and all(len(c.get("points", [])) >= 3 and "docker-" in c["cgroup"] for c in curves),
                  "show one: the seconds before", curves)
    results.check((run.folder / "one.html").stat().st_size > 10000, "show one: a page")


def shape(value, path=""):
    """
    The keys of a record, whatever is in them. What the memory held before is there if it was read before the kill, and
    the service alone reads it without being asked.
    """
    if isinstance(value, dict):
        return {p for key, v in value.items() if key != "before" for p in shape(v, f"{path}.{key}")}
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return {p for v in value for p in shape(v, path + "[]")}
    return {path}


def check_snapshots(run, results):
    """Under the unit, which forbids much, mappings are read: each incident begins with what the memory held."""
    for path in sorted((run.folder / "store").glob("*.zst")):
        records = [json.loads(line) for line in subprocess.run(["zstdcat", path], check=True,
                                                               capture_output=True).stdout.splitlines()]
        snapshots = [r for r in records if r["type"] == "snapshot"]
        results.check(snapshots and all(p.get("parts") for p in snapshots[0]["processes"]),
                      f"{path.name}: what the memory held is kept with it")
        results.check(snapshots and "files" in snapshots[0],
                      f"{path.name}: open files were read: {snapshots and snapshots[0].get('files')}")


def check_sees_all(run, results):
    """What the unit forbids costs nothing of what there is to see."""
    beside = lines(run.folder / "beside.jsonl")
    unit = lines(run.folder / "cli/curve.out")
    results.equal({p["purpose"]: p["attached"] for p in unit[0]["plan"]},
                  {p["purpose"]: p["attached"] for p in beside[0]["plan"]} | {"open-files": "iter task"},
                  "unit: attaches what oomtrace does without it, and what snapshots need")
    for kind in ("oom", "relief", "kernel-log"):
        seen, want = ([shape(r) for r in records if r["type"] == kind] for records in (unit, beside))
        results.check(len(want) == 1 and seen == want, f"unit: the {kind} record has all that it has without the unit",
                      [sorted(a ^ b) for a, b in zip(seen, want)])


def check_journal(run, results):
    messages = lines(run.folder / "cli/journal.out")
    results.equal([(m.get("CONTAINER_NAME"), m.get("OOMTRACE_KILLS"), m.get("PRIORITY")) for m in messages],
                  [("one", "1", "4"), ("three", "1", "4"), ("four", "1", "4")],
                  "journal: a message for each incident that ended while the service ran")
    for m in messages:
        results.check(m["CONTAINER_NAME"] in m["MESSAGE"] and m["OOMTRACE_INCIDENT"].endswith(".jsonl.zst") and
                      m.get("OBJECT_SYSTEMD_UNIT", "").startswith("docker-"),
                      f"journal: the message of {m['CONTAINER_NAME']}", m)


def check_configuration(run, results, expected):
    said = (run.folder / "journal").read_text()
    results.check(expected["wrong"] != 0 and expected["wrong-code"] == 2 and
                  "oomtrace.conf:2: unknown option 'store-agee'; did you mean 'store-age'?" in said,
                  "configuration: the unit doesn't start with a fault, and says where it is", said[:300])
    results.check("# /etc/oomtrace/oomtrace.conf:1\nstore-size = 64M\n" in (run.folder / "cli/check.out").read_text(),
                  "configuration: --check says what holds, and by which line")
    results.equal(expected["reloaded"], 0, "configuration: systemctl reload")
    results.check("the configuration was read again" in said and "value of 'time' holds from the next start on" in said,
                  "configuration: is read again", said[-600:])
    results.check(expected["reloaded-wrong"] != 0 and "20-wrong.conf:1: store-size: '1' is out of range" in said and
                  "the configuration stays as it was" in said,
                  "configuration: with a fault it stays as it was, and systemctl reload says so", said[-600:])


def check_hooks(run, results, kills):
    """One hook has run for each container, in a cgroup of its own, and it is in the incident."""
    for name, kill in zip(NAMES, kills):
        if name == "two":  # the service was killed, and its hooks with it
            continue
        told = (run.folder / f"hooks/hook-{name}.env").read_text().splitlines()
        settings = dict(line.split("=", 1) for line in told)
        keys = ("EVENT", "CONTAINER", "RUNTIME", "KILLS", "PID", "MAX_BYTES")
        results.equal([settings.get("OOMTRACE_" + key) for key in keys],
                      ["oom", name, "docker", "1", str(kill.pid), str(32 << 20)], f"hook: the facts of {name}")
        record = lines(run.folder / f"hooks/hook-{name}.json")
        results.equal([(r["type"], r["victims"][0]["pid"]) for r in record], [("oom", kill.pid)],
                      f"hook: the record of {name}")
        cgroup = (run.folder / f"hooks/hook-{name}.cgroup").read_text()
        results.check(cgroup.startswith("0::/system.slice/oomtrace-hook-"), f"hook: {name}: a cgroup of its own",
                      cgroup)
    left = (run.folder / "cgroups").read_text().split()
    results.equal([c for c in left if "hook" in c], [], "hook: no cgroup is left")
    stored = "".join(subprocess.run(["zstdcat", path], capture_output=True, text=True, check=False).stdout
                     for path in sorted((run.folder / "store").glob("*.jsonl.zst")))
    others = [name for name in NAMES if name != "two"]
    hooks = [json.loads(line) for line in stored.splitlines() if '"type":"hook"' in line]
    ends = [(h["container"]["name"], h["result"], h["status"]) for h in hooks]
    results.equal([end for end in ends if end[0] in others], [(name, "ended", 0) for name in others],
                  "hook: its end is in the incident")


def check_unit(run, results, expected):
    results.equal(expected["started"], 0, "unit: starts, and says when it is ready")
    results.equal(expected["stopped"], 0, "unit: stops")
    results.equal(expected["lock-stays"], True, "unit: leaves the locks of other oomtraces")
    results.check(expected["code"] in (0, 4), "unit: its exit code", expected["code"])
    exposure = re.search(r"Overall exposure level.*?: (\d+\.\d)", (run.folder / "cli/security.out").read_text())
    results.check(exposure and float(exposure[1]) <= 2.3, "unit: systemd-analyze security", exposure and exposure[0])
    status = (run.folder / "service-status").read_text()
    results.check(re.search(r"CapEff:\t0*8000000000\n", status), "unit: CAP_BPF alone is left",
                  re.findall(r"Cap\w+:.*", status))


DAC_READ_SEARCH, SYS_PTRACE, BPF, CHECKPOINT_RESTORE = 1 << 2, 1 << 19, 1 << 39, 1 << 40
# What each may have (SECURITY.md); oomtrace-ask has it where a user with a session has containers.
MAY_HAVE = {"oomtrace": BPF, "oomtrace-ask": DAC_READ_SEARCH, "oomtrace-maps": SYS_PTRACE | CHECKPOINT_RESTORE,
            "oomtrace-syms": 0, "oomtrace-tmpfs": SYS_PTRACE}


def check_processes(run, results):
    """No process that reads what others wrote keeps what it doesn't need."""
    processes = [dict(re.findall(r"(\w+):\t(\S*)", line)) for line in
                 (run.folder / "processes").read_text().splitlines()]
    results.equal(sorted({p["Name"] for p in processes}), sorted(MAY_HAVE), "unit: its processes")
    for p in processes:
        caps = [int(p[key], 16) for key in ("CapEff", "CapPrm", "CapInh", "CapBnd", "CapAmb")]
        results.check(not any(c & ~MAY_HAVE.get(p["Name"], 0) for c in caps), f"unit: the rights of {p['Name']}", p)
        # The unit has a filter of its own.
        results.check((p["NoNewPrivs"], p["Seccomp"]) == ("1", "2") and int(p.get("Seccomp_filters", 2)) > 1,
                      f"unit: the filter of {p['Name']}", p)
        results.check((p["Uid"] == "0") == (p["Name"] != "oomtrace-syms"), f"unit: the user of {p['Name']}", p["Uid"])
    results.check("landlock" in (run.folder / "lsm").read_text(), "unit: the kernel has Landlock",
                  (run.folder / "lsm").read_text())


def check(run):
    results = run.results
    expected = {r["key"]: r["value"] for r in read_records(run.folder / "expect.jsonl") if r["scenario"] == "service"}
    kills = Log(run.folder / "kmsg.log").kills
    guarded(results, check_unit, run, results, expected)
    guarded(results, check_processes, run, results)
    guarded(results, check_configuration, run, results, expected)
    guarded(results, check_hooks, run, results, kills)
    guarded(results, check_journal, run, results)
    guarded(results, check_store, run, results, expected, kills)
    guarded(results, check_sees_all, run, results)
    guarded(results, check_snapshots, run, results)
