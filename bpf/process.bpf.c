// SPDX-License-Identifier: GPL-2.0-only
/* The starts and ends of processes. */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "emit.bpf.h"
#include "event.h"
#include "run.bpf.h"
#include "size.bpf.h"
#include "task.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 2048);
	__type(key, struct program); /* or { 0, thread group id } */
	__type(value, struct cmdline_entry);
} cmdlines SEC(".maps");

/* signal_struct.flags, include/linux/sched/signal.h */
#define SIGNAL_GROUP_EXIT 4

/* Whose end has been told. Several threads of a process may come to on_exit() when all have begun to exit. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, struct process_key);
	__type(value, __u8);
} ended SEC(".maps");

/*
 * What wait(2) reports of a process whose last thread exits (wait_task_zombie(), kernel/exit.c): what all of its
 * threads were ended with, else its first thread's own, whichever is the last.
 */
static __always_inline __u32 wait_status(struct task_struct *task)
{
	if (BPF_CORE_READ(task, signal, flags) & SIGNAL_GROUP_EXIT)
		return BPF_CORE_READ(task, signal, group_exit_code);
	return BPF_CORE_READ(task, group_leader, exit_code);
}

/* Set by user space, also while attached: a target's first process, whatever its pid namespace. 0: none is known. */
volatile __u32 target_init_pid;

/* A thread exits, the last of its process. Of interest: inits, and what was SIGKILLed. */
static __always_inline int on_exit(void)
{
	struct task_struct *task = current_task();
	struct process_key key;
	struct cgroup *cgrp;
	struct event_exit *e;
	__u32 level = 0, status, ns_pid;
	bool ns_init;
	__u8 yes = 1;

	if (BPF_CORE_READ(task, signal, live.counter))
		return 0;
	status = wait_status(task);
	ns_pid = task_ns_pid(task, &level);
	ns_init = level && ns_pid == 1;
	if (!ns_init && (status & 0x7f) != SIGKILL && current_pid() != target_init_pid)
		return 0;
	cgrp = task_cgroup(task);
	if (!in_target((__u64)cgrp))
		return 0;
	key = process_key(task);
	if (bpf_map_update_elem(&ended, &key, &yes, BPF_NOEXIST))
		return 0;
	e = emit__reserve(EVENT_EXIT, sizeof(*e), 0);
	if (!e)
		return 0;
	e->h.flags = ns_init ? EXIT_NS_INIT : 0;
	if (bpf_map_lookup_elem(&kills_begun, &key))
		e->h.flags |= EXIT_OOM_VICTIM;
	e->cgroup_id = cgroup_id(cgrp);
	e->start_ns = key.start_ns;
	e->pid = key.pid;
	e->status = status;
	size__fill(e, task);
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

	note_no_run();
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
