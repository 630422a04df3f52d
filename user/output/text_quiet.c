// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs of the OOM killer that find nothing to kill come by the hundred while a cgroup stands at its limit.
 * The first run is printed in full. The others become one sum. The sum is printed when it is complete, and
 * each time that the runs have lasted twice as long, so that a reader sees it grow.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "output/text_sink.h"

#define TOLD_AFTER_NS 10000000000LL

static struct text_quiet *find(struct text_sink *sink, uint64_t cgroup_id)
{
	for (size_t i = 0; i < sink->quiet_count; i++) {
		if (sink->quiet[i].cgroup_id == cgroup_id)
			return &sink->quiet[i];
	}
	return NULL;
}

static void keep_place(char *dst, size_t size, const struct record_oom *oom)
{
	FILE *out = fmemopen(dst, size, "w");

	if (!out)
		return;
	if (oom->limit)
		text_parts__place(out, oom->limit->path, &oom->limit_container);
	else
		fputs("the machine", out);
	fclose(out);
	dst[size - 1] = '\0';
}

static void put_sum(struct text_sink *sink, struct text_quiet *q, const struct record_time *time,
		    bool goes_on)
{
	FILE *out = sink->base.out;

	text_sink__time(sink, time);
	text_sink__style(sink, STYLE_KILL);
	fputs("nothing could be killed ", out);
	text_sink__style(sink, STYLE_PLAIN);
	fprintf(out, "%" PRIu64 " more time%s", q->more, q->more == 1 ? "" : "s");
	if (q->last_ns > q->first_ns)
		text_parts__duration(out, " in ", (uint64_t)q->last_ns - (uint64_t)q->first_ns);
	fprintf(out, ", at the limit of %s%s\n", q->place, goes_on ? ", and it goes on" : "");
	q->told_ns = q->last_ns;
}

bool text_quiet__add(struct text_sink *sink, const struct record *record)
{
	const struct record_oom *oom = &record->oom;
	uint64_t cgroup_id = oom->limit ? oom->limit->id : 0;
	struct text_quiet *q = find(sink, cgroup_id);
	int64_t now_ns = record->time.wall_ns;

	if (!q) {
		if (sink->quiet_count < TEXT_SINK_QUIET_MAX) {
			q = &sink->quiet[sink->quiet_count++];
			*q = (struct text_quiet){ .cgroup_id = cgroup_id,
						  .first_ns = now_ns,
						  .last_ns = now_ns,
						  .told_ns = now_ns };
			keep_place(q->place, sizeof(q->place), oom);
		}
		return false;
	}
	q->more += 1 + oom->repeats;
	q->last_ns = now_ns;
	if (now_ns - q->told_ns >= TOLD_AFTER_NS && now_ns - q->told_ns >= q->told_ns - q->first_ns)
		put_sum(sink, q, &record->time, true);
	return true;
}

void text_quiet__repeats(struct text_sink *sink, const struct record *record)
{
	const struct record_repeats *r = &record->repeats;
	struct text_quiet *q = find(sink, r->limit_cgroup_id);
	FILE *out = sink->base.out;

	if (q) {
		q->more += r->repeats;
		return;
	}
	text_sink__time(sink, &record->time);
	fprintf(out, "nothing could be killed %" PRIu64 " more time%s, at the limit of ", r->repeats,
		r->repeats == 1 ? "" : "s");
	if (r->limit_cgroup)
		text_parts__name(out, r->limit_cgroup);
	else if (r->limit_cgroup_id)
		fprintf(out, "cgroup %" PRIu64 " (gone)", r->limit_cgroup_id);
	else
		fputs("the machine", out);
	fputc('\n', out);
}

void text_quiet__end(struct text_sink *sink, const struct record *record, uint64_t cgroup_id)
{
	size_t kept = 0;

	for (size_t i = 0; i < sink->quiet_count; i++) {
		if (cgroup_id && sink->quiet[i].cgroup_id != cgroup_id) {
			sink->quiet[kept++] = sink->quiet[i];
			continue;
		}
		if (sink->quiet[i].more)
			put_sum(sink, &sink->quiet[i], &record->time, false);
	}
	sink->quiet_count = kept;
}
