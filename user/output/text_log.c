// SPDX-License-Identifier: GPL-2.0-only
/* What a kernel log says of an OOM, as text. */
#include "output/text_log.h"

#include <inttypes.h>
#include <string.h>

#include "base/copy.h"
#include "output/wrap.h"
#include "record/time.h"

#define CANDIDATES_SHOWN 5
#define ZONES_SHOWN 8
#define LARGEST_SHOWN 5

const char *text_log__format_stamp(char *dst, size_t size, const char *stamp, const struct record_time *time)
{
	if (!stamp || !*stamp)
		snprintf(dst, size, "(no time)");
	else if (!time->no_wall && strspn(stamp, "0123456789") == strlen(stamp))
		record_time__format(dst, size, time->wall_ns);
	else
		copy__text(dst, size, stamp);
	return dst;
}

void text_log__stamp(struct text_sink *sink, const char *stamp, const struct record_time *time)
{
	char text[TEXT_LOG_STAMP_SIZE];

	text_sink__style(sink, STYLE_DIM);
	text_parts__name(sink->base.out, text_log__format_stamp(text, sizeof(text), stamp, time));
	fputs("  ", sink->base.out);
	text_sink__style(sink, STYLE_PLAIN);
	putc(WRAP_HANG, sink->base.out);
}

void text_log__session(struct text_sink *sink, const struct record_session *session)
{
	FILE *out = sink->base.out;

	text_sink__style(sink, STYLE_STRONG);
	fputs("Kernel log", out);
	text_sink__style(sink, STYLE_PLAIN);
	if (session->host) {
		fputs(" of ", out);
		text_parts__name(out, session->host);
	}
	if (session->kernel) {
		fputs(", Linux ", out);
		text_parts__name(out, session->kernel);
	}
	fputc('\n', out);
}

static void put_counter(const struct text_sink *sink, const char *label, const struct record_counter *counter)
{
	FILE *out = sink->base.out;

	if (!counter->known || (!counter->usage_bytes && counter->max_bytes == RECORD_NO_LIMIT))
		return;
	text_sink__label(sink, label);
	text_parts__size(out, "", counter->usage_bytes);
	text_parts__size(out, " of ", counter->max_bytes);
	if (counter->failcnt)
		fprintf(out, ", at the limit so far: %" PRIu64, counter->failcnt);
	fputc('\n', out);
}

void text_log__counters(const struct text_sink *sink, const struct record_log *log)
{
	put_counter(sink, "with swap", &log->memsw);
	put_counter(sink, "kernel", &log->kmem);
}

void text_log__trigger(const struct text_sink *sink, const struct record_oom *oom)
{
	const struct record_victim *victim = record__first_killed(oom);
	const struct record_log *log = oom->log;
	bool all = sink->look.detail == TEXT_ALL;
	FILE *out = sink->base.out;

	if (!oom->trigger_comm)
		return;
	/* Who was killed for its own sake has been named, and so has the writer of a limit. */
	if (!all && !log->asked_for && victim && log->has_trigger_pid && victim->pid == oom->trigger_pid)
		return;
	if (!all && oom->cause == CAUSE_INSIDE_WRITE)
		return;
	text_sink__label(sink, "for");
	text_parts__name(out, oom->trigger_comm);
	if (log->has_trigger_pid)
		fprintf(out, " (pid %u)", oom->trigger_pid);
	if (log->asked_for) {
		fputs(", which asked for ", out);
		fputs(log->asked_for, out);
	} else if (oom->cause != CAUSE_INSIDE_WRITE) {
		fputs(", which needed more memory", out);
	}
	if (!all) {
		fputc('\n', out);
		return;
	}
	if (log->gfp) {
		fputs(", ", out);
		text_parts__name(out, log->gfp);
	} else if (log->has_gfp_mask) {
		fprintf(out, ", gfp mask %#x", oom->gfp_mask);
	}
	if (log->has_order && oom->order > 0)
		fprintf(out, ", order %d", oom->order);
	fputc('\n', out);
}

static void put_candidates(const struct text_sink *sink, const struct record_candidates *candidates)
{
	FILE *out = sink->base.out;

	text_sink__label(sink, "tasks");
	fprintf(out, "%" PRIu64, candidates->count);
	if (candidates->unkillable)
		fprintf(out, ", %" PRIu64 " of them exempt", candidates->unkillable);
	fputs(candidates->first_count ? "; the largest:\n" : "\n", out);
	for (size_t i = 0; i < candidates->first_count && i < CANDIDATES_SHOWN; i++) {
		const struct record_candidate *c = &candidates->first[i];

		text_sink__label(sink, "");
		text_parts__process(out, c->comm, c->pid);
		if (c->in_pages)
			fprintf(out, ", rss %" PRIu64 " pages", c->rss);
		else
			text_parts__size(out, ", rss ", c->rss);
		if (c->has_adj && c->oom_score_adj)
			fprintf(out, ", oom_score_adj %d", c->oom_score_adj);
		fputc('\n', out);
	}
}

/* All that were read are shown with -v. */
static void put_largest(const struct text_sink *sink, const struct record_largest *largest)
{
	size_t shown = sink->look.detail == TEXT_ALL ? largest->count : LARGEST_SHOWN;
	FILE *out = sink->base.out;

	if (!largest->count)
		return;
	for (size_t i = 0; i < largest->count && i < shown; i++) {
		text_sink__label(sink, i ? "" : "cgroups");
		text_parts__place(out, largest->list[i].path, &largest->list[i].container);
		text_parts__size(out, ": ", largest->list[i].usage_bytes);
		fputc('\n', out);
	}
	text_sink__label(sink, "");
	fprintf(out, "the largest of %s%" PRIu64 " that have none below them, read ",
		largest->cut ? "the first " : "", largest->looked_at);
	text_parts__duration(out, "", largest->after_ns);
	fputs(" later\n", out);
}

static void put_zones_and_swap(const struct text_sink *sink, const struct record_machine *machine)
{
	FILE *out = sink->base.out;

	if (machine->why) {
		text_sink__label(sink, "why");
		text_parts__name(out, machine->why);
		fputc('\n', out);
	}
	for (size_t i = 0; i < machine->zone_count && i < ZONES_SHOWN; i++) {
		const struct record_zone *zone = &machine->zones[i];

		text_sink__label(sink, i ? "" : "zones");
		fprintf(out, "node %u ", zone->node);
		text_parts__name(out, zone->name);
		text_parts__size(out, ": free ", zone->free_bytes);
		text_parts__size(out, ", min ", zone->min_bytes);
		text_parts__size(out, ", low ", zone->low_bytes);
		text_parts__size(out, ", high ", zone->high_bytes);
		if (zone->has_managed)
			text_parts__size(out, ", of ", zone->managed_bytes);
		fputc('\n', out);
	}
	if (!(machine->known & 1U << MACHINE_SWAP_TOTAL) || !machine->bytes[MACHINE_SWAP_TOTAL])
		return;
	text_sink__label(sink, "swap");
	text_parts__size(out, "", machine->bytes[MACHINE_SWAP_FREE]);
	text_parts__size(out, " free of ", machine->bytes[MACHINE_SWAP_TOTAL]);
	fputc('\n', out);
}

void text_log__machine(const struct text_sink *sink, const struct record_machine *machine)
{
	put_zones_and_swap(sink, machine);
	put_largest(sink, &machine->largest);
}

static void put_text(const struct text_sink *sink, const char *label, const char *text)
{
	if (!text)
		return;
	text_sink__label(sink, label);
	text_parts__bytes(sink->base.out, text, strlen(text));
	fputc('\n', sink->base.out);
}

void text_log__rest(const struct text_sink *sink, const struct record_oom *oom)
{
	const struct record_log *log = oom->log;
	FILE *out = sink->base.out;

	put_text(sink, "group", log->group_kill);
	put_text(sink, "panic", log->panic);
	if (log->candidates)
		put_candidates(sink, log->candidates);
	if (log->machine)
		text_log__machine(sink, log->machine);
	for (size_t i = 0; i < log->ambiguous_count; i++)
		put_text(sink, i ? "" : "unclear", log->ambiguous[i]);
	if (log->suppressed) {
		text_sink__label(sink, "left out");
		fprintf(out, "%" PRIu64 " reports before this one, by the kernel's limit of 10 in 5 s\n",
			log->suppressed);
	}
	text_sink__label(sink, "log");
	if (log->file) {
		text_parts__name(out, log->file);
		fputs(", ", out);
	}
	fprintf(out, "line%s %" PRIu64, log->first_line == log->last_line ? "" : "s", log->first_line);
	if (log->first_line != log->last_line)
		fprintf(out, " to %" PRIu64, log->last_line);
	fputc('\n', out);
}

void text_log__user_kill_words(FILE *out, const struct record_user_kill *kill)
{
	text_parts__name(out, kill->killer);
	if (kill->signal) {
		fputs(" sent ", out);
		text_parts__name(out, kill->signal);
		fputs(" to ", out);
	} else {
		fputs(" killed ", out);
	}
	if (kill->pid)
		text_parts__process(out, kill->comm, kill->pid);
	else if (kill->processes)
		fprintf(out, "%" PRIu64 " process%s", kill->processes, kill->processes == 1 ? "" : "es");
	else
		fputs("processes", out);
	if (kill->cgroup) {
		fputs(" in ", out);
		text_parts__name(out, kill->cgroup);
	}
}

int text_log__user_kill(struct sink *base, const struct record *record)
{
	struct text_sink *sink = (struct text_sink *)base;
	const struct record_user_kill *kill = &record->user_kill;
	FILE *out = base->out;

	if (kill->line)
		text_log__stamp(sink, kill->stamp, &record->time);
	else
		text_sink__time(sink, &record->time);
	text_sink__style(sink, STYLE_KILL);
	text_log__user_kill_words(out, kill);
	text_sink__style(sink, STYLE_PLAIN);
	fputc('\n', out);
	put_text(sink, "reason", kill->reason);
	if (!kill->line)
		return text_sink__flush(sink); /* seen live */
	text_sink__label(sink, "log");
	fprintf(out, "line %" PRIu64 "\n", kill->line);
	return text_sink__flush(sink);
}

static void put_value(FILE *out, enum record_difference_kind kind, const union record_difference_value *value)
{
	switch (kind) {
	case DIFFERENCE_NUMBER:
		fprintf(out, "%" PRIu64, value->number);
		break;
	case DIFFERENCE_SIGNED:
		fprintf(out, "%" PRId64, value->signed_number);
		break;
	case DIFFERENCE_LIMIT:
		text_parts__size(out, "", value->number);
		break;
	case DIFFERENCE_TEXT:
		text_parts__name(out, value->text);
		break;
	}
}

void text_log__difference(FILE *out, const struct record_difference *difference)
{
	text_parts__name(out, difference->field);
	fputs(": recording ", out);
	put_value(out, difference->kind, &difference->recorded);
	fputs(", log ", out);
	put_value(out, difference->kind, &difference->logged);
	fputs(difference->close ? " (counted in parts)\n" : "\n", out);
}

static void put_differences(const struct text_sink *sink, const struct record_kernel_log *from)
{
	for (size_t i = 0; i < from->difference_count; i++) {
		if (from->differences[i].close)
			continue;
		text_sink__label(sink, "differs");
		text_log__difference(sink->base.out, &from->differences[i]);
	}
}

/* Whether there is something that the OOM's own lines don't have. */
static bool has_news(const struct record_kernel_log *from)
{
	for (size_t i = 0; i < from->difference_count; i++)
		if (!from->differences[i].close)
			return true;
	return from->missed || !from->oom_id || !from->log || from->log->machine;
}

int text_log__kernel_log(struct sink *base, const struct record *record)
{
	struct text_sink *sink = (struct text_sink *)base;
	const struct record_kernel_log *from = &record->kernel_log;
	FILE *out = base->out;

	if (!has_news(from))
		return 0;
	text_sink__time(sink, &record->time);
	if (from->missed) {
		fprintf(out,
			"kernel log: at least %" PRIu64 " lines were overwritten before they were read\n",
			from->missed);
		return text_sink__flush(sink);
	}
	if (!from->oom_id)
		fputs("the kernel log has a kill that wasn't traced: ", out);
	else if (!from->log)
		fprintf(out, "the kernel log has no line of OOM %" PRIu64 ": ", from->oom_id);
	else
		fprintf(out, "kernel log of OOM %" PRIu64 ": ", from->oom_id);
	text_parts__process(out, from->comm, from->pid);
	fputc('\n', out);
	put_differences(sink, from);
	if (from->log && from->log->machine)
		text_log__machine(sink, from->log->machine);
	return text_sink__flush(sink);
}
