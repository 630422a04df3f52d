// SPDX-License-Identifier: GPL-2.0-only
/*
 * Puts the programs together. Each topic has a file with the bodies of its hooks, on_*(). Below a body are thin
 * programs that call it: a BTF-typed one (fentry, fexit, tp_btf), and one for kernels that can't attach that
 * (kprobe, kretprobe, raw_tp). All are off ("?") until user/trace/plan.c asks for them. Code that topics share is
 * in the headers.
 *
 * Pointer arguments are only ever probe-read, also in BTF-typed programs, because the verifier can be wrong about
 * NULL and about odd values (docs/kernel-safety.md). scripts/build/check-bpf-loads.py checks this.
 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "event.h"
#include "limit.bpf.c"
#include "oom.bpf.c"
#include "victim.bpf.c"
#include "candidates.bpf.c"
#include "relief.bpf.c"
#include "process.bpf.c"
#include "signal.bpf.c"
#include "charge.bpf.c"
#include "reclaim.bpf.c"
#include "stack.bpf.c"
#include "targets.bpf.c"
#include "files.bpf.c"

char LICENSE[] SEC("license") = "GPL";

/*
 * How a kp_shared goes on: with nothing, until user space has loaded what tells more. This is no program of its own at
 * the same places, because the kernel doesn't say which of two would run first.
 */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} more SEC(".maps");

/*
 * What a trace of the whole machine needs of functions to tell kills, in one program, which is attached to each of
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
		on_machine_oom_exit(PT_REGS_RC(ctx));
		break;
	case HOOK_VICTIM_CHOSEN:
		on_victim_chosen(first);
		break;
	case HOOK_KILL_BEGIN:
		return on_kill_begin(first);
	case HOOK_MARK:
		on_machine_mark(first);
		break;
	case HOOK_MAX_BEGIN:
		return on_limit_begin(first, LIMIT_MAX, PT_REGS_IP(ctx), PT_REGS_PARM2(ctx));
	case HOOK_MAX_END:
		return on_machine_limit_end(PT_REGS_RC(ctx));
	default:
		return 0;
	}
	bpf_tail_call(ctx, &more, 0);
	/* It is there a little later. Asked for again, because the verifier would do this for each value that it knows. */
	return bpf_get_attach_cookie(ctx) == HOOK_OOM_EXIT ? end_run() : 0;
}

/* How kp_shared ends, once this is in `more`. */
SEC("?kprobe")
int kp_more(struct pt_regs *ctx)
{
	if (bpf_get_attach_cookie(ctx) == HOOK_VICTIM_CHOSEN)
		return look_at_chosen(PT_REGS_PARM1(ctx));
	tell_more(ctx);
	return bpf_get_attach_cookie(ctx) == HOOK_OOM_EXIT ? end_run() : 0;
}

/* The same for what tells more of them, and can come a little later (PLAN_LATER). */
SEC("?kprobe")
int kp_later(struct pt_regs *ctx)
{
	__u64 first = PT_REGS_PARM1(ctx);

	switch (bpf_get_attach_cookie(ctx)) {
	case HOOK_CANDIDATE_BEGIN:
		return on_candidate_begin(first);
	case HOOK_CANDIDATE_END:
		return on_candidate_end(PT_REGS_RC(ctx));
	default:
		return 0;
	}
}
