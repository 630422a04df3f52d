// SPDX-License-Identifier: GPL-2.0-only
#include "host/cgroup_limits.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int cgroup_limits__lowest(const struct cgroup__hierarchy *h, const char *path, uint64_t *max_bytes,
			  char *whose, size_t size)
{
	char up[PATH_MAX];

	if (snprintf(up, sizeof(up), "%s", path) >= (int)sizeof(up) || size <= strlen(path))
		return -ENAMETOOLONG;
	*max_bytes = UINT64_MAX;
	whose[0] = '\0';
	while (up[0] == '/' && up[1]) {
		int fd = cgroup__open(h, up);
		uint64_t max;

		if (fd < 0)
			return fd;
		/* Where the controller isn't on there is no such file, and no limit. */
		if (!cgroup__read_u64(fd, "memory.max", &max) && max < *max_bytes) {
			*max_bytes = max;
			strcpy(whose, up);
		}
		close(fd);
		*strrchr(up, '/') = '\0';
	}
	return 0;
}
