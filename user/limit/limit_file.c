// SPDX-License-Identifier: GPL-2.0-only
#include "limit/limit_file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* PAGE_COUNTER_MAX and more is "max". */
uint64_t limit_file__rounded(uint64_t bytes)
{
	uint64_t page = sysconf(_SC_PAGESIZE), pages = bytes / page;

	return pages >= INT64_MAX / page ? UINT64_MAX : pages * page;
}

int limit_file__read(int fd, uint64_t *bytes)
{
	char text[32];
	ssize_t len = pread(fd, text, sizeof(text) - 1, 0);

	if (len < 0)
		return -errno;
	text[len] = '\0';
	if (!strncmp(text, "max", 3))
		*bytes = UINT64_MAX;
	else if (sscanf(text, "%" SCNu64, bytes) != 1)
		return -EBADMSG;
	return 0;
}

int limit_file__write(int fd, uint64_t bytes)
{
	char text[32];
	int len;

	if (bytes == UINT64_MAX)
		len = snprintf(text, sizeof(text), "max");
	else
		len = snprintf(text, sizeof(text), "%" PRIu64, bytes);
	return pwrite(fd, text, len, 0) < 0 ? -errno : 0;
}
