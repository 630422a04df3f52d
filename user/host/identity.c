// SPDX-License-Identifier: GPL-2.0-only
#include "host/identity.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* The first line of a file, which is to have nothing but hex digits and dashes. */
static int read_id(const char *path, size_t len, char id[IDENTITY__SIZE])
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	ssize_t got;

	if (fd < 0)
		return -errno;
	got = read(fd, id, IDENTITY__SIZE - 1);
	close(fd);
	if (got < (ssize_t)len)
		return got < 0 ? -errno : -EBADMSG;
	id[len] = '\0';
	for (size_t i = 0; i < len; i++) {
		if (!isxdigit((unsigned char)id[i]) && id[i] != '-')
			return -EBADMSG;
	}
	return 0;
}

int identity__boot(char id[IDENTITY__SIZE])
{
	return read_id("/proc/sys/kernel/random/boot_id", IDENTITY__SIZE - 1, id);
}

int identity__machine(char id[IDENTITY__SIZE])
{
	return read_id("/etc/machine-id", 32, id);
}
