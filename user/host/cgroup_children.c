// SPDX-License-Identifier: GPL-2.0-only
#include "host/cgroup_children.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/copy.h"

#define TIME_NS (100 * NS_PER_MS)
#define LOOKED_AT_MAX 65536 /* entries of the folder */

/* Returns whether it has memory of its own. One that is removed meanwhile has none. */
static bool read_child(int parent_fd, const char *name, struct cgroup_child *child)
{
	int fd = openat(parent_fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	bool known;

	if (fd < 0)
		return false;
	child->max_bytes = UINT64_MAX;
	known = !cgroup__id(fd, &child->id) && !cgroup__read_u64(fd, "memory.current", &child->usage_bytes) &&
		!cgroup__read_u64(fd, "memory.max", &child->max_bytes);
	close(fd);
	if (known)
		copy__text(child->name, sizeof(child->name), name);
	return known;
}

static void read_all(DIR *dir, struct cgroup_children *out)
{
	uint64_t until_ns = clock__ns(CLOCK_BOOTTIME) + TIME_NS;
	const struct dirent *entry;

	out->read = out->count = 0;
	for (size_t i = 0; i < LOOKED_AT_MAX && (entry = readdir(dir)); i++) {
		/* A cgroup may have a name that begins with a dot. */
		if (entry->d_type != DT_DIR || !strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (out->read == CGROUP_CHILDREN_MAX || clock__ns(CLOCK_BOOTTIME) > until_ns)
			out->count++;
		else if (read_child(dirfd(dir), entry->d_name, &out->list[out->read]))
			out->count = ++out->read;
	}
	out->read_ns = clock__ns(CLOCK_BOOTTIME);
}

/* What comes or goes meanwhile must not be taken for a rest: the less of two usages counts. */
static void find_rest(int dir_fd, bool known, uint64_t before_bytes, struct cgroup_children *out)
{
	uint64_t usage_bytes, sum = 0;

	out->rest_bytes = out->removed = 0;
	out->has_rest = known && out->read == out->count &&
			!cgroup__read_u64(dir_fd, "memory.current", &usage_bytes);
	if (!out->has_rest)
		return;
	for (size_t i = 0; i < out->read; i++)
		sum += out->list[i].usage_bytes;
	if (before_bytes < usage_bytes)
		usage_bytes = before_bytes;
	out->rest_bytes = usage_bytes > sum ? usage_bytes - sum : 0;
	if (cgroup__read_key(dir_fd, "cgroup.stat", "nr_dying_descendants", &out->removed))
		out->removed = 0;
}

int cgroup_children__read(const struct cgroup__hierarchy *h, const char *path, uint64_t id,
			  struct cgroup_children *out)
{
	const char *below = cgroup_path__below(path, h->root);
	uint64_t found = 0, before_bytes;
	bool known;
	DIR *dir;
	int fd, top;

	if (!below)
		return -EXDEV;
	top = cgroup__open(h, below);
	if (top < 0)
		return top;
	fd = openat(top, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	close(top);
	if (fd < 0)
		return -errno;
	dir = cgroup__id(fd, &found) || found != id ? NULL : fdopendir(fd);
	if (!dir) {
		close(fd);
		return found != id ? -ESTALE : -ENOMEM;
	}
	known = !cgroup__read_u64(fd, "memory.current", &before_bytes);
	read_all(dir, out);
	find_rest(fd, known, before_bytes, out);
	closedir(dir);
	return 0;
}
