/* SPDX-License-Identifier: GPL-2.0-only */
/* Whom the OOM killer might have killed, as seen live or as a kernel log has it. The lifetimes are those of record.h. */
#ifndef OOMTRACE_RECORD_CANDIDATES_H
#define OOMTRACE_RECORD_CANDIDATES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "containers/container.h"

struct record_candidate {
	uint32_t pid;
	const char *comm; /* NULL: unknown */
	bool has_uid, has_adj, has_total_vm, has_rss, has_swap, has_pgtables;
	bool in_pages; /* sizes are pages of a size that isn't known, but page tables bytes */
	uint32_t uid;
	int oom_score_adj;
	uint64_t total_vm, rss, swap, pgtables_bytes; /* bytes */
	/* What only the kernel side tells. */
	bool has_points; /* else it can't be killed, or a log doesn't tell */
	int64_t points;
	bool has_counted;
	uint64_t counted_bytes; /* memory that has counted: the points without those for oom_score_adj */
	bool has_kinds;		/* of rss */
	uint64_t anon_rss_bytes, file_rss_bytes, shmem_rss_bytes;
	const char *cgroup;
	struct record_container container;
};

/* Processes of one name. */
struct record_program {
	const char *comm;
	uint64_t count, counted_bytes;
};

struct record_candidates {
	uint64_t count, unkillable;
	bool has_counted;
	uint64_t counted_bytes;		      /* of all that have points */
	const struct record_candidate *first; /* by points, or by rss in a log, the most first */
	size_t first_count;
	/* The largest of those that a negative oom_score_adj has held back and that aren't among the first. */
	const struct record_candidate *spared;
	size_t spared_count;
	/*
	 * All that have points, those that are listed too, by program, the one with the most memory first. NULL: they
	 * weren't summed up, because all are listed or by whom that can't do it. `other`: of programs that aren't here.
	 */
	const struct record_program *programs;
	size_t program_count;
	struct record_program other; /* without a name */
};

#endif
