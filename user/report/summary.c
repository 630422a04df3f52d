// SPDX-License-Identifier: GPL-2.0-only
/*
 * A recording as text for people: what it comes to, a timeline, and then what the live run printed.
 * What comes first is known last, so that the parts wait in temporary files: memory is bounded.
 */
#include "report/summary.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/stream.h"
#include "base/temp_file.h"
#include "base/units.h"
#include "output/tee.h"
#include "output/text.h"
#include "output/text_parts.h"
#include "report/timeline.h"
#include "report/verdict.h"

#define PEAKS_MAX 64
#define PATH_BYTES 256
#define NAME_BYTES 64

/* The highest usage seen of a cgroup. */
struct peak {
	uint64_t cgroup_id;
	uint64_t usage_bytes, max_bytes, refused;
	char cgroup[PATH_BYTES];
	struct record_container container;
	char name[NAME_BYTES];
};

struct report_sink {
	struct sink base;
	struct sink *parts; /* hands each record to the three below */
	FILE *verdict, *timeline, *text;
	struct text_look look;
	uint64_t ooms, kills;
	struct peak peaks[PEAKS_MAX];
	size_t peak_count;
};

static int tell(void *ctx, const struct verdict_sentence *sentence)
{
	struct report_sink *r = ctx;

	fprintf(r->verdict, "%s%s%s\n", r->look.colour ? "\033[1m" : "", sentence->text,
		r->look.colour ? "\033[0m" : "");
	return stream__error(r->verdict);
}

/* ---- records ---- */

/* NULL: there is no room for another. */
static struct peak *find_peak(struct report_sink *r, const struct record_usage *u)
{
	for (size_t i = 0; i < r->peak_count; i++) {
		if (r->peaks[i].cgroup_id == u->cgroup_id)
			return &r->peaks[i];
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
	peak->refused += u->refused;
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

static int report_take(struct sink *base, const struct record *record)
{
	struct report_sink *r = (struct report_sink *)base;

	if (record->kind == RECORD_USAGE) {
		keep_peak(r, &record->usage); /* there are too many of them to be told */
		return 0;
	}
	if (record->kind == RECORD_OOM) {
		r->ooms++;
		r->kills += record->oom.killed;
	}
	return sink__take(r->parts, record);
}

/* ---- the end ---- */

static int copy_all(FILE *from, FILE *to)
{
	char buffer[64 << 10];
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

static void put_peaks(const struct report_sink *r)
{
	FILE *out = r->base.out;

	for (size_t i = 0; i < r->peak_count; i++) {
		const struct peak *peak = &r->peaks[i];

		text__size(out, "    usage up to ", peak->usage_bytes);
		text__size(out, " of ", peak->max_bytes);
		if (peak->refused)
			fprintf(out, ", %" PRIu64 " charge%s refused", peak->refused,
				peak->refused == 1 ? "" : "s");
		fputs(", in ", out);
		if (!text__container(out, &peak->container))
			text__name(out, peak->cgroup[0] ? peak->cgroup : NULL);
		fputc('\n', out);
	}
}

static int report_finish(struct sink *base)
{
	struct report_sink *r = (struct report_sink *)base;
	int err = sink__finish(r->parts);

	if (!err)
		err = copy_all(r->verdict, base->out);
	if (err)
		return err;
	fprintf(base->out, "    %" PRIu64 " OOM%s, %" PRIu64 " process%s killed\n", r->ooms,
		r->ooms == 1 ? "" : "s", r->kills, r->kills == 1 ? "" : "es");
	put_peaks(r);
	fputc('\n', base->out);
	err = copy_all(r->timeline, base->out);
	if (!err)
		fputs("\n" REPORT_SEPARATOR "\n", base->out);
	return err ? err : copy_all(r->text, base->out);
}

static void report_free(struct sink *base)
{
	struct report_sink *r = (struct report_sink *)base;
	FILE *files[] = { r->verdict, r->timeline, r->text };

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

struct sink *summary__new(FILE *out, struct text_look look)
{
	struct report_sink *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	*r = (struct report_sink){
		.base = { .ops = &report_ops, .out = out },
		.look = look,
		.verdict = temp_file__new(),
		.timeline = temp_file__new(),
		.text = temp_file__new(),
	};
	if (r->verdict && r->timeline && r->text) {
		struct sink *parts[] = { verdict__new(tell, r), timeline__new(r->timeline),
					 text__new(r->text, look) };

		r->parts = tee__new(parts, 3);
	}
	if (r->parts)
		return &r->base;
	report_free(&r->base);
	return NULL;
}
