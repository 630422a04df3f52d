// SPDX-License-Identifier: GPL-2.0-only
#include "trace/follow_usage.h"

static int read_usage(const struct cgroup__node *node, void *ctx)
{
	uint64_t bytes;

	(void)ctx;
	/* Where there is no such file nothing is charged: the memory controller is off, or it is the root. */
	cgroup__read_u64(node->dir_fd, "memory.current", &bytes);
	return 0;
}

void follow_usage__begin(struct tracer *tracer, const struct cgroup__hierarchy *h,
			 const struct target *target)
{
	tracer__set_reading(tracer, true);
	cgroup__walk(h, target->cgroup, read_usage, NULL);
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
