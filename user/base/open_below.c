// SPDX-License-Identifier: GPL-2.0-only
#include "base/open_below.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/copy.h"

/* Of a mount; kernels before 5.8 don't tell. */
static int mount_id(int fd, uint64_t *id)
{
	struct statx st;

	if (statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &st))
		return -errno;
	if (!(st.stx_mask & STATX_MNT_ID))
		return -EOPNOTSUPP;
	*id = st.stx_mnt_id;
	return 0;
}

/* With O_PATH and O_NOFOLLOW a link is opened itself. */
static int check_link(int fd, int flags)
{
	struct stat st;

	if (!(flags & O_PATH))
		return 0;
	if (fstat(fd, &st))
		return -errno;
	return S_ISLNK(st.st_mode) ? -ELOOP : 0;
}

/* One step. `*mount`, of the folder: NULL where all mounts will do. */
static int open_step(int dir_fd, const char *name, int flags, const uint64_t *mount)
{
	uint64_t its = 0;
	int fd, err;

	if (!strcmp(name, ".."))
		return -EXDEV;
	fd = openat(dir_fd, name, flags | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = check_link(fd, flags);
	if (!err && mount)
		err = mount_id(fd, &its);
	if (!err && mount && its != *mount)
		err = -EXDEV;
	if (!err)
		return fd;
	close(fd);
	return err;
}

int open_below__open(int dir_fd, const char *path, int flags, bool one_mount)
{
	char rest[PATH_MAX], *step = rest, *slash;
	uint64_t mount = 0;
	int fd = dir_fd, err = one_mount ? mount_id(dir_fd, &mount) : 0;

	if (err)
		return err;
	if (path[0] == '/' || !path[0] || strlen(path) >= sizeof(rest))
		return -EXDEV;
	copy__text(rest, sizeof(rest), path);
	for (;;) {
		int next;

		slash = strchr(step, '/');
		if (slash)
			*slash = '\0';
		/* Two slashes are one. */
		next = open_step(fd, slash && !step[0] ? "." : step, slash ? O_PATH | O_DIRECTORY : flags,
				 one_mount ? &mount : NULL);
		if (fd != dir_fd)
			close(fd);
		fd = next;
		if (!slash || fd < 0)
			return fd;
		step = slash + 1;
	}
}
