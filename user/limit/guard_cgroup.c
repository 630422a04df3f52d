// SPDX-License-Identifier: GPL-2.0-only
#include "limit/guard_cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME "oomtrace-guard"

/* "0" is the writer itself (cgroup_procs_write_start(), kernel/cgroup/cgroup.c). */
static int move_into(int dir_fd)
{
	int fd = openat(dir_fd, "cgroup.procs", O_WRONLY | O_CLOEXEC), err;

	if (fd < 0)
		return -errno;
	err = write(fd, "0", 1) < 0 ? -errno : 0;
	close(fd);
	return err;
}

static int open_top(const char *mount)
{
	int fd = open(mount, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int guard_cgroup__enter(const char *mount)
{
	int top = open_top(mount), dir = -1, err = 0;

	if (top < 0)
		return top;
	if (mkdirat(top, NAME, 0755) && errno != EEXIST)
		err = -errno;
	if (!err) {
		dir = openat(top, NAME, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		err = dir < 0 ? -errno : move_into(dir);
		if (err)
			unlinkat(top, NAME, AT_REMOVEDIR);
	}
	if (dir >= 0)
		close(dir);
	close(top);
	return err;
}
