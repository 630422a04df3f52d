// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE 1 /* O_PATH, name_to_handle_at() */

#include "host/cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/span.h"

#define MAX_PROC_TEXT (4u << 20) /* mountinfo has a line for each mount of the machine */
#define MAX_EVENTS_TEXT 4096
#define MAX_PROC_CGROUP 65536 /* a line for each hierarchy, of a path each */
#define DELETED " (deleted)"

/* Files of /proc have no size beforehand. The caller frees *out. */
static int read_whole(const char *path, char **out)
{
	size_t used = 0, room = 0;
	char *buf = NULL;
	int fd, err = 0;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	for (;;) {
		ssize_t n;

		if (room - used < 4096) {
			char *more = room < MAX_PROC_TEXT ? realloc(buf, room += 65536) : NULL;

			if (!more) {
				err = room < MAX_PROC_TEXT ? -ENOMEM : -EFBIG;
				break;
			}
			buf = more;
		}
		n = read(fd, buf + used, room - used - 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			err = -errno;
		if (n <= 0)
			break;
		used += (size_t)n;
	}
	close(fd);
	if (err) {
		free(buf);
		return err;
	}
	buf[used] = '\0';
	*out = buf;
	return 0;
}

int cgroup__discover(struct cgroup__hierarchy *out)
{
	char *mountinfo = NULL, *proc_cgroups = NULL;
	int err;

	err = read_whole("/proc/self/mountinfo", &mountinfo);
	if (err)
		return err;
	/* Without it the mounts alone decide. */
	if (read_whole("/proc/cgroups", &proc_cgroups))
		proc_cgroups = NULL;
	err = cgroup_path__parse_mounts(mountinfo, proc_cgroups, out);
	free(mountinfo);
	free(proc_cgroups);
	return err;
}

int cgroup__open(const struct cgroup__hierarchy *h, const char *path)
{
	char full[2 * PATH_MAX];
	int fd;

	snprintf(full, sizeof(full), "%s%s", h->mount, path);
	fd = open(full, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int cgroup__of_pid(const struct cgroup__hierarchy *h, pid_t pid, char *path, size_t size)
{
	char file[64], proc_path[PATH_MAX], found[PATH_MAX];
	char *text = NULL;
	size_t len;
	int err, fd;

	snprintf(file, sizeof(file), "/proc/%d/cgroup", pid);
	err = read_whole(file, &text);
	if (err)
		return err == -ENOENT ? -ESRCH : err;
	err = cgroup_path__parse_proc_cgroup(text, h->version, proc_path, sizeof(proc_path));
	free(text);
	if (!err)
		err = cgroup_path__from_proc_path(h, proc_path, found, sizeof(found));
	if (err)
		return err;
	len = strlen(found);
	if (len >= size)
		return -ENAMETOOLONG;
	/* A cgroup may also have been given such a name. */
	if (len > sizeof(DELETED) - 1 && !strcmp(found + len - (sizeof(DELETED) - 1), DELETED)) {
		fd = cgroup__open(h, found);
		if (fd < 0)
			return -ENODEV;
		close(fd);
	}
	memcpy(path, found, len + 1);
	return 0;
}

bool cgroup__has_process(const struct cgroup__hierarchy *h, const char *cgroup, int process_fd)
{
	char *text = malloc(MAX_PROC_CGROUP), in_proc[PATH_MAX], path[PATH_MAX];
	bool has = text && cgroup__read_text(process_fd, "cgroup", text, MAX_PROC_CGROUP) > 0 &&
		   !cgroup_path__parse_proc_cgroup(text, h->version, in_proc, sizeof(in_proc)) &&
		   !cgroup_path__from_proc_path(h, in_proc, path, sizeof(path)) &&
		   cgroup_path__below(path, cgroup);

	free(text);
	return has;
}

static int check_cgroup_fs(int fd)
{
	struct statfs fs;

	if (fstatfs(fd, &fs))
		return -errno;
	if (fs.f_type != CGROUP2_SUPER_MAGIC && fs.f_type != CGROUP_SUPER_MAGIC)
		return -EMEDIUMTYPE;
	return 0;
}

int cgroup__validate_path(const struct cgroup__hierarchy *h, const char *text, char *path, size_t size)
{
	char whole[PATH_MAX];
	const char *rest;
	struct stat st;
	int err, fd;

	err = cgroup_path__normalise(text, whole, sizeof(whole));
	if (err)
		return err;
	rest = text[0] == '/' ? cgroup_path__below(whole, h->mount) : NULL;
	if (!rest)
		rest = whole;
	else if (!*rest)
		rest = "/";
	if (strlen(rest) >= size)
		return -ENAMETOOLONG;
	fd = cgroup__open(h, rest);
	if (fd == -ENOENT && rest == whole && text[0] == '/' && !stat(whole, &st))
		return -EXDEV;
	if (fd < 0)
		return fd;
	err = check_cgroup_fs(fd);
	close(fd);
	if (!err)
		memcpy(path, rest, strlen(rest) + 1);
	return err;
}

const char *cgroup__path_error(int err)
{
	switch (err) {
	case -EINVAL:
		return "is empty or has a '..' in it";
	case -ENAMETOOLONG:
		return "is too long";
	case -EXDEV:
		return "is outside of the memory controller's cgroup hierarchy";
	case -ENOENT:
		return "doesn't exist";
	case -ENOTDIR:
		return "is not a directory";
	case -EMEDIUMTYPE:
		return "is not on a cgroup file system";
	case -EACCES:
	case -EPERM:
		return "may not be read by this user";
	default:
		return strerror(-err);
	}
}

int cgroup__id(int dir_fd, uint64_t *id)
{
	union {
		struct file_handle handle;
		char room[sizeof(struct file_handle) + sizeof(uint64_t)];
	} h = { .handle.handle_bytes = sizeof(uint64_t) };
	struct stat st;
	int mount_id;

	if (!name_to_handle_at(dir_fd, "", &h.handle, &mount_id, AT_EMPTY_PATH) &&
	    h.handle.handle_bytes == sizeof(uint64_t)) {
		memcpy(id, h.room + sizeof(struct file_handle), sizeof(*id));
		return 0;
	}
	/* A seccomp filter may refuse the call. On 64-bit kernels the inode number is the id. */
	if (fstat(dir_fd, &st))
		return -errno;
	*id = st.st_ino;
	return 0;
}

ssize_t cgroup__read_text(int dir_fd, const char *file, char *buf, size_t size)
{
	size_t used = 0;
	ssize_t n = 0;
	int fd, err = 0;

	fd = openat(dir_fd, file, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	while (used < size) {
		n = read(fd, buf + used, size - used);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		used += (size_t)n;
	}
	if (n < 0)
		err = -errno;
	else if (used == size)
		err = -EFBIG;
	close(fd);
	if (err)
		return err;
	buf[used] = '\0';
	return (ssize_t)used;
}

static int parse_limit(struct span s, uint64_t *value)
{
	if (span__is(s, "max")) {
		*value = UINT64_MAX;
		return 0;
	}
	return span__u64(s, value) ? 0 : -EBADMSG;
}

int cgroup__read_u64(int dir_fd, const char *file, uint64_t *value)
{
	char buf[64];
	ssize_t len = cgroup__read_text(dir_fd, file, buf, sizeof(buf));
	struct span text = { buf, len > 0 ? (size_t)len : 0 };

	if (len < 0)
		return len == -EFBIG ? -EBADMSG : (int)len;
	return parse_limit(span__cut(&text, '\n'), value);
}

static int find_key(struct span text, const char *key, uint64_t *value)
{
	while (text.len) {
		struct span line = span__cut(&text, '\n');

		if (span__is(span__cut(&line, ' '), key))
			return parse_limit(line, value);
	}
	return -ENODATA;
}

int cgroup__read_key(int dir_fd, const char *file, const char *key, uint64_t *value)
{
	char buf[16384]; /* memory.stat, the longest, has about 3 KiB */
	ssize_t len = cgroup__read_text(dir_fd, file, buf, sizeof(buf));

	if (len < 0)
		return (int)len;
	return find_key((struct span){ buf, (size_t)len }, key, value);
}

struct walk {
	cgroup__walk_fn fn;
	void *ctx;
	char path[PATH_MAX];
};

static int walk_dir(struct walk *w, int fd, unsigned int depth);

static int walk_child(struct walk *w, int parent_fd, const char *name, unsigned int depth)
{
	size_t len = strlen(w->path), base = len > 1 ? len : 0, more = strlen(name);
	int fd, err;

	if (base + 1 + more >= sizeof(w->path))
		return 0;
	fd = openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == EMFILE || errno == ENFILE || errno == ENOMEM ? -errno : 0;
	w->path[base] = '/';
	memcpy(w->path + base + 1, name, more + 1);
	err = walk_dir(w, fd, depth);
	w->path[len] = '\0';
	return err;
}

/* Takes over fd. */
static int walk_dir(struct walk *w, int fd, unsigned int depth)
{
	struct cgroup__node node = { .path = w->path, .dir_fd = fd, .depth = depth };
	const struct dirent *entry;
	DIR *dir = fdopendir(fd);
	int err;

	if (!dir) {
		err = -errno;
		close(fd);
		return err;
	}
	/* An error of readdir() is the cgroup's vanishing: what it had is gone with it. */
	err = cgroup__id(fd, &node.id) ? 0 : w->fn(&node, w->ctx);
	while (!err && depth < CGROUP__MAX_DEPTH && (entry = readdir(dir))) {
		if ((entry->d_type != DT_DIR && entry->d_type != DT_UNKNOWN) || !strcmp(entry->d_name, ".") ||
		    !strcmp(entry->d_name, ".."))
			continue;
		err = walk_child(w, fd, entry->d_name, depth + 1);
	}
	closedir(dir);
	return err;
}

int cgroup__walk(const struct cgroup__hierarchy *h, const char *path, cgroup__walk_fn fn, void *ctx)
{
	struct walk w = { .fn = fn, .ctx = ctx };
	int err, top, fd;

	err = cgroup_path__normalise(path, w.path, sizeof(w.path));
	if (err)
		return err;
	top = cgroup__open(h, w.path);
	if (top < 0)
		return top;
	fd = openat(top, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	err = fd < 0 ? -errno : 0;
	close(top);
	return err ? err : walk_dir(&w, fd, 0);
}

int cgroup__populated_fd(int dir_fd)
{
	int fd = openat(dir_fd, "cgroup.events", O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int cgroup__is_populated(int events_fd)
{
	char buf[MAX_EVENTS_TEXT];
	ssize_t n = pread(events_fd, buf, sizeof(buf), 0);
	uint64_t value;

	if (n < 0)
		return -errno;
	if (find_key((struct span){ buf, (size_t)n }, "populated", &value))
		return -EBADMSG;
	return value != 0;
}
