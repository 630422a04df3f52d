// SPDX-License-Identifier: GPL-2.0-only
#include "commands/recordings.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/escape.h"
#include "service/store_folder.h"

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

static const char *why(int err)
{
	switch (err) {
	case -ENODATA:
		return "it is no recording";
	case -EMLINK:
		return "it is a symbolic link, and of those only what you name is followed";
	case -EINVAL:
		return "it is no regular file";
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

static bool take_one(const struct recordings *r, int i, const char *who, recordings_take_fn take, void *ctx)
{
	char *path;
	int err;

	if (asprintf(&path, "%s/%s", r->folder, r->names[i]->d_name) < 0) {
		recordings__complain(r->names[i]->d_name, -ENOMEM);
		return false;
	}
	err = take_open(recordings__open_one(r, i), i, path, who, take, ctx);
	if (err)
		recordings__complain(path, err);
	free(path);
	return !err;
}

bool recordings__each(const struct recordings *r, const char *who, recordings_take_fn take, void *ctx)
{
	bool all = true;

	for (int i = 0; i < r->count; i++)
		all = take_one(r, i, who, take, ctx) && all;
	return all;
}

bool recordings__take_file(const char *path, const char *who, recordings_take_fn take, void *ctx)
{
	int err = take_open(store_folder__open_recording(AT_FDCWD, path, true), -1, path, who, take, ctx);

	if (err)
		recordings__complain(path, err);
	return !err;
}
