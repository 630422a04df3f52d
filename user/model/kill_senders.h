/* SPDX-License-Identifier: GPL-2.0-only */
/* Who sent SIGKILL: its records. Keeps the signals before it that asked a process to end. Pure, bounded. */
#ifndef OOMTRACE_KILL_SENDERS_H
#define OOMTRACE_KILL_SENDERS_H

#include "model/env.h"
#include "trace/decode.h"

struct kill_senders;

/* The env must outlive it. Returns NULL without memory. */
struct kill_senders *kill_senders__new(const struct model_env *env);
void kill_senders__free(struct kill_senders *senders);

/* Takes an event of a GROUP_SIGNAL. Returns 0 or -ENOMEM. */
int kill_senders__event(struct kill_senders *senders, const union event *event, int64_t wall_offset_ns);

/* What asked a process to end that has ended now. Its strings are valid until the next event. */
struct record_stop kill_senders__stop(const struct kill_senders *senders, const struct event_exit *e);

#endif
