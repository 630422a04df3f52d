/* SPDX-License-Identifier: GPL-2.0-only */
/* A recording as one JSON document. */
#ifndef OOMTRACE_DOCUMENT_H
#define OOMTRACE_DOCUMENT_H

#include "record/sink.h"

/* A sink that writes to `out`. NULL, with errno, also when there is no room for temporary files. */
struct sink *document__new(FILE *out);

#endif
