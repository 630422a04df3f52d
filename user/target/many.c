// SPDX-License-Identifier: GPL-2.0-only
#include "target/many.h"

#include <stdlib.h>
#include <string.h>

#include "base/copy.h"
#include "containers/docker_api.h"

/* Whether what is made at this path, or has this name, is t again. Two users may have the same name for theirs. */
static bool is_same(const struct many_target *t, const char *path, const struct container_ref *ref,
		    const char *name)
{
	if (t->name && name)
		return t->container.ref.runtime == ref->runtime && t->container.ref.user == ref->user &&
		       !strcmp(t->name, name);
	return !strcmp(t->cgroup, path);
}

static void free_target(struct many_target *t)
{
	many__forget_ending(t);
	free(t->cgroup);
	free(t->name);
	free(t);
}

/* The one that was gone for longest. */
static void remove_oldest(struct many *m)
{
	struct many_target **oldest = NULL;

	for (struct many_target **at = &m->first; *at; at = &(*at)->next) {
		if (!(*at)->id && !(*at)->ending && (!oldest || (*at)->gone_ns < (*oldest)->gone_ns))
			oldest = at;
	}
	if (oldest) {
		struct many_target *t = *oldest;

		*oldest = t->next;
		m->gone--;
		free_target(t);
	}
}

/* Takes over neither text. */
static struct many_target *add(struct many *m, const char *path, const char *name)
{
	struct many_target *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->cgroup = strdup(path);
	t->name = name ? strdup(name) : NULL;
	if (!t->cgroup || (name && !t->name)) {
		free_target(t);
		return NULL;
	}
	t->next = m->first;
	m->first = t;
	return t;
}

/* The one before, with another path. */
static struct many_target *take_again(struct many *m, struct many_target *t, const char *path)
{
	char *copy = strdup(path);

	if (!copy)
		return NULL;
	free(t->cgroup);
	t->cgroup = copy;
	t->init_pid = 0;
	t->init_tries = 0;
	m->gone--;
	return t;
}

struct many_target *many__begin(struct many *m, uint64_t id, const char *path,
				const struct container_ref *ref, const char *name, uint64_t now_ns,
				uint64_t *pause_ns, struct many_target **before)
{
	static const struct container_ref none;
	struct many_target *gone = NULL, *t;
	bool of_user = container__user(path);
	uint64_t run = 0;

	*before = NULL;
	*pause_ns = 0;
	if (m->count >= MANY_MAX || (of_user && m->of_users >= MANY_MAX / 2))
		return NULL;
	for (t = m->first; t; t = t->next) {
		if (!is_same(t, path, ref ? ref : &none, name))
			continue;
		if (t->ending && !t->id) {
			*before = t;
			return NULL;
		}
		run = t->run > run ? t->run : run;
		if (!t->id && (!gone || t->run > gone->run))
			gone = t;
	}
	if (gone && gone->run == run)
		*pause_ns = now_ns > gone->gone_ns ? now_ns - gone->gone_ns : 0;
	t = gone ? take_again(m, gone, path) : add(m, path, name);
	if (!t)
		return NULL;
	t->id = id;
	t->run = run + 1;
	t->begun_ns = now_ns;
	t->of_user = of_user;
	t->container = (struct record_container){ .name = t->name };
	if (ref)
		t->container.ref = *ref;
	m->count++;
	m->of_users += of_user;
	return t;
}

struct many_target *many__by_id(const struct many *m, uint64_t id)
{
	struct many_target *t = m->first;

	while (t && t->id != id)
		t = t->next;
	return id ? t : NULL;
}

struct many_target *many__owner(const struct many *m, const char *path)
{
	struct many_target *owner = NULL;

	for (struct many_target *t = m->first; path && t; t = t->next) {
		bool is_better = !owner || (!owner->id && t->id) ||
				 (!owner->id == !t->id && strlen(t->cgroup) > strlen(owner->cgroup));

		if (cgroup_path__below(path, t->cgroup) && is_better)
			owner = t;
	}
	return owner;
}

bool many__is_above(const struct many *m, const char *path)
{
	const struct many_target *t = m->first;

	while (path && t && (!t->id || !cgroup_path__below(t->cgroup, path)))
		t = t->next;
	return path && t;
}

void many__end(struct many *m, struct many_target *t, uint64_t now_ns)
{
	if (!t->id)
		return;
	t->id = 0;
	t->gone_ns = now_ns;
	m->count--;
	m->of_users -= t->of_user;
	if (++m->gone > MANY_GONE_MAX)
		remove_oldest(m);
}

struct many_ending *many__ending(struct many_target *t, struct asker *asker)
{
	struct many_ending *e = t->ending ? t->ending : calloc(1, sizeof(*e));

	if (!e || t->ending)
		return e;
	e->target = (struct target){
		.cgroup_id = t->id,
		.init_pid = t->init_pid,
		.container = t->container,
		.dir_fd = -1,
		.events_fd = -1,
	};
	copy__text(e->target.cgroup, sizeof(e->target.cgroup), t->cgroup);
	copy__text(e->target.resolved.id, sizeof(e->target.resolved.id), t->container.ref.id);
	/* Root's runtime knows nothing of what is a user's, or in another container, even if that has the id of one of root's. */
	copy__text(e->target.resolved.socket, sizeof(e->target.resolved.socket),
		   t->container.ref.user || t->container.ref.nested
			   ? ""
			   : docker_api__socket_of(t->container.ref.runtime));
	e->ending =
		(struct ending){ .target = &e->target, .may_return = true, .run = t->run, .asker = asker };
	t->ending = e;
	return e;
}

void many__forget_ending(struct many_target *t)
{
	if (t->ending && t->ending->ending.question)
		asker__forget(t->ending->ending.asker, t->ending->ending.question);
	free(t->ending);
	t->ending = NULL;
}

void many__free(struct many *m)
{
	while (m->first) {
		struct many_target *t = m->first;

		m->first = t->next;
		free_target(t);
	}
	m->count = m->of_users = m->gone = 0;
}
