// SPDX-License-Identifier: GPL-2.0-only
/* Text for people. The first line of an incident says what happened. The indented lines say why. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/copy.h"
#include "base/stream.h"
#include "base/units.h"
#include "output/text.h"
#include "output/text_hook.h"
#include "output/text_killer.h"
#include "output/text_log.h"
#include "output/text_lost.h"
#include "output/text_refusal.h"
#include "output/text_relief.h"
#include "output/text_snapshot.h"
#include "output/text_sink.h"
#include "output/verdict.h"
#include "output/wrap.h"
#include "record/names.h"

#define SENTENCES_SHOWN 10 /* of the verdict, at a live run's end */

/* What the trace lacks, since nothing could be attached for it. */
static void put_missing(const struct text_sink *sink, const struct record_probe *probe)
{
	if (!probe->lost)
		return;
	text_sink__label(sink, "without");
	text_parts__bytes(sink->base.out, probe->lost, strlen(probe->lost));
	if (probe->error)
		fprintf(sink->base.out, " (%s)", strerror(-probe->error));
	fputc('\n', sink->base.out);
}

/* Kills that may have come before there was anything to see them. */
static void put_attaching(const struct text_sink *sink, const struct record *record)
{
	const struct record_session *s = &record->session;
	FILE *out = sink->base.out;

	if (!s->kills_while_attaching)
		return;
	text_sink__label(sink, "before");
	fprintf(out, "%" PRIu64 " kill%s", s->kills_while_attaching,
		s->kills_while_attaching == 1 ? "" : "s");
	if (s->attached_ns > record->time.boot_ns)
		text_parts__duration(out, " in the ", s->attached_ns - record->time.boot_ns);
	fputs(" until oomtrace was attached, by the kernel's count", out);
	if (s->kills_counted_in) {
		fputs(" of ", out);
		text_parts__name(out, s->kills_counted_in);
		fputs(", because the target was gone by then; they are not in here\n", out);
	} else {
		fputs("; they may not be in here\n", out);
	}
}

static int text_session(struct sink *base, const struct record *record)
{
	struct text_sink *sink = (struct text_sink *)base;
	const struct record_session *s = &record->session;
	FILE *out = base->out;

	snprintf(sink->target_id, sizeof(sink->target_id), "%s", s->container.ref.id);
	/* Of a recording's sessions each begins as if it were the only one. */
	sink->day[0] = '\0';
	sink->stall_told_ns = 0;
	sink->kind_count = sink->quiet_count = 0;
	sink->from_log = s->from_log;
	sink->lost_writes = false;
	sink->attached_wall_ns = 0;
	if (s->attached_ns && __builtin_add_overflow(record->time.wall_ns - (int64_t)record->time.boot_ns,
						     s->attached_ns, &sink->attached_wall_ns))
		sink->attached_wall_ns = 0;
	if (s->from_log) {
		text_log__session(sink, s);
		return text_sink__flush(sink);
	}
	text_sink__time(sink, &record->time);
	fputs("oomtrace ", out);
	text_parts__name(out, s->version);
	fputs(" on Linux ", out);
	text_parts__name(out, s->kernel);
	fputs(", watching ", out);
	text_sink__style(sink, STYLE_STRONG);
	if (s->target_kind && !strcmp(s->target_kind, "many"))
		text_parts__name(out, s->target_name);
	else if (!s->target_cgroup)
		fputs("the whole machine", out);
	else
		text_parts__place(out, s->target_cgroup, &s->container);
	text_sink__style(sink, STYLE_PLAIN);
	fputc('\n', out);
	if (s->target_cgroup && s->container.ref.runtime != CONTAINER__UNKNOWN) {
		text_sink__label(sink, "cgroup");
		text_parts__path(out, sink->look, s->target_cgroup, TEXT_PARTS_INDENT);
		fputc('\n', out);
	}
	text_memory__session(sink, s);
	put_attaching(sink, record);
	for (size_t i = 0; i < s->probe_count; i++)
		put_missing(sink, &s->probes[i]);
	return text_sink__flush((struct text_sink *)base);
}

/* Of the container that is being traced itself, and not of a cgroup in it. */
static bool is_of_target(const struct text_sink *sink, const struct record_limit *l)
{
	return text_sink__is_target(sink, &l->container) && l->cgroup &&
	       strlen(l->cgroup) == l->container.ref.prefix_len;
}

static int text_limit(struct sink *base, const struct record *record)
{
	struct text_sink *sink = (struct text_sink *)base;
	const struct record_limit *l = &record->limit;
	bool noise = text_sink__is_noise(l);
	FILE *out = base->out;

	if (sink->look.detail == TEXT_BRIEF || (noise && sink->look.detail != TEXT_ALL))
		return 0;
	text_sink__time(sink, &record->time);
	text_sink__style(sink, STYLE_STRONG);
	fprintf(out, "%s", record_names__limit_file(l->file));
	text_parts__size(out, " ", l->old_max_bytes);
	text_parts__size(out, " -> ", l->new_max_bytes);
	text_sink__style(sink, STYLE_PLAIN);
	fputs(" by ", out);
	text_parts__process(out, l->writer_comm, l->writer_pid);
	if (l->result < 0)
		fprintf(out, ": refused, %s", strerror((int)-l->result));
	fputc('\n', out);
	if (!noise) {
		text_sink__label(sink, "write");
		fprintf(out, "%" PRIu64 ": ", l->id);
		text_parts__size(out, "usage ", l->usage_before_bytes);
		text_parts__size(out, " -> ", l->usage_after_bytes);
		text_parts__size(out, ", freed ", l->reclaimed_bytes);
		fprintf(out, ", killed %u", l->kills);
		text_parts__duration(out, ", in ", l->duration_ns);
		fputc('\n', out);
	}
	if (!is_of_target(sink, l)) {
		text_sink__label(sink, "of");
		text_parts__place(out, l->cgroup, &l->container);
		fputc('\n', out);
	}
	return text_sink__flush((struct text_sink *)base);
}

/* ---- runs of the OOM killer ---- */

static uint64_t hash(uint64_t h, const void *bytes, size_t len)
{
	const unsigned char *byte = bytes;

	for (size_t i = 0; i < len; i++)
		h = (h ^ byte[i]) * 1099511628211ULL; /* FNV-1a */
	return h;
}

/* What makes two of them alike: the limit, the cause, the program, and what came of it. */
static uint64_t kind_of(const struct record_oom *oom)
{
	const struct record_victim *victim = record__first_killed(oom);
	uint64_t h = 14695981039346656037ULL, limit = oom->limit ? oom->limit->id : 0;
	uint32_t what[] = { oom->cause, oom->outcome, oom->incomplete, oom->joined_late };

	h = hash(h, &limit, sizeof(limit));
	h = hash(h, what, sizeof(what));
	if (oom->limit && oom->limit->path)
		h = hash(h, oom->limit->path, strlen(oom->limit->path));
	if (victim && victim->comm)
		h = hash(h, victim->comm, strlen(victim->comm));
	return h;
}

/* Whether the first of its kind has been told; it has from now on. */
static bool is_known(struct text_sink *sink, const struct record_oom *oom)
{
	uint64_t kind = kind_of(oom);

	for (size_t i = 0; i < sink->kind_count; i++) {
		if (sink->kinds[i] == kind)
			return true;
	}
	if (sink->kind_count < TEXT_SINK_KINDS_MAX)
		sink->kinds[sink->kind_count++] = kind;
	return false;
}

static int text_oom(struct sink *base, const struct record *record)
{
	struct text_sink *sink = (struct text_sink *)base;
	const struct record_oom *oom = &record->oom;
	bool all = sink->look.detail == TEXT_ALL;
	int err = 0;

	if (!all && !oom->log && oom->outcome == OOM_NO_VICTIM) {
		if (text_quiet__add(sink, record))
			return text_sink__flush((struct text_sink *)base);
	} else if (!all && !oom->log && oom->limit) {
		text_quiet__end(sink, record, oom->limit->id);
	}
	if (all || (!is_known(sink, oom) && sink->look.detail != TEXT_BRIEF))
		err = text_oom__put(sink, record);
	else
		text_line__put(sink, record);
	return err ? err : text_sink__flush((struct text_sink *)base);
}

static int text_repeats(struct sink *base, const struct record *record)
{
	text_quiet__repeats((struct text_sink *)base, record);
	return text_sink__flush((struct text_sink *)base);
}

static void put_status(FILE *out, uint32_t status)
{
	int signal = status & 0x7f;

	fprintf(out, "exit code %d", record__exit_code(status));
	if (signal)
		fprintf(out, " (128 + %d, SIG%s)", signal, sigabbrev_np(signal) ? sigabbrev_np(signal) : "?");
}

static int text_start(struct sink *base, const struct record *record)
{
	struct text_sink *sink = (struct text_sink *)base;
	const struct record_start *s = &record->start;
	FILE *out = base->out;

	/* A runtime may have given it another id. Several have no target in common. */
	if (sink->target_id[0])
		snprintf(sink->target_id, sizeof(sink->target_id), "%s", s->container.ref.id);
	text_sink__time(sink, &record->time);
	text_sink__style(sink, STYLE_STRONG);
	text_parts__place(out, s->cgroup, &s->container);
	text_sink__style(sink, STYLE_PLAIN);
	text_parts__back(out, s);
	fputc('\n', out);
	return text_sink__flush(sink);
}

static int text_exit(struct sink *base, const struct record *record)
{
	struct text_sink *sink = (struct text_sink *)base;
	const struct record_exit *e = &record->exit;
	bool by_oom = record__ended_by_oom(e);
	FILE *out = base->out;

	/* Each victim's end follows its kill: only the end of the whole target is news. */
	if (!e->container)
		return 0;
	text_sink__time(sink, &record->time);
	text_sink__style(sink, STYLE_STRONG);
	text_parts__place(out, e->cgroup, &e->which);
	fputs(" is gone", out);
	text_sink__style(sink, STYLE_PLAIN);
	if (e->run)
		fprintf(out, " (run %" PRIu64 ")", e->run);
	if (e->has_status) {
		fputs(":\n", out);
		text_sink__label(sink, container__is_service(&e->which.ref, e->cgroup) ? "main" : "init");
		text_parts__process(out, e->comm, e->pid);
		fputs(" ended with ", out);
		put_status(out, e->status);
		if ((e->status & 0x7f) == 9 && !by_oom && e->killer) {
			fputs(", not by the OOM killer: SIGKILL was ", out);
			text_killer__put(out, e->killer, &e->which, e->cgroup);
		} else if ((e->status & 0x7f) == 9) {
			fputs(by_oom ? ", killed by the OOM killer" : ", not by the OOM killer", out);
		}
		text_killer__put_stop(out, &e->stop, e->status, false);
	} else {
		fputs(": its last process has ended", out);
	}
	fputc('\n', out);
	if (e->runtime_status) {
		text_sink__label(sink, container__runtime_name(e->which.ref.runtime));
		text_parts__name(out, e->runtime_status);
		fprintf(out, ", ExitCode %d, OOMKilled %s\n", e->runtime_exit_code,
			e->runtime_oom_killed ? "true" : "false");
	}
	for (size_t i = 0; i < e->refusal_count; i++) {
		text_sink__label(sink, "limit");
		text_refusal__put(out, &e->refusals[i]);
		fputc('\n', out);
	}
	return text_sink__flush((struct text_sink *)base);
}

static int text_lost(struct sink *base, const struct record *record)
{
	struct text_sink *sink = (struct text_sink *)base;
	const struct record_lost *lost = &record->lost;

	text_sink__time(sink, &record->time);
	text_sink__style(sink, STYLE_KILL);
	sink->lost_writes |= lost->kind && !strcmp(lost->kind, "limit");
	fputs("LOST ", base->out);
	text_lost__put(base->out, lost);
	text_lost__put_why(base->out, lost);
	fputc('\n', base->out);
	text_sink__style(sink, STYLE_PLAIN);
	return text_sink__flush((struct text_sink *)base);
}

/* ---- the end ---- */

static int tell(void *ctx, const struct verdict_sentence *sentence)
{
	struct text_sink *sink = ctx;

	if (!sink->ended)
		return 0; /* a run that was killed had no last word */
	if (sentence->rule) {
		text_sink__label(sink, "next");
		verdict__put(sink->base.out, sentence);
		fputc('\n', sink->base.out);
		return 0;
	}
	if (sink->sentences++ >= SENTENCES_SHOWN && sink->look.detail != TEXT_ALL) {
		sink->sentences_left_out++;
		return 0;
	}
	text_sink__style(sink, STYLE_STRONG);
	verdict__put(sink->base.out, sentence);
	text_sink__style(sink, STYLE_PLAIN);
	fputc('\n', sink->base.out);
	return 0;
}

/* The last thing that is read: what all of it comes to. */
static int put_verdict(struct text_sink *sink)
{
	int err;

	sink->sentences = sink->sentences_left_out = 0;
	sink->ended = true;
	err = sink__finish(sink->verdict);
	sink->ended = false;
	if (sink->sentences_left_out)
		fprintf(sink->base.out, "and %u more containers or cgroups\n", sink->sentences_left_out);
	return err;
}

static int text_finish(struct sink *base)
{
	struct text_sink *sink = (struct text_sink *)base;
	int err = text_sink__flush((struct text_sink *)base);

	return err ? err : held__release(sink->held);
}

static int text_sync(struct sink *base)
{
	return held__sync(((struct text_sink *)base)->held);
}

static int text_end(struct sink *base, const struct record *record)
{
	struct text_sink *sink = (struct text_sink *)base;
	const struct record_end *end = &record->end;
	int err;

	text_quiet__end(sink, record, 0);
	if (sink->look.detail != TEXT_BRIEF)
		stack_top__print(sink->top, base->out);
	if (!sink->from_log)
		text_sink__time(sink, &record->time);
	fprintf(base->out, "%" PRIu64 " OOM%s, %" PRIu64 " process%s killed", end->ooms,
		end->ooms == 1 ? "" : "s", end->kills, end->kills == 1 ? "" : "es");
	/* Such an attempt need not have run the OOM killer. */
	if (!end->ooms && end->has_kernel_events && end->kernel_events.oom)
		fprintf(base->out,
			", though the kernel has counted %" PRIu64 " attempt%s (oom in memory.events)",
			end->kernel_events.oom, end->kernel_events.oom == 1 ? "" : "s");
	if (end->lost)
		fprintf(base->out, ", %" PRIu64 " event%s lost", end->lost, end->lost == 1 ? "" : "s");
	else if (!sink->from_log) /* which can't tell */
		fputs(", nothing lost", base->out);
	if (end->early_kills)
		fprintf(base->out,
			", %" PRIu64 " kill%s not reported because the OOM may have begun before the trace",
			end->early_kills, end->early_kills == 1 ? "" : "s");
	if (end->nameless)
		fprintf(base->out, ", names of %" PRIu64 " stack%s not found", end->nameless,
			end->nameless == 1 ? "" : "s");
	if (end->skipped_exits || end->skipped_signals)
		fprintf(base->out, ", %s may be missing",
			!end->skipped_signals ? "ends of processes"
			: end->skipped_exits  ? "ends of processes and senders of SIGKILL"
					      : "senders of SIGKILL");
	if (end->given_up)
		fprintf(base->out, ", %" PRIu64 " flight recorder%s given up for want of room", end->given_up,
			end->given_up == 1 ? "" : "s");
	fputs(" (", base->out);
	text_parts__bytes(base->out, end->reason ? end->reason : "?",
			  strlen(end->reason ? end->reason : "?"));
	fputs(")\n", base->out);
	/* That was to come after the first record. */
	for (size_t i = 0; i < end->missing_count; i++)
		put_missing(sink, &end->missing[i]);
	err = put_verdict(sink);
	return err ? err : text_finish(base);
}

/* What its block waits for. Where it comes too late, or the block was a line only, it isn't told. */
static int answer(struct text_sink *sink, const struct record_stack *stack)
{
	size_t size;
	char *line = NULL;
	FILE *plain = open_memstream(&line, &size), *out;

	out = plain ? wrap__open(plain, sink->look) : NULL;
	if (!out) {
		if (plain)
			fclose(plain);
		free(line);
		return -ENOMEM;
	}
	if (stack_top__has_own(stack)) {
		text_parts__label(out, sink->look, "was in");
		stack_top__put_own(out, stack);
		fputc('\n', out);
	}
	fclose(out);
	if (!fclose(plain))
		held__answer(sink->held, stack->oom_id, line);
	free(line);
	return 0;
}

/* Samples are summed up for the end. */
static int text_stack(struct sink *base, const struct record *record)
{
	struct text_sink *sink = (struct text_sink *)base;

	if (record->stack.oom_id)
		return answer(sink, &record->stack);
	stack_top__add(sink->top, &record->stack);
	return 0;
}

static int text_min_try(struct sink *base, const struct record *record)
{
	const struct record_min_try *t = &record->min_try;
	char size[UNITS__TEXT_SIZE];

	/* A terminal's live line shows one that has begun. */
	if (t->result == TRY_BEGUN)
		return 0;
	fprintf(base->out, "    %11s  %s\n", units__format_size(size, sizeof(size), t->max_bytes),
		t->result == TRY_HOLDS ? "holds" : "too small");
	return text_sink__flush((struct text_sink *)base);
}

static int text_min(struct sink *base, const struct record *record)
{
	const struct record_min *m = &record->min;
	FILE *out = base->out;

	if (!m->tries) {
		text_parts__size(out, "usage ", m->usage_bytes);
		text_parts__size(out, ", of which reclaim can get at most down to ", m->floor_bytes);
		fputs(" (approximately)\n", out);
		return text_sink__flush((struct text_sink *)base);
	}
	if (!m->found_bytes) {
		fputs("The target is growing, or stalls for memory already: there is nothing smaller.\n",
		      out);
		return text_sink__flush((struct text_sink *)base);
	}
	text_parts__size(out, "smallest memory.max: ", m->found_bytes);
	fprintf(out, " (%" PRIu64 "%cbytes)\n", m->found_bytes, WRAP_JOINT);
	fprintf(out, "    %cfound by memory.high in %u%ctries, each of them held for ", WRAP_HANG, m->tries,
		WRAP_JOINT);
	text_parts__duration(out, "", m->hold_ns);
	fprintf(out, "; %" PRIu64 " killed on the way\n", m->kills);
	fprintf(out, "    %c", WRAP_HANG);
	text_parts__size(out, "with a tenth on top for what these seconds didn't show: ",
			 m->found_bytes + m->margin_bytes);
	fputc('\n', out);
	return text_sink__flush((struct text_sink *)base);
}

/* A curve is no text: usage and reclaim are for the status line and reports. */
static const sink_take_fn text_takes[RECORD_KINDS] = {
	[RECORD_SESSION] = text_session,
	[RECORD_OOM] = text_oom,
	[RECORD_LIMIT] = text_limit,
	[RECORD_STEP] = text_steps__take_step,
	[RECORD_STEPS] = text_steps__take,
	[RECORD_REPEATS] = text_repeats,
	[RECORD_STALL] = text_stall__take,
	[RECORD_STACK] = text_stack,
	[RECORD_EXIT] = text_exit,
	[RECORD_LOST] = text_lost,
	[RECORD_END] = text_end,
	[RECORD_MIN_TRY] = text_min_try,
	[RECORD_MIN] = text_min,
	[RECORD_USER_KILL] = text_log__user_kill,
	[RECORD_KERNEL_LOG] = text_log__kernel_log,
	[RECORD_SIGKILL] = text_killer__take,
	[RECORD_START] = text_start,
	[RECORD_NEAR_LIMIT] = text_hook__take_near_limit,
	[RECORD_SNAPSHOT] = text_snapshot__take,
	[RECORD_HOOK] = text_hook__take,
	[RECORD_RELIEF] = text_relief__take,
};

static int text_take(struct sink *base, const struct record *record)
{
	struct text_sink *sink = (struct text_sink *)base;
	int err;

	if (sink->look.ask_columns) /* the terminal may have been resized */
		sink->look.columns = sink->look.ask_columns();
	err = held__pass(sink->held, record->time.wall_ns);

	if (!err)
		err = sink__take(sink->verdict, record);
	return err ? err : sink__dispatch(text_takes, base, record);
}

static void text_free(struct sink *base)
{
	struct text_sink *sink = (struct text_sink *)base;

	if (sink->verdict)
		sink->verdict->ops->free(sink->verdict);
	stack_top__free(sink->top);
	if (base->out)
		fclose(base->out);
	held__free(sink->held);
	free(sink);
}

static const struct sink_ops text_ops = {
	.take = text_take,
	.free = text_free,
	.finish = text_finish,
	.sync = text_sync,
};

static int text_open(struct text_sink *sink, FILE *out)
{
	sink->target = out;
	sink->held = held__new(out);
	sink->base.out = sink->held ? wrap__open(held__out(sink->held), sink->look) : NULL;
	sink->top = stack_top__new();
	sink->verdict = verdict__new(tell, sink);
	return sink->base.out && sink->top && sink->verdict ? 0 : -ENOMEM;
}

struct sink *text__new(FILE *out, struct text_look look)
{
	struct text_sink *sink = calloc(1, sizeof(*sink));

	if (!sink)
		return NULL;
	sink->base.ops = &text_ops;
	sink->look = look;
	if (!text_open(sink, out))
		return &sink->base;
	text_free(&sink->base);
	return NULL;
}
