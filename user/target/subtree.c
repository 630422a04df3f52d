// SPDX-License-Identifier: GPL-2.0-only
#include "target/subtree.h"

#include <stdio.h>

#define WALK_INTERVAL_NS 200000000ULL

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

	if (!target->cgroup_id && !target->many)
		return false;
	if (id == target->cgroup_id)
		return snprintf(path, size, "%s", target->cgroup) < (int)size;
	if (subtree->looked_ns && now_ns - subtree->looked_ns < WALK_INTERVAL_NS)
		return false;
	subtree->looked_ns = now_ns;
	return cgroup__walk(subtree->hierarchy, target->many ? "/" : target->cgroup, compare, &search) == 1;
}
