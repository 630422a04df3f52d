// SPDX-License-Identifier: GPL-2.0-only
/* What a recording and a log tell of the same kill, field by field, where both tell it. */
#include <string.h>

#include "report/check_kill.h"

/*
 * The kernel counts resident memory in parts: up to 6.1 each thread holds back what it has faulted in (up to
 * 64 times; a fault on a file maps up to 16 pages, mm/memory.c), from 6.2 to 6.19 each CPU does (up to
 * max(32, 2 * CPUs) pages, lib/percpu_counter.c). oomtrace adds the parts, a log of these kernels has not.
 */
#define RSS_CLOSE_BYTES (64U * 16 * 4096)

struct list {
	struct record_difference *all;
	size_t count;
};

static struct record_difference *add(struct list *list, const char *field, enum record_difference_kind kind)
{
	struct record_difference *difference = &list->all[list->count++];

	*difference = (struct record_difference){ .field = field, .kind = kind };
	return difference;
}

static void number(struct list *list, const char *field, bool told, uint64_t recorded, uint64_t logged)
{
	struct record_difference *difference;

	if (!told || recorded == logged)
		return;
	difference = add(list, field, DIFFERENCE_NUMBER);
	difference->recorded.number = recorded;
	difference->logged.number = logged;
}

static void limit(struct list *list, const char *field, bool told, uint64_t recorded, uint64_t logged)
{
	size_t before = list->count;

	number(list, field, told, recorded, logged);
	if (list->count > before)
		list->all[before].kind = DIFFERENCE_LIMIT;
}

static void signed_number(struct list *list, const char *field, bool told, int64_t recorded, int64_t logged)
{
	struct record_difference *difference;

	if (!told || recorded == logged)
		return;
	difference = add(list, field, DIFFERENCE_SIGNED);
	difference->recorded.signed_number = recorded;
	difference->logged.signed_number = logged;
}

static void text(struct list *list, const char *field, const char *recorded, const char *logged)
{
	struct record_difference *difference;

	if (!recorded || !logged || !*recorded || !*logged || !strcmp(recorded, logged))
		return;
	difference = add(list, field, DIFFERENCE_TEXT);
	difference->recorded.text = recorded;
	difference->logged.text = logged;
}

static bool is_close(uint64_t a, uint64_t b)
{
	return (a > b ? a - b : b - a) <= RSS_CLOSE_BYTES;
}

/* The log has kB, which sizes of pages and of page tables are whole ones of. */
static void compare_figures(struct list *list, const struct check_kill *recorded,
			    const struct check_kill *logged)
{
	static const struct {
		const char *field;
		bool in_parts;
	} figures[FIGURES] = {
		[FIGURE_TOTAL_VM] = { "total_vm_bytes", false }, [FIGURE_ANON] = { "anon_rss_bytes", true },
		[FIGURE_FILE] = { "file_rss_bytes", true },	 [FIGURE_SHMEM] = { "shmem_rss_bytes", true },
		[FIGURE_PGTABLES] = { "pgtables_bytes", false },
	};

	for (int i = 0; i < FIGURES; i++) {
		bool told = recorded->has_figures & logged->has_figures & (1U << i);
		size_t before = list->count;

		number(list, figures[i].field, told, recorded->figures[i], logged->figures[i]);
		if (list->count > before)
			list->all[before].close = figures[i].in_parts &&
						  is_close(recorded->figures[i], logged->figures[i]);
	}
}

static void compare_cause(struct list *list, const struct check_kill *recorded,
			  const struct check_kill *logged)
{
	static const char *const words[] = { "inside a write of the limit",
					     "not inside a write of the limit" };
	bool write = recorded->cause == CAUSE_INSIDE_WRITE;

	if (recorded->cause == CAUSE_UNKNOWN)
		return;
	if ((logged->inside_write == INSIDE_WRITE_YES && !write) ||
	    (logged->inside_write == INSIDE_WRITE_NO && write))
		text(list, "cause", words[!write], words[write]);
}

size_t check_compare__kills(const struct check_kill *recorded, const struct check_kill *logged,
			    struct record_difference differences[CHECK_DIFFERENCES_MAX])
{
	struct list list = { .all = differences };

	text(&list, "comm", recorded->comm, logged->comm);
	number(&list, "uid", recorded->has_uid && logged->has_uid, recorded->uid, logged->uid);
	signed_number(&list, "oom_score_adj", recorded->has_adj && logged->has_adj, recorded->oom_score_adj,
		      logged->oom_score_adj);
	compare_figures(&list, recorded, logged);
	text(&list, "cgroup", recorded->cgroup, logged->cgroup);
	text(&list, "constraint", recorded->constraint, logged->constraint);
	text(&list, "limit_cgroup", recorded->limit_cgroup, logged->limit_cgroup);
	limit(&list, "max_bytes", recorded->has_limit && logged->has_limit, recorded->limit_bytes,
	      logged->limit_bytes);
	text(&list, "trigger.comm", recorded->trigger_comm, logged->trigger_comm);
	number(&list, "trigger.tid", recorded->has_trigger_tid && logged->has_trigger_tid,
	       recorded->trigger_tid, logged->trigger_tid);
	number(&list, "trigger.gfp_mask", recorded->has_gfp && logged->has_gfp, recorded->gfp_mask,
	       logged->gfp_mask);
	signed_number(&list, "trigger.order", recorded->has_order && logged->has_order, recorded->order,
		      logged->order);
	compare_cause(&list, recorded, logged);
	return list.count;
}
