/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef OOMTRACE_TIME_H
#define OOMTRACE_TIME_H

#include "record/record.h"

/* A time of the boot clock; wall_offset_ns is what to add to it to get wall-clock time. */
struct record_time record_time__at(uint64_t boot_ns, int64_t wall_offset_ns);

/* A record's time, of this moment. Whoever takes records never asks for it. */
struct record_time record_time__now(void);

/* Writes wall-clock time as RFC 3339 in UTC, with microseconds. Returns dst. */
const char *record_time__format(char *dst, size_t size, int64_t wall_ns);

/* The same in the machine's time zone, with its offset where UTC has the Z: "+01:00". */
const char *record_time__format_local(char *dst, size_t size, int64_t wall_ns);

/* The opposite: RFC 3339, of any zone, 1970 to 2261. Returns 0 or -EINVAL. */
int record_time__parse(const char *text, int64_t *wall_ns);

#endif
