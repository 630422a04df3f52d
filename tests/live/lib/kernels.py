# SPDX-License-Identifier: GPL-2.0-only
"""What the judges know of kernels: everything that differs from one to another stands here, once."""

import re

PAGE = 4096
# Pages that a CPU charges in advance (MEMCG_CHARGE_BATCH); 32 on 5.10.
CHARGE_BATCH = 64 * PAGE
# How many pages of rss a task holds back before it adds them to its mm (TASK_RSS_EVENTS_THRESH, mm/memory.c). From 6.2
# on the sums are per CPU (percpu_counter_batch, lib/percpu_counter.c), and the log adds these up from 6.20 on.
TASK_RSS_PAGES = 64
FAULT_AROUND_PAGES = 16  # how many pages of a file one fault maps at most (mm/memory.c)
RSS_PER_TASK_UNTIL = (6, 1)
LOG_WITHOUT_CPUS_UNTIL = (6, 19)

# What memory.stat has since then.
STAT_SINCE_6_1 = ("pagetables", "kernel", "vmalloc")

# What the kernel of a label calls itself.
KERNELS = {
    "5.10old": r"5\.10\.0-30-",
    "5.10": r"5\.10\.",
    "6.1": r"6\.1\.",
    "6.12": r"6\.12\.",
    "6.1x": r"6\.1[678]\.",
    "backports": r"(7|[1-9]\d)\.",
    "sid": r"(7|[1-9]\d)\.",
}
# cgroup.kill came with 5.14.
NO_CGROUP_KILL = ("5.10old", "5.10")
# These preempt tasks, and may leave out a program meanwhile: docs/causes.md.
PREEMPTING = ("backports", "sid")

# Purpose: what is attached for it, by a BTF-typed program and with --force-kprobes. The first is
# what every kernel of the matrix must get: a silent fallback is a failure.
PLAN = {
    "oom-begin": ("fentry out_of_memory", "kprobe out_of_memory"),
    "oom-end": ("fexit out_of_memory", "kretprobe out_of_memory"),
    "oom-kill": ("fentry oom_kill_process", "kprobe oom_kill_process"),
    "victim-kill": ("fentry __oom_kill_process", "kprobe __oom_kill_process"),
    "victim-mark": ("fentry mark_oom_victim", "kprobe mark_oom_victim"),
    "details": (None, None),
    "candidate": (None, "kprobe oom_badness"),
    "candidate-points": ("fexit oom_badness", "kretprobe oom_badness"),
    "relief": ("tp_btf exit_mmap", "raw_tp exit_mmap"),
    "relief-reaper": ("tp_btf finish_task_reaping", "raw_tp finish_task_reaping"),
    "signal": ("tp_btf signal_generate", "raw_tp signal_generate"),
    "exit": ("tp_btf sched_process_exit", "raw_tp sched_process_exit"),
    "cmdline": ("tp_btf sched_process_exec", "raw_tp sched_process_exec"),
    "max-write-begin": ("fentry memory_max_write", "kprobe memory_max_write"),
    "max-write-end": ("fexit memory_max_write", "kretprobe memory_max_write"),
    "cgroup-gone": ("tp_btf cgroup_rmdir", "raw_tp cgroup_rmdir"),
    "cgroup-made": ("tp_btf cgroup_mkdir", "raw_tp cgroup_mkdir"),
    "high-write-begin": ("fentry memory_high_write", "kprobe memory_high_write"),
    "high-write-end": ("fexit memory_high_write", "kretprobe memory_high_write"),
    "swap-write-begin": ("fentry swap_max_write", "kprobe swap_max_write"),
    "swap-write-end": ("fexit swap_max_write", "kretprobe swap_max_write"),
    "stacks": ("fexit page_counter_try_charge", "kprobe page_counter_try_charge"),
    "reclaim": ("tp_btf mm_vmscan_memcg_reclaim_end", "raw_tp mm_vmscan_memcg_reclaim_end"),
    "reclaim-begin": ("fentry try_to_free_mem_cgroup_pages", "kprobe try_to_free_mem_cgroup_pages"),
    "throttle-begin": ("fentry schedule_timeout_killable", "kprobe schedule_timeout_killable"),
    "throttle-end": ("fexit schedule_timeout_killable", "kretprobe schedule_timeout_killable"),
    "usage-read": ("fentry memory_current_read", "kprobe memory_current_read"),
    "cgroup-online": ("fentry mem_cgroup_css_online", "kprobe mem_cgroup_css_online"),
    "charge": ("fentry page_counter_try_charge", "kprobe page_counter_try_charge"),
    "uncharge": ("fentry page_counter_uncharge", "kprobe page_counter_uncharge"),
    "cgroup-offline": ("fentry mem_cgroup_css_offline", "kprobe mem_cgroup_css_offline"),
    "open-files": ("iter task", None),
}
PLAN_BTF = {purpose: label for purpose, (label, _) in PLAN.items()}
PLAN_KPROBES = {purpose: label for purpose, (_, label) in PLAN.items()}
# Where attaching the first fentry program waits (5.15 to 6.6), a trace of the whole machine has kprobes
# for functions, and BTF-typed programs for tracepoints; and for candidates, which it attaches last.
PLAN_SHARED = {purpose: kprobe if kprobe and "probe " in kprobe and not purpose.startswith("candidate") else btf
               for purpose, (btf, kprobe) in PLAN.items()} | {"details": "tail call"}
SHARED_LABELS = ("6.1",)
# Debian's compiler has split oom_badness() on 5.10, and the OOM killer calls the part, which isn't in BTF.
PLAN_SPLIT = {"candidate": "kprobe oom_badness.part.0", "candidate-points": "kretprobe oom_badness.part.0"}
SPLIT_UNTIL = (5, 10)
# There the tracepoint isn't yet.
RELIEF_OLD = {"tp_btf exit_mmap": "fexit exit_mmap", "raw_tp exit_mmap": "kprobe mm_put_huge_zero_page"}
RELIEF_OLD_UNTIL = (5, 10)
# Only with a target: how its processes end, and writes of limits that never kill.
PLAN_TARGET_ONLY = ("exit", "high-write-begin", "high-write-end", "swap-write-begin",
                    "swap-write-end")
# Only with several targets.
PLAN_MANY_ONLY = ("cgroup-made",)
# Only with --stacks; the suite stacks looks for it there.
PLAN_STACKS_ONLY = ("stacks",)
# Only with snapshots; the suite near-limit looks for it there.
PLAN_SNAPSHOT_ONLY = ("open-files",)
# Only with a target on cgroup v2, whose usage is recorded.
PLAN_USAGE_ONLY = ("reclaim-begin", "throttle-begin", "throttle-end", "usage-read", "cgroup-online",
                   "charge", "uncharge", "cgroup-offline")
# And of these not with --all, whose curves needn't be exact.
PLAN_EXACT_ONLY = ("uncharge",)


def version(session):
    """(major, minor) of the kernel that a session record names."""
    match = re.match(r"(\d+)\.(\d+)", session["kernel"])
    return int(match[1]), int(match[2])


def machine_plan(label):
    """What is attached for a trace of the whole machine."""
    return PLAN_SHARED if label in SHARED_LABELS else PLAN_BTF


def all_plan(label):
    """The same with --all: what is called for each batch of charges has fentry's speed."""
    return machine_plan(label) | {key: PLAN_BTF[key] for key in PLAN_USAGE_ONLY}


def expected_plan(session, plan, has_target, on_v1=False, usage=None):
    """What of a plan is attached in this session: purpose to label, or to None. usage: by default with a target."""
    several = session["target"]["kind"] == "many"
    off = () if has_target else PLAN_TARGET_ONLY
    off += () if has_target and not several else PLAN_EXACT_ONLY
    off += () if several else PLAN_MANY_ONLY
    off += () if (has_target if usage is None else usage) and not on_v1 else PLAN_USAGE_ONLY
    off += PLAN_STACKS_ONLY + PLAN_SNAPSHOT_ONLY
    if version(session) <= SPLIT_UNTIL:
        plan = plan | PLAN_SPLIT
    if version(session) <= RELIEF_OLD_UNTIL:
        plan = plan | {"relief": RELIEF_OLD[plan["relief"]]}
    return {key: None if key in off else label for key, label in plan.items()}


def counts_all_kernel_memory(label):
    """5.10 counts slab, stacks and per-CPU memory; page tables and the rest of the kernel's memory it doesn't."""
    return not label.startswith("5.10")


def nonblock_kills_later(release):
    """From 6.16 on a write of memory.max with O_NONBLOCK neither reclaims nor kills: who asks for memory next does."""
    return version({"kernel": release}) >= (6, 16)
