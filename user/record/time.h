/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef OOMTRACE_TIME_H
#define OOMTRACE_TIME_H

#include "record/record.h"

/* A time of the boot clock; wall_offset_ns is what to add to it to get wall-clock time. */
struct record_time record_time__at(uint64_t boot_ns, int64_t wall_offset_ns);

/* A record's time, of this moment. Whoever takes records never asks for it. */
struct record_time record_time__now(void);

#endif
