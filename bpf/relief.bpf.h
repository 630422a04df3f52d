/* SPDX-License-Identifier: GPL-2.0-only */
/* Victims whose memory is on its way back. The hooks that wait for it are in relief.bpf.c. */
#ifndef OOMTRACE_RELIEF_BPF_H
#define OOMTRACE_RELIEF_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include "event.h"
#include "task.bpf.h"

struct relief_victim {
	__u64 oom_id;
	__u64 marked_ns;
	__u64 memcg; /* of the limit; 0: the whole machine was out of memory */
	__u64 limit_cgroup_id;
	__u64 usage_pages; /* of the limit's counter when it was marked */
	__u64 start_ns;
	__u32 pid; /* thread group id */
	__u32 tid; /* what the kernel's reaper calls it */
	char comm[EVENT_COMM_LEN];
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64); /* address of the mm_struct */
	__type(value, struct relief_victim);
} relief_victims SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);   /* tid */
	__type(value, __u64); /* key of `relief_victims` */
} relief_tids SEC(".maps");

/* Until when the ends of processes are looked at; 0: nobody's memory is waited for. */
static volatile __u64 relief_until_ns;

/* Whether it is the same victim, which a later run has visited again: it is the first one's. */
static __noinline bool is_noted(__u64 mm, __u32 pid, __u64 start_ns)
{
	struct relief_victim *noted = bpf_map_lookup_elem(&relief_victims, &mm);

	return noted && noted->pid == pid && noted->start_ns == start_ns;
}

/* A task has been marked as a victim of the run `oom_id`, at the limit of `memcg` or, 0, of the whole machine. */
__noinline int relief__await(__u64 address, __u64 memcg, __u64 limit_cgroup_id, __u64 oom_id)
{
	struct task_struct *task = (void *)address;
	__u64 mm = (__u64)BPF_CORE_READ(task, mm);
	struct relief_victim victim = {
		.oom_id = oom_id,
		.marked_ns = bpf_ktime_get_boot_ns(),
		.memcg = memcg,
		.limit_cgroup_id = limit_cgroup_id,
		.start_ns = BPF_CORE_READ(task, group_leader, start_boottime),
		.pid = BPF_CORE_READ(task, tgid),
		.tid = BPF_CORE_READ(task, pid),
	};

	if (!mm || is_noted(mm, victim.pid, victim.start_ns))
		return 0;
	if (memcg)
		victim.usage_pages = BPF_CORE_READ((struct mem_cgroup *)memcg, memory.usage.counter);
	BPF_CORE_READ_STR_INTO(&victim.comm, task, comm);
	bpf_map_update_elem(&relief_victims, &mm, &victim, BPF_ANY);
	bpf_map_update_elem(&relief_tids, &victim.tid, &mm, BPF_ANY);
	relief_until_ns = victim.marked_ns + EVENT_RELIEF_WITHIN_NS;
	return 0;
}

#endif
