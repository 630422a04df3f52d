/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Why the OOMs of a container or cgroup happened, for its sentence in the verdict (verdict.c). OOMs with one why have
 * the same cause, limit and write, or were inside of writes of which the same is said: a script that sets a limit again
 * and again. What is said of a why is true of each of them.
 */
#ifndef OOMTRACE_VERDICT_WHY_H
#define OOMTRACE_VERDICT_WHY_H

#include <stdio.h>

#include "record/cause_words.h"
#include "record/record.h"

#define VERDICT_WHY_PATH_BYTES 4096
#define VERDICT_WHY_NAME_BYTES 256
#define VERDICT_WHY_COMM_BYTES 64
/* Different whys of one subject; a limit that is lowered in steps has more of them. */
#define VERDICT_WHYS_MAX 4
#define VERDICT_WRITES_MAX 1024

/* A write of a limit, as far as a sentence needs it. */
struct verdict_write {
	uint64_t id; /* 0: none */
	uint64_t old_max_bytes, new_max_bytes;
	uint32_t pid;
	char comm[VERDICT_WHY_COMM_BYTES];
};

struct verdict_writes {
	struct verdict_write latest[VERDICT_WRITES_MAX]; /* a ring */
	uint64_t count;
};

struct verdict_why {
	bool at_least; /* more may have it than `ooms`: there were too many whys to keep */
	uint64_t ooms; /* that have it, with the runs that found nothing to kill and were only counted */
	struct cause_facts facts; /* since_ns: of the first of them */
	bool has_max;
	uint64_t max_bytes;
	bool own; /* the subject's own limit */
	char writer[VERDICT_WHY_COMM_BYTES];
	char limit[VERDICT_WHY_PATH_BYTES]; /* "": unknown */
	struct record_container limit_container;
	char limit_name[VERDICT_WHY_NAME_BYTES];
	struct verdict_write write; /* the one that cause says something of, once it is known; its pid is 0
				      when it stands for several of different processes */
};

/* OOMs with a why that found no room in `whys`, by a hash of it: it may be the decisive one later. */
struct verdict_rest {
	uint64_t hash, ooms;
};

#define VERDICT_REST_MAX 64

struct verdict_whys {
	struct verdict_why whys[VERDICT_WHYS_MAX];
	size_t count;
	struct verdict_rest rest[VERDICT_REST_MAX];
	size_t rest_count;
	uint64_t other_ooms;  /* with whys that found no room, those of `rest` among them */
	bool rest_is_full;    /* some of them aren't */
	size_t decisive;      /* of `whys`: what the sentence is about */
	size_t latest;	      /* of `whys`: of the OOM that was counted last; VERDICT_WHYS_MAX: no room */
	uint64_t latest_hash; /* where there was none */
};

/*
 * Counts an OOM of the subject with this path. decisive: the sentence is about this one, so that its why is kept. init:
 * it is said of this OOM alone, so that since_ns is its own.
 */
void verdict_why__count(struct verdict_whys *whys, const struct record_oom *oom, const char *subject_path,
			bool decisive, bool init);

/* Counts runs that found nothing to kill after the OOM that was counted last, and were only counted. */
void verdict_why__count_repeats(struct verdict_whys *whys, uint64_t repeats);

/* Keeps a write for the OOMs that come after it. */
const struct verdict_write *verdict_why__keep_write(struct verdict_writes *writes,
						    const struct record_limit *limit);

/* What whys say of the writes that are kept. */
void verdict_why__note_writes(struct verdict_whys *whys, const struct verdict_writes *writes);

/* A write that a why may be waiting for, since it is told of after its kills. */
void verdict_why__note_write(struct verdict_whys *whys, const struct verdict_write *write);

/* The decisive why. its_own: it is said of one OOM, whose since_ns is known. */
void verdict_why__put(FILE *out, const struct verdict_whys *whys, bool its_own);

/* Whether not all OOMs have the decisive why. */
bool verdict_why__has_others(const struct verdict_whys *whys);

/* How many have it: "12", or "at least 12" where there were too many whys to keep. */
void verdict_why__put_number(FILE *out, const struct verdict_whys *whys);

/* After the decisive one: how many OOMs have it, and what the others have: " (2 OOMs), CAUSE (1 OOM)". */
void verdict_why__put_others(FILE *out, const struct verdict_whys *whys);

#endif
