/* SPDX-License-Identifier: GPL-2.0-only */
/* The event for whom the kernel might have killed. A part of event.h, by whose rules it is. */
#ifndef OOMTRACE_EVENT_CANDIDATES_H
#define OOMTRACE_EVENT_CANDIDATES_H

#define EVENT_CANDIDATES_TOP 20	  /* the first ones by points */
#define EVENT_CANDIDATES_SPARED 4 /* the largest of those that a negative oom_score_adj holds back */
#define EVENT_CANDIDATES_MAX (EVENT_CANDIDATES_TOP + EVENT_CANDIDATES_SPARED)
#define EVENT_PROGRAMS_MAX 64			     /* a power of two */
#define EVENT_UNKILLABLE (-0x7fffffffffffffffLL - 1) /* LONG_MIN, as points: never killed */

/* event_candidate.flags */
enum {
	CANDIDATE_HAS_MM = 1 << 0,    /* the figures of memory are valid */
	CANDIDATE_RSS_EXACT = 1 << 1, /* the rss figures are exact sums over all CPUs */
	CANDIDATE_SPARED = 1 << 2,    /* not one of the first by points */
	CANDIDATE_GONE = 1 << 3, /* it had ended before it was looked at: only points and pid are valid */
};

struct event_candidate {
	__u64 cgroup_id;
	__u64 start_ns; /* CLOCK_BOOTTIME when the thread group started */
	__s64 points;	/* as the kernel has reckoned them */
	__s64 file_rss_pages;
	__s64 anon_rss_pages;
	__s64 shmem_rss_pages;
	__s64 swap_entries;
	__u64 pgtables_bytes;
	__u32 pid; /* thread group id */
	__s32 oom_score_adj;
	__u32 uid;
	__u32 flags;
	char comm[EVENT_COMM_LEN];
};

/* Processes with points, summed by program. */
struct event_program {
	char comm[EVENT_COMM_LEN];
	__s64 pages; /* that count: the points without those for oom_score_adj */
	__u32 count;
	__u32 scan; /* valid if it is that of the event */
};

/* event_candidates.h.flags */
enum {
	CANDIDATES_SUMMED = 1 << 0, /* more have points than are listed: it goes on behind `list` */
};

/* What the kernel has scored in a run of the OOM killer, once it has chosen or found nobody. */
struct event_candidates {
	struct event_header h;
	__u32 scored;	  /* tasks that the kernel has reckoned points for */
	__u32 unkillable; /* of these, those that it never kills */
	__u32 top;	  /* of `list`, in no order: the first ones by points */
	__u32 count;	  /* of `list` that are valid: the rest is spared */
	__s64 points_sum; /* of all points above 0 */
	struct event_candidate list[EVENT_CANDIDATES_MAX];
	/* With CANDIDATES_SUMMED only: all that have points, those that are listed too. */
	__u32 scan;
	__u32 other_count; /* of processes whose program had no place in `programs` */
	__s64 other_pages;
	struct event_program programs[EVENT_PROGRAMS_MAX]; /* in no order, each with all of its processes */
};

/* How much of it is sent without CANDIDATES_SUMMED. */
#define EVENT_CANDIDATES_LEAST (sizeof(struct event_candidates) - EVENT_SUMS_SIZE)
#define EVENT_SUMS_SIZE (16 + 32 * EVENT_PROGRAMS_MAX)

EVENT_ASSERT(sizeof(struct event_candidate) == 80 + EVENT_COMM_LEN);
EVENT_ASSERT(sizeof(struct event_program) == 16 + EVENT_COMM_LEN);
EVENT_ASSERT(EVENT_CANDIDATES_LEAST == 48 + 96 * EVENT_CANDIDATES_MAX);

#endif
