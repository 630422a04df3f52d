// SPDX-License-Identifier: GPL-2.0-only
/* What shares the limit that was hit, as text. */
#include <inttypes.h>

#include "output/text_sink.h"
#include "record/children_words.h"

static void put_child(FILE *out, const struct record_children *c, const struct record_child *child)
{
	uint64_t growth = children_words__growth(child);

	if (child->container.ref.runtime != CONTAINER__UNKNOWN)
		text_parts__short_place(out, child->cgroup, &child->container);
	else
		text_parts__name(out, children_words__name(child));
	fputs(child->exact ? " (where it was killed) " : " ", out);
	text_parts__size(out, "", child->usage_bytes);
	if (child->max_bytes != RECORD_NO_LIMIT)
		text_parts__size(out, " of its own ", child->max_bytes);
	if (growth) {
		text_parts__size(out, ", ", growth);
		text_parts__duration(out, " more than ", children_words__growth_ns(c, child));
		fputs(" before", out);
	}
}

/*
 * "shared by api 45.0 MiB, 44.0 MiB more than 9.8 s before; web (where it was killed) 3.0 MiB of its own 64.0 MiB; and 2
 * more, read 1.2 ms later"
 */
void text_children__put(const struct text_sink *sink, const struct record_oom *oom)
{
	const struct record_children *c = oom->children;
	const struct record_child *child;
	FILE *out = sink->base.out;
	size_t at = 0;

	if (!c || c->count < 2 || !c->largest_count)
		return;
	text_sink__label(sink, "shared by");
	for (const char *gap = ""; (child = children_words__next(c, &at)); gap = "; ") {
		fputs(gap, out);
		put_child(out, c, child);
	}
	if (children_words__rest(c))
		fprintf(out, "; and %" PRIu64 " more", children_words__rest(c));
	if (c->read < c->count)
		fprintf(out, ", %" PRIu64 " of which weren't read", c->count - c->read);
	if (children_words__none(oom)) {
		text_parts__size(out, "; ", children_words__none(oom));
		fputs(" of none of them", out);
		if (c->removed)
			fprintf(out, " (%" PRIu64 " removed below, not gone yet)", c->removed);
	}
	if (c->read_after_ns)
		text_parts__duration(out, "; read up to ", c->read_after_ns);
	fputs(c->read_after_ns ? " later\n" : "\n", out);
}
