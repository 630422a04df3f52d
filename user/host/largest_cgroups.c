// SPDX-License-Identifier: GPL-2.0-only
#include "host/largest_cgroups.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"

struct walk {
	struct largest_cgroups *out;
	uint64_t until_ns;
	uint64_t seen;
	/* The last one with the controller. It counts unless the next is below it: parents come first. */
	struct largest_cgroup last;
	unsigned int last_depth;
	bool has_last;
};

static void add(struct largest_cgroups *out, const struct largest_cgroup *one)
{
	size_t at = out->count;

	if (at < LARGEST_CGROUPS_MAX)
		out->count++;
	else if (out->list[--at].usage_bytes >= one->usage_bytes)
		return;
	for (; at && out->list[at - 1].usage_bytes < one->usage_bytes; at--)
		out->list[at] = out->list[at - 1];
	out->list[at] = *one;
}

static void settle(struct walk *walk)
{
	if (!walk->has_last)
		return;
	walk->has_last = false;
	walk->out->looked_at++;
	add(walk->out, &walk->last);
}

static int look(const struct cgroup__node *node, void *ctx)
{
	struct walk *walk = ctx;
	uint64_t usage;

	if (walk->seen++ >= LARGEST_CGROUPS_LOOKED_MAX || clock__ns(CLOCK_BOOTTIME) >= walk->until_ns) {
		walk->out->cut = true;
		return 1;
	}
	if (cgroup__read_u64(node->dir_fd, "memory.current", &usage))
		return 0;
	if (walk->has_last && node->depth > walk->last_depth)
		walk->has_last = false;
	settle(walk);
	snprintf(walk->last.path, sizeof(walk->last.path), "%s", node->path);
	walk->last.usage_bytes = usage;
	walk->last_depth = node->depth;
	walk->has_last = true;
	return 0;
}

void largest_cgroups__read(const struct cgroup__hierarchy *h, uint64_t until_ns, struct largest_cgroups *out)
{
	struct walk walk = { .out = out, .until_ns = until_ns };

	out->count = 0;
	out->looked_at = 0;
	out->cut = false;
	if (h->version != 2)
		return;
	if (cgroup__walk(h, "/", look, &walk) < 0)
		out->cut = true;
	/* Whether there is one below the last isn't known then. */
	if (!out->cut)
		settle(&walk);
}
