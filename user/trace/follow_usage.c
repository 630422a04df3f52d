// SPDX-License-Identifier: GPL-2.0-only
#include "trace/follow_usage.h"

struct following {
	void (*take_in)(void *ctx);
	void *ctx;
};

static int count(const struct cgroup__node *node, void *ctx)
{
	uint32_t *cgroups = ctx;

	(void)node;
	(*cgroups)++;
	return 0;
}

uint32_t follow_usage__count(const struct cgroup__hierarchy *h, const struct target *target)
{
	uint32_t cgroups = 0;

	cgroup__walk(h, target->cgroup, count, &cgroups);
	return cgroups;
}

static int read_usage(const struct cgroup__node *node, void *ctx)
{
	const struct following *following = ctx;
	uint64_t bytes;

	/* Where there is no such file nothing is charged: the memory controller is off, or it is the root. */
	cgroup__read_u64(node->dir_fd, "memory.current", &bytes);
	following->take_in(following->ctx);
	return 0;
}

void follow_usage__begin(struct tracer *tracer, const struct cgroup__hierarchy *h,
			 const struct target *target, void (*take_in)(void *ctx), void *ctx)
{
	struct following following = { take_in, ctx };

	tracer__set_reading(tracer, true);
	cgroup__walk(h, target->cgroup, read_usage, &following);
	tracer__set_reading(tracer, false);
}

void follow_usage__settle(struct tracer *tracer, const struct target *target)
{
	uint64_t bytes;

	if (target->dir_fd < 0)
		return;
	tracer__set_reading(tracer, true);
	cgroup__read_u64(target->dir_fd, "memory.current", &bytes);
	tracer__set_reading(tracer, false);
}
