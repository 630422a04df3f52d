/* SPDX-License-Identifier: GPL-2.0-only */
/* Hands a record of a kind to a sink, as in TAKE(sink, OOM, oom, time, value). */
#ifndef TESTS_TAKE_H
#define TESTS_TAKE_H

#include "record/sink.h"

/* NOLINTBEGIN(bugprone-macro-parentheses): the arguments are initialisers in braces */
#define TAKE(sink, KIND, member, at, value) \
	sink__take(sink, &(const struct record){ .kind = RECORD_##KIND, .time = at, .member = value })
/* NOLINTEND(bugprone-macro-parentheses) */

#endif
