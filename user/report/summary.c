// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes a recording as text for people: a verdict, a timeline, and then what the live run printed. The
 * first parts are known last. So all parts wait in temporary files, and memory is bounded.
 */
#include "report/summary.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/copy.h"
#include "base/stream.h"
#include "base/temp_file.h"
#include "output/tee.h"
#include "output/text.h"
#include "output/text_parts.h"
#include "output/verdict.h"
#include "output/wrap.h"
#include "report/kill_table.h"
#include "report/timeline.h"

#define PEAKS_MAX 64
#define PATH_BYTES 256
#define NAME_BYTES 64
#define NAMES_MAX 4

/* The highest usage seen of a cgroup. */
struct peak {
	uint64_t cgroup_id;
	uint64_t usage_bytes, max_bytes, failed, growth_bytes_per_s;
	char cgroup[PATH_BYTES];
	struct record_container container;
	char name[NAME_BYTES];
};

/* Who was killed, and when. */
struct deaths {
	char names[NAMES_MAX][NAME_BYTES]; /* of programs, in the order of their first death */
	size_t name_count;
	bool has_more_names;
	uint32_t pid; /* of the first */
	char first[TEXT_LOG_STAMP_SIZE], last[TEXT_LOG_STAMP_SIZE];
	char zone[16]; /* "": the log's own */
};

/* What the runtime said of the target's end. */
struct ending {
	enum container_runtime runtime;
	char status[NAME_BYTES]; /* "": nothing */
	int exit_code;
	bool oom_killed;
};

struct report_sink {
	struct sink base;
	struct sink *parts; /* hands each record to those below */
	FILE *verdict;
	FILE *lines; /* the timeline or, where that is asked for, the table of kills */
	FILE *text;  /* NULL: the summary alone */
	struct text_look look;
	uint64_t ooms, kills, stalls;
	struct peak peaks[PEAKS_MAX];
	size_t peak_count;
	struct deaths deaths;
	struct ending ending;
};

static int tell(void *ctx, const struct verdict_sentence *sentence)
{
	struct report_sink *r = ctx;

	if (sentence->rule) {
		text_parts__label(r->verdict, r->look, "next");
		verdict__put(r->verdict, sentence);
		fputc('\n', r->verdict);
		return stream__error(r->verdict);
	}
	text_parts__style(r->verdict, r->look, STYLE_STRONG);
	verdict__put(r->verdict, sentence);
	text_parts__style(r->verdict, r->look, STYLE_PLAIN);
	fputc('\n', r->verdict);
	return stream__error(r->verdict);
}

/* ---- records ---- */

/* By its name: one that comes back has another id each time. NULL: there is no room for another. */
static struct peak *find_peak(struct report_sink *r, const struct record_usage *u)
{
	for (size_t i = 0; i < r->peak_count; i++) {
		struct peak *peak = &r->peaks[i];

		if (peak->cgroup_id == u->cgroup_id)
			return peak;
		if (u->cgroup && !strncmp(peak->cgroup, u->cgroup, sizeof(peak->cgroup) - 1) && *u->cgroup) {
			peak->cgroup_id = u->cgroup_id;
			return peak;
		}
	}
	if (r->peak_count == PEAKS_MAX)
		return NULL;
	r->peaks[r->peak_count] = (struct peak){ .cgroup_id = u->cgroup_id };
	return &r->peaks[r->peak_count++];
}

static void keep_peak(struct report_sink *r, const struct record_usage *u)
{
	struct peak *peak = find_peak(r, u);

	if (!peak)
		return;
	peak->failed += u->failed;
	if (u->usage_bytes < peak->usage_bytes)
		return;
	peak->usage_bytes = u->usage_bytes;
	peak->max_bytes = u->max_bytes;
	if (!peak->cgroup[0]) {
		snprintf(peak->cgroup, sizeof(peak->cgroup), "%s", u->cgroup ? u->cgroup : "");
		snprintf(peak->name, sizeof(peak->name), "%s", u->container.name ? u->container.name : "");
		peak->container = u->container;
		peak->container.name = u->container.name ? peak->name : NULL;
	}
}

/* Of a cgroup whose usage was recorded. */
static void keep_growth(struct report_sink *r, const struct record_history *h)
{
	for (size_t i = 0; h && h->has_growth && h->growth_bytes_per_s > 0 && i < r->peak_count; i++) {
		struct peak *peak = &r->peaks[i];

		if (peak->cgroup_id == h->cgroup_id &&
		    (uint64_t)h->growth_bytes_per_s > peak->growth_bytes_per_s)
			peak->growth_bytes_per_s = (uint64_t)h->growth_bytes_per_s;
	}
}

static void keep_name(struct deaths *d, const struct record_victim *v)
{
	char name[NAME_BYTES];

	copy__text(name, sizeof(name), v->comm ? v->comm : "(unknown)");
	for (size_t i = 0; i < d->name_count; i++) {
		if (!strcmp(d->names[i], name))
			return;
	}
	if (d->name_count == NAMES_MAX) {
		d->has_more_names = true;
		return;
	}
	if (!d->name_count)
		d->pid = v->pid;
	memcpy(d->names[d->name_count++], name, sizeof(name));
}

static void keep_deaths(struct report_sink *r, const struct record *record)
{
	const struct record_oom *oom = &record->oom;
	char time[TEXT_PARTS_TIME_SIZE];
	struct deaths *d = &r->deaths;

	r->ooms++;
	r->kills += oom->killed;
	keep_growth(r, oom->history);
	for (size_t i = 0; i < oom->victim_count; i++) {
		if (oom->victims[i].role != ROLE_EXITING && !oom->victims[i].repeated)
			keep_name(d, &oom->victims[i]);
	}
	if (!oom->killed)
		return;
	kill_table__format_time(d->last, sizeof(d->last), r->look, record);
	if (d->first[0])
		return;
	memcpy(d->first, d->last, sizeof(d->first));
	if (!oom->log)
		text_parts__format_zone(d->zone, sizeof(d->zone),
					text_parts__format_time(time, sizeof(time), r->look,
								record->time.wall_ns));
}

static void keep_ending(struct report_sink *r, const struct record_exit *e)
{
	if (!e->container || !e->runtime_status)
		return;
	r->ending = (struct ending){ .runtime = e->which.ref.runtime,
				     .exit_code = e->runtime_exit_code,
				     .oom_killed = e->runtime_oom_killed };
	copy__text(r->ending.status, sizeof(r->ending.status), e->runtime_status);
}

static int report_take(struct sink *base, const struct record *record)
{
	struct report_sink *r = (struct report_sink *)base;

	if (record->kind == RECORD_USAGE) {
		keep_peak(r, &record->usage); /* there are too many of them to be told */
		return 0;
	}
	if (record->kind == RECORD_OOM)
		keep_deaths(r, record);
	if (record->kind == RECORD_EXIT)
		keep_ending(r, &record->exit);
	r->stalls += record->kind == RECORD_STALL;
	return sink__take(r->parts, record);
}

/* ---- the end ---- */

static int copy_all(FILE *from, FILE *to)
{
	char buffer[BUFSIZ];
	int err = stream__flush(from);
	size_t got;

	if (err)
		return err;
	rewind(from);
	while ((got = fread(buffer, 1, sizeof(buffer), from)) > 0) {
		if (fwrite(buffer, 1, got, to) != got)
			return stream__error(to);
	}
	return stream__error(from);
}

static void put_peaks(const struct report_sink *r, FILE *out)
{
	for (size_t i = 0; i < r->peak_count; i++) {
		const struct peak *peak = &r->peaks[i];

		fprintf(out, "    %c", WRAP_HANG);
		text_parts__size(out, "usage up to ", peak->usage_bytes);
		text_parts__size(out, " of ", peak->max_bytes);
		if (peak->failed) {
			fputs(", at the limit ", out);
			text_parts__count(out, peak->failed, "time");
			/* A page cache fills each limit, and nothing is wrong. */
			fputs(r->ooms || r->stalls ? "" : ", and reclaim made room each time", out);
		}
		if (peak->growth_bytes_per_s) {
			text_parts__size(out, ", growing by ", peak->growth_bytes_per_s);
			fputs("/s before a kill", out);
		}
		fputs(", in ", out);
		text_parts__place(out, peak->cgroup[0] ? peak->cgroup : NULL, &peak->container);
		fputc('\n', out);
	}
}

/* How many, who and when: with the last, whoever reads knows whether it is over. */
static void put_deaths(const struct report_sink *r, FILE *out)
{
	const struct deaths *d = &r->deaths;

	fprintf(out, "    %c%" PRIu64 " OOM%s, %" PRIu64 " process%s killed", WRAP_HANG, r->ooms,
		r->ooms == 1 ? "" : "s", r->kills, r->kills == 1 ? "" : "es");
	if (d->first[0]) {
		fputs(strcmp(d->first, d->last) ? " from " : " at ", out);
		text_parts__name(out, d->first);
		if (strcmp(d->first, d->last)) {
			fputs(" to ", out);
			text_parts__name(out, d->last);
		}
		fprintf(out, "%s%s", d->zone[0] ? " " : "", d->zone);
	}
	for (size_t i = 0; i < d->name_count; i++) {
		fputs(i ? ", " : ": ", out);
		if (r->kills == 1)
			text_parts__process(out, d->names[i], d->pid);
		else
			text_parts__name(out, d->names[i]);
	}
	fputs(d->has_more_names ? " and others\n" : "\n", out);
}

static void put_ending(const struct ending *e, FILE *out)
{
	if (!e->status[0])
		return;
	fprintf(out, "    %c%s says: ", WRAP_HANG, container__runtime_name(e->runtime));
	text_parts__name(out, e->status);
	fprintf(out, ", exit code %d, OOMKilled %s\n", e->exit_code, e->oom_killed ? "true" : "false");
}

/* What comes first; the text is wrapped already. */
static int put_summary(const struct report_sink *r, FILE *out)
{
	int err = copy_all(r->verdict, out);

	if (err)
		return err;
	if (r->text) {
		put_deaths(r, out);
		put_ending(&r->ending, out);
		put_peaks(r, out);
	}
	if (ftello(r->lines) > 0)
		fputc('\n', out);
	return copy_all(r->lines, out);
}

static int report_finish(struct sink *base)
{
	struct report_sink *r = (struct report_sink *)base;
	int err = sink__finish(r->parts);
	FILE *out;

	if (err)
		return err;
	out = wrap__open(base->out, r->look);
	if (!out)
		return -ENOMEM;
	err = put_summary(r, out);
	if (fclose(out) && !err)
		err = -EIO;
	if (stream__error(base->out))
		err = stream__error(base->out); /* why */
	if (err || !r->text)
		return err;
	fputs("\n" REPORT_SEPARATOR "\n", base->out);
	return copy_all(r->text, base->out);
}

static void report_free(struct sink *base)
{
	struct report_sink *r = (struct report_sink *)base;
	FILE *files[] = { r->verdict, r->lines, r->text };

	if (r->parts)
		r->parts->ops->free(r->parts);
	for (size_t i = 0; i < 3; i++) {
		if (files[i])
			fclose(files[i]);
	}
	free(r);
}

static const struct sink_ops report_ops = {
	.take = report_take,
	.free = report_free,
	.finish = report_finish,
};

/* In brief each line of the text is as short as the timeline's. */
static bool open_parts(struct report_sink *r, bool alone)
{
	struct sink *parts[3] = { verdict__new(tell, r) };
	size_t count = 1;

	if (alone)
		parts[count++] = kill_table__new(r->lines, r->look);
	else if (r->look.detail != TEXT_BRIEF)
		parts[count++] = timeline__new(r->lines, r->look);
	if (!alone)
		parts[count++] = text__new(r->text, r->look);
	r->parts = tee__new(parts, count);
	return r->parts;
}

struct sink *summary__new(FILE *out, struct text_look look, bool alone)
{
	struct report_sink *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	*r = (struct report_sink){
		.base = { .ops = &report_ops, .out = out },
		.look = look,
		.verdict = temp_file__new(),
		.lines = temp_file__new(),
		.text = alone ? NULL : temp_file__new(),
	};
	if (r->verdict && r->lines && (r->text || alone) && open_parts(r, alone))
		return &r->base;
	report_free(&r->base);
	return NULL;
}
