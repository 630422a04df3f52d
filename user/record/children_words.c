// SPDX-License-Identifier: GPL-2.0-only
#include "record/children_words.h"

#include <string.h>

/* Growth by less than this part of the usage explains nothing. */
#define WORTH_PART 16
#define NEIGHBOUR_PART 5
#define NONE_PART 20

uint64_t children_words__growth(const struct record_child *child)
{
	if (!child->has_before || child->usage_bytes <= child->before_bytes ||
	    child->usage_bytes - child->before_bytes <= child->usage_bytes / WORTH_PART)
		return 0;
	return child->usage_bytes - child->before_bytes;
}

uint64_t children_words__growth_ns(const struct record_children *c, const struct record_child *child)
{
	return child->before_ns + (child->exact ? 0 : c->read_after_ns);
}

const struct record_child *children_words__neighbour(const struct record_oom *oom)
{
	const struct record_children *c = oom->children;

	if (!c || !oom->limit || !oom->limit->has_memory)
		return NULL;
	for (size_t i = 0; i < c->largest_count; i++) {
		if (!c->largest[i].exact)
			return c->largest[i].usage_bytes >= oom->limit->usage_bytes / NEIGHBOUR_PART
				       ? &c->largest[i]
				       : NULL;
	}
	return NULL;
}

static bool is_shown(const struct record_children *c, size_t i)
{
	return i < CHILDREN_WORDS_SHOWN || c->largest[i].exact;
}

const struct record_child *children_words__next(const struct record_children *c, size_t *at)
{
	while (*at < c->largest_count && !is_shown(c, *at))
		++*at;
	return *at < c->largest_count ? &c->largest[(*at)++] : NULL;
}

uint64_t children_words__rest(const struct record_children *c)
{
	uint64_t shown = 0;

	for (size_t i = 0; i < c->largest_count; i++)
		shown += is_shown(c, i);
	return c->count > shown ? c->count - shown : 0;
}

uint64_t children_words__none(const struct record_oom *oom)
{
	const struct record_children *c = oom->children;

	if (!c || !c->has_rest || !oom->limit || !oom->limit->has_memory ||
	    c->rest_bytes < oom->limit->usage_bytes / NONE_PART)
		return 0;
	return c->rest_bytes;
}

const char *children_words__name(const struct record_child *child)
{
	const char *last = child->cgroup ? strrchr(child->cgroup, '/') : NULL;

	return last && last[1] ? last + 1 : child->cgroup;
}
