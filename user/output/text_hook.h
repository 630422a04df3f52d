/* SPDX-License-Identifier: GPL-2.0-only */
/* Usage near a limit, and hooks, in words. */
#ifndef OOMTRACE_TEXT_HOOK_H
#define OOMTRACE_TEXT_HOOK_H

#include "output/text_sink.h"

/* The same for live text and the timeline: a sentence without its end. */
void text_hook__put_near_limit(FILE *out, const struct record_near_limit *near);
void text_hook__put(FILE *out, const struct record_hook *hook);

/* Records of type "near-limit" and "hook". */
int text_hook__take_near_limit(struct sink *base, const struct record *record);
int text_hook__take(struct sink *base, const struct record *record);

#endif
