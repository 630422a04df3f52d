// SPDX-License-Identifier: GPL-2.0-only
#include "stacks/mapping.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool mapping__parse(const char *line, struct mapping *out)
{
	struct mapping m = {};
	uint64_t inode;
	char rights[5];
	size_t len;
	int path = 0;

	/* "55d0c0a00000-55d0c0a21000 r-xp 00002000 fe:01 1234    /usr/bin/cat" */
	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %*s %" SCNu64 " %n", &m.start, &m.end,
		   rights, &m.file_offset, &inode, &path) < 5 ||
	    !path || m.start >= m.end)
		return false;
	if (rights[2] != 'x')
		return false;
	line += path;
	len = strcspn(line, "\n");
	if (!len) {
		line = "[anon]";
		len = strlen(line);
	}
	if (len >= sizeof(m.path)) {
		line += len - (sizeof(m.path) - 1);
		len = sizeof(m.path) - 1;
	}
	memcpy(m.path, line, len);
	/* What has an inode is a file; /dev/zero, shared memory and memfds are too. */
	m.is_file = inode;
	*out = m;
	return true;
}

int mapping__reopen(int found)
{
	char path[64];
	struct stat st;
	int fd;

	if (fstat(found, &st) || !S_ISREG(st.st_mode)) {
		close(found);
		return -EBADF;
	}
	snprintf(path, sizeof(path), "/proc/self/fd/%d", found);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	fd = fd < 0 ? -errno : fd;
	close(found);
	return fd;
}

int mapping__open(uint32_t pid, const struct mapping *m)
{
	char path[96];
	int found;

	snprintf(path, sizeof(path), "/proc/%u/map_files/%" PRIx64 "-%" PRIx64, pid, m->start, m->end);
	found = open(path, O_PATH | O_CLOEXEC);
	return found < 0 ? -errno : mapping__reopen(found);
}

bool mapping__is_anonymous(const struct mapping *m)
{
	return !m->is_file && !strncmp(m->path, "[anon", 5);
}
