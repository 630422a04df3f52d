// SPDX-License-Identifier: GPL-2.0-only
#include "output/text_hook.h"

#include <inttypes.h>
#include <string.h>
#include <sys/wait.h>

void text_hook__put_near_limit(FILE *out, const struct record_near_limit *near)
{
	text_parts__place(out, near->cgroup, &near->container);
	fprintf(out, " passes %" PRIu32 " %%", near->percent);
	text_parts__size(out, " of its limit of ", near->max_bytes);
	text_parts__size(out, ": it uses ", near->usage_bytes);
	if (!near->pid)
		return;
	fputs(", and ", out);
	text_parts__process(out, near->comm, near->pid);
	fputs(" asks for more", out);
}

static void put_result(FILE *out, const struct record_hook *h)
{
	int status = (int)h->status;
	const char *name;

	switch (h->result) {
	case HOOK_RESULT_TIMED_OUT:
		fputs(" was killed, because its time was over", out);
		return;
	case HOOK_RESULT_BUSY:
		fputs(" was not run: another hook of this cgroup was running still, or too many were", out);
		return;
	case HOOK_RESULT_FAILED:
		fputs(" could not be run", out);
		if (h->reason) {
			fputs(": ", out);
			text_parts__name(out, h->reason);
		}
		return;
	case HOOK_RESULT_ENDED:
		break;
	}
	if (WIFSIGNALED(status)) {
		name = sigabbrev_np(WTERMSIG(status));
		fprintf(out, " was ended by SIG%s", name ? name : "?");
	} else {
		fprintf(out, " ended with %d", WEXITSTATUS(status));
	}
}

void text_hook__put(FILE *out, const struct record_hook *h)
{
	fputs(h->event == HOOK_EVENT_OOM ? "the hook of the OOM, " : "the hook near the limit, ", out);
	text_parts__name(out, h->program);
	fputc(',', out);
	put_result(out, h);
	if (h->has_start) {
		text_parts__duration(out, "; it began ", h->since_event_ns);
		text_parts__duration(out,
				     h->event == HOOK_EVENT_OOM ? " after the OOM and took "
								: " after the mark and took ",
				     h->duration_ns);
	}
	if (h->frozen_ns)
		text_parts__duration(out, "; the cgroup was frozen for ", h->frozen_ns);
	if (h->stays_frozen)
		fputs("; it stays frozen, because somebody else has frozen it meanwhile", out);
	if (h->not_frozen) {
		fputs("; the cgroup was not frozen: ", out);
		text_parts__name(out, h->not_frozen);
	}
}

int text_hook__take_near_limit(struct sink *base, const struct record *record)
{
	struct text_sink *sink = (struct text_sink *)base;

	/* A line for each kill; a command that was run for it has its own. */
	if (sink->look.detail == TEXT_BRIEF)
		return 0;
	text_sink__time(sink, &record->time);
	text_hook__put_near_limit(base->out, &record->near_limit);
	fputc('\n', base->out);
	return text_sink__flush(sink);
}

int text_hook__take(struct sink *base, const struct record *record)
{
	struct text_sink *sink = (struct text_sink *)base;

	text_sink__time(sink, &record->time);
	text_parts__place(base->out, record->hook.cgroup, &record->hook.container);
	fputs(": ", base->out);
	text_hook__put(base->out, &record->hook);
	fputc('\n', base->out);
	return text_sink__flush(sink);
}
