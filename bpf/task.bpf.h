/* SPDX-License-Identifier: GPL-2.0-only */
/* Reads tasks and cgroups. Pointers are plain addresses here, because everything is probe-read. */
#ifndef OOMTRACE_TASK_BPF_H
#define OOMTRACE_TASK_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include "event.h"

#define ANCESTORS_MAX 8 /* levels of parents that are looked at */
#define SIGKILL 9

/* Set by user space before loading. */
const volatile bool has_target = false; /* else everything on the machine is followed */
const volatile __u32 page_size = 4096;
const volatile bool memory_on_v1 = false; /* the memory controller is on a cgroup v1 hierarchy */

const volatile bool many_targets = false; /* several: `targets` has them, and target_cgroup_id is 0 */

/* More entries with several targets. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u64);   /* cgroup id */
	__type(value, __u32); /* TARGET_* */
} targets SEC(".maps");

/* Set by user space before attaching, and again when the target comes back as another cgroup. */
volatile __u64 target_cgroup_id;
volatile __u64 target_ancestors[EVENT_DEPTH_MAX]; /* ids, up to the root; then 0 */

/*
 * The functions that aren't static are "global" to the verifier (5.6): it looks at each once, for any
 * arguments, and not again at each call, nor for each way that leads there. That makes loading several
 * times faster. Their arguments must be numbers: addresses come as __u64.
 */

/* An argument of a BTF-typed program as such a number: what has been probe-read is no pointer to the verifier. */
static __always_inline __u64 argument_number(void *ctx, __u32 i)
{
	__u64 value = 0;

	bpf_probe_read_kernel(&value, sizeof(value), ctx + i * sizeof(value));
	return value;
}

static __always_inline struct task_struct *current_task(void)
{
	return (void *)bpf_get_current_task();
}

static __always_inline __u32 current_tid(void)
{
	return (__u32)bpf_get_current_pid_tgid();
}

/* Of the thread group: what user space calls the pid. */
static __always_inline __u32 current_pid(void)
{
	return bpf_get_current_pid_tgid() >> 32;
}

static __always_inline __u64 thread_start_ns(void)
{
	return BPF_CORE_READ(current_task(), start_boottime);
}

/* The css of the memory controller in an array `subsys` (of a css_set or a cgroup), or NULL. */
static __always_inline struct cgroup_subsys_state *memory_css(void *subsys)
{
	struct cgroup_subsys_state *css = NULL;
	__u32 i = bpf_core_enum_value(enum cgroup_subsys_id, memory_cgrp_id);

	bpf_probe_read_kernel(&css, sizeof(css), subsys + i * sizeof(css));
	return css;
}

__noinline __u64 task_cgroup_address(__u64 task)
{
	struct css_set *set = BPF_CORE_READ((struct task_struct *)task, cgroups);
	struct cgroup_subsys_state *css;

	if (!memory_on_v1)
		return (__u64)BPF_CORE_READ(set, dfl_cgrp);
	css = memory_css((void *)set + bpf_core_field_offset(struct css_set, subsys));
	return (__u64)BPF_CORE_READ(css, cgroup);
}

/*
 * The cgroup a task is in, in the hierarchy that has the memory controller. On v2 that is the
 * cgroup of /proc/PID/cgroup, even where the controller is off and an ancestor is charged.
 */
static __always_inline struct cgroup *task_cgroup(struct task_struct *task)
{
	return (void *)task_cgroup_address((__u64)task);
}

static __always_inline struct cgroup *current_cgroup(void)
{
	return task_cgroup(current_task());
}

/* The css that the current task's memory is charged to: of an ancestor, where its cgroup has no controller. */
static __always_inline struct cgroup_subsys_state *current_memory_css(void)
{
	struct css_set *set = BPF_CORE_READ(current_task(), cgroups);

	return memory_css((void *)set + bpf_core_field_offset(struct css_set, subsys));
}

__noinline __u64 cgroup_memcg_address(__u64 cgroup)
{
	void *css = memory_css((void *)cgroup + bpf_core_field_offset(struct cgroup, subsys));

	return css ? (__u64)css - bpf_core_field_offset(struct mem_cgroup, css) : 0;
}

static __always_inline struct mem_cgroup *cgroup_memcg(struct cgroup *cgrp)
{
	return (void *)cgroup_memcg_address((__u64)cgrp);
}

/* NULL for NULL. */
static __always_inline struct cgroup *memcg_cgroup(struct mem_cgroup *memcg)
{
	return BPF_CORE_READ(memcg, css.cgroup);
}

static __always_inline struct cgroup *cgroup_parent(struct cgroup *cgrp)
{
	void *css = BPF_CORE_READ(cgrp, self.parent);

	return css ? css - bpf_core_field_offset(struct cgroup, self) : NULL;
}

__noinline __u64 cgroup_id_at(__u64 cgroup)
{
	return BPF_CORE_READ((struct cgroup *)cgroup, kn, id);
}

static __always_inline __u64 cgroup_id(struct cgroup *cgrp)
{
	return cgroup_id_at((__u64)cgrp);
}

/* Levels that climb() looks at, and how often it is called: 1,024 levels in all. */
#define CLIMB_LEVELS 16
#define CLIMBS 64
#define CLIMB_FOUND 1 /* no address */

/*
 * Looks for a cgroup by its id, from a cgroup upwards. Returns CLIMB_FOUND, or the address from which to go on; 0: there
 * are no more. For the verifier each call is one step.
 */
__noinline __u64 climb(__u64 cgroup, __u64 id)
{
	struct cgroup *cgrp = (void *)cgroup;

	for (int i = 0; i < CLIMB_LEVELS && cgrp; i++) {
		if (cgroup_id(cgrp) == id)
			return CLIMB_FOUND;
		cgrp = cgroup_parent(cgrp);
	}
	return (__u64)cgrp;
}

/* Whether a cgroup is the one of this id, or below it. */
__noinline int is_below(__u64 cgroup, __u64 id)
{
	for (int i = 0; i < CLIMBS && cgroup > CLIMB_FOUND; i++)
		cgroup = climb(cgroup, id);
	return cgroup == CLIMB_FOUND;
}

static __always_inline __u32 target_flags(__u64 id)
{
	__u32 *flags = bpf_map_lookup_elem(&targets, &id);

	return flags ? *flags : 0;
}

/* As climb(), for any cgroup that has one of these flags. What one costs doesn't depend on how many there are. */
__noinline __u64 climb_many(__u64 cgroup, __u64 flags)
{
	struct cgroup *cgrp = (void *)cgroup;

	for (int i = 0; i < CLIMB_LEVELS && cgrp; i++) {
		if (target_flags(cgroup_id(cgrp)) & flags)
			return CLIMB_FOUND;
		cgrp = cgroup_parent(cgrp);
	}
	return (__u64)cgrp;
}

/* Whether a cgroup has one of these flags in `targets`, or is below one that has. */
__noinline int is_below_many(__u64 cgroup, __u64 flags)
{
	for (int i = 0; i < CLIMBS && cgroup > CLIMB_FOUND; i++)
		cgroup = climb_many(cgroup, flags);
	return cgroup == CLIMB_FOUND;
}

/*
 * For whom a function is. The verifier looks at the functions that look for a target whether they are called or not. So
 * kp_shared, which is for the whole machine, has functions of its own without them.
 */
enum scope { SCOPE_ANY, SCOPE_MACHINE };

/* Whether a cgroup is the target or below it. Everything is, when that is the whole machine. */
static __always_inline int in_target(__u64 cgroup)
{
	if (!has_target)
		return true;
	if (many_targets)
		return is_below_many(cgroup, TARGET_FOLLOWED | TARGET_PENDING);
	return is_below(cgroup, target_cgroup_id);
}

/* The same, and user space has said so: usage of what may be no target isn't followed. */
static __always_inline int is_followed(__u64 cgroup)
{
	return many_targets ? is_below_many(cgroup, TARGET_FOLLOWED) : in_target(cgroup);
}

/* Whether a limit of a cgroup binds something in the target: it is in the target, or above it. */
__noinline int binds_target(__u64 cgroup)
{
	__u64 id = cgroup_id((void *)cgroup);

	if (in_target(cgroup))
		return true;
	if (many_targets)
		return target_flags(id) & TARGET_ABOVE;
	for (int i = 0; i < EVENT_DEPTH_MAX && target_ancestors[i]; i++) {
		if (target_ancestors[i] == id)
			return true;
	}
	return false;
}

static __always_inline struct program program_of(struct mm_struct *mm)
{
	struct program program = {
		.exe = (__u64)BPF_CORE_READ(mm, exe_file),
		.arg_start = BPF_CORE_READ(mm, arg_start),
	};

	return program;
}

/* Whether a task that may have ended runs, or ran until it ended, this program: `yes` if so, else `no`. */
__noinline __u64 if_runs_program(__u64 address, __u64 exe, __u64 arg_start, __u64 yes, __u64 no)
{
	struct task_struct *task = (void *)address;
	struct mm_struct *mm = BPF_CORE_READ(task, mm);
	struct program its;

	/* A victim of the OOM killer is remembered with its memory, until it has been waited for. */
	if (!mm)
		mm = BPF_CORE_READ(task, signal, oom_mm);
	its = program_of(mm);
	return mm && its.exe == exe && its.arg_start == arg_start ? yes : no;
}

/*
 * The furthest of a task's ancestors (within some levels) that runs its program, or 0: the one that
 * executed it, or nearly. Those between may have ended, or run something else by now.
 */
__noinline __u64 find_ancestor(__u64 address, __u64 exe, __u64 arg_start)
{
	__u64 found = 0;

	for (__u64 i = 0; i < ANCESTORS_MAX && address; i++) {
		address = (__u64)BPF_CORE_READ((struct task_struct *)address, real_parent);
		found = if_runs_program(address, exe, arg_start, address, found);
	}
	return found;
}

/* The pid of a task's thread group in its own pid namespace; *level is that namespace's depth. */
static __always_inline __u32 task_ns_pid(struct task_struct *task, __u32 *level)
{
	struct pid *pid = BPF_CORE_READ(task, signal, pids[1 /* PIDTYPE_TGID */]);
	void *numbers = (void *)pid + bpf_core_field_offset(struct pid, numbers);
	struct upid *upid;

	*level = BPF_CORE_READ(pid, level);
	upid = numbers + *level * bpf_core_type_size(struct upid);
	return BPF_CORE_READ(upid, nr);
}

/* Where the arguments of a program are in its memory. */
struct arguments {
	__u64 start, end;
};

/* Both in one read, as in all kernels so far: a read costs 85 instructions, and every exec on the machine pays. */
static __always_inline struct arguments arguments_of(struct mm_struct *mm)
{
	const __u32 start = bpf_core_field_offset(struct mm_struct, arg_start);
	const __u32 end = bpf_core_field_offset(struct mm_struct, arg_end);
	struct arguments at = {};

	if (end == start + sizeof(at.start)) {
		bpf_probe_read_kernel(&at, sizeof(at), (void *)mm + start);
		return at;
	}
	at.start = BPF_CORE_READ(mm, arg_start);
	at.end = BPF_CORE_READ(mm, arg_end);
	return at;
}

/*
 * A command line, NUL-separated; only in the context of a task that uses this memory, because it
 * is user memory. Never faults a page in: what is swapped out is unknown. Returns its length.
 */
static __noinline __u32 read_arguments(const struct arguments *at, char *dst, __u32 *cut)
{
	__u64 start = at->start, len = at->end - start;

	*cut = len > EVENT_CMDLINE_LEN;
	if (len > EVENT_CMDLINE_LEN)
		len = EVENT_CMDLINE_LEN;
	if (bpf_probe_read_user(dst, len, (void *)start))
		return 0;
	return len;
}

/* That of `mm`. */
static __always_inline __u32 read_cmdline(struct mm_struct *mm, char *dst, __u32 *cut)
{
	struct arguments at = arguments_of(mm);

	return read_arguments(&at, dst, cut);
}

#endif
