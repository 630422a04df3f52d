# SPDX-License-Identifier: GPL-2.0-only
"""Each kill of the kernel's log is in the store once, as the kernel has it, and the service is at the end as it was."""

import json

from oracles import Log, Slack, compare_kills
from results import guarded
from stores import read_store, victims_of

RSS_MAX_KIB = 32 * 1024
# Between the halves of a whole day: pages that allocators come to need once.
GROWTH_MAX_KIB = 1024
# Flight recorders of cgroups that are gone go when others need the room. A day of fewer kills doesn't fill it.
WHOLE_DAY_KILLS = 2000
# Programs and libraries whose functions a helper names.
SYMBOL_FILES = 4


def check_kills(run, results, expected):
    day = json.loads((run.folder / "day").read_text())
    log = Log(run.folder / "kmsg.log")
    incidents = read_store(run.folder / "store")
    victims = victims_of(incidents)
    slack = Slack(incidents[0][0], expected["cpus"])
    results.equal((expected["day"], expected["service"]), (0, 0), "the day and the service end well")
    results.check(day["restarted"] > 0 and day["gone"] > 0 and day["limits_changed"] == 0,
                  "containers restart and go, and their limits stay", day)
    compare_kills(results, "store", log.kills, victims, slack)
    results.check(0 < day["kills"] <= len(log.kills), "store: as many as the cgroups count, or more", day)
    listed = [json.loads(line) for line in (run.folder / "cli/list.out").read_text().splitlines()]
    # The first victim of a group is logged, and counted by its cgroup, twice.
    once = sum(not v.get("repeated") for v in victims)
    results.equal(sum(e["kills"] for e in listed), once, "list: as many kills, each process once")
    results.equal((len(listed), sum(e["lost"] for e in listed), any(e["cut"] for e in listed)),
                  (len(incidents), 0, False), "list: each incident, whole, with nothing lost")


def halves(values):
    half = len(values) // 2
    return max(values[:half]), max(values[half:])


def check_growth(run, results, _expected):
    looks = [line.split() for line in (run.folder / "looks").read_text().splitlines()]
    names = {look[1] for look in looks}
    early = {look[1] for look in looks if look[0] == "0"}
    results.check(len(early) >= 4, "the service's processes", sorted(early))
    # One begins when there is a function to name.
    late = {look[1] for look in looks if look[0] == looks[-1][0]}
    results.check(names == late and len(late - early) <= 1, "the service's processes are the same at the end",
                  (sorted(early), sorted(names), sorted(late)))
    for name in sorted(names):
        rss, files, maps = ([int(look[i]) for look in looks if look[1] == name] for i in (2, 3, 4))
        first, second = halves(rss[1:])
        bound = first + GROWTH_MAX_KIB if int(looks[-1][0]) >= WHOLE_DAY_KILLS else RSS_MAX_KIB
        results.check(len(rss) >= 10 and second <= bound and max(rss) <= RSS_MAX_KIB,
                      f"{name}: resident memory: {rss[0]} KiB, at most {first} in the first half, {second} in the "
                      f"second", rss)
        more = 0 if name.startswith("oomtrace:") else SYMBOL_FILES
        results.check(files[0] <= files[-1] <= files[0] + more,
                      f"{name}: as many descriptors at the end as after the first kill, {files[0]}; at most "
                      f"{max(files)}", files)
        first, second = halves(maps[1:])
        results.check(second <= first + 2, f"{name}: mappings: {maps[0]}, {first}, {second}", maps)
    bpf = [list(map(int, line.split())) for line in (run.folder / "bpf").read_text().splitlines()]
    # What they share, the program and what they were forked with, counts once.
    last = {(look[0], look[1]): int(look[6]) for look in looks}
    total = [sum(pss for (kills, _), pss in last.items() if kills == now) for now in {kills for kills, _ in last}]
    results.check(max(total) <= RSS_MAX_KIB, f"all processes: at most {max(total)} KiB", total)
    results.equal({maps for _, maps, _ in bpf}, {bpf[0][1]}, "BPF maps: as many as at the start")
    first, second = halves([size for _, _, size in bpf[1:]])
    results.check(0 < second <= first * 1.02, f"BPF maps: {first} bytes in the first half, {second} in the second", bpf)


def check(run):
    expected = {}
    for line in (run.folder / "expect.jsonl").read_text().splitlines():
        entry = json.loads(line)
        expected[entry["key"]] = entry["value"]
    for part in (check_kills, check_growth):
        guarded(run.results, part, run, run.results, expected)
