/* SPDX-License-Identifier: GPL-2.0-only */
/* Files without a name, for what doesn't fit into memory. */
#ifndef OOMTRACE_TEMP_FILE_H
#define OOMTRACE_TEMP_FILE_H

#include <stdio.h>

/*
 * Where they are: $TMPDIR, else /var/tmp, because /tmp is memory on many systems, else /tmp where there is no
 * /var/tmp. Never NULL.
 */
const char *temp_file__folder(void);

/* A stream (base/stream.h) to write and read back; it is gone when it is closed. NULL, with errno. */
FILE *temp_file__new(void);

#endif
