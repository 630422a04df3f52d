/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The state that the parts of the text sink share. text.c is the sink. Each text_*.c prints records of one
 * kind.
 */
#ifndef OOMTRACE_TEXT_SINK_H
#define OOMTRACE_TEXT_SINK_H

#include "output/held.h"
#include "output/stack_top.h"
#include "output/text_parts.h"
#include "record/sink.h"

#define TEXT_SINK_KINDS_MAX 512
#define TEXT_SINK_QUIET_MAX 16

/* Runs at one limit that could kill nothing, since the one that was told in full. */
struct text_quiet {
	uint64_t cgroup_id;
	char place[256]; /* with the marks of wrap.h */
	uint64_t more;
	int64_t first_ns, last_ns, told_ns; /* wall clock */
};

struct text_sink {
	struct sink base; /* its `out` goes through wrap.h and held.h */
	struct text_look look;
	FILE *target; /* where that goes */
	struct held *held;
	bool begun;			    /* a session has come */
	bool from_log;			    /* the session is a kernel log's, whose times are text */
	char target_id[CONTAINER__ID_SIZE]; /* of the target, when that is a container; else "" */
	struct stack_top *top;		    /* where memory was charged */
	bool lost_writes;		    /* of limits, so far: what was written isn't known */
	int64_t attached_wall_ns;	    /* when the session's programs were attached; 0: not known */
	char day[32];			    /* of the last time that was printed: "2026-11-23 (UTC)" */
	/* The stall that was last told of: which, and how long it was then. */
	uint64_t stall_cgroup_id, stall_since_ns, stall_told_ns;
	uint64_t kinds[TEXT_SINK_KINDS_MAX]; /* of OOMs that have been told in full: hashes */
	size_t kind_count;
	struct text_quiet quiet[TEXT_SINK_QUIET_MAX];
	size_t quiet_count;
	struct sink *verdict;
	bool ended; /* it may be told */
	unsigned int sentences, sentences_left_out;
};

/* Flushes what is written. Returns 0 or the first error of where it goes. */
int text_sink__flush(struct text_sink *sink);

/* Begins a record: the time of day, after the date where that has changed. */
void text_sink__time(struct text_sink *sink, const struct record_time *time);

/* Begins an indented line. */
void text_sink__label(const struct text_sink *sink, const char *label);
void text_sink__style(const struct text_sink *sink, enum text_parts_style style);

/* Whether this is the container that is being traced, which need not be named again and again. */
bool text_sink__is_target(const struct text_sink *sink, const struct record_container *c);

/* Whether a write of a limit is news only for those who want all of it: it changed nothing. */
bool text_sink__is_noise(const struct record_limit *l);

/* text_oom.c: one run of the OOM killer, as a block. Returns 0 or a negative errno. */
int text_oom__put(struct text_sink *sink, const struct record *record);

/* text_line.c: the same as a line. */
void text_line__put(struct text_sink *sink, const struct record *record);

/* text_quiet.c: runs that kill nothing are summed up. True: this one is in a sum. */
bool text_quiet__add(struct text_sink *sink, const struct record *record);
void text_quiet__repeats(struct text_sink *sink, const struct record *record);

/* Tells the sum of a limit's runs, since something else comes now, or of all (cgroup_id 0). */
void text_quiet__end(struct text_sink *sink, const struct record *record, uint64_t cgroup_id);

/* text_memory.c: what led to it. usage_bytes: of the cgroup; 0: unknown. */
void text_memory__history(const struct text_sink *sink, const struct record_history *history);
void text_memory__put(const struct text_sink *sink, const struct record_memory *memory, uint64_t usage_bytes);
void text_memory__swap(const struct text_sink *sink, const struct record_oom *oom);
void text_memory__chain(const struct text_sink *sink, const struct record_oom *oom);
void text_memory__session(const struct text_sink *sink, const struct record_session *session);

/* text_candidates.c: why this process was killed and no other. */
void text_candidates__not_resident(const struct text_sink *sink, const struct record_oom *oom);
void text_candidates__put(const struct text_sink *sink, const struct record_oom *oom);

/* text_children.c: what else is below the limit. */
void text_children__put(const struct text_sink *sink, const struct record_oom *oom);

/* text_stall.c: what kept a cgroup from running without a kill. */
int text_stall__take(struct sink *base, const struct record *record);

/* text_steps.c: changes of the limit and what they led to. */
int text_steps__take_step(struct sink *base, const struct record *record);
int text_steps__take(struct sink *base, const struct record *record);

#endif
