/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whom the kernel compares in a run of the OOM killer. The hooks are in candidates.bpf.c; run.bpf.h has the run.
 *
 *   out_of_memory()                               begin_run      -> candidates__reset
 *     oom_badness(task)          for each task    on_candidate   keeps the first ones by points
 *     oom_kill_process()                          look_at_chosen -> candidates__look: what memory they have
 *       mark_oom_victim(victim)                   tell_more      -> emit_candidates, after EVENT_OOM
 *
 * The thread that holds oom_lock is the only one that writes here, as with `run`.
 */
#ifndef OOMTRACE_CANDIDATES_BPF_H
#define OOMTRACE_CANDIDATES_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include "chain.bpf.h"
#include "compat.bpf.h"
#include "emit.bpf.h"
#include "event.h"
#include "program_sums.bpf.h"
#include "task.bpf.h"

#define PF_KTHREAD 0x00200000 /* include/linux/sched.h: the same from 5.10 to 7.3 */
#define NOTED_SLOTS 32	      /* a power of two, so that an index can be cut to it */
/*
 * Of how many each one's oom_score_adj is read, which costs as much as all else that a candidate does. One that comes
 * after them is taken to have that of the one before, if both are of one program, and if it then has but so many
 * thousandths of all memory. A large one looks so small only if its oom_score_adj takes off just what it has.
 */
#define ADJ_READ_OF_ALL 256
#define SMALL_THOUSANDTHS 5

/* A task that may be listed. It can have ended, and its memory can be another's, when it is looked at. */
struct noted {
	__u64 task;
	__u64 cgroup;
	__u64 start_ns;
	__s64 points;
	__s64 pages; /* of those that are spared: what the kernel counts of its memory */
	__u32 pid;
	__s32 adj;
};

enum scan_wanted { SCAN_UNDECIDED, SCAN_WANTED, SCAN_UNWANTED };

/* Volatile: see `run`. */
static volatile struct {
	struct noted top[NOTED_SLOTS];	  /* the first `top_count` are valid, in no order */
	struct noted spared[NOTED_SLOTS]; /* as above */
	__s64 least;			  /* of a full list's points */
	__s64 points_sum;
	__s64 thousandth; /* of all pages that count: what one of oom_score_adj adds to points */
	__u64 task;	  /* whose points are being reckoned, where only a kprobe has told; or 0 */
	__u32 least_at;
	__u32 top_count;
	__u32 spared_count;
	__u32 scored;
	__u32 unkillable;
	__u32 wanted; /* enum scan_wanted */
	bool looked;  /* `candidates` is of this run */
} scan;

/* What follows the list is room enough for the indices that slot() lets through. */
_Static_assert(EVENT_SUMS_SIZE >= (NOTED_SLOTS - EVENT_CANDIDATES_MAX) * sizeof(struct event_candidate),
	       "slot() lets an index out of the event");

/* Cuts an index to what all of these lists have. The verifier doesn't see that it is in bounds already. */
static __always_inline __u32 slot(__u32 i)
{
	barrier_var(i);
	return i & (NOTED_SLOTS - 1);
}

static __always_inline struct event_candidate *listed(__u32 i)
{
	return &candidates.event.list[slot(i)];
}

static __always_inline void candidates__reset(void)
{
	scan.points_sum = 0;
	scan.top_count = 0;
	scan.spared_count = 0;
	scan.scored = 0;
	scan.unkillable = 0;
	scan.wanted = SCAN_UNDECIDED;
	scan.looked = false;
	program_sums__reset();
}

/* Whether victims of this run can be in the target. Global: see task.bpf.h. */
__noinline int candidates__decide(__u64 oc)
{
	struct mem_cgroup *memcg = BPF_CORE_READ((struct oom_control *)oc, memcg);

	scan.wanted = !has_target || !memcg || binds_target((__u64)memcg_cgroup(memcg)) ? SCAN_WANTED
											: SCAN_UNWANTED;
	scan.thousandth = BPF_CORE_READ((struct oom_control *)oc, totalpages) / 1000;
	return 0;
}

static __always_inline __s32 task_adj(__u64 task)
{
	return BPF_CORE_READ((struct task_struct *)task, signal, oom_score_adj);
}

static __always_inline void note(volatile struct noted *to, __u64 address, __s64 points, __s32 adj)
{
	struct task_struct *task = (void *)address;

	to->task = address;
	to->cgroup = task_cgroup_address(address);
	to->start_ns = BPF_CORE_READ(task, start_boottime);
	to->points = points;
	to->pid = BPF_CORE_READ(task, tgid);
	to->adj = adj;
}

/* Pages that the kernel would count of a process that it gives no points. */
__noinline __s64 task_pages(__u64 task)
{
	struct mm_struct *mm = BPF_CORE_READ((struct task_struct *)task, mm);
	__s64 rss[RSS_COUNT] = {};

	if (!mm)
		return 0;
	compat__rss(mm, rss);
	return rss[RSS_FILE] + rss[RSS_ANON] + rss[RSS_SHMEM] + rss[RSS_SWAP] +
	       (__u64)BPF_CORE_READ(mm, pgtables_bytes.counter) / page_size;
}

/* Where the next one that is spared goes; the list's length: it is smaller than those. */
static __always_inline __u32 place_among_spared(__s64 pages)
{
	__u32 at = scan.spared_count;

	if (at < EVENT_CANDIDATES_SPARED) {
		scan.spared_count++;
		return at;
	}
	for (__u32 i = 0; i < EVENT_CANDIDATES_SPARED; i++) {
		if (scan.spared[i].pages < pages) {
			pages = scan.spared[i].pages;
			at = i;
		}
	}
	return at;
}

/* A negative oom_score_adj holds this one back: keeps it if it is one of the largest. */
__noinline int note_spared(__u64 task, __s64 points, __u32 adj)
{
	__s64 pages = points == EVENT_UNKILLABLE ? task_pages(task) : points - (__s32)adj * scan.thousandth;
	__u32 at = place_among_spared(pages);

	if (at >= EVENT_CANDIDATES_SPARED)
		return 0;
	scan.spared[at].pages = pages;
	note(&scan.spared[at], task, points, adj);
	return 0;
}

/* Which of two has fewer points. Global (see task.bpf.h), as what else is done to each of a list is below. */
__noinline __u32 lesser(__u32 a, __u32 b)
{
	return scan.top[slot(b)].points < scan.top[slot(a)].points ? b : a;
}

/* The one with the fewest points, once the list is full. */
static __always_inline void find_least(void)
{
	__u32 at = 0;

	for (__u32 i = 1; i < EVENT_CANDIDATES_TOP; i++)
		at = lesser(at, i);
	scan.least = scan.top[slot(at)].points;
	scan.least_at = at;
}

/* One of the first by points, until now. Whom it takes the place of may be spared. */
__noinline int note_top(__u64 task, __s64 points, __u32 adj)
{
	__u32 at = scan.top_count;

	if (at < EVENT_CANDIDATES_TOP) {
		scan.top_count = at + 1;
	} else {
		at = slot(scan.least_at);
		if (scan.top[at].adj < 0)
			note_spared(scan.top[at].task, scan.top[at].points, scan.top[at].adj);
	}
	note(&scan.top[slot(at)], task, points, adj);
	if (scan.top_count == EVENT_CANDIDATES_TOP)
		find_least();
	return 0;
}

/* The kernel never asks for the memory of a kernel thread, nor of init: it passes over these. */
static __always_inline bool is_passed_over(__u64 address)
{
	struct task_struct *task = (void *)address;

	return BPF_CORE_READ(task, flags) & PF_KTHREAD || BPF_CORE_READ(task, tgid) == 1;
}

__noinline int note_unkillable(__u64 task)
{
	__s32 adj = task_adj(task);

	if (is_passed_over(task))
		return 0;
	scan.scored++;
	scan.unkillable++;
	if (adj < 0)
		note_spared(task, EVENT_UNKILLABLE, adj);
	return 0;
}

/* Whether the oom_score_adj of the one before will do for one of the same program: see ADJ_READ_OF_ALL. */
static __always_inline bool is_like_last(__s64 points)
{
	__s64 pages = points - last.adj * scan.thousandth;

	return scan.scored > ADJ_READ_OF_ALL && last.has_adj && last.adj >= 0 && pages >= 0 &&
	       pages < SMALL_THOUSANDTHS * scan.thousandth;
}

/* The kernel has reckoned the points of one in this run. */
static __always_inline void candidates__score(__u64 oc, __u64 task, __s64 points)
{
	bool is_top;
	__s32 adj;

	if (scan.wanted == SCAN_UNDECIDED)
		candidates__decide(oc);
	if (scan.wanted != SCAN_WANTED)
		return;
	if (points == EVENT_UNKILLABLE) {
		note_unkillable(task);
		return;
	}
	scan.scored++;
	if (points > 0)
		scan.points_sum += points;
	program_sums__find(task);
	is_top = scan.top_count < EVENT_CANDIDATES_TOP || points > scan.least;
	adj = !is_top && is_like_last(points) ? last.adj : task_adj(task);
	last.adj = adj;
	last.has_adj = true;
	program_sums__add(points - adj * scan.thousandth);
	if (is_top)
		note_top(task, points, adj);
	else if (adj < 0)
		note_spared(task, points, adj);
}

/* ---- a victim is chosen, or there is none ---- */

static __always_inline void look_at_memory(struct event_candidate *c, struct mm_struct *mm)
{
	__s64 rss[RSS_COUNT] = {};

	c->flags |= CANDIDATE_HAS_MM;
	if (compat__rss(mm, rss))
		c->flags |= CANDIDATE_RSS_EXACT;
	c->file_rss_pages = rss[RSS_FILE];
	c->anon_rss_pages = rss[RSS_ANON];
	c->shmem_rss_pages = rss[RSS_SHMEM];
	c->swap_entries = rss[RSS_SWAP];
	c->pgtables_bytes = BPF_CORE_READ(mm, pgtables_bytes.counter);
}

/* Fills in one of the event's list, of `top` or of `spared`. */
__noinline int look_at_candidate(__u32 to, __u32 from, __u32 spared)
{
	volatile struct noted *n = spared ? &scan.spared[slot(from)] : &scan.top[slot(from)];
	struct task_struct *task = (void *)n->task;
	struct event_candidate *c = listed(to);
	struct mm_struct *mm;

	bpf_probe_read_kernel(c, sizeof(*c), zeros);
	c->pid = n->pid;
	c->points = n->points;
	c->start_ns = n->start_ns;
	c->flags = spared ? CANDIDATE_SPARED : 0;
	if ((__u32)BPF_CORE_READ(task, tgid) != n->pid ||
	    BPF_CORE_READ(task, start_boottime) != n->start_ns) {
		c->flags |= CANDIDATE_GONE;
		return 0;
	}
	c->cgroup_id = cgroup_id((void *)n->cgroup);
	c->oom_score_adj = n->adj;
	c->uid = BPF_CORE_READ(task, real_cred, uid.val);
	BPF_CORE_READ_STR_INTO(&c->comm, task, comm);
	mm = BPF_CORE_READ(task, mm);
	if (mm)
		look_at_memory(c, mm);
	return 0;
}

__noinline int is_in_top(__u64 task)
{
	for (__u32 i = 0; i < EVENT_CANDIDATES_TOP && i < scan.top_count; i++) {
		if (scan.top[i].task == task)
			return true;
	}
	return false;
}

/* Whom the kernel has chosen is one of the first, however many have as many points. */
static __always_inline void note_chosen(__u64 oc)
{
	__u64 chosen = (__u64)BPF_CORE_READ((struct oom_control *)oc, chosen);

	if (chosen && !is_in_top(chosen))
		note_top(chosen, BPF_CORE_READ((struct oom_control *)oc, chosen_points), task_adj(chosen));
}

__noinline int look_at_top(void)
{
	for (__u32 i = 0; i < EVENT_CANDIDATES_TOP && i < scan.top_count; i++)
		look_at_candidate(i, i, false);
	return 0;
}

__noinline int look_at_spared(void)
{
	for (__u32 i = 0; i < EVENT_CANDIDATES_SPARED && i < scan.spared_count; i++)
		look_at_candidate(scan.top_count + i, i, true);
	return 0;
}

/* Looks at the memory of those that were noted, when the kernel prints its table of tasks. */
__noinline int candidates__look(__u64 oc)
{
	__u32 top;

	if (scan.looked || !scan.scored)
		return 0;
	note_chosen(oc);
	look_at_top();
	look_at_spared();
	top = scan.top_count;
	candidates.event.h.flags = scan.scored - scan.unkillable > top ? CANDIDATES_SUMMED : 0;
	candidates.event.scored = scan.scored;
	candidates.event.unkillable = scan.unkillable;
	candidates.event.points_sum = scan.points_sum;
	candidates.event.top = top;
	candidates.event.count = top + scan.spared_count;
	scan.looked = true;
	return 0;
}

/* The cgroup of one of the list, unless one before is in it; 0: none is to be told. */
__noinline __u64 candidates__new_cgroup(__u32 i)
{
	__u32 top = scan.top_count;
	__u64 cgroup, id = listed(i)->cgroup_id;

	if (i >= candidates.event.count || listed(i)->flags & CANDIDATE_GONE)
		return 0;
	for (__u32 before = 0; before < EVENT_CANDIDATES_MAX && before < i; before++) {
		if (candidates.event.list[before].cgroup_id == id)
			return 0;
	}
	cgroup = i < top ? scan.top[slot(i)].cgroup : scan.spared[slot(i - top)].cgroup;
	return cgroup_id((void *)cgroup) == id ? cgroup : 0;
}

#endif
