/* SPDX-License-Identifier: GPL-2.0-only */
/* The stack of the current thread: as an event, and whether it is inside of a function. */
#ifndef OOMTRACE_FRAMES_BPF_H
#define OOMTRACE_FRAMES_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include "emit.bpf.h"
#include "event.h"
#include "task.bpf.h"

#define FRAMES_LOOKED_AT 16 /* what is looked for is two or three calls away, and as many of probes */
#define FRAMES_MIN 4	    /* with fewer, probes have kept the stack from being read */

enum frames_where { FRAMES_UNKNOWN, FRAMES_INSIDE, FRAMES_OUTSIDE };

/* Whether one of `count` frames, a constant, is inside of a function. Those that the stack doesn't have are 0. */
static __always_inline enum frames_where frames__in_function(const __u64 *frames, int count, __u64 function,
							     __u64 size)
{
	if (!frames[FRAMES_MIN - 1])
		return FRAMES_UNKNOWN;
	for (int i = 0; i < count; i++) {
		if (frames[i] - function < size)
			return FRAMES_INSIDE;
	}
	return FRAMES_OUTSIDE;
}

/* Whether the current thread is inside of a function. Inlined where ctx is: the verifier must know its type. */
static __always_inline enum frames_where frames__where(void *ctx, __u64 function, __u64 size)
{
	__u64 frames[FRAMES_LOOKED_AT] = {};

	if (bpf_get_stack(ctx, frames, sizeof(frames), 0) < 0)
		return FRAMES_UNKNOWN;
	return frames__in_function(frames, FRAMES_LOOKED_AT, function, size);
}

static __always_inline void fill_process(struct stack_process *p)
{
	struct task_struct *leader = BPF_CORE_READ(current_task(), group_leader);

	p->start_ns = BPF_CORE_READ(leader, start_boottime);
	p->exec_id = BPF_CORE_READ(leader, self_exec_id);
	p->pid = current_pid();
}

/*
 * Sends the stack of the current task; `kernel`: what is known of it in the kernel, `kernel_count` of EVENT_STACK_DEPTH
 * frames; 0: nothing is. Inlined where ctx is: the verifier must know its type.
 */
static __always_inline void emit_stack(void *ctx, const struct stack_process *p, __u64 bytes, __u64 group,
				       const __u64 *kernel, __u32 kernel_count)
{
	struct event_stack *e = emit__reserve(EVENT_STACK, sizeof(*e), group);
	long size;

	if (!e)
		return;
	e->start_ns = p->start_ns;
	e->exec_id = p->exec_id;
	e->pid = p->pid;
	e->bytes = bytes;
	bpf_get_current_comm(e->comm, sizeof(e->comm));
	size = bpf_get_stack(ctx, e->user, sizeof(e->user), BPF_F_USER_STACK);
	e->user_count = size > 0 ? size / sizeof(__u64) : 0;
	if (kernel_count) {
		bpf_probe_read_kernel(e->kernel, sizeof(e->kernel), kernel);
		e->kernel_count = kernel_count;
	} else {
		size = bpf_get_stack(ctx, e->kernel, sizeof(e->kernel), 0);
		e->kernel_count = size > 0 ? size / sizeof(__u64) : 0;
	}
	emit__submit(e);
}

/* Tells user space of a process: its mappings must be read while it lives. Returns whether it could. */
static __always_inline bool emit_sampled(const struct stack_process *p, bool tells_oom)
{
	struct event_sampled *e = emit__reserve_from(EVENT_SAMPLED, sizeof(*e), 0, tells_oom);

	if (!e)
		return false;
	e->start_ns = p->start_ns;
	e->pid = p->pid;
	e->exec_id = p->exec_id;
	emit__submit(e);
	return true;
}

#endif
