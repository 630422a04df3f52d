// SPDX-License-Identifier: GPL-2.0-only
#include "limit/guard_cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
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

static int open_folder(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* Of cgroup v2, below the mount; "" where that isn't known, or we are at the top. */
static void find_above(const char *mount, char *path, size_t size)
{
	FILE *f = fopen("/proc/self/cgroup", "re");
	char line[PATH_MAX + 16], *slash;

	path[0] = '\0';
	while (f && fgets(line, sizeof(line), f)) {
		slash = strncmp(line, "0::/", 4) ? NULL : strrchr(line, '/');
		if (slash)
			snprintf(path, size, "%s%.*s", mount, (int)(slash - (line + 3)), line + 3);
	}
	if (f)
		fclose(f);
}

int guard_cgroup__open_place(const char *mount)
{
	char above[2 * PATH_MAX];

	/* EROFS: a service manager leaves us part of the tree (ProtectControlGroups=, ReadWritePaths=). */
	if (faccessat(AT_FDCWD, mount, W_OK, AT_EACCESS) && (errno == EACCES || errno == EROFS)) {
		find_above(mount, above, sizeof(above));
		if (above[0])
			return open_folder(above);
	}
	return open_folder(mount);
}

int guard_cgroup__enter(const char *mount)
{
	int top = guard_cgroup__open_place(mount), dir = -1, err = 0;

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
