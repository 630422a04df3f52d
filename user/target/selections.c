// SPDX-License-Identifier: GPL-2.0-only
#include "target/selections.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/copy.h"

bool selections__is_pattern(const char *text)
{
	return strpbrk(text, "*?[");
}

/* As paths of the hierarchy are: below its mount, from the top. A pattern without a slash is for a cgroup's last name. */
static char *cgroup_text(const struct cgroup__hierarchy *h, const char *given, bool is_pattern)
{
	const char *below = cgroup_path__below(given, h->mount);
	char path[PATH_MAX];

	if (is_pattern && !strchr(given, '/'))
		return strdup(given);
	if (below)
		given = *below ? below : "/";
	return cgroup_path__normalise(given, path, sizeof(path)) ? NULL : strdup(path);
}

int selections__init(struct selections *s, const struct target_request *request,
		     const struct cgroup__hierarchy *h)
{
	*s = (struct selections){};
	for (size_t i = 0; i < request->selection_count; i++) {
		const struct target_selection *from = &request->selections[i];
		struct selection *to = &s->list[s->count++];

		*to = (struct selection){
			.kind = from->kind,
			.is_pattern = selections__is_pattern(from->text),
			.given = from->text,
		};
		to->text = to->kind == TARGET_CGROUP ? cgroup_text(h, from->text, to->is_pattern)
						     : strdup(from->text);
		s->of_containers = s->of_containers || to->kind == TARGET_CONTAINER;
		if (!to->text)
			return -ENOMEM;
	}
	return 0;
}

void selections__free(struct selections *s)
{
	for (size_t i = 0; i < s->count; i++)
		free(s->list[i].text);
	s->count = 0;
}

/* ---- those that are there ---- */

/* Users can call a cgroup of theirs as they like, and so can containers to which cgroups were delegated. */
static bool is_roots(const struct container_ref *ref)
{
	return !ref->user && !ref->nested;
}

static void note_container(struct selection *s, const char *id, const struct container_ref *ref)
{
	copy__text(s->id, sizeof(s->id), id);
	s->of_root = is_roots(ref);
}

static bool may_come(enum target_failure failure, const struct target *target)
{
	if (failure == TARGET_NOT_RESOLVED)
		return target->resolved.outcome != RESOLVE__AMBIGUOUS;
	return target->error == -ENOENT || target->error == -ENODEV;
}

enum target_failure selections__find(struct selections *s, const struct cgroup__hierarchy *h, bool wait,
				     struct target *target)
{
	for (size_t i = 0; i < s->count; i++) {
		struct selection *one = &s->list[i];
		const struct target_request request = { .kind = one->kind, .name = one->given };
		enum target_failure failure;

		if (one->is_pattern)
			continue;
		failure = target__find(&request, h, 0, target);
		if (!failure && one->kind == TARGET_CONTAINER)
			note_container(one, target->resolved.id, &target->container.ref);
		target__close(target);
		if (failure && !(wait && may_come(failure, target)))
			return failure;
	}
	return TARGET_FOUND;
}

/* ---- choosing ---- */

static bool is_cgroup(const struct selection *s, const char *path)
{
	const char *slash = strrchr(path, '/');

	/* A cgroup may be called so. */
	if (!strcmp(s->text, path))
		return true;
	if (!s->is_pattern)
		return false;
	/* Names of systemd's units have backslashes. */
	if (s->text[0] == '/')
		return !fnmatch(s->text, path, FNM_PATHNAME | FNM_NOESCAPE);
	return slash && !fnmatch(s->text, slash + 1, FNM_NOESCAPE);
}

/* "NAMESPACE/POD" is each container of the pod. */
static bool is_of_pod(const char *pod, const char *name)
{
	const char *slash = strchr(pod, '/');
	size_t len = strlen(pod);

	return slash && !strchr(slash + 1, '/') && !strncmp(name, pod, len) && name[len] == '/';
}

static bool is_container(const struct selection *s, const struct container_ref *ref, const char *name)
{
	if (s->is_pattern)
		return (name && !fnmatch(s->text, name, FNM_NOESCAPE)) ||
		       !fnmatch(s->text, ref->id, FNM_NOESCAPE);
	if (s->of_root && !is_roots(ref))
		return false;
	if (name && (!strcmp(s->text, name) || is_of_pod(s->text, name)))
		return true;
	if (s->id[0])
		return !strcmp(s->id, ref->id);
	/* One that is waited for, by the beginning of its id. */
	return !strncmp(ref->id, s->text, strlen(s->text)) &&
	       (strlen(ref->id) == CONTAINER__ID_MAX || !strcmp(ref->id, s->text));
}

bool selections__choose(struct selections *s, const char *path, const struct container_ref *ref,
			const char *name)
{
	bool chosen = false;

	for (size_t i = 0; i < s->count; i++) {
		struct selection *one = &s->list[i];

		if (one->kind == TARGET_CGROUP ? !is_cgroup(one, path)
					       : !ref || !is_container(one, ref, name))
			continue;
		one->found = chosen = true;
		one->of_root = one->of_root || (ref && is_roots(ref));
		/* The beginning of an id stands for the first that has it. */
		if (one->kind == TARGET_CONTAINER && !one->is_pattern && !one->id[0] &&
		    !(name && is_of_pod(one->text, name)))
			copy__text(one->id, sizeof(one->id), ref->id);
	}
	return chosen;
}

char *selections__words(const struct selections *s)
{
	char *words = NULL;
	size_t size;
	FILE *out = open_memstream(&words, &size);

	if (!out)
		return NULL;
	for (size_t i = 0; i < s->count; i++)
		fprintf(out, "%s--%s %s", i ? " " : "",
			s->list[i].kind == TARGET_CGROUP ? "cgroup" : "container", s->list[i].given);
	return fclose(out) ? NULL : words;
}
