/* SPDX-License-Identifier: GPL-2.0-only */
/* What a kernel log says of an OOM, as text. */
#ifndef OOMTRACE_TEXT_LOG_H
#define OOMTRACE_TEXT_LOG_H

#include "output/text_sink.h"

#define TEXT_LOG_STAMP_SIZE 64

/*
 * A time as the log has it (NULL: it has none), but for bare numbers such as the journal's, which become
 * UTC. Returns dst.
 */
const char *text_log__format_stamp(char *dst, size_t size, const char *stamp, const struct record_time *time);

/* Begins a record with that. */
void text_log__stamp(struct text_sink *sink, const char *stamp, const struct record_time *time);
void text_log__session(struct text_sink *sink, const struct record_session *session);
void text_log__counters(const struct text_sink *sink, const struct record_log *log);
void text_log__trigger(const struct text_sink *sink, const struct record_oom *oom);
void text_log__rest(const struct text_sink *sink, const struct record_oom *oom);

/* "earlyoom sent SIGTERM to web (pid 12)" */
/* The zones with their watermarks, and swap. */
void text_log__machine(const struct text_sink *sink, const struct record_machine *machine);
void text_log__user_kill_words(FILE *out, const struct record_user_kill *kill);
int text_log__user_kill(struct sink *base, const struct record *record);
int text_log__kernel_log(struct sink *base, const struct record *record);

/* A line: the field, and what each side tells. */
void text_log__difference(FILE *out, const struct record_difference *difference);

#endif
