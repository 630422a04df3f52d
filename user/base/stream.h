/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Streams that remember why writing failed. stdio remembers only that it failed. When it can't write a full
 * buffer in the middle of a record, errno has another value long before anybody asks.
 */
#ifndef OOMTRACE_STREAM_H
#define OOMTRACE_STREAM_H

#include <stdio.h>

/*
 * Makes a stream of a descriptor, which the stream owns and closes. mode is as in fopen(3): "w", or "w+" for a
 * file that is read back. Returns NULL with errno, and with the descriptor closed, on failure.
 */
FILE *stream__new(int fd, const char *mode);

/* The first error of writing or reading, as a negative errno, or 0. Takes streams of any origin. */
int stream__error(FILE *stream);

/* Writes out what is buffered. Returns 0 or the stream's first error. */
int stream__flush(FILE *stream);

/* The same, and closes the stream. NULL is closed already. */
int stream__close(FILE *stream);

/*
 * To be called at the start of main(). Opens /dev/null in the place of descriptor 0, 1 or 2 if that is closed,
 * because otherwise the next file that is opened would get output that isn't meant for it. stdout becomes a
 * stream of this kind.
 */
void stream__set_up_standard(void);

#endif
