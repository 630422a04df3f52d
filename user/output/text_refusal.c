// SPDX-License-Identifier: GPL-2.0-only
#include "output/text_refusal.h"

#include <inttypes.h>
#include <string.h>

#include "output/text_parts.h"

void text_refusal__put(FILE *out, const struct record_refusal *r)
{
	bool pages = !strncmp(r->file, "hugetlb.", 8);
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
