// SPDX-License-Identifier: GPL-2.0-only
#include "output/verdict_subject.h"

#include <string.h>

#include "base/copy.h"

/* Of the container, not of what is below it. */
static void set_path(struct subject *s, const char *path, const struct record_container *c)
{
	copy__text(s->path, sizeof(s->path), path);
	if (c->ref.prefix_len && c->ref.prefix_len < strlen(s->path))
		s->path[c->ref.prefix_len] = '\0';
}

void verdict_subject__begin(struct subject *s, const char *path, const struct record_container *c)
{
	set_path(s, path, c);
	s->containers = 1;
	s->container = *c;
	copy__text(s->name, sizeof(s->name), c->name);
	s->container.name = c->name ? s->name : NULL;
}

/* An id is one container's. Where it comes from a runtime, nothing is said of the pod. */
static bool same_pod(const struct container_ref *a, const struct container_ref *b)
{
	return (a->id[0] && (!a->pod_uid[0] || !b->pod_uid[0])) || !strcmp(a->pod_uid, b->pod_uid);
}

bool verdict_subject__is(const struct subject *s, const char *path, const struct record_container *c)
{
	const struct container_ref *ref = &s->container.ref;

	if (ref->runtime != c->ref.runtime)
		return false;
	if (ref->runtime == CONTAINER__UNKNOWN)
		return !strncmp(s->path, path ? path : "", sizeof(s->path) - 1);
	return !strcmp(ref->id, c->ref.id) && same_pod(ref, &c->ref);
}

bool verdict_subject__take_place(struct subject *s, const char *path, const struct record_container *c)
{
	const struct container_ref *ref = &s->container.ref;

	if (ref->runtime == CONTAINER__UNKNOWN || ref->runtime != c->ref.runtime ||
	    ref->user != c->ref.user || ref->nested || c->ref.nested || !s->container.name || !c->name ||
	    strcmp(s->container.name, c->name) != 0)
		return false;
	s->container.ref = c->ref;
	s->containers++;
	s->has_kill = false;
	set_path(s, path, c);
	return true;
}
