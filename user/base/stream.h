/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Streams that remember why writing failed. stdio keeps one bit: when a full buffer could not be written in
 * the middle of a record, errno is long something else by the time anybody asks.
 */
#ifndef OOMTRACE_STREAM_H
#define OOMTRACE_STREAM_H

#include <stdio.h>

/*
 * A stream for a descriptor, which it owns and closes. mode as in fopen(3): "w", or "w+" for a file that is
 * read back. NULL, with errno: the descriptor is closed.
 */
FILE *stream__new(int fd, const char *mode);

/* The first error of writing or reading, as a negative errno, or 0. Takes streams of any origin. */
int stream__error(FILE *stream);

/* Writes out what is buffered. Returns 0 or the stream's first error. */
int stream__flush(FILE *stream);

/* The same, and closes the stream. NULL is closed already. */
int stream__close(FILE *stream);

/*
 * To be called at the start of main(). Where descriptor 0, 1 or 2 is closed, /dev/null takes its place, or the
 * next file that is opened would get what is meant for it. stdout becomes a stream of this kind.
 */
void stream__set_up_standard(void);

#endif
