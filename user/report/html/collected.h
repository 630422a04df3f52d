/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the HTML report keeps until it is written: curves down-sampled, kills' cards and rows written
 * out to temporary files as they come (there may be any number), and what the verdict is made of.
 * Times here are wall-clock ns since 1970 unless named boot_ns, since recordings of several boots
 * may come together in one report.
 */
#ifndef OOMTRACE_HTML_REPORT_H
#define OOMTRACE_HTML_REPORT_H

#include "report/flame_tree.h"
#include "report/series.h"
#include "record/sink.h"
#include "report/verdict.h"

#define HTML_CURVES_MAX 32  /* cgroups with a curve */
#define HTML_CARDS_MAX 500  /* OOMs with a card of their own; the others are rows and marks */
#define HTML_ROWS_MAX 5000  /* rows of a table */
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
	uint64_t old_bytes, new_bytes;
	uint32_t pid;
	bool self;
	char comm[HTML_NAME_SIZE];
	char cgroup[HTML_PATH_SIZE];
};

struct html_pending_victim {
	uint32_t pid;
	uint64_t marked_ns, exit_ns; /* boot clock; 0: not seen */
	char comm[HTML_NAME_SIZE];
};

/* A card that is written but for what comes later. All times are of the boot clock. */
struct html_pending {
	uint64_t id, cause_limit_id;
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
	char *without; /* list items: what could not be attached */

	bool has_time;
	int64_t first_ns, last_ns;
	struct html_curve curves[HTML_CURVES_MAX];
	size_t curve_count;
	uint64_t curves_left_out;		   /* points of cgroups without a curve */
	struct html_spool kill_marks, write_marks; /* JSON */
	struct html_spool kill_rows, write_rows, step_rows, stall_rows, exit_rows, lost_rows;
	struct html_spool cards;
	struct html_pending pending[HTML_PENDING_MAX]; /* a queue from `first` on */
	size_t first_pending, pending_count;
	struct html_write writes[HTML_RECENT_WRITES]; /* a ring */
	uint64_t write_count;
	struct flame_tree *flame;

	struct sink *verdict;	     /* hands its sentences to html_verdict__tell() */
	char *headline, *lead;	     /* of the first of them; markup */
	bool is_none, bad;	     /* it is that nothing happened; it is no good news */
	struct html_spool sentences; /* of the others: list items */
	uint64_t ooms, kills, no_victim, lost;
	char runtime_status[HTML_NAME_SIZE];
	bool has_runtime, runtime_oom_killed;
	int runtime_exit_code;
	bool has_steps, has_first_kill, died;
	uint64_t first_kill_max, died_max;
	bool has_end;
	char end_reason[HTML_NAME_SIZE * 2];
	int error; /* the first thing that failed: the report would not be whole */
};

/* html_card.c: the card of one OOM up to its anatomy; what is known later is added to it then. */
int html_card__begin(struct html_report *report, struct html_pending *pending, const struct record_oom *oom);
void html_card__end(struct html_report *report, const struct html_pending *pending, FILE *out);
void html_card__free(struct html_pending *pending);

/* html_page.c: the whole page, when everything has come. Returns 0 or a negative errno. */
int html_page__write(struct html_report *report, FILE *out);

/* The file for the next piece of a spool, or NULL when there are `most` already (or the disk is full). */
FILE *html_report__next(struct html_report *report, struct html_spool *spool, uint64_t most);

/* Writes out all that is in a spool. Returns 0 or a negative errno. */
int html_page__copy(struct html_spool *spool, FILE *out);

/* html_verdict.c: the heading that says it all, and the sentences that say why. */
int html_verdict__tell(void *report, const struct verdict_sentence *sentence);
int html_verdict__write(struct html_report *report, FILE *out);

/* The write of that number if it is among the last ones; else NULL. */
const struct html_write *html_report__write_of(const struct html_report *report, uint64_t id);

#endif
