# SPDX-License-Identifier: GPL-2.0-only
"""Each command of the pages ends as it should, and prints what it is for; each hook has done its work."""

import json
import re

from oracles import read_records
from results import guarded

GREW = r"docker web \(\w+\) .*OOM.*: its own limit of 64\.0 MiB, into which the workload grew"
LOWERED = r"docker web \(7f09703fb085\) was OOM-killed: its own limit of 64\.0 MiB, lowered from 128\.0 MiB by systemd"
LISTED = r"docker web \(\w+\) .*64\.0 MiB.* report\.service lost 1 process to the OOM killer: its own limit of 32\.0"
UNIT = r"report\.service lost 1 process to the OOM killer"

# What each command prints, all white space being one blank. None: it isn't for this machine, which has neither
# compilers nor another machine, nor somebody who edits. A command that isn't in here is new: say what it prints.
PRINTS = {
    "scripts/setup.sh build": None,
    "make STATIC=1": None,
    "scp build/static/oomtrace root@host:": None,
    "oomtrace report web.jsonl": LOWERED,
    "./oomtrace --container web --record web.jsonl": GREW,
    "./oomtrace report --format html -o web.html web.jsonl": "^$",
    "make install STATIC=1 && systemctl enable --now oomtrace": r"install -D .*oomtrace\.service",
    "oomtrace list": LISTED,
    "oomtrace show last": UNIT,
    "oomtrace --container web --record web.jsonl": GREW,
    "oomtrace --container 'web-*' --cgroup /system.slice/db.service": r"/system\.slice/db\.service",
    "oomtrace --all": r"target",
    "oomtrace --kernel-log": r"target",
    "oomtrace service": r"store-size",
    "oomtrace --container web --ramp now:160M:-64M@3s --set-max 20M":
        r"320\.0 MiB -> 256\.0 MiB.*256\.0 MiB -> 192\.0 MiB.*-> 20\.0 MiB",
    "oomtrace --container web --output json >web.jsonl": "^$",
    "jq -r 'select(.type == \"oom\") | .victims[] | \"\\(.pid) \\(.comm) \\(.anon_rss_bytes)\"' web.jsonl | tail -2":
        r"^\d+ stress-ng\S* \d+",
    "jq -r 'select(.type == \"oom\") | .cause.kind' web.jsonl | sort | uniq -c": r"\d+ limit-",
    "jq -c 'select(.type == \"limit\" and .kills > 0) | [.writer.comm, .old_max_bytes, .new_max_bytes, .kills]' "
    "web.jsonl": r"",
    "jq -c 'select(.target_gone) | .runtime' web.jsonl":
        r'^{"status":"exited","exit_code":\d+,"oom_killed":(true|false)}',
    "oomtrace report": r"processes killed",
    "systemctl enable --now oomtrace": "^$",
    "make install STATIC=1 DESTDIR=$PWD/build/host": r"install -D .*/build/host/usr/local/sbin/oomtrace",
    "tar -C build/host --owner=0 --group=0 --mode=go+rX -c usr | ssh root@host tar -C / --no-overwrite-dir -x": "^$",
    "ssh root@host systemctl enable --now oomtrace": "^$",
    "oomtrace show report.service": UNIT,
    "journalctl --update-catalog": "^$",
    "journalctl -x": r"oomtrace",
    "oomtrace service --check": r"store-size",
    "systemctl reload oomtrace": "^$",
    "systemctl edit oomtrace": None,
    "oomtrace --on-oom '/usr/local/sbin/oom-webhook https://chat.example/hook'": r"OOM \d+: killed stress-ng",
    "oomtrace --container web --on-near-limit '90:/usr/local/sbin/near-snapshot' --freeze": r"near-snapshot",
    "oomtrace list --since 12h": LISTED,
    "oomtrace list web": r"docker web \(\w+\)",
    "oomtrace list --output json": r'"unit":"report\.service"',
    "oomtrace show": r"lost \d+ process",
    "oomtrace show --format html -o report.html": "^$",
    "journalctl -u report.service": UNIT,
    "journalctl MESSAGE_ID=0d3a4c52f6c84b1fa6c8f0c1b7b7a9e4": UNIT,
    "oomtrace --container web --snapshot": r"docker web \(\w+\) at 90 % of its limit of 128\.0 MiB: \d+ process",
}


def check_command(run, command):
    results, text = run.results, " ".join(command.read_text().split())
    if not results.check(text in PRINTS, f"{command.stem}: {text}", "this test doesn't know what it prints"):
        return
    if PRINTS[text] is None:
        return
    code, said, heard = (command.with_suffix(f".{kind}").read_text("utf-8", "replace") for kind in ("rc", "out", "err"))
    results.equal(code, "0\n", f"{command.stem}: {text}: exit code")
    results.check(re.search(PRINTS[text], " ".join(said.split())), f"{command.stem}: {text}: what it prints",
                  (said[-500:], heard[-500:]))


def check_commands(run):
    commands = sorted(run.folder.glob("*.cmd"))
    for command in commands:
        guarded(run.results, check_command, run, command)
    typed = {" ".join(command.read_text().split()) for command in commands}
    run.results.equal(set(PRINTS) - typed, set(), "every command that is known stands on a page")


def texts(run, name):
    """What a hook has left, by name of the file."""
    folder = run.folder / f"hook-{name}"
    return {path.name: path.read_text("latin-1") for path in folder.iterdir()}


def check_hook_ends(run):
    for name in ("oom-snapshot", "near-python", "near-core", "near-go", "oom-event"):
        hooks = [r for r in read_records(run.folder / f"hook-{name}.jsonl") if r["type"] == "hook"]
        run.results.check(hooks and all(r.get("status") == 0 for r in hooks), f"{name}: the hook's end", hooks)


def check_left(run):
    """Files."""
    results = run.results
    left = texts(run, "oom-snapshot")
    results.equal(json.loads(left["record.jsonl"])["victims"][0]["comm"], "workload", "oom-snapshot: the record")
    what = "oom-snapshot: what the machine looked like"
    results.check("CGROUP" in left["ps"] and "MemTotal:" in left["meminfo"] and
                  "/proc/1/oom_score_adj:0" in left["oom_score_adj"], what, left)
    left = texts(run, "near-snapshot")
    results.check(any(name.endswith(".smaps") and "Rss:" in text for name, text in left.items()) and
                  any("stress-ng" in text for text in left.values()), "near-snapshot: smaps and status", sorted(left))
    left = "".join(texts(run, "near-python").values())
    results.check(re.search(r"program\.py:\d+: size=\d+", left), "near-python: lines of the program", left)
    said = (run.folder / "hook-near-core.gdb").read_text()
    results.check(re.search(r"Core was generated by .python3", said), "near-core: the core",
                  said)
    results.equal(set(texts(run, "near-go").values()), {"taken"}, "near-go: what the program answered")
    asked = [r["path"] for r in read_records(run.folder / "asked")]
    results.equal(set(asked), {"/debug/pprof/heap"}, "near-go: what it was asked")


def check_posted(run):
    posted = read_records(run.folder / "posted")
    events = [r for r in posted if r["path"] == "/api/v1/namespaces/shop/events"]
    results = run.results
    if results.check(events, "oom-event: it is posted", posted):
        event = json.loads(events[0]["body"])
        got = (events[0]["authorization"], event["kind"], event["reason"], event["involvedObject"]["name"])
        results.equal(got, ("Bearer secret-token", "Event", "OOM", "web-0"), "oom-event: what is posted")
        results.check(re.fullmatch(r"OOM: 1 killed, workload \(pid \d+\)", event["message"]), "oom-event: message",
                      event["message"])
    said = [json.loads(r["body"])["text"] for r in posted if r["path"] == "/hook"]
    for what in (r"web", r"/system\.slice/webhook\.service", r"/system\.slice/outside\.service"):
        results.check(any(re.fullmatch(rf"OOM in {what}: 1 killed, \S+ \(pid \d+\)", text) for text in said),
                      f"oom-webhook: {what}", said)


def check_service(run):
    """The unit runs with the drop-in of the page, which gives its hooks a folder; and without."""
    for name in ("webhook", "outside"):
        run.results.equal((run.folder / f"service-{name}.active").read_text(), "active\n", f"{name}: the unit runs")
        code = (run.folder / f"cli/{name}-check.rc").read_text()
        run.results.equal(code, "0\n", f"{name}: the page's configuration is good")
    code, said = ((run.folder / f"cli/adm.{kind}").read_text() for kind in ("rc", "out"))
    run.results.check(code == "0\n" and "report.service" in said, "adm: a member of the group lists incidents",
                      (code, said))
    ends = {(r["scenario"], r["key"]): r["value"] for r in read_records(run.folder / "expect.jsonl")}
    run.results.equal(ends["webhook", "folder"], 0, "webhook: the drop-in makes the folder of the hooks")
    hooks = {key: value for (scenario, key), value in ends.items() if scenario == "hooks"}
    run.results.check(len(hooks) > 8 and not any(hooks.values()), "every script stands on the page", hooks)


def check(run):
    for part in (check_commands, check_hook_ends, check_left, check_posted, check_service):
        guarded(run.results, part, run)
    run.results.equal((run.folder / "timeouts").read_text(), "", "the guest waited for nothing in vain")
