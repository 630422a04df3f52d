/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The writes of limits that are going on, and the latest write of each memory.max. A run of the OOM killer may
 * happen inside a write that is going on, or after the latest one.
 */
#ifndef OOMTRACE_WRITES_BPF_H
#define OOMTRACE_WRITES_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include "event.h"
#include "frames.bpf.h"
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
	char text[LIMIT_TEXT_LEN];
	struct latest_writes replaced; /* what to put back into last_writes when the write is in vain */
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH); /* or what is left over would fill it */
	__uint(max_entries, 1024);	     /* more where there are many CPUs: see tracer.c */
	__type(key, __u32);		     /* tid of the writer */
	__type(value, struct write);
} writes SEC(".maps");

/*
 * A fact isn't forgotten because others come: what finds no room here is refused, and then the cause of a kill at a limit
 * that isn't here isn't known. A cgroup's entry goes when the cgroup does (on_cgroup_gone()).
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, __u64); /* cgroup id */
	__type(value, struct latest_writes);
} last_writes SEC(".maps");

/* Writes that found no room in `last_writes`. */
static __u64 last_writes_refused;

/* At least as many as `writes` has: nearly always 0, and then nobody needs to look into it. */
static __u32 writes_active;

__noinline int forget_write(void)
{
	__u32 tid = current_tid();

	if (!bpf_map_delete_elem(&writes, &tid))
		__sync_fetch_and_add(&writes_active, -1);
	return 0;
}

/*
 * The write that the current thread is inside of, or NULL. Look-ups are functions of their own, here and
 * below, because the kernel writes the code of each into the program, and copies all of that each time.
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

/* Bytes of a function that writes limits, with what the linker and probes put before it: at most. */
#define WRITE_FUNCTION_SIZE 2048

/* Where memory_max_write() is. User space sets them, once it has looked; 0: not known yet. */
__u64 max_write_function, max_write_size;

/* By which a task accesses another's memory: see tracer.c. User space sets them, as those above. */
#define REMOTE_ACCESS_FUNCTIONS 4

__u64 remote_access[REMOTE_ACCESS_FUNCTIONS], remote_access_size[REMOTE_ACCESS_FUNCTIONS];

/*
 * The stack at the entry of out_of_memory(), innermost first. Whoever is in there holds oom_lock. Farther in, some
 * kinds of probes keep the stack from being read: behind a jump that the kernel made of a breakpoint it ends at once.
 */
static __u64 oom_frames[EVENT_STACK_DEPTH];
static __u32 oom_frame_count;

static __always_inline void take_oom_frames(void *ctx)
{
	long size;

	__builtin_memset(oom_frames, 0, sizeof(oom_frames));
	size = bpf_get_stack(ctx, oom_frames, sizeof(oom_frames), 0);
	oom_frame_count = size > 0 ? size / sizeof(__u64) : 0;
}

/* Where they are seen from: enum frames_where. Global: see task.bpf.h. */
__noinline int oom_where(__u64 function, __u64 size)
{
	return frames__in_function(oom_frames, EVENT_STACK_DEPTH, function, size);
}

/* A size of 0: the function isn't known, or this kernel doesn't have it. */
static __always_inline bool oom_is_inside(__u64 function, __u64 size)
{
	return size && oom_where(function, size) == FRAMES_INSIDE;
}

/*
 * At the entry of out_of_memory(): counts it in the write that this thread is inside of, and forgets one that it has
 * left. Returns what nothing but the stack tells, as flags of struct event_oom: that the thread is inside of a write of
 * memory.max that isn't known, since it had begun before we were attached, or the kernel left out our program; or that it
 * is inside of an access to another task's memory. Global: see task.bpf.h.
 */
__noinline int count_oom_in_write(void)
{
	struct write *write = current_write();

	if (write && write->function && oom_where(write->function, WRITE_FUNCTION_SIZE) == FRAMES_OUTSIDE) {
		forget_write();
		write = NULL;
	}
	if (write) {
		write->ooms++;
		return 0;
	}
	if (oom_is_inside(max_write_function, max_write_size))
		return OOM_IN_UNSEEN_WRITE;
	for (int i = 0; i < REMOTE_ACCESS_FUNCTIONS; i++) {
		if (oom_is_inside(remote_access[i], remote_access_size[i]))
			return OOM_IN_REMOTE_ACCESS;
	}
	return 0;
}

/* The latest writes to the memory.max of a cgroup, or NULL. */
static __noinline struct latest_writes *find_last_writes(__u64 id)
{
	return bpf_map_lookup_elem(&last_writes, &id);
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

/*
 * Which write a run of the OOM killer happens in, and which one set the limit that was hit; `stack_flags` are those of
 * count_oom_in_write().
 */
static __always_inline void fill_cause(struct event_oom *e, __u64 limit_id, __u32 stack_flags)
{
	struct latest_writes *writes_seen = find_last_writes(limit_id);
	struct write *write = current_write();

	/* Of this very limit: the writer's own cgroup may run out of memory meanwhile, too. */
	if (write && write->file == LIMIT_MAX && cgroup_id((void *)write->cgroup) == limit_id)
		e->in_write_ns = write->started_ns;
	else if (stack_flags & OOM_IN_UNSEEN_WRITE && limit_id)
		e->h.flags |= OOM_IN_UNSEEN_WRITE;
	e->h.flags |= stack_flags & OOM_IN_REMOTE_ACCESS;
	if (!writes_seen) {
		if (last_writes_refused)
			e->h.flags |= OOM_WRITES_NOT_KNOWN;
	} else if (writes_seen->last.started_ns == LIMIT_WRITE_MISSED) {
		e->h.flags |= OOM_WRITE_MISSED;
	} else {
		e->last_write = writes_seen->last;
		e->write_before = writes_seen->before;
	}
}

#endif
