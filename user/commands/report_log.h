/* SPDX-License-Identifier: GPL-2.0-only */
/* Kernel logs as a source of a report's records. */
#ifndef OOMTRACE_REPORT_LOG_H
#define OOMTRACE_REPORT_LOG_H

#include <stdbool.h>

#include "base/input.h"
#include "record/sink.h"

struct report_log;

/* NULL without memory. The sink stays the caller's. */
struct report_log *report_log__new(struct sink *sink);
void report_log__free(struct report_log *log);

/* Whether a file is a recording, by its first bytes; else it is read as a kernel log. */
bool report_log__is_recording(const char *data, size_t len);

/* Whether they can't be a log's: a program, a picture, the journal's own file. */
bool report_log__is_binary(const char *data, size_t len);

/*
 * Reads a log to its end. Returns 0 or a negative errno of reading; what the sink returned stops it, too, and
 * is in report_log__sink_error.
 */
int report_log__read(struct report_log *log, struct input *input, const char *name);

/* This machine's own log, from /dev/kmsg. Returns 0 or a negative errno. */
int report_log__read_own(struct report_log *log);

/* The same of this boot from the journal, which some may read that aren't root. */
int report_log__read_journal(struct report_log *log);

/* Hands over what was held back, and the end. Nothing if no log was read. Returns 0 or what the sink returned. */
int report_log__finish(struct report_log *log);

/* Whether some log was read. */
bool report_log__is_used(const struct report_log *log);

int report_log__sink_error(const struct report_log *log);

/* Says on stderr that the kernel killed nothing, if a log was read and that is so. */
void report_log__tell_nothing(const struct report_log *log);

#endif
