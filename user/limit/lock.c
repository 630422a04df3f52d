// SPDX-License-Identifier: GPL-2.0-only
#include "limit/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define TRIES 100 /* against others that remove their lock just then */
#define NAME_SIZE 32

/* Root's locks are in /run; those of another user, to whom a cgroup was delegated, in the session's. */
static int open_folder(bool make)
{
	const char *base = geteuid() ? getenv("XDG_RUNTIME_DIR") : "/run";
	int base_fd, fd = -1, err = 0;
	struct stat st;

	if (!base)
		return -ENOENT;
	base_fd = open(base, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (base_fd < 0)
		return -errno;
	if (make && mkdirat(base_fd, "oomtrace", 0700) && errno != EEXIST)
		err = -errno;
	if (!err) {
		fd = openat(base_fd, "oomtrace", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		err = fd < 0 ? -errno : 0;
	}
	close(base_fd);
	if (!err && (fstat(fd, &st) || st.st_uid != geteuid() || st.st_mode & 022)) {
		close(fd);
		err = -EPERM;
	}
	return err ? err : fd;
}

static const char *name_of(uint64_t cgroup_id, char name[NAME_SIZE])
{
	snprintf(name, NAME_SIZE, "limit-%" PRIu64 ".lock", cgroup_id);
	return name;
}

/* Whether the file is still the one of that name, and not one that its holder has removed since. */
static bool is_current(int folder, const char *name, int fd)
{
	struct stat there, here;

	return !fstatat(folder, name, &there, AT_SYMLINK_NOFOLLOW) && !fstat(fd, &here) &&
	       there.st_ino == here.st_ino && there.st_dev == here.st_dev;
}

int lock__take(uint64_t cgroup_id)
{
	int folder = open_folder(true), fd = folder;
	char name[NAME_SIZE];

	if (folder < 0)
		return folder;
	name_of(cgroup_id, name);
	for (int i = 0; i < TRIES; i++) {
		fd = openat(folder, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (fd < 0) {
			fd = -errno;
			break;
		}
		if (flock(fd, LOCK_EX | LOCK_NB)) {
			int err = -errno;

			close(fd);
			fd = err;
			break;
		}
		if (is_current(folder, name, fd))
			break;
		close(fd);
		fd = -EWOULDBLOCK;
	}
	close(folder);
	return fd;
}

void lock__remove(uint64_t cgroup_id)
{
	int folder = open_folder(false); /* the guard may not make any */
	char name[NAME_SIZE];

	if (folder < 0)
		return;
	unlinkat(folder, name_of(cgroup_id, name), 0);
	close(folder);
}
