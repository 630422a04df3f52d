/* SPDX-License-Identifier: GPL-2.0-only */
/* A card's part about the cgroups that share the limit. */
#ifndef OOMTRACE_HTML_CHILDREN_H
#define OOMTRACE_HTML_CHILDREN_H

#include <stdio.h>

#include "record/record.h"

/* Writes nothing where they aren't known, or where there is but one. */
void html_children__put(FILE *out, const struct record_oom *oom);

#endif
