// SPDX-License-Identifier: GPL-2.0-only
#include "report/html/collected.h"
#include "report/spans.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/stream.h"
#include "base/temp_file.h"
#include "report/cgroup_label.h"

#define USAGE_ROOM 4096 /* buckets of a curve */

void html_collected__fail(struct html_report *r, int error)
{
	if (!r->error)
		r->error = error;
}

void html_collected__keep(char *dst, size_t size, const char *text)
{
	snprintf(dst, size, "%s", text ? text : "(unknown)");
}

FILE *html_collected__next(struct html_report *r, struct html_spool *spool, uint64_t most)
{
	if (spool->count >= most) {
		spool->left_out++;
		return NULL;
	}
	if (!spool->file) {
		spool->file = temp_file__new();
		if (!spool->file) {
			html_collected__fail(r, -errno);
			return NULL;
		}
	}
	spool->count++;
	return spool->file;
}

void html_collected__see_time(struct html_report *r, const struct record_time *time)
{
	/* The number is for the order alone. */
	if (time->no_wall) {
		r->untimed = true;
		return;
	}
	if (!r->has_time || time->wall_ns < r->first_ns)
		r->first_ns = time->wall_ns;
	if (!r->has_time || time->wall_ns > r->last_ns)
		r->last_ns = time->wall_ns;
	r->has_time = true;
}

int64_t html_collected__whole_us(int64_t ns)
{
	return ns - ns % 1000;
}

int64_t html_collected__wall(const struct record_time *time, uint64_t boot_ns)
{
	return (int64_t)((uint64_t)time->wall_ns + (boot_ns - time->boot_ns));
}

struct html_curve *html_collected__curve(struct html_report *r, const char *cgroup,
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
	curve->label = strdup(cgroup_label__format(label, sizeof(label), cgroup, container));
	if (!curve->cgroup || !curve->label) {
		free(curve->cgroup);
		free(curve->label);
		*curve = (struct html_curve){ 0 };
		html_collected__fail(r, -ENOMEM);
		return NULL;
	}
	r->curve_count++;
	return curve;
}

void html_collected__add_point(struct html_report *r, struct html_curve *curve, int64_t wall_ns,
			       uint64_t usage_bytes, uint64_t max_bytes)
{
	struct record_point point = { .ts_ns = (uint64_t)wall_ns,
				      .usage_bytes = usage_bytes,
				      .max_bytes = max_bytes };

	if (!curve || wall_ns < 0)
		return;
	if (series__add(&curve->usage, USAGE_ROOM, point))
		html_collected__fail(r, -ENOMEM);
}

void html_collected__keep_write(struct html_report *r, const struct record *record, uint64_t begin_ns)
{
	const struct record_limit *l = &record->limit;
	struct html_write *write = &r->writes[r->write_count++ % HTML_RECENT_WRITES];

	*write = (struct html_write){ .id = l->id,
				      .begin_ns = begin_ns,
				      .end_ns = record->time.boot_ns,
				      .old_max_bytes = l->old_max_bytes,
				      .new_max_bytes = l->new_max_bytes,
				      .pid = l->writer_pid,
				      .self = l->writer_self };
	html_collected__keep(write->comm, sizeof(write->comm), l->writer_comm);
	html_collected__keep(write->cgroup, sizeof(write->cgroup), l->cgroup);
}

const struct html_write *html_collected__write_of(const struct html_report *report, uint64_t id)
{
	for (uint64_t n = 0; id && n < HTML_RECENT_WRITES && n < report->write_count; n++) {
		const struct html_write *write =
			&report->writes[(report->write_count - 1 - n) % HTML_RECENT_WRITES];

		if (write->id == id)
			return write;
	}
	return NULL;
}

int html_collected__copy(struct html_spool *spool, FILE *out)
{
	char buffer[BUFSIZ];
	size_t n;
	int err;

	if (!spool->file)
		return 0;
	err = stream__flush(spool->file);
	if (err)
		return err;
	rewind(spool->file);
	while ((n = fread(buffer, 1, sizeof(buffer), spool->file)))
		fwrite(buffer, 1, n, out);
	return stream__error(spool->file);
}

void html_collected__release(struct html_report *r)
{
	struct html_spool *spools[] = { &r->kill_marks, &r->write_marks, &r->kill_rows, &r->write_rows,
					&r->step_rows,	&r->stall_rows,	 &r->exit_rows, &r->lost_rows,
					&r->cards,	&r->sentences,	 &r->steps };

	for (size_t i = 0; i < ARRAY_SIZE(spools); i++) {
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
	flame_tree__free(r->flame);
	free(r->first_killed);
	free(r->last_killed);
	free(r->headline);
	free(r->lead);
	free(r->without);
}
