// SPDX-License-Identifier: GPL-2.0-only
/* What led to an OOM, or to none, as text: usage, reclaim, what the memory was, whose limits. */
#include <inttypes.h>
#include <string.h>

#include "base/array.h"
#include "output/curve.h"
#include "record/memory_kinds.h"
#include "output/text_parts.h"
#include "base/units.h"

#define CURVE_WIDTH 32
#define COLUMNS 79 /* of a usual terminal */

static void put_duration(FILE *out, const char *label, uint64_t duration_ns)
{
	char text[UNITS__TEXT_SIZE];

	fprintf(out, "%s%s", label, units__format_duration(text, sizeof(text), duration_ns));
}

/* "growing by 31.2 MiB/s" */
static void put_growth(const struct text_sink *sink, const struct record_history *h)
{
	bool grows = h->growth_bytes_per_s > 0;
	uint64_t rate = (uint64_t)h->growth_bytes_per_s;

	if (!h->has_growth || !rate)
		return;
	text__label(sink, "");
	text__size(sink->base.out, grows ? "growing by " : "shrinking by ", grows ? rate : -rate);
	fputs("/s at the end\n", sink->base.out);
}

/* Whether they look the same, too. */
static bool same_size(uint64_t a, uint64_t b)
{
	char one[UNITS__TEXT_SIZE], two[UNITS__TEXT_SIZE];

	return !strcmp(units__format_size(one, sizeof(one), a), units__format_size(two, sizeof(two), b));
}

/* "▁▂▃▅▇██ 12.0 MiB -> 64.0 MiB in 8.3 s" */
static void put_curve(const struct text_sink *sink, const struct record_history *h)
{
	const struct record_point *first = &h->points[0], *last = &h->points[h->count - 1];
	char curve[CURVE_SIZE(CURVE_WIDTH)];
	FILE *out = sink->base.out;
	uint64_t peak = 0;

	if (last->ts_ns <= first->ts_ns)
		return;
	for (size_t i = 0; i < h->count; i++) {
		if (h->points[i].usage_bytes > peak)
			peak = h->points[i].usage_bytes;
	}
	text__label(sink, "before");
	curve__draw(curve, h->points, h->count, first->ts_ns, last->ts_ns, curve__top(h->points, h->count),
		    CURVE_WIDTH, sink->look.ascii);
	fprintf(out, "%s ", curve);
	text__size(out, "", first->usage_bytes);
	if (!same_size(peak, first->usage_bytes) && !same_size(peak, last->usage_bytes))
		text__size(out, " -> ", peak);
	text__size(out, " -> ", last->usage_bytes);
	put_duration(out, " in ", last->ts_ns - first->ts_ns);
	fputc('\n', out);
	put_growth(sink, h);
}

/*
 * "reclaim   1.2 s in 14 runs (longest 420.0 ms), freed 12.0 MiB"
 * "held back 3.1 s, by memory.high"
 * "refused   37 charges"
 */
static void put_reclaim(const struct text_sink *sink, const struct record_history *h)
{
	FILE *out = sink->base.out;

	if (h->reclaim.runs) {
		text__label(sink, "reclaim");
		put_duration(out, "", h->reclaim.duration_ns);
		fputs(" in ", out);
		text__count(out, h->reclaim.runs, "run");
		put_duration(out, " (longest ", h->reclaim.longest_ns);
		text__size(out, "), freed ", h->reclaim.reclaimed_bytes);
		fputc('\n', out);
	}
	if (h->throttle.runs) {
		text__label(sink, "held back");
		put_duration(out, "", h->throttle.duration_ns);
		fputs(", by memory.high\n", out);
	}
	if (h->refused) {
		text__label(sink, "refused");
		text__count(out, h->refused, "charge");
		fputc('\n', out);
	}
}

/* "kernel memory 1.0 MiB -> 40.0 MiB", and a line for sockets */
static void put_kinds(const struct text_sink *sink, const struct record_history *h)
{
	FILE *out = sink->base.out;
	struct kinds_growth g;

	if (!memory_kinds__growth(h, &g))
		return;
	text__label(sink, "of it");
	if (g.kernel) {
		text__size(out, g.kernel_is_least ? "kernel memory, at least " : "kernel memory ",
			   g.kernel_from);
		text__size(out, " -> ", g.kernel_to);
		fputc('\n', out);
	}
	if (g.kernel && g.sock)
		text__label(sink, "");
	if (g.sock) {
		text__size(out, "sockets ", g.sock_from);
		text__size(out, " -> ", g.sock_to);
		fputc('\n', out);
	}
}

void text__history(const struct text_sink *sink, const struct record_history *history)
{
	if (history->count)
		put_curve(sink, history);
	put_kinds(sink, history);
	put_reclaim(sink, history);
}

/* What is part of the item before it stands in brackets, or for itself when that one isn't known. */
static const struct memory_line {
	enum memory_item item;
	const char *label;
	bool is_part;
} memory_lines[] = {
	{ MEMORY_ANON, "anon", false },
	{ MEMORY_FILE, "file", false },
	{ MEMORY_SHMEM, "shmem", true },
	{ MEMORY_KERNEL, "kernel", false },
	{ MEMORY_SLAB_UNRECLAIMABLE, "slab", true },
	{ MEMORY_SLAB_RECLAIMABLE, "reclaimable slab", true },
	{ MEMORY_KERNEL_STACK, "stacks", true },
	{ MEMORY_PAGETABLES, "page tables", true },
	{ MEMORY_SOCK, "sockets", false },
	{ MEMORY_SWAP, "swap", false },
};

/* Goes on with a line of items, or with another line where it would become too long. Returns its columns. */
static int put_item(const struct text_sink *sink, int column, const char *gap, const char *item)
{
	int len = (int)strlen(item);

	if (!column)
		text__label(sink, "memory");
	if (column && column + (int)strlen(gap) + 1 + len > COLUMNS) {
		fprintf(sink->base.out, "%s\n", gap);
		text__label(sink, "");
		column = 0;
	} else if (column) {
		column += fprintf(sink->base.out, "%s ", gap);
	}
	fputs(item, sink->base.out);
	return (column ? column : TEXT_INDENT) + len;
}

/* "anon 60.0 MiB, file 1.0 MiB (shmem 912.0 KiB), kernel 300.0 KiB (slab 120.0 KiB), approximately" */
void text__memory(const struct text_sink *sink, const struct record_memory *memory)
{
	bool whole_known = false, in_brackets = false;
	int column = 0; /* 0: nothing is there yet */

	for (size_t i = 0; i < ARRAY_SIZE(memory_lines); i++) {
		const struct memory_line *line = &memory_lines[i];
		bool known = memory->known & 1u << line->item;
		bool opens = line->is_part && whole_known && !in_brackets;
		char item[64], size[UNITS__TEXT_SIZE];

		if (!line->is_part) {
			column += fprintf(sink->base.out, "%s", in_brackets ? ")" : "");
			in_brackets = false;
			whole_known = known && memory->bytes[line->item];
		}
		if (!known || !memory->bytes[line->item])
			continue;
		snprintf(item, sizeof(item), "%s%s %s", opens ? "(" : "", line->label,
			 units__format_size(size, sizeof(size), memory->bytes[line->item]));
		column = put_item(sink, column, opens ? "" : ",", item);
		in_brackets |= opens;
	}
	if (!column)
		return;
	if (!memory->exact)
		put_item(sink, column, in_brackets ? ")," : ",", "approximately");
	else if (in_brackets)
		fputc(')', sink->base.out);
	fputc('\n', sink->base.out);
}

static bool is_limited(const struct record_level *l)
{
	return l->has_memory && (l->max_bytes != RECORD_NO_LIMIT || l->high_bytes != RECORD_NO_LIMIT);
}

/* The limits from the victim up, where there was more than one that could have been hit. */
void text__chain(const struct text_sink *sink, const struct record_oom *oom)
{
	char usage[UNITS__TEXT_SIZE], max[UNITS__TEXT_SIZE];
	const char *label = "limits";
	FILE *out = sink->base.out;
	size_t limited = 0;

	for (size_t i = 0; i < oom->chain_count; i++)
		limited += is_limited(&oom->chain[i]);
	for (size_t i = 0; i < oom->chain_count && limited > 1; i++) {
		const struct record_level *l = &oom->chain[i];

		if (!is_limited(l))
			continue;
		text__label(sink, label);
		label = "";
		fprintf(out, "%9s of %-9s ", units__format_size(usage, sizeof(usage), l->usage_bytes),
			units__format_size(max, sizeof(max), l->max_bytes));
		if (l->high_bytes != RECORD_NO_LIMIT)
			text__size(out, "(high ", l->high_bytes);
		fputs(l->high_bytes != RECORD_NO_LIMIT ? ") " : "", out);
		text__name(out, l->path);
		fputs(l->is_limit ? "  <- this one\n" : "\n", out);
	}
}

/* Why a container's own tools don't show what it may use. */
void text__session_memory(const struct text_sink *sink, const struct record_session *s)
{
	FILE *out = sink->base.out;

	if (!s->has_memory)
		return;
	text__label(sink, "memory");
	text__size(out, "it uses ", s->usage_bytes);
	if (s->max_bytes == RECORD_NO_LIMIT) {
		fputs(" and has no limit", out);
	} else {
		text__size(out, " of at most ", s->max_bytes);
		if (s->max_cgroup && s->target_cgroup && strcmp(s->max_cgroup, s->target_cgroup)) {
			fputs(" (the limit of ", out);
			text__name(out, s->max_cgroup);
			fputc(')', out);
		}
	}
	fputc('\n', out);
	text__label(sink, "");
	text__size(out, "but `free` in it shows the machine's ", s->machine_total_bytes);
	text__size(out, ", ", s->machine_available_bytes);
	fputs(" available\n", out);
}

/* Each time that it has lasted twice as long, since every second is too much to read. */
static bool is_news(struct text_sink *sink, const struct record_stall *s)
{
	bool same = sink->stall_cgroup_id == s->cgroup_id && sink->stall_since_ns == s->since_ns;

	if (same && !s->over && s->duration_ns / 2 < sink->stall_told_ns)
		return false;
	sink->stall_cgroup_id = s->cgroup_id;
	sink->stall_since_ns = s->since_ns;
	sink->stall_told_ns = s->duration_ns;
	return true;
}

/* "95 % of the time", or of several tasks together: "3.2 tasks on average" */
static void put_share(FILE *out, const struct record_stall *s)
{
	double share = s->duration_ns ? (double)s->reclaim_ns / (double)s->duration_ns : 0;

	if (share <= 1.05)
		fprintf(out, "%.0f %% of the time", share > 1 ? 100 : share * 100);
	else
		fprintf(out, "%.1f tasks on average", share);
	fputs(s->file == LIMIT_HIGH ? " in reclaim or held back, " : " in reclaim, ", out);
}

int text__stall(struct sink *base, const struct record *record)
{
	struct text_sink *sink = (struct text_sink *)base;
	const struct record_stall *s = &record->stall;
	FILE *out = base->out;

	if (!is_news(sink, s))
		return 0;
	text__time(sink, &record->time);
	text__style(sink, STYLE_KILL);
	fputs(s->over ? "STALL OVER  " : "STALL  ", out);
	text__style(sink, STYLE_PLAIN);
	if (!text__container(out, &s->container))
		text__name(out, s->cgroup);
	fputs(s->over ? " was stuck at its " : " has been stuck at its ", out);
	text__size(out, s->file == LIMIT_HIGH ? "memory.high of " : "limit of ", s->max_bytes);
	put_duration(out, " for ", s->duration_ns);
	fputs(": ", out);
	put_share(out, s);
	if (s->refused) {
		text__count(out, s->refused, "charge");
		fputs(" refused, ", out);
	}
	fputs("nothing killed\n", out);
	return sink__flush(base);
}
