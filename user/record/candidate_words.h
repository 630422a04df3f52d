/* SPDX-License-Identifier: GPL-2.0-only */
/* What the candidates of an OOM say: why this process, who came next, who was spared. For text and page. */
#ifndef OOMTRACE_CANDIDATE_WORDS_H
#define OOMTRACE_CANDIDATE_WORDS_H

#include <stdio.h>

#include "record/record.h"

#define CANDIDATE_WORDS_NEXT 2
#define CANDIDATE_WORDS_SPARED 3
#define CANDIDATE_WORDS_PROGRAMS 3

enum candidate_reason {
	CANDIDATE_ONLY,		/* no other could be killed */
	CANDIDATE_LARGEST,	/* nobody has more memory */
	CANDIDATE_RAISED,	/* others have more: its oom_score_adj is above theirs */
	CANDIDATE_LARGEST_LEFT, /* others have more, and are held back by theirs; its own is 0 */
	CANDIDATE_HIGHEST, /* whether others have more isn't known; or they have, and it is held back, too */
};

/* Whose processes the sums by program have. */
enum candidate_sums {
	CANDIDATE_SUMS_ALL,
	CANDIDATE_SUMS_KILLABLE, /* those that the kernel could kill */
	CANDIDATE_SUMS_LISTED,	 /* those that are listed: there are more, which are smaller or held back */
};

struct candidate_facts {
	const struct record_candidate *chosen; /* NULL: nothing was chosen, or it isn't known which */
	enum candidate_reason reason;	       /* of a choice */
	const struct record_candidate
		*next[CANDIDATE_WORDS_NEXT]; /* by points, behind those that were killed */
	size_t next_count;
	const struct record_candidate
		*spared[CANDIDATE_WORDS_SPARED]; /* larger than the chosen one, the largest first */
	size_t spared_count;
	/* By program, the one with the most memory first; those that were killed too. */
	struct record_program programs[CANDIDATE_WORDS_PROGRAMS];
	size_t program_count;
	enum candidate_sums sums;
	bool all_listed; /* else there are more, which are smaller or held back */
	uint64_t listed, killable;
	uint64_t unsummed; /* of those, in no sum, because what they have, or their name, isn't known */
};

/* Returns whether there are candidates. The facts refer to the record. */
bool candidate_words__facts(const struct record_oom *oom, struct candidate_facts *facts);

/* Whether this candidate was killed in this OOM. */
bool candidate_words__was_killed(const struct record_oom *oom, const struct record_candidate *c);

/*
 * The usage at the limit, if so many bytes of a process, or of all of a program, can be said to be a part of it: they
 * aren't more, and none of them can be in swap. 0: they can't. What processes share counts for each.
 */
uint64_t candidate_words__usage_of(const struct record_oom *oom, uint64_t counted_bytes);

/*
 * How much of the shared memory at the limit is resident in no process below it, at least: files in tmpfs, memory that
 * is mapped or held by a descriptor and not touched, or what ended processes have left. 0: less than a fifth of the
 * usage, or not known, since not all processes are listed.
 */
uint64_t candidate_words__not_resident(const struct record_oom *oom);

/* How the parts of a sentence are printed; see cause_words.h. */
struct candidate_words_ops {
	void (*process)(FILE *out, const char *comm, uint32_t pid);
	void (*size)(FILE *out, uint64_t bytes);
};

/* "the most memory of 12 processes, 315.0 MiB", for a choice. */
void candidate_words__put_reason(FILE *out, const struct record_oom *oom, const struct candidate_facts *facts,
				 const struct candidate_words_ops *ops);

/* "postgres (pid 5), 500.0 MiB, held back by oom_score_adj -900". */
void candidate_words__put(FILE *out, const struct record_candidate *c, const struct candidate_words_ops *ops);

#endif
