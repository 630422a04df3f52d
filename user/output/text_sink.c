// SPDX-License-Identifier: GPL-2.0-only
#include "output/text_sink.h"

#include <string.h>

#include "base/copy.h"
#include "base/stream.h"
#include "output/wrap.h"

int text_sink__flush(struct text_sink *sink)
{
	int err = stream__flush(sink->base.out), first = stream__error(sink->target);

	return first ? first : err;
}

/* The date has a line of its own, with the zone: also when that changes, as in summer. */
void text_sink__time(struct text_sink *sink, const struct record_time *time)
{
	char text[TEXT_PARTS_TIME_SIZE], zone[TEXT_PARTS_TIME_SIZE], day[sizeof(sink->day)];
	FILE *out = sink->base.out;

	text_parts__format_time(text, sizeof(text), sink->look, time->wall_ns);
	snprintf(day, sizeof(day), "%.10s (%.16s)", text, text_parts__format_zone(zone, sizeof(zone), text));
	text_sink__style(sink, STYLE_DIM);
	if (strcmp(day, sink->day))
		fprintf(out, "%s\n", day);
	copy__text(sink->day, sizeof(sink->day), day);
	/* "2026-11-23T20:26:01.123456Z": from the T on, to the millisecond */
	fprintf(out, "%.12s  ", text + 11);
	text_sink__style(sink, STYLE_PLAIN);
	putc(WRAP_HANG, out);
}

void text_sink__label(const struct text_sink *sink, const char *label)
{
	text_parts__label(sink->base.out, sink->look, label);
}

void text_sink__style(const struct text_sink *sink, enum text_parts_style style)
{
	text_parts__style(sink->base.out, sink->look, style);
}

bool text_sink__is_target(const struct text_sink *sink, const struct record_container *c)
{
	return sink->target_id[0] && !strcmp(sink->target_id, c->ref.id);
}

/*
 * A runtime sets each limit more than once, most of them to what they were, and before there is a
 * process: that is in the recording, and in the text for those who want all of it.
 */
bool text_sink__is_noise(const struct record_limit *l)
{
	bool unused = l->file != LIMIT_SWAP_MAX && !l->usage_before_bytes && !l->usage_after_bytes;

	return l->result >= 0 && !l->kills && !l->reclaimed_bytes &&
	       (l->old_max_bytes == l->new_max_bytes || unused);
}
