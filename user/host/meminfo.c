// SPDX-License-Identifier: GPL-2.0-only
#include "host/meminfo.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define TEXT_SIZE 8192

int meminfo__parse(const char *text, const char *key, uint64_t *bytes)
{
	size_t len = strlen(key);
	uint64_t kb;

	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		if (strncmp(line, key, len) || line[len] != ':')
			continue;
		if (sscanf(line + len + 1, "%" SCNu64, &kb) != 1 || kb > UINT64_MAX / 1024)
			return -ENODATA;
		*bytes = kb * 1024;
		return 0;
	}
	return -ENODATA;
}

int meminfo__machine(const char *key, uint64_t *bytes)
{
	char text[TEXT_SIZE];
	int fd = open("/proc/meminfo", O_RDONLY | O_CLOEXEC);
	ssize_t len;
	int err;

	if (fd < 0)
		return -errno;
	len = read(fd, text, sizeof(text) - 1);
	err = -errno;
	close(fd);
	if (len < 0)
		return err;
	text[len] = '\0';
	return meminfo__parse(text, key, bytes);
}

int meminfo__limit(const struct cgroup__hierarchy *h, const char *path, uint64_t *max_bytes, char *whose,
		   size_t size)
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
