/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of --check share: kills of recordings and of logs, in pairs. */
#ifndef OOMTRACE_CHECK_KILL_H
#define OOMTRACE_CHECK_KILL_H

#include <stdio.h>

#include "base/escape.h"
#include "record/record.h"

#define CHECK_COMM_SIZE ESCAPE__UTF8_SIZE(64)
/* More of one side aren't kept. */
#define CHECK_KILLS_MAX (1U << 18)

enum check_result {
	CHECK_SAME,	      /* in all that both tell */
	CHECK_CLOSE,	      /* but for resident memory, by less than the kernel counts in parts */
	CHECK_DIFFERENT,      /* in what both tell */
	CHECK_ONLY_RECORDING, /* the log has no line for it */
	CHECK_ONLY_LOG,	      /* the recording should have it, and has not */
	CHECK_OUTSIDE,	      /* of the log; the recording was not made for it */
	CHECK_RESULTS,
};

enum check_figure {
	FIGURE_TOTAL_VM,
	FIGURE_ANON,
	FIGURE_FILE,
	FIGURE_SHMEM,
	FIGURE_PGTABLES,
	FIGURES,
};

/* One process that was killed, as one side tells it. Texts are valid UTF-8; "" and NULL: not told. */
struct check_kill {
	uint64_t oom_id;
	struct record_time time;
	uint32_t pid, tid; /* the kernel's log has the thread that it chose, as pid */
	char comm[CHECK_COMM_SIZE];
	bool has_uid, has_adj;
	uint32_t uid;
	int oom_score_adj;
	uint32_t has_figures; /* bits by enum check_figure */
	uint64_t figures[FIGURES];

	/* Of the OOM. */
	char constraint[16];
	bool has_limit, has_gfp, has_order, has_trigger_tid;
	uint64_t limit_bytes;
	uint32_t gfp_mask, trigger_tid;
	int order;
	char trigger_comm[CHECK_COMM_SIZE];
	enum record_cause cause;	       /* of a recording's */
	enum record_inside_write inside_write; /* of a log's */
	char *cgroup, *limit_cgroup;	       /* own them */
	char *file, *kernel;		       /* of a log's; own them */
	uint64_t first_line, last_line;

	enum check_result result;
	const char *why_outside;  /* static text */
	struct check_kill *other; /* the same kill, as the other side tells it; NULL: none */
};

struct check_side {
	struct check_kill *kills;
	size_t count, room;
	uint64_t left_out;
};

/* One recording's session. */
struct check_session {
	uint64_t begin_ns, end_ns; /* boot clock */
	bool is_part;		   /* it begins with its first record */
	bool over;		   /* what comes is of others */
	char *kernel;		   /* owned; NULL: unknown */
	bool of_targets;	   /* of these cgroups, not of the whole machine */
	char **targets;		   /* owned */
	size_t target_count;
	uint64_t lost;
};

struct check {
	struct check_side recorded, logged;
	struct check_session *sessions;
	size_t session_count, session_room;
	bool has_log; /* a kernel log's session was there */
	bool in_log;  /* the session that goes on is a log's */
	bool has_offset;
	int64_t offset_ns; /* add it to a log's uptime to get the recording's boot clock */
	uint64_t totals[CHECK_RESULTS];
};

/*
 * check_kill.c: one victim of an OOM record; a log's if the record is made of a log. Returns 0 or -ENOMEM, with
 * nothing to be freed.
 */
int check_kill__fill(struct check_kill *kill, const struct record *record,
		     const struct record_victim *victim);
void check_kill__free(struct check_kill *kill);

/*
 * Whether the kernel logs this victim as killed, which it does not for who shares the memory of another, or is
 * exiting already.
 */
bool check_kill__is_logged(const struct record_victim *victim);

/* Whether a path is that of the cgroup or of one below it. */
bool check_kill__is_below(const char *path, const char *cgroup);

/* A copy as valid UTF-8; NULL stays NULL. Returns 0 or -ENOMEM. */
int check_kill__copy(char **dst, const char *path);

#define CHECK_DIFFERENCES_MAX 24

/* check_compare.c: what differs in a pair. Returns how many there are. */
size_t check_compare__kills(const struct check_kill *recorded, const struct check_kill *logged,
			    struct record_difference differences[CHECK_DIFFERENCES_MAX]);

/* check_match.c: finds the pairs, and fills results and totals. Returns 0 or -ENOMEM. */
int check_match__run(struct check *check);

/* check_print.c. Each returns 0 or a negative errno of writing. */
int check_print__text(const struct check *check, FILE *out);
int check_print__json(const struct check *check, FILE *out);

/* Events that the recordings say that they have lost. */
uint64_t check_print__lost(const struct check *check);

/* "same", "only-log", ... */
const char *check_print__result_name(enum check_result result);

#endif
