// SPDX-License-Identifier: GPL-2.0-only
#include "report/html/before.h"

#include "record/snapshot_words.h"
#include "report/html/elements.h"

static const struct snapshot_words_ops ops = { html_elements__name, html_elements__process,
					       html_elements__size, html_elements__duration };

void html_before__put(FILE *out, const struct record_before *before)
{
	html_elements__part_begin(out, "What the memory held");
	fputs("<p>", out);
	snapshot_words__put_before(out, before, &ops);
	fputs(".</p></section>\n", out);
}
