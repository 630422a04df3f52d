// SPDX-License-Identifier: GPL-2.0-only
#include "target/target.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/escape.h"
#include "base/exit_codes.h"

#define SHOWN_MAX 256

/* Somebody else's name, safe to print, cut where it is very long. One at a time: a shared buffer. */
static const char *shown(const char *name)
{
	static char buf[ESCAPE__TERMINAL_SIZE(SHOWN_MAX)];

	escape__terminal(buf, sizeof(buf), name, strlen(name));
	return buf;
}

static void say_asked(const struct resolve_result *r)
{
	for (size_t i = 0; i < r->asked_count; i++) {
		fprintf(stderr, "  asked %s: ", shown(r->asked[i].socket));
		fprintf(stderr, "%s\n", docker_api__error(r->asked[i].result));
	}
}

static void say_candidates(const struct resolve_result *r)
{
	for (size_t i = 0; i < r->candidate_count; i++) {
		const struct resolve_candidate *c = &r->candidates[i];

		fprintf(stderr, "  %.12s  %s", shown(c->id), container__runtime_name(c->runtime));
		fprintf(stderr, "  %s\n", shown(c->name[0] ? c->name : c->cgroup));
	}
	if (r->more_candidates)
		fputs("  ...\n", stderr);
}

static int say_unresolved(const char *name, const struct resolve_result *r)
{
	switch (r->outcome) {
	case RESOLVE__AMBIGUOUS:
		fprintf(stderr, "oomtrace: '%s' is the beginning of more than one container's id:\n",
			shown(name));
		say_candidates(r);
		fputs("Give more of the id, or the name.\n", stderr);
		return EXIT_RUNTIME;
	case RESOLVE__NOT_RUNNING:
		fprintf(stderr, "oomtrace: container '%s' is not running", shown(name));
		fprintf(stderr, " (%s", shown(r->container.status));
		if (r->container.has_exit_code)
			fprintf(stderr, ", exit code %d", r->container.exit_code);
		if (r->container.has_oom_killed)
			fprintf(stderr, ", OOMKilled %s", r->container.oom_killed ? "true" : "false");
		fputs(").\nStart it first, or trace the whole machine (oomtrace without a target) "
		      "while it starts.\n",
		      stderr);
		return EXIT_RUNTIME;
	case RESOLVE__NO_CGROUP:
		fprintf(stderr,
			"oomtrace: container '%s' is running, but its cgroup can't be found: %s."
			"\nRun oomtrace on the host, outside of any container.\n",
			shown(name), strerror(-r->cgroup_error));
		return EXIT_RUNTIME;
	default:
		fprintf(stderr, "oomtrace: no container is called '%s', and no id begins with it.\n",
			shown(name));
		say_asked(r);
		fputs("  searched the cgroup tree for its id\n"
		      "'docker ps' or 'podman ps' list names; the id always works.\n",
		      stderr);
		return EXIT_RUNTIME;
	}
}

static int find_container(const struct trace_options *opts, const struct cgroup__hierarchy *h,
			  struct target *t)
{
	struct resolve_result *r = &t->resolved;
	int err = resolve__container(h, opts->target_name, r);

	t->kind = "container";
	t->name = opts->target_name;
	if (err) {
		fprintf(stderr, "oomtrace: --container '%s': %s.\n", shown(opts->target_name),
			strerror(-err));
		return EXIT_RUNTIME;
	}
	if (r->outcome != RESOLVE__RESOLVED)
		return say_unresolved(opts->target_name, r);
	snprintf(t->cgroup, sizeof(t->cgroup), "%s", r->cgroup);
	t->init_pid = r->init_pid > 0 ? r->init_pid : 0;
	t->container.ref.runtime = r->runtime;
	snprintf(t->container.ref.id, sizeof(t->container.ref.id), "%s", r->id);
	t->container.name = r->name[0] ? r->name : NULL;
	return EXIT_DONE;
}

static int find_cgroup(const struct trace_options *opts, const struct cgroup__hierarchy *h, struct target *t)
{
	int err = cgroup__validate_path(h, opts->target_name, t->cgroup, sizeof(t->cgroup));

	t->kind = "cgroup";
	t->name = opts->target_name;
	if (!err)
		return EXIT_DONE;
	fprintf(stderr, "oomtrace: --cgroup '%s': ", shown(opts->target_name));
	fprintf(stderr, "%s.\nThe hierarchy is mounted at %s; systemd-cgls shows what is in it.\n",
		cgroup__path_error(err), shown(h->mount));
	return err == -EACCES ? EXIT_UNSUPPORTED : EXIT_RUNTIME;
}

static int find_pid(const struct trace_options *opts, const struct cgroup__hierarchy *h, struct target *t)
{
	int err = cgroup__of_pid(h, opts->pid, t->cgroup, sizeof(t->cgroup));

	t->kind = "pid";
	snprintf(t->name_buf, sizeof(t->name_buf), "%d", (int)opts->pid);
	t->name = t->name_buf;
	if (!err)
		return EXIT_DONE;
	if (err == -ESRCH)
		fprintf(stderr, "oomtrace: --pid %d: there is no such process.\n", (int)opts->pid);
	else
		fprintf(stderr, "oomtrace: --pid %d: its cgroup can't be found: %s.\n", (int)opts->pid,
			strerror(-err));
	return EXIT_RUNTIME;
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

static int open_cgroup(const struct cgroup__hierarchy *h, struct target *t)
{
	int err = 0;

	t->dir_fd = cgroup__open(h, t->cgroup);
	if (t->dir_fd < 0)
		err = t->dir_fd;
	else
		err = cgroup__id(t->dir_fd, &t->cgroup_id);
	if (err) {
		fprintf(stderr, "oomtrace: cgroup %s: %s.\n", shown(t->cgroup), strerror(-err));
		return EXIT_RUNTIME;
	}
	if (t->container.ref.runtime == CONTAINER__UNKNOWN &&
	    container__from_cgroup_path(t->cgroup, &t->container.ref))
		memset(&t->container.ref, 0, sizeof(t->container.ref));
	find_ancestors(h, t);
	t->events_fd = cgroup__populated_fd(t->dir_fd);
	return EXIT_DONE;
}

int target__find(const struct trace_options *opts, const struct cgroup__hierarchy *h, int hierarchy_error,
		 struct target *out)
{
	int code;

	memset(out, 0, sizeof(*out));
	out->dir_fd = out->events_fd = -1;
	out->kind = "machine";
	if (opts->target == OPTIONS_TARGET_MACHINE)
		return EXIT_DONE;
	if (hierarchy_error) {
		fprintf(stderr, "oomtrace: the memory controller is on no mounted cgroup hierarchy, so "
				"a target can't be found.\nThe whole machine can still be traced: "
				"oomtrace without a target.\n");
		return EXIT_UNSUPPORTED;
	}
	if (opts->target == OPTIONS_TARGET_CONTAINER)
		code = find_container(opts, h, out);
	else if (opts->target == OPTIONS_TARGET_CGROUP)
		code = find_cgroup(opts, h, out);
	else
		code = find_pid(opts, h, out);
	if (!code)
		code = open_cgroup(h, out);
	return code;
}

/* Whether oomtrace is in the target, and so would be killed with it. */
static bool is_inside(const struct target *target, const struct cgroup__hierarchy *h)
{
	char own[PATH_MAX];
	size_t len = strlen(target->cgroup);

	return !cgroup__of_pid(h, getpid(), own, sizeof(own)) && !strncmp(own, target->cgroup, len) &&
	       (own[len] == '/' || !own[len]);
}

bool target__is_changeable(const struct target *target, const struct cgroup__hierarchy *h)
{
	return h->version == 2 && strcmp(target->cgroup, "/") && !is_inside(target, h);
}

int target__check_changeable(const struct target *target, const struct cgroup__hierarchy *h)
{
	if (target__is_changeable(target, h))
		return EXIT_DONE;
	if (h->version == 1) {
		fputs("oomtrace: the memory controller is on cgroup v1 here: limits are changed on v2 only. "
		      "Kills are traced on both.\n",
		      stderr);
		return EXIT_UNSUPPORTED;
	}
	if (!strcmp(target->cgroup, "/"))
		fputs("oomtrace: the root cgroup has no limit to change.\n", stderr);
	else
		fprintf(stderr,
			"oomtrace: oomtrace itself runs in %s: it won't change the limit there, and "
			"be killed by it.\nRun it from another cgroup: systemd-run --scope oomtrace "
			"...\n",
			shown(target->cgroup));
	return EXIT_RUNTIME;
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

void target__close(struct target *target)
{
	if (target->events_fd >= 0)
		close(target->events_fd);
	if (target->dir_fd >= 0)
		close(target->dir_fd);
	target->dir_fd = target->events_fd = -1;
}
