// SPDX-License-Identifier: GPL-2.0-only
/* Whom the kernel compares in a run of the OOM killer: see candidates.bpf.h. */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "candidates.bpf.h"
#include "event.h"
#include "run.bpf.h"
#include "task.bpf.h"

/*
 * oom_badness() is called by who reads /proc/PID/oom_score, too. This is all that it costs them. What in_run() asks
 * besides isn't needed: the next run forgets what was noted.
 */
static __always_inline bool in_scan(void)
{
	return run.tid && run.tid == current_tid();
}

static __always_inline int on_candidate_begin(__u64 task)
{
	if (in_scan())
		scan.task = task;
	return 0;
}

/* The same without the function's argument: that of on_candidate_begin(), if the kernel hasn't left that out. */
static __always_inline int on_candidate_end(__s64 points)
{
	__u64 task;

	if (!in_scan())
		return 0;
	task = scan.task;
	scan.task = 0;
	if (task)
		candidates__score(run.oc, task, points);
	return 0;
}

/* ---- programs ---- */

/* argument_number() would cost more than all else here: what was in a global is no pointer to the verifier, either. */
SEC("?fexit/oom_badness")
int BPF_PROG(btf_candidate, void *task, unsigned long totalpages, long points)
{
	if (!in_scan())
		return 0;
	scan.task = (__u64)task;
	candidates__score(run.oc, scan.task, points);
	return 0;
}

SEC("?kprobe/oom_badness")
int BPF_KPROBE(kp_candidate_begin, void *task)
{
	return on_candidate_begin((__u64)task);
}

SEC("?kretprobe/oom_badness")
int BPF_KRETPROBE(kp_candidate_end, long points)
{
	return on_candidate_end(points);
}
