// SPDX-License-Identifier: GPL-2.0-only
#include "output/text_snapshot.h"

#include <inttypes.h>

#include "record/snapshot_words.h"

static void put_size(FILE *out, uint64_t bytes)
{
	text_parts__size(out, "", bytes);
}

static void put_duration(FILE *out, uint64_t duration_ns)
{
	text_parts__duration(out, "", duration_ns);
}

static const struct snapshot_words_ops ops = { text_parts__name, text_parts__process, put_size,
					       put_duration };

/* "docker web at 90 % of its limit of 512.0 MiB: 2 processes; heap of java (pid 12) 380.0 MiB, ..." */
void text_snapshot__put(FILE *out, const struct record_snapshot *s)
{
	struct record_before_part largest[RECORD_BEFORE_PARTS];
	size_t count = snapshot_words__worth(largest, snapshot_words__largest(s, largest));

	text_parts__place(out, s->cgroup, &s->container);
	if (s->again)
		text_parts__duration(out, ", ", s->since_mark_ns);
	fprintf(out, "%s at %" PRIu32 " %%", s->again ? " after it was" : "", s->percent);
	text_parts__size(out, " of its limit of ", s->max_bytes);
	fprintf(out, ": %" PRIu64 "%s process%s", s->seen, s->more ? " or more" : "",
		s->seen == 1 ? "" : "es");
	for (size_t i = 0; i < count; i++) {
		fputs(i ? ", " : "; ", out);
		snapshot_words__put_part(out, &largest[i], &ops);
	}
	if (s->memory)
		snapshot_words__put_cache(out, "; ", s->memory, NULL, &ops);
	if (!s->duration_ns)
		fputs("; not all could be read in time", out);
}

void text_snapshot__before(const struct text_sink *sink, const struct record_before *before)
{
	text_sink__label(sink, "held");
	snapshot_words__put_before(sink->base.out, before, &ops);
	fputc('\n', sink->base.out);
}

int text_snapshot__take(struct sink *base, const struct record *record)
{
	struct text_sink *sink = (struct text_sink *)base;

	if (sink->look.detail == TEXT_BRIEF)
		return 0;
	text_sink__time(sink, &record->time);
	text_snapshot__put(base->out, &record->snapshot);
	fputc('\n', base->out);
	return text_sink__flush(sink);
}
