// SPDX-License-Identifier: GPL-2.0-only
#include "trace/follow_usage.h"

#include <fcntl.h>
#include <unistd.h>

struct taking {
	void (*take_in)(void *ctx);
	void *ctx;
};

/* Whether any cgroup of the machine may be followed. */
static bool is_all(const struct follow_usage *following)
{
	return following->target->all || following->target->many;
}

/* Where the cgroups that are followed begin. */
static const char *top(const struct follow_usage *following)
{
	return is_all(following) ? "/" : following->target->cgroup;
}

static int count(const struct cgroup__node *node, void *ctx)
{
	uint32_t *cgroups = ctx;

	(void)node;
	(*cgroups)++;
	return 0;
}

uint32_t follow_usage__count(const struct follow_usage *following)
{
	uint32_t cgroups = 0;

	cgroup__walk(following->hierarchy, top(following), count, &cgroups);
	return cgroups;
}

static int read_usage(const struct cgroup__node *node, void *ctx)
{
	const struct taking *taking = ctx;
	uint64_t bytes;

	/* Where there is no such file nothing is charged: the memory controller is off, or it is the root. */
	cgroup__read_u64(node->dir_fd, "memory.current", &bytes);
	taking->take_in(taking->ctx);
	return 0;
}

void follow_usage__add(struct follow_usage *following, const char *path, void (*take_in)(void *ctx),
		       void *ctx)
{
	struct taking taking = { take_in, ctx };

	tracer__set_reading(following->tracer, true);
	cgroup__walk(following->hierarchy, path, read_usage, &taking);
	tracer__set_reading(following->tracer, false);
}

void follow_usage__begin(struct follow_usage *following, struct tracer *tracer, void (*take_in)(void *ctx),
			 void *ctx)
{
	following->tracer = tracer;
	/* Of several each is added. */
	if (!following->target->many)
		follow_usage__add(following, top(following), take_in, ctx);
}

/* The first cgroup that has a page counter, which is one of the system's own: it stays. */
static int find_counted(const struct cgroup__node *node, void *ctx)
{
	struct follow_usage *following = ctx;

	if (faccessat(node->dir_fd, "memory.current", R_OK, 0))
		return 0;
	following->settle_fd = fcntl(node->dir_fd, F_DUPFD_CLOEXEC, 0);
	return 1;
}

/* The programs settle all that waits when any cgroup is read, and forget a cgroup that is removed. */
static void settle_all(struct follow_usage *following)
{
	uint64_t bytes;

	for (int i = 0; i < 2; i++) {
		if (following->settle_fd < 0)
			cgroup__walk(following->hierarchy, "/", find_counted, following);
		if (following->settle_fd < 0 ||
		    !cgroup__read_u64(following->settle_fd, "memory.current", &bytes))
			return;
		follow_usage__end(following);
	}
}

void follow_usage__settle(struct follow_usage *following)
{
	uint64_t bytes;

	if (!following->tracer || (!is_all(following) && following->target->dir_fd < 0))
		return;
	tracer__set_reading(following->tracer, true);
	if (is_all(following))
		settle_all(following);
	else
		cgroup__read_u64(following->target->dir_fd, "memory.current", &bytes);
	tracer__set_reading(following->tracer, false);
}

void follow_usage__end(struct follow_usage *following)
{
	if (following->settle_fd >= 0)
		close(following->settle_fd);
	following->settle_fd = -1;
}
