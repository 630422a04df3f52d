/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the HTML report keeps until it is written: curves down-sampled, kills' cards and rows written
 * out to temporary files as they come (there may be any number), and what the verdict is made of.
 * Times here are wall-clock ns since 1970 unless named boot_ns, since recordings of several boots
 * may come together in one report.
 *
 * The files here include each other in this order only: assets, elements; words, head, sparkline; compare_page;
 * collected; flame, rows, data, history, anatomy; card (history); pending (card, anatomy); heading; cards; page (cards,
 * data, flame, heading); collect (all).
 */
#ifndef OOMTRACE_HTML_COLLECTED_H
#define OOMTRACE_HTML_COLLECTED_H

#include "record/sink.h"
#include "report/flame_tree.h"
#include "report/series.h"
#include "report/spans.h"

#define HTML_CURVES_MAX 32  /* cgroups with a curve */
#define HTML_CARDS_MAX 250  /* OOMs with a card of their own; the others are rows and marks */
#define HTML_ROWS_MAX 1000  /* rows of a table: more would open slowly, and nobody reads them */
#define HTML_PENDING_MAX 64 /* cards that wait for what comes later */
#define HTML_PENDING_VICTIMS 8
#define HTML_RECENT_WRITES 64
#define HTML_NAME_SIZE 64 /* of names that are kept only to be told again: cut */
#define HTML_PATH_SIZE 256

/* What came in a stream of any length: kept in a temporary file. */
struct html_spool {
	FILE *file;
	uint64_t count, left_out;
};

/* A stall as it was last told of. */
struct html_stall {
	bool going_on;
	int64_t since_ns;
	uint64_t duration_ns, reclaim_ns, usage_bytes, max_bytes;
};

struct html_curve {
	char *cgroup; /* its path: the key */
	char *label;
	struct series usage;
	struct spans reclaim, throttle;
	struct html_stall stall;
	uint64_t kills;
};

struct html_write {
	uint64_t id, begin_ns, end_ns; /* boot clock */
	uint64_t old_max_bytes, new_max_bytes;
	uint32_t pid;
	bool self;
	char comm[HTML_NAME_SIZE];
	char cgroup[HTML_PATH_SIZE];
};

struct html_pending_victim {
	uint32_t pid;
	uint64_t marked_ns, exit_ns; /* boot clock; 0: not seen */
	uint64_t back_ns;	     /* when its memory was back, likewise */
	bool has_returned;
	uint64_t returned_bytes; /* to the counter of the limit */
	char comm[HTML_NAME_SIZE];
};

/* Where in the spool of cards one begins, and what makes it alike to the one before. */
struct html_card_mark {
	long offset;
	uint64_t session, id;
	enum record_cause cause;
	enum oom_outcome outcome;
	bool untold;		     /* somebody else may have been killed */
	uint64_t freed_bytes;	     /* anonymous memory of all that were killed */
	char comm[HTML_NAME_SIZE];   /* of who was killed; "": nobody that is known */
	char cgroup[HTML_PATH_SIZE]; /* whose limit it was */
	char label[HTML_PATH_SIZE];  /* what that is called */
};

/* A card that is written but for what comes later. All times are of the boot clock. */
struct html_pending {
	uint64_t id, cause_limit_id;
	struct html_card_mark mark;
	bool inside_write;
	char *html;		     /* the card's beginning */
	char *stack;		     /* of the task that asked for memory; NULL: none */
	char cgroup[HTML_PATH_SIZE]; /* whose limit it was */
	uint64_t started_ns, chosen_ns, duration_ns;
	uint64_t write_begin_ns, write_end_ns;
	uint64_t reclaim_from_ns, reclaim_to_ns;
	struct record_reclaim_sum reclaim;
	struct html_pending_victim victims[HTML_PENDING_VICTIMS];
	size_t victim_count;
};

struct html_report {
	struct sink base;

	/* of the first session; the others are counted */
	uint64_t sessions;
	char version[HTML_NAME_SIZE], kernel[HTML_NAME_SIZE], arch[HTML_NAME_SIZE];
	char target_kind[HTML_NAME_SIZE], target_cgroup[HTML_PATH_SIZE];
	char target[HTML_PATH_SIZE]; /* as people call it; "": the whole machine */
	uint32_t page_size;
	bool from_log, untimed; /* a kernel log; one whose stamps lack a date, a year or a zone */
	char host[HTML_NAME_SIZE];
	char *without; /* list items: what could not be attached */

	bool has_time;
	bool has_usage; /* there are records of usage; else the seconds before each kill are all there is */
	int64_t first_ns, last_ns;
	int64_t first_oom_ns; /* 0: there was none */
	struct html_curve curves[HTML_CURVES_MAX];
	size_t curve_count;
	uint64_t curves_left_out;		   /* points of cgroups without a curve */
	struct html_spool kill_marks, write_marks; /* JSON */
	struct html_spool kill_rows, write_rows, step_rows, stall_rows, exit_rows, lost_rows;
	struct html_spool cards; /* each from its summary on */
	struct html_card_mark marks[HTML_CARDS_MAX];
	size_t mark_count;
	struct html_pending pending[HTML_PENDING_MAX]; /* a queue from `first` on */
	size_t first_pending, pending_count;
	struct html_write writes[HTML_RECENT_WRITES]; /* a ring */
	uint64_t write_count;
	struct flame_tree *flame;

	struct sink *verdict;	     /* hands its sentences to html_heading__tell() */
	char *headline, *lead;	     /* of the first of them; markup */
	bool is_none, bad;	     /* it is that nothing happened; it is no good news */
	uint64_t killed_in;	     /* containers or cgroups with kills that have a sentence each */
	bool killed_in_more;	     /* there are others, that have one together */
	struct html_spool sentences; /* of the others: list items */
	struct html_spool steps;     /* what to do now: list items */
	uint64_t ooms, kills, no_victim, lost;
	char *first_killed, *last_killed;    /* markup: who and when; NULL: nobody */
	int64_t first_kill_ns, last_kill_ns; /* of the marks */
	uint64_t growth_bytes_per_s;	     /* the fastest before a kill */
	char runtime_status[HTML_NAME_SIZE];
	bool has_runtime, runtime_oom_killed;
	int runtime_exit_code;
	bool has_steps, has_first_kill, died;
	uint64_t first_kill_max, died_max;
	bool has_end;
	char end_reason[HTML_NAME_SIZE * 2];
	int error; /* the first thing that failed: the report would not be whole */
};

/* Keeps the first error: the report would not be whole. */
void html_collected__fail(struct html_report *report, int error);

/* Keeps a text to be told again, cut to what there is room for; NULL: "(unknown)". */
void html_collected__keep(char *dst, size_t size, const char *text);

/* The file for the next piece of a spool, or NULL when there are `most` already (or the disk is full). */
FILE *html_collected__next(struct html_report *report, struct html_spool *spool, uint64_t most);

/* Writes out all that is in a spool. Returns 0 or a negative errno. */
int html_collected__copy(struct html_spool *spool, FILE *out);

/* The page tells of the time from the first record to the last. */
void html_collected__see_time(struct html_report *report, const struct record_time *time);

/* A time for the page's script, whose numbers hold no nanoseconds: cut off, as times of the text are. */
int64_t html_collected__whole_us(int64_t ns);

/* A time of the boot clock on the wall, by a record's both times. */
int64_t html_collected__wall(const struct record_time *time, uint64_t boot_ns);

/* The curve of a cgroup, made if it must be; NULL: there is no room for another. */
struct html_curve *html_collected__curve(struct html_report *report, const char *cgroup,
					 const struct record_container *container);

/* Adds a point to a curve; none to NULL. */
void html_collected__add_point(struct html_report *report, struct html_curve *curve, int64_t wall_ns,
			       uint64_t usage_bytes, uint64_t max_bytes);

/* Keeps a write that began at begin_ns (boot clock) among the last ones. */
void html_collected__keep_write(struct html_report *report, const struct record *record, uint64_t begin_ns);

/* The write of that number if it is among the last ones; else NULL. */
const struct html_write *html_collected__write_of(const struct html_report *report, uint64_t id);

/* Frees what is kept, but neither cards that wait (pending.h) nor the verdict's sink. */
void html_collected__release(struct html_report *report);

#endif
