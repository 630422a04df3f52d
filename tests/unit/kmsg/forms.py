#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""forms.py OOMTRACE FOLDER: one report in all the forms in which a log may come is one incident.

The kernel's lines are taken out of some of the logs in FOLDER and written anew: as dmesg, journalctl,
syslog and consoles print them, broken at a terminal's width, doubled, woven with others.
"""
import json
import re
import subprocess
import sys
from pathlib import Path

BEFORE = re.compile(r"^(?:\[[^\]]*\] )?(?:\[ *\d+\.\d+\](?:\[ *[TC]\d+\])? |\w{3} +\d+ [\d:]+ \S+ kernel: |"
                    r"\[\w{3} \w{3} +\d+ [\d:]+ \d{4}\] )")
SOURCES = {
    "29-al2023-61-oom-group-victim-twice": None,
    "24-ubuntu515-systemd-writes-memory-max": (3, 73),
    "36-debian616-rss-columns-two-dates": (3, 145),
    "01-el7-memcg-dockerd-between": None,
    "31-xen-console-double-stamp-ansi": None,
    "17-next50-oom-group-caller-init-panic": None,
    "09-ubuntu415-runc-init": None,
}


def texts(path, span):
    lines = path.read_text().splitlines()
    if span:
        lines = lines[span[0] - 1:span[1]]
    kept = []
    for line in lines:
        line = re.sub(r"\x1b\[[0-9;]*m", "", line.rstrip("\r"))
        if re.match(r"^\w{3} +\d+ [\d:]+ \S+ (?!kernel:)", line) or "systemd[" in line:
            continue
        found = BEFORE.match(line)
        if found:
            kept.append(line[found.end():])
        elif line.startswith("      "):
            kept.append(line.strip())
    return kept


def at(i):
    return 5000 + i * 0.00001


def wall(i):
    return f"2025-12-08T17:51:{31 + i // 100:02d}"


FORMS = {
    "dmesg": lambda i, t: f"[{at(i):12.6f}] {t}",
    "ctime": lambda i, t: f"[Mon Dec  8 17:51:{31 + i // 100} 2025] {t}",
    "decode": lambda i, t: f"kern  :warn  : [{at(i):12.6f}] {t}",
    "human": lambda i, t: f"[Dec 8 17:51] {t}" if not i else f"[  +0.000010] {t}",
    "human2": lambda i, t: f"[Dec08 17:51] {t}" if not i else f"[  +0.000010] {t}",
    "delta": lambda i, t: f"[{at(i):12.6f} <    0.000010>] {t}",
    "raw": lambda i, t: f"<4>[{at(i):12.6f}] {t}",
    "iso": lambda i, t: f"{wall(i)},123456+01:00 {t}",
    "device": lambda i, t: f"4,{700 + i},{int(at(i) * 1e6)},-;{t}",
    "devicecaller": lambda i, t: f"4,{700 + i},{int(at(i) * 1e6)},-,caller=T77;{t}",
    "caller": lambda i, t: f"[{at(i):12.6f}][   T77] {t}",
    "callerafter": lambda i, t: f"[{at(i):12.6f}] [   T77] {t}",
    "syslog": lambda i, t: f"Dec  8 17:51:31 web1 kernel: {t}",
    "sysloguptime": lambda i, t: f"Dec  8 17:51:31 web1 kernel: [{at(i):12.6f}] {t}",
    "sysloglevel": lambda i, t: f"Dec  8 17:51:31 web1 kern.warn kernel: [{at(i):12.6f}] {t}",
    "syslogpri": lambda i, t: f"<4>Dec  8 17:51:31 web1 kernel: [{at(i):12.6f}] {t}",
    "rfc5424": lambda i, t: f"<4>1 {wall(i)}.000121+00:00 web1 kernel - - - [{at(i):12.6f}] {t}",
    "rfc3339": lambda i, t: f"{wall(i)}.000121+00:00 web1 kernel: [{at(i):12.6f}] {t}",
    "rfc3339noup": lambda i, t: f"{wall(i)}.000121+00:00 web1 kernel: {t}",
    "shortiso": lambda i, t: f"{wall(i)}+0100 web1 kernel: {t}",
    "shortfull": lambda i, t: f"Mon {wall(i).replace('T', ' ')} CET web1 kernel: {t}",
    "shortunix": lambda i, t: f"1765212691.{i:06d} web1 kernel: {t}",
    "shortmono": lambda i, t: f"[{at(i):12.6f}] web1 kernel: {t}",
    "precise": lambda i, t: f"Dec 08 17:51:31.{i:06d} web1 kernel: {t}",
    "openwrt": lambda i, t: f"Mon Dec  8 17:51:31 2025 kern.err kernel: [{at(i):12.6f}] {t}",
    "none": lambda i, t: t,
    "crlf": lambda i, t: f"[{at(i):12.6f}] {t}\r",
    "ansi": lambda i, t: f"\033[32m[{at(i):12.6f}] \033[0m\033[1m{t}\033[0m",
    "dmesgcolour": lambda i, t: f"\033[32m[{at(i):12.6f}]\033[0m {t}",
    "entities": lambda i, t: f"&lt;4&gt;[{at(i):12.6f}] {t.replace('<', '&lt;').replace('>', '&gt;')}",
    "kubectl": lambda i, t: f"{wall(i)}.000121000Z [{at(i):12.6f}] {t}",
    "cri": lambda i, t: f"{wall(i)}.000121000Z stdout F [{at(i):12.6f}] {t}",
    "grep": lambda i, t: f"/var/log/kern.log:Dec  8 17:51:31 web1 kernel: [{at(i):12.6f}] {t}",
    "grepn": lambda i, t: f"{900 + i}:[{at(i):12.6f}] {t}",
    "pssh": lambda i, t: f"web1: [{at(i):12.6f}] {t}",
    "compose": lambda i, t: f"web1  | [{at(i):12.6f}] {t}",
    "console": lambda i, t: f"[2025-12-08 17:51:31] [{at(i):12.6f}] {t}",
    "ts": lambda i, t: f"Dec 08 17:51:31 [{at(i):12.6f}] {t}",
    "quote": lambda i, t: f"> [{at(i):12.6f}] {t}",
    "tab": lambda i, t: f"    [{at(i):12.6f}] {t}",
    "journaljson": lambda i, t: json.dumps({"_TRANSPORT": "kernel", "_HOSTNAME": "web1", "MESSAGE": t,
                                            "__REALTIME_TIMESTAMP": str(1765212691000000 + i),
                                            "_SOURCE_MONOTONIC_TIMESTAMP": str(int(at(i) * 1e6))}),
    "journalpretty": lambda i, t: json.dumps({"_TRANSPORT": "kernel", "_HOSTNAME": "web1", "MESSAGE": t,
                                              "__REALTIME_TIMESTAMP": str(1765212691000000 + i)}, indent=8),
    "journalbytes": lambda i, t: json.dumps({"_TRANSPORT": "kernel", "MESSAGE": list(t.encode())}),
    "shortdelta": lambda i, t: f"[{at(i):12.6f} <    0.000010 >] web1 kernel: {t}",
    "cloudwatch": lambda i, t: f"{wall(i)}.000Z Dec  8 17:51:31 web1 kernel: [{at(i):12.6f}] {t}",
    "doubletag": lambda i, t: f"Dec  8 17:51:31 web1 kernel: kernel: [{at(i):12.6f}] {t}",
    "word": lambda i, t: f"Dec  8 17:51:31 web1 kernel: [warn] [{at(i):12.6f}] {t}",
    "nuls": lambda i, t: f"{chr(0) * 40}Dec  8 17:51:31 web1 kernel: [{at(i):12.6f}] {t}{chr(0)}",
    "talos": lambda i, t: f"10.0.0.5: kern: warning: [{wall(i)}.913975631Z]: {t}",
    "rfc5424nopri": lambda i, t: f"1 {wall(i)}.000121+00:00 web1 kernel - - - {t}",
    "klogd": lambda i, t: f"Dec  8 17:51:31 web1 user.warn kernel: [{at(i):12.6f}] {t}",
    "logcat": lambda i, t: f"12-08 17:51:31.{i % 1000:03d}     0     0 W         : {t}",
    "logcatuid": lambda i, t: f"12-08 17:51:31.{i % 1000:03d}  root     0     0 W kernel  : {t}",
    "numbered": lambda i, t: f"{i + 1:6d}\t[{at(i):12.6f}] {t}",
    "csv": lambda i, t: f'"{wall(i)}Z","web1","[{at(i):12.6f}] {t}"',
    "quoted": lambda i, t: f'        "[{at(i):12.6f}] {t}",',
    "dmesgjson": lambda i, t: f'{{"pri": 4, "time": {at(i):12.6f}, "msg": {json.dumps(t)}}}',
    "textpayload": lambda i, t: json.dumps({"insertId": "x", "textPayload": t, "timestamp": wall(i) + "Z"}),
    "docker": lambda i, t: json.dumps({"log": f"[{at(i):12.6f}] {t}\n", "stream": "stdout", "time": wall(i) + "Z"}),
}


def no_indent(lines):
    return [re.sub(r"((?:\]|kernel:)) +", r"\1 ", line) for line in lines]


def broken(width):
    return lambda lines: [line[i:i + width] for line in lines for i in range(0, max(len(line), 1), width)]


def in_blocks(lines):
    out = []
    for i in range(0, len(lines), 5):
        out += lines[i:i + 5] * 2
    return out


CHANGES = {
    "as it is": lambda lines: lines,
    "no indentation": no_indent,
    "doubled": lambda lines: [line for line in lines for _ in (0, 1)],
    "doubled in blocks": in_blocks,
    "twice": lambda lines: lines + lines,
    "blank lines": lambda lines: [part for line in lines for part in (line, "")],
    "broken at 160": broken(160),
    "broken at 120": broken(120),
    "broken at 100": broken(100),
}


def facts(document):
    out = []
    for oom in document["incidents"]:
        limit = oom.get("limit_cgroup") or {}
        out.append({
            "outcome": oom.get("outcome"), "constraint": oom.get("constraint"), "dump": oom["log"]["dump"],
            "victims": [{k: v.get(k) for k in ("pid", "comm", "total_vm_bytes", "anon_rss_bytes", "uid",
                                               "oom_score_adj", "cgroup", "reaped")} for v in oom["victims"]],
            "trigger": {k: (oom.get("trigger") or {}).get(k) for k in ("comm", "pid", "gfp_mask", "order")},
            "limit": {k: limit.get(k) for k in ("path", "usage_bytes", "max_bytes", "failcnt", "memsw", "kmem")},
            "inside": oom.get("inside_write"), "asked": oom.get("asked_for"), "group": oom.get("group_kill"),
            "candidates": (oom.get("candidates") or {}).get("count"), "page": oom["log"].get("page_size"),
            "zones": len((oom.get("machine") or {}).get("zones", [])), "kernel": oom["log"].get("kernel"),
        })
    return out


def report(oomtrace, lines):
    done = subprocess.run([oomtrace, "report", "-f", "json", "-"], input="\n".join(lines).encode() + b"\n",
                          capture_output=True, check=True)
    return facts(json.loads(done.stdout))


def first_difference(a, b):
    for key in a:
        if a[key] != b.get(key):
            return f"{key}: {b.get(key)} instead of {a[key]}"
    return ""


# With these the rest of a line can't be told from a line of its own, or a copy from a second report.
UNBREAKABLE = {"none", "human", "human2", "quote", "tab", "docker", "journaljson", "journalpretty", "journalbytes",
               "nuls", "csv", "quoted", "dmesgjson", "textpayload"}
UNTIMED = {"none", "human", "human2", "docker", "journalpretty", "journalbytes"}


def is_fair(form, change):
    if "broken" in change:
        return form not in UNBREAKABLE
    if change == "twice":
        return form not in UNTIMED
    return form != "journalpretty" or "doubled" not in change


def main():
    oomtrace, folder = sys.argv[1], Path(sys.argv[2])
    tried = failed = 0
    for number, (name, span) in enumerate(SOURCES.items()):
        lines = texts(folder / f"{name}.log", span)
        expected = report(oomtrace, [FORMS["dmesg"](i, t) for i, t in enumerate(lines)])
        if len(expected) != 1:
            print(f"{name}: {len(expected)} incidents instead of 1")
            failed += 1
            continue
        for form, write in FORMS.items():
            written = [part for i, t in enumerate(lines) for part in write(i, t).split("\n")]
            for change, do in CHANGES.items():
                # All changes of some reports, and all reports in all forms.
                if not is_fair(form, change) or (number > 1 and change != "as it is"):
                    continue
                tried += 1
                told = report(oomtrace, do(written))
                if told != expected:
                    failed += 1
                    why = f"{len(told)} incidents" if len(told) != 1 else first_difference(expected[0], told[0])
                    print(f"{name}, {form}, {change}: {why[:260]}")
    print(f"{tried} logs, {failed} told wrong")
    return 1 if failed or not tried else 0


if __name__ == "__main__":
    sys.exit(main())
