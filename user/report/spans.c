// SPDX-License-Identifier: GPL-2.0-only
#include "report/spans.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void join(struct span *into, const struct span *other)
{
	if (other->from_ns < into->from_ns)
		into->from_ns = other->from_ns;
	if (other->to_ns > into->to_ns)
		into->to_ns = other->to_ns;
	into->sum.runs += other->sum.runs;
	into->sum.duration_ns += other->sum.duration_ns;
	into->sum.reclaimed_bytes += other->sum.reclaimed_bytes;
	if (other->sum.longest_ns > into->sum.longest_ns)
		into->sum.longest_ns = other->sum.longest_ns;
}

static void shrink(struct spans *spans, size_t count)
{
	while (spans->count > count && spans->shift < 63) {
		size_t kept = 0;

		spans->shift++;
		for (size_t i = 1; i < spans->count; i++) {
			struct span *last = &spans->spans[kept];

			if (last->from_ns >> spans->shift == spans->spans[i].from_ns >> spans->shift)
				join(last, &spans->spans[i]);
			else
				spans->spans[++kept] = spans->spans[i];
		}
		spans->count = kept + 1;
	}
}

int spans__add(struct spans *spans, size_t room, struct span span)
{
	size_t i;

	if (!spans->spans) {
		spans->spans = calloc(room, sizeof(*spans->spans));
		if (!spans->spans)
			return -ENOMEM;
		spans->room = room;
	}
	if (spans->count == spans->room)
		shrink(spans, spans->room / 2);
	for (i = spans->count; i && spans->spans[i - 1].from_ns > span.from_ns;)
		i--;
	if (i && spans->spans[i - 1].from_ns >> spans->shift == span.from_ns >> spans->shift)
		i--;
	if (i < spans->count && spans->spans[i].from_ns >> spans->shift == span.from_ns >> spans->shift) {
		join(&spans->spans[i], &span);
		return 0;
	}
	memmove(&spans->spans[i + 1], &spans->spans[i], (spans->count - i) * sizeof(*spans->spans));
	spans->spans[i] = span;
	spans->count++;
	return 0;
}

void spans__free(struct spans *spans)
{
	free(spans->spans);
	*spans = (struct spans){ 0 };
}
