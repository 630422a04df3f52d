/* SPDX-License-Identifier: GPL-2.0-only */
/* What a kernel log says of an OOM, as text. */
#ifndef OOMTRACE_TEXT_LOG_H
#define OOMTRACE_TEXT_LOG_H

#include "output/text_sink.h"

/* The time as the log has it; NULL: it has none. */
void text_log__stamp(struct text_sink *sink, const char *stamp);
void text_log__session(struct text_sink *sink, const struct record_session *session);
void text_log__counters(const struct text_sink *sink, const struct record_log *log);
void text_log__trigger(const struct text_sink *sink, const struct record_oom *oom);
void text_log__rest(const struct text_sink *sink, const struct record_oom *oom);
int text_log__user_kill(struct sink *base, const struct record *record);

#endif
