/* SPDX-License-Identifier: GPL-2.0-only */
/* The files in tmpfs at an OOM, on the page. */
#ifndef OOMTRACE_HTML_TMPFS_H
#define OOMTRACE_HTML_TMPFS_H

#include <stdio.h>

#include "record/record.h"

/* A part of an OOM's card, if they are known. */
void html_tmpfs__put(FILE *out, const struct record_oom *oom);

#endif
