// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE 1 /* asprintf() */

#include "model/children.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/copy.h"

/* The cgroup right below the limit's, on the victim's chain; NULL: the victim was in the limit's cgroup itself. */
static const struct record_level *find_own(const struct record_oom *oom)
{
	for (size_t i = 1; i < oom->chain_count; i++) {
		if (oom->chain[i].is_limit)
			return &oom->chain[i - 1];
	}
	return NULL;
}

static void fill_before(struct record_child *child, uint64_t id, uint64_t boot_ns, struct usage *usage)
{
	struct record_history history;

	if (!usage__curve(usage, id, boot_ns, &history) || history.points[0].ts_ns >= boot_ns)
		return;
	child->has_before = true;
	child->before_bytes = history.points[0].usage_bytes;
	child->before_ns = boot_ns - history.points[0].ts_ns;
}

static int compare_usage(const void *a, const void *b)
{
	const struct cgroup_child *x = a, *y = b;

	return x->usage_bytes < y->usage_bytes	 ? 1
	       : x->usage_bytes > y->usage_bytes ? -1
						 : strcmp(x->name, y->name);
}

static size_t index_of(const struct cgroup_children *read, uint64_t id)
{
	size_t i = 0;

	while (i < read->read && read->list[i].id != id)
		i++;
	return i;
}

/* That with the least usage, which gives way to one that has no room. */
static size_t smallest_of(const struct cgroup_children *read)
{
	size_t smallest = 0;

	for (size_t i = 1; i < read->read; i++) {
		if (read->list[i].usage_bytes < read->list[smallest].usage_bytes)
			smallest = i;
	}
	return smallest;
}

/*
 * What the victim was in: the kernel's figures of that moment are better than those read later. It may be gone, or
 * among those that weren't read, which have been counted.
 */
static void put_own(struct cgroup_children *read, const struct record_level *own)
{
	const char *name = own->path ? strrchr(own->path, '/') : NULL;
	size_t i = index_of(read, own->id);

	if (i == read->read) {
		read->count += read->count == read->read;
		if (i == CGROUP_CHILDREN_MAX)
			i = smallest_of(read);
		else
			read->read++;
		read->list[i].id = own->id;
		copy__text(read->list[i].name, sizeof(read->list[i].name), name ? name + 1 : "");
	}
	read->list[i].usage_bytes = own->usage_bytes;
	read->list[i].max_bytes = own->max_bytes;
}

static void forget(struct children *c)
{
	for (size_t i = 0; i < c->record.largest_count; i++)
		free((char *)c->list[i].cgroup);
	c->record = (struct record_children){};
}

static int add(struct children *c, const struct record *record, const struct cgroup_child *read,
	       const struct record_level *own, struct usage *usage)
{
	const char *above = record->oom.limit->path;
	struct record_child child = { .usage_bytes = read->usage_bytes,
				      .max_bytes = read->max_bytes,
				      .exact = read->id == own->id };
	char *path = NULL;

	if (asprintf(&path, "%s/%s", strcmp(above, "/") ? above : "", read->name) < 0)
		return -ENOMEM;
	child.cgroup = path;
	fill_before(&child, read->id, record->time.boot_ns, usage);
	c->list[c->record.largest_count++] = child;
	return 0;
}

/* The largest, and what the victim was in. */
static int add_largest(struct children *c, const struct record *record, const struct record_level *own,
		       struct usage *usage)
{
	struct cgroup_children *read = c->read;
	size_t count, at;
	int err = 0;

	put_own(read, own);
	qsort(read->list, read->read, sizeof(read->list[0]), compare_usage);
	count = read->read < CHILDREN_TOLD ? read->read : CHILDREN_TOLD;
	at = index_of(read, own->id);
	if (at >= count)
		read->list[count - 1] = read->list[at];
	for (size_t i = 0; i < count && !err; i++)
		err = add(c, record, &read->list[i], own, usage);
	return err;
}

bool children__fill(struct children *c, const struct record *record, const struct model_env *env,
		    struct usage *usage)
{
	const struct record_oom *oom = &record->oom;
	const struct record_level *own = find_own(oom);
	struct record_children *r = &c->record;

	if (!own || !own->has_memory || !oom->limit || !oom->limit->path || !env->children)
		return false;
	if (!c->read)
		c->read = malloc(sizeof(*c->read));
	if (!c->read || env->children(env->ctx, oom->limit->path, oom->limit->id, c->read))
		return false;
	forget(c);
	if (add_largest(c, record, own, usage))
		return false;
	for (size_t i = 0; i < r->largest_count; i++)
		c->list[i].container = model_env__container(env, c->list[i].cgroup);
	r->count = c->read->count;
	r->read = c->read->read;
	r->has_rest = c->read->has_rest;
	r->rest_bytes = c->read->rest_bytes;
	r->removed = c->read->removed;
	r->largest = c->list;
	if (c->read->read_ns > record->time.boot_ns)
		r->read_after_ns = c->read->read_ns - record->time.boot_ns;
	return true;
}

void children__release(struct children *c)
{
	forget(c);
	free(c->read);
	c->read = NULL;
}
