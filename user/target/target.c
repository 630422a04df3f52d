// SPDX-License-Identifier: GPL-2.0-only
#include "target/target.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/copy.h"
#include "containers/container.h"

static enum target_failure find_container(const char *name, const struct cgroup__hierarchy *h,
					  struct target *t)
{
	struct resolve_result *r = &t->resolved;

	t->kind = "container";
	t->name = name;
	t->error = resolve__container(h, name, r);
	if (t->error)
		return TARGET_NO_SEARCH;
	if (r->outcome != RESOLVE__RESOLVED)
		return TARGET_NOT_RESOLVED;
	copy__text(t->cgroup, sizeof(t->cgroup), r->cgroup);
	/* A pod has none of its own: each of its containers has one. */
	t->init_pid = r->init_pid > 0 && r->runtime != CONTAINER__POD ? r->init_pid : 0;
	t->container.ref.runtime = r->runtime;
	copy__text(t->container.ref.id, sizeof(t->container.ref.id), r->id);
	t->container.name = r->name[0] ? r->name : NULL;
	return TARGET_FOUND;
}

static enum target_failure find_cgroup(const char *path, const struct cgroup__hierarchy *h, struct target *t)
{
	t->kind = "cgroup";
	t->name = path;
	t->error = cgroup__validate_path(h, path, t->cgroup, sizeof(t->cgroup));
	return t->error ? TARGET_NO_CGROUP : TARGET_FOUND;
}

static enum target_failure find_pid(pid_t pid, const struct cgroup__hierarchy *h, struct target *t)
{
	t->kind = "pid";
	snprintf(t->name_buf, sizeof(t->name_buf), "%d", (int)pid);
	t->name = t->name_buf;
	t->error = cgroup__of_pid(h, pid, t->cgroup, sizeof(t->cgroup));
	if (t->error == -ESRCH)
		return TARGET_NO_PROCESS;
	return t->error ? TARGET_PID_NO_CGROUP : TARGET_FOUND;
}

/* A limit above the target binds it too: whose cgroups that could be. */
static void find_ancestors(const struct cgroup__hierarchy *h, struct target *t)
{
	char path[PATH_MAX];
	char *slash;

	snprintf(path, sizeof(path), "%s", t->cgroup);
	for (size_t i = 0; i < EVENT_DEPTH_MAX - 1 && strcmp(path, "/"); i++) {
		int fd;

		slash = strrchr(path, '/');
		if (!slash)
			return;
		slash[slash == path] = '\0';
		fd = cgroup__open(h, path);
		if (fd < 0)
			return;
		cgroup__id(fd, &t->ancestors[i]);
		close(fd);
	}
}

/* The container as the path has it: with its pod, and how much of the path is its own. */
static void refer_to_container(struct target *t)
{
	struct container_ref ref;

	if (t->container.ref.runtime == CONTAINER__UNKNOWN) {
		if (!container__from_cgroup_path(t->cgroup, &ref))
			t->container.ref = ref;
	} else if (!container__find_id(t->cgroup, t->container.ref.id, &ref)) {
		ref.runtime = t->container.ref.runtime;
		t->container.ref = ref;
	}
}

static enum target_failure open_cgroup(const struct cgroup__hierarchy *h, struct target *t)
{
	t->dir_fd = cgroup__open(h, t->cgroup);
	t->error = t->dir_fd < 0 ? t->dir_fd : cgroup__id(t->dir_fd, &t->cgroup_id);
	if (t->error)
		return TARGET_NOT_OPENED;
	refer_to_container(t);
	/* The cgroup of a container, which the user gave by its path. */
	if (!t->init_pid && t->container.ref.id[0] && t->container.ref.runtime != CONTAINER__POD &&
	    !t->cgroup[t->container.ref.prefix_len]) {
		pid_t pid = resolve__init(h, t->cgroup);

		t->init_pid = pid > 0 ? (uint32_t)pid : 0;
	}
	if (container__is_service(&t->container.ref, t->cgroup))
		t->init_pid = (uint32_t)resolve__main(h, t->cgroup);
	find_ancestors(h, t);
	t->events_fd = cgroup__populated_fd(t->dir_fd);
	return TARGET_FOUND;
}

enum target_failure target__find(const struct target_request *request, const struct cgroup__hierarchy *h,
				 int hierarchy_error, struct target *out)
{
	enum target_failure failure = TARGET_FOUND;

	memset(out, 0, sizeof(*out));
	out->dir_fd = out->events_fd = -1;
	out->all = request->kind == TARGET_ALL;
	out->many = request->kind == TARGET_MANY;
	out->kind = out->all ? "all" : out->many ? "many" : "machine";
	if (request->kind == TARGET_MACHINE || out->all)
		return TARGET_FOUND;
	if (hierarchy_error)
		return TARGET_NO_HIERARCHY;
	if (out->many)
		return h->version == 2 ? TARGET_FOUND : TARGET_MANY_ON_V1;
	if (request->kind == TARGET_CONTAINER)
		failure = find_container(request->name, h, out);
	else if (request->kind == TARGET_CGROUP)
		failure = find_cgroup(request->name, h, out);
	else
		failure = find_pid(request->pid, h, out);
	return failure ? failure : open_cgroup(h, out);
}

/* Whether oomtrace is in the target, and so would be killed with it. */
static bool is_inside(const struct target *target, const struct cgroup__hierarchy *h)
{
	char own[PATH_MAX];
	size_t len = strlen(target->cgroup);

	return !cgroup__of_pid(h, getpid(), own, sizeof(own)) && !strncmp(own, target->cgroup, len) &&
	       (own[len] == '/' || !own[len]);
}

enum target_obstacle target__obstacle(const struct target *target, const struct cgroup__hierarchy *h)
{
	if (h->version != 2)
		return TARGET_ON_V1;
	if (!strcmp(target->cgroup, "/"))
		return TARGET_IS_ROOT;
	return is_inside(target, h) ? TARGET_HAS_OOMTRACE : TARGET_CHANGEABLE;
}

bool target__is_gone(const struct target *target)
{
	char first;

	if (target->dir_fd < 0)
		return false;
	if (target->events_fd >= 0)
		return cgroup__is_populated(target->events_fd) <= 0;
	/* cgroup v1 has no cgroup.events. */
	return cgroup__read_text(target->dir_fd, "cgroup.procs", &first, 1) == 0 ||
	       faccessat(target->dir_fd, "cgroup.procs", F_OK, 0) != 0;
}

bool target__is_removed(const struct target *target)
{
	if (target->dir_fd < 0)
		return false;
	if (target->events_fd >= 0)
		return cgroup__is_populated(target->events_fd) < 0;
	return faccessat(target->dir_fd, "cgroup.procs", F_OK, 0) != 0;
}

int target__reopen(struct target *target, const struct cgroup__hierarchy *h, const char *path)
{
	int fd = cgroup__open(h, path), err;
	uint64_t id;

	if (fd < 0)
		return fd;
	err = cgroup__id(fd, &id);
	if (err) {
		close(fd);
		return err;
	}
	target__close(target);
	target->dir_fd = fd;
	target->events_fd = cgroup__populated_fd(fd);
	target->cgroup_id = id;
	target->init_pid = 0;
	if (path != target->cgroup)
		copy__text(target->cgroup, sizeof(target->cgroup), path);
	memset(target->ancestors, 0, sizeof(target->ancestors));
	find_ancestors(h, target);
	return 0;
}

void target__close(struct target *target)
{
	if (target->events_fd >= 0)
		close(target->events_fd);
	if (target->dir_fd >= 0)
		close(target->dir_fd);
	target->dir_fd = target->events_fd = -1;
}
