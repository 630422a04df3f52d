// SPDX-License-Identifier: GPL-2.0-only
#include "target/subtree.h"

#include <stdio.h>

#include "base/clock.h"

#define WALK_INTERVAL_NS (200 * NS_PER_MS)
/* Whoever may make cgroups can make very many. */
#define WALK_PART 10

struct search {
	uint64_t id;
	char *path;
	size_t size;
};

static int compare(const struct cgroup__node *node, void *ctx)
{
	struct search *search = ctx;

	if (node->id != search->id)
		return 0;
	return snprintf(search->path, search->size, "%s", node->path) < (int)search->size;
}

bool subtree__path(struct subtree *subtree, uint64_t id, uint64_t now_ns, char *path, size_t size)
{
	struct search search = { id, path, size };
	const struct target *target = subtree->target;
	uint64_t begun_ns, took_ns;
	bool found;

	if (!target->cgroup_id && !target->many)
		return false;
	if (id == target->cgroup_id)
		return snprintf(path, size, "%s", target->cgroup) < (int)size;
	if (now_ns < subtree->again_ns)
		return false;
	begun_ns = clock__ns(CLOCK_MONOTONIC);
	found = cgroup__walk(subtree->hierarchy, target->many ? "/" : target->cgroup, compare, &search) == 1;
	took_ns = clock__ns(CLOCK_MONOTONIC) - begun_ns;
	subtree->again_ns =
		now_ns + (took_ns > WALK_INTERVAL_NS / WALK_PART ? took_ns * WALK_PART : WALK_INTERVAL_NS);
	return found;
}
