// SPDX-License-Identifier: GPL-2.0-only
#include "target/returning.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/copy.h"
#include "target/first_process.h"

/* How often a runtime is asked for a container that is gone. */
#define ASK_NS (2 * NS_PER_S)
/* There may be no process that can be told from the others. */
#define INIT_TRIES 50
/* Readings of news at a time, of a hundred or so each. */
#define READS_MAX 64

/* The folder above the target's; it may be removed with the target, and be another one later. */
static void watch_parent(struct returning *r)
{
	char path[2 * PATH_MAX];
	char *slash;
	int watch;

	if (r->watch_fd < 0)
		return;
	snprintf(path, sizeof(path), "%s%s", r->hierarchy->mount, r->target->cgroup);
	slash = strrchr(path, '/');
	if (slash)
		*slash = '\0';
	/* IN_DELETE parts two IN_CREATE of one name, which would be one event. */
	watch = inotify_add_watch(r->watch_fd, path, IN_CREATE | IN_DELETE | IN_ONLYDIR);
	/* Another folder: what was made in it before is no news. */
	if (watch != r->watch)
		r->late = false;
	r->watch = watch;
}

void returning__begin(struct returning *r)
{
	r->watch_fd = r->target->cgroup_id ? inotify_init1(IN_NONBLOCK | IN_CLOEXEC) : -1;
	r->watch = -1;
	watch_parent(r);
}

static void note_made(struct returning *r)
{
	if (r->late)
		r->late = false;
	else
		r->made++;
}

void returning__drain(struct returning *r)
{
	_Alignas(struct inotify_event) char events[4096];
	const char *slash = strrchr(r->target->cgroup, '/');
	ssize_t size;

	/* Somebody who may make cgroups beside the target must not hold up everything else: the rest comes later. */
	for (int i = 0; r->watch_fd >= 0 && i < READS_MAX; i++) {
		const struct inotify_event *event;

		size = read(r->watch_fd, events, sizeof(events));
		if (size <= 0)
			break;

		for (ssize_t at = 0; at < size; at += (ssize_t)(sizeof(*event) + event->len)) {
			event = (const void *)(events + at);
			/* The kernel had no room for more: what is waited for may be among what it left out. */
			if (event->mask & IN_Q_OVERFLOW)
				r->late = false;
			r->pod.news = true;
			if (event->mask & IN_CREATE && event->len && slash && !strcmp(event->name, slash + 1))
				note_made(r);
		}
	}
}

/* Whether there is another cgroup at this path than the one that has been removed. */
static bool is_there(const struct returning *r, const char *path)
{
	int fd = cgroup__open(r->hierarchy, path);
	bool there = fd >= 0;

	if (there)
		close(fd);
	return there;
}

/* What the runtime calls the target, or the user. */
static const char *name_of(const struct target *target)
{
	return target->resolved.name[0] ? target->resolved.name : target->name;
}

/* Asks the runtime for a container of that name, without waiting. Returns whether it runs one with another id. */
static bool has_another(struct returning *r, uint64_t now_ns, struct resolve_result *resolved)
{
	const struct target *target = r->target;
	struct runtime_container container;
	int result;

	if (!r->asker || !target->resolved.socket[0])
		return false;
	if (!r->question && now_ns >= r->ask_again_ns) {
		r->ask_again_ns = now_ns + ASK_NS;
		result = asker__ask(r->asker, target->resolved.socket, name_of(target));
		r->question = result > 0 ? result : 0;
	}
	result = r->question ? asker__take(r->asker, r->question, &container) : 0;
	if (!result)
		return false;
	r->question = 0;
	return result > 0 && container.running && container.pid &&
	       strcmp(container.id, target->container.ref.id) != 0 &&
	       !resolve__answered(r->hierarchy, &container, target->resolved.socket, resolved) &&
	       resolved->outcome == RESOLVE__RESOLVED;
}

bool returning__is_back(struct returning *r, uint64_t now_ns, struct resolve_result *resolved, char *path)
{
	resolved->outcome = RESOLVE__NOT_FOUND;
	returning__drain(r);
	if (is_there(r, r->target->cgroup))
		copy__text(path, PATH_MAX, r->target->cgroup);
	else if (has_another(r, now_ns, resolved) ||
		 pod_search__find(&r->pod, r->hierarchy, r->asker, r->target, now_ns, resolved))
		copy__text(path, PATH_MAX, resolved->cgroup);
	else
		return false;
	return true;
}

/* The new one's id. Its cgroup may be another folder's. */
static void refer(struct container_ref *ref, const struct resolve_result *resolved)
{
	struct container_ref found;

	if (!container__find_id(resolved->cgroup, resolved->id, &found))
		*ref = found;
	ref->runtime = resolved->runtime;
	copy__text(ref->id, sizeof(ref->id), resolved->id);
}

int returning__take(struct returning *r, const struct resolve_result *resolved, const char *path)
{
	struct target *target = r->target;
	bool same_path = !strcmp(path, target->cgroup);
	int err = target__reopen(target, r->hierarchy, path);

	if (err)
		return err;
	r->missed += r->made > 1 ? r->made - 1 : 0;
	r->late = same_path && !r->made;
	r->made = 0;
	if (resolved->outcome == RESOLVE__RESOLVED) {
		target->resolved = *resolved;
		target->init_pid = resolved->init_pid > 0 ? (uint32_t)resolved->init_pid : 0;
		refer(&target->container.ref, resolved);
		target->container.name = target->resolved.name[0] ? target->resolved.name : NULL;
	}
	r->init_tries = 0;
	watch_parent(r);
	return 0;
}

bool returning__is_in_vain(const struct returning *r)
{
	return pod_search__pod_is_gone(r->hierarchy, r->target);
}

bool returning__find_init(struct returning *r)
{
	struct target *target = r->target;
	pid_t pid;

	if (target->init_pid || r->init_tries >= INIT_TRIES)
		return false;
	pid = first_process__find(r->hierarchy, &target->container.ref, target->cgroup, r->init_tries++);
	target->init_pid = pid > 0 ? (uint32_t)pid : 0;
	return pid > 0;
}

void returning__end(struct returning *r)
{
	if (r->watch_fd >= 0)
		close(r->watch_fd);
	r->watch_fd = -1;
}
