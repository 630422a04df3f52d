// SPDX-License-Identifier: GPL-2.0-only
#include "model/cgroup_chain.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH_DEPTH_MAX 64
/* PAGE_COUNTER_MAX, include/linux/page_counter.h, 64-bit */
#define PAGE_COUNTER_MAX(page_size) ((uint64_t)INT64_MAX / (page_size))

struct cgroup_chain_node {
	struct event_cgroup event;
	char *path; /* NULL until asked for */
};

int cgroup_chain__grow(void **array, size_t *room, size_t count, size_t size, size_t max)
{
	size_t wanted = *room ? *room * 2 : 8;
	void *bigger;

	if (count < *room)
		return 0;
	if (count >= max)
		return -ENOSPC;
	bigger = reallocarray(*array, wanted, size);
	if (!bigger)
		return -ENOMEM;
	*array = bigger;
	*room = wanted;
	return 0;
}

static struct cgroup_chain_node *find_node(const struct cgroup_chain_set *set, uint64_t id)
{
	for (size_t i = 0; i < set->count; i++) {
		if (set->nodes[i].event.id == id)
			return &set->nodes[i];
	}
	return NULL;
}

int cgroup_chain__add(struct cgroup_chain_set *set, const struct event_cgroup *event)
{
	int err;

	if (find_node(set, event->id))
		return 0;
	err = cgroup_chain__grow((void **)&set->nodes, &set->room, set->count, sizeof(*set->nodes),
				 set->max ? set->max : CHAIN_CGROUPS_MAX);
	if (err)
		return err == -ENOSPC ? 0 : err;
	set->nodes[set->count++] = (struct cgroup_chain_node){ .event = *event };
	return 0;
}

void cgroup_chain__clear(struct cgroup_chain_set *set)
{
	for (size_t i = 0; i < set->count; i++)
		free(set->nodes[i].path);
	set->count = 0;
}

void cgroup_chain__free(struct cgroup_chain_set *set)
{
	cgroup_chain__clear(set);
	free(set->nodes);
	*set = (struct cgroup_chain_set){};
}

static int join_path(struct cgroup_chain_node *node, const struct cgroup_chain_node *parent)
{
	const char *above = !parent || !strcmp(parent->path, "/") ? "" : parent->path;

	if (asprintf(&node->path, "%s/%s", above, parent ? node->event.name : "") < 0)
		node->path = NULL;
	return node->path ? 0 : -ENOMEM;
}

const char *cgroup_chain__path(struct cgroup_chain_set *set, uint64_t id)
{
	struct cgroup_chain_node *up[PATH_DEPTH_MAX];
	struct cgroup_chain_node *node = id ? find_node(set, id) : NULL;
	int depth = 0;

	while (node && !node->path) {
		if (depth == PATH_DEPTH_MAX || (node->event.h.flags & CGROUP_CUT))
			return NULL;
		up[depth++] = node;
		if (!node->event.parent_id)
			break;
		node = find_node(set, node->event.parent_id);
		if (!node)
			return NULL;
	}
	while (depth-- > 0) {
		struct cgroup_chain_node *parent = NULL;

		if (up[depth]->event.parent_id)
			parent = find_node(set, up[depth]->event.parent_id);
		if (join_path(up[depth], parent))
			return NULL;
	}
	node = id ? find_node(set, id) : NULL;
	return node ? node->path : NULL;
}

uint64_t cgroup_chain__limit_bytes(uint64_t pages, uint32_t page_size)
{
	return pages >= PAGE_COUNTER_MAX(page_size) ? RECORD_NO_LIMIT : pages * page_size;
}

static void fill_level(struct cgroup_chain_set *set, const struct cgroup_chain_node *node, uint64_t limit_id,
		       uint32_t page_size, struct record_level *level)
{
	const struct event_cgroup *e = &node->event;

	*level = (struct record_level){
		.id = e->id,
		.path = cgroup_chain__path(set, e->id),
		.has_memory = e->h.flags & CGROUP_HAS_MEMORY,
		.is_limit = limit_id && e->id == limit_id,
		.oom_group = e->h.flags & CGROUP_OOM_GROUP,
		.usage_bytes = e->usage_pages * page_size,
		.max_bytes = cgroup_chain__limit_bytes(e->max_pages, page_size),
		.high_bytes = cgroup_chain__limit_bytes(e->high_pages, page_size),
		.peak_bytes = e->peak_pages * page_size,
		.has_swap = e->h.flags & CGROUP_HAS_SWAP,
		.swap_usage_bytes = e->swap_usage_pages * page_size,
		.swap_max_bytes = cgroup_chain__limit_bytes(e->swap_max_pages, page_size),
	};
}

bool cgroup_chain__level(struct cgroup_chain_set *set, uint64_t id, uint64_t limit_id, uint32_t page_size,
			 struct record_level *level)
{
	const struct cgroup_chain_node *node = id ? find_node(set, id) : NULL;

	if (node)
		fill_level(set, node, limit_id, page_size, level);
	return node;
}

size_t cgroup_chain__fill(struct cgroup_chain_set *set, uint64_t id, uint64_t limit_id, uint32_t page_size,
			  struct record_level *levels)
{
	size_t count = 0;

	while (id && count < EVENT_CGROUP_LEVELS) {
		const struct cgroup_chain_node *node = find_node(set, id);

		if (!node)
			break;
		fill_level(set, node, limit_id, page_size, &levels[count++]);
		id = node->event.parent_id;
	}
	return count;
}

bool cgroup_chain__is_whole(const struct cgroup_chain_set *set, uint64_t id)
{
	for (int depth = 0; id && depth < PATH_DEPTH_MAX; depth++) {
		const struct cgroup_chain_node *node = find_node(set, id);

		if (!node)
			return false;
		if (node->event.h.flags & CGROUP_CUT)
			return true;
		id = node->event.parent_id;
	}
	return !id;
}

struct cgroup_chain_set *cgroup_chain__pending(struct cgroup_chain_pending *pending, uint64_t group)
{
	size_t found = CHAIN_PENDING_MAX;

	for (size_t i = 0; i < CHAIN_PENDING_MAX; i++) {
		if (pending->slots[i].group == group)
			return &pending->slots[i].cgroups;
		if (!pending->slots[i].group && found == CHAIN_PENDING_MAX)
			found = i;
	}
	if (found == CHAIN_PENDING_MAX)
		found = pending->next++ % CHAIN_PENDING_MAX;
	cgroup_chain__clear(&pending->slots[found].cgroups);
	pending->slots[found].group = group;
	pending->slots[found].cgroups.max = CHAIN_PENDING_CGROUPS_MAX;
	return &pending->slots[found].cgroups;
}

void cgroup_chain__done(struct cgroup_chain_pending *pending, uint64_t group)
{
	for (size_t i = 0; i < CHAIN_PENDING_MAX; i++) {
		if (pending->slots[i].group != group)
			continue;
		cgroup_chain__clear(&pending->slots[i].cgroups);
		pending->slots[i].group = 0;
	}
}

void cgroup_chain__free_pending(struct cgroup_chain_pending *pending)
{
	for (size_t i = 0; i < CHAIN_PENDING_MAX; i++)
		cgroup_chain__free(&pending->slots[i].cgroups);
}
