/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef OOMTRACE_TIME_H
#define OOMTRACE_TIME_H

#include "record/record.h"

/* A record's time, of this moment. Whoever takes records never asks for it. */
struct record_time record_time__now(void);

#endif
