// SPDX-License-Identifier: GPL-2.0-only
#include "commands/inner_limits.h"

#include <stdio.h>
#include <string.h>

#include "base/copy.h"
#include "base/escape.h"
#include "base/units.h"
#include "limit/guard.h"

struct inner {
	uint64_t outer_bytes; /* the target's own limit */
	size_t count;
	uint64_t lowest_bytes;
	char lowest[PATH_MAX]; /* whose */
};

static int look(const struct cgroup__node *node, void *ctx)
{
	struct inner *inner = ctx;
	uint64_t max = UINT64_MAX;

	if (!node->depth || cgroup__read_u64(node->dir_fd, "memory.max", &max) || max == UINT64_MAX)
		return 0;
	/* crun's, which is changed with the target's. */
	if (node->depth == 1 && !strcmp(strrchr(node->path, '/') + 1, GUARD__INNER) &&
	    max == inner->outer_bytes)
		return 0;
	if (!inner->count++ || max < inner->lowest_bytes) {
		inner->lowest_bytes = max;
		copy__text(inner->lowest, sizeof(inner->lowest), node->path);
	}
	return 0;
}

void inner_limits__tell(const struct cgroup__hierarchy *h, const struct target *target)
{
	struct inner inner = { .outer_bytes = UINT64_MAX };
	char size[UNITS__TEXT_SIZE];

	cgroup__read_u64(target->dir_fd, "memory.max", &inner.outer_bytes);
	if (cgroup__walk(h, target->cgroup, look, &inner) || !inner.count)
		return;
	units__format_size(size, sizeof(size), inner.lowest_bytes);
	if (inner.count == 1)
		fprintf(stderr, "oomtrace: warning: %s, below the target, has a limit of its own, %s",
			escape__shown(inner.lowest), size);
	else
		fprintf(stderr,
			"oomtrace: warning: %zu cgroups below the target have limits of their own, the lowest %s of %s",
			inner.count, size, escape__shown(inner.lowest));
	fputs(": raising the target's limit above it has no effect there.\n", stderr);
}
