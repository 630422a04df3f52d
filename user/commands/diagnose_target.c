// SPDX-License-Identifier: GPL-2.0-only
#include "commands/diagnose_target.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "base/exit_codes.h"
#include "base/nearest.h"
#include "containers/container.h"
#include "containers/docker_api.h"

static void say_asked(const struct resolve_result *r)
{
	for (size_t i = 0; i < r->asked_count; i++) {
		fprintf(stderr, "  asked %s: %s\n", escape__shown(r->asked[i].socket),
			docker_api__error(r->asked[i].result));
	}
}

/* A runtime that was silent may well know the container. */
static bool was_silent(const struct resolve_result *r)
{
	for (size_t i = 0; i < r->asked_count; i++) {
		if (r->asked[i].result == -ETIMEDOUT)
			return true;
	}
	return false;
}

static void say_candidates(const struct resolve_result *r)
{
	for (size_t i = 0; i < r->candidate_count; i++) {
		const struct resolve_candidate *c = &r->candidates[i];

		fprintf(stderr, "  %.12s  %s  %s\n", escape__shown(c->id),
			container__runtime_name(c->runtime), escape__shown(c->name[0] ? c->name : c->cgroup));
	}
	if (r->more_candidates)
		fputs("  ...\n", stderr);
}

/* ---- a container that isn't found ---- */

#define NEAREST_SHOWN 3

struct nearest_names {
	const char *wanted;
	size_t count;
	struct {
		size_t distance;
		char name[DOCKER_API__NAME_SIZE];
	} names[NEAREST_SHOWN]; /* nearest first */
};

/* A list of a few: insertion keeps it sorted. */
static int note_name(const struct runtime_container *container, void *ctx)
{
	struct nearest_names *n = ctx;
	const char *name = container->name;
	size_t len = strlen(n->wanted), at = n->count;
	size_t distance = nearest__distance(n->wanted, len, name, strlen(name));

	if (!*name || (distance >= nearest__limit(len) && !strstr(name, n->wanted)))
		return 0;
	for (size_t i = 0; i < n->count; i++) {
		if (!strcmp(n->names[i].name, name))
			return 0; /* two sockets may lead to one runtime */
	}
	while (at > 0 && n->names[at - 1].distance > distance)
		at--;
	if (at == NEAREST_SHOWN)
		return 0;
	n->count += n->count < NEAREST_SHOWN;
	memmove(&n->names[at + 1], &n->names[at], (n->count - at - 1) * sizeof(n->names[0]));
	n->names[at].distance = distance;
	snprintf(n->names[at].name, sizeof(n->names[at].name), "%s", name);
	return 0;
}

static void say_nearest(const char *name, const struct resolve_result *r)
{
	struct nearest_names n = { .wanted = name };

	for (size_t i = 0; i < r->asked_count; i++) {
		if (r->asked[i].result == -ENOENT)
			docker_api__list(r->asked[i].socket, note_name, &n);
	}
	for (size_t i = 0; i < n.count; i++)
		fprintf(stderr, "%s'%s'", i ? ", " : "Did you mean ", escape__shown(n.names[i].name));
	if (n.count)
		fputs("?\n", stderr);
}

struct named_cgroup {
	const char *name;
	char path[ESCAPE__SHOWN_MAX];
};

static int find_named(const struct cgroup__node *node, void *ctx)
{
	struct named_cgroup *found = ctx;
	const char *last = strrchr(node->path, '/');

	if (!last || strcmp(last + 1, found->name) || strlen(node->path) >= sizeof(found->path))
		return 0;
	snprintf(found->path, sizeof(found->path), "%s", node->path);
	return 1;
}

/* Of systemd, whose units have cgroups of the same name. */
static bool is_unit(const char *name)
{
	const char *ending = strrchr(name, '.');

	return ending &&
	       (!strcmp(ending, ".service") || !strcmp(ending, ".scope") || !strcmp(ending, ".slice"));
}

/* True: the name is no container's, and it was said what it is. */
static bool say_other_kind(const char *name, const struct cgroup__hierarchy *h)
{
	struct named_cgroup unit = { .name = name };

	if (name[0] == '/') {
		fprintf(stderr,
			"oomtrace: '%s' is no name of a container; a cgroup's path goes with --cgroup",
			escape__shown(name));
		if (!strchr(name + 1, '/') && name[1])
			fprintf(stderr, "; the container would be '--container %s'", escape__shown(name + 1));
		fputs(".\n", stderr);
		return true;
	}
	if (!is_unit(name))
		return false;
	if (cgroup__walk(h, "/", find_named, &unit) == 1)
		fprintf(stderr, "oomtrace: '%s' is a unit of systemd, no container: give '--cgroup %s'.\n",
			escape__shown(name), escape__shown(unit.path));
	else
		fprintf(stderr,
			"oomtrace: '%s' is the name of a unit of systemd, and none that runs. 'systemctl show -P "
			"ControlGroup UNIT' prints the path for --cgroup.\n",
			escape__shown(name));
	return true;
}

static void say_unresolved(const char *name, const struct resolve_result *r,
			   const struct cgroup__hierarchy *h)
{
	if (r->outcome == RESOLVE__NOT_FOUND && say_other_kind(name, h))
		return;
	switch (r->outcome) {
	case RESOLVE__AMBIGUOUS:
		fprintf(stderr, "oomtrace: the ids of several containers begin with '%s':\n",
			escape__shown(name));
		say_candidates(r);
		fputs("Give more of the id, or the name.\n", stderr);
		break;
	case RESOLVE__NOT_RUNNING:
		fprintf(stderr, "oomtrace: container '%s' is not running", escape__shown(name));
		fprintf(stderr, " (%s", escape__shown(r->container.status));
		if (r->container.has_exit_code)
			fprintf(stderr, ", exit code %d", r->container.exit_code);
		if (r->container.has_oom_killed)
			fprintf(stderr, ", OOMKilled %s", r->container.oom_killed ? "true" : "false");
		fputs(").\nStart it first, or let oomtrace wait for it: --wait.\n", stderr);
		break;
	case RESOLVE__NO_CGROUP:
		fprintf(stderr,
			"oomtrace: container '%s' is running, but its cgroup can't be found: %s."
			"\nRun oomtrace on the host, outside of any container.\n",
			escape__shown(name), strerror(-r->cgroup_error));
		break;
	default:
		if (was_silent(r))
			fprintf(stderr,
				"oomtrace: a container runtime didn't answer, so whether there is a container '%s' "
				"isn't known.\n",
				escape__shown(name));
		else
			fprintf(stderr, "oomtrace: no container is called '%s', and no id begins with it.\n",
				escape__shown(name));
		say_asked(r);
		fputs("  searched the cgroup tree, and the state of containerd, runc and crun, for its id;\n"
		      "  Podman's files, also those of users with a session, and the kubelet's for its name\n"
		      "'docker ps', 'podman ps', 'kubectl get pods' (NAMESPACE/POD/CONTAINER) list names.\n"
		      "'--wait' waits for a container that isn't there yet.\n",
		      stderr);
		break;
	}
	if (r->outcome == RESOLVE__NOT_FOUND)
		say_nearest(name, r);
}

int diagnose_target__not_found(enum target_failure failure, const struct target *target,
			       const struct cgroup__hierarchy *h)
{
	const char *error = strerror(-target->error);

	switch (failure) {
	case TARGET_FOUND:
		return EXIT_DONE;
	case TARGET_NO_HIERARCHY:
		fputs("oomtrace: the memory controller is on no mounted cgroup hierarchy, so a target can't be "
		      "found.\nThe whole machine can still be traced: oomtrace without a target.\n",
		      stderr);
		return EXIT_UNSUPPORTED;
	case TARGET_MANY_ON_V1:
		fputs("oomtrace: several targets and patterns need the memory controller on cgroup v2; here it is on "
		      "v1. Give one target, or none.\n",
		      stderr);
		return EXIT_UNSUPPORTED;
	case TARGET_NO_SEARCH:
		fprintf(stderr, "oomtrace: --container '%s': %s.\n", escape__shown(target->name), error);
		break;
	case TARGET_NOT_RESOLVED:
		say_unresolved(target->name, &target->resolved, h);
		break;
	case TARGET_NO_CGROUP:
		fprintf(stderr,
			"oomtrace: --cgroup '%s': %s.\nThe hierarchy is mounted at %s; systemd-cgls shows what "
			"is in it.\n%s",
			escape__shown(target->name), cgroup__path_error(target->error),
			escape__shown(h->mount),
			target->error == -ENOENT ? "'--wait' waits for a cgroup that isn't there yet.\n"
						 : "");
		return target->error == -EACCES ? EXIT_UNSUPPORTED : EXIT_RUNTIME;
	case TARGET_NO_PROCESS:
		fprintf(stderr, "oomtrace: --pid %s: there is no such process.\n", target->name);
		break;
	case TARGET_PID_NO_CGROUP:
		fprintf(stderr, "oomtrace: --pid %s: its cgroup can't be found: %s.\n", target->name, error);
		break;
	case TARGET_NOT_OPENED:
		fprintf(stderr, "oomtrace: cgroup %s: %s.\n", escape__shown(target->cgroup), error);
		break;
	}
	return EXIT_RUNTIME;
}

int diagnose_target__not_changeable(enum target_obstacle obstacle, const struct target *target)
{
	switch (obstacle) {
	case TARGET_CHANGEABLE:
		return EXIT_DONE;
	case TARGET_ON_V1:
		fputs("oomtrace: the memory controller is on cgroup v1 here: limits are changed on v2 only. "
		      "Kills are traced on both.\n",
		      stderr);
		return EXIT_UNSUPPORTED;
	case TARGET_IS_ROOT:
		fputs("oomtrace: the root cgroup has no limit to change.\n", stderr);
		break;
	case TARGET_HAS_OOMTRACE:
		fprintf(stderr,
			"oomtrace: oomtrace itself runs in %s. It doesn't change the limit there, because that "
			"could kill it.\nRun it from another cgroup: systemd-run --scope oomtrace ...\n",
			escape__shown(target->cgroup));
		break;
	}
	return EXIT_RUNTIME;
}
