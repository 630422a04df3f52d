/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writes of limits. A write of memory.max below usage reclaims and then kills in the writer's own
 * context, inside memory_max_write() (mm/memcontrol.c): what happens between its entry and its
 * return, in the same thread, was caused by it. That is certain, whoever wrote.
 */
#ifndef OOMTRACE_LIMIT_BPF_H
#define OOMTRACE_LIMIT_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include "compat.bpf.h"
#include "emit.bpf.h"
#include "event.h"
#include "task.bpf.h"

/*
 * A write that is going on, or one that is over and whose return was missed: older kernels' kretprobes take only
 * so many calls at a time, and a kernel that preempts tasks leaves out a program (fexit) that it is
 * running for another task on this CPU. See count_oom_in_write().
 */
struct write {
	__u64 started_ns; /* also names the write */
	__u64 thread_ns;  /* CLOCK_BOOTTIME of the writer's start: tells a reused tid */
	__u64 function;	  /* that writes; 0: not known */
	__u64 cgroup;	  /* struct cgroup *, held by the file that is being written */
	__u64 old_pages;
	__u64 usage_pages;
	__u64 reclaimed_pages;
	__u32 file;
	__u32 kills;
	__u32 ooms;
	__u32 pad;
	struct limit_write replaced; /* what to put back into last_writes when the write is in vain */
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH); /* or what is left over would fill it */
	__uint(max_entries, 1024);
	__type(key, __u32); /* tid of the writer */
	__type(value, struct write);
} writes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64); /* cgroup id */
	__type(value, struct limit_write);
} last_writes SEC(".maps");

/* At least as many as `writes` has: nearly always 0, and then nobody needs to look into it. */
static __u32 writes_active;

static __always_inline __u32 current_tid(void)
{
	return (__u32)bpf_get_current_pid_tgid();
}

static __always_inline __u64 thread_start_ns(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	return BPF_CORE_READ(task, start_boottime);
}

__noinline int forget_write(void)
{
	__u32 tid = current_tid();

	if (!bpf_map_delete_elem(&writes, &tid))
		__sync_fetch_and_add(&writes_active, -1);
	return 0;
}

/*
 * The write that the current thread is inside of, or NULL. Look-ups are functions of their own, here and
 * below, since the kernel writes the code of each into the program, and copies all of that each time.
 */
static __noinline struct write *current_write(void)
{
	__u32 tid = current_tid();
	struct write *write = writes_active ? bpf_map_lookup_elem(&writes, &tid) : NULL;

	if (!write || write->thread_ns == thread_start_ns())
		return write;
	forget_write();
	return NULL;
}

/* Bytes of the functions that write limits, with what the linker and probes put before them: at most. */
#define WRITE_FUNCTION_SIZE 2048
#define WRITE_FRAMES 16	   /* out_of_memory() is two or three calls below them, and as many of probes */
#define WRITE_FRAMES_MIN 4 /* with fewer, probes have kept the stack from being read */

/* Whether the current thread's stack can be read, and isn't inside of this function. */
static __always_inline bool has_left(void *ctx, __u64 function)
{
	__u64 frames[WRITE_FRAMES] = {};

	if (bpf_get_stack(ctx, frames, sizeof(frames), 0) < 0 || !frames[WRITE_FRAMES_MIN - 1])
		return false;
	for (int i = 0; i < WRITE_FRAMES; i++) {
		if (frames[i] - function < WRITE_FUNCTION_SIZE)
			return false;
	}
	return true;
}

/* At the entry of out_of_memory(): counts it in the write that this thread is inside of, and forgets one that it has left. */
static __noinline void count_oom_in_write(void *ctx)
{
	struct write *write = current_write();

	if (!write)
		return;
	if (write->function && has_left(ctx, write->function))
		forget_write();
	else
		write->ooms++;
}

/* The latest write to the memory.max of a cgroup, or NULL. */
static __noinline struct limit_write *last_write(__u64 id)
{
	return bpf_map_lookup_elem(&last_writes, &id);
}

static __always_inline void fill_memory(struct event_cgroup *e, struct mem_cgroup *memcg)
{
	e->usage_pages = BPF_CORE_READ(memcg, memory.usage.counter);
	e->max_pages = BPF_CORE_READ(memcg, memory.max);
	e->high_pages = BPF_CORE_READ(memcg, memory.high);
	e->peak_pages = BPF_CORE_READ(memcg, memory.watermark);
	e->h.flags |= CGROUP_HAS_MEMORY;
	if (!memory_on_v1) {
		e->swap_usage_pages = BPF_CORE_READ(memcg, swap.usage.counter);
		e->swap_max_pages = BPF_CORE_READ(memcg, swap.max);
		e->h.flags |= CGROUP_HAS_SWAP;
	}
	if (BPF_CORE_READ(memcg, oom_group))
		e->h.flags |= CGROUP_OOM_GROUP;
}

/*
 * Sends one level. Returns the address of its parent, or 0. A function of its own for the verifier's sake: it
 * need not look at 32 levels' worth of this.
 */
__noinline __u64 emit_level(__u64 cgroup, __u64 leaf_id, __u64 group, __u64 level)
{
	struct cgroup *cgrp = (void *)cgroup;
	struct cgroup *parent = cgroup_parent(cgrp);
	struct mem_cgroup *memcg = cgroup_memcg(cgrp);
	const char *name = BPF_CORE_READ(cgrp, kn, name);
	struct event_cgroup *e = emit__reserve(EVENT_CGROUP, sizeof(*e), group);

	if (!e)
		return (__u64)parent;
	e->leaf_id = leaf_id;
	e->id = cgroup_id(cgrp);
	if (parent) {
		e->parent_id = cgroup_id(parent);
		if (level == EVENT_CGROUP_LEVELS - 1)
			e->h.flags |= CGROUP_CUT;
	}
	bpf_probe_read_kernel_str(e->name, sizeof(e->name), name);
	if (memcg)
		fill_memory(e, memcg);
	emit__submit(e);
	return (__u64)parent;
}

/* Sends the levels from a cgroup up to the root. */
__noinline int emit_levels(__u64 cgroup, __u64 group)
{
	__u64 leaf_id = cgroup_id((void *)cgroup);

	for (__u64 i = 0; i < EVENT_CGROUP_LEVELS && cgroup; i++)
		cgroup = emit_level(cgroup, leaf_id, group, i);
	return 0;
}

static __always_inline __u64 limit_pages(struct mem_cgroup *memcg, __u32 file)
{
	if (file == LIMIT_HIGH)
		return BPF_CORE_READ(memcg, memory.high);
	if (file == LIMIT_SWAP_MAX)
		return BPF_CORE_READ(memcg, swap.max);
	return BPF_CORE_READ(memcg, memory.max);
}

static __always_inline __u64 counted_pages(struct mem_cgroup *memcg, __u32 file)
{
	if (file == LIMIT_SWAP_MAX)
		return BPF_CORE_READ(memcg, swap.usage.counter);
	return BPF_CORE_READ(memcg, memory.usage.counter);
}

__noinline int on_limit_begin(__u64 of, __u32 file, __u64 function)
{
	struct kernfs_node *dir = compat__kernfs_parent(BPF_CORE_READ((struct kernfs_open_file *)of, kn));
	struct cgroup *cgrp = BPF_CORE_READ(dir, priv);
	struct mem_cgroup *memcg = cgroup_memcg(cgrp);
	struct write write = {};
	struct limit_write *last, latest;
	__u64 id = cgroup_id(cgrp);
	__u32 tid = current_tid();

	if (!memcg)
		return 0;
	if (writes_active)
		forget_write(); /* one whose return was missed */
	write.started_ns = bpf_ktime_get_boot_ns();
	write.thread_ns = thread_start_ns();
	write.function = function;
	write.cgroup = (__u64)cgrp;
	write.old_pages = limit_pages(memcg, file);
	write.usage_pages = counted_pages(memcg, file);
	write.file = file;
	if (file == LIMIT_MAX) {
		last = last_write(id);
		if (last)
			write.replaced = *last;
		latest.started_ns = write.started_ns;
		latest.old_pages = write.old_pages;
		latest.usage_pages = write.usage_pages;
		bpf_map_update_elem(&last_writes, &id, &latest, BPF_ANY);
	}
	if (!bpf_map_update_elem(&writes, &tid, &write, BPF_ANY))
		__sync_fetch_and_add(&writes_active, 1);
	return 0;
}

/* Sends the write that the current thread is inside of, which is about to return `ret`. */
__noinline int emit_limit(__u64 ret)
{
	struct cgroup *writer = task_cgroup((void *)bpf_get_current_task());
	struct write *write = current_write();
	struct mem_cgroup *memcg;
	struct event_limit *e;
	struct cgroup *cgrp;
	__u64 group;

	if (!write)
		return 0;
	cgrp = (void *)write->cgroup;
	memcg = cgroup_memcg(cgrp);
	group = GROUP_LIMIT | write->started_ns;
	emit_levels((__u64)cgrp, group);
	if (cgroup_id(writer) != cgroup_id(cgrp))
		emit_levels((__u64)writer, group);
	e = emit__reserve(EVENT_LIMIT, sizeof(*e), group);
	if (!e)
		return 0;
	e->started_ns = write->started_ns;
	e->cgroup_id = cgroup_id(cgrp);
	e->writer_cgroup_id = cgroup_id(writer);
	e->old_pages = write->old_pages;
	e->new_pages = limit_pages(memcg, write->file);
	e->usage_before_pages = write->usage_pages;
	e->usage_after_pages = counted_pages(memcg, write->file);
	e->reclaimed_pages = write->reclaimed_pages;
	e->result = ret;
	e->file = write->file;
	e->kills = write->kills;
	e->ooms = write->ooms;
	e->writer_pid = bpf_get_current_pid_tgid() >> 32;
	e->writer_tid = current_tid();
	bpf_get_current_comm(e->writer_comm, sizeof(e->writer_comm));
	emit__submit(e);
	return 0;
}

/*
 * A write that failed, or left the limit as it was, isn't the one that set it: an earlier one was.
 * (A runtime with systemd's cgroup driver sets each limit twice, through systemd and by itself.)
 */
static __always_inline void forget_vain_write(struct write *write, struct cgroup *cgrp, __s64 ret)
{
	__u64 id = cgroup_id(cgrp);
	struct limit_write *last = last_write(id);

	if (!last || last->started_ns != write->started_ns)
		return;
	if (ret < 0 ||
	    (write->replaced.started_ns && limit_pages(cgroup_memcg(cgrp), LIMIT_MAX) == write->old_pages))
		bpf_map_update_elem(&last_writes, &id, &write->replaced, BPF_ANY);
}

__noinline int on_limit_end(__u64 ret)
{
	struct write *write = current_write();
	struct cgroup *cgrp;

	if (!write)
		return 0;
	cgrp = (void *)write->cgroup;
	if (write->file == LIMIT_MAX)
		forget_vain_write(write, cgrp, ret);
	if (binds_target(write->cgroup))
		emit_limit(ret);
	forget_write();
	return 0;
}

static __always_inline void add_reclaimed_in_write(unsigned long reclaimed)
{
	struct write *write = current_write();

	if (write)
		write->reclaimed_pages += reclaimed;
}

__noinline int count_kill_in_write(void)
{
	struct write *write = current_write();

	if (write)
		write->kills++;
	return 0;
}

/* Which write a run of the OOM killer happens in, and which one set the limit that was hit. */
static __always_inline void fill_cause(struct event_oom *e, __u64 limit_id)
{
	struct limit_write *last = last_write(limit_id);
	struct write *write = current_write();

	/* Of this very limit: the writer's own cgroup may run out of memory meanwhile, too. */
	if (write && write->file == LIMIT_MAX && cgroup_id((void *)write->cgroup) == limit_id)
		e->in_write_ns = write->started_ns;
	if (last)
		e->last_write = *last;
}

#endif
