# SPDX-License-Identifier: GPL-2.0-only
"""Recordings made up for the reports' tests: what real ones have, and what none should have."""
import json
import random

MIB = 1 << 20
BEGIN_NS = 10**10  # of the boot clock
WALL_NS = 1795464955984725250
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>\x1b[31m\u202e--></title>'\"&"
# As a reader of the page sees it: what steers is made visible (user/escape.h).
HOSTILE_SHOWN = HOSTILE.replace("\x1b", "\\x1b").replace("\u202e", "\\u{202e}")


def rfc3339(ns: int) -> str:
    import datetime

    when = datetime.datetime.fromtimestamp((WALL_NS + ns) // 10**9, datetime.timezone.utc)
    return when.strftime("%Y-%m-%dT%H:%M:%S") + f".{(WALL_NS + ns) % 10**9 // 1000:06d}Z"


class Recording:
    """Lines as oomtrace writes them, of a container whose names are `name`."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.cgroup = f"/system.slice/{name}"
        self.container = {"runtime": "docker", "id": "e" * 64, "name": name}
        self.lines: list[dict] = []
        self.recent: list[list[int]] = []
        self.writes = self.kills = 0
        self.limit = 512 * MIB
        self.add("session", BEGIN_NS, schema=1, version="0.1.0", kernel="6.1.0", arch="x86_64", page_size=4096,
                 wall_offset_ns=WALL_NS, plan=[],
                 target={"kind": "container", "name": name, "id": "e" * 64, "cgroup": self.cgroup,
                         "container": self.container})

    def add(self, kind: str, ns: int, /, **fields: object) -> None:
        self.lines.append({"type": kind, "ts_ns": ns, "time": rfc3339(ns), **fields})

    def usage(self, ns: int, usage: int) -> None:
        self.recent = [*self.recent[-40:], [ns, usage, self.limit]]
        self.add("usage", ns, cgroup_id=7, cgroup=self.cgroup, container=self.container,
                 usage_bytes=usage, max_bytes=self.limit, high_bytes="max", pid=50, comm=self.name)

    def reclaim(self, since: int, ns: int) -> None:
        self.add("reclaim", ns, kind="limit", cgroup_id=7, cgroup=self.cgroup, container=self.container,
                 since_ns=since, runs=12, duration_ns=(ns - since) // 2, longest_ns=(ns - since) // 9,
                 reclaimed_bytes=3 * MIB)

    def write(self, ns: int, new: int) -> None:
        self.writes += 1
        self.add("limit", ns, id=self.writes, file="memory.max", cgroup=self.cgroup,
                 container=self.container, writer={"pid": 464, "tid": 464, "comm": self.name, "self": False},
                 old_max_bytes=self.limit, new_max_bytes=new,
                 usage_before_bytes=self.limit * 9 // 10,
                 usage_after_bytes=new * 9 // 10, reclaimed_bytes=4 * MIB, duration_ns=2_000_000, kills=0,
                 ooms=0, result=9)
        self.limit = new

    def kill(self, ns: int) -> None:
        self.kills += 1
        pid = 1000 + self.kills
        level = {"id": 7, "path": self.cgroup, "usage_bytes": self.limit, "max_bytes": self.limit,
                 "high_bytes": "max", "peak_bytes": self.limit, "oom_group": False,
                 "swap_usage_bytes": 0, "swap_max_bytes": "max"}
        root = {"id": 1, "path": "/", "usage_bytes": 3 * self.limit, "max_bytes": "max", "high_bytes": "max",
                "peak_bytes": 4 * self.limit, "oom_group": False}
        points = [*self.recent, [ns, self.limit, self.limit]]
        no_runs = {"runs": 0, "duration_ns": 0, "longest_ns": 0, "reclaimed_bytes": 0}
        self.add("oom", ns, id=self.kills, outcome="killed", constraint="memcg", whole_machine=False,
                 started_ns=ns - 3_000_000, duration_ns=9_000_000,
                 cause={"kind": "limit-lowered", "limit_id": self.writes, "since_ns": 400_000_000} if self.writes
                 else {"kind": "limit-unchanged"},
                 totalpages_bytes=self.limit, waits=0,
                 trigger={"pid": 50, "tid": 50, "comm": self.name, "cgroup": self.cgroup,
                          "container": self.container, "gfp": "GFP_KERNEL", "gfp_mask": 3264, "order": 0},
                 limit_cgroup={**level, "container": self.container}, killed=1,
                 victims=[{"ts_ns": ns + 1_000_000, "pid": pid, "tid": pid, "ppid": 1, "ns_pid": 5,
                           "comm": self.name, "cmdline": [self.name, "-v"], "cmdline_source": "kill", "uid": 0,
                           "oom_score_adj": 300, "points": 130000, "total_vm_bytes": 700 * MIB,
                           "anon_rss_bytes": self.limit * 8 // 10, "file_rss_bytes": 8 * MIB,
                           "shmem_rss_bytes": 2 * MIB, "pgtables_bytes": 2 * MIB, "swap_bytes": 0,
                           "rss_exact": True, "cgroup": self.cgroup, "container": self.container,
                           "init": False, "role": "chosen"}],
                 chain=[{**level, "limit": True}, root],
                 memory={"anon_bytes": self.limit * 8 // 10, "file_bytes": self.limit // 20,
                         "shmem_bytes": 2 * MIB, "slab_reclaimable_bytes": 6 * MIB,
                         "slab_unreclaimable_bytes": 3 * MIB, "kernel_stack_bytes": MIB,
                         "pagetables_bytes": 2 * MIB, "sock_bytes": 0, "swap_bytes": 0, "kernel_bytes": 14 * MIB},
                 history={"cgroup_id": 7, "cgroup": self.cgroup, "points": points, "growth_bytes_per_s": 90 * MIB,
                          "reclaim": {"runs": 16, "duration_ns": 45_000_000, "longest_ns": 9_000_000,
                                      "reclaimed_bytes": 5 * MIB},
                          "throttle": no_runs, "failed": 3})
        self.add("exit", ns + 150_000_000, pid=pid, comm=self.name, exit_code=137, signal=9, oom_victim=True,
                 target_gone=False)

    def stack(self, ns: int, *user: str) -> None:
        self.add("stack", ns, pid=50, comm=self.name, samples=4, bytes=MIB * random.randint(1, 9),
                 user=[{"function": name, "module": "/usr/bin/" + name} for name in user],
                 kernel=[{"function": "charge_memcg", "module": "kernel"},
                         {"function": "do_anonymous_page", "module": "kernel"}])

    def end(self, ns: int) -> None:
        self.add("exit", ns - 1, pid=49, comm=self.name, cgroup=self.cgroup, exit_code=137, signal=9,
                 oom_victim=True, target_gone=True, container=self.container,
                 runtime={"status": "exited", "exit_code": 137, "oom_killed": True})
        self.add("end", ns, reason="the container is gone", ooms=self.kills, kills=self.kills, lost=0)

    def save(self, path: str) -> None:
        with open(path, "w", encoding="utf-8") as file:
            for line in self.lines:
                file.write(json.dumps(line) + "\n")


def make(name: str, seconds: int, kills: int, usage_per_s: int) -> Recording:
    """A container that grows and is killed `kills` times, its limit lowered eight times on the way."""
    random.seed(7)
    made = Recording(name)
    total = seconds * 10**9
    events = [(int(total * (k + 0.7) / (kills + 1)), "kill") for k in range(kills)]
    events += [(total * (w + 1) // 9, "write") for w in range(8)]
    events += [(total * i // (seconds * usage_per_s) + 5, "usage") for i in range(seconds * usage_per_s)]
    level = 0.3
    for ns, kind in sorted((BEGIN_NS + ns, kind) for ns, kind in events):
        if kind == "kill":
            made.reclaim(ns - 40_000_000, ns - 4_000_000)
            made.kill(ns)
            level = 0.3
        elif kind == "write":
            made.write(ns, made.limit * 3 // 4)
        else:
            level = min(1, level + random.random() * 0.4 * (kills + 1) / (seconds * usage_per_s) * 2)
            made.usage(ns, int(made.limit * level))
    for i in range(40):
        frames = [f"leaf_{i % 5}", f"parse_{i % 3}", name, "main"] if i % 2 else ["malloc", "main"]
        made.stack(BEGIN_NS + total * i // 41, *frames)
    made.lines.sort(key=lambda line: line["ts_ns"])
    made.end(BEGIN_NS + total)
    return made


def records(path: str) -> list[dict]:
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def killed(path: str) -> list[tuple[dict, dict]]:
    return [(oom, victim) for oom in records(path) if oom["type"] == "oom" for victim in oom["victims"]
            if victim["role"] != "exiting" and not victim.get("repeated")]
