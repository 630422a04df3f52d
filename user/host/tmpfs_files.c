// SPDX-License-Identifier: GPL-2.0-only
#include "host/tmpfs_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/open_below.h"
#include "host/cgroup.h"
#include "host/cgroup_pids.h"
#include "host/mountinfo.h"

#define PIDS_MAX 256
#define NAMESPACES_MAX 8
#define ENTRIES_MAX 100000
#define SEEN_ROOM (1U << 18) /* more than twice as many, a power of two */
#define DEPTH_MAX 16
#define MOUNTINFO_MAX (4U << 20)
#define BLOCK 512 /* of st_blocks */

struct seen {
	dev_t dev;
	ino_t ino; /* 0: none */
};

struct reading {
	struct tmpfs_files *out;
	const struct cgroup__hierarchy *h;
	const char *cgroup;
	uint64_t end_ns;
	uint32_t pids, entries;
	ino_t namespaces[NAMESPACES_MAX];
	size_t namespace_count;
	struct seen seen[SEEN_ROOM]; /* folders and files; a hash table */
	bool is_machine;	     /* the mount that is being read */
	char path[PATH_MAX];
	char text[MOUNTINFO_MAX];
	char machine[MOUNTINFO_MAX]; /* of the machine's first process */
	struct span machine_mounts;
};

/*
 * A file system can be mounted at many places, a folder of it at others, and a file can have many names: each counts once.
 * No more are noted than there are entries.
 */
static bool is_new(struct reading *r, const struct stat *st)
{
	size_t at = (st->st_ino * 0x9e3779b97f4a7c15ULL ^ st->st_dev) % SEEN_ROOM;

	for (; r->seen[at].ino; at = (at + 1) % SEEN_ROOM) {
		if (r->seen[at].ino == st->st_ino && r->seen[at].dev == st->st_dev)
			return false;
	}
	r->seen[at] = (struct seen){ st->st_dev, st->st_ino };
	return true;
}

/* ---- files ---- */

static void note_file(struct reading *r, const struct stat *st)
{
	struct tmpfs_files *out = r->out;
	uint64_t bytes = (uint64_t)st->st_blocks * BLOCK;
	size_t at = out->largest_count, len = strlen(r->path);
	const char *end = len < TMPFS_FILES__PATH ? r->path : r->path + len - (TMPFS_FILES__PATH - 1);

	if (!bytes)
		return;
	out->count++;
	out->bytes += bytes;
	while (at && out->largest[at - 1].bytes < bytes)
		at--;
	if (at == TMPFS_FILES__LARGEST)
		return;
	out->largest_count += out->largest_count < TMPFS_FILES__LARGEST;
	memmove(&out->largest[at + 1], &out->largest[at],
		(out->largest_count - 1 - at) * sizeof(out->largest[0]));
	out->largest[at].bytes = bytes;
	out->largest[at].machine = r->is_machine;
	memcpy(out->largest[at].path, end, strlen(end) + 1);
}

static bool is_over(struct reading *r)
{
	if (r->entries < ENTRIES_MAX && clock__ns(CLOCK_BOOTTIME) < r->end_ns)
		return false;
	r->out->incomplete = true;
	return true;
}

static void read_folder(struct reading *r, int fd, dev_t dev, size_t path_len, int depth);

/* `fd` is of the folder, r->path its name. */
static void read_entry(struct reading *r, int fd, const char *name, dev_t dev, size_t path_len, int depth)
{
	size_t left = sizeof(r->path) - path_len;
	struct stat st;
	int below;

	if ((size_t)snprintf(r->path + path_len, left, "/%s", name) >= left ||
	    fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT)) {
		r->out->incomplete = true;
		return;
	}
	if (st.st_dev != dev) /* something is mounted there */
		return;
	if (S_ISREG(st.st_mode) && is_new(r, &st))
		note_file(r, &st);
	if (!S_ISDIR(st.st_mode))
		return;
	below = depth < DEPTH_MAX ? open_below__open(fd, name, O_RDONLY | O_DIRECTORY, true) : -ELOOP;
	/* Only now: another folder of the same file system may be mounted there. */
	if (below >= 0 && is_new(r, &st))
		read_folder(r, below, dev, strlen(r->path), depth + 1);
	else if (below >= 0)
		close(below);
	else
		r->out->incomplete |= below != -EXDEV;
}

/* Closes the descriptor. */
static void read_folder(struct reading *r, int fd, dev_t dev, size_t path_len, int depth)
{
	DIR *dir = fdopendir(fd);
	const struct dirent *entry;

	if (!dir) {
		close(fd);
		r->out->incomplete = true;
		return;
	}
	while (!is_over(r) && (entry = readdir(dir))) {
		r->entries++;
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			read_entry(r, fd, entry->d_name, dev, path_len, depth);
	}
	r->path[path_len] = '\0';
	closedir(dir);
}

/* ---- mounts ---- */

static bool is_device(const struct stat *st, struct span device)
{
	char text[32];

	snprintf(text, sizeof(text), "%u:%u", major(st->st_dev), minor(st->st_dev));
	return span__is(device, text);
}

/* `root_fd` is the process's root; r->path where this is mounted, from there. */
static void read_mount(struct reading *r, int root_fd, const struct mountinfo *mount)
{
	struct statfs fs;
	struct stat st;
	int fd;

	r->entries++;
	/* Of a mount at the very top there is nothing to be gone through. */
	fd = open_below__open(root_fd, strcmp(r->path, "/") ? r->path + 1 : ".", O_PATH | O_DIRECTORY, false);
	if (fd == -ENOTDIR) /* a single file: a folder has it, too */
		return;
	if (fd < 0) {
		r->out->incomplete = true;
		return;
	}
	/* Something else may be mounted over it. */
	if (!fstat(fd, &st) && !fstatfs(fd, &fs) && fs.f_type == TMPFS_MAGIC &&
	    is_device(&st, mount->device) && is_new(r, &st)) {
		int dir = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		r->is_machine = mountinfo__is_machines(r->machine_mounts, mount);
		if (dir < 0)
			r->out->incomplete = true;
		else
			read_folder(r, dir, st.st_dev, strcmp(r->path, "/") ? strlen(r->path) : 0, 0);
	}
	close(fd);
}

/* Returns false for a process that has no mounts any more. */
static bool read_mounts(struct reading *r, int process_fd)
{
	int root_fd = openat(process_fd, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	ssize_t len = root_fd < 0 ? -1 : cgroup__read_text(process_fd, "mountinfo", r->text, sizeof(r->text));
	struct span text = { r->text, len > 0 ? (size_t)len : 0 };
	struct mountinfo m;

	while (text.len && !is_over(r)) {
		if (mountinfo__parse(span__cut(&text, '\n'), &m) && span__is(m.type, "tmpfs") &&
		    mountinfo__path(m.point, r->path, sizeof(r->path)))
			read_mount(r, root_fd, &m);
	}
	if (root_fd >= 0)
		close(root_fd);
	/* So many mounts as no program needs. */
	if (len == -EFBIG)
		r->out->incomplete = true;
	return len > 0 || len == -EFBIG;
}

/* ---- processes ---- */

static void read_process(struct reading *r, uint32_t pid)
{
	char path[64];
	struct stat ns;
	int fd;

	snprintf(path, sizeof(path), "/proc/%u", pid);
	fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	/* One that has ended sees nothing any more. */
	if (fd < 0 || fstatat(fd, "ns/mnt", &ns, 0) || !cgroup__has_process(r->h, r->cgroup, fd))
		goto out;
	for (size_t i = 0; i < r->namespace_count; i++) {
		if (r->namespaces[i] == ns.st_ino)
			goto out;
	}
	if (r->namespace_count == NAMESPACES_MAX) {
		r->out->incomplete = true;
		goto out;
	}
	if (!read_mounts(r, fd))
		goto out;
	r->namespaces[r->namespace_count++] = ns.st_ino;
out:
	if (fd >= 0)
		close(fd);
}

static bool take_pid(void *ctx, uint32_t pid)
{
	struct reading *r = ctx;

	if (r->pids == PIDS_MAX || is_over(r))
		return false;
	r->pids++;
	read_process(r, pid);
	return true;
}

static int read_cgroup(const struct cgroup__node *node, void *ctx)
{
	struct reading *r = ctx;

	cgroup_pids__each(node->dir_fd, take_pid, r);
	if (r->pids == PIDS_MAX)
		r->out->incomplete = true;
	return r->out->incomplete && (r->pids == PIDS_MAX || is_over(r));
}

void tmpfs_files__read(const struct cgroup__hierarchy *h, const char *cgroup, uint32_t pid, uint64_t time_ns,
		       struct tmpfs_files *out)
{
	struct reading *r = calloc(1, sizeof(*r));
	ssize_t len;
	int fd;

	memset(out, 0, sizeof(*out));
	if (!r)
		return;
	r->out = out;
	r->h = h;
	r->cgroup = cgroup;
	r->end_ns = clock__ns(CLOCK_BOOTTIME) + time_ns;
	fd = open("/proc/1", O_PATH | O_DIRECTORY | O_CLOEXEC);
	len = cgroup__read_text(fd, "mountinfo", r->machine, sizeof(r->machine));
	r->machine_mounts = (struct span){ r->machine, len > 0 ? (size_t)len : 0 };
	if (fd >= 0)
		close(fd);
	/* Else it couldn't be told whose mounts they are. A victim first: what it sees is gone soon. */
	if (pid && len > 0)
		read_process(r, pid);
	if (len > 0)
		cgroup__walk(h, cgroup, read_cgroup, r);
	out->incomplete |= len <= 0;
	out->read_ns = clock__ns(CLOCK_BOOTTIME);
	free(r);
}
