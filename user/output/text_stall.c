// SPDX-License-Identifier: GPL-2.0-only
/* A cgroup that is stuck in reclaim at its limit, as text. */
#include "output/text_sink.h"

/*
 * Prints a stall each time that it has lasted twice as long, because a line for every second is too much to
 * read.
 */
static bool is_news(struct text_sink *sink, const struct record_stall *s)
{
	bool same = sink->stall_cgroup_id == s->cgroup_id && sink->stall_since_ns == s->since_ns;

	if (same && !s->over && s->duration_ns / 2 < sink->stall_told_ns)
		return false;
	sink->stall_cgroup_id = s->cgroup_id;
	sink->stall_since_ns = s->since_ns;
	sink->stall_told_ns = s->duration_ns;
	return true;
}

/* "95 % of the time", or of several tasks together: "3.2 tasks on average" */
static void put_share(FILE *out, const struct record_stall *s)
{
	double share = s->duration_ns ? (double)s->reclaim_ns / (double)s->duration_ns : 0;

	if (share <= 1.05)
		fprintf(out, "%.0f %% of the time", share > 1 ? 100 : share * 100);
	else
		fprintf(out, "%.1f tasks on average", share);
	fputs(s->file == LIMIT_HIGH ? " in reclaim or held back, " : " in reclaim, ", out);
}

int text_stall__take(struct sink *base, const struct record *record)
{
	struct text_sink *sink = (struct text_sink *)base;
	const struct record_stall *s = &record->stall;
	FILE *out = base->out;

	if (!is_news(sink, s))
		return 0;
	text_sink__time(sink, &record->time);
	text_sink__style(sink, STYLE_KILL);
	fputs(s->over ? "STALL OVER  " : "STALL  ", out);
	text_sink__style(sink, STYLE_PLAIN);
	text_parts__place(out, s->cgroup, &s->container);
	fputs(s->over ? " was stuck at its " : " has been stuck at its ", out);
	text_parts__size(out, s->file == LIMIT_HIGH ? "memory.high of " : "limit of ", s->max_bytes);
	text_parts__duration(out, " for ", s->duration_ns);
	fputs(": ", out);
	put_share(out, s);
	if (s->failed) {
		text_parts__count(out, s->failed, "request");
		fputs(" over it, ", out);
	}
	fputs("nothing killed\n", out);
	return text_sink__flush((struct text_sink *)base);
}
