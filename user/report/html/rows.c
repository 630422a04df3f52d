// SPDX-License-Identifier: GPL-2.0-only
#include "report/html/rows.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/json_string.h"
#include "record/cause_words.h"
#include "record/names.h"
#include "report/html/elements.h"

#define MARKS_MAX 20000 /* writes of limits on the chart; kills are all there */

void html_rows__put_kill_mark(struct html_report *r, const struct record *record,
			      const struct record_victim *v, const struct html_curve *curve)
{
	const struct record_oom *oom = &record->oom;
	FILE *out = html_collected__next(r, &r->kill_marks, UINT64_MAX);

	/* That of the OOM, as in every other place: a victim is marked some microseconds later. */
	int64_t at_ns = record->time.wall_ns;

	if (!out)
		return;
	r->first_kill_ns = r->kill_marks.count > 1 && r->first_kill_ns < at_ns ? r->first_kill_ns : at_ns;
	r->last_kill_ns = r->kill_marks.count > 1 && r->last_kill_ns > at_ns ? r->last_kill_ns : at_ns;
	fprintf(out, "%s[%" PRId64 ",\"%" PRIu64 "-%" PRIu64 "\",%" PRIu32 ",",
		r->kill_marks.count > 1 ? ",\n" : "", html_collected__whole_us(at_ns), r->sessions, oom->id,
		v->pid);
	json_string__put(out, v->comm ? v->comm : "(unknown)");
	fprintf(out, ",%d]", curve ? (int)(curve - r->curves) : -1);
}

void html_rows__put_kill(struct html_report *r, const struct record *record, const struct record_victim *v)
{
	const struct record_oom *oom = &record->oom;
	FILE *out = html_collected__next(r, &r->kill_rows, HTML_ROWS_MAX);

	if (!out)
		return;
	fputs("<tr><td>", out);
	if (!r->cards.left_out)
		fprintf(out, "<a href=\"#oom-%" PRIu64 "-%" PRIu64 "\">", r->sessions, oom->id);
	fprintf(out, "%" PRIu64 "%s</td><td>", oom->id, r->cards.left_out ? "" : "</a>");
	html_elements__oom_time(out, record);
	fputs("</td><th scope=\"row\">", out);
	html_elements__process(out, v->comm, v->pid);
	fprintf(out, "%s</th><td class=\"n\" data-bytes=\"%" PRIu64 "\">",
		v->init ? " <span class=\"tag\">first process</span>" : "",
		v->has_mm ? v->anon_rss_bytes : 0);
	if (v->has_mm)
		html_elements__size(out, v->anon_rss_bytes);
	fputs("</td><td class=\"n\">", out);
	if (oom->limit && oom->limit->has_memory)
		html_elements__size(out, oom->limit->max_bytes);
	fputs("</td><td>", out);
	if (oom->limit)
		html_elements__cgroup(out, oom->limit->path, &oom->limit_container);
	fprintf(out, "</td><td>%s</td></tr>\n", cause_words__short(oom->cause));
}

void html_rows__keep_death(struct html_report *r, const struct record *record, const struct record_victim *v)
{
	char **kept = r->first_killed ? &r->last_killed : &r->first_killed, *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out) {
		html_collected__fail(r, -errno);
		return;
	}
	html_elements__process(out, v->comm, v->pid);
	fputs(" at ", out);
	html_elements__oom_time(out, record);
	fputs(record->oom.log ? "" : " UTC", out);
	if (fclose(out)) {
		html_collected__fail(r, -errno);
		free(text);
		return;
	}
	free(*kept);
	*kept = text;
}

static void put_limit(FILE *out, uint64_t bytes)
{
	if (bytes == RECORD_NO_LIMIT)
		fputs("\"max\"", out);
	else
		fprintf(out, "%" PRIu64, bytes);
}

void html_rows__put_write_mark(struct html_report *r, const struct record *record,
			       const struct html_curve *curve, int64_t begin_ns)
{
	const struct record_limit *l = &record->limit;
	FILE *out = html_collected__next(r, &r->write_marks, MARKS_MAX);

	if (!out)
		return;
	fprintf(out, "%s[%" PRId64 ",%" PRId64 ",", r->write_marks.count > 1 ? ",\n" : "",
		html_collected__whole_us(begin_ns), html_collected__whole_us(record->time.wall_ns));
	put_limit(out, l->old_max_bytes);
	fputc(',', out);
	put_limit(out, l->new_max_bytes);
	fprintf(out, ",%d,%" PRIu32 ",", curve ? (int)(curve - r->curves) : -1, l->writer_pid);
	json_string__put(out, l->writer_comm ? l->writer_comm : "(unknown)");
	fprintf(out, ",\"%" PRIu64 "-%" PRIu64 "\",%" PRIu32 "]", r->sessions, l->id, l->kills);
}

void html_rows__put_write(struct html_report *r, const struct record *record)
{
	const struct record_limit *l = &record->limit;
	FILE *out = html_collected__next(r, &r->write_rows, HTML_ROWS_MAX);
	const char *file = record_names__limit_file(l->file);

	if (!out)
		return;
	fprintf(out, "<tr id=\"write-%" PRIu64 "-%" PRIu64 "\"><td>%" PRIu64 "</td><td>", r->sessions, l->id,
		l->id);
	html_elements__time(out, html_collected__wall(&record->time, record->time.boot_ns - l->duration_ns));
	fprintf(out, "</td><td>%s of ", file ? file : "a limit");
	html_elements__cgroup(out, l->cgroup, &l->container);
	fputs("</td><td class=\"n\">", out);
	html_elements__size(out, l->old_max_bytes);
	fputs(" → <b>", out);
	html_elements__size(out, l->new_max_bytes);
	fputs("</b></td><td>", out);
	html_elements__process(out, l->writer_comm, l->writer_pid);
	fprintf(out, "%s</td><td class=\"n\">", l->writer_self ? " (oomtrace)" : "");
	if (l->result < 0) {
		fputs("refused: ", out);
		html_elements__text(out, strerror((int)-l->result));
	} else {
		html_elements__size(out, l->usage_before_bytes);
		fputs(" → ", out);
		html_elements__size(out, l->usage_after_bytes);
	}
	fputs("</td><td class=\"n\">", out);
	html_elements__size(out, l->reclaimed_bytes);
	fprintf(out, "</td><td class=\"n%s\">%" PRIu32 "</td><td class=\"n\">", l->kills ? " bad" : "",
		l->kills);
	html_elements__duration(out, l->duration_ns);
	fputs("</td></tr>\n", out);
}

void html_rows__put_stall(struct html_report *r, const struct html_stall *s, const char *cgroup,
			  const struct record_container *container)
{
	FILE *out = html_collected__next(r, &r->stall_rows, HTML_ROWS_MAX);

	if (!out)
		return;
	fputs("<tr><td>", out);
	html_elements__time(out, s->since_ns);
	fputs("</td><th scope=\"row\">", out);
	html_elements__cgroup(out, cgroup, container);
	fputs("</th><td class=\"n\">", out);
	html_elements__duration(out, s->duration_ns);
	fputs(s->going_on ? " and on</td><td class=\"n\">" : "</td><td class=\"n\">", out);
	html_elements__duration(out, s->reclaim_ns);
	fputs("</td><td class=\"n\">", out);
	html_elements__size(out, s->usage_bytes);
	fputs("</td><td class=\"n\">", out);
	html_elements__size(out, s->max_bytes);
	fputs("</td></tr>\n", out);
}

/* Among the ends: each run of the target begins where the one before has ended. */
void html_rows__put_start(struct html_report *r, const struct record *record)
{
	const struct record_start *s = &record->start;
	FILE *out = html_collected__next(r, &r->exit_rows, HTML_ROWS_MAX);

	if (!out)
		return;
	fputs("<tr><td>", out);
	html_elements__time(out, record->time.wall_ns);
	fputs("</td><th scope=\"row\">", out);
	html_elements__cgroup(out, s->cgroup, &s->container);
	fprintf(out, " <span class=\"tag\">%s, run %" PRIu64 "</span></th><td></td><td></td></tr>\n",
		s->run > 1 ? "back" : "followed", s->run);
}

void html_rows__put_exit(struct html_report *r, const struct record *record)
{
	const struct record_exit *e = &record->exit;
	FILE *out = html_collected__next(r, &r->exit_rows, HTML_ROWS_MAX);

	if (!out)
		return;
	fputs("<tr><td>", out);
	html_elements__time(out, record->time.wall_ns);
	fputs("</td><th scope=\"row\">", out);
	if (e->comm)
		html_elements__process(out, e->comm, e->pid);
	else
		html_elements__cgroup(out, e->cgroup, &e->which);
	if (e->container && e->run)
		fprintf(out, " <span class=\"tag\">the end of run %" PRIu64 "</span>", e->run);
	else if (e->container)
		fputs(" <span class=\"tag\">the end</span>", out);
	fputs("</th><td class=\"n\">", out);
	if (e->has_status)
		fprintf(out, "%d", record__exit_code(e->status));
	fputs("</td><td>", out);
	if (e->has_status && WIFSIGNALED((int)e->status)) {
		const char *name = sigabbrev_np(WTERMSIG((int)e->status));

		fprintf(out, "SIG%s%s", name ? name : "?",
			record__ended_by_oom(e) ? " by the OOM killer" : "");
	}
	fputs("</td></tr>\n", out);
}

void html_rows__put_step(struct html_report *r, const struct record_step *s)
{
	FILE *out = html_collected__next(r, &r->step_rows, HTML_ROWS_MAX);

	if (!out)
		return;
	fprintf(out,
		"<tr><td><a href=\"#write-%" PRIu64 "-%" PRIu64 "\">%" PRIu64
		"</a></td><th scope=\"row\" class=\"n\">",
		r->sessions, s->limit_id, s->limit_id);
	html_elements__size(out, s->new_max_bytes);
	fputs("</th><td class=\"n\">", out);
	html_elements__size(out, s->usage_before_bytes);
	fputs("</td><td class=\"n\">", out);
	html_elements__size(out, s->usage_after_bytes);
	fputs("</td><td class=\"n\">", out);
	html_elements__size(out, s->reclaimed_bytes);
	fputs("</td><td class=\"n\">", out);
	html_elements__duration(out, s->duration_ns);
	fprintf(out, "</td><td class=\"n%s\">%" PRIu64, s->killed_inside ? " bad" : "", s->killed_inside);
	if (s->has_needed && s->needed < s->killed_inside)
		fprintf(out, " <span class=\"note\">(%" PRIu64 " would do)</span>", s->needed);
	fprintf(out, "</td><td class=\"n%s\">%" PRIu64 "</td><td class=\"n\">", s->killed_after ? " bad" : "",
		s->killed_after);
	if (s->has_first_kill)
		html_elements__duration(out, s->first_kill_ns);
	fprintf(out, "</td><td>%s</td></tr>\n", s->alive ? "yes" : "<b class=\"bad\">no</b>");
}

void html_rows__put_lost(struct html_report *r, const struct record *record)
{
	const struct record_lost *lost = &record->lost;
	FILE *out = html_collected__next(r, &r->lost_rows, HTML_ROWS_MAX);

	if (!out)
		return;
	fputs("<tr><td>", out);
	html_elements__time(out, record->time.wall_ns);
	fputs("</td><th scope=\"row\">", out);
	html_elements__text(out, lost->kind);
	fprintf(out, "</th><td class=\"n\">%" PRIu64 "</td></tr>\n", lost->count);
}
