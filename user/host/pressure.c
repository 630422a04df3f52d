// SPDX-License-Identifier: GPL-2.0-only
#include "host/pressure.h"

#include <fcntl.h>
#include <unistd.h>

bool pressure__is_counted(void)
{
	/* Where it doesn't count, the file can be there, and can't be read. */
	int fd = open("/proc/pressure/memory", O_RDONLY | O_CLOEXEC);
	char byte;
	bool has = fd >= 0 && read(fd, &byte, 1) == 1;

	if (fd >= 0)
		close(fd);
	return has;
}
