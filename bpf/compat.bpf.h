/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every difference between kernels that matters to the programs. Each has a block that says what changed, in
 * which version, and when the old side may go. No other file looks at a flavour ("___old") of a struct.
 */
#ifndef OOMTRACE_COMPAT_BPF_H
#define OOMTRACE_COMPAT_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include "task.bpf.h"

#define COMPAT_CPUS_MAX 4096

/* Number of CPU ids that can exist; set by user space before loading. */
const volatile __u32 possible_cpus = 1;

/*
 * mm_struct.rss_stat. Up to 6.1: struct mm_rss_stat { atomic_long_t count[4] }, which is what the
 * kernel's log prints. From 6.2 (f1a7941243c1 "mm: convert mm's rss stats into percpu_counter"):
 * struct percpu_counter[4], whose `count` alone is short by up to a batch on each CPU. The log uses
 * `count` alone up to 6.19 and the exact sum from 7.0. We take the exact sum where we can.
 * The old side may go with support for 6.1.
 */
enum { RSS_FILE, RSS_ANON, RSS_SWAP, RSS_SHMEM, RSS_COUNT }; /* MM_*, include/linux/mm_types_task.h */

struct mm_rss_stat___old {
	atomic_long_t count[RSS_COUNT];
} __attribute__((preserve_access_index));

struct mm_struct___old {
	struct mm_rss_stat___old rss_stat;
} __attribute__((preserve_access_index));

struct percpu_counter___new {
	__s64 count;
	__s32 *counters;
} __attribute__((preserve_access_index));

struct mm_struct___new {
	struct percpu_counter___new rss_stat[RSS_COUNT];
} __attribute__((preserve_access_index));

/*
 * What to add to a per-CPU address for a CPU: how far its copy of this map's element is from the
 * element's per-CPU address. (The kernel's variable this_cpu_off has it, too, but for that libbpf
 * would read all of the kernel's BTF; /proc/kallsyms takes longer still.)
 */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} cpu_memory SEC(".maps");

struct bpf_array___percpu {
	void *pptrs[1];
} __attribute__((preserve_access_index));

/* A pointer as a number, which the verifier lets be added to others: helpers take their source as one. */
static __always_inline __u64 compat__number(const void *pointer)
{
	__u64 number = 0;

	bpf_probe_read_kernel(&number, sizeof(number), &pointer);
	return number;
}

/* The per-CPU address of the element of `cpu_memory`; 0: not known. */
static __always_inline __u64 compat__percpu_element(void)
{
	__u64 percpu = 0;

	bpf_probe_read_kernel(&percpu, sizeof(percpu),
			      (void *)compat__number(&cpu_memory) +
				      bpf_core_field_offset(struct bpf_array___percpu, pptrs));
	return percpu;
}

/* What to add to a per-CPU address for `cpu`; 0: there is no such CPU. */
static __always_inline __u64 compat__cpu_offset(__u64 percpu_element, __u32 cpu)
{
	__u32 zero = 0;
	void *here = bpf_map_lookup_percpu_elem(&cpu_memory, &zero, cpu);

	return here ? compat__number(here) - percpu_element : 0;
}

/* Adds the parts that the CPUs hold back to rss. Returns false when they can't be found. */
static __always_inline bool compat__add_cpus(__s64 *rss, __s32 *const *counters)
{
	__u64 percpu = compat__percpu_element();

	if (!percpu)
		return false;
	for (__u32 cpu = 0; cpu < COMPAT_CPUS_MAX && cpu < possible_cpus; cpu++) {
		__u64 offset = compat__cpu_offset(percpu, cpu);

		if (!offset)
			break;
		for (int i = 0; i < RSS_COUNT; i++) {
			__s32 delta = 0;

			bpf_probe_read_kernel(&delta, sizeof(delta), (void *)counters[i] + offset);
			rss[i] += delta;
		}
	}
	return true;
}

/* Pages (for RSS_SWAP: entries) of each kind that `mm` holds. Returns whether they are exact. */
static __noinline bool compat__rss(struct mm_struct *mm, __s64 *rss)
{
	struct mm_struct___old *old = (void *)mm;
	struct mm_struct___new *new = (void *)mm;
	__s32 *counters[RSS_COUNT];

	if (bpf_core_field_exists(old->rss_stat.count)) {
		rss[RSS_FILE] = BPF_CORE_READ(old, rss_stat.count[RSS_FILE].counter);
		rss[RSS_ANON] = BPF_CORE_READ(old, rss_stat.count[RSS_ANON].counter);
		rss[RSS_SWAP] = BPF_CORE_READ(old, rss_stat.count[RSS_SWAP].counter);
		rss[RSS_SHMEM] = BPF_CORE_READ(old, rss_stat.count[RSS_SHMEM].counter);
		return true;
	}

	rss[RSS_FILE] = BPF_CORE_READ(new, rss_stat[RSS_FILE].count);
	rss[RSS_ANON] = BPF_CORE_READ(new, rss_stat[RSS_ANON].count);
	rss[RSS_SWAP] = BPF_CORE_READ(new, rss_stat[RSS_SWAP].count);
	rss[RSS_SHMEM] = BPF_CORE_READ(new, rss_stat[RSS_SHMEM].count);
	counters[RSS_FILE] = BPF_CORE_READ(new, rss_stat[RSS_FILE].counters);
	counters[RSS_ANON] = BPF_CORE_READ(new, rss_stat[RSS_ANON].counters);
	counters[RSS_SWAP] = BPF_CORE_READ(new, rss_stat[RSS_SWAP].counters);
	counters[RSS_SHMEM] = BPF_CORE_READ(new, rss_stat[RSS_SHMEM].counters);
	return compat__add_cpus(rss, counters);
}

/*
 * The address of the function that an fentry program is attached to; 0: not known. bpf_get_func_ip() came to
 * these programs in 5.15 (9b99edcae5c8 "bpf: Add bpf_get_func_ip helper for tracing programs").
 */
enum bpf_func_id___new {
	BPF_FUNC_get_func_ip___new = 173,
};

static __always_inline __u64 compat__traced_function(void *ctx)
{
	if (bpf_core_enum_value_exists(enum bpf_func_id___new, BPF_FUNC_get_func_ip___new))
		return bpf_get_func_ip(ctx);
	return 0;
}

/*
 * Whether the current task is in what the kernel counts as a stall for memory (PSI). Without PSI
 * (CONFIG_PSI, or psi=0 on the kernel's command line) it never is.
 */
static __always_inline bool compat__in_memstall(void)
{
	struct task_struct *task = current_task();

	return bpf_core_field_exists(task->in_memstall) && BPF_CORE_READ_BITFIELD_PROBED(task, in_memstall);
}

/*
 * struct mutex. A kernel for real time (CONFIG_PREEMPT_RT) has no `owner` in it, because its mutexes are of another
 * kind. The lowest bits of an owner are flags (MUTEX_FLAGS, kernel/locking/mutex.c).
 */
#define MUTEX_FLAGS 7ULL

struct mutex {
	atomic_long_t owner;
} __attribute__((preserve_access_index));

/* Whether the current task doesn't hold the mutex at this address, for certain. 0 is the address of none that is known. */
static __always_inline bool compat__holds_not(__u64 mutex)
{
	struct mutex *lock = (void *)mutex;

	if (!lock || !bpf_core_field_exists(lock->owner))
		return false;
	return (BPF_CORE_READ(lock, owner.counter) & ~MUTEX_FLAGS) != (__u64)current_task();
}

/* Whether no task holds it, for certain. */
static __always_inline bool compat__held_by_none(__u64 mutex)
{
	struct mutex *lock = (void *)mutex;
	long owner = -1;

	if (!lock || !bpf_core_field_exists(lock->owner) || BPF_CORE_READ_INTO(&owner, lock, owner.counter))
		return false;
	return !(owner & ~MUTEX_FLAGS);
}

/*
 * kernfs_node.parent became __parent in 6.15 (633488947ef6 "kernfs: Use RCU to access
 * kernfs_node::parent"). The old side may go with support for 6.12.
 */
struct kernfs_node___old {
	struct kernfs_node *parent;
} __attribute__((preserve_access_index));

struct kernfs_node___new {
	struct kernfs_node *__parent;
} __attribute__((preserve_access_index));

static __always_inline struct kernfs_node *compat__kernfs_parent(struct kernfs_node *kn)
{
	struct kernfs_node___old *old = (void *)kn;
	struct kernfs_node___new *new = (void *)kn;

	if (bpf_core_field_exists(old->parent))
		return BPF_CORE_READ(old, parent);
	return BPF_CORE_READ(new, __parent);
}

/*
 * mem_cgroup.vmstats, which memory.stat shows. Up to 5.13 atomics in mem_cgroup itself, that each CPU adds to when it
 * has a batch (32 pages); from 5.14 (7e1c0d6f5820 "memcg: switch lruvec stats to rstat") longs that are summed up every
 * two seconds, and when someone looks: in mem_cgroup too, from 6.0 (410f8e82689e "memcg: extract memcg_vmstats from struct
 * mem_cgroup") behind a pointer. From 6.11 (70a64b7919cb "memcg: dynamically allocate lruvec_stats",
 * ff48c71c26aa "memcg: reduce memory for the lruvec and memcg stats") only some items are kept: the place of
 * each is in the static array mem_cgroup_stats_index, whose address only /proc/kallsyms tells. The kernels
 * between 5.10 and 6.1 weren't tried. The oldest side may go with support for 5.10.
 */
struct mem_cgroup___atomics {
	atomic_long_t vmstats[1];
} __attribute__((preserve_access_index));

struct memcg_vmstats {
	long state[1];
	long state_pending[1];
} __attribute__((preserve_access_index));

struct memcg_vmstats_percpu {
	long state[1];
	long state_prev[1];
} __attribute__((preserve_access_index));

struct mem_cgroup___inside {
	struct memcg_vmstats vmstats;
} __attribute__((preserve_access_index));

struct mem_cgroup___pointer {
	struct memcg_vmstats *vmstats;
	struct memcg_vmstats_percpu *vmstats_percpu;
} __attribute__((preserve_access_index));

/* bpf_map_lookup_percpu_elem() came in 5.18 (07343110b293 "bpf: add bpf_map_lookup_percpu_elem for percpu map"). */
enum bpf_func_id___percpu {
	BPF_FUNC_map_lookup_percpu_elem___percpu = 195,
};

/* Address of mem_cgroup_stats_index; 0: not known. User space sets it when stats_index_wanted. */
__u64 stats_index_address;

#define STATS_INDEX_NONE 0xff /* in a byte of it: this item isn't kept */

/* Whether mem_cgroup_stats_index is needed to tell where an item of the statistics is. */
static __always_inline bool compat__stats_index_wanted(void)
{
	struct memcg_vmstats *stats = NULL;

	return bpf_core_type_exists(struct memcg_vmstats) &&
	       bpf_core_field_size(stats->state) / sizeof(long) !=
		       bpf_core_enum_value(enum memcg_stat_item, MEMCG_NR_STAT);
}

#define STATE_UNKNOWN (-1)

static __always_inline __s64 compat__long_at(__u64 address)
{
	__s64 value = 0;

	bpf_probe_read_kernel(&value, sizeof(value), (void *)address);
	return value;
}

/* Whether compat__memcg_state() adds what hasn't been summed up yet of the cgroup itself. */
static __always_inline bool compat__adds_unflushed(void)
{
	return bpf_core_type_exists(struct memcg_vmstats) &&
	       bpf_core_enum_value_exists(enum bpf_func_id___percpu,
					  BPF_FUNC_map_lookup_percpu_elem___percpu);
}

/* What hasn't been summed up yet at `place` of the statistics: the CPUs' parts, and what cgroups below handed up. */
static __always_inline __s64 compat__unflushed(struct mem_cgroup___pointer *memcg, __u64 stats, __u64 place)
{
	__u64 mine = (__u64)BPF_CORE_READ(memcg, vmstats_percpu) + place;
	__u64 percpu = compat__percpu_element();
	__s64 sum =
		compat__long_at(stats + bpf_core_field_offset(struct memcg_vmstats, state_pending) + place);

	for (__u32 cpu = 0; percpu && cpu < COMPAT_CPUS_MAX && cpu < possible_cpus; cpu++) {
		__u64 offset = compat__cpu_offset(percpu, cpu);

		if (!offset)
			break;
		offset += mine;
		sum += compat__long_at(offset + bpf_core_field_offset(struct memcg_vmstats_percpu, state));
		sum -= compat__long_at(offset +
				       bpf_core_field_offset(struct memcg_vmstats_percpu, state_prev));
	}
	return sum;
}

#define COMPAT_STATE_READS 3 /* at most, until the kernel has summed nothing up meanwhile */

/*
 * An item of the statistics of a struct mem_cgroup, or STATE_UNKNOWN: what the kernel has summed up and, where
 * compat__adds_unflushed(), what it will for the cgroup itself. Of cgroups below that part is missing. For a
 * moment the sum may be below zero, which is zero here. `reads`: how often to read at most. What the kernel sums
 * up between reading the one part and the other is in neither. Global: see task.bpf.h.
 */
__noinline __s64 compat__memcg_state(__u64 memcg_address, __u32 item, __u32 reads)
{
	void *memcg = (void *)memcg_address;
	struct mem_cgroup___atomics *old = memcg;
	struct mem_cgroup___pointer *new = memcg;
	__u64 stats, place, summed_at;
	__s64 value = 0;

	if (!bpf_core_type_exists(struct memcg_vmstats)) {
		if (bpf_core_field_size(old->vmstats) / sizeof(long) !=
		    bpf_core_enum_value(enum memcg_stat_item, MEMCG_NR_STAT))
			return STATE_UNKNOWN;
		value = compat__long_at(memcg_address + bpf_core_field_offset(old->vmstats) +
					item * sizeof(long));
		return value > 0 ? value : 0;
	}
	if (bpf_core_field_exists(new->vmstats))
		stats = (__u64)BPF_CORE_READ(new, vmstats);
	else
		stats = memcg_address + bpf_core_field_offset(struct mem_cgroup___inside, vmstats);
	if (compat__stats_index_wanted()) {
		__u8 index = STATS_INDEX_NONE;

		if (!stats_index_address)
			return STATE_UNKNOWN;
		bpf_probe_read_kernel(&index, sizeof(index), (void *)stats_index_address + item);
		if (index == STATS_INDEX_NONE)
			return STATE_UNKNOWN;
		item = index;
	}
	if (!stats)
		return STATE_UNKNOWN;
	place = item * sizeof(long);
	summed_at = stats + bpf_core_field_offset(struct memcg_vmstats, state) + place;
	for (__u32 i = 1; i <= COMPAT_STATE_READS; i++) {
		__s64 summed = compat__long_at(summed_at);

		value = summed;
		if (!compat__adds_unflushed())
			break;
		value += compat__unflushed(new, stats, place);
		if (i >= reads || compat__long_at(summed_at) == summed)
			break;
	}
	return value > 0 ? value : 0;
}

#endif
