// SPDX-License-Identifier: GPL-2.0-only
/*
 * The programs. For each hook one body, on_*(), and under it thin shims: a BTF-typed program
 * (fentry, fexit, tp_btf) and the one that stands in where the kernel can't attach that (kprobe,
 * kretprobe, raw_tp). All are off ("?") until user/plan.c asks for them. Pointer arguments are
 * only ever probe-read, those of BTF-typed programs too: the verifier can be wrong about NULL and
 * about odd values (see docs/kernel-safety.md), and scripts/check-bpf-loads.py holds us to it.
 *
 * A run of the OOM killer, out_of_memory(), is serialised by oom_lock, so its state is one global.
 * Its neighbours are told from other callers of the same functions by the thread that runs it.
 *
 *   out_of_memory()                               on_oom_enter   (up to 10^4 times in one write of
 *     oom_kill_process()                          on_kill         memory.max: no event from here)
 *       __oom_kill_process()     for each victim  on_victim
 *         do_send_sig_info(victim)
 *         mark_oom_victim(victim)                 on_mark        -> EVENT_VICTIM
 *         pr_err("Killed process ...")
 *         do_send_sig_info(p)    for each p that shares the mm   on_signal -> EVENT_VICTIM
 *   returns                                       on_oom_exit    -> EVENT_OOM_END
 *
 * mark_oom_victim() and not the tracepoint mark_victim: the tracepoint is silent when a victim is
 * visited again (the kernel logs and counts that kill again), has only a pid up to 5.10.234 and
 * 6.1.129, and cannot tell a kill from a task that was exiting already.
 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "charge.bpf.h"
#include "compat.bpf.h"
#include "emit.bpf.h"
#include "event.h"
#include "limit.bpf.h"
#include "memory.bpf.h"
#include "reclaim.bpf.h"
#include "stack.bpf.h"
#include "task.bpf.h"

char LICENSE[] SEC("license") = "GPL";

#define NO_VICTIM_INTERVAL_NS 1000000000ULL
#define SIGKILL 9

/* Whose chain of cgroups has been sent; the victim's is that of the last one. */
enum leaf { LEAF_LIMIT, LEAF_TRIGGER, LEAF_VICTIM, LEAF_COUNT };

/*
 * The run of the OOM killer that is going on. Written by the thread that holds oom_lock only. Volatile,
 * or clang splits it into its members and leaves BTF that no kernel takes.
 */
static volatile struct {
	__u64 oc;          /* struct oom_control *, valid until out_of_memory() returns */
	__u64 task;        /* the victim at hand, struct task_struct * */
	__u64 started_ns;  /* 0: we were attached after it had begun */
	__u64 id;          /* 0: nothing has been sent for it yet */
	__u64 leafs[LEAF_COUNT]; /* ids of the cgroups whose chains have been sent */
	__u32 tid;         /* whose run it is; 0: none is going on */
	__u32 victims;
	__u32 killed;
	__u32 victim_pid;  /* victim of the __oom_kill_process() going on, once it is marked */
	bool in_kill;      /* __oom_kill_process() has been entered */
	bool stack_sent;   /* that of the task that asked */
} run;

static __u64 last_oom_id;

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64); /* id of the limit's cgroup; 0: the whole machine */
	__type(value, struct quiet_runs);
} quiet_runs SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 2048);
	__type(key, struct program); /* or { 0, thread group id } */
	__type(value, struct cmdline_entry);
} cmdlines SEC(".maps");

static __noinline struct quiet_runs *find_quiet(__u64 limit_id)
{
	return bpf_map_lookup_elem(&quiet_runs, &limit_id);
}

static __always_inline bool in_run(void)
{
	return run.tid && run.tid == current_tid();
}

/*
 * Sends the chain of a cgroup, unless this run has sent it already. Global (see task.bpf.h), since the verifier
 * follows each way that leads to a reserved event to its end: there had better be one only.
 */
__noinline int emit_chain(__u64 cgroup, __u32 leaf)
{
	__u64 leaf_id = cgroup_id((void *)cgroup);

	if (!leaf_id || leaf_id == run.leafs[LEAF_LIMIT] || leaf_id == run.leafs[LEAF_TRIGGER] ||
	    leaf_id == run.leafs[LEAF_VICTIM])
		return 0;
	if (leaf == LEAF_LIMIT)
		run.leafs[LEAF_LIMIT] = leaf_id;
	else if (leaf == LEAF_TRIGGER)
		run.leafs[LEAF_TRIGGER] = leaf_id;
	else
		run.leafs[LEAF_VICTIM] = leaf_id;
	return emit_levels(cgroup, run.id);
}

/* The cgroup whose limit was hit; NULL when the whole machine is out of memory. */
static __always_inline struct cgroup *limit_cgroup(struct oom_control *oc)
{
	return BPF_CORE_READ(oc, memcg, css.cgroup);
}

/* Sends what is known of the run as a whole, once. */
__noinline int open_run(__u32 outcome)
{
	struct oom_control *oc = (void *)run.oc;
	struct cgroup *limit = limit_cgroup(oc);
	struct cgroup *trigger = task_cgroup((void *)bpf_get_current_task());
	__u64 limit_id = limit ? cgroup_id(limit) : 0;
	struct task_struct *chosen = BPF_CORE_READ(oc, chosen);
	struct quiet_runs *quiet;
	struct event_oom *e;

	if (run.id)
		return 0;
	run.id = ++last_oom_id;
	emit_chain((__u64)limit, LEAF_LIMIT);
	emit_chain((__u64)trigger, LEAF_TRIGGER);

	quiet = find_quiet(limit_id);
	e = emit__reserve(EVENT_OOM, sizeof(*e), run.id);
	if (!e)
		return 0;
	e->started_ns = run.started_ns;
	e->limit_cgroup_id = limit_id;
	e->trigger_cgroup_id = cgroup_id(trigger);
	e->totalpages = BPF_CORE_READ(oc, totalpages);
	e->chosen_points = BPF_CORE_READ(oc, chosen_points);
	e->outcome = outcome;
	e->constraint = BPF_CORE_READ(oc, constraint);
	e->gfp_mask = BPF_CORE_READ(oc, gfp_mask);
	e->order = BPF_CORE_READ(oc, order);
	e->trigger_pid = bpf_get_current_pid_tgid() >> 32;
	e->trigger_tid = current_tid();
	bpf_get_current_comm(e->trigger_comm, sizeof(e->trigger_comm));
	if (outcome == OOM_KILLED) {
		e->chosen_pid = BPF_CORE_READ(chosen, tgid);
		e->chosen_tid = BPF_CORE_READ(chosen, pid);
	}
	fill_cause(e, limit_id);
	if (quiet) {
		e->waits = quiet->waits;
		e->repeats = quiet->repeats;
		quiet->waits = 0;
		quiet->repeats = 0;
		quiet->last_sent_ns = e->h.ts_ns;
	}
	emit__submit(e);
	/* The kernel has just summed its statistics up, to log them; unless it has logged too many. */
	emit_memory((__u64)BPF_CORE_READ(oc, memcg), limit_id, run.id);
	return 0;
}

static __always_inline void fill_victim_mm(struct event_victim *e, struct mm_struct *mm)
{
	__s64 rss[RSS_COUNT] = {};

	e->h.flags |= VICTIM_HAS_MM;
	if (compat__rss(mm, rss))
		e->h.flags |= VICTIM_RSS_EXACT;
	e->file_rss_pages = rss[RSS_FILE];
	e->anon_rss_pages = rss[RSS_ANON];
	e->shmem_rss_pages = rss[RSS_SHMEM];
	e->swap_entries = rss[RSS_SWAP];
	e->total_vm_pages = BPF_CORE_READ(mm, total_vm);
	e->pgtables_bytes = BPF_CORE_READ(mm, pgtables_bytes.counter);
}

/* Whose command line is the victim's too. */
static __always_inline void fill_lineage(struct event_victim *e, struct task_struct *task,
					 struct mm_struct *mm)
{
	struct task_struct *parent = BPF_CORE_READ(task, real_parent);
	struct task_struct *ancestor;

	if (!mm)
		return;
	e->program = program_of(mm);
	ancestor = (void *)find_ancestor((__u64)task, e->program.exe, e->program.arg_start);
	e->ancestor_pid = BPF_CORE_READ(ancestor, tgid);
	e->ancestor_start_ns = BPF_CORE_READ(ancestor, group_leader, start_boottime);
	if (if_runs_program((__u64)parent, e->program.exe, e->program.arg_start, true, false))
		e->parent_start_ns = BPF_CORE_READ(parent, group_leader, start_boottime);
}

/* Sends run.task as a victim. */
__noinline int emit_victim(__u64 cgroup, __u32 flags)
{
	struct task_struct *task = (void *)run.task;
	struct cgroup *cgrp = (void *)cgroup;
	struct task_struct *current = (void *)bpf_get_current_task();
	struct mm_struct *mm = BPF_CORE_READ(task, mm);
	struct event_victim *e;
	__u32 level = 0, cut = 0;

	emit_chain(cgroup, LEAF_VICTIM);
	run.victims++;
	e = emit__reserve(EVENT_VICTIM, sizeof(*e), run.id);
	if (!e)
		return 0;
	e->h.flags = flags;
	e->cgroup_id = cgroup_id(cgrp);
	e->start_ns = BPF_CORE_READ(task, group_leader, start_boottime);
	e->pid = BPF_CORE_READ(task, tgid);
	e->tid = BPF_CORE_READ(task, pid);
	e->ppid = BPF_CORE_READ(task, real_parent, tgid);
	fill_lineage(e, task, mm);
	e->ns_pid = task_ns_pid(task, &level);
	if (level && e->ns_pid == 1)
		e->h.flags |= VICTIM_NS_INIT;
	e->uid = BPF_CORE_READ(task, real_cred, uid.val);
	e->oom_score_adj = BPF_CORE_READ(task, signal, oom_score_adj);
	BPF_CORE_READ_STR_INTO(&e->comm, task, comm);
	if (mm) {
		fill_victim_mm(e, mm);
		if (mm == BPF_CORE_READ(current, mm)) {
			e->cmdline_len = read_cmdline(mm, e->cmdline, &cut);
			if (cut)
				e->h.flags |= VICTIM_CMDLINE_CUT;
		}
	}
	emit__submit(e);
	return 0;
}

static __always_inline void begin_run(__u64 oc, __u64 started_ns)
{
	run.oc = oc;
	run.started_ns = started_ns;
	run.id = 0;
	run.leafs[LEAF_LIMIT] = run.leafs[LEAF_TRIGGER] = run.leafs[LEAF_VICTIM] = 0;
	run.victims = 0;
	run.killed = 0;
	run.victim_pid = 0;
	run.in_kill = false;
	run.stack_sent = false;
	run.tid = current_tid();
}

static __always_inline int on_oom_enter(void *ctx, __u64 oc)
{
	count_oom_in_write(ctx);
	begin_run(oc, bpf_ktime_get_boot_ns());
	return 0;
}

/* oom_kill_process(): a victim has been chosen. The run may be new to us, if we came in its middle. */
__noinline int on_kill(__u64 oc)
{
	struct stack_process trigger = {};

	if (!in_run() || run.oc != oc)
		begin_run(oc, 0);
	/* It may well be the victim: there is little time left to see what it has mapped. */
	if (in_target((__u64)task_cgroup((void *)bpf_get_current_task()))) {
		fill_process(&trigger);
		emit_sampled(&trigger);
	}
	return 0;
}

/* __oom_kill_process(): may still find that its victim has no memory left, and kill nothing. */
static __always_inline int on_victim(void)
{
	if (in_run()) {
		run.in_kill = true;
		run.victim_pid = 0;
	}
	return 0;
}

/*
 * Once the run has been told of: what was the task doing that asked for memory? Called by the programs
 * themselves: kp_shared has it once for all that it stands for.
 */
static __always_inline void tell_stack(void *ctx)
{
	if (!in_run() || !run.id || run.stack_sent)
		return;
	run.stack_sent = true;
	emit_trigger_stack(ctx, run.id);
}

__noinline int on_mark(__u64 address)
{
	struct task_struct *task = (void *)address;
	struct cgroup *cgrp;
	__u32 flags = 0;

	if (!in_run())
		return 0;
	if (run.in_kill) {
		run.victim_pid = BPF_CORE_READ(task, tgid);
		count_kill_in_write();
		if (run.killed++)
			flags |= VICTIM_GROUP;
	} else {
		flags |= VICTIM_EXITING;
	}
	cgrp = task_cgroup(task);
	if (!in_target((__u64)cgrp))
		return 0;
	open_run(run.in_kill ? OOM_KILLED : OOM_EXITING);
	run.task = address;
	emit_victim((__u64)cgrp, flags);
	return 0;
}

/* The victim itself is signalled before it is marked, those that share its mm after it. */
static __always_inline bool may_share_mm(int sig)
{
	return sig == SIGKILL && in_run() && run.victim_pid;
}

__noinline int on_signal(__u64 address)
{
	struct task_struct *task = (void *)address;
	struct cgroup *cgrp;

	if ((__u32)BPF_CORE_READ(task, tgid) == run.victim_pid)
		return 0;
	cgrp = task_cgroup(task);
	if (!run.id && !in_target((__u64)cgrp))
		return 0;
	open_run(OOM_KILLED);
	run.task = address;
	emit_victim((__u64)cgrp, VICTIM_SHARES_MM);
	return 0;
}

__noinline int end_run(void)
{
	struct event_oom_end *e;

	if (!in_run())
		return 0;
	if (run.id) {
		e = emit__reserve(EVENT_OOM_END, sizeof(*e), run.id);
		if (e) {
			e->victims = run.victims;
			e->killed = run.killed;
			emit__submit(e);
		}
	}
	run.tid = 0;
	return 0;
}

/* A run in which nothing was killed. It can come 10^4 times a second: counted, sent once a second. */
static __always_inline void end_quiet_run(bool no_victim)
{
	struct oom_control *oc = (void *)run.oc;
	struct cgroup *limit = limit_cgroup(oc);
	__u64 limit_id = limit ? cgroup_id(limit) : 0;
	struct quiet_runs *quiet = find_quiet(limit_id);
	struct quiet_runs first = {};

	if (!quiet) {
		bpf_map_update_elem(&quiet_runs, &limit_id, &first, BPF_ANY);
		quiet = find_quiet(limit_id);
		if (!quiet)
			return;
		quiet->in_target = in_target((__u64)limit);
	}
	if (!no_victim) {
		quiet->waits++;
		return;
	}
	if (!quiet->in_target && !in_target((__u64)task_cgroup((void *)bpf_get_current_task())))
		return;
	if (quiet->last_sent_ns &&
	    bpf_ktime_get_boot_ns() - quiet->last_sent_ns < NO_VICTIM_INTERVAL_NS) {
		quiet->repeats++;
		return;
	}
	open_run(OOM_NO_VICTIM);
}

/*
 * out_of_memory() returns; a bool fills only the low byte of `ret`. After this the program sends what is left:
 * tell_stack(), end_run().
 */
__noinline int on_oom_exit(__u64 ret)
{
	struct oom_control *oc = (void *)run.oc;

	if (in_run() && !run.id && !run.killed)
		end_quiet_run(!(ret & 0xff) && BPF_CORE_READ(oc, chosen) == NULL);
	return 0;
}

/* The last thread of a process exits. Of interest: inits of pid namespaces, and what was SIGKILLed. */
static __always_inline int on_exit(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();
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
	struct task_struct *task = (void *)bpf_get_current_task();
	struct mm_struct *mm = BPF_CORE_READ(task, mm);
	struct program before = { .arg_start = bpf_get_current_pid_tgid() >> 32 };
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

SEC("?fentry/out_of_memory")
int BPF_PROG(btf_oom_enter)
{
	return on_oom_enter(ctx, argument_number(ctx, 0));
}

SEC("?kprobe/out_of_memory")
int BPF_KPROBE(kp_oom_enter, void *oc)
{
	return on_oom_enter(ctx, (__u64)oc);
}

SEC("?fexit/out_of_memory")
int BPF_PROG(btf_oom_exit, struct oom_control *oc, unsigned long ret)
{
	on_oom_exit(ret);
	tell_stack(ctx);
	return end_run();
}

SEC("?kretprobe/out_of_memory")
int BPF_KRETPROBE(kp_oom_exit, unsigned long ret)
{
	on_oom_exit(ret);
	tell_stack(ctx);
	return end_run();
}

SEC("?fentry/oom_kill_process")
int BPF_PROG(btf_kill)
{
	return on_kill(argument_number(ctx, 0));
}

SEC("?kprobe/oom_kill_process")
int BPF_KPROBE(kp_kill, void *oc)
{
	return on_kill((__u64)oc);
}

SEC("?fentry/__oom_kill_process")
int BPF_PROG(btf_victim)
{
	return on_victim();
}

SEC("?kprobe/__oom_kill_process")
int BPF_KPROBE(kp_victim)
{
	return on_victim();
}

SEC("?fentry/mark_oom_victim")
int BPF_PROG(btf_mark)
{
	on_mark(argument_number(ctx, 0));
	tell_stack(ctx);
	return 0;
}

SEC("?kprobe/mark_oom_victim")
int BPF_KPROBE(kp_mark, void *task)
{
	on_mark((__u64)task);
	tell_stack(ctx);
	return 0;
}

SEC("?fentry/do_send_sig_info")
int BPF_PROG(btf_signal, int sig)
{
	if (!may_share_mm(sig))
		return 0;
	on_signal(argument_number(ctx, 2));
	tell_stack(ctx);
	return 0;
}

SEC("?kprobe/do_send_sig_info")
int BPF_KPROBE(kp_signal, int sig, void *info, void *task)
{
	if (!may_share_mm(sig))
		return 0;
	on_signal((__u64)task);
	tell_stack(ctx);
	return 0;
}

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

SEC("?fentry/memory_max_write")
int BPF_PROG(btf_max_begin)
{
	return on_limit_begin(argument_number(ctx, 0), LIMIT_MAX, compat__traced_function(ctx));
}

SEC("?kprobe/memory_max_write")
int BPF_KPROBE(kp_max_begin, void *of)
{
	return on_limit_begin((__u64)of, LIMIT_MAX, PT_REGS_IP(ctx));
}

SEC("?fexit/memory_max_write")
int BPF_PROG(btf_max_end, void *of, void *buf, __u64 nbytes, __s64 off, long ret)
{
	return on_limit_end(ret);
}

SEC("?kretprobe/memory_max_write")
int BPF_KRETPROBE(kp_max_end, long ret)
{
	return on_limit_end(ret);
}

SEC("?fentry/memory_high_write")
int BPF_PROG(btf_high_begin)
{
	return on_limit_begin(argument_number(ctx, 0), LIMIT_HIGH, compat__traced_function(ctx));
}

SEC("?kprobe/memory_high_write")
int BPF_KPROBE(kp_high_begin, void *of)
{
	return on_limit_begin((__u64)of, LIMIT_HIGH, PT_REGS_IP(ctx));
}

SEC("?fexit/memory_high_write")
int BPF_PROG(btf_high_end, void *of, void *buf, __u64 nbytes, __s64 off, long ret)
{
	return on_limit_end(ret);
}

SEC("?kretprobe/memory_high_write")
int BPF_KRETPROBE(kp_high_end, long ret)
{
	return on_limit_end(ret);
}

SEC("?fentry/swap_max_write")
int BPF_PROG(btf_swap_begin)
{
	return on_limit_begin(argument_number(ctx, 0), LIMIT_SWAP_MAX, compat__traced_function(ctx));
}

SEC("?kprobe/swap_max_write")
int BPF_KPROBE(kp_swap_begin, void *of)
{
	return on_limit_begin((__u64)of, LIMIT_SWAP_MAX, PT_REGS_IP(ctx));
}

SEC("?fexit/swap_max_write")
int BPF_PROG(btf_swap_end, void *of, void *buf, __u64 nbytes, __s64 off, long ret)
{
	return on_limit_end(ret);
}

SEC("?kretprobe/swap_max_write")
int BPF_KRETPROBE(kp_swap_end, long ret)
{
	return on_limit_end(ret);
}

/* Only the first argument: what follows it, and so the type, changed in 7.1. */
SEC("?tp_btf/mm_vmscan_memcg_reclaim_end")
int BPF_PROG(btf_reclaim, unsigned long reclaimed)
{
	return on_reclaim_end(reclaimed);
}

SEC("?raw_tp/mm_vmscan_memcg_reclaim_end")
int BPF_PROG(tp_reclaim, unsigned long reclaimed)
{
	return on_reclaim_end(reclaimed);
}

SEC("?fentry/try_to_free_mem_cgroup_pages")
int BPF_PROG(btf_reclaim_begin, struct mem_cgroup *memcg)
{
	return on_reclaim_begin(memcg);
}

SEC("?kprobe/try_to_free_mem_cgroup_pages")
int BPF_KPROBE(kp_reclaim_begin, struct mem_cgroup *memcg)
{
	return on_reclaim_begin(memcg);
}

/* The two names of one function: see plan.c. */
SEC("?fentry/mem_cgroup_handle_over_high")
int BPF_PROG(btf_throttle_begin)
{
	return on_throttle_begin();
}

SEC("?fentry/__mem_cgroup_handle_over_high")
int BPF_PROG(btf_throttle_begin2)
{
	return on_throttle_begin();
}

SEC("?kprobe/mem_cgroup_handle_over_high")
int BPF_KPROBE(kp_throttle_begin)
{
	return on_throttle_begin();
}

SEC("?kprobe/__mem_cgroup_handle_over_high")
int BPF_KPROBE(kp_throttle_begin2)
{
	return on_throttle_begin();
}

SEC("?fexit/mem_cgroup_handle_over_high")
int BPF_PROG(btf_throttle_end)
{
	return on_throttle_end();
}

SEC("?fexit/__mem_cgroup_handle_over_high")
int BPF_PROG(btf_throttle_end2)
{
	return on_throttle_end();
}

SEC("?kretprobe/mem_cgroup_handle_over_high")
int BPF_KRETPROBE(kp_throttle_end)
{
	return on_throttle_end();
}

SEC("?kretprobe/__mem_cgroup_handle_over_high")
int BPF_KRETPROBE(kp_throttle_end2)
{
	return on_throttle_end();
}

SEC("?fentry/memory_current_read")
int BPF_PROG(btf_current_read, struct cgroup_subsys_state *css)
{
	settle_sums();
	return on_current_read(number_of(css));
}

SEC("?kprobe/memory_current_read")
int BPF_KPROBE(kp_current_read, struct cgroup_subsys_state *css)
{
	settle_sums();
	return on_current_read((__u64)css);
}

SEC("?fentry/mem_cgroup_css_online")
int BPF_PROG(btf_css_online, struct cgroup_subsys_state *css)
{
	return on_css_online(number_of(css));
}

SEC("?kprobe/mem_cgroup_css_online")
int BPF_KPROBE(kp_css_online, struct cgroup_subsys_state *css)
{
	return on_css_online((__u64)css);
}

SEC("?fentry/mem_cgroup_css_offline")
int BPF_PROG(btf_css_offline, struct cgroup_subsys_state *css)
{
	return on_css_offline(number_of(css));
}

SEC("?kprobe/mem_cgroup_css_offline")
int BPF_KPROBE(kp_css_offline, struct cgroup_subsys_state *css)
{
	return on_css_offline((__u64)css);
}

/* A function of its own: what isn't followed need not save the registers that this takes. */
static __noinline int charge_followed(const void *fail, __u64 counter, __u64 pages, __u64 done)
{
	/* A bool fills only the low byte of its register. */
	return done & 0xff ? on_charge(counter, 0) : on_refused(counter, pages, fail);
}

/* The third argument can't be named: up to 6.1 the verifier doesn't know pointers to pointers. */
SEC("?fexit/page_counter_try_charge")
int BPF_PROG(btf_charge, struct page_counter *counter, unsigned long pages, void *fail, unsigned long ret)
{
	__u64 address = number_of(counter);

	return may_be_followed(address) ? charge_followed(&ctx[2], address, pages, ret) : 0;
}

SEC("?kprobe/page_counter_try_charge")
int BPF_KPROBE(kp_charge, struct page_counter *counter, unsigned long pages)
{
	__u64 address = (__u64)counter, refuser;

	if (!may_be_followed(address))
		return 0;
	refuser = refusing_counter(address, pages);
	return refuser ? usage_refused(address, pages, refuser) : on_charge(address, pages);
}

SEC("?fentry/page_counter_uncharge")
int BPF_PROG(btf_uncharge, struct page_counter *counter, unsigned long pages)
{
	return on_uncharge(number_of(counter), pages);
}

SEC("?kprobe/page_counter_uncharge")
int BPF_KPROBE(kp_uncharge, struct page_counter *counter, unsigned long pages)
{
	return on_uncharge((__u64)counter, pages);
}

/* A bool fills only the low byte of its register. */
SEC("?fexit/page_counter_try_charge")
int BPF_PROG(btf_charged, struct page_counter *counter, unsigned long pages, void *fail,
	     unsigned long ret)
{
	/* Where usage is followed, the cheapest look at what isn't ours comes first. */
	if (usage_on && !may_be_followed(number_of(counter)))
		return 0;
	return ret & 0xff ? on_charged(ctx, counter, pages) : 0;
}

/* At its entry: whether the charge is refused isn't known then. Those are few beside the others. */
SEC("?kprobe/page_counter_try_charge")
int BPF_KPROBE(kp_charged, struct page_counter *counter, unsigned long pages)
{
	if (usage_on && !may_be_followed((__u64)counter))
		return 0;
	return on_charged(ctx, counter, pages);
}

/*
 * All that a trace of the whole machine needs of functions, in one program, which is attached to each of
 * them with a cookie that says which (5.15): the verifier looks once at what several of them end in.
 */
SEC("?kprobe")
int kp_shared(struct pt_regs *ctx)
{
	__u64 first = PT_REGS_PARM1(ctx);

	switch (bpf_get_attach_cookie(ctx)) {
	case HOOK_OOM_ENTER:
		return on_oom_enter(ctx, first);
	case HOOK_OOM_EXIT:
		on_oom_exit(PT_REGS_RC(ctx));
		break;
	case HOOK_KILL:
		return on_kill(first);
	case HOOK_VICTIM:
		return on_victim();
	case HOOK_MARK:
		on_mark(first);
		break;
	case HOOK_SIGNAL:
		if (!may_share_mm((int)first))
			return 0;
		on_signal(PT_REGS_PARM3(ctx));
		break;
	case HOOK_MAX_BEGIN:
		return on_limit_begin(first, LIMIT_MAX, PT_REGS_IP(ctx));
	case HOOK_MAX_END:
		return on_limit_end(PT_REGS_RC(ctx));
	default:
		return 0;
	}
	tell_stack(ctx);
	/* Asked for again, since the verifier would go through tell_stack() once for each value that it knows. */
	return bpf_get_attach_cookie(ctx) == HOOK_OOM_EXIT ? end_run() : 0;
}
