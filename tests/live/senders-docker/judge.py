# SPDX-License-Identifier: GPL-2.0-only
"""Each container's end names who sent SIGKILL, and what had asked it to end before."""

from kernels import NO_CGROUP_KILL
from oracles import of, read_records

GRACE_S = 3
SIGTERM = 15
# By Docker's own: whatever its version sends signals by.
RUNTIME = ("runc", "crun", "containerd-shim", "containerd", "dockerd")
WORDS = {
    "stopped": "docker stop does when its time is over",
    "killed": "docker kill and docker rm -f do",
    "removed": "docker kill and docker rm -f do",
    "from-host": "sent by bash (pid",
    "from-container": "in docker other",
    "cgroup-kill": "a write to cgroup.kill by bash (pid",
}


def check_runtime(results, name, killer):
    sender = killer["sender"]
    results.check(sender.get("comm") in RUNTIME, f"{name}: sent by Docker's runtime", sender)
    results.check("docker" in sender["cgroup"] or "containerd" in sender["cgroup"], f"{name}: which is Docker's",
                  sender)


def check_stop(results, name, killer):
    stop = killer.get("stop", {})
    results.equal((stop.get("signal"), stop.get("ignored")), (SIGTERM, True), f"{name}: SIGTERM before, ignored")
    results.check(GRACE_S <= stop.get("before_ns", 0) / 1e9, f"{name}: the time that docker stop gave it", stop)
    results.equal(stop.get("sender", {}).get("comm"), killer["sender"].get("comm"), f"{name}: by the same program")


def check_killer(results, expected, name, killer):
    results.equal(killer.get("way"), "cgroup.kill" if name == "cgroup-kill" else "kill", f"{name}: way")
    if name in ("stopped", "killed", "removed"):
        check_runtime(results, name, killer)
    else:
        results.equal(killer["sender"]["pid"], expected[(name, "sender")], f"{name}: sender")
    if name == "from-container":
        results.equal(killer["sender"].get("container", {}).get("id"), expected[(name, "other")],
                      f"{name}: the sender's container")
    if name == "stopped":
        check_stop(results, name, killer)
    else:
        results.check("stop" not in killer, f"{name}: nothing asked it to end before", killer)


def check_container(run, expected, name):
    results, records = run.results, read_records(run.folder / f"{name}.jsonl")
    init = expected[(name, "init")]
    ends = [r for r in of(records, "exit") if r["target_gone"]]
    kills = [r for r in of(records, "sigkill") if r["pid"] == init]
    results.equal([e.get("exit_code") for e in ends], [137], f"{name}: exit code")
    results.equal([(k.get("init"), k["container"]["name"]) for k in kills], [(True, name)], f"{name}: one SIGKILL")
    for killer in [e.get("killer", {"sender": {}}) for e in ends] + kills:
        check_killer(results, expected, name, killer)
    text = (run.folder / f"{name}.out").read_text()
    results.check(WORDS[name] in " ".join(text.split()), f"{name}: in words", text)


def check(run):
    results = run.results
    expected = {(r["scenario"], r["key"]): r["value"] for r in read_records(run.folder / "expect.jsonl")}
    results.equal((run.folder / "timeouts").read_text(), "", "the guest waited for nothing in vain")
    names = [name for name in WORDS if name != "cgroup-kill" or run.label not in NO_CGROUP_KILL]
    for name in names:
        check_container(run, expected, name)
    quits = read_records(run.folder / "quits.jsonl")
    results.equal([r for r in quits if "killer" in r or r["type"] == "sigkill"], [], "quits: nobody sent SIGKILL")
    inits = [r["pid"] for r in of(read_records(run.folder / "machine.jsonl"), "sigkill")]
    results.equal(sorted(inits), sorted(expected[(name, "init")] for name in names),
                  "the whole machine: each container's init")
