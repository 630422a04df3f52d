// SPDX-License-Identifier: GPL-2.0-only
/*
 * The programs. For each hook there is one body, on_*() in one of the headers, and here thin shims over it: a
 * BTF-typed program (fentry, fexit, tp_btf) and the one that stands in where the kernel can't attach that (kprobe,
 * kretprobe, raw_tp). All are off ("?") until user/plan.c asks for them. Pointer arguments are
 * only ever probe-read, those of BTF-typed programs too: the verifier can be wrong about NULL and
 * about odd values (see docs/kernel-safety.md), and scripts/build/check-bpf-loads.py holds us to it.
 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "charge.bpf.h"
#include "compat.bpf.h"
#include "event.h"
#include "limit.bpf.h"
#include "oom.bpf.h"
#include "process.bpf.h"
#include "reclaim.bpf.h"
#include "stack.bpf.h"

char LICENSE[] SEC("license") = "GPL";

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
int BPF_PROG(btf_reclaim_begin, struct mem_cgroup *memcg, unsigned long pages)
{
	return on_reclaim_begin(argument_number(ctx, 0), pages);
}

SEC("?kprobe/try_to_free_mem_cgroup_pages")
int BPF_KPROBE(kp_reclaim_begin, struct mem_cgroup *memcg, unsigned long pages)
{
	return on_reclaim_begin((__u64)memcg, pages);
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

SEC("?fentry/page_counter_try_charge")
int BPF_PROG(btf_charge, struct page_counter *counter)
{
	return distance_is_followed(distance_of(counter)) ? counter_moves(number_of(counter), 0) : 0;
}

SEC("?kprobe/page_counter_try_charge")
int BPF_KPROBE(kp_charge, struct page_counter *counter)
{
	return may_be_followed((__u64)counter) ? counter_moves((__u64)counter, 0) : 0;
}

SEC("?fentry/page_counter_uncharge")
int BPF_PROG(btf_uncharge, struct page_counter *counter, unsigned long pages)
{
	return distance_is_followed(distance_of(counter)) ? counter_moves(number_of(counter), -(__s64)pages)
							  : 0;
}

SEC("?kprobe/page_counter_uncharge")
int BPF_KPROBE(kp_uncharge, struct page_counter *counter, unsigned long pages)
{
	return may_be_followed((__u64)counter) ? counter_moves((__u64)counter, -(__s64)pages) : 0;
}

/* A bool fills only the low byte of its register. */
SEC("?fexit/page_counter_try_charge")
int BPF_PROG(btf_charged, struct page_counter *counter, unsigned long pages, void *fail, unsigned long ret)
{
	/* A number only if counters are followed, which is when it has to be one. */
	return ret & 0xff ? on_charged(ctx, usage_on ? number_of(counter) : (__u64)counter, pages) : 0;
}

/* At its entry: whether the charge is refused isn't known then. Those are few beside the others. */
SEC("?kprobe/page_counter_try_charge")
int BPF_KPROBE(kp_charged, struct page_counter *counter, unsigned long pages)
{
	return on_charged(ctx, (__u64)counter, pages);
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
