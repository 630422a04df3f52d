/* SPDX-License-Identifier: GPL-2.0-only */
/* What a kernel log has of an OOM, in its card. */
#ifndef OOMTRACE_HTML_CARD_LOG_H
#define OOMTRACE_HTML_CARD_LOG_H

#include <stdio.h>

#include "record/record.h"

/* What was asked for, after who asked. */
void html_card_log__put_request(FILE *out, const struct record_oom *oom);

/* Parts of the card: the machine's memory, the largest tasks, and where in the log it stands. */
void html_card_log__machine(FILE *out, const struct record_machine *machine);
void html_card_log__put(FILE *out, const struct record_log *log);

#endif
