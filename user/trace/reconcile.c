// SPDX-License-Identifier: GPL-2.0-only
#include "trace/reconcile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KEY "oom_kill "
#define TEXT_SIZE (32U << 10) /* /proc/vmstat has 4 to 6 KiB */

uint64_t reconcile__missing(const struct reconcile *r, uint64_t kernel, uint64_t seen)
{
	int64_t missing = (int64_t)(kernel - r->base - seen - r->missed);

	return missing > 0 ? (uint64_t)missing : 0;
}

uint64_t reconcile__look(struct reconcile *r, uint64_t kernel, uint64_t seen, uint64_t now_ns, bool last,
			 uint64_t *since_ns)
{
	int64_t missing, lost;

	if (!r->begun) {
		*r = (struct reconcile){
			.begun = true,
			.base = kernel - seen - r->missed,
			.kernel = kernel,
			.missed = r->missed, /* in a cgroup that was looked at before */
			.even_ns = now_ns,
		};
		return 0;
	}
	missing = (int64_t)(kernel - r->base - seen - r->missed);
	if (missing <= 0) {
		/* Fewer than were seen: the kernel had counted one before our first look that was seen after it. */
		r->base += missing;
		r->kernel = kernel;
		r->even_ns = now_ns;
		return 0;
	}
	lost = last ? missing : (int64_t)(r->kernel - r->base - seen - r->missed);
	if (lost < 0)
		lost = 0;
	r->missed += lost;
	r->kernel = kernel;
	*since_ns = r->even_ns;
	if (lost == missing)
		r->even_ns = now_ns;
	return lost;
}

int reconcile__open(int cgroup_fd)
{
	int fd = cgroup_fd < 0 ? open("/proc/vmstat", O_RDONLY | O_CLOEXEC)
			       : openat(cgroup_fd, "memory.events", O_RDONLY | O_CLOEXEC);

	if (fd < 0 && cgroup_fd >= 0)
		fd = openat(cgroup_fd, "memory.oom_control", O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int reconcile__read(int fd, uint64_t *count)
{
	char *text = malloc(TEXT_SIZE), *at;
	size_t size = 0;
	ssize_t got = 1;
	int err = -ENODATA;

	if (!text)
		return -ENOMEM;
	while (got > 0 && size < TEXT_SIZE - 1) {
		got = pread(fd, text + size, TEXT_SIZE - 1 - size, size);
		if (got > 0)
			size += got;
	}
	if (got < 0) {
		err = -errno;
		goto out;
	}
	text[size] = '\0';
	for (at = text; at && strncmp(at, KEY, strlen(KEY));) {
		at = strchr(at, '\n');
		at = at ? at + 1 : NULL;
	}
	if (at) {
		*count = strtoull(at + strlen(KEY), NULL, 10);
		err = 0;
	}
out:
	free(text);
	return err;
}

int reconcile__read_both(int fd, reconcile_seen_fn seen, const void *ctx, bool last, uint64_t *kernel_count,
			 uint64_t *seen_count)
{
	int err;

	*seen_count = seen(ctx);
	err = reconcile__read(fd, kernel_count);
	if (!err && last)
		*seen_count = seen(ctx);
	return err;
}

int reconcile__count(int cgroup_fd, uint64_t *count)
{
	int fd = reconcile__open(cgroup_fd), err;

	if (fd < 0)
		return fd;
	err = reconcile__read(fd, count);
	close(fd);
	return err;
}
