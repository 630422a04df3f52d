// SPDX-License-Identifier: GPL-2.0-only
#include "host/cgroup_pids.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

void cgroup_pids__each(int dir_fd, bool (*fn)(void *ctx, uint32_t pid), void *ctx)
{
	int fd = openat(dir_fd, "cgroup.procs", O_RDONLY | O_CLOEXEC);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
	uint32_t pid;

	if (!file) {
		if (fd >= 0)
			close(fd);
		return;
	}
	/* 0: in a namespace of pids that isn't below ours. */
	while (fscanf(file, "%" SCNu32, &pid) == 1 && (!pid || fn(ctx, pid)))
		;
	fclose(file);
}
