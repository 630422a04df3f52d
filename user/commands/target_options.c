// SPDX-License-Identifier: GPL-2.0-only
#include "commands/target_options.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/units.h"

/* One that is named is a target like no other; several, and patterns, are another kind. */
static int add_selection(struct target_request *target, enum target_kind kind, const char *arg)
{
	if (target->selection_count == TARGET_SELECTIONS_MAX)
		return -ERANGE;
	target->selections[target->selection_count++] = (struct target_selection){ kind, arg };
	target->kind = target->selection_count > 1 || strpbrk(arg, "*?[") ? TARGET_MANY : kind;
	target->name = target->kind == TARGET_MANY ? NULL : arg;
	return 0;
}

int target_options__container(void *ctx, const char *arg)
{
	struct trace_options *opts = ctx;

	return *arg ? add_selection(&opts->target, TARGET_CONTAINER, arg) : -EINVAL;
}

static bool has_dot_dot(const char *path)
{
	for (;;) {
		size_t len = strcspn(path, "/");

		if (len == 2 && !strncmp(path, "..", 2))
			return true;
		if (!path[len])
			return false;
		path += len + 1;
	}
}

int target_options__cgroup(void *ctx, const char *arg)
{
	struct trace_options *opts = ctx;

	return *arg && !has_dot_dot(arg) ? add_selection(&opts->target, TARGET_CGROUP, arg) : -EINVAL;
}

int target_options__pid(void *ctx, const char *arg)
{
	struct trace_options *opts = ctx;

	opts->target.kind = TARGET_PID;
	return units__parse_pid(arg, &opts->target.pid);
}

int target_options__all(void *ctx, const char *arg)
{
	struct trace_options *opts = ctx;

	(void)arg;
	opts->target.kind = TARGET_ALL;
	return 0;
}

const char *target_options__guess(const char *arg)
{
	size_t len = strlen(arg);

	if (arg[0] == '/')
		return has_dot_dot(arg) ? NULL : "cgroup";
	if (len && len <= 7 && strspn(arg, "0123456789") == len) /* pids are up to 2^22 */
		return "pid";
	if (!isalnum((unsigned char)arg[0]))
		return NULL;
	for (; *arg; arg++)
		if (!isalnum((unsigned char)*arg) && !strchr("_.-", *arg))
			return NULL;
	return "container";
}
