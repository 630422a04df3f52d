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

/* Command lines that user space has read, by thread group id. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 2048);
	__type(key, __u32);
	__type(value, struct cmdline_entry);
} cmdlines SEC(".maps");

/* The pids of which it may have one, modulo CMDLINE_PIDS. User space sets them. */
__u64 cmdline_pids[CMDLINE_PIDS / 64];

/*
 * Programs that were executed, of each CPU the latest ones. Every exec on the machine pays for this, so that nobody here
 * looks for room, or waits for a lock: each CPU has `execs_of_cpu` places of its own, and this program isn't called again
 * on a CPU where it is running. User space takes them out soon, and chooses which are kept (user/trace/execs.c).
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1); /* set by user space */
	__type(key, __u32);
	__type(value, struct exec_entry);
} execs SEC(".maps");

/* Set by user space before loading; a power of two. */
const volatile __u32 execs_of_cpu = 1;

/* How many each CPU has written. */
__u32 exec_heads[EXECS_CPUS_MAX];

/* Grows with each: of two entries for one program the later one holds. */
__u64 execs_seen;

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

static __always_inline void fill_exec(struct exec_entry *entry, __u32 pid)
{
	struct mm_struct *mm = BPF_CORE_READ(current_task(), mm);
	struct arguments at = arguments_of(mm);

	/* User space may be looking. */
	*(volatile __u64 *)&entry->program.exe = 0;
	entry->pid = pid;
	entry->cgroup_id = bpf_get_current_cgroup_id();
	entry->len = read_arguments(&at, entry->bytes, &entry->cut);
	__sync_fetch_and_add(&execs_seen, 1);
	entry->number = *(volatile __u64 *)&execs_seen;
	entry->program.arg_start = at.start;
	*(volatile __u64 *)&entry->program.exe = (__u64)BPF_CORE_READ(mm, exe_file);
}

/* A program was started: keep its command line, which can't be read once it is another's victim. */
static __always_inline int on_exec(void)
{
	__u32 cpu = bpf_get_smp_processor_id(), pid = current_pid(), slot;
	struct exec_entry *entry;

	note_no_run();
	if (has_target && !in_target((__u64)current_cgroup()))
		return 0;
	if (cmdline_pids[pid / 64 % (CMDLINE_PIDS / 64)] >> pid % 64 & 1)
		bpf_map_delete_elem(&cmdlines, &pid);
	if (cpu >= EXECS_CPUS_MAX)
		return 0;
	slot = cpu * execs_of_cpu + (exec_heads[cpu] & (execs_of_cpu - 1));
	entry = bpf_map_lookup_elem(&execs, &slot);
	if (!entry)
		return 0;
	fill_exec(entry, pid);
	*(volatile __u32 *)&exec_heads[cpu] = exec_heads[cpu] + 1;
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
