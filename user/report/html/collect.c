// SPDX-License-Identifier: GPL-2.0-only
/*
 * The HTML report. Collects, in bounded memory, what the page needs while records come, and writes the page
 * after the last record.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report/cgroup_label.h"
#include "report/spans.h"
#include "report/html/collect.h"
#include "report/html/elements.h"
#include "report/html/heading.h"
#include "report/html/page.h"
#include "report/html/pending.h"
#include "report/html/rows.h"

#define SPANS_ROOM 1024

/* To those of the first record come those that could not be attached later. */
static void keep_without(struct html_report *r, const struct record_probe *probes, size_t count)
{
	char *before = r->without;
	size_t size;
	FILE *out = open_memstream(&r->without, &size);

	if (!out) {
		html_collected__fail(r, -errno);
		return;
	}
	fputs(before ? before : "", out);
	free(before);
	for (size_t i = 0; i < count; i++) {
		if (!probes[i].lost)
			continue;
		fputs("<li>", out);
		html_elements__text(out, probes[i].lost);
		fputs("</li>", out);
	}
	fclose(out);
}

static int html_session(struct sink *sink, const struct record *record)
{
	struct html_report *r = (struct html_report *)sink;
	const struct record_session *s = &record->session;

	html_collected__see_time(r, &record->time);
	r->from_log |= s->from_log;
	if (s->target_cgroup && s->has_memory && s->max_cgroup && !strcmp(s->max_cgroup, s->target_cgroup))
		html_collected__add_point(r, html_collected__curve(r, s->target_cgroup, &s->container),
					  record->time.wall_ns, s->usage_bytes, s->max_bytes);
	r->page_size = s->page_size;
	/* Another part of a recording that was cut into files goes on with the same session. */
	if ((s->part > 1 && r->sessions) || r->sessions++)
		return 0;
	html_collected__keep(r->version, sizeof(r->version), s->version);
	html_collected__keep(r->kernel, sizeof(r->kernel), s->kernel);
	html_collected__keep(r->arch, sizeof(r->arch), s->arch);
	html_collected__keep(r->target_kind, sizeof(r->target_kind), s->target_kind);
	if (s->target_cgroup) {
		html_collected__keep(r->target_cgroup, sizeof(r->target_cgroup), s->target_cgroup);
		cgroup_label__format(r->target, sizeof(r->target), s->target_cgroup, &s->container);
	}
	html_collected__keep(r->host, sizeof(r->host), s->host);
	if (!r->without)
		keep_without(r, s->probes, s->probe_count);
	return 0;
}

/* What the flight recorder had: of the limit's cgroup or, when that isn't recorded, the victim's. */
static void add_history(struct html_report *r, const struct record *record)
{
	const struct record_oom *oom = &record->oom;
	const struct record_history *h = oom->history;
	const struct record_container *container = oom->limit && oom->limit->path && h->cgroup &&
								   !strcmp(oom->limit->path, h->cgroup)
							   ? &oom->limit_container
						   : oom->victim_count ? &oom->victims[0].container
								       : NULL;
	struct html_curve *curve = html_collected__curve(r, h->cgroup, container);

	if (h->has_growth && h->growth_bytes_per_s > (int64_t)r->growth_bytes_per_s)
		r->growth_bytes_per_s = (uint64_t)h->growth_bytes_per_s;
	for (size_t i = 0; i < h->count; i++)
		html_collected__add_point(r, curve, html_collected__wall(&record->time, h->points[i].ts_ns),
					  h->points[i].usage_bytes, h->points[i].max_bytes);
}

static int html_oom(struct sink *sink, const struct record *record)
{
	struct html_report *r = (struct html_report *)sink;
	const struct record_oom *oom = &record->oom;
	struct html_curve *curve = NULL;

	html_collected__see_time(r, &record->time);
	if (!r->first_oom_ns)
		r->first_oom_ns = record->time.wall_ns;
	r->ooms++;
	r->kills += oom->killed;
	if (oom->outcome == OOM_NO_VICTIM)
		r->no_victim += 1 + oom->repeats;
	/* A log has the usage of one moment, which is no curve, and perhaps no time. */
	if (oom->limit && !oom->log) {
		curve = html_collected__curve(r, oom->limit->path, &oom->limit_container);
		if (curve)
			curve->kills += oom->killed;
		if (oom->limit->has_memory)
			html_collected__add_point(r, curve, record->time.wall_ns, oom->limit->usage_bytes,
						  oom->limit->max_bytes);
	}
	if (oom->history)
		add_history(r, record);
	html_pending__add(r, record, curve);
	for (size_t i = 0; i < oom->victim_count; i++) {
		const struct record_victim *v = &oom->victims[i];

		if (v->role == ROLE_EXITING || v->repeated)
			continue;
		if (!oom->log)
			html_rows__put_kill_mark(r, record, v, curve);
		html_rows__put_kill(r, record, v);
		html_rows__keep_death(r, record, v);
	}
	return r->error;
}

static int html_limit(struct sink *sink, const struct record *record)
{
	struct html_report *r = (struct html_report *)sink;
	const struct record_limit *l = &record->limit;
	struct html_curve *curve = html_collected__curve(r, l->cgroup, &l->container);
	uint64_t begin_ns =
		record->time.boot_ns - (l->duration_ns < record->time.boot_ns ? l->duration_ns : 0);

	html_collected__see_time(r, &record->time);
	if (l->file == LIMIT_MAX && l->result >= 0) {
		html_collected__keep_write(r, record, begin_ns);
		html_pending__note_write(r, l->id, begin_ns, record->time.boot_ns);
		html_collected__add_point(r, curve, html_collected__wall(&record->time, begin_ns),
					  l->usage_before_bytes, l->old_max_bytes);
		html_collected__add_point(r, curve, record->time.wall_ns, l->usage_after_bytes,
					  l->new_max_bytes);
		html_rows__put_write_mark(r, record, curve, html_collected__wall(&record->time, begin_ns));
	}
	html_rows__put_write(r, record);
	return r->error;
}

static int html_step(struct sink *sink, const struct record *record)
{
	struct html_report *r = (struct html_report *)sink;
	const struct record_step *s = &record->step;

	html_collected__see_time(r, &record->time);
	html_rows__put_step(r, s);
	return r->error;
}

static int html_steps(struct sink *sink, const struct record *record)
{
	struct html_report *r = (struct html_report *)sink;
	const struct record_steps *s = &record->steps;

	html_collected__see_time(r, &record->time);
	r->has_steps = true;
	r->has_first_kill = s->has_first_kill;
	r->first_kill_max = s->first_kill_max_bytes;
	r->died = s->died;
	r->died_max = s->died_max_bytes;
	return 0;
}

static int html_repeats(struct sink *sink, const struct record *record)
{
	struct html_report *r = (struct html_report *)sink;
	const struct record_repeats *repeats = &record->repeats;

	html_collected__see_time(r, &record->time);
	r->no_victim += repeats->repeats;
	return 0;
}

static int html_usage(struct sink *sink, const struct record *record)
{
	struct html_report *r = (struct html_report *)sink;
	const struct record_usage *u = &record->usage;

	r->has_usage = true;
	html_collected__see_time(r, &record->time);
	html_collected__add_point(r, html_collected__curve(r, u->cgroup, &u->container), record->time.wall_ns,
				  u->usage_bytes, u->max_bytes);
	return r->error;
}

static int html_reclaim(struct sink *sink, const struct record *record)
{
	struct html_report *r = (struct html_report *)sink;
	const struct record_reclaim *reclaim = &record->reclaim;
	struct html_curve *curve = html_collected__curve(r, reclaim->cgroup, &reclaim->container);
	struct span span = { .from_ns = (uint64_t)html_collected__wall(&record->time, reclaim->since_ns),
			     .to_ns = (uint64_t)record->time.wall_ns,
			     .sum = reclaim->sum };

	html_collected__see_time(r, &record->time);
	if (curve && spans__add(reclaim->kind == RECLAIM_THROTTLE ? &curve->throttle : &curve->reclaim,
				SPANS_ROOM, span))
		html_collected__fail(r, -ENOMEM);
	html_pending__note_reclaim(r, record);
	return r->error;
}

/* It is told every second while it lasts, each time with the whole: only the last is a row. */
static int html_stall(struct sink *sink, const struct record *record)
{
	struct html_report *r = (struct html_report *)sink;
	const struct record_stall *s = &record->stall;
	struct html_curve *curve = html_collected__curve(r, s->cgroup, &s->container);
	const struct html_stall stall = {
		.going_on = !s->over,
		.since_ns = html_collected__wall(&record->time, s->since_ns),
		.duration_ns = s->duration_ns,
		.reclaim_ns = s->reclaim_ns,
		.usage_bytes = s->usage_bytes,
		.max_bytes = s->max_bytes,
	};

	html_collected__see_time(r, &record->time);
	if (curve)
		curve->stall = stall;
	if (s->over)
		html_rows__put_stall(r, &stall, s->cgroup, &s->container);
	return r->error;
}

static int html_stack(struct sink *sink, const struct record *record)
{
	struct html_report *r = (struct html_report *)sink;
	const struct record_stack *s = &record->stack;

	html_collected__see_time(r, &record->time);
	if (s->oom_id) {
		html_pending__add_stack(r, s);
		return r->error;
	}
	if (!r->flame)
		r->flame = flame_tree__new();
	if (!r->flame)
		html_collected__fail(r, -ENOMEM);
	else
		flame_tree__add(r->flame, s);
	return r->error;
}

static int html_relief(struct sink *sink, const struct record *record)
{
	struct html_report *r = (struct html_report *)sink;

	html_pending__note_relief(r, record);
	return r->error;
}

static int html_exit(struct sink *sink, const struct record *record)
{
	struct html_report *r = (struct html_report *)sink;
	const struct record_exit *e = &record->exit;

	html_collected__see_time(r, &record->time);
	html_pending__note_exit(r, record);
	if (e->container) {
		r->has_runtime = e->runtime_status;
		html_collected__keep(r->runtime_status, sizeof(r->runtime_status), e->runtime_status);
		r->runtime_exit_code = e->runtime_exit_code;
		r->runtime_oom_killed = e->runtime_oom_killed;
	}
	html_rows__put_exit(r, record);
	return r->error;
}

static int html_start(struct sink *sink, const struct record *record)
{
	struct html_report *r = (struct html_report *)sink;

	html_collected__see_time(r, &record->time);
	html_rows__put_start(r, record);
	return r->error;
}

static int html_lost(struct sink *sink, const struct record *record)
{
	struct html_report *r = (struct html_report *)sink;
	const struct record_lost *lost = &record->lost;

	html_collected__see_time(r, &record->time);
	r->lost += lost->count;
	html_rows__put_lost(r, record);
	return r->error;
}

static int html_end(struct sink *sink, const struct record *record)
{
	struct html_report *r = (struct html_report *)sink;
	const struct record_end *end = &record->end;

	html_collected__see_time(r, &record->time);
	r->has_end = true;
	if (end->missing_count)
		keep_without(r, end->missing, end->missing_count);
	html_collected__keep(r->end_reason, sizeof(r->end_reason), end->reason);
	return 0;
}

static int html_finish(struct sink *sink)
{
	struct html_report *r = (struct html_report *)sink;

	html_pending__write_all(r);
	for (size_t i = 0; i < r->curve_count; i++) {
		if (r->curves[i].stall.going_on)
			html_rows__put_stall(r, &r->curves[i].stall, r->curves[i].label, NULL);
	}
	html_collected__fail(r, sink__finish(r->verdict));
	if (r->error)
		return r->error;
	return html_page__put(r, sink->out);
}

static void html_free(struct sink *sink)
{
	struct html_report *r = (struct html_report *)sink;

	html_pending__free(r);
	if (r->verdict)
		r->verdict->ops->free(r->verdict);
	html_collected__release(r);
	free(r);
}

static const sink_take_fn html_takes[RECORD_KINDS] = {
	[RECORD_SESSION] = html_session, [RECORD_OOM] = html_oom,	  [RECORD_LIMIT] = html_limit,
	[RECORD_STEP] = html_step,	 [RECORD_STEPS] = html_steps,	  [RECORD_REPEATS] = html_repeats,
	[RECORD_USAGE] = html_usage,	 [RECORD_RECLAIM] = html_reclaim, [RECORD_STALL] = html_stall,
	[RECORD_STACK] = html_stack,	 [RECORD_EXIT] = html_exit,	  [RECORD_LOST] = html_lost,
	[RECORD_RELIEF] = html_relief,	 [RECORD_END] = html_end,	  [RECORD_START] = html_start,
};

static int html_take(struct sink *sink, const struct record *record)
{
	struct html_report *r = (struct html_report *)sink;

	html_collected__fail(r, sink__take(r->verdict, record));
	return sink__dispatch(html_takes, sink, record);
}

static const struct sink_ops html_ops = {
	.take = html_take,
	.free = html_free,
	.finish = html_finish,
};

struct sink *html_collect__new(FILE *out)
{
	struct html_report *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->base = (struct sink){ .ops = &html_ops, .out = out };
	r->verdict = verdict__new(html_heading__tell, r);
	if (!r->verdict) {
		free(r);
		return NULL;
	}
	return &r->base;
}
