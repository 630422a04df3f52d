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
