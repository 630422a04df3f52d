// SPDX-License-Identifier: GPL-2.0-only
/* Text for people. The first line of an incident says it all; the indented ones say why. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "output/stack_top.h"
#include "output/text_log.h"
#include "output/text_parts.h"
#include "base/units.h"
#include "record/names.h"

/* What the trace lacks, since nothing could be attached for it. */
static void put_missing(const struct text_sink *sink, const struct record_probe *probe)
{
	if (!probe->lost)
		return;
	text__label(sink, "without");
	text__name(sink->base.out, probe->lost);
	if (probe->error)
		fprintf(sink->base.out, " (%s)", strerror(-probe->error));
	fputc('\n', sink->base.out);
}

static int text_session(struct sink *base, const struct record *record)
{
	struct text_sink *sink = (struct text_sink *)base;
	const struct record_session *s = &record->session;
	FILE *out = base->out;

	snprintf(sink->target_id, sizeof(sink->target_id), "%s", s->container.ref.id);
	/* Of a recording's sessions each begins as if it were the only one. */
	sink->day = 0;
	sink->stall_told_ns = 0;
	sink->from_log = s->from_log;
	if (s->from_log) {
		text_log__session(sink, s);
		return sink__flush(base);
	}
	text__time(sink, &record->time);
	fputs("oomtrace ", out);
	text__name(out, s->version);
	fputs(" on Linux ", out);
	text__name(out, s->kernel);
	fputs(", watching ", out);
	text__style(sink, STYLE_STRONG);
	if (!s->target_cgroup)
		fputs("the whole machine", out);
	else if (!text__container(out, &s->container))
		text__name(out, s->target_cgroup);
	text__style(sink, STYLE_PLAIN);
	fputc('\n', out);
	if (s->target_cgroup && s->container.ref.runtime != CONTAINER__UNKNOWN) {
		text__label(sink, "cgroup");
		text__name(out, s->target_cgroup);
		fputc('\n', out);
	}
	text__session_memory(sink, s);
	for (size_t i = 0; i < s->probe_count; i++)
		put_missing(sink, &s->probes[i]);
	return sink__flush(base);
}

/* A runtime sets each limit more than once, most of them to what they were. */
static bool is_in_vain(const struct record_limit *l)
{
	return l->old_bytes == l->new_bytes && l->result >= 0 && !l->reclaimed_bytes && !l->kills;
}

/* Of the container that is being traced itself, and not of a cgroup in it. */
static bool is_of_target(const struct text_sink *sink, const struct record_limit *l)
{
	return text__is_target(sink, &l->container) && l->cgroup &&
	       strlen(l->cgroup) == l->container.ref.prefix_len;
}

static int text_limit(struct sink *base, const struct record *record)
{
	struct text_sink *sink = (struct text_sink *)base;
	const struct record_limit *l = &record->limit;
	char took[UNITS__TEXT_SIZE];
	FILE *out = base->out;

	text__time(sink, &record->time);
	text__style(sink, STYLE_STRONG);
	fprintf(out, "%s", record_names__limit_file(l->file));
	text__size(out, " ", l->old_bytes);
	text__size(out, " -> ", l->new_bytes);
	text__style(sink, STYLE_PLAIN);
	fputs(" by ", out);
	text__process(out, l->writer_comm, l->writer_pid);
	if (l->result < 0)
		fprintf(out, ": refused, %s", strerror((int)-l->result));
	fputc('\n', out);
	if (!is_in_vain(l)) {
		text__label(sink, "write");
		fprintf(out, "%" PRIu64 ": ", l->id);
		text__size(out, "usage ", l->usage_before_bytes);
		text__size(out, " -> ", l->usage_after_bytes);
		text__size(out, ", reclaimed ", l->reclaimed_bytes);
		fprintf(out, ", killed %u, in %s\n", l->kills,
			units__format_duration(took, sizeof(took), l->duration_ns));
	}
	if (!is_of_target(sink, l)) {
		text__label(sink, "of");
		text__name(out, l->cgroup);
		fputc('\n', out);
	}
	return sink__flush(base);
}

/* "512.0 MiB -> 400.0 MiB: reclaimed 61.0 MiB in 4.1 ms, killed 2 inside the write, ..." */
static int text_step(struct sink *base, const struct record *record)
{
	struct text_sink *sink = (struct text_sink *)base;
	const struct record_step *s = &record->step;
	char took[UNITS__TEXT_SIZE];
	FILE *out = base->out;

	text__time(sink, &record->time);
	text__style(sink, STYLE_STRONG);
	text__size(out, "", s->old_bytes);
	text__size(out, " -> ", s->new_bytes);
	text__style(sink, STYLE_PLAIN);
	text__size(out, ": reclaimed ", s->reclaimed_bytes);
	fprintf(out, " in %s, killed %" PRIu64 " inside the write",
		units__format_duration(took, sizeof(took), s->duration_ns), s->killed_inside);
	if (s->has_needed && s->needed < s->killed_inside)
		fprintf(out, " (%" PRIu64 " would have been enough)", s->needed);
	fprintf(out, ", %" PRIu64 " after it, %s\n", s->killed_after, s->alive ? "alive" : "gone");
	return sink__flush(base);
}

static void put_row(FILE *out, const struct record_step *s)
{
	char new[UNITS__TEXT_SIZE], before[UNITS__TEXT_SIZE];
	char after[UNITS__TEXT_SIZE], first[UNITS__TEXT_SIZE] = "-", floor[UNITS__TEXT_SIZE] = "-";

	if (s->has_first_kill)
		units__format_duration(first, sizeof(first), s->first_kill_ns);
	if (s->has_floor)
		units__format_size(floor, sizeof(floor), s->floor_bytes);
	fprintf(out, "    %11s %11s %11s %11s %7" PRIu64 " %6" PRIu64 " %9s  %s\n",
		units__format_size(new, sizeof(new), s->new_bytes),
		units__format_size(before, sizeof(before), s->usage_before_bytes),
		units__format_size(after, sizeof(after), s->usage_after_bytes), floor, s->killed_inside,
		s->killed_after, first, s->alive ? "yes" : "no");
}

static int text_steps(struct sink *base, const struct record *record)
{
	struct text_sink *sink = (struct text_sink *)base;
	const struct record_steps *s = &record->steps;
	FILE *out = base->out;

	text__time(sink, &record->time);
	fprintf(out, "changes of memory.max: %zu\n", s->count);
	text__style(sink, STYLE_DIM);
	fprintf(out, "    %11s %11s %11s %11s %7s %6s %9s  %s\n", "limit", "usage", "after", "floor",
		"inside", "after", "first", "alive");
	text__style(sink, STYLE_PLAIN);
	for (size_t i = 0; i < s->count; i++)
		put_row(out, &s->steps[i]);
	if (s->has_first_kill)
		text__size(out, "    first process killed at <= ", s->first_kill_max_bytes);
	else
		fputs("    no process was killed", out);
	if (s->died)
		text__size(out, "; all gone at <= ", s->died_max_bytes);
	fputc('\n', out);
	if (s->restored) {
		text__size(out, "    the limit of before, ", s->old_bytes);
		fputs(": ", out);
		text__name(out, s->restored);
		fputc('\n', out);
	}
	return sink__flush(base);
}

static int text_repeats(struct sink *base, const struct record *record)
{
	struct text_sink *sink = (struct text_sink *)base;
	const struct record_repeats *r = &record->repeats;

	text__time(sink, &record->time);
	fprintf(base->out, "nothing could be killed %" PRIu64 " more time%s, at the limit of ", r->repeats,
		r->repeats == 1 ? "" : "s");
	if (r->limit_cgroup)
		text__name(base->out, r->limit_cgroup);
	else if (r->limit_cgroup_id)
		fprintf(base->out, "cgroup %" PRIu64 " (gone)", r->limit_cgroup_id);
	else
		fputs("the machine", base->out);
	fputc('\n', base->out);
	return sink__flush(base);
}

static void put_status(FILE *out, uint32_t status)
{
	int signal = status & 0x7f;

	fprintf(out, "exit code %d", record__exit_code(status));
	if (signal)
		fprintf(out, " (128 + %d, SIG%s)", signal, sigabbrev_np(signal) ? sigabbrev_np(signal) : "?");
}

static int text_exit(struct sink *base, const struct record *record)
{
	struct text_sink *sink = (struct text_sink *)base;
	const struct record_exit *e = &record->exit;
	FILE *out = base->out;

	/* Each victim's end follows its kill: only the end of the whole target is news. */
	if (!e->container)
		return 0;
	text__time(sink, &record->time);
	text__style(sink, STYLE_STRONG);
	if (!text__container(out, &e->which))
		text__name(out, e->cgroup);
	fputs(" is gone", out);
	text__style(sink, STYLE_PLAIN);
	if (e->has_status) {
		fputs(":\n", out);
		text__label(sink, "init");
		text__process(out, e->comm, e->pid);
		fputs(" ended with ", out);
		put_status(out, e->status);
		if ((e->status & 0x7f) == 9)
			fputs(e->oom_victim ? ", killed by the OOM killer" : ", not by the OOM killer", out);
	} else {
		fputs(": its last process has ended", out);
	}
	fputc('\n', out);
	if (e->runtime_status) {
		text__label(sink, container__runtime_name(e->which.ref.runtime));
		text__name(out, e->runtime_status);
		fprintf(out, ", ExitCode %d, OOMKilled %s\n", e->runtime_exit_code,
			e->runtime_oom_killed ? "true" : "false");
	}
	return sink__flush(base);
}

static int text_lost(struct sink *base, const struct record *record)
{
	struct text_sink *sink = (struct text_sink *)base;
	const struct record_lost *lost = &record->lost;

	text__time(sink, &record->time);
	text__style(sink, STYLE_KILL);
	fprintf(base->out, "LOST %" PRIu64 " ", lost->count);
	text__name(base->out, lost->kind);
	fputs(" events: the ring buffer was full; try a larger --ring-size\n", base->out);
	text__style(sink, STYLE_PLAIN);
	return sink__flush(base);
}

static int text_end(struct sink *base, const struct record *record)
{
	struct text_sink *sink = (struct text_sink *)base;
	const struct record_end *end = &record->end;

	stack_top__print(sink->top, base->out);
	if (!sink->from_log)
		text__time(sink, &record->time);
	fprintf(base->out, "%" PRIu64 " OOM%s, %" PRIu64 " process%s killed, ", end->ooms,
		end->ooms == 1 ? "" : "s", end->kills, end->kills == 1 ? "" : "es");
	if (end->lost)
		fprintf(base->out, "%" PRIu64 " events lost", end->lost);
	else
		fputs("nothing lost", base->out);
	if (end->nameless)
		fprintf(base->out, ", names of %" PRIu64 " stack%s not found", end->nameless,
			end->nameless == 1 ? "" : "s");
	fputs(" (", base->out);
	text__name(base->out, end->reason);
	fputs(")\n", base->out);
	return sink__flush(base);
}

static void text_free(struct sink *base)
{
	struct text_sink *sink = (struct text_sink *)base;

	stack_top__free(sink->top);
	free(sink);
}

/*
 * That of an OOM's trigger comes after the OOM, others perhaps in between, since names take their time; samples
 * are summed up for the end.
 */
static int text_stack(struct sink *base, const struct record *record)
{
	struct text_sink *sink = (struct text_sink *)base;
	const struct record_stack *stack = &record->stack;

	if (!stack->oom_id) {
		stack_top__add(sink->top, stack);
		return 0;
	}
	if (!stack_top__is_known(stack))
		return 0;
	text__label(sink, "was in");
	stack_top__print_functions(base->out, stack);
	if (stack->oom_id != sink->last_oom_id)
		fprintf(base->out, " (OOM %" PRIu64 ")", stack->oom_id);
	fputc('\n', base->out);
	return sink__flush(base);
}

static int text_min_try(struct sink *base, const struct record *record)
{
	const struct record_min_try *t = &record->min_try;
	char size[UNITS__TEXT_SIZE];

	if (t->result == TRY_BEGUN)
		fprintf(base->out, "    %11s  ", units__format_size(size, sizeof(size), t->max_bytes));
	else
		fputs(t->result == TRY_HOLDS ? "holds\n" : "too small\n", base->out);
	return sink__flush(base);
}

static int text_min(struct sink *base, const struct record *record)
{
	const struct record_min *m = &record->min;
	char size[UNITS__TEXT_SIZE], other[UNITS__TEXT_SIZE];
	FILE *out = base->out;

	if (!m->tries) {
		fprintf(out, "usage %s, of which reclaim can get at most down to %s (approximately)\n",
			units__format_size(size, sizeof(size), m->usage_bytes),
			units__format_size(other, sizeof(other), m->floor_bytes));
		return sink__flush(base);
	}
	if (!m->found_bytes) {
		fputs("The target is growing, or stalls for memory already: there is nothing smaller.\n",
		      out);
		return sink__flush(base);
	}
	fprintf(out, "smallest memory.max: %s (%" PRIu64 " bytes)\n",
		units__format_size(size, sizeof(size), m->found_bytes), m->found_bytes);
	fprintf(out,
		"    found by memory.high in %u tries, each of them held for %s; %" PRIu64
		" killed on the way\n",
		m->tries, units__format_duration(other, sizeof(other), m->hold_ns), m->kills);
	fprintf(out, "    with a tenth on top for what these seconds didn't show: %s\n",
		units__format_size(size, sizeof(size), m->found_bytes + m->margin_bytes));
	return sink__flush(base);
}

/* A curve is no text: usage and reclaim are for the status line and reports. */
static const sink_take_fn text_takes[RECORD_KINDS] = {
	[RECORD_SESSION] = text_session, [RECORD_OOM] = text__oom,
	[RECORD_LIMIT] = text_limit,	 [RECORD_STEP] = text_step,
	[RECORD_STEPS] = text_steps,	 [RECORD_REPEATS] = text_repeats,
	[RECORD_STALL] = text__stall,	 [RECORD_STACK] = text_stack,
	[RECORD_EXIT] = text_exit,	 [RECORD_LOST] = text_lost,
	[RECORD_END] = text_end,	 [RECORD_MIN_TRY] = text_min_try,
	[RECORD_MIN] = text_min,	 [RECORD_USER_KILL] = text_log__user_kill,
};

static int text_take(struct sink *sink, const struct record *record)
{
	return sink__dispatch(text_takes, sink, record);
}

static const struct sink_ops text_ops = {
	.take = text_take,
	.free = text_free,
};

struct sink *text__new(FILE *out, struct text_look look)
{
	struct text_sink *sink = malloc(sizeof(*sink));

	if (!sink)
		return NULL;
	*sink = (struct text_sink){ .base = { .ops = &text_ops, .out = out }, .look = look };
	sink->top = stack_top__new();
	if (!sink->top) {
		free(sink);
		return NULL;
	}
	return &sink->base;
}
