/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one place that opens files to write to. oomtrace runs as root, and the folder may be one that others may
 * write, a user's home or a volume that a container shares: nothing that is found there is trusted. Names of
 * processes are in what is written, so a link that somebody else made would make root write them anywhere.
 */
#ifndef OOMTRACE_OUTPUT_FILE_H
#define OOMTRACE_OUTPUT_FILE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#define OUTPUT_FILE__WHY_SIZE 256

/* A file, and its folder, which was opened once: whoever moves the folder doesn't move us. */
struct output_file {
	int fd;			   /* for writing; the caller closes it */
	int folder_fd;		   /* -1: a descriptor or a device, without a folder */
	char name[NAME_MAX + 1];   /* in the folder */
	char beside[NAME_MAX + 1]; /* "": written to name itself */
};

/*
 * Opens a file for writing. One that isn't there is made (mode 0600). One that is there is taken only if it is
 * regular, empty, ours by its owner, and has no other name. /dev/stdout, /dev/stderr, /dev/fd/N and
 * /proc/self/fd/N are the descriptors that we were started with; /dev/null, /dev/full and /dev/tty are
 * taken, too. Returns 0 or a negative errno, and then in why what is the matter and what the user can do: the rest
 * of a sentence that begins with the path, without a full stop.
 */
int output_file__open(struct output_file *file, const char *path, char *why, size_t size);

/*
 * The same, for a file that is only worth something whole: what is written goes to a new file beside it, and
 * output_file__publish() gives that the name. So what is there may be full, unless it is a recording. Until
 * then SIGINT, SIGTERM and SIGHUP take the new file away.
 */
int output_file__open_beside(struct output_file *file, const char *path, char *why, size_t size);

/* Gives the file that was written beside its name. Returns 0 or a negative errno. */
int output_file__publish(struct output_file *file);

/*
 * Renames the file, in its folder, and opens a new one in its place, as file->fd; the one before stays open.
 * Returns 0 or a negative errno; -ESTALE: the name has become another file's.
 */
int output_file__rotate(struct output_file *file, const char *old_name);

/* Whether files can be made and renamed in the folder without any capability. */
bool output_file__may_rotate(const struct output_file *file);

/* Removes what was written beside and not published, and closes the folder; never file->fd. */
void output_file__close(struct output_file *file);

#endif
