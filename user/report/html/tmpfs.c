// SPDX-License-Identifier: GPL-2.0-only
#include "report/html/tmpfs.h"

#include "record/tmpfs_words.h"
#include "report/html/elements.h"

void html_tmpfs__put(FILE *out, const struct record_oom *oom)
{
	static const struct tmpfs_words_ops ops = { html_elements__name, html_elements__size,
						    html_elements__duration };

	if (!oom->tmpfs || !oom->tmpfs->largest_count)
		return;
	html_elements__part_begin(out, "Largest files in tmpfs");
	fputs("<p>", out);
	tmpfs_words__put(out, oom->tmpfs, &ops);
	fputs(".</p></section>\n", out);
}
