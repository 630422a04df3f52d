// SPDX-License-Identifier: GPL-2.0-only
#include "host/snapshot.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static void end_text(char *text, size_t size)
{
	text[size - 1] = '\0';
}

static int check_one(struct snapshot_one *one)
{
	if (!one->pid || one->part_count > SNAPSHOT__PARTS || one->largest_count > SMAPS__LARGEST)
		return -EBADMSG;
	end_text(one->comm, sizeof(one->comm));
	for (uint32_t i = 0; i < one->part_count; i++) {
		if (one->parts[i].kind >= SMAPS_KINDS)
			return -EBADMSG;
		end_text(one->parts[i].name, sizeof(one->parts[i].name));
	}
	for (uint32_t i = 0; i < one->largest_count; i++)
		end_text(one->largest[i].name, sizeof(one->largest[i].name));
	return 0;
}

static int check_tmpfs(struct tmpfs_files *tmpfs)
{
	if (tmpfs->largest_count > TMPFS_FILES__LARGEST || tmpfs->largest_count > tmpfs->count)
		return -EBADMSG;
	tmpfs->incomplete |= !tmpfs->read_ns;
	for (uint32_t i = 0; i < tmpfs->largest_count; i++)
		end_text(tmpfs->largest[i].path, sizeof(tmpfs->largest[i].path));
	return 0;
}

static int check_files(struct open_files *files)
{
	if (files->count > OPEN_FILES__LARGEST || (files->count && !files->known))
		return -EBADMSG;
	for (uint32_t i = 0; i < files->count; i++) {
		if (!files->files[i].pid || !files->files[i].cached_bytes)
			return -EBADMSG;
		end_text(files->files[i].comm, sizeof(files->files[i].comm));
		end_text(files->files[i].path, sizeof(files->files[i].path));
	}
	return 0;
}

int snapshot__read(int fd, struct snapshot *out)
{
	ssize_t got = pread(fd, out, sizeof(*out), 0);
	int err = 0;

	if (got != (ssize_t)sizeof(*out))
		return got < 0 ? -errno : -EBADMSG;
	if (!out->began_ns || out->count > SNAPSHOT__PROCESSES ||
	    out->ended_ns < out->began_ns * !!out->ended_ns)
		return -EBADMSG;
	for (uint32_t i = 0; i < out->count && !err; i++)
		err = check_one(&out->processes[i]);
	if (!err)
		err = check_files(&out->files);
	return err ? err : check_tmpfs(&out->tmpfs);
}
