// SPDX-License-Identifier: GPL-2.0-only
#include "output/text_refusal.h"

#include <inttypes.h>
#include <signal.h>
#include <string.h>

#include "output/text_parts.h"

#define CLOSE_PART 16 /* of a resource limit: a process that had less room than this was close to it */

bool text_refusal__is_of_huge_pages(const struct record_refusal *r)
{
	return !strncmp(r->file, "hugetlb.", strlen("hugetlb."));
}

void text_refusal__put(FILE *out, const struct record_refusal *r)
{
	bool pages = text_refusal__is_of_huge_pages(r);
	const char *what = pages			 ? "huge pages"
			   : strcmp(r->file, "pids.max") ? NULL
							 : "processes and threads";

	if (!r->has_max)
		fputs("the limit", out);
	else if (r->max == RECORD_NO_LIMIT)
		fputs("a limit above its own", out);
	else if (pages)
		text_parts__size(out, "its limit of ", r->max);
	else
		fprintf(out, "its limit of %" PRIu64, r->max);
	if (what)
		fprintf(out, r->has_max && r->max != RECORD_NO_LIMIT && !pages ? " %s" : " of %s", what);
	fputs(" (", out);
	text_parts__name(out, r->file);
	fprintf(out, ") was reached %" PRIu64 " time%s", r->count, r->count == 1 ? "" : "s");
}

/* An exit code, or a signal that programs end themselves by. */
static bool ended_with_error(const struct record_exit *e)
{
	int signal = (int)(e->status & 0x7f);

	return e->has_status && e->status &&
	       (!signal || signal == SIGABRT || signal == SIGSEGV || signal == SIGILL || signal == SIGTRAP);
}

static void put_rlimit(FILE *out, const struct record_rlimit *r, const char *what, const char *name)
{
	if (!r->has || r->bytes < r->max_bytes - r->max_bytes / CLOSE_PART)
		return;
	fputs(what, out);
	text_parts__size(out, " was ", r->bytes);
	fprintf(out, ", and %s", name);
	text_parts__size(out, " allows ", r->max_bytes);
	fputs(": a request for more may have failed", out);
}

void text_refusal__put_rlimits(FILE *out, const struct record_exit *e)
{
	if (!ended_with_error(e))
		return;
	put_rlimit(out, &e->address_space, "; its address space", "RLIMIT_AS");
	put_rlimit(out, &e->data, "; its private writable memory", "RLIMIT_DATA");
}
