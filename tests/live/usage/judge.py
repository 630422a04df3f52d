# SPDX-License-Identifier: GPL-2.0-only
"""oomtrace's curves of usage against what the workload held and what the kernel says; spikes, the limit that bound,
the kinds of memory, and that many cgroups leave nothing behind."""

from guest import RSS_MAX_KIB, check_end, check_plan
from kernels import CHARGE_BATCH, PAGE, PLAN_BTF, PLAN_KPROBES, STAT_SINCE_6_1, counts_all_kernel_memory
from oracles import Log, of, read_records
from results import guarded
MIB = 1 << 20
CPUS = 2
POINTS_MIN = 20
SPIKE_NS = 50_000_000  # as in usage-workload.c

# memory.stat's names of what the record has.
STAT = {"anon": "anon", "file": "file", "shmem": "shmem", "slab_reclaimable": "slab_reclaimable",
        "slab_unreclaimable": "slab_unreclaimable", "kernel_stack": "kernel_stack",
        "pagetables": "pagetables", "sock": "sock", "kernel": "kernel", "percpu": "percpu", "vmalloc": "vmalloc",
        "unevictable": "unevictable"}


def check_steps(results, folder, name, plan):
    """The curve at rest, against the workload and the kernel."""
    records = read_records(folder / f"{name}.jsonl")
    check_end(results, name, records)
    check_plan(results, name, records[0], plan, has_target=True)
    problems, compared, base = [], 0, None
    steps = [[int(word) for word in line.split()]
             for line in (folder / f"{name}.txt").read_text().splitlines()]
    for cgroup in ("/steps/leaf", "/steps"):
        usage = of(records, "usage", cgroup)
        base = usage[0]["usage_bytes"] if usage else 0
        for start, end, held, current in steps:
            at_rest = [u["usage_bytes"] for u in usage if start <= u["ts_ns"] <= end]
            before = [u["usage_bytes"] for u in usage if u["ts_ns"] <= end]
            compared += 1
            # Its own program and page tables are in it: an MiB and 1/512 of what it holds at most.
            room = CPUS * CHARGE_BATCH + MIB + held // 512
            if not before or abs(before[-1] - current) > CPUS * CHARGE_BATCH:
                problems.append(f"{cgroup}: {before[-1:]} at {held // MIB} MiB, the kernel says {current}")
            elif not -CPUS * CHARGE_BATCH <= before[-1] - base - held <= room:
                problems.append(f"{cgroup}: {before[-1]} at {held // MIB} MiB, from {base}")
            elif any(abs(usage_bytes - before[-1]) > CPUS * CHARGE_BATCH for usage_bytes in at_rest):
                problems.append(f"{cgroup}: moves at rest: {at_rest}")
    results.none(problems, f"{name}: the curve is what the workload held, within a batch for each CPU",
                 compared)
    last = [of(records, "usage", cgroup)[-1]["usage_bytes"] for cgroup in ("/steps", "/steps/leaf")]
    current = [int(line) for line in (folder / f"{name}.current").read_text().split()]
    # What is at rest for a second may still be freed in the next, while oomtrace ends.
    before, after = current[:2], current[2:]
    results.check(len(after) == 2 and all(min(b, a) <= usage_bytes <= max(b, a)
                                          for usage_bytes, b, a in zip(last, before, after)),
                  f"{name}: the last usage is memory.current", (last, before, after))
    paths = {u.get("cgroup") for u in of(records, "usage")}
    results.equal(paths, {"/steps", "/steps/leaf"}, f"{name}: cgroups")


def check_nested(results, folder, log):
    records = read_records(folder / "nested.jsonl")
    check_end(results, "nested", records)
    refused = [u for u in of(records, "usage", "/nested/parent/leaf") if u.get("failed")]
    results.check(refused and all(u.get("refused_by") == "/nested/parent" for u in refused),
                  "nested: charges are refused by the parent", [u.get("refused_by") for u in refused])
    told = sum(u["failed"] for u in refused)
    events = folder / "events/nested/nested/parent/memory.events.local"
    counted = dict(line.split() for line in events.read_text().splitlines())
    results.check(0 < told <= int(counted["max"]), "nested: refused charges as memory.events.local has them",
                  (told, counted))
    kills = [k for k in log.kills if k.scenario == "nested"]
    ooms = [o for o in of(records, "oom") if o.get("victims")]
    results.equal((len(ooms), len(kills)), (1, 1), "nested: one kill")
    want = [("/nested/parent/leaf", "max", None), ("/nested/parent", 64 * MIB, True),
            ("/nested", 1024 * MIB, None), ("/", "max", None)]
    for name, chain in [("a refused charge", refused[0].get("chain", []) if refused else []),
                        ("the OOM", ooms[0].get("chain", []) if ooms else [])]:
        got = [(c["path"], c.get("max_bytes"), c.get("limit")) for c in chain]
        results.equal(got, want, f"nested: the chain of {name}, the parent's limit marked")
        usage = [c.get("usage_bytes", 0) for c in chain[:3]]
        results.check(usage and 62 * MIB <= min(usage) and max(usage) <= 64 * MIB + CPUS * CHARGE_BATCH,
                      f"nested: usage in the chain of {name}", usage)
    if ooms:
        limit = ooms[0].get("limit_cgroup", {})
        results.equal((limit.get("path"), limit.get("max_bytes")), ("/nested/parent", 64 * MIB),
                      "nested: the parent's limit is the one that was hit")


def check_spike(results, folder):
    """Each try has its curve, however long it took; the last is the one that was short enough, if any was."""
    records = read_records(folder / "spike.jsonl")
    check_end(results, "spike", records)
    tries = [[int(word) for word in line.split()]
             for line in (folder / "spike.txt").read_text().splitlines()]
    ooms = {o["victims"][0]["pid"]: o for o in of(records, "oom") if o.get("victims")}
    if not results.equal(sorted(ooms), sorted(t[0] for t in tries), "spike: each is killed once"):
        return
    usage, problems, counts = of(records, "usage", "/spike"), [], []
    for pid, start, end in tries:
        kill = ooms[pid]["ts_ns"]
        points = [u["usage_bytes"] for u in usage if start <= u["ts_ns"] <= kill]
        history = [p for p in (ooms[pid].get("history") or {}).get("points", []) if start <= p[0] <= kill]
        counts.append((len(points), len(history)))
        if not start < kill < end:
            problems.append(f"killed at {kill}, not between {start} and {end}")
        elif min(len(points), len(history)) < POINTS_MIN:
            problems.append(f"{len(points)} points, {len(history)} in the OOM's history")
        elif points[-1] - points[0] < 5 * MIB or max(points) < 7 * MIB - CHARGE_BATCH:
            problems.append(f"from {points[0]} to {max(points)}")
    results.none(problems, f"spike: at least {POINTS_MIN} points from start to kill", len(tries))
    shortest = min(end - start for _, start, end in tries)
    what = f"spike: {counts[-1][0]} points of one shorter than {SPIKE_NS / 1e6:.0f} ms"
    if shortest < SPIKE_NS:
        results.check(tries[-1][2] - tries[-1][1] == shortest, f"{what}: it was gone after "
                      f"{shortest / 1e6:.1f} ms, try {len(tries)}", tries)
    else:
        results.skip(what, f"this machine was too slow: {shortest / 1e6:.1f} ms at best, in {len(tries)} tries")
    # Its memory is younger than the kernel's sums of it, which are made every two seconds.
    memory = ooms[tries[0][0]].get("memory") or {}
    told = sum(memory.get(f"{item}_bytes", 0) for item in ("anon", "file", "kernel", "sock"))
    results.check(abs(told - 7 * MIB) <= CPUS * CHARGE_BATCH + MIB // 4,
                  "spike: what the memory was, of a new cgroup", memory)


def check_memory(results, folder, label):
    records = read_records(folder / "memory.jsonl")
    check_end(results, "memory", records)
    stat = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
    told = [o["memory"] for o in of(records, "oom") if o.get("memory")]
    if not results.check(told, "memory: an OOM says what the memory was"):
        return
    problems = []
    for item, key in STAT.items():
        got = told[0].get(f"{item}_bytes")
        if got is None:
            if not (not counts_all_kernel_memory(label) and item in STAT_SINCE_6_1):
                problems.append(f"{item}: not told")
            continue
        # What the reading of memory.stat, and the write that caused the OOM, cost is in it.
        if key in stat and abs(got - int(stat[key])) > CPUS * CHARGE_BATCH:
            problems.append(f"{item}: {got}, not {stat[key]}")
    results.none(problems, "memory: as memory.stat has it", len(told[0]))
    results.equal(told[0].get("exact", False), counts_all_kernel_memory(label), "memory: exact, where it can be")
    # The workload says what it holds; the kernel's sums lag behind by a batch on each CPU.
    held = {"anon_bytes": 20 * MIB, "shmem_bytes": 8 * MIB, "file_bytes": (8 + 6) * MIB}
    missing = {key: told[0].get(key) for key, size in held.items()
               if told[0].get(key, 0) < size - CPUS * CHARGE_BATCH}
    results.equal(missing, {}, "memory: what the workload holds")


def read_kinds(path):
    """What the workload held, and memory.stat then: (from, to, user, kernel, sock, stat) each."""
    phases = []
    for line in path.read_text().splitlines():
        words = line.split()
        if len(words) == 5:
            phases.append([*map(int, words), {}])
        else:
            phases[-1][-1][words[0]] = int(words[1])
    return phases


def kinds_of(usage, label, stat):
    """Pairs of what a usage record and memory.stat say of kernel and socket memory."""
    if not counts_all_kernel_memory(label):
        counted = sum(stat[key] for key in ("slab", "kernel_stack", "percpu"))
        return [(usage.get("kernel_least_bytes"), counted), (usage.get("sock_bytes"), stat["sock"])]
    return [(usage.get("kernel_bytes"), stat["kernel"]), (usage.get("sock_bytes"), stat["sock"])]


def check_kinds(results, folder, label):
    """Kernel and socket memory beside user pages, against what the workload held and memory.stat."""
    records = read_records(folder / "kinds.jsonl")
    check_end(results, "kinds", records)
    phases = read_kinds(folder / "kinds.txt")
    old = not counts_all_kernel_memory(label)
    # What is charged out of a batch that was taken before is told with the next. 5.10: 32 pages a CPU for each
    # of the items in the sum.
    room = CPUS * 4 * 32 * PAGE if old else CPUS * CHARGE_BATCH
    problems, compared = [], 0
    for cgroup, count in (("/kinds/leaf", 4), ("/kinds", 1)):
        for _, end, _, kernel, sock, stat in phases[-count:]:
            usage = [u for u in of(records, "usage", cgroup) if u["ts_ns"] <= end][-1:]
            compared += 1
            if not usage or usage[0].get("kinds_exact", False) != (cgroup == "/kinds/leaf" and not old):
                problems.append(f"{cgroup}: {usage}: exact?")
                continue
            got = kinds_of(usage[0], label, stat)
            if any(told is None or abs(told - true) > room for told, true in got):
                problems.append(f"{cgroup}: {got}")
            elif (not old and got[0][0] < kernel) or got[1][0] < sock:
                problems.append(f"{cgroup}: {got}, less than the {kernel} and {sock} that are held")
    results.none(problems, "kinds: kernel and socket memory are as memory.stat has them", compared)
    held = [phase[2:5] for phase in phases]
    results.check(len(held) == 4 and held[1][1] >= 4 * MIB and held[2][2] >= 4 * MIB,
                  "kinds: the workload held some of each", held)
    files = [phase[-1].get("slab", 0) for phase in phases[:2]]
    results.check(len(files) == 2 and files[1] - files[0] >= 4 * MIB, "kinds: and slab", files)


def check_churn(results, folder):
    records = read_records(folder / "churn.jsonl")
    check_end(results, "churn", records)
    after = of(records, "usage", "/churn/after")
    results.check(after and max(u["usage_bytes"] for u in after) >= 20 * MIB,
                  "churn: a cgroup made after all the others is followed", len(after))
    rss = [int(word) for word in (folder / "churn.rss").read_text().split()]
    results.check(len(rss) == 2 and max(rss) <= RSS_MAX_KIB, f"churn: resident memory {rss} KiB, "
                  f"at most {RSS_MAX_KIB}")


def check(run):
    results, folder = run.results, run.folder
    log = Log(folder / "kmsg.log")
    results.equal((folder / "timeouts").read_text(), "", "the guest waited for nothing in vain")
    results.equal(log.splats, [], "no splat in the kernel's log")
    guarded(results, check_steps, results, folder, "steps", PLAN_BTF)
    guarded(results, check_steps, results, folder, "kprobes", PLAN_KPROBES)
    guarded(results, check_nested, results, folder, log)
    guarded(results, check_spike, results, folder)
    guarded(results, check_memory, results, folder, run.label)
    guarded(results, check_kinds, results, folder, run.label)
    guarded(results, check_churn, results, folder)
