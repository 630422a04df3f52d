# SPDX-License-Identifier: GPL-2.0-only
"""With --freeze each hook has begun before the kill, and saw the target frozen; and a target never stays so."""

import json

from oracles import Log, of, read_records
from results import guarded

LIMIT = 512 << 20


def settings(path):
    return dict(line.split("=", 1) for line in path.read_text().splitlines())


def runs_of(run):
    expected = [json.loads(line) for line in (run.folder / "expect.jsonl").read_text().splitlines()]
    return next(e["value"] for e in expected if e["key"] == "runs")


def figures(results, name, records, kills, runs):
    """Milliseconds from the mark to the hook's start, and from there to the kill, of each run."""
    nears, hooks = of(records, "near-limit", "/near"), of(records, "hook", "/near")
    ooms = [r for r in records if r["type"] == "oom"]
    results.equal((len(nears), len(hooks), len(ooms), len(kills)), (runs,) * 4,
                  f"{name}: the mark is passed, a hook is run, and the kernel kills, once each run")
    results.none([n for n in nears if not LIMIT * 0.89 <= n["usage_bytes"] <= LIMIT or
                  n["max_bytes"] != LIMIT or n["percent"] != 90 or n.get("comm") != "grow"],
                 f"{name}: at the mark usage is as it must be", len(nears))
    results.none([h for h in hooks if h["result"] != "ended" or h["status"] != 0 or "since_event_ns" not in h],
                 f"{name}: hooks end well", len(hooks))
    delays = [h["since_event_ns"] / 1e6 for h in hooks]
    left = [(oom["ts_ns"] - near["ts_ns"]) / 1e6 - delay for near, oom, delay in zip(nears, ooms, delays)]
    return delays, left, hooks


def check_frozen(run, results, log):
    records, runs = read_records(run.folder / "frozen.jsonl"), runs_of(run)
    kills = [k for k in log.kills if k.scenario == "frozen"]
    delays, left, hooks = figures(results, "frozen", records, kills, runs)
    results.none([f"{ms:.1f} ms" for ms in left if ms <= 0], f"frozen: the hook has begun before the kill (after "
                 f"{', '.join(f'{ms:.1f}' for ms in delays)} ms)", len(left))
    results.none([h for h in hooks if h.get("frozen_ns", 0) < 250_000_000 or "not_frozen" in h],
                 "frozen: the cgroup was frozen while the hook ran", len(hooks))
    saw = [dict(line.split() for line in path.read_text().splitlines())
           for path in sorted((run.folder / "hooks").glob("*.frozen"))]
    results.equal([events.get("frozen") for events in saw], ["1"] * runs, "frozen: the hook saw that")
    told = {path.stem: settings(path) for path in (run.folder / "hooks").glob("*.env")}
    results.equal(sorted(told), sorted(str(k.pid) for k in kills),
                  "frozen: the process that passed the mark was killed")
    results.none([s for s in told.values() if s["OOMTRACE_EVENT"] != "near-limit" or s["OOMTRACE_CGROUP"] != "/near" or
                  s["OOMTRACE_MAX_BYTES"] != str(LIMIT)], "frozen: the variables", len(told))
    cgroups = [path.read_text() for path in (run.folder / "hooks").glob("*.cgroup")]
    results.none([c for c in cgroups if not c.startswith("0::/oomtrace-hook-")], "frozen: a cgroup of its own",
                 len(cgroups))


def check_free(run, results, log):
    records = read_records(run.folder / "free.jsonl")
    kills = [k for k in log.kills if k.scenario == "free"]
    delays, left, hooks = figures(results, "free", records, kills, runs_of(run))
    before = sum(ms > 0 for ms in left)
    results.none([h for h in hooks if "frozen_ns" in h or "not_frozen" in h],
                 f"free: nobody asked to freeze it; {before} of {len(left)} began before the kill, after "
                 f"{', '.join(f'{ms:.1f}' for ms in delays)} ms", len(hooks))


def check_left_alone(run, results, name, why):
    hooks = of(read_records(run.folder / f"{name}.jsonl"), "hook", "/near")
    results.equal([(h["result"], h.get("not_frozen"), "frozen_ns" in h) for h in hooks], [("ended", why, False)],
                  f"{name}: the hook is run, and the cgroup isn't frozen")


def check_meanwhile(run, results):
    hooks = of(read_records(run.folder / "meanwhile.jsonl"), "hook", "/near")
    results.equal([(h["result"], h.get("stays_frozen"), "frozen_ns" in h) for h in hooks], [("ended", True, True)],
                  "meanwhile: the cgroup was frozen, and stays so")
    results.equal((run.folder / "still-frozen").read_text(), "1\n", "meanwhile: it stays frozen after the hook")


def check_climbs(run, results):
    low = of(read_records(run.folder / "low.jsonl"), "near-limit", "/near")
    results.equal([n["percent"] for n in low], [3] * 3, "low: each climb past a mark of 3 % is told")
    flood = of(read_records(run.folder / "flood.jsonl"), "near-limit", "/near")
    gaps = [(b["ts_ns"] - a["ts_ns"]) / 1e6 for a, b in zip(flood, flood[1:])]
    results.check(len(flood) > 1, f"flood: the mark is passed more than once: {len(flood)} times")
    # An event is dated a little after the program has looked at the clock.
    results.none([f"{ms:.1f} ms" for ms in gaps if ms < 950], "flood: no two are told within a second", len(gaps))


FIELDS = {"Size": "size_bytes", "Rss": "rss_bytes", "Pss": "pss_bytes", "Anonymous": "anon_bytes",
          "Swap": "swap_bytes"}


def kind_of(name):
    """Kind and name of a mapping, by what the kernel calls it; written again, from proc(5)."""
    if not name or name.startswith("[anon:"):
        return "anonymous", name[6:-1] or None
    if name.startswith("[anon_shmem:"):
        return "shared", name[12:-1]
    if name == "[heap]":
        return "heap", None
    if name.startswith("[stack"):
        return "stack", None
    if name.startswith("["):
        return "special", name
    if name.startswith("/memfd:"):
        return "memfd", name[7:].removesuffix(" (deleted)")
    if name.startswith(("/dev/zero", "/SYSV", "/dev/shm/")):
        return "shared", name
    return "file", name


def sums(text):
    """The sums of the mappings of smaps, by kind and name."""
    parts, part = {}, None
    for line in text.splitlines():
        words = line.split(None, 5)
        if "-" in words[0]:
            part = parts.setdefault(kind_of(words[5] if len(words) > 5 else ""), dict.fromkeys(FIELDS.values(), 0))
            part["mappings"] = part.get("mappings", 0) + 1
        elif words[0][:-1] in FIELDS:
            part[FIELDS[words[0][:-1]]] += int(words[1]) * 1024
    return parts


def check_snapshot(run, results):
    records = read_records(run.folder / "snapshot.jsonl")
    first, again = of(records, "snapshot", "/near")
    results.equal((first.get("frozen"), first.get("again"), again.get("frozen"), again.get("again")),
                  (True, None, None, True), "snapshot: one at the mark, while the cgroup stood still, and one later")
    results.check("duration_ns" in first and again["since_mark_ns"] > 9.9e9,
                  f"snapshot: it took {first.get('duration_ns', 0) / 1e6:.1f} ms, and the other one came after "
                  f"{again['since_mark_ns'] / 1e9:.1f} s")
    process, = first["processes"]
    want = sums((run.folder / "smaps" / str(process["pid"])).read_text())
    got = {(p.pop("kind"), p.pop("name", None)): p for p in process["parts"]}
    results.equal(got, want, "snapshot: each part is what smaps of the frozen process has, to the byte")
    kinds = {kind for kind, _ in got}
    results.equal(kinds, {"anonymous", "heap", "stack", "file", "memfd", "shared", "special"},
                  "snapshot: memory of each kind")
    total = {key: sum(p[key] for p in want.values()) for key in process["total"]}
    results.equal(process["total"], total, "snapshot: the total, likewise")
    results.check(process["largest"][0]["rss_bytes"] > 150 << 20, "snapshot: the largest mapping")
    oom = next(r for r in records if r["type"] == "oom")
    before = oom["before"]
    results.equal((before["percent"], before["since_ns"], before["growth_ns"]),
                  (80, oom["ts_ns"] - first["ts_ns"], again["ts_ns"] - first["ts_ns"]), "snapshot: the OOM has it")
    for part in before["largest"]:
        if part["kind"] in ("tmpfs", "page-cache"):
            continue
        key = (part["kind"], part.get("name"))
        results.equal(part["bytes"], want[key]["rss_bytes"] + want[key]["swap_bytes"], f"snapshot: {key} in the OOM")
    growth = {(part["kind"], part.get("name")): part.get("growth_bytes") for part in before["largest"]}
    results.check(growth["anonymous", None] > 1 << 20, f"snapshot: what grows is told: {growth}")


def check_mappings(run, results, log):
    """So many mappings that a snapshot may not come to the end of them: then it says so."""
    records = read_records(run.folder / "mappings.jsonl")
    first = of(records, "snapshot", "/near")[0]
    process = next(p for p in first["processes"] if p["comm"] == "hold")
    said = "incomplete" if process.get("incomplete") else process["total"]["mappings"]
    results.check(said == "incomplete" or said >= 80000, f"mappings: all, or as many as there was time for: {said}")
    seen = sum(p.get("mappings", 0) for p in process["parts"]) + process.get("rest", {}).get("mappings", 0)
    results.check(seen > 100, f"mappings: {seen} of them were read")
    results.check(0 < first.get("duration_ns", 0) < 5e9,
                  f"mappings: the snapshot took {first.get('duration_ns', 0) / 1e9:.2f} s")
    kills = [k for k in log.kills if k.scenario == "mappings"]
    ooms = [r for r in records if r["type"] == "oom"]
    results.equal([v["pid"] for o in ooms for v in o["victims"]], [k.pid for k in kills], "mappings: the kill is told")
    results.equal([o["before"]["percent"] for o in ooms], [90] * len(kills), "mappings: and what there was before")
    results.none([r for r in records if r["type"] == "lost"], "mappings: nothing is lost", len(records))


def check_tmpfs(run, results):
    records = read_records(run.folder / "snapshot.jsonl")
    first, again = of(records, "snapshot", "/near")
    pid = first["processes"][0]["pid"]
    files = {f["path"]: f for f in first["tmpfs"]["largest"]}
    results.equal([files.get(path) for path in ("/hold/written", "/hold/mapped")],
                  [{"path": "/hold/written", "bytes": 12 << 20, "machine": True},
                   {"path": "/hold/mapped", "bytes": 9 << 20, "machine": True}],
                  "tmpfs: the snapshot has the file that is mapped and the one that isn't, to the byte")
    later = {f["path"]: f["bytes"] for f in again["tmpfs"]["largest"]}
    results.equal(later.get("/hold/written"), 13 << 20, "tmpfs: the one after it has what was written since")
    memory = first["memory"]
    results.check(21 << 20 <= memory["shmem_bytes"] <= memory["file_bytes"] and memory["anon_bytes"] > 100 << 20,
                  f"tmpfs: memory.stat has as much shared memory: {memory}")
    before = next(r for r in records if r["type"] == "oom")["before"]
    cache = [s["memory"]["file_bytes"] - s["memory"]["shmem_bytes"] for s in (first, again)]
    results.equal((before["memory"], before["cache_growth_bytes"]), (memory, cache[1] - cache[0]),
                  "tmpfs: the OOM has what memory.stat said, and how much the page cache grew")
    before = before["largest"]
    told = [(p["name"], p["bytes"], p.get("growth_bytes"), p.get("pid")) for p in before
            if p["kind"] == "tmpfs" and p["name"].startswith("/hold/")]
    results.equal(told, [("/hold/written", 12 << 20, 1 << 20, None), ("/hold/mapped", 9 << 20, 0, pid)],
                  "tmpfs: the OOM has both, with what grew and who has it mapped")
    results.none([p for p in before if p["kind"] != "tmpfs" and p.get("name") == "/hold/mapped"],
                 "tmpfs: memory that is mapped comes once", len(before))


def check_files(run, results):
    """The page cache of an open file, in the list of what is open and in the OOM."""
    records = read_records(run.folder / "snapshot.jsonl")
    first, again = of(records, "snapshot", "/near")
    cached = int((run.folder / "cached").read_text())
    results.check(cached == 20 << 20, f"files: mincore() says {cached} bytes of /ram/data")
    plans = [next(p for p in of_session["plan"] if p["purpose"] == "open-files") for of_session in
             (records[0], read_records(run.folder / "frozen.jsonl")[0])]
    results.equal([(p["attached"], "lost" in p) for p in plans], [("iter task", False), (None, False)],
                  "files: the iterator is attached with --snapshot, and only then")
    want = {"path": "/ram/data", "cached_bytes": cached, "pid": first["processes"][0]["pid"], "comm": "hold"}
    for name, snapshot in (("first", first), ("again", again)):
        found = [f for f in snapshot["files"] if f["path"] == "/ram/data"]
        results.equal(found, [want], f"files: the {name} snapshot has what mincore() said, once")
        results.none([f for f in snapshot["files"] if f["path"].startswith(("/hold/", "/dev/shm", "/memfd"))],
                     f"files: the {name} snapshot has no tmpfs there", len(snapshot["files"]))
    before = next(r for r in records if r["type"] == "oom")["before"]
    found = [(p["name"], p["bytes"], p.get("growth_bytes"), p["pid"]) for p in before["largest"]
             if p["kind"] == "page-cache"]
    results.equal(found, [("/ram/data", cached, 0, want["pid"])], "files: the OOM has it")


def check_all(run, results):
    records = read_records(run.folder / "all.jsonl")
    for cgroup in ("/near", "/tiny"):
        nears, hooks = of(records, "near-limit", cgroup), of(records, "hook", cgroup)
        results.equal((len(nears), [h["result"] for h in hooks]), (1, ["ended"]), f"all: {cgroup} passes the mark once")
        results.none([h for h in hooks if h.get("not_frozen") != "it is neither the target's cgroup nor a container's"],
                     f"all: {cgroup} isn't frozen, because it is no container", len(hooks))


def check(run):
    results = run.results
    log = Log(run.folder / "kmsg.log")
    guarded(results, check_frozen, run, results, log)
    guarded(results, check_free, run, results, log)
    guarded(results, check_left_alone, run, results, "self", "oomtrace is in it")
    guarded(results, check_left_alone, run, results, "paused", "somebody else has frozen it")
    results.equal((run.folder / "still-paused").read_text(), "1\n", "paused: it stays frozen after the hook")
    guarded(results, check_meanwhile, run, results)
    guarded(results, check_climbs, run, results)
    guarded(results, check_snapshot, run, results)
    guarded(results, check_mappings, run, results, log)
    guarded(results, check_tmpfs, run, results)
    guarded(results, check_files, run, results)
    guarded(results, check_all, run, results)
    thawed = (run.folder / "thawed").read_text().split() if (run.folder / "thawed").exists() else []
    results.equal(thawed, ["one", "all", "thaw"], "the target is let go when oomtrace, or what runs its hooks too, is "
                  "killed, also after another one has taken the place of who lets it go")
