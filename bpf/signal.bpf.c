// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who ends processes: SIGKILL, and before it the signal that asks an init to end. The tracepoint signal_generate
 * is passed by every signal on the machine, in the sender's context and with the receiver's siglock held. So the
 * number of the signal is looked at first, then whose it is, and what costs more comes last.
 *
 * What the OOM killer sends belongs to its run: see run.bpf.h.
 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "chain.bpf.h"
#include "emit.bpf.h"
#include "event.h"
#include "more.bpf.h"
#include "run.bpf.h"
#include "size.bpf.h"
#include "task.bpf.h"

/* Set by user space before loading: without a target, only what ends a container's init is told. */
const volatile bool inits_only = false;

/* Set by user space before loading, padded with zeros: programs that end others when memory is short. */
const volatile __u64 memory_killers[EVENT_MEMORY_KILLERS][EVENT_COMM_LEN / sizeof(__u64)];

#define SEND_SIG_PRIV 1 /* include/linux/sched/signal.h: in place of an address, the kernel itself sends it */

/* TRACE_SIGNAL_*, include/trace/events/signal.h */
enum signal_result { RESULT_DELIVERED, RESULT_IGNORED, RESULT_PENDING, RESULT_OVERFLOW, RESULT_LOSE_INFO };

#define SIGTERM 15
#define SIGNAL_BIT(sig) (1ULL << (sig))
/*
 * What runtimes ask an init to end with: SIGINT, SIGQUIT, SIGTERM, SIGWINCH and SIGRTMIN+3. Images name theirs by
 * STOPSIGNAL: postgres has SIGINT, nginx SIGQUIT, httpd SIGWINCH, systemd SIGRTMIN+3. Not SIGUSR1, which haproxy has:
 * programs send that to themselves too often.
 */
#define STOP_SIGNALS (SIGNAL_BIT(2) | SIGNAL_BIT(3) | SIGNAL_BIT(SIGTERM) | SIGNAL_BIT(28) | SIGNAL_BIT(37))

/* What a program ends by that gets no memory: SIGILL, SIGTRAP, SIGABRT, SIGSEGV. It sends them to itself. */
#define FAULT_SIGNALS (SIGNAL_BIT(4) | SIGNAL_BIT(5) | SIGNAL_BIT(6) | SIGNAL_BIT(11))

static __always_inline bool is_of_interest(__u32 sig)
{
	return sig < 64 && (STOP_SIGNALS | FAULT_SIGNALS | SIGNAL_BIT(SIGKILL)) >> sig & 1;
}

/* Whose chain of cgroups has been sent. User space keeps the paths of more than these. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 128);
	__type(key, __u64); /* cgroup id */
	__type(value, __u8);
} chains_told SEC(".maps");

/* Sends the chain of a cgroup, unless it has been sent already. */
__noinline int tell_chain(__u64 cgroup, __u64 group)
{
	__u64 lost = events_lost[EVENT_CGROUP], id = cgroup_id((void *)cgroup);
	__u8 yes = 1;

	if (bpf_map_lookup_elem(&chains_told, &id))
		return 0;
	emit_levels(cgroup, group);
	if (events_lost[EVENT_CGROUP] == lost)
		bpf_map_update_elem(&chains_told, &id, &yes, BPF_ANY);
	return 0;
}

/* Whether the receiver is the first process of a pid namespace that isn't the machine's. */
__noinline int is_ns_init(__u64 task)
{
	__u32 level = 0, pid = task_ns_pid((void *)task, &level);

	return level && pid == 1;
}

/* Whether the sender has the name of one of the programs that end others when memory is short. */
__noinline int by_memory_killer(void)
{
	__u64 comm[EVENT_COMM_LEN / sizeof(__u64)] = {};

	BPF_CORE_READ_STR_INTO(&comm, current_task(), group_leader, comm);
	for (int i = 0; i < EVENT_MEMORY_KILLERS; i++) {
		if (comm[0] == memory_killers[i][0] && comm[1] == memory_killers[i][1])
			return true;
	}
	return false;
}

/*
 * Whether a signal is to be told. Of SIGKILL only the one that ends the process: whoever is ending already, and an
 * init that gets it from inside of its own namespace, ignores it. Of the others, those that come from outside to an
 * init, and SIGTERM to any process of the target: what a container's processes send each other is theirs. Without a
 * target, what ends inits, and what programs send that act for want of memory.
 */
__noinline int wants_signal(__u32 sig, __u64 info, __u64 task, __u32 result)
{
	__u64 cgroup, sender;

	if (sig == SIGKILL && result != RESULT_DELIVERED && result != RESULT_LOSE_INFO)
		return false;
	if ((inits_only || (sig != SIGKILL && sig != SIGTERM)) && !is_ns_init(task) && !by_memory_killer())
		return false;
	cgroup = task_cgroup_address(task);
	if (!in_target(cgroup))
		return false;
	if (sig == SIGKILL)
		return true;
	sender = (__u64)current_cgroup();
	return info != SEND_SIG_PRIV && (inits_only ? sender != cgroup : !in_target(sender));
}

/* OOMs must find room, whoever ends how many processes. What is turned away here counts as lost. */
static __always_inline bool signals_have_room(void)
{
	if (bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA) * 2 < bpf_ringbuf_query(&ring, BPF_RB_RING_SIZE))
		return true;
	__sync_fetch_and_add(&events_lost[EVENT_SIGNAL], 1);
	return false;
}

static __always_inline void fill_sender(struct event_signal *e)
{
	struct task_struct *task = current_task();
	struct mm_struct *mm = BPF_CORE_READ(task, mm);
	__u32 cut = 0;

	e->sender_pid = current_pid();
	e->sender_tid = current_tid();
	e->sender_uid = BPF_CORE_READ(task, real_cred, uid.val);
	e->sender_ppid = BPF_CORE_READ(task, real_parent, tgid);
	BPF_CORE_READ_STR_INTO(&e->sender_comm, task, group_leader, comm);
	BPF_CORE_READ_STR_INTO(&e->parent_comm, task, real_parent, group_leader, comm);
	if (!mm)
		return; /* of the kernel's, or it is exiting */
	e->cmdline_len = read_cmdline(mm, e->cmdline, &cut);
	if (cut)
		e->h.flags |= SIGNAL_CMDLINE_CUT;
}

/* Inlined where ctx is: the verifier must know its type. */
static __always_inline void emit_signal(void *ctx, __u32 sig, __u64 info, __u64 address, __u32 result)
{
	struct task_struct *task = (void *)address;
	__u64 cgroup = task_cgroup_address(address), sender = (__u64)current_cgroup();
	__u64 group = GROUP_SIGNAL | bpf_ktime_get_boot_ns();
	struct event_signal *e;
	long size;

	if (!signals_have_room())
		return;
	tell_chain(cgroup, group);
	tell_chain(sender, group);
	e = emit__reserve(EVENT_SIGNAL, sizeof(*e), group);
	if (!e)
		return;
	if (is_ns_init(address))
		e->h.flags |= SIGNAL_TO_INIT;
	if (info == SEND_SIG_PRIV)
		e->h.flags |= SIGNAL_BY_KERNEL;
	if (result == RESULT_IGNORED)
		e->h.flags |= SIGNAL_IGNORED;
	e->cgroup_id = cgroup_id((void *)cgroup);
	e->start_ns = BPF_CORE_READ(task, group_leader, start_boottime);
	e->sender_cgroup_id = cgroup_id((void *)sender);
	e->signal = sig;
	e->pid = BPF_CORE_READ(task, tgid);
	e->tid = BPF_CORE_READ(task, pid);
	BPF_CORE_READ_STR_INTO(&e->comm, task, group_leader, comm);
	fill_sender(e);
	size = bpf_get_stack(ctx, e->frames, sizeof(e->frames), 0);
	e->frame_count = size > 0 ? size / sizeof(__u64) : 0;
	emit__submit(e);
}

static __always_inline int on_signal(void *ctx, __u32 sig, __u64 info, __u64 task, __u32 result)
{
	if (FAULT_SIGNALS >> sig & 1) {
		if (current_pid() == target_init_pid &&
		    (__u32)BPF_CORE_READ((struct task_struct *)task, tgid) == current_pid())
			size__note(sig);
	} else if (sig == SIGKILL && in_run()) {
		on_shared_kill(task);
		tell_more(ctx);
	} else if (wants_signal(sig, info, task, result)) {
		emit_signal(ctx, sig, info, task, result);
	}
	return 0;
}

/* ---- programs ---- */

SEC("?tp_btf/signal_generate")
int BPF_PROG(btf_signal, int sig)
{
	if (!is_of_interest(sig))
		return 0;
	return on_signal(ctx, sig, argument_number(ctx, 1), argument_number(ctx, 2), argument_number(ctx, 4));
}

SEC("?raw_tp/signal_generate")
int BPF_PROG(tp_signal, int sig, void *info, void *task, int group, int result)
{
	if (!is_of_interest(sig))
		return 0;
	return on_signal(ctx, sig, (__u64)info, (__u64)task, result);
}
