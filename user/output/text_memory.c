// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory behind an OOM as text: usage before it, reclaim, the kinds of memory, and the limits above it.
 */
#include <inttypes.h>
#include <string.h>

#include "base/array.h"
#include "base/units.h"
#include "output/curve.h"
#include "output/text_sink.h"
#include "output/wrap.h"
#include "record/memory_kinds.h"
#include "record/swap_words.h"

#define CURVE_WIDTH 32
#define CURVE_NARROW 16
#define COLUMNS_NARROW 70

/* In one piece: a curve has blanks where nothing is known. */
static void put_joined(FILE *out, const char *text)
{
	for (; *text; text++)
		putc(*text == ' ' ? WRAP_JOINT : *text, out);
}

/* "growing by 31.2 MiB/s" */
static void put_growth(const struct text_sink *sink, const struct record_history *h)
{
	bool grows = h->growth_bytes_per_s > 0;
	uint64_t rate = (uint64_t)h->growth_bytes_per_s;

	if (!h->has_growth || !rate)
		return;
	text_sink__label(sink, "");
	text_parts__size(sink->base.out, grows ? "growing by " : "shrinking by ", grows ? rate : -rate);
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
	bool narrow = sink->look.columns && sink->look.columns < COLUMNS_NARROW;
	char curve[CURVE_SIZE(CURVE_WIDTH)];
	FILE *out = sink->base.out;
	uint64_t peak = 0;

	if (last->ts_ns <= first->ts_ns)
		return;
	for (size_t i = 0; i < h->count; i++) {
		if (h->points[i].usage_bytes > peak)
			peak = h->points[i].usage_bytes;
	}
	text_sink__label(sink, "before");
	curve__draw(curve, h->points, h->count, first->ts_ns, last->ts_ns, curve__top(h->points, h->count),
		    narrow ? CURVE_NARROW : CURVE_WIDTH, sink->look.ascii);
	put_joined(out, curve);
	fputc(' ', out);
	text_parts__size(out, "", first->usage_bytes);
	if (!same_size(peak, first->usage_bytes) && !same_size(peak, last->usage_bytes))
		text_parts__size(out, " -> ", peak);
	text_parts__size(out, " -> ", last->usage_bytes);
	text_parts__duration(out, " in ", last->ts_ns - first->ts_ns);
	fputc('\n', out);
	put_growth(sink, h);
}

/*
 * "reclaim   freed 12.0 MiB, 14 times, in 1.2 s (the longest 420.0 ms)"
 * "held back 3.1 s, by memory.high"
 * "over it   37 times somebody asked for more than the limit allows"
 */
static void put_reclaim(const struct text_sink *sink, const struct record_history *h)
{
	FILE *out = sink->base.out;

	if (h->reclaim.runs) {
		text_sink__label(sink, "reclaim");
		text_parts__size(out, "freed ", h->reclaim.reclaimed_bytes);
		text_parts__duration(out, " in ", h->reclaim.duration_ns);
		if (h->reclaim.runs > 1) {
			fprintf(out, ", %" PRIu64 " times", h->reclaim.runs);
			text_parts__duration(out, " (the longest ", h->reclaim.longest_ns);
			fputc(')', out);
		}
		fputc('\n', out);
	}
	if (h->throttle.runs) {
		text_sink__label(sink, "held back");
		text_parts__duration(out, "", h->throttle.duration_ns);
		fputs(", by memory.high\n", out);
	}
	if (h->failed) {
		text_sink__label(sink, "over it");
		text_parts__count(out, h->failed, "time");
		fputs(h->failed == 1 ? ": a request for memory" : ": requests for memory", out);
		fputs(" that the limit had no room for\n", out);
	}
}

/* "kernel memory 1.0 MiB -> 40.0 MiB", and a line for sockets */
static void put_kinds(const struct text_sink *sink, const struct record_history *h)
{
	FILE *out = sink->base.out;
	struct kinds_growth g;

	if (!memory_kinds__growth(h, &g))
		return;
	text_sink__label(sink, "of that");
	if (g.kernel) {
		text_parts__size(out, g.kernel_is_least ? "kernel memory, at least " : "kernel memory ",
				 g.kernel_from);
		text_parts__size(out, " -> ", g.kernel_to);
		fputc('\n', out);
	}
	if (g.kernel && g.sock)
		text_sink__label(sink, "");
	if (g.sock) {
		text_parts__size(out, "sockets ", g.sock_from);
		text_parts__size(out, " -> ", g.sock_to);
		fputc('\n', out);
	}
}

void text_memory__history(const struct text_sink *sink, const struct record_history *history)
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
	{ MEMORY_PERCPU, "per-CPU", true },
	{ MEMORY_VMALLOC, "vmalloc", true },
	{ MEMORY_SOCK, "sockets", false },
	{ MEMORY_SWAP, "swap", false },
};

/* "anon 60.0 MiB, file 1.0 MiB (shmem 912.0 KiB), kernel 300.0 KiB (slab 120.0 KiB), approximately" */
void text_memory__put(const struct text_sink *sink, const struct record_memory *memory, uint64_t usage_bytes)
{
	bool whole_known = false, in_brackets = false, begun = false;
	uint64_t other = memory_kinds__other(memory, usage_bytes);
	FILE *out = sink->base.out;

	for (size_t i = 0; i < ARRAY_SIZE(memory_lines); i++) {
		const struct memory_line *line = &memory_lines[i];
		bool known = memory->known & 1u << line->item;
		bool opens = line->is_part && whole_known && !in_brackets;

		if (!line->is_part) {
			fputs(in_brackets ? ")" : "", out);
			in_brackets = false;
			whole_known = known && memory->bytes[line->item];
		}
		if (!known || !memory->bytes[line->item])
			continue;
		if (!begun)
			text_sink__label(sink, "memory");
		else
			fputs(opens ? " (" : ", ", out);
		begun = true;
		in_brackets |= opens;
		fputs(line->label, out);
		text_parts__size(out, (char[]){ WRAP_JOINT, '\0' }, memory->bytes[line->item]);
	}
	if (!begun)
		return;
	fputs(in_brackets ? ")" : "", out);
	if (other) {
		fputs(", other", out);
		text_parts__size(out, (char[]){ WRAP_JOINT, '\0' }, other);
	}
	fputs(memory->exact ? "\n" : ", approximately\n", out);
}

static void put_size(FILE *out, uint64_t bytes)
{
	text_parts__size(out, "", bytes);
}

/* "swap      full, too: 30.0 MiB of 30.0 MiB" */
void text_memory__swap(const struct text_sink *sink, const struct record_oom *oom)
{
	struct swap_facts facts;

	if (!swap_words__facts(oom, &facts) || !facts.telling)
		return;
	text_sink__label(sink, "swap");
	swap_words__put(sink->base.out, &facts, put_size);
	fputc('\n', sink->base.out);
}

static bool is_limited(const struct record_level *l)
{
	return l->has_memory && (l->max_bytes != RECORD_NO_LIMIT || l->high_bytes != RECORD_NO_LIMIT);
}

/* The limits from the victim up, where there was more than one that could have been hit. */
void text_memory__chain(const struct text_sink *sink, const struct record_oom *oom)
{
	char usage[UNITS__TEXT_SIZE], max[UNITS__TEXT_SIZE], text[2 * UNITS__TEXT_SIZE + 8];
	const char *label = "limits";
	FILE *out = sink->base.out;
	size_t limited = 0;

	for (size_t i = 0; i < oom->chain_count; i++)
		limited += is_limited(&oom->chain[i]);
	for (size_t i = 0; i < oom->chain_count && limited > 1; i++) {
		const struct record_level *l = &oom->chain[i];

		if (!is_limited(l))
			continue;
		text_sink__label(sink, label);
		label = "";
		snprintf(text, sizeof(text), "%9s of %-9s",
			 units__format_size(usage, sizeof(usage), l->usage_bytes),
			 units__format_size(max, sizeof(max), l->max_bytes));
		put_joined(out, text);
		fputc(' ', out);
		if (l->high_bytes != RECORD_NO_LIMIT)
			text_parts__size(out, "(high ", l->high_bytes);
		fputs(l->high_bytes != RECORD_NO_LIMIT ? ") " : "", out);
		if (l->is_limit)
			text_parts__place(out, l->path, &oom->limit_container);
		else
			text_parts__name(out, l->path);
		fputs(l->is_limit ? " <- this one\n" : "\n", out);
	}
}

/* Why a container's own tools don't show what it may use. */
void text_memory__session(const struct text_sink *sink, const struct record_session *s)
{
	FILE *out = sink->base.out;

	if (!s->has_memory || !s->target_cgroup)
		return;
	text_sink__label(sink, "memory");
	text_parts__size(out, "it uses ", s->usage_bytes);
	if (s->max_bytes == RECORD_NO_LIMIT) {
		fputs(" and has no limit", out);
	} else {
		text_parts__size(out, " of at most ", s->max_bytes);
		if (s->max_cgroup && s->target_cgroup && strcmp(s->max_cgroup, s->target_cgroup)) {
			fputs(" (the limit of ", out);
			text_parts__name(out, s->max_cgroup);
			fputc(')', out);
		}
	}
	fputc('\n', out);
	if (s->container.ref.runtime == CONTAINER__UNKNOWN)
		return;
	text_sink__label(sink, "");
	text_parts__size(out, "but `free` in it shows the machine's ", s->machine_total_bytes);
	text_parts__size(out, ", ", s->machine_available_bytes);
	fputs(" available\n", out);
}
