// SPDX-License-Identifier: GPL-2.0-only
/* The starts and ends of processes. */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "emit.bpf.h"
#include "event.h"
#include "task.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 2048);
	__type(key, struct program); /* or { 0, thread group id } */
	__type(value, struct cmdline_entry);
} cmdlines SEC(".maps");

/* The last thread of a process exits. Of interest: inits of pid namespaces, and what was SIGKILLed. */
static __always_inline int on_exit(void)
{
	struct task_struct *task = current_task();
	struct cgroup *cgrp;
	struct event_exit *e;
	__u32 level = 0, status, ns_pid;
	bool ns_init;

	if (BPF_CORE_READ(task, signal, live.counter))
		return 0;
	/* The leader's: what wait(2) reports, whichever thread is the last. */
	status = BPF_CORE_READ(task, group_leader, exit_code);
	ns_pid = task_ns_pid(task, &level);
	ns_init = level && ns_pid == 1;
	if (!ns_init && (status & 0x7f) != SIGKILL)
		return 0;
	cgrp = task_cgroup(task);
	if (!in_target((__u64)cgrp))
		return 0;
	e = emit__reserve(EVENT_EXIT, sizeof(*e), 0);
	if (!e)
		return 0;
	e->h.flags = ns_init ? EXIT_NS_INIT : 0;
	e->cgroup_id = cgroup_id(cgrp);
	e->start_ns = BPF_CORE_READ(task, group_leader, start_boottime);
	e->pid = BPF_CORE_READ(task, tgid);
	e->status = status;
	BPF_CORE_READ_STR_INTO(&e->comm, task, group_leader, comm);
	emit__submit(e);
	return 0;
}

/* A program was started: keep its command line, which can't be read once it is another's victim. */
static __always_inline int on_exec(void)
{
	static struct cmdline_entry empty;
	struct task_struct *task = current_task();
	struct mm_struct *mm = BPF_CORE_READ(task, mm);
	struct program before = { .arg_start = current_pid() };
	struct program program = program_of(mm);
	struct cmdline_entry *entry;

	if (!in_target((__u64)task_cgroup(task)))
		return 0;
	bpf_map_delete_elem(&cmdlines, &before);
	bpf_map_update_elem(&cmdlines, &program, &empty, BPF_ANY);
	entry = bpf_map_lookup_elem(&cmdlines, &program);
	if (!entry)
		return 0;
	entry->len = read_cmdline(mm, entry->bytes, &entry->cut);
	entry->start_ns = BPF_CORE_READ(task, group_leader, start_boottime);
	return 0;
}

/* ---- programs ---- */

SEC("?tp_btf/sched_process_exit")
int BPF_PROG(btf_exit)
{
	return on_exit();
}

SEC("?raw_tp/sched_process_exit")
int BPF_PROG(tp_exit)
{
	return on_exit();
}

SEC("?tp_btf/sched_process_exec")
int BPF_PROG(btf_exec)
{
	return on_exec();
}

SEC("?raw_tp/sched_process_exec")
int BPF_PROG(tp_exec)
{
	return on_exec();
}
