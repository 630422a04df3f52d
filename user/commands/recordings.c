// SPDX-License-Identifier: GPL-2.0-only
#include "commands/recordings.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/escape.h"
#include "service/store_folder.h"
#include "terminal/progress.h"

int recordings__open(struct recordings *r, const char *folder)
{
	*r = (struct recordings){ .folder = folder };
	r->folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (r->folder_fd < 0)
		return -errno;
	r->count = store_folder__scan(r->folder_fd, ".", &r->names);
	if (r->count >= 0)
		return 0;
	close(r->folder_fd);
	return r->count;
}

void recordings__close(struct recordings *r)
{
	for (int i = 0; i < r->count; i++)
		free(r->names[i]);
	free(r->names);
	close(r->folder_fd);
}

int recordings__open_one(const struct recordings *r, int i)
{
	return store_folder__open_recording(r->folder_fd, r->names[i]->d_name, false);
}

_Static_assert(ENTRY_BYTES_MAX == 128U << 20 && ENTRY_PACKED_MAX == 100, "as why() has it");

static const char *why(int err)
{
	switch (err) {
	case -ENODATA:
		return "it is no recording";
	case -EMLINK:
		return "it is a symbolic link, and of those only what you name is followed";
	case -EINVAL:
		return "it is no regular file";
	case -EAGAIN:
		return "a process holds a lease on it, and is asked to give it back: try again";
	case -EOVERFLOW:
		return "it has more than 128 MiB and 100 times what it takes on the disk, as no recording has. "
		       "'oomtrace report' reads all of it";
	case -EBADMSG:
		return "it is broken, or its end is missing";
	default:
		return strerror(-err);
	}
}

void recordings__complain(const char *path, int err)
{
	fprintf(stderr, "oomtrace: %s can't be read: %s.\n", escape__shown(path), why(err));
}

void recordings__tell_unfinished(int unfinished, int left)
{
	if (unfinished)
		fprintf(stderr,
			"oomtrace: %d incident%s not over yet: each is listed 10 seconds after its last OOM.\n",
			unfinished, unfinished == 1 ? " is" : "s are");
	if (left)
		fprintf(stderr,
			"oomtrace: %d incident%s left by a service that was killed: 'oomtrace service' completes %s when it starts again.\n",
			left, left == 1 ? " was" : "s were", left == 1 ? "it" : "them");
}

/* Of an open one, which it closes; fd may be a negative errno. Returns 0 or a negative errno. */
static int take_open(int fd, int i, const char *path, const char *who, recordings_take_fn take, void *ctx)
{
	struct entry entry;
	int err;

	if (fd < 0)
		return fd;
	err = entry__read(fd, who, &entry);
	close(fd);
	if (err)
		entry__free(&entry);
	else
		take(ctx, i, path, &entry);
	return err;
}

static uint64_t size_of(const struct recordings *r, int i)
{
	struct stat st;

	return fstatat(r->folder_fd, r->names[i]->d_name, &st, AT_SYMLINK_NOFOLLOW) || !S_ISREG(st.st_mode)
		       ? 0
		       : (uint64_t)st.st_size;
}

/* As the user would name it; NULL without memory. Free it. */
static char *path_of(const struct recordings *r, int i)
{
	char *path;

	return asprintf(&path, "%s/%s", r->folder, r->names[i]->d_name) < 0 ? NULL : path;
}

static int take_one(const struct recordings *r, int i, const char *who, recordings_take_fn take, void *ctx)
{
	char *path = path_of(r, i);
	int err = path ? take_open(recordings__open_one(r, i), i, path, who, take, ctx) : -ENOMEM;

	free(path);
	return err;
}

static void complain_of(const struct recordings *r, int i, int err)
{
	char *path = path_of(r, i);

	recordings__complain(path ? path : r->names[i]->d_name, err);
	free(path);
}

bool recordings__each(const struct recordings *r, const char *who, recordings_take_fn take, void *ctx)
{
	struct progress progress;
	uint64_t total = 0, done = 0;
	bool all = true;

	for (int i = 0; i < r->count; i++)
		total += size_of(r, i);
	progress__begin(&progress, isatty(STDERR_FILENO) ? stderr : NULL, r->folder, total,
			clock__ns(CLOCK_MONOTONIC));
	for (int i = 0; i < r->count; i++) {
		int err = take_one(r, i, who, take, ctx);

		if (err) {
			progress__end(&progress);
			complain_of(r, i, err);
			all = false;
		}
		done += size_of(r, i);
		progress__at(&progress, done, clock__ns(CLOCK_MONOTONIC));
	}
	progress__end(&progress);
	return all;
}

bool recordings__take_file(const char *path, const char *who, recordings_take_fn take, void *ctx)
{
	int err = take_open(store_folder__open_recording(AT_FDCWD, path, true), -1, path, who, take, ctx);

	if (err)
		recordings__complain(path, err);
	return !err;
}
