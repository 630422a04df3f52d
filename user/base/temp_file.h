/* SPDX-License-Identifier: GPL-2.0-only */
/* Files without a name, for data that doesn't fit into memory. */
#ifndef OOMTRACE_TEMP_FILE_H
#define OOMTRACE_TEMP_FILE_H

#include <stdio.h>

/*
 * The folder they are in: $TMPDIR, else /var/tmp (/tmp is memory on many systems), else /tmp. Never NULL.
 */
const char *temp_file__folder(void);

/* A stream (base/stream.h) to write and read back; it is gone when it is closed. NULL, with errno. */
FILE *temp_file__new(void);

#endif
