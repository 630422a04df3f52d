// SPDX-License-Identifier: GPL-2.0-only
/*
 * The HTML report: collects what a page needs while records come, in bounded memory, and writes the
 * page when the last has come.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "report/html/elements.h"
#include "report/html/collected.h"
#include "base/units.h"

#define USAGE_ROOM 4096 /* buckets of a curve */
#define SPANS_ROOM 1024
#define MARKS_MAX 20000 /* writes of limits on the chart; kills are all there */
#define NS_PER_S 1000000000ull

static void fail(struct html_report *r, int error)
{
	if (!r->error)
		r->error = error;
}

static void keep(char *dst, size_t size, const char *text)
{
	snprintf(dst, size, "%s", text ? text : "(unknown)");
}

FILE *html_report__next(struct html_report *r, struct html_spool *spool, uint64_t most)
{
	if (spool->count >= most) {
		spool->left_out++;
		return NULL;
	}
	if (!spool->file) {
		spool->file = tmpfile();
		if (!spool->file) {
			fail(r, -errno);
			return NULL;
		}
	}
	spool->count++;
	return spool->file;
}

static void see_time(struct html_report *r, const struct record_time *time)
{
	if (!r->has_time || time->wall_ns < r->first_ns)
		r->first_ns = time->wall_ns;
	if (!r->has_time || time->wall_ns > r->last_ns)
		r->last_ns = time->wall_ns;
	r->has_time = true;
}

/* A time of the boot clock on the wall, by a record's both times. */
static int64_t wall(const struct record_time *time, uint64_t boot_ns)
{
	return (int64_t)((uint64_t)time->wall_ns + (boot_ns - time->boot_ns));
}

#define tell_verdict(r, op, record)                             \
	do {                                                    \
		int err = sink__call((r)->verdict, op, record); \
                                                                \
		if (err)                                        \
			fail(r, err);                           \
	} while (0)

static struct html_curve *curve_of(struct html_report *r, const char *cgroup,
				   const struct record_container *container)
{
	char label[HTML_PATH_SIZE];
	struct html_curve *curve;

	if (!cgroup)
		return NULL;
	for (size_t i = 0; i < r->curve_count; i++) {
		if (!strcmp(r->curves[i].cgroup, cgroup))
			return &r->curves[i];
	}
	if (r->curve_count == HTML_CURVES_MAX) {
		r->curves_left_out++;
		return NULL;
	}
	curve = &r->curves[r->curve_count];
	curve->cgroup = strdup(cgroup);
	curve->label = strdup(html__cgroup_label(label, sizeof(label), cgroup, container));
	if (!curve->cgroup || !curve->label) {
		free(curve->cgroup);
		free(curve->label);
		*curve = (struct html_curve){ 0 };
		fail(r, -ENOMEM);
		return NULL;
	}
	r->curve_count++;
	return curve;
}

static void add_point(struct html_report *r, struct html_curve *curve, int64_t wall_ns, uint64_t usage_bytes,
		      uint64_t max_bytes)
{
	struct record_point point = { .ts_ns = (uint64_t)wall_ns,
				      .usage_bytes = usage_bytes,
				      .max_bytes = max_bytes };

	if (!curve || wall_ns < 0)
		return;
	if (series__add(&curve->usage, USAGE_ROOM, point))
		fail(r, -ENOMEM);
}

static void keep_without(struct html_report *r, const struct record_session *s)
{
	size_t size;
	FILE *out;

	if (!s->plan || r->without)
		return;
	out = open_memstream(&r->without, &size);
	if (!out) {
		fail(r, -errno);
		return;
	}
	for (int i = 0; i < PLAN_PURPOSES; i++) {
		if (!s->plan->choices[i].wanted || plan__chosen(s->plan, i))
			continue;
		fputs("<li>", out);
		html__text(out, plan_purposes[i].lost);
		fputs("</li>", out);
	}
	fclose(out);
}

static int html_session(struct sink *sink, const struct record_session *s)
{
	struct html_report *r = (struct html_report *)sink;

	see_time(r, &s->time);
	tell_verdict(r, session, s);
	if (s->target_cgroup && s->has_memory && s->max_cgroup && !strcmp(s->max_cgroup, s->target_cgroup))
		add_point(r, curve_of(r, s->target_cgroup, &s->container), s->time.wall_ns, s->usage_bytes,
			  s->max_bytes);
	r->page_size = s->page_size;
	/* Another part of a recording that was cut into files goes on with the same session. */
	if ((s->part > 1 && r->sessions) || r->sessions++)
		return 0;
	keep(r->version, sizeof(r->version), s->version);
	keep(r->kernel, sizeof(r->kernel), s->kernel);
	keep(r->arch, sizeof(r->arch), s->arch);
	keep(r->target_kind, sizeof(r->target_kind), s->target_kind);
	if (s->target_cgroup) {
		keep(r->target_cgroup, sizeof(r->target_cgroup), s->target_cgroup);
		html__cgroup_label(r->target, sizeof(r->target), s->target_cgroup, &s->container);
	}
	keep_without(r, s);
	return 0;
}

const struct html_write *html_report__write_of(const struct html_report *report, uint64_t id)
{
	for (uint64_t n = 0; id && n < HTML_RECENT_WRITES && n < report->write_count; n++) {
		const struct html_write *write =
			&report->writes[(report->write_count - 1 - n) % HTML_RECENT_WRITES];

		if (write->id == id)
			return write;
	}
	return NULL;
}

/* ---- cards that wait: for exits, the end of a write, a stack whose names took a while ---- */

static struct html_pending *pending_at(struct html_report *r, size_t i)
{
	return &r->pending[(r->first_pending + i) % HTML_PENDING_MAX];
}

static void write_first(struct html_report *r)
{
	struct html_pending *p = pending_at(r, 0);

	if (r->cards.file)
		html_card__end(r, p, r->cards.file);
	html_card__free(p);
	r->first_pending = (r->first_pending + 1) % HTML_PENDING_MAX;
	r->pending_count--;
}

/* What the kernel's reclaim did just before, if that has been told already. */
static void add_last_reclaim(struct html_pending *p, const struct record_oom *oom,
			     const struct html_curve *curve)
{
	const uint64_t offset = (uint64_t)oom->time.wall_ns - oom->time.boot_ns;
	const struct span *last;
	uint64_t from_ns, to_ns;

	if (!curve || !curve->reclaim.count || !p->started_ns)
		return;
	last = &curve->reclaim.spans[curve->reclaim.count - 1];
	from_ns = last->from_ns - offset;
	to_ns = last->to_ns - offset;
	if (from_ns > p->started_ns || to_ns + NS_PER_S < p->started_ns)
		return;
	p->reclaim_from_ns = from_ns;
	p->reclaim_to_ns = to_ns;
	p->reclaim = last->sum;
}

static void add_card(struct html_report *r, const struct record_oom *oom, const struct html_curve *curve)
{
	const struct html_write *write;
	struct html_pending *p;
	int err;

	if (!html_report__next(r, &r->cards, HTML_CARDS_MAX))
		return;
	if (r->pending_count == HTML_PENDING_MAX)
		write_first(r);
	p = pending_at(r, r->pending_count);
	err = html_card__begin(r, p, oom);
	if (err) {
		html_card__free(p);
		fail(r, err);
		return;
	}
	r->pending_count++;
	/* Another's write, that had ended before: it is in the picture when it is near. */
	write = html_report__write_of(r, p->cause_limit_id);
	if (write && oom->cause == CAUSE_LOWERED && write->end_ns <= p->chosen_ns &&
	    p->chosen_ns - write->begin_ns < NS_PER_S) {
		p->write_begin_ns = write->begin_ns;
		p->write_end_ns = write->end_ns;
	}
	add_last_reclaim(p, oom, curve);
}

/* ---- kills ---- */

static void put_kill_mark(struct html_report *r, const struct record_oom *oom, const struct record_victim *v,
			  const struct html_curve *curve)
{
	FILE *out = html_report__next(r, &r->kill_marks, UINT64_MAX);

	if (!out)
		return;
	fprintf(out, "%s[%" PRId64 ",\"%" PRIu64 "-%" PRIu64 "\",%" PRIu32 ",",
		r->kill_marks.count > 1 ? ",\n" : "", wall(&oom->time, v->ts_ns), r->sessions, oom->id,
		v->pid);
	html__json(out, v->comm ? v->comm : "(unknown)");
	fprintf(out, ",%d]", curve ? (int)(curve - r->curves) : -1);
}

/* For people, where there is room for a few words only; a run's card has the sentence. */
static const char *const cause_words[] = {
	[CAUSE_UNKNOWN] = "",
	[CAUSE_WRITE] = "inside a write of memory.max",
	[CAUSE_LOWERED] = "the limit was lowered",
	[CAUSE_ANCESTOR] = "a limit above it",
	[CAUSE_REACHED] = "the workload grew",
	[CAUSE_MACHINE] = "the whole machine",
	[CAUSE_SYSRQ] = "sysrq",
};

static void put_kill_row(struct html_report *r, const struct record_oom *oom, const struct record_victim *v)
{
	FILE *out = html_report__next(r, &r->kill_rows, HTML_ROWS_MAX);

	if (!out)
		return;
	fputs("<tr><td>", out);
	if (!r->cards.left_out)
		fprintf(out, "<a href=\"#oom-%" PRIu64 "-%" PRIu64 "\">", r->sessions, oom->id);
	fprintf(out, "%" PRIu64 "%s</td><td>", oom->id, r->cards.left_out ? "" : "</a>");
	html__time(out, wall(&oom->time, v->ts_ns));
	fputs("</td><th scope=\"row\">", out);
	html__process(out, v->comm, v->pid);
	fprintf(out, "%s</th><td class=\"n\">", v->init ? " <span class=\"tag\">init</span>" : "");
	if (v->has_mm)
		html__size(out, v->anon_rss_bytes);
	fputs("</td><td class=\"n\">", out);
	if (oom->limit && oom->limit->has_memory)
		html__size(out, oom->limit->max_bytes);
	fputs("</td><td>", out);
	if (oom->limit)
		html__cgroup(out, oom->limit->path, &oom->limit_container);
	fprintf(out, "</td><td>%s</td></tr>\n", cause_words[oom->cause]);
}

/* What the flight recorder had: of the limit's cgroup or, when that isn't recorded, the victim's. */
static void add_history(struct html_report *r, const struct record_oom *oom)
{
	const struct record_history *h = oom->history;
	const struct record_container *container = oom->limit && oom->limit->path && h->cgroup &&
								   !strcmp(oom->limit->path, h->cgroup)
							   ? &oom->limit_container
						   : oom->victim_count ? &oom->victims[0].container
								       : NULL;
	struct html_curve *curve = curve_of(r, h->cgroup, container);

	for (size_t i = 0; i < h->count; i++)
		add_point(r, curve, wall(&oom->time, h->points[i].ts_ns), h->points[i].usage_bytes,
			  h->points[i].max_bytes);
}

static int html_oom(struct sink *sink, const struct record_oom *oom)
{
	struct html_report *r = (struct html_report *)sink;
	struct html_curve *curve = NULL;

	see_time(r, &oom->time);
	tell_verdict(r, oom, oom);
	r->ooms++;
	r->kills += oom->killed;
	if (oom->outcome == OOM_NO_VICTIM)
		r->no_victim += 1 + oom->repeats;
	if (oom->limit) {
		curve = curve_of(r, oom->limit->path, &oom->limit_container);
		if (curve)
			curve->kills += oom->killed;
		if (oom->limit->has_memory)
			add_point(r, curve, oom->time.wall_ns, oom->limit->usage_bytes,
				  oom->limit->max_bytes);
	}
	if (oom->history)
		add_history(r, oom);
	add_card(r, oom, curve);
	for (size_t i = 0; i < oom->victim_count; i++) {
		const struct record_victim *v = &oom->victims[i];

		if (v->role == ROLE_EXITING || v->repeated)
			continue;
		put_kill_mark(r, oom, v, curve);
		put_kill_row(r, oom, v);
	}
	return r->error;
}

/* ---- limits and what they led to ---- */

static void keep_write(struct html_report *r, const struct record_limit *l, uint64_t begin_ns)
{
	struct html_write *write = &r->writes[r->write_count++ % HTML_RECENT_WRITES];

	*write = (struct html_write){ .id = l->id,
				      .begin_ns = begin_ns,
				      .end_ns = l->time.boot_ns,
				      .old_bytes = l->old_bytes,
				      .new_bytes = l->new_bytes,
				      .pid = l->writer_pid,
				      .self = l->writer_self };
	keep(write->comm, sizeof(write->comm), l->writer_comm);
	keep(write->cgroup, sizeof(write->cgroup), l->cgroup);
	for (size_t i = 0; i < r->pending_count; i++) {
		struct html_pending *p = pending_at(r, i);

		if (p->inside_write && p->cause_limit_id == l->id) {
			p->write_begin_ns = begin_ns;
			p->write_end_ns = l->time.boot_ns;
		}
	}
}

static void put_limit(FILE *out, uint64_t bytes)
{
	if (bytes == RECORD_MAX)
		fputs("\"max\"", out);
	else
		fprintf(out, "%" PRIu64, bytes);
}

static void put_write_mark(struct html_report *r, const struct record_limit *l,
			   const struct html_curve *curve, int64_t begin_ns)
{
	FILE *out = html_report__next(r, &r->write_marks, MARKS_MAX);

	if (!out)
		return;
	fprintf(out, "%s[%" PRId64 ",%" PRId64 ",", r->write_marks.count > 1 ? ",\n" : "", begin_ns,
		l->time.wall_ns);
	put_limit(out, l->old_bytes);
	fputc(',', out);
	put_limit(out, l->new_bytes);
	fprintf(out, ",%d,%" PRIu32 ",", curve ? (int)(curve - r->curves) : -1, l->writer_pid);
	html__json(out, l->writer_comm ? l->writer_comm : "(unknown)");
	fprintf(out, ",\"%" PRIu64 "-%" PRIu64 "\",%" PRIu32 "]", r->sessions, l->id, l->kills);
}

static void put_write_row(struct html_report *r, const struct record_limit *l)
{
	FILE *out = html_report__next(r, &r->write_rows, HTML_ROWS_MAX);
	const char *file = sink__limit_file_name(l->file);

	if (!out)
		return;
	fprintf(out, "<tr id=\"write-%" PRIu64 "-%" PRIu64 "\"><td>%" PRIu64 "</td><td>", r->sessions, l->id,
		l->id);
	html__time(out, wall(&l->time, l->time.boot_ns - l->duration_ns));
	fprintf(out, "</td><td>%s of ", file ? file : "a limit");
	html__cgroup(out, l->cgroup, &l->container);
	fputs("</td><td class=\"n\">", out);
	html__size(out, l->old_bytes);
	fputs(" → <b>", out);
	html__size(out, l->new_bytes);
	fputs("</b></td><td>", out);
	html__process(out, l->writer_comm, l->writer_pid);
	fprintf(out, "%s</td><td class=\"n\">", l->writer_self ? " (oomtrace)" : "");
	if (l->result < 0) {
		fputs("refused: ", out);
		html__text(out, strerror((int)-l->result));
	} else {
		html__size(out, l->usage_before_bytes);
		fputs(" → ", out);
		html__size(out, l->usage_after_bytes);
	}
	fputs("</td><td class=\"n\">", out);
	html__size(out, l->reclaimed_bytes);
	fprintf(out, "</td><td class=\"n%s\">%" PRIu32 "</td><td class=\"n\">", l->kills ? " bad" : "",
		l->kills);
	html__duration(out, l->duration_ns);
	fputs("</td></tr>\n", out);
}

static int html_limit(struct sink *sink, const struct record_limit *l)
{
	struct html_report *r = (struct html_report *)sink;
	struct html_curve *curve = curve_of(r, l->cgroup, &l->container);
	uint64_t begin_ns = l->time.boot_ns - (l->duration_ns < l->time.boot_ns ? l->duration_ns : 0);

	see_time(r, &l->time);
	tell_verdict(r, limit, l);
	if (l->file == LIMIT_MAX && l->result >= 0) {
		keep_write(r, l, begin_ns);
		add_point(r, curve, wall(&l->time, begin_ns), l->usage_before_bytes, l->old_bytes);
		add_point(r, curve, l->time.wall_ns, l->usage_after_bytes, l->new_bytes);
		put_write_mark(r, l, curve, wall(&l->time, begin_ns));
	}
	put_write_row(r, l);
	return r->error;
}

static int html_step(struct sink *sink, const struct record_step *s)
{
	struct html_report *r = (struct html_report *)sink;
	FILE *out = html_report__next(r, &r->step_rows, HTML_ROWS_MAX);

	see_time(r, &s->time);
	if (!out)
		return r->error;
	fprintf(out,
		"<tr><td><a href=\"#write-%" PRIu64 "-%" PRIu64 "\">%" PRIu64
		"</a></td><th scope=\"row\" class=\"n\">",
		r->sessions, s->limit_id, s->limit_id);
	html__size(out, s->new_bytes);
	fputs("</th><td class=\"n\">", out);
	html__size(out, s->usage_before_bytes);
	fputs("</td><td class=\"n\">", out);
	html__size(out, s->usage_after_bytes);
	fputs("</td><td class=\"n\">", out);
	html__size(out, s->reclaimed_bytes);
	fputs("</td><td class=\"n\">", out);
	html__duration(out, s->duration_ns);
	fprintf(out, "</td><td class=\"n%s\">%" PRIu64, s->killed_inside ? " bad" : "", s->killed_inside);
	if (s->has_needed && s->needed < s->killed_inside)
		fprintf(out, " <span class=\"note\">(%" PRIu64 " would do)</span>", s->needed);
	fprintf(out, "</td><td class=\"n%s\">%" PRIu64 "</td><td class=\"n\">", s->killed_after ? " bad" : "",
		s->killed_after);
	if (s->has_first_kill)
		html__duration(out, s->first_kill_ns);
	fprintf(out, "</td><td>%s</td></tr>\n", s->alive ? "alive" : "<b class=\"bad\">gone</b>");
	return r->error;
}

static int html_steps(struct sink *sink, const struct record_steps *s)
{
	struct html_report *r = (struct html_report *)sink;

	see_time(r, &s->time);
	r->has_steps = true;
	r->has_first_kill = s->has_first_kill;
	r->first_kill_max = s->first_kill_max_bytes;
	r->died = s->died;
	r->died_max = s->died_max_bytes;
	return 0;
}

static int html_repeats(struct sink *sink, const struct record_repeats *repeats)
{
	struct html_report *r = (struct html_report *)sink;

	see_time(r, &repeats->time);
	r->no_victim += repeats->repeats;
	return 0;
}

/* ---- the curve, and what the kernel did to keep it down ---- */

static int html_usage(struct sink *sink, const struct record_usage *u)
{
	struct html_report *r = (struct html_report *)sink;

	see_time(r, &u->time);
	add_point(r, curve_of(r, u->cgroup, &u->container), u->time.wall_ns, u->usage_bytes, u->max_bytes);
	return r->error;
}

static int html_reclaim(struct sink *sink, const struct record_reclaim *reclaim)
{
	struct html_report *r = (struct html_report *)sink;
	struct html_curve *curve = curve_of(r, reclaim->cgroup, &reclaim->container);
	struct span span = { .from_ns = (uint64_t)wall(&reclaim->time, reclaim->since_ns),
			     .to_ns = (uint64_t)reclaim->time.wall_ns,
			     .sum = reclaim->sum };

	see_time(r, &reclaim->time);
	if (curve && spans__add(reclaim->kind == RECLAIM_THROTTLE ? &curve->throttle : &curve->reclaim,
				SPANS_ROOM, span))
		fail(r, -ENOMEM);
	/* A run of reclaim that a kill came out of: it began within the second before. */
	for (size_t i = 0; reclaim->kind == RECLAIM_LIMIT && i < r->pending_count; i++) {
		struct html_pending *p = pending_at(r, i);

		if (!p->started_ns || p->reclaim_from_ns || !reclaim->cgroup ||
		    strcmp(p->cgroup, reclaim->cgroup) || reclaim->since_ns > p->started_ns ||
		    p->started_ns - reclaim->since_ns > NS_PER_S ||
		    reclaim->time.boot_ns + NS_PER_S < p->started_ns)
			continue;
		p->reclaim_from_ns = reclaim->since_ns;
		p->reclaim_to_ns = reclaim->time.boot_ns;
		p->reclaim = reclaim->sum;
	}
	return r->error;
}

static void put_stall(struct html_report *r, const struct html_stall *s, const char *cgroup,
		      const struct record_container *container)
{
	FILE *out = html_report__next(r, &r->stall_rows, HTML_ROWS_MAX);

	if (!out)
		return;
	fputs("<tr><td>", out);
	html__time(out, s->since_ns);
	fputs("</td><th scope=\"row\">", out);
	html__cgroup(out, cgroup, container);
	fputs("</th><td class=\"n\">", out);
	html__duration(out, s->duration_ns);
	fputs(s->going_on ? " and on</td><td class=\"n\">" : "</td><td class=\"n\">", out);
	html__duration(out, s->reclaim_ns);
	fputs("</td><td class=\"n\">", out);
	html__size(out, s->usage_bytes);
	fputs("</td><td class=\"n\">", out);
	html__size(out, s->max_bytes);
	fputs("</td></tr>\n", out);
}

/* It is told every second while it lasts, each time with the whole: only the last is a row. */
static int html_stall(struct sink *sink, const struct record_stall *s)
{
	struct html_report *r = (struct html_report *)sink;
	struct html_curve *curve = curve_of(r, s->cgroup, &s->container);
	const struct html_stall stall = {
		.going_on = !s->over,
		.since_ns = wall(&s->time, s->since_ns),
		.duration_ns = s->duration_ns,
		.reclaim_ns = s->reclaim_ns,
		.usage_bytes = s->usage_bytes,
		.max_bytes = s->max_bytes,
	};

	see_time(r, &s->time);
	if (curve)
		curve->stall = stall;
	if (s->over)
		put_stall(r, &stall, s->cgroup, &s->container);
	return r->error;
}

/* class: "k" for the kernel's, "u" for those of the program and its libraries */
static void put_frames(FILE *out, const char *class, const struct record_frame *frames, size_t count)
{
	char name[HTML_PATH_SIZE];

	for (size_t i = 0; i < count; i++) {
		fprintf(out, "<li class=\"%s\">", class);
		html__name(out, flame_tree__frame_name(name, sizeof(name), &frames[i]));
		if (*class == 'u' && frames[i].module) {
			fputs(" <span class=\"note\">", out);
			html__text(out, frames[i].module);
			if (frames[i].address)
				fprintf(out, "+0x%" PRIx64, frames[i].address);
			fputs("</span>", out);
		}
		fputs("</li>", out);
	}
}

static void add_trigger_stack(struct html_report *r, const struct record_stack *s)
{
	for (size_t i = 0; i < r->pending_count; i++) {
		struct html_pending *p = pending_at(r, i);
		size_t size;
		FILE *out;

		if (p->id != s->oom_id || p->stack)
			continue;
		out = open_memstream(&p->stack, &size);
		if (!out) {
			fail(r, -errno);
			return;
		}
		fputs("<section><h4>Stack that asked for memory</h4><ol class=\"stack\" tabindex=\"0\" "
		      "aria-label=\"stack, innermost first\">",
		      out);
		put_frames(out, "k", s->kernel, s->kernel_count);
		put_frames(out, "u", s->user, s->user_count);
		fputs("</ol></section>\n", out);
		fclose(out);
	}
}

static int html_stack(struct sink *sink, const struct record_stack *s)
{
	struct html_report *r = (struct html_report *)sink;

	see_time(r, &s->time);
	if (s->oom_id) {
		add_trigger_stack(r, s);
		return r->error;
	}
	if (!r->flame)
		r->flame = flame_tree__new();
	if (!r->flame)
		fail(r, -ENOMEM);
	else
		flame_tree__add(r->flame, s);
	return r->error;
}

/* ---- ends ---- */

static void put_exit_row(struct html_report *r, const struct record_exit *e)
{
	FILE *out = html_report__next(r, &r->exit_rows, HTML_ROWS_MAX);

	if (!out)
		return;
	fputs("<tr><td>", out);
	html__time(out, e->time.wall_ns);
	fputs("</td><th scope=\"row\">", out);
	if (e->comm)
		html__process(out, e->comm, e->pid);
	else
		html__cgroup(out, e->cgroup, &e->which);
	fprintf(out, "%s</th><td class=\"n\">", e->container ? " <span class=\"tag\">the end</span>" : "");
	if (e->has_status)
		fprintf(out, "%d", sink__exit_code(e->status));
	fputs("</td><td>", out);
	if (e->has_status && WIFSIGNALED((int)e->status)) {
		const char *name = sigabbrev_np(WTERMSIG((int)e->status));

		fprintf(out, "SIG%s%s", name ? name : "?", e->oom_victim ? " by the OOM killer" : "");
	}
	fputs("</td></tr>\n", out);
}

static int html_exit(struct sink *sink, const struct record_exit *e)
{
	struct html_report *r = (struct html_report *)sink;

	see_time(r, &e->time);
	tell_verdict(r, exit, e);
	for (size_t i = 0; i < r->pending_count; i++) {
		struct html_pending *p = pending_at(r, i);

		for (size_t v = 0; v < p->victim_count; v++) {
			if (p->victims[v].pid == e->pid && !p->victims[v].exit_ns &&
			    e->time.boot_ns >= p->victims[v].marked_ns)
				p->victims[v].exit_ns = e->time.boot_ns;
		}
	}
	if (e->container) {
		r->has_runtime = e->runtime_status;
		keep(r->runtime_status, sizeof(r->runtime_status), e->runtime_status);
		r->runtime_exit_code = e->runtime_exit_code;
		r->runtime_oom_killed = e->runtime_oom_killed;
	}
	put_exit_row(r, e);
	return r->error;
}

static int html_lost(struct sink *sink, const struct record_lost *lost)
{
	struct html_report *r = (struct html_report *)sink;
	FILE *out = html_report__next(r, &r->lost_rows, HTML_ROWS_MAX);

	see_time(r, &lost->time);
	r->lost += lost->count;
	if (!out)
		return r->error;
	fputs("<tr><td>", out);
	html__time(out, lost->time.wall_ns);
	fputs("</td><th scope=\"row\">", out);
	html__text(out, lost->kind);
	fprintf(out, "</th><td class=\"n\">%" PRIu64 "</td></tr>\n", lost->count);
	return r->error;
}

static int html_end(struct sink *sink, const struct record_end *end)
{
	struct html_report *r = (struct html_report *)sink;

	see_time(r, &end->time);
	r->has_end = true;
	keep(r->end_reason, sizeof(r->end_reason), end->reason);
	return 0;
}

static int html_finish(struct sink *sink)
{
	struct html_report *r = (struct html_report *)sink;

	while (r->pending_count)
		write_first(r);
	for (size_t i = 0; i < r->curve_count; i++) {
		if (r->curves[i].stall.going_on)
			put_stall(r, &r->curves[i].stall, r->curves[i].label, NULL);
	}
	fail(r, sink__finish(r->verdict));
	if (r->error)
		return r->error;
	return html_page__write(r, sink->out);
}

static void html_free(struct sink *sink)
{
	struct html_report *r = (struct html_report *)sink;
	struct html_spool *spools[] = { &r->kill_marks, &r->write_marks, &r->kill_rows, &r->write_rows,
					&r->step_rows,	&r->stall_rows,	 &r->exit_rows, &r->lost_rows,
					&r->cards,	&r->sentences };

	for (size_t i = 0; i < sizeof(spools) / sizeof(spools[0]); i++) {
		if (spools[i]->file)
			fclose(spools[i]->file);
	}
	for (size_t i = 0; i < r->curve_count; i++) {
		free(r->curves[i].cgroup);
		free(r->curves[i].label);
		series__free(&r->curves[i].usage);
		spans__free(&r->curves[i].reclaim);
		spans__free(&r->curves[i].throttle);
	}
	for (size_t i = 0; i < r->pending_count; i++)
		html_card__free(pending_at(r, i));
	flame_tree__free(r->flame);
	if (r->verdict)
		r->verdict->ops->free(r->verdict);
	free(r->headline);
	free(r->lead);
	free(r->without);
	free(r);
}

static const struct sink_ops html_ops = {
	.session = html_session,
	.oom = html_oom,
	.limit = html_limit,
	.step = html_step,
	.steps = html_steps,
	.repeats = html_repeats,
	.usage = html_usage,
	.reclaim = html_reclaim,
	.stall = html_stall,
	.stack = html_stack,
	.exit = html_exit,
	.lost = html_lost,
	.end = html_end,
	.free = html_free,
	.finish = html_finish,
};

struct sink *html_report__new(FILE *out)
{
	struct html_report *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->base = (struct sink){ .ops = &html_ops, .out = out };
	r->verdict = verdict__new(html_verdict__tell, r);
	if (!r->verdict) {
		free(r);
		return NULL;
	}
	return &r->base;
}
