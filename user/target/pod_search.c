// SPDX-License-Identifier: GPL-2.0-only
#include "target/pod_search.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/copy.h"

/* How often a container without a name is asked for again; the one that holds the pod's namespaces never has one. */
#define ASK_NS (2 * NS_PER_S)

/* The folder that the target's cgroup is in. */
static void pod_of(const struct target *target, char path[PATH_MAX])
{
	char *slash;

	copy__text(path, PATH_MAX, target->cgroup);
	slash = strrchr(path, '/');
	if (slash)
		*slash = '\0';
}

bool pod_search__pod_is_gone(const struct cgroup__hierarchy *h, const struct target *target)
{
	char path[PATH_MAX];
	int fd;

	if (!target->resolved.of_pod || !target->container.ref.pod_uid[0])
		return false;
	pod_of(target, path);
	fd = cgroup__open(h, path);
	if (fd >= 0)
		close(fd);
	return fd == -ENOENT;
}

static struct pod_other *find_other(struct pod_search *s, const char *id)
{
	for (size_t i = 0; i < s->used; i++) {
		if (!strcmp(s->others[i].id, id))
			return &s->others[i];
	}
	return NULL;
}

static void put_off(struct pod_search *s, const char *id, uint64_t again_ns)
{
	struct pod_other *other = find_other(s, id);

	if (!other) {
		other = &s->others[s->next];
		s->next = (s->next + 1) % POD_SEARCH_MAX;
		if (s->used < POD_SEARCH_MAX)
			s->used++;
		copy__text(other->id, sizeof(other->id), id);
	}
	other->again_ns = again_ns;
}

struct walk {
	struct pod_search *search;
	const struct target *target;
	uint64_t now_ns;
};

/* Ends the walk at the first container whose name is to be asked for. */
static int look_at(const struct cgroup__node *node, void *ctx)
{
	const struct walk *walk = ctx;
	const struct pod_other *other;
	struct container_ref ref;

	if (node->depth != 1 || container__from_cgroup_path(node->path, &ref) || node->path[ref.prefix_len] ||
	    !ref.id[0] || !strcmp(ref.id, walk->target->container.ref.id))
		return 0;
	other = find_other(walk->search, ref.id);
	if (other && walk->now_ns < other->again_ns)
		return 0;
	walk->search->asked = ref;
	copy__text(walk->search->path, sizeof(walk->search->path), node->path);
	return 1;
}

static void ask(struct pod_search *s, const struct cgroup__hierarchy *h, struct asker *asker,
		const struct target *target, uint64_t now_ns)
{
	struct walk walk = { s, target, now_ns };
	char pod[PATH_MAX];
	int number;

	if (!s->news && now_ns < s->again_ns)
		return;
	pod_of(target, pod);
	if (cgroup__walk(h, pod, look_at, &walk) != 1) {
		s->news = false;
		s->again_ns = now_ns + ASK_NS;
		return;
	}
	number = asker__ask_name(asker, &s->asked);
	s->question = number > 0 ? number : 0;
}

/* It may be gone by now. */
static bool resolve(const struct pod_search *s, const struct cgroup__hierarchy *h, const char *name,
		    struct resolve_result *resolved)
{
	int fd = cgroup__open(h, s->path), err;

	if (fd < 0)
		return false;
	*resolved = (struct resolve_result){
		.outcome = RESOLVE__RESOLVED,
		.source = RESOLVE__FROM_STATE,
		.runtime = s->asked.runtime,
		.of_pod = true,
	};
	copy__text(resolved->id, sizeof(resolved->id), s->asked.id);
	copy__text(resolved->name, sizeof(resolved->name), name);
	copy__text(resolved->cgroup, sizeof(resolved->cgroup), s->path);
	err = cgroup__id(fd, &resolved->cgroup_id);
	close(fd);
	return !err;
}

bool pod_search__find(struct pod_search *s, const struct cgroup__hierarchy *h, struct asker *asker,
		      const struct target *target, uint64_t now_ns, struct resolve_result *resolved)
{
	struct runtime_container answer;
	int result;

	if (!asker || !target->resolved.of_pod)
		return false;
	if (!s->question)
		ask(s, h, asker, target, now_ns);
	result = s->question ? asker__take(asker, s->question, &answer) : 0;
	if (!result)
		return false;
	s->question = 0;
	/* There may be others, which needn't wait. */
	s->news = true;
	if (result > 0 && !strcmp(answer.name, target->resolved.name))
		return resolve(s, h, answer.name, resolved);
	put_off(s, s->asked.id, result > 0 ? UINT64_MAX : now_ns + ASK_NS);
	return false;
}
