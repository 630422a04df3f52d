// SPDX-License-Identifier: GPL-2.0-only
#include "trace/follow_usage.h"

#include <stdio.h>
#include <string.h>

/* Returns 0 when there is no such symbol, or its address is kept from us. */
static uint64_t kernel_symbol(const char *wanted)
{
	FILE *file = fopen("/proc/kallsyms", "re");
	unsigned long long address = 0, found = 0;
	char line[512], name[256];

	if (!file)
		return 0;
	while (!found && fgets(line, sizeof(line), file)) {
		if (strstr(line, wanted) && sscanf(line, "%llx %*c %255s", &address, name) == 2 &&
		    !strcmp(name, wanted))
			found = address;
	}
	fclose(file);
	return found;
}

static int read_usage(const struct cgroup__node *node, void *ctx)
{
	uint64_t bytes;

	(void)ctx;
	/* Where there is no such file nothing is charged: the memory controller is off, or it is the root. */
	cgroup__read_u64(node->dir_fd, "memory.current", &bytes);
	return 0;
}

void follow_usage__begin(const struct cgroup__hierarchy *h, const struct target *target)
{
	cgroup__walk(h, target->cgroup, read_usage, NULL);
}

void follow_usage__find_statistics(struct tracer *tracer)
{
	if (tracer__wants_stats_index(tracer))
		tracer__set_stats_index(tracer, kernel_symbol("mem_cgroup_stats_index"));
}

void follow_usage__settle(const struct target *target)
{
	uint64_t bytes;

	if (target->dir_fd >= 0)
		cgroup__read_u64(target->dir_fd, "memory.current", &bytes);
}
