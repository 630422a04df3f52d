/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one place that opens files for writing. oomtrace runs as root, and others may be able to write to the
 * folder: a user's home, or a volume that a container shares. So nothing that is found there is trusted. Output
 * has the names of processes in it, and a link that somebody else made would let them write anywhere as root.
 */
#ifndef OOMTRACE_OUTPUT_FILE_H
#define OOMTRACE_OUTPUT_FILE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#define OUTPUT_FILE__WHY_SIZE 256

/* A file and its folder. The folder stays open, so we stay in it when somebody moves or replaces its path. */
struct output_file {
	int fd;			   /* for writing; the caller closes it */
	int folder_fd;		   /* -1: a descriptor or a device, without a folder */
	char name[NAME_MAX + 1];   /* in the folder */
	char beside[NAME_MAX + 1]; /* "": written to name itself */
};

/*
 * Opens a file for writing. A file that doesn't exist is made (mode 0600). A file that exists is taken only if
 * it is regular, empty, owned by us, and has no other name. /dev/stdout, /dev/stderr, /dev/fd/N and
 * /proc/self/fd/N are the descriptors that we were started with; /dev/null, /dev/full and /dev/tty are taken
 * too. Returns 0 or a negative errno. With an error, `why` says what is wrong and what the user can do: the rest
 * of a sentence that begins with the path, without a full stop.
 */
int output_file__open(struct output_file *file, const char *path, char *why, size_t size);

/*
 * Opens a file that is worth something only when it is whole. The output goes to a new file beside it, and
 * output_file__publish() gives the new file its name. So a file that exists may have contents, unless it is a
 * recording. Until it is published, SIGINT, SIGTERM and SIGHUP remove the new file.
 */
int output_file__open_beside(struct output_file *file, const char *path, char *why, size_t size);

/* Gives the file that was written beside its name. Returns 0 or a negative errno. */
int output_file__publish(struct output_file *file);

/*
 * Renames the file, in its folder, and opens a new one in its place, as file->fd; the one before stays open.
 * Returns 0 or a negative errno; -ESTALE: the name has become another file's.
 */
int output_file__rotate(struct output_file *file, const char *old_name);

/*
 * Opens a new file in the same folder, as file->fd, which the file is from now on; the one before stays open. Returns 0
 * or a negative errno; -EEXIST: the name is taken.
 */
int output_file__next(struct output_file *file, const char *name);

/* Whether a file begins as a recording does. */
bool output_file__is_recording(int folder_fd, const char *name);

/* Whether files can be made and renamed in the folder without any capability. */
bool output_file__may_rotate(const struct output_file *file);

/* Removes what was written beside and not published, and closes the folder; never file->fd. */
void output_file__close(struct output_file *file);

#endif
