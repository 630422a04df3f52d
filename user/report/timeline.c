// SPDX-License-Identifier: GPL-2.0-only
#include "report/timeline.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/copy.h"
#include "base/units.h"
#include "output/text_hook.h"
#include "output/text_killer.h"
#include "output/text_log.h"
#include "output/text_lost.h"
#include "output/text_parts.h"
#include "output/text_snapshot.h"
#include "output/text_sink.h"
#include "output/wrap.h"
#include "record/names.h"

#define LINES_MAX 1000 /* of a session; the text below has all */
#define COMM_BYTES 64
#define NAME_BYTES 256
#define PATH_BYTES 4096
#define DAY_SIZE 32
/* From there on a duration has no fraction, and all lines would have the same: it is the time of day then. */
#define OFFSET_MAX_NS (60 * NS_PER_S)

/* OOMs that follow one another in the same place: one line for all. */
struct run {
	uint64_t ooms, kills;
	struct record_time first;
	int64_t last_ns;		 /* the kernel's clock: the wall clock may be set */
	char stamp[TEXT_LOG_STAMP_SIZE]; /* a log's time, as it stands there */
	struct record_container container;
	char name[NAME_BYTES];
	char path[PATH_BYTES];
	char comm[COMM_BYTES];
	bool same_comm;
	bool untold; /* more may have been killed */
};

struct timeline {
	struct sink base;
	struct record_time began;
	bool all, from_log, has_session;
	bool begun;	    /* the first line is printed, with the heading */
	bool by_clock;	    /* lines have the time of day, not that since the beginning */
	char day[DAY_SIZE]; /* of the last line, when that has the time of day */
	bool stalled;	    /* the stall has been told of, and goes on */
	uint64_t lines, sessions;
	char target_id[CONTAINER__ID_SIZE]; /* of the target, when that is a container; else "" */
	struct run run;
	struct text_look look;
};

/* A log may lack the day or be in any zone: its own stamps are better than what is made of them. */
static void put_stamp(FILE *out, const char *stamp)
{
	fputs("    ", out);
	text_parts__name(out, stamp);
	fprintf(out, "  %c", WRAP_HANG);
}

static void put_offset(FILE *out, int64_t from_ns, int64_t ns)
{
	char text[UNITS__TEXT_SIZE + 1] = "+";
	bool before = ns < from_ns;

	units__format_duration(text + 1, sizeof(text) - 1,
			       before ? (uint64_t)from_ns - (uint64_t)ns : (uint64_t)ns - (uint64_t)from_ns);
	if (before)
		text[0] = '-';
	fprintf(out, "    %*s", 10 - (int)strlen(text) > 0 ? 10 - (int)strlen(text) : 0, "");
	text_parts__name(out, text); /* "+1m 13s" in one piece */
	fprintf(out, "  %c", WRAP_HANG);
}

/* "2026-11-23 (UTC)" */
static void format_day(char day[DAY_SIZE], const char *time)
{
	char zone[TEXT_PARTS_TIME_SIZE];

	snprintf(day, DAY_SIZE, "%.10s (%.16s)", time, text_parts__format_zone(zone, sizeof(zone), time));
}

static void put_clock(struct timeline *t, const struct record_time *time)
{
	char text[TEXT_PARTS_TIME_SIZE], day[DAY_SIZE];

	text_parts__format_time(text, sizeof(text), t->look, time->wall_ns);
	format_day(day, text);
	if (strcmp(day, t->day))
		fprintf(t->base.out, "  %s\n", day);
	copy__text(t->day, sizeof(t->day), day);
	fprintf(t->base.out, "  %.12s  %c", text + strlen("2026-11-23T"), WRAP_HANG);
}

/* Without a line there is none. */
static void put_heading(struct timeline *t, const struct record_time *first)
{
	bool no_time = t->began.no_wall || t->from_log;
	char text[TEXT_PARTS_TIME_SIZE];

	if (!t->has_session) {
		t->began = *first;
		return;
	}
	t->by_clock = !no_time && first->boot_ns > t->began.boot_ns + OFFSET_MAX_NS;
	fprintf(t->base.out, "%sTimeline", t->sessions++ ? "\n" : "");
	if (!no_time)
		text_parts__format_time(text, sizeof(text), t->look,
					t->by_clock ? first->wall_ns : t->began.wall_ns);
	if (t->by_clock) {
		format_day(t->day, text);
		fprintf(t->base.out, ", %s:\n", t->day);
	} else {
		fprintf(t->base.out, "%s%s%s:\n", no_time ? "" : ", from ", no_time ? "" : text,
			no_time ? "" : " on");
	}
}

/* False: there are enough of them. */
static bool begin_line(struct timeline *t, const struct record_time *time)
{
	if (t->lines++ >= LINES_MAX)
		return false;
	if (!t->begun)
		put_heading(t, time);
	t->begun = true;
	if (t->from_log)
		put_stamp(t->base.out, t->run.stamp);
	else if (t->by_clock)
		put_clock(t, time);
	else
		put_offset(t->base.out, (int64_t)t->began.boot_ns, (int64_t)time->boot_ns);
	return true;
}

static int line_error(const struct timeline *t)
{
	return ferror(t->base.out) ? sink__flush((struct sink *)&t->base) : 0;
}

/* The container that is being traced need not be named again and again. */
static void put_place(const struct timeline *t, const char *before, const struct record_container *c,
		      const char *path)
{
	bool below = path && strlen(path) > c->ref.prefix_len;

	if (t->from_log && !(path && *path) && c->ref.runtime == CONTAINER__UNKNOWN)
		return;
	if (t->target_id[0] && !strcmp(t->target_id, c->ref.id) && !below)
		return;
	fputs(before, t->base.out);
	text_parts__place(t->base.out, path && *path ? path : NULL, c);
}

static void put_kills(FILE *out, const struct run *run)
{
	if (!run->kills) {
		fputs(run->untold ? " whose victims aren't known" : " killed nothing", out);
		return;
	}
	fprintf(out, " killed %s%" PRIu64 " process%s: ", run->untold ? "at least " : "", run->kills,
		run->kills == 1 ? "" : "es");
	text_parts__name(out, run->comm);
	fputs(run->same_comm ? "" : " and others", out);
}

static void end_run(struct timeline *t)
{
	struct run *run = &t->run;
	FILE *out = t->base.out;

	if (run->ooms && begin_line(t, &run->first)) {
		if (run->ooms > 1)
			fprintf(out, "%" PRIu64 " OOMs", run->ooms);
		else
			fputs("OOM", out);
		if (run->last_ns > (int64_t)run->first.boot_ns)
			text_parts__duration(out, " in ", (uint64_t)run->last_ns - run->first.boot_ns);
		put_kills(out, run);
		put_place(t, ", in ", &run->container, run->path);
		fputc('\n', out);
	}
	*run = (struct run){};
}

static bool same_place(const struct run *run, const struct record_container *c, const char *path)
{
	if (c->ref.runtime != run->container.ref.runtime || strcmp(c->ref.id, run->container.ref.id))
		return false;
	return c->ref.runtime != CONTAINER__UNKNOWN ||
	       !strncmp(run->path, path ? path : "", sizeof(run->path) - 1);
}

static void add_to_run(struct timeline *t, const struct record *record, const struct record_container *c,
		       const char *path)
{
	const struct record_oom *oom = &record->oom;
	struct run *run = &t->run;

	if (run->ooms && (!same_place(run, c, path) || (int64_t)record->time.boot_ns < run->last_ns))
		end_run(t);
	if (!run->ooms) {
		run->first = record->time;
		if (oom->log)
			text_log__format_stamp(run->stamp, sizeof(run->stamp), oom->log->stamp,
					       &record->time);
		run->container = *c;
		copy__text(run->name, sizeof(run->name), c->name);
		run->container.name = c->name ? run->name : NULL;
		copy__text(run->path, sizeof(run->path), path);
		run->same_comm = true;
	}
	run->ooms++;
	run->kills += oom->killed;
	run->untold |= record__kills_untold(oom);
	run->last_ns = (int64_t)record->time.boot_ns;
	for (size_t i = 0; i < oom->victim_count; i++) {
		const char *comm = oom->victims[i].comm ? oom->victims[i].comm : "(unknown)";

		if (oom->victims[i].role == ROLE_EXITING)
			continue;
		if (!run->comm[0])
			copy__text(run->comm, sizeof(run->comm), comm);
		else if (strncmp(run->comm, comm, sizeof(run->comm) - 1))
			run->same_comm = false;
	}
}

static int timeline_oom(struct sink *base, const struct record *record)
{
	const struct record_oom *oom = &record->oom;
	static const struct record_container none;
	struct timeline *t = (struct timeline *)base;

	if (oom->victim_count)
		add_to_run(t, record, &oom->victims[0].container, oom->victims[0].cgroup);
	else
		add_to_run(t, record, oom->limit ? &oom->limit_container : &none,
			   oom->limit ? oom->limit->path : "the machine");
	return line_error(t);
}

static int timeline_session(struct sink *base, const struct record *record)
{
	struct timeline *t = (struct timeline *)base;
	const struct record_session *s = &record->session;

	if (sink__finish(base))
		return sink__flush(base);
	t->began = record->time;
	t->has_session = true;
	t->begun = false;
	t->lines = 0;
	t->stalled = false;
	t->from_log = s->from_log;
	copy__text(t->target_id, sizeof(t->target_id), s->container.ref.id);
	return line_error(t);
}

static int timeline_limit(struct sink *base, const struct record *record)
{
	struct timeline *t = (struct timeline *)base;
	const struct record_limit *l = &record->limit;
	FILE *out = base->out;

	if (!t->all && text_sink__is_noise(l))
		return 0;
	end_run(t);
	if (!begin_line(t, &record->time))
		return 0;
	fputs(record_names__limit_file(l->file), out);
	text_parts__size(out, " ", l->old_max_bytes);
	text_parts__size(out, " -> ", l->new_max_bytes);
	fputs(l->result < 0 ? " refused, by " : " by ", out);
	text_parts__process(out, l->writer_comm, l->writer_pid);
	if (l->kills)
		fprintf(out, ", killed %" PRIu32, l->kills);
	put_place(t, ", of ", &l->container, l->cgroup);
	fputc('\n', out);
	return line_error(t);
}

static int timeline_stall(struct sink *base, const struct record *record)
{
	struct timeline *t = (struct timeline *)base;
	const struct record_stall *s = &record->stall;
	bool news = !t->stalled || s->over;

	t->stalled = !s->over;
	if (!news)
		return 0;
	end_run(t);
	if (!begin_line(t, &record->time))
		return 0;
	fputs(s->over ? "no longer stuck" : "stuck", base->out);
	text_parts__size(base->out, " in reclaim at the limit of ", s->max_bytes);
	text_parts__duration(base->out, s->over ? ", after " : ", for ", s->duration_ns);
	put_place(t, ", in ", &s->container, s->cgroup);
	fputc('\n', base->out);
	return line_error(t);
}

static int timeline_start(struct sink *base, const struct record *record)
{
	struct timeline *t = (struct timeline *)base;
	const struct record_start *s = &record->start;

	end_run(t);
	if (t->target_id[0])
		copy__text(t->target_id, sizeof(t->target_id), s->container.ref.id);
	if (!begin_line(t, &record->time))
		return 0;
	text_parts__place(base->out, s->cgroup, &s->container);
	text_parts__back(base->out, s);
	fputc('\n', base->out);
	return line_error(t);
}

static int timeline_near_limit(struct sink *base, const struct record *record)
{
	struct timeline *t = (struct timeline *)base;

	end_run(t);
	if (!begin_line(t, &record->time))
		return 0;
	text_hook__put_near_limit(base->out, &record->near_limit);
	fputc('\n', base->out);
	return line_error(t);
}

static int timeline_snapshot(struct sink *base, const struct record *record)
{
	struct timeline *t = (struct timeline *)base;

	if (!begin_line(t, &record->time))
		return 0;
	text_snapshot__put(base->out, &record->snapshot);
	fputc('\n', base->out);
	return line_error(t);
}

static int timeline_hook(struct sink *base, const struct record *record)
{
	struct timeline *t = (struct timeline *)base;

	end_run(t);
	if (!begin_line(t, &record->time))
		return 0;
	text_hook__put(base->out, &record->hook);
	put_place(t, ", of ", &record->hook.container, record->hook.cgroup);
	fputc('\n', base->out);
	return line_error(t);
}

static int timeline_exit(struct sink *base, const struct record *record)
{
	struct timeline *t = (struct timeline *)base;
	const struct record_exit *e = &record->exit;

	if (!e->container)
		return 0;
	end_run(t);
	if (!begin_line(t, &record->time))
		return 0;
	text_parts__place(base->out, e->cgroup, &e->which);
	fputs(" is gone", base->out);
	if (e->run)
		fprintf(base->out, " (run %" PRIu64 ")", e->run);
	if (e->has_status)
		fprintf(base->out, ": exit code %d%s", record__exit_code(e->status),
			record__ended_by_oom(e) ? ", killed by the OOM killer" : "");
	fputc('\n', base->out);
	return line_error(t);
}

static int timeline_sigkill(struct sink *base, const struct record *record)
{
	struct timeline *t = (struct timeline *)base;
	const struct record_sigkill *s = &record->sigkill;

	if (!t->all && !text_killer__is_news(s))
		return 0;
	end_run(t);
	if (!begin_line(t, &record->time))
		return 0;
	fputs("SIGKILL to ", base->out);
	text_parts__process(base->out, s->comm, s->pid);
	fputs(", ", base->out);
	text_killer__put(base->out, &s->killer, &s->container, s->cgroup);
	put_place(t, ", of ", &s->container, s->cgroup);
	fputc('\n', base->out);
	return line_error(t);
}

static int timeline_lost(struct sink *base, const struct record *record)
{
	struct timeline *t = (struct timeline *)base;

	end_run(t);
	if (!begin_line(t, &record->time))
		return 0;
	text_lost__put(base->out, &record->lost);
	fputs(" lost\n", base->out);
	return line_error(t);
}

/* Of a log, which has nothing but OOMs beside them, or seen live. */
static int timeline_user_kill(struct sink *base, const struct record *record)
{
	struct timeline *t = (struct timeline *)base;
	const struct record_user_kill *kill = &record->user_kill;

	end_run(t);
	if (kill->line)
		text_log__format_stamp(t->run.stamp, sizeof(t->run.stamp), kill->stamp, &record->time);
	if (!begin_line(t, &record->time))
		return 0;
	text_log__user_kill_words(base->out, kill);
	fputc('\n', base->out);
	return line_error(t);
}

static int timeline_end(struct sink *base, const struct record *record)
{
	struct timeline *t = (struct timeline *)base;
	const struct record_end *end = &record->end;

	end_run(t);
	if (t->from_log || !begin_line(t, &record->time))
		return 0;
	fputs("the end: ", base->out);
	text_parts__bytes(base->out, end->reason ? end->reason : "?",
			  strlen(end->reason ? end->reason : "?"));
	fputc('\n', base->out);
	return line_error(t);
}

static int timeline_finish(struct sink *base)
{
	struct timeline *t = (struct timeline *)base;

	end_run(t);
	if (t->lines > LINES_MAX)
		fprintf(base->out, "    %10s  %" PRIu64 " more\n", "...", t->lines - LINES_MAX);
	t->lines = 0;
	return 0;
}

static void timeline_free(struct sink *base)
{
	free(base);
}

static const sink_take_fn timeline_takes[RECORD_KINDS] = {
	[RECORD_SESSION] = timeline_session,
	[RECORD_OOM] = timeline_oom,
	[RECORD_LIMIT] = timeline_limit,
	[RECORD_STALL] = timeline_stall,
	[RECORD_EXIT] = timeline_exit,
	[RECORD_LOST] = timeline_lost,
	[RECORD_END] = timeline_end,
	[RECORD_USER_KILL] = timeline_user_kill,
	[RECORD_SIGKILL] = timeline_sigkill,
	[RECORD_START] = timeline_start,
	[RECORD_NEAR_LIMIT] = timeline_near_limit,
	[RECORD_SNAPSHOT] = timeline_snapshot,
	[RECORD_HOOK] = timeline_hook,
};

static int timeline_take(struct sink *sink, const struct record *record)
{
	return sink__dispatch(timeline_takes, sink, record);
}

static const struct sink_ops timeline_ops = {
	.take = timeline_take,
	.free = timeline_free,
	.finish = timeline_finish,
};

struct sink *timeline__new(FILE *out, struct text_look look)
{
	struct timeline *t = calloc(1, sizeof(*t));

	if (t)
		*t = (struct timeline){ .base = { .ops = &timeline_ops, .out = out },
					.all = look.detail == TEXT_ALL,
					.look = look };
	return t ? &t->base : NULL;
}
