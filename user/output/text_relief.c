// SPDX-License-Identifier: GPL-2.0-only
/* When the memory of a victim was back, as text. */
#include <inttypes.h>

#include "output/text_relief.h"

static void put_sentence(FILE *out, const struct record_relief *r)
{
	fprintf(out, "OOM %" PRIu64 ": ", r->oom_id);
	if (r->by_exit) {
		fputs("the memory of ", out);
		text_parts__process(out, r->comm, r->pid);
		text_parts__duration(out, " is back, ", r->since_kill_ns);
		fputs(" after its kill", out);
	} else {
		fputs("the kernel's reaper has taken what it could of the memory of ", out);
		text_parts__process(out, r->comm, r->pid);
		text_parts__duration(out, ", ", r->since_kill_ns);
		fputs(" after its kill", out);
	}
	if (!r->has_usage)
		return;
	text_parts__size(out, ": usage ", r->usage_before_bytes);
	text_parts__size(out, " -> ", r->usage_after_bytes);
}

/* Kills that came too early: what is known only now. */
void text_relief__put_needless(FILE *out, const struct record_relief *r)
{
	if (r->needless_kills == 1)
		fputs("with that, one kill turns out not to have been needed: what it had, at most ", out);
	else
		fprintf(out,
			"with that, %" PRIu64
			" kills turn out not to have been needed: what they had, at most ",
			r->needless_kills);
	text_parts__size(out, "", r->needless_bytes);
	text_parts__size(out, ", would fit under the limit of ", r->max_bytes);
}

int text_relief__take(struct sink *base, const struct record *record)
{
	struct text_sink *sink = (struct text_sink *)base;
	const struct record_relief *r = &record->relief;

	/* A log's are lines of their OOM. */
	if (!r->live || (sink->look.detail == TEXT_BRIEF && !r->needless_kills))
		return 0;
	text_sink__time(sink, &record->time);
	put_sentence(base->out, r);
	fputc('\n', base->out);
	if (r->needless_kills) {
		text_sink__label(sink, "too many");
		text_relief__put_needless(base->out, r);
		fputc('\n', base->out);
	}
	return text_sink__flush(sink);
}
