#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""klog.py OOMTRACE FOLDER...: what oomtrace report tells of each log NAME.log, held against NAME.json.

A field that the truth leaves open (null) is not judged, unless its list of what must not be claimed
names it. Also: the records as lines (--format jsonl), read again, give the same document.
"""
import json
import re
import subprocess
import sys
from pathlib import Path

try:
    import jsonschema
except ImportError:
    jsonschema = None

NO_LIMIT = 9223372036854771712
# The truth's word for what must not be told, by the beginning of an entry of its list.
NEVER = {"container_id": "container_id"}


def report(oomtrace, *args, data=None):
    done = subprocess.run([oomtrace, "report", *args], input=data, capture_output=True, check=False)
    if done.returncode:
        raise SystemExit(f"{args}: exit code {done.returncode}: {done.stderr.decode()}")
    return done.stdout


def limit_of(value):
    return NO_LIMIT if value == "max" else value


def counter(c, suffix="bytes"):
    if c is None:
        return None
    return {"usage_bytes": c.get("usage_" + suffix), "limit_bytes": limit_of(c.get("max_" + suffix)),
            "failcnt": c.get("failcnt")}


def victim(v):
    keys = ("pid", "comm", "total_vm_bytes", "anon_rss_bytes", "file_rss_bytes", "shmem_rss_bytes", "uid",
            "pgtables_bytes", "oom_score_adj")
    return {key: v.get(key) for key in keys}


def outcome(oom):
    if oom.get("outcome") == "no-victim":
        return "no-killable"
    return oom.get("outcome", "unknown")


def as_truth(oom):
    """One of our incidents in the words of the truth."""
    log = oom["log"]
    limit = oom.get("limit_cgroup")
    told = {
        "lines": log["lines"], "host": log.get("host"), "kernel": log.get("kernel"), "time": log.get("stamp"),
        "uptime_s": oom["ts_ns"] / 1e9 if "ts_ns" in oom else None, "dump": log["dump"],
        "outcome": outcome(oom), "sysrq": oom.get("sysrq", False),
        "constraint": {"none": "machine", None: "unknown"}.get(oom.get("constraint"), oom.get("constraint")),
        "killed": oom["killed"], "group_kill": oom.get("group_kill"),
        "victims": [victim(v) for v in oom["victims"]],
        "inside_write": oom.get("inside_write") if oom.get("inside_write") != "perhaps" else None,
        "page_size": log.get("page_size"), "asked_for": oom.get("asked_for"), "cause": oom.get("cause", {}).get("kind"),
        "reaped": [dict(pid=v["pid"], **v["reaped"]) for v in oom["victims"] if "reaped" in v],
        "unable_to_reap": [v["pid"] for v in oom["victims"] if v.get("unable_to_reap")],
    }
    first = oom["victims"][0] if oom["victims"] else {}
    told["victim_cgroup"] = first.get("cgroup")
    told["container_id"] = first.get("container", {}).get("id")
    told["pod_uid"] = first.get("container", {}).get("pod_uid")
    trigger = oom.get("trigger")
    told["trigger"] = trigger and {
        "comm": trigger["comm"], "pid": trigger.get("pid"), "order": trigger.get("order"),
        "gfp_mask": hex(trigger["gfp_mask"]) if "gfp_mask" in trigger else None,
        "gfp_flags": trigger.get("gfp"), "oom_score_adj": trigger.get("oom_score_adj")}
    told["limit"] = limit and dict(
        {"cgroup": limit.get("path")}, **counter(limit), memsw=counter(limit.get("memsw")),
        kmem=counter(limit.get("kmem")), swap=counter(limit.get("swap")))
    candidates = oom.get("candidates")
    told["candidates"] = candidates and {
        "count": candidates["count"],
        "top": [{key: c.get(key) for key in ("pid", "comm", "rss_bytes")} for c in candidates["top"][:3]]}
    return told


def differences(truth, told, where):
    """Where `told` isn't what `truth` says; null in the truth is no claim."""
    if truth is None:
        return []
    if isinstance(truth, dict):
        if not isinstance(told, dict):
            return [f"{where}: {told} instead of {truth}"]
        return [d for key in truth for d in differences(truth[key], told.get(key), f"{where}.{key}")]
    if isinstance(truth, list) and truth and isinstance(truth[0], dict):
        if not isinstance(told, list) or len(truth) != len(told):
            return [f"{where}: {told} instead of {truth}"]
        return [d for i, t in enumerate(truth) for d in differences(t, told[i], f"{where}[{i}]")]
    if isinstance(truth, float) and isinstance(told, float):
        return [] if abs(truth - told) < 1e-6 else [f"{where}: {told} instead of {truth}"]
    return [] if truth == told else [f"{where}: {told} instead of {truth}"]


def placeholders(page):
    """Of the page's markup, what stands for something that the log doesn't tell."""
    markup = re.sub(r"<(style|script)\b.*?</\1>", "", page, flags=re.S)
    words = (">1970-", ">00:00:00.000<", "Linux (unknown)", "parent 0", "thread 0", "breaks off", "Memory over time")
    return [f"html: {word}" for word in words if word in markup]


def check(oomtrace, log, truth, schema):
    document = json.loads(report(oomtrace, "--format", "json", str(log)))
    incidents = [as_truth(oom) for oom in document["incidents"]]
    bad = []
    if len(incidents) != len(truth["incidents"]):
        return [f"{len(incidents)} incidents instead of {len(truth['incidents'])}"]
    for i, (expected, told) in enumerate(zip(truth["incidents"], incidents)):
        bad += differences({key: expected[key] for key in expected if key != "ambiguous"}, told, f"incident {i + 1}")
        if expected.get("candidates") is None and told["candidates"]:
            bad.append(f"incident {i + 1}: candidates, which the log hasn't")
        for entry in expected.get("ambiguous", []):
            key = NEVER.get(entry.split(":")[0])
            if key and expected.get(key) is None and told[key] is not None:
                bad.append(f"incident {i + 1}: {key} is claimed: {told[key]}")
        if expected.get("page_size") is None and truth.get("page_size") and told["candidates"] and \
                told["page_size"] != truth["page_size"]:
            bad.append(f"incident {i + 1}: page size {told['page_size']}")
    killers = [o for o in document["others"] if o["type"] == "user-kill"]
    if len(killers) != len(truth.get("userspace_kills") or killers):
        bad.append(f"{len(killers)} kills of user space instead of {len(truth['userspace_kills'])}")
    bad += differences(truth.get("userspace_kills"), killers, "userspace_kills")
    # No byte of a terminal's steering, and records that can be read again.
    for form in ("text", "json", "html", "chrome-trace", "jsonl"):
        output = report(oomtrace, "--format", form, str(log))
        if any(c in output for c in (b"\x1b", b"\r")) and form != "html":
            bad.append(f"{form}: an escape or a carriage return")
        if form == "html":
            bad += placeholders(output.decode())
        if form == "chrome-trace":
            times = {e["ts"] for e in json.loads(output)["traceEvents"] if e["ph"] != "M"}
            bad += [f"{form}: a time of 0 among {times}"] if len(times) > 1 and 0 in times else []
        if form == "jsonl":
            bad += against_schema(output, schema)
            again = json.loads(report(oomtrace, "--format", "json", "-", data=output))
            if again != document:
                bad.append("the records, read again, are others")
    return bad


def close(node):
    """No keys but those that the schema names."""
    if isinstance(node, dict):
        if node.get("type") == "object" and "properties" in node:
            node["additionalProperties"] = False
        for value in node.values():
            close(value)
    elif isinstance(node, list):
        for value in node:
            close(value)


def validator():
    if not jsonschema:
        print("SKIP docs/schema.json: python3-jsonschema isn't there")
        return None
    schema = json.loads((Path(__file__).resolve().parents[3] / "docs" / "schema.json").read_text())
    close(schema["$defs"])
    return jsonschema.Draft202012Validator(schema)


def against_schema(records, schema):
    for line in records.splitlines() if schema else ():
        for error in schema.iter_errors(json.loads(line)):
            yield f"docs/schema.json: {list(error.absolute_path)}: {error.message[:200]}"


def main():
    oomtrace, folders = sys.argv[1], sys.argv[2:]
    logs = sorted(log for folder in folders for log in Path(folder).glob("*.log"))
    failed, schema = 0, validator()
    for log in logs:
        bad = check(oomtrace, log, json.loads(log.with_suffix(".json").read_text()), schema)
        failed += bool(bad)
        for line in bad:
            print(f"{log.name}: {line}")
    print(f"{len(logs)} logs, {failed} told wrong")
    return 1 if failed or not logs else 0


if __name__ == "__main__":
    sys.exit(main())
