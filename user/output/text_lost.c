// SPDX-License-Identifier: GPL-2.0-only
#include "output/text_lost.h"

#include <inttypes.h>
#include <string.h>

#include "base/array.h"
#include "output/text_parts.h"

#define RING "the ring buffer had no room; try a larger --ring-size"
#define RING_OR_SKIPPED \
	"the ring buffer had no room, or the kernel left out the program that sends them; try a larger --ring-size"

/* By kind, as trace/loss.c names them. */
static const struct {
	const char *kind, *why;
} reasons[] = {
	{ "oom", RING_OR_SKIPPED },
	{ "victim", RING_OR_SKIPPED },
	{ "limit", RING_OR_SKIPPED },
	{ "cgroup", RING },
	{ "oom-end", RING },
	{ "exit", RING },
	{ "usage", RING },
	{ "reclaim", RING },
	{ "memory", RING },
	{ "sampled", RING },
	{ "signal", RING },
	{ "stack", "the ring buffer or oomtrace's own queue had no room; try a larger --ring-size" },
	{ "malformed", "oomtrace could not read or keep what the kernel side had sent" },
	{ "cgroup-usage", "there are too many of them; their usage is not followed, only their kills" },
	{ "target", "there are too many of them; what happens there is not reported" },
	{ "cgroup-made", "what was made meanwhile may have been followed too late, or not at all" },
	{ "kill", "the kernel counted more kills than oomtrace saw" },
};

static bool is_kind(const struct record_lost *lost, const char *kind)
{
	return lost->kind && !strcmp(lost->kind, kind);
}

void text_lost__put(FILE *out, const struct record_lost *lost)
{
	const char *end = lost->count == 1 ? "" : "s";

	fprintf(out, "%" PRIu64 " ", lost->count);
	if (is_kind(lost, "run")) {
		fprintf(out, "run%s of the target", end);
		return;
	}
	if (is_kind(lost, "target")) {
		fprintf(out, "target%s", end);
		return;
	}
	if (is_kind(lost, "cgroup-usage")) {
		fprintf(out, "cgroup%s of the target", end);
		return;
	}
	text_parts__name(out, lost->kind);
	fprintf(out, " event%s", end);
	if (lost->within_ns)
		text_parts__duration(out, " within ", lost->within_ns);
}

void text_lost__put_why(FILE *out, const struct record_lost *lost)
{
	if (is_kind(lost, "run"))
		fputs(lost->count == 1 ? ": it was over before oomtrace saw it"
				       : ": they were over before oomtrace saw them",
		      out);
	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++) {
		if (is_kind(lost, reasons[i].kind))
			fprintf(out, ": %s", reasons[i].why);
	}
}
