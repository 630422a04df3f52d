/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory that comes back after a kill, in words. */
#ifndef OOMTRACE_TEXT_RELIEF_H
#define OOMTRACE_TEXT_RELIEF_H

#include "output/text_sink.h"

/* "with that, 2 kills turn out not to have been needed: ...", where there were some. */
void text_relief__put_needless(FILE *out, const struct record_relief *relief);

/* A record of type "relief". */
int text_relief__take(struct sink *base, const struct record *record);

#endif
