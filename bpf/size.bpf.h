/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How large a process was when it ended, and what its resource limits allow. The kernel has no hook for a request that
 * RLIMIT_AS or RLIMIT_DATA refuses but on everybody's way to memory, so this is all that can be seen of it.
 */
#ifndef OOMTRACE_SIZE_BPF_H
#define OOMTRACE_SIZE_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include "event.h"
#include "task.bpf.h"

#define RLIMIT_DATA 2
#define RLIMIT_AS 9

/*
 * As the target's first process was when it sent itself the latest signal of a fault. Up to 6.15 a process has no memory
 * any more when its end is told.
 */
static volatile struct {
	__u64 start_ns; /* of the process; 0: none has */
	__u64 vm_pages, data_pages;
	__u32 signal;
} faulted;

/* Of the caller. Global: see task.bpf.h. */
__noinline int size__note(__u32 sig)
{
	struct task_struct *task = current_task();
	struct mm_struct *mm = BPF_CORE_READ(task, mm);

	if (!mm)
		return 0;
	faulted.start_ns = BPF_CORE_READ(task, group_leader, start_boottime);
	faulted.vm_pages = BPF_CORE_READ(mm, total_vm);
	faulted.data_pages = BPF_CORE_READ(mm, data_vm);
	faulted.signal = sig;
	return 0;
}

/* Of a task that ends, with a status as wait(2) has it. */
static __always_inline void size__fill(struct event_exit *e, struct task_struct *task)
{
	struct mm_struct *mm = BPF_CORE_READ(task, mm);

	if (mm) {
		e->vm_pages = BPF_CORE_READ(mm, total_vm);
		e->data_pages = BPF_CORE_READ(mm, data_vm);
	} else if (faulted.start_ns == e->start_ns && faulted.signal == (e->status & 0x7f)) {
		e->vm_pages = faulted.vm_pages;
		e->data_pages = faulted.data_pages;
	} else {
		e->vm_pages = e->data_pages = 0;
	}
	e->vm_max_bytes = BPF_CORE_READ(task, signal, rlim[RLIMIT_AS].rlim_cur);
	e->data_max_bytes = BPF_CORE_READ(task, signal, rlim[RLIMIT_DATA].rlim_cur);
	if (e->vm_pages)
		e->h.flags |= EXIT_HAS_SIZE;
}

#endif
