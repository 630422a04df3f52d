// SPDX-License-Identifier: GPL-2.0-only
#include "output/text_tmpfs.h"

#include "record/tmpfs_words.h"

static void put_size(FILE *out, uint64_t bytes)
{
	text_parts__size(out, "", bytes);
}

static void put_duration(FILE *out, uint64_t duration_ns)
{
	text_parts__duration(out, "", duration_ns);
}

void text_tmpfs__put(const struct text_sink *sink, const struct record_oom *oom)
{
	static const struct tmpfs_words_ops ops = { text_parts__name, put_size, put_duration };

	if (!oom->tmpfs || !oom->tmpfs->largest_count)
		return;
	text_sink__label(sink, "in tmpfs");
	tmpfs_words__put(sink->base.out, oom->tmpfs, &ops);
	fputc('\n', sink->base.out);
}
